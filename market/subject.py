"""Subject: all that is known of what is put up for sale, and what of it a buyer may be told.

Margins, costs and what the desks found are the seller's own: no text may state them. A claim of a text traces to a row
of `grounds_of`: the design, the cost row (or the fact that says the same of it), the sizes and colours on offer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from market.costs import ProductCost
from market.figures import Grounds
from market.variants import load_ranges
from studio.colours import names_of
from studio.library import Tag
from trends.fact import Facts, Value

MOST_TONES = 4
"""Colours of a design that are named, all of them; where there are more, none is: some would be left out."""
LETTERED = frozenset({"typographic"})
"""Renderers that letter exactly the row's text."""
TOLD = {"production": "supply_chain.production_days"}
"""Facts that a buyer may be told of, where they are of the same row; all others are the seller's own."""


@dataclass(frozen=True, slots=True)
class Artwork:
    """The design that is printed."""

    id: str
    text: str
    renderer: str
    tags: tuple[Tag, ...] = ()
    colours: tuple[str, ...] = ()
    """"#rrggbb", the most used first."""
    width: int = 0
    height: int = 0
    """Pixels of the print file; 0 where it is not known."""

    @property
    def row(self) -> str:
        """How a claim names it."""
        return f"design:{self.id}"


@dataclass(frozen=True, slots=True)
class Subject:
    """All that is known of what is put up for sale."""

    phrase: str
    audience: str
    occasion: str
    """Name of the occasion (`trends/words/occasions.tsv`); empty: none."""
    product_format: str
    artwork: Artwork
    cost: ProductCost | None = None
    facts: Facts = field(default_factory=Facts)
    style: tuple[str, ...] = ()
    """Words of the brand's style, in English; told in English alone."""
    translations: Mapping[str, str] = field(default_factory=dict)
    """The phrase in other languages, as somebody brought it: "de" -> "Kürbisse schnitzen"."""
    sizes: tuple[str, ...] = ()
    shades: tuple[str, ...] = ()
    """Sizes and product colours that are offered, in English."""


def grounds_of(subject: Subject) -> Grounds:
    """What a buyer may be told, by fact or row: the claims of every text trace to these."""
    art, cost = subject.artwork, subject.cost
    tones = names_of(art.colours, MOST_TONES + 1)
    design: list[Value] = [art.text, art.renderer, len(tones), *tones, *subject.style]
    grounds: dict[str, tuple[Value, ...]] = {
        art.row: (*design, *((art.width, art.height) if art.width else ())),
        "idea:phrase": (subject.phrase, *subject.translations.values()),
        "idea:audience": (subject.audience,),
        "idea:occasion": (subject.occasion,),
    }
    if cost is not None:
        grounds[cost.row] = (cost.production_days, cost.shipping_days, cost.lead_days)
        grounds |= {name: (subject.facts[name].value,) for name in TOLD.values() if _is_of(subject, name)}
    if subject.product_format in load_ranges():
        offered = (*subject.sizes, *subject.shades)
        row = load_ranges()[subject.product_format].row
        grounds[row] = (*offered, len(subject.sizes), len(subject.shades))
    return grounds


def _is_of(subject: Subject, name: str) -> bool:
    """Whether a fact was computed from the very row that the product is bought by."""
    found = subject.facts.get(name)
    return found is not None and subject.cost is not None and subject.cost.row in found.rows


def sources_of(subject: Subject) -> Mapping[str, str]:
    """What a wording states -> the fact or row that says it."""
    row = subject.artwork.row
    found = dict.fromkeys(("design", "lettering", "colours", "pixels", "style", "made"), row)
    if subject.cost is not None:
        found |= dict.fromkeys(("production", "shipping"), subject.cost.row)
        found |= {says: name for says, name in TOLD.items() if _agrees(subject, name)}
    if subject.product_format in load_ranges():
        found["options"] = load_ranges()[subject.product_format].row
    return found


def _agrees(subject: Subject, name: str) -> bool:
    cost = subject.cost
    return _is_of(subject, name) and cost is not None and subject.facts[name].value == cost.production_days
