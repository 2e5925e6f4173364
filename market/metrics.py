"""Metrics: what became of a listing or of an arm of an experiment: rows that say what was counted, and when.

    bytes of a CSV, or rows as they came -> Stated | Refusal

A row counts one thing (`metric`, `value`) or several (a column each: `views`, `orders`, ...) of one listing or arm, in
a window of time or at a moment. A `reference` names a single event, such as an order. What is stated again about the
same window replaces what stood, by `stated_at`; that nothing is counted twice is the store's part (`store.metrics`).

Counts are whole and not negative; money is in minor units of its `currency`. A row that cannot be is refused alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from market.minor import find_price
from store.metrics import Refusal, Stated
from studio.errors import BadBatch
from studio.records import Record, Torn, decoded, records_of

COUNTS = ("impressions", "clicks", "views", "favorites", "carts", "orders", "refunds", "complaints")
MONEY = ("spend", "revenue", "refunded")
NAMES = (*COUNTS, *MONEY)
"""Of advertising: impressions, clicks, spend. Of the listing: views, favorites, carts. Of sales: all others."""
FIELDS: Mapping[str, tuple[str, ...]] = {
    "listing": ("listing", "listing key", "listing id", "key"),
    "arm": ("arm", "arm id"),
    "metric": ("metric", "name", "event", "kind"),
    "value": ("value", "count", "amount", "number"),
    "from": ("from", "at", "date", "day", "hour", "time", "from at", "start"),
    "to": ("to", "until", "to at", "end"),
    "variant": ("variant", "sku"),
    "reference": ("reference", "order id", "order", "receipt", "event id"),
    "currency": ("currency",),
    "stated_at": ("stated at", "as of", "reported at"),
    "impressions": ("impressions", "shown"),
    "clicks": ("clicks",),
    "views": ("views", "visits", "page views"),
    "favorites": ("favorites", "favourites", "favorers", "likes"),
    "carts": ("carts", "adds to cart", "added to cart"),
    "orders": ("orders", "sales", "units sold", "conversions"),
    "refunds": ("refunds", "returns"),
    "complaints": ("complaints",),
    "spend": ("spend", "cost", "ad spend"),
    "revenue": ("revenue", "sales amount", "gross"),
    "refunded": ("refunded", "refund amount"),
}
"""What a column may be called, in any case."""
MOST = 10**12
"""No count and no amount is greater: it would be an error of whoever counts."""
MOST_BYTES, MOST_ROWS, MOST_CHARS = 20_000_000, 200_000, 200
SKEW = timedelta(minutes=10)
"""So far another's clock may be ahead of ours."""
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=31)
"""Of a window."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PLAIN = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Brought:
    """What was read: every row that is not empty is stated or refused."""

    rows: int
    stated: tuple[Stated, ...]
    refused: tuple[Refusal, ...]


class BadMetrics(ValueError):
    """Nothing of it can be read; the message says why."""


class _Bad(ValueError):
    """Why one row cannot be used."""


def read_metrics(content: bytes, where: str, now: datetime) -> Brought:
    """The metrics of a CSV. `where` names it in messages; BadMetrics where it is none, or too large."""
    if len(content) > MOST_BYTES:
        raise BadMetrics(f"{where} has {len(content):,} bytes; at most {MOST_BYTES:,} are read at once: split it")
    try:
        records = records_of(decoded(content, where), lambda name: _plain(name) in _FIELD)
    except BadBatch as fault:
        raise BadMetrics(str(fault)) from None
    if not records or isinstance(records[0], Torn):
        raise BadMetrics(f"{where} has no row of headings: {_wanted()}")
    fields = [_FIELD.get(_plain(name), "") for name in records[0].cells]
    _check_headings(fields, where)
    told = [each for each in records[1:] if isinstance(each, Torn) or any(map(str.strip, each.cells))]
    _check_size(len(told), where)
    return _sorted_out(((each.line - records[0].line, _cells(each, fields)) for each in told), len(told), now)


def metrics_of(rows: Sequence[Mapping[str, object]], where: str, now: datetime) -> Brought:
    """The same of rows that came as they are, by the names of the fields."""
    _check_size(len(rows), where)
    texts = ({name: "" if value is None else str(value) for name, value in row.items()} for row in rows)
    return _sorted_out(enumerate(texts, 1), len(rows), now)


def _wanted() -> str:
    return "wanted are listing (or arm), from, and metric and value, or a column each of " + ", ".join(NAMES)


def _check_headings(fields: Sequence[str], where: str) -> None:
    doubled = next((name for name in fields if name and fields.count(name) > 1), None)
    if doubled:
        raise BadMetrics(f"{where}: two headings mean {doubled!r}: take one out")
    counted = {"metric", "value"} <= set(fields) or set(NAMES) & set(fields)
    if not counted or "from" not in fields or not {"listing", "arm"} & set(fields):
        raise BadMetrics(f"{where}: {_wanted()}")


def _check_size(rows: int, where: str) -> None:
    if not rows:
        raise BadMetrics(f"{where} has no rows")
    if rows > MOST_ROWS:
        raise BadMetrics(f"{where} has {rows:,} rows; at most {MOST_ROWS:,} are read at once: split it")


def _plain(name: str) -> str:
    return _PLAIN.sub(" ", name.casefold()).strip()


_FIELD = {name: field for field, names in FIELDS.items() for name in names}


def _cells(record: Record | Torn, fields: Sequence[str]) -> Mapping[str, str] | str:
    """The cells by field; why not, where the row is torn or has other cells than headings."""
    if isinstance(record, Torn):
        return record.why
    if len(record.cells) != len(fields):
        return f"{len(record.cells)} cells under {len(fields)} headings"
    return {field: cell.strip() for field, cell in zip(fields, record.cells, strict=True) if field}


def _sorted_out(rows: Iterable[tuple[int, Mapping[str, str] | str]], count: int, now: datetime) -> Brought:
    stated: list[Stated] = []
    refused: list[Refusal] = []
    for number, cells in rows:
        try:
            if isinstance(cells, str):
                raise _Bad(cells)
            stated += _stated(number, cells, now)
        except _Bad as bad:
            refused.append(Refusal(number, str(bad), _excerpt(cells)))
    return Brought(count, tuple(stated), tuple(refused))


def _excerpt(cells: Mapping[str, str] | str) -> str:
    return "" if isinstance(cells, str) else ", ".join(f"{name} {text}" for name, text in cells.items() if text)[:200]


# One row --------------------------------------------------------------------------------------------------------------


def _stated(row: int, cells: Mapping[str, str], now: datetime) -> list[Stated]:
    """All that a row counts. _Bad says what is wrong with it."""
    listing, arm = cells.get("listing", ""), cells.get("arm", "")
    if bool(listing) == bool(arm):
        raise _Bad("it names no listing and no arm" if not listing else "it names a listing and an arm: one of them")
    for name, text in cells.items():
        if len(text) > MOST_CHARS:
            raise _Bad(f"its {name} has {len(text):,} characters; at most {MOST_CHARS} are read")
    start, end = _window(cells)
    stated_at = _moment(cells["stated_at"], "stated_at") if cells.get("stated_at") else now
    _check_times(start, end, stated_at, now)
    if start == end and not cells.get("reference"):
        raise _Bad(
            "an event at a moment needs a reference, such as the order's id: without one two would be taken for one"
        )
    currency = cells.get("currency", "").upper()
    amounts = {name: _amount(name, text, currency) for name, text in _counted(cells)}
    _check_clicks(amounts)
    return [
        Stated(row, listing, arm, cells.get("variant", ""), name, amount, currency if name in MONEY else "", start, end,
               cells.get("reference", ""), stated_at)
        for name, amount in amounts.items()
    ]  # fmt: skip


def _counted(cells: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is counted, by name."""
    found = [(name, cells[name]) for name in NAMES if cells.get(name)]
    if name := cells.get("metric", ""):
        field = _FIELD.get(_plain(name), "")
        if field not in NAMES:
            raise _Bad(f"{name!r} is no metric: there are {', '.join(NAMES)}")
        found.append((field, cells.get("value", "")))
    if not found:
        raise _Bad(f"it counts nothing: there are {', '.join(NAMES)}")
    return found


def _amount(name: str, text: str, currency: str) -> int:
    """A count, or an amount in minor units."""
    try:
        told = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise _Bad(f"{name} is {text!r}: no number") from None
    if not told.is_finite():
        raise _Bad(f"{name} is {text}: no number that can be counted")
    if told < 0:
        raise _Bad(f"{name} is {text}: it cannot be below 0; what came back is refunds and refunded")
    if told > MOST:
        raise _Bad(f"{name} is {text}: more than {MOST:,} is an error of whoever counted")
    if name in MONEY:
        return _minor(name, told, currency)
    if told != told.to_integral_value():
        raise _Bad(f"{name} is {text}: a count is whole")
    return int(told)


def _minor(name: str, told: Decimal, currency: str) -> int:
    if not re.fullmatch("[A-Z]{3}", currency):
        raise _Bad(f"{name} is an amount: its currency is missing (three letters, such as USD)")
    minor = find_price(told, currency)
    if minor is None:
        raise _Bad(f"{name} is {told}: {currency} has fewer decimals")
    return minor


def _check_clicks(amounts: Mapping[str, int]) -> None:
    clicks, shown = amounts.get("clicks"), amounts.get("impressions")
    if clicks is not None and shown is not None and clicks > shown:
        raise _Bad(clicks_above(clicks, shown))


def clicks_above(clicks: int, impressions: int) -> str:
    """Why a window cannot be."""
    return f"clicks ({clicks:,}) above impressions ({impressions:,})"


# Time -----------------------------------------------------------------------------------------------------------------


def _window(cells: Mapping[str, str]) -> tuple[datetime, datetime]:
    """From and to; a day without an end is that whole day."""
    text, until = cells.get("from", ""), cells.get("to", "")
    if not text:
        raise _Bad("it says no time: `from` is missing")
    start = _moment(text, "from")
    if until:
        return start, _moment(until, "to") + (timedelta(days=1) if _DAY.fullmatch(until) else timedelta())
    return start, start + timedelta(days=1) if _DAY.fullmatch(text) else start


def _moment(text: str, name: str) -> datetime:
    """A moment of ISO 8601; a day is its first instant, what names no zone is UTC."""
    try:
        if _DAY.fullmatch(text):
            told = date.fromisoformat(text)
            return datetime(told.year, told.month, told.day, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Bad(f"{name} is {text!r}: no time (2026-03-01, or 2026-03-01T13:00:00+00:00)") from None
    return moment


def _check_times(start: datetime, end: datetime, stated_at: datetime, now: datetime) -> None:
    if start < EARLIEST:
        raise _Bad(f"it begins at {start:%Y-%m-%d}: nothing was sold online then")
    if end < start:
        raise _Bad(f"it ends ({end:%Y-%m-%d %H:%M}) before it begins ({start:%Y-%m-%d %H:%M}): a clock goes backwards")
    if end - start > LONGEST:
        raise _Bad(f"it spans {(end - start).days} days; at most {LONGEST.days} are one window")
    if start > now + SKEW:
        raise _Bad(f"it begins at {start:%Y-%m-%d %H:%M} UTC, which has not come yet")
    if stated_at > now + SKEW:
        raise _Bad(f"it was stated at {stated_at:%Y-%m-%d %H:%M} UTC, which has not come yet")
    if stated_at < start:
        raise _Bad(f"it was stated ({stated_at:%Y-%m-%d %H:%M}) before it began: a clock goes backwards")
