"""Comparables: what similar products sell for, brought as a CSV by the user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Comparable:
    """One product that is on sale somewhere. Money in minor units of `currency`; shares and ratings in their own ranges."""

    id: str
    title: str
    product_format: str
    marketplace: str
    price_cents: int
    currency: str
    known_at: datetime
    source: str
    seller: str | None = None
    """A pseudonym of the seller; None where the file names none."""
    rating: float | None = None
    """0-5."""
    reviews: int | None = None
    return_ratio: float | None = None
    """Share of orders returned, 0-1."""
    phrase: str | None = None
    """The subject it was found under; None: matched by its title."""


@dataclass(frozen=True, slots=True)
class Comparables:
    """The comparables of one idea, known at `as_of`; empty where the user brought none."""

    rows: tuple[Comparable, ...] = ()
