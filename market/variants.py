"""Variants: the sizes and colours in which a format is offered, each with a key made of the listing's, and its price.

What a larger size costs more stands in a table in the currency of the table; in another currency it needs a rate, and
without one every size costs the same and the note says so.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from market.bounds import Bounds
from market.listing import Variant
from market.money import Rate, converted, find_rate

TABLE = Path(__file__).parent / "tables" / "variants.csv"


@dataclass(frozen=True, slots=True)
class Range:
    """What one format is offered in. `sizes` maps a size to its surcharge in minor units of `currency`."""

    product_format: str
    sizes: Mapping[str, int]
    colours: tuple[str, ...]
    currency: str
    known_on: date
    source: str

    @property
    def row(self) -> str:
        """How a claim names this row."""
        return f"variants:{self.product_format}"


@dataclass(frozen=True, slots=True)
class Offered:
    """The variants of a listing, and what of the range is not in them, in one line."""

    variants: tuple[Variant, ...]
    note: str = ""


@lru_cache(maxsize=1)
def load_ranges() -> Mapping[str, Range]:
    """The shipped table, by format."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {row["product_format"]: _range(row) for row in rows}


def _range(row: Mapping[str, str]) -> Range:
    sizes = dict(_size(one) for one in row["sizes"].split(";") if one)
    colours = tuple(one for one in row["colours"].split(";") if one)
    return Range(
        row["product_format"], sizes, colours, row["currency"], date.fromisoformat(row["known_on"]), row["source"]
    )


def _size(told: str) -> tuple[str, int]:
    name, _, surcharge = told.partition("=")
    return name, int(surcharge or 0)


def variants_of(
    key: str, offered: Range, price_cents: int, currency: str, bounds: Bounds, rates: Sequence[Rate] = ()
) -> Offered:
    """Every size in every colour, the first colour's first, as many as the marketplace takes; none where there is one.

    Keys are stable: the same listing key and options give the same key, whatever else is offered.
    """
    sizes, note = _surcharges(offered, currency, rates)
    chosen = [(colour, size) for colour in offered.colours or ("",) for size in sizes or {"": 0}]
    most = len(chosen) if bounds.variants is None else bounds.variants
    if len(chosen) > most:
        more = f"{bounds.marketplace} takes {most} variants: {len(chosen) - most} of {len(chosen)} are left out"
        note = f"{note}; {more}" if note else more
    variants = tuple(_variant(key, colour, size, price_cents + sizes.get(size, 0)) for colour, size in chosen[:most])
    return Offered(variants if len(variants) > 1 else (), note)


def _surcharges(offered: Range, currency: str, rates: Sequence[Rate]) -> tuple[dict[str, int], str]:
    """Sizes with what they cost more in this currency, and why nothing where that is not known."""
    if currency == offered.currency or not any(offered.sizes.values()):
        return dict(offered.sizes), ""
    rate = find_rate(offered.currency, currency, rates)
    if rate is None:
        lacking = f"no exchange rate {offered.currency} to {currency} was brought: every size costs the same"
        return dict.fromkeys(offered.sizes, 0), lacking
    return {size: converted(cents, rate) if cents else 0 for size, cents in offered.sizes.items()}, ""


def _variant(key: str, colour: str, size: str, price_cents: int) -> Variant:
    options = {name: value for name, value in (("size", size), ("colour", colour)) if value}
    return Variant("-".join((key, *map(_part, options.values()))), options, price_cents)


def _part(value: str) -> str:
    """An option as a part of a key: "12 x 18 in" is "12x18in"."""
    return "".join(char for char in value.casefold() if char.isalnum())
