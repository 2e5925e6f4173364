"""Interest over time as CSV: the long form (a date, a keyword, an interest) and Google's own export (a column a
keyword).

Both are periodic tables: a point is known at the last second of its day, week, month or year. The length of the period
is read off the file's own dates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from trends.payload import NothingObserved, Read, Rejected, Table, number, of_tables, text_of
from trends.signal import Signal, SignalKind
from trends.when import end_of_day, month_end, parse_day, parse_moment, period_end

SOURCE = "google_trends"
_PERIODS = ("date", "month", "week", "day", "year", "time")
_LEVELS = ("interest", "hits", "value", "level")
_WORDS = ("keyword", "term", "query", "topic", "search_term", "phrase")
_PLACES = ("geo", "state", "region", "country", "community")
_EXPORTED = re.compile(r"(.+): \((.+)\)\Z")
LOOK_AT = 5_000
"""Rows that are looked at for the length of a period."""


def matches(payload: Table) -> bool:
    """A period with an interest, or Google's export."""
    if _first(_PERIODS, payload.columns) is None:
        return False
    if any(_EXPORTED.match(name) for name in payload.columns):
        return True
    words = _first(_WORDS, payload.columns) or _first(_PLACES, payload.columns)
    return words is not None and ("interest" in payload.columns or "hits" in payload.columns)


def read(payload: Table) -> Read:
    """One signal a cell."""
    period = _first(_PERIODS, payload.columns)
    assert period is not None  # noqa: S101 - matches() said so
    step = _step(payload, period)
    exported = [(name, found) for name in sorted(payload.columns) if (found := _EXPORTED.match(name))]
    if exported:
        yield from _wide(payload, period, step, exported)
        return
    word = _first(_WORDS, payload.columns)
    if word is None:
        raise NothingObserved("interest by place without the keyword that was searched: add a keyword column")
    yield from _long(payload, period, step, word)


def _first(names: tuple[str, ...], columns: frozenset[str]) -> str | None:
    return next((name for name in names if name in columns), None)


def _step(table: Table, period: str) -> int:
    """Days from one period to the next, by the two that lie nearest together; 1 where that is not clear."""
    days: set[date] = set()
    for count, row in enumerate(table.rows()):
        if count >= LOOK_AT:
            break
        if not isinstance(row, Rejected) and (day := parse_day(text_of(row[1].get(period)))) is not None:
            days.add(day)
    ordered = sorted(days)
    return min(((after - before).days for before, after in pairwise(ordered)), default=1)


def _known_at(text: str, step: int) -> datetime | None:
    """The end of a period that starts on this day, or that this text names (`2017`, `2017-09`)."""
    day = parse_day(text)
    if day is None:
        return period_end(text) or parse_moment(text)
    if step >= 360:
        return period_end(str(day.year))
    if step >= 28:
        return month_end(day)
    return end_of_day(day + timedelta(days=step - 1))


def _long(table: Table, period: str, step: int, word: str) -> Read:
    level = _first(_LEVELS, table.columns) or "interest"
    place = _first(_PLACES, table.columns)
    for row in table.rows():
        if isinstance(row, Rejected):
            yield row
        else:
            cells = row[1]
            keyword, where = text_of(cells.get(word)).strip(), text_of(cells.get(place or "")).strip() or None
            yield _point(row[0], keyword, where, text_of(cells.get(period)), cells.get(level), step)


def _wide(table: Table, period: str, step: int, exported: list[tuple[str, re.Match[str]]]) -> Read:
    count = 0
    for row in table.rows():
        if isinstance(row, Rejected):
            count += 1
            yield Rejected(count, row.reason, row.excerpt)
            continue
        cells: Mapping[str, Any] = row[1]
        for name, found in exported:
            count += 1
            where = None if found[2].casefold() == "worldwide" else found[2]
            yield _point(count, found[1].strip(), where, text_of(cells.get(period)), cells.get(name), step)


def _point(row: int, keyword: str, where: str | None, period: str, level: object, step: int) -> Signal | Rejected:
    measured = 0.0 if text_of(level).strip() == "<1" else number(level)
    known_at = _known_at(period, step)
    if known_at is None:
        return Rejected(row, f"{period[:30]!r} is no date, month or year", keyword)
    if measured is None:
        return Rejected(row, f"interest {text_of(level)[:20]!r} is no number", keyword)
    return Signal(
        source=SOURCE,
        kind=SignalKind.TERM,
        text=keyword,
        known_at=known_at,
        native_id=f"interest:{keyword}:{where or ''}:",
        community=where,
        metrics={"level": measured},
        row=row,
    )


INTEREST_CSV = of_tables("interest over time csv", matches, read)
