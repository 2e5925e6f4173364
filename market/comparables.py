"""Comparables: what similar products sell for, brought as a CSV by the user.

A comparable matches an idea when it was found under the idea's phrase, or when every word of the phrase (stemmed) is in
its title; and when it is of the idea's format, or of none that is stated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import snowballstemmer

from market.reference import BadReference, Reference, find, find_number, get_text
from trends.idea import Idea

MOST_ROWS = 500
"""The most comparables of one idea that are kept: the newest."""
FORMAT_WORDS = {
    "shirt": ("shirt", "tshirt", "tee", "tees", "tshirts"),
    "hoodie": ("hoodie", "sweatshirt", "hoody", "crewneck"),
    "mug": ("mug", "cup", "tumbler"),
    "poster": ("poster", "print", "canvas"),
    "tote": ("tote", "bag"),
    "sticker": ("sticker", "decal"),
    "ornament": ("ornament", "bauble"),
    "pillow": ("pillow", "cushion"),
    "phone_case": ("case",),
    "hat": ("hat", "cap", "beanie"),
    "notebook": ("notebook", "journal", "planner"),
    "apron": ("apron",),
    "blanket": ("blanket", "throw"),
}
"""Words of a title that name a format, where the file has no column for it."""

_words = re.compile(r"[^\W_]+")
_stemmer = snowballstemmer.stemmer("english")


@dataclass(frozen=True, slots=True)
class Comparable:
    """One product that is on sale somewhere. Money in minor units of `currency`."""

    id: str
    title: str
    product_format: str
    """A format of the cost table; empty where neither a column nor the title names one."""
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

    @property
    def row(self) -> str:
        """How a fact names this row."""
        return f"comparable:{self.id}"


@dataclass(frozen=True, slots=True)
class Comparables:
    """The comparables of one idea, known at `as_of`; empty where the user brought none."""

    rows: tuple[Comparable, ...] = ()


def comparables_from(rows: Iterable[Reference], as_of: datetime | None = None) -> tuple[Comparable, ...]:
    """The comparables among reference rows, known at `as_of` or before.

    A row without a title or a positive price is passed over: the intake quarantines it.
    """
    found = []
    for row in rows:
        if row.kind != "comparable" or (as_of is not None and row.known_at > as_of):
            continue
        try:
            found.append(comparable_of(row))
        except BadReference:
            continue
    return tuple(found)


def comparable_of(row: Reference) -> Comparable:
    """One comparable. Prices come as `price_cents` or as `price` in whole units; BadReference names what is wrong."""
    body = row.body
    title = str(find(body, "title", "name", "product_title", "listing") or "").strip()
    if not title:
        raise BadReference("title is missing")
    rating = find_number(body, "rating", "stars", "user_rating")
    reviews = find_number(body, "reviews", "review_count", "num_reviews")
    returned = find_number(body, "return_ratio")
    phrase = find(body, "phrase", "subject", "keyword")
    seller = find(body, "seller", "shop", "seller_name", "shop_name")
    return Comparable(
        id=row.id,
        title=title,
        product_format=format_of(find(body, "product_format", "format", "product_type"), title),
        marketplace=get_text(body, "marketplace", default="unknown").lower(),
        price_cents=_price_cents(row),
        currency=get_text(body, "currency", default="USD").upper(),
        known_at=row.known_at,
        source=row.source,
        seller=str(seller) if seller is not None else None,
        rating=rating if rating is not None and 0 <= rating <= 5 else None,
        reviews=int(reviews) if reviews is not None and reviews >= 0 else None,
        return_ratio=returned if returned is not None and 0 <= returned <= 1 else None,
        phrase=str(phrase) if phrase is not None else None,
    )


def _price_cents(row: Reference) -> int:
    cents, whole = find_number(row.body, "price_cents"), find_number(row.body, "price")
    price = cents if cents is not None else None if whole is None else whole * 100
    if price is None or not 1 <= price <= 100_000_000:
        raise BadReference(f"price must be positive, got {find(row.body, 'price_cents', 'price')!r}")
    return int(price + 0.5)


def format_of(stated: object, title: str) -> str:
    """The format a column states, else the last one that the title's words name, else nothing."""
    if stated is not None:
        name = str(stated).strip().lower().replace(" ", "_").replace("-", "_")
        return name if name in FORMAT_WORDS else format_of(None, name.replace("_", " ")) or name
    words = set(_fold(title).replace("t-shirt", "tshirt").split()) | set(_words.findall(_fold(title)))
    words |= {word.removesuffix("s") for word in words}
    named = [name for name, signs in FORMAT_WORDS.items() if words.intersection(signs)]
    return named[-1] if named else ""


def match(idea: Idea, rows: Iterable[Comparable], as_of: datetime | None = None) -> Comparables:
    """The comparables of one idea, newest first; those learned after `as_of` are left out."""
    wanted = stems(idea.phrase)
    if not wanted:
        return Comparables()
    found = [
        row
        for row in rows
        if (as_of is None or row.known_at <= as_of)
        and row.product_format in ("", idea.product_format)
        and (wanted == stems(row.phrase) if row.phrase else wanted <= stems(row.title))
    ]
    found.sort(key=lambda row: (row.known_at, row.id), reverse=True)
    return Comparables(tuple(found[:MOST_ROWS]))


@lru_cache(maxsize=65_536)
def stems(text: str) -> frozenset[str]:
    """The stems of a text's words, in any order and case."""
    return frozenset(_stemmer.stemWords(_words.findall(_fold(text))))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
