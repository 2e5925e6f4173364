"""Tables that a user brings to compare with: comparables, costs, fees, and a calendar of events.

They end as reference rows, one kind a table. Only what makes a row usable is asked for here (a title and a price, a
format and a cost, a marketplace and its share, a name and a date); the columns are kept as they are, so that the market
can read them. Sellers' names are kept as pseudonyms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trends.payload import Read, ReferenceRow, Rejected, Table, newest_in, number, of_tables, text_of
from trends.signal import author_hash
from trends.when import parse_moment

_DATES = ("known_at", "known_on", "captured_at", "date", "as_of")
_SELLERS = ("seller", "shop", "seller_name", "shop_name")
_TITLES = ("title", "name", "product_title", "listing")
_PRICES = ("price_cents", "price")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of reference row: the columns that tell it, and those that must hold a number."""

    name: str
    columns: tuple[tuple[str, ...], ...]
    numbers: tuple[tuple[str, ...], ...]


_KINDS = (
    _Kind("cost", (("product_format",), ("provider",), ("base_cost_cents",)), (("base_cost_cents",),)),
    _Kind("fee", (("marketplace",), ("transaction_ratio",)), (("transaction_ratio",),)),
    _Kind(
        "comparable", (_TITLES, _PRICES, ("marketplace", "product_format", "seller", "shop", "currency")), (_PRICES,)
    ),
)


_EVENT = _Kind("event", (("name",), ("date",)), ())
_EVENT_COLUMNS = {"name", "date", "words", "known_on", "locale"}
"""A calendar has these columns and no other: name and date alone are in many a table."""


def _kind(payload: Table) -> _Kind | None:
    if {"name", "date"} <= set(payload.columns) <= _EVENT_COLUMNS:
        return _EVENT
    for kind in _KINDS:
        if all(any(name in payload.columns for name in names) for names in kind.columns):
            return kind
    return None


def matches(payload: Table) -> bool:
    """The columns of a cost, fee, comparables or calendar table."""
    return _kind(payload) is not None


def read(payload: Table) -> Read:
    """One reference row a line, known at its own date, else at the newest date in the file."""
    kind = _kind(payload)
    assert kind is not None  # noqa: S101 - matches() said so
    newest = newest_in(payload, _DATES)
    for row in payload.rows():
        yield row if isinstance(row, Rejected) else _reference(kind, row[0], row[1], newest)


def _dated(cells: Mapping[str, Any]) -> datetime | None:
    return next((moment for name in _DATES if (moment := parse_moment(cells.get(name))) is not None), None)


def _known_on(cells: Mapping[str, Any]) -> datetime | None:
    return parse_moment(cells.get("known_on"))


def _cell(cells: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := text_of(cells.get(name)).strip())), "")


def _reference(kind: _Kind, row: int, cells: Mapping[str, Any], newest: datetime | None) -> ReferenceRow | Rejected:
    for names in kind.columns[: 1 if kind.name == "comparable" else 2]:
        if not _cell(cells, names) and not set(names) <= {"base_cost_cents", "transaction_ratio"}:
            return Rejected(row, f"{names[0]} is empty", str(dict(cells))[:200])
    for names in kind.numbers:
        value = number(_cell(cells, names).lstrip("$€£"))
        if value is None or value < 0 or (kind.name == "comparable" and value == 0):
            return Rejected(row, f"{' or '.join(names)} {_cell(cells, names)[:20]!r} is no positive number")
    known_at = (None if kind is _EVENT else _dated(cells)) or _known_on(cells) or newest
    if known_at is None:
        return Rejected(row, "no date in the table: add a known_on column (2025-06-01)")
    body = {name: text_of(value).strip() for name, value in cells.items() if value is not None}
    for name in _SELLERS:
        if body.get(name):
            body[name] = author_hash(f"seller:{body.get('marketplace', '')}", body[name])
    return ReferenceRow(row, kind.name, body, known_at)


MARKET_CSV = of_tables("market table", matches, read)
