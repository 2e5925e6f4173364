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
    """What a buyer may be told, by fact or by row and field: the claims of every text trace to these.

    A field stands after a `#` ("cost:printify/mug#production"), so that the days of printing are not those of shipping.
    """
    grounds: dict[str, tuple[Value, ...]] = {
        "idea:phrase": (subject.phrase, *subject.translations.values()),
        "idea:audience": (subject.audience,),
        "idea:occasion": (subject.occasion,),
    }
    values = _values(subject)
    return grounds | {source: values[says] for says, source in sources_of(subject).items()}


def _values(subject: Subject) -> dict[str, tuple[Value, ...]]:
    """The values of what a wording may state."""
    art, cost, tones = subject.artwork, subject.cost, names_of(subject.artwork.colours, MOST_TONES + 1)
    return {
        "design": (),
        "lettering": (art.text,),
        "colours": (len(tones), *tones),
        "pixels": (art.width, art.height) if art.width else (),
        "style": subject.style,
        "made": (art.renderer,),
        "production": (cost.production_days,) if cost else (),
        "shipping": (cost.shipping_days,) if cost else (),
        "options": (*subject.sizes, *subject.shades, len(subject.sizes), len(subject.shades)),
    }


def sources_of(subject: Subject) -> Mapping[str, str]:
    """What a wording states -> the fact, or the row and field, that says it."""
    found = {says: f"{subject.artwork.row}#{says}" for says in ("lettering", "colours", "pixels", "style", "made")}
    found["design"] = subject.artwork.row
    if subject.cost is not None:
        found |= {says: f"{subject.cost.row}#{says}" for says in ("production", "shipping")}
        found |= {says: name for says, name in TOLD.items() if _agrees(subject, subject.cost, name)}
    if subject.product_format in load_ranges():
        found["options"] = load_ranges()[subject.product_format].row
    return found


def _agrees(subject: Subject, cost: ProductCost, name: str) -> bool:
    """Whether a fact was computed from the very row that the product is bought by, and says what it says."""
    found = subject.facts.get(name)
    return found is not None and cost.row in found.rows and found.value == cost.production_days
