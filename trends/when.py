"""Times as files write them, read as UTC.

A capture date without a time counts as the last second of that day: a run as of the end of 5 October sees the rows of 5
October, a run as of the end of 4 October does not. A periodic table (a year's ranking, a month's interest) is known at
the last second of its period.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from time import time as now_s

LAST_SECOND = time(23, 59, 59, tzinfo=UTC)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Nothing that is read here was measured before; a smaller number is not a time."""

EARLIEST_S = EARLIEST.timestamp()
DAY_S = 86_400

_ISO_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\Z")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})\Z")
_YEAR = re.compile(r"(\d{4})(?:\.0)?\Z")
_NUMBER = re.compile(r"\d{9,13}(?:\.\d+)?\Z")
_DAY_MONTH = re.compile(r"(\d{1,2})\.(\d{1,2})\Z")
_SHORT_YEAR_DAY_MONTH = re.compile(r"(\d{2})\.(\d{2})\.(\d{2})\Z")
_COMPACT_OFFSET = re.compile(r"([+-]\d{2})(\d{2})\Z")


def end_of_day(day: date) -> datetime:
    """The last second of a day, UTC."""
    return datetime.combine(day, LAST_SECOND)


def from_epoch(seconds: float) -> datetime | None:
    """A time from seconds (or milliseconds) since 1970; None where that is no time between 1990 and tomorrow."""
    if seconds > 1e11:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC) if EARLIEST_S <= seconds <= now_s() + DAY_S else None


def plausible(moment: datetime) -> datetime | None:
    """The time itself, or None where it lies before 1990 or in the future."""
    return moment if EARLIEST <= moment <= datetime.now(UTC) + timedelta(days=1) else None


def parse_moment(value: object) -> datetime | None:
    """A time as ISO 8601, HTTP date or epoch; a date alone is its day's last second. None where it is none of these."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return from_epoch(float(value))
    text = str(value).strip()
    if not text or len(text) > 40 or text == "False":
        return None
    if _NUMBER.match(text):
        return from_epoch(float(text))
    day = parse_day(text)
    if day is not None:
        return plausible(end_of_day(day)) or _today(day)
    return _parse_iso(text) or _parse_http(text)


def _today(day: date) -> datetime | None:
    """A date of today: its last second is still to come, yet it is no mistake."""
    return datetime.now(UTC) if day == datetime.now(UTC).date() else None


def _parse_iso(text: str) -> datetime | None:
    if not text[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(_COMPACT_OFFSET.sub(r"\1:\2", text))
    except ValueError:
        return None
    return plausible(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))


def _parse_http(text: str) -> datetime | None:
    if not text[:1].isalpha() or "," not in text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    return plausible(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))


def parse_day(text: str) -> date | None:
    """A date written year first (`2017-09-28`), or None."""
    found = _ISO_DAY.match(text.strip())
    return _day(int(found[1]), int(found[2]), int(found[3])) if found else None


def parse_trending_date(text: str) -> date | None:
    """YouTube's `trending_date`: `2017-09-28`, or `18.01.11`, which is yy.dd.mm: 1 November 2018."""
    found = _SHORT_YEAR_DAY_MONTH.match(text.strip())
    if found:
        return _day(2000 + int(found[1]), int(found[3]), int(found[2]))
    return parse_day(text)


def parse_day_month(text: str) -> tuple[int, int] | None:
    """(day, month) of `dd.mm` after a spreadsheet took it for a number: `10.1` is 10 October, `5.09` 5 September."""
    found = _DAY_MONTH.match(text.strip())
    if not found:
        return None
    day = int(found[1])
    month = int(found[2].ljust(2, "0"))  # a month of one digit lost its trailing zero: .1 was .10
    return (day, month) if _day(2000, month, day) else None


def period_end(text: str) -> datetime | None:
    """The last second of a year (`2017`), a month (`2017-09`) or a day; None where it is none of these.

    A first of a month in a monthly table is for the caller to widen (`month_end`).
    """
    text = text.strip()
    if found := _YEAR.match(text):
        year = int(found[1])
        return plausible(end_of_day(date(year, 12, 31))) if 1990 <= year <= 9999 else None
    if found := _MONTH.match(text):
        first = _day(int(found[1]), int(found[2]), 1)
        return None if first is None else plausible(month_end(first))
    return parse_moment(text)


def month_end(day: date) -> datetime:
    """The last second of the month that holds this day."""
    return end_of_day(day.replace(day=calendar.monthrange(day.year, day.month)[1]))


def nearest_year(day: int, month: int, first: date, last: date) -> date | None:
    """The date of a (day, month) inside or nearest to [first, last]; None where it is over 90 days from it."""
    best: tuple[int, date] | None = None
    for year in range(first.year - 1, last.year + 2):
        candidate = _day(year, month, day)
        if candidate is None:
            continue
        gap = max((first - candidate).days, (candidate - last).days, 0)
        if best is None or gap < best[0]:
            best = (gap, candidate)
    return best[1] if best is not None and best[0] <= 90 else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
