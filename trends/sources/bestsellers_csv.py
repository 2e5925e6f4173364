"""Best-seller lists as CSV: a product's name with its price, rating, reviews or rank in a year or on a day (Amazon).

A list of a year is a periodic table, known at the year's end; a list of a day at the end of that day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trends.payload import Read, Rejected, Table, measured, number, of_tables, text_of
from trends.signal import Signal, SignalKind, author_hash
from trends.when import period_end

SOURCE = "amazon"
_NAMES = ("name", "title", "product_title", "product")
_RATINGS = ("user rating", "rating", "stars", "user_rating")
_REVIEWS = ("reviews", "review_count", "ratings_count", "reviews_count")
_PERIODS = ("date", "captured_at", "year")
_MAKERS = ("author", "brand", "seller")
_GROUPS = ("genre", "category", "department")


def matches(payload: Table) -> bool:
    """A product's name, price, rating, reviews and a period."""
    return "price" in payload.columns and all(
        any(name in payload.columns for name in names) for names in (_NAMES, _RATINGS, _REVIEWS, _PERIODS)
    )  # fmt: skip


def read(payload: Table) -> Read:
    """One signal a row."""
    for row in payload.rows():
        yield row if isinstance(row, Rejected) else _signal(*row)


def _cell(cells: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := text_of(cells.get(name)).strip())), "")


def _signal(row: int, cells: Mapping[str, Any]) -> Signal | Rejected:
    name, period = _cell(cells, _NAMES), _cell(cells, _PERIODS)
    known_at = period_end(period)
    if known_at is None:
        return Rejected(row, f"{period[:30]!r} is no year or date", name)
    price, maker = number(text_of(cells.get("price")).strip().lstrip("$€£")), _cell(cells, _MAKERS)
    return Signal(
        source=SOURCE,
        kind=SignalKind.ITEM,
        text=name,
        known_at=known_at,
        native_id=_cell(cells, ("asin", "isbn", "product_id")) or None,
        category=_cell(cells, _GROUPS) or None,
        author_hash=author_hash(SOURCE, maker) if maker else None,
        url=_cell(cells, ("url", "link", "product_url")) or None,
        metrics=measured(
            price_cents=None if price is None else round(price * 100),
            rating=_cell(cells, _RATINGS),
            reviews=_cell(cells, _REVIEWS),
            rank=cells.get("rank"),
        ),
        row=row,
    )


BESTSELLERS_CSV = of_tables("best-seller csv", matches, read)
