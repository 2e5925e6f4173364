"""Blanks: which product of a print provider a format is printed on, by a dated table, and in which size and colour.

The shipped table (`tables/blanks.csv`) is a default: rows of a seller replace ours provider by provider and format by
format. Sizes and colours are what the provider's catalog says today, so that a number never means another product.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from market.costs import TABLES
from market.errors import MarketRefused, NotConfigured
from market.listing import Listing, Variant
from market.reference import get_day, get_integer, get_text

NAMES = {"color": "colour"}
SIZES = {"xxl": "2xl", "xxxl": "3xl"}
_INCHES = re.compile(r"(?<=\d)\s*in(?:ch(?:es)?)?\b")
_SIGNS = re.compile(r"[^0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Blank:
    """One product of one provider."""

    provider: str
    product_format: str
    blueprint_id: int
    print_provider_id: int
    """Who prints it, where the provider has several; else 0."""
    position: str
    """Where the design goes, in the provider's word."""
    size: str
    """Of a product that comes in one size only; likewise the colour."""
    colour: str
    known_on: date
    source: str


@dataclass(frozen=True, slots=True)
class Offered:
    """One size and colour of a blank, as the provider's catalog has it."""

    number: int
    size: str = ""
    colour: str = ""


Chosen = Sequence[tuple[Variant, int]]
"""What each variant is printed on: the provider's number."""


@lru_cache(maxsize=1)
def load_default_blanks() -> tuple[Blank, ...]:
    """The shipped table."""
    with (TABLES / "blanks.csv").open(encoding="utf-8", newline="") as file:
        return tuple(blank_of(row) for row in csv.DictReader(line for line in file if not line.startswith("#")))


def blank_of(body: Mapping[str, Any]) -> Blank:
    """A blank from a record of the table's columns; BadReference names what is missing or wrong."""
    return Blank(
        provider=get_text(body, "provider").lower(),
        product_format=get_text(body, "product_format").lower().replace(" ", "_"),
        blueprint_id=get_integer(body, "blueprint_id", least=1),
        print_provider_id=get_integer(body, "print_provider_id", least=0, default=0),
        position=get_text(body, "position", default="front"),
        size=get_text(body, "size", default=""),
        colour=get_text(body, "colour", default=""),
        known_on=get_day(body, "known_on"),
        source=get_text(body, "source", default="the seller's own table"),
    )


def with_own(own: Iterable[Blank], table: Sequence[Blank]) -> tuple[Blank, ...]:
    """The table with a seller's rows in place of those of the same provider and format."""
    rows = tuple(own)
    replaced = {(row.provider, row.product_format) for row in rows}
    return (*rows, *(row for row in table if (row.provider, row.product_format) not in replaced))


def get_blank(provider: str, product_format: str, table: Sequence[Blank]) -> Blank:
    """What this provider prints this format on; NotConfigured where no row says it."""
    for row in table:
        if (row.provider, row.product_format) == (provider, product_format):
            return row
    mend = f"name one in BELLWETHER_SHOPS: {provider}.blanks (docs/shops.md)"
    raise NotConfigured(f"no blank of {provider} is known for {product_format!r}: {mend}")


def choose(listing: Listing, blank: Blank, offered: Sequence[Offered]) -> Chosen:
    """Each variant of a listing, or the listing itself, and the number it is printed on.

    MarketRefused where the provider has no such size or colour, or one for two variants.
    """
    variants = listing.variants or (Variant(listing.key, {}, listing.price_cents),)
    found = [(variant, _number(variant, blank, offered)) for variant in variants]
    if len({number for _, number in found}) < len(found):
        raise MarketRefused(f"two variants would be printed on the same {listing.product_format} of {blank.provider}")
    return found


def _number(variant: Variant, blank: Blank, offered: Sequence[Offered]) -> int:
    wanted = {NAMES.get(name.lower(), name.lower()): value for name, value in variant.options.items()}
    for each in offered:
        has = {"size": each.size or blank.size, "colour": each.colour or blank.colour}
        if all(_fits(value, has.get(name, "")) for name, value in wanted.items()):
            return each.number
    told = ", ".join(f"{name} {value}" for name, value in variant.options.items()) or "any size or colour"
    raise MarketRefused(
        f"{blank.provider} has no {blank.product_format} of {told} ({blank.blueprint_id}): leave it out"
    )


def _fits(wanted: str, has: str) -> bool:
    """The same, or the same and more: "11x14" is "11″ x 14″ (Vertical)", and not "11x140"."""
    short, whole = plain(wanted), plain(has)
    more = whole.removeprefix(short) if short and whole.startswith(short) else None
    return more == "" or (more is not None and short[-1].isdigit() and not more[0].isdigit())


def plain(words: str) -> str:
    """How sizes and colours are compared: without case, spaces, signs or inches; XXL is 2XL."""
    bare = _SIGNS.sub("", _INCHES.sub("", words.casefold()))
    return SIZES.get(bare, bare)
