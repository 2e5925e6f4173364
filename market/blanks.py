"""Blanks: what a print provider prints on, by the provider's own numbers, from a dated table.

The shipped table (`tables/blanks.csv`) is a default: rows of a seller replace ours provider by provider and format by
format. A number that means something else by now would print another product: clients hold the row against the
provider's catalog (`check_blank`) before they make anything of it.
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
_SIGNS = re.compile(r"[^0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Blank:
    """One size and colour of one product of one provider; empty where it has only one."""

    provider: str
    product_format: str
    blueprint_id: int
    print_provider_id: int
    """Who prints it, where the provider has several; else 0."""
    position: str
    """Where the design goes, in the provider's word."""
    variant_id: int
    size: str
    colour: str
    known_on: date
    source: str


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
        variant_id=get_integer(body, "variant_id", least=1),
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


def blanks_for(listing: Listing, provider: str, table: Sequence[Blank]) -> list[tuple[Variant, Blank]]:
    """Each variant of a listing, or the listing itself, and what it is printed on; NotConfigured where nothing is."""
    rows = [row for row in table if (row.provider, row.product_format) == (provider, listing.product_format)]
    if not rows:
        raise NotConfigured(f"no blank of {provider} is known for {listing.product_format!r}: add rows to the table")
    if not listing.variants:
        return [(Variant(listing.key, {}, listing.price_cents), rows[0])]
    found = [(variant, _blank(variant, provider, rows)) for variant in listing.variants]
    if len({blank.variant_id for _, blank in found}) < len(found):
        raise MarketRefused(f"two variants would be printed on the same {listing.product_format} of {provider}")
    return found


def _blank(variant: Variant, provider: str, rows: Sequence[Blank]) -> Blank:
    wanted = {NAMES.get(name.lower(), name.lower()): plain(value) for name, value in variant.options.items()}
    for row in rows:
        has = {"size": plain(row.size), "colour": plain(row.colour)}
        if all(has.get(name) == value for name, value in wanted.items()):
            return row
    told = ", ".join(f"{name} {value}" for name, value in variant.options.items())
    raise NotConfigured(f"no blank of {provider} is known for {rows[0].product_format!r} with {told}: add a row")


def check_blank(blank: Blank, names: Iterable[str] | None) -> None:
    """MarketRefused where the provider calls this number something else; `names` are its own words for it.

    A catalog writes more than a table: "11″ x 14″ / Matte" is 11x14. Where it has no such number `names` is None.
    """
    told = plain(" ".join(names)) if names is not None else None
    for wanted in filter(None, (blank.size, blank.colour)):
        if told is None or plain(wanted) not in told:
            what = f"{blank.variant_id} of {blank.provider} is not {wanted}"
            raise MarketRefused(f"{what}: correct the table of blanks ({blank.known_on.isoformat()})")


def plain(words: str) -> str:
    """How sizes and colours are compared: without case, spaces or signs; XXL is 2XL."""
    bare = _SIGNS.sub("", words.casefold())
    return SIZES.get(bare, bare)
