"""Heat: how many signals came when, of which source by the hour, of which category by the day; and what they gained.

Counted by when a thing was known, not by when its row was written: a file of last month is last month's heat. Each
count is one range of an index and ends after `MOST_S` (`store.status.TooLong`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.errors import QueryCanceled
from psycopg.rows import dict_row

from store.status import TooLong

Rows = AsyncConnection[Any]
Row = dict[str, Any]
Measure = Literal["signals", "gained"]
"""Things seen for the first time; or what things gained since they were last seen (views, score, level, items)."""

MOST_S = 5.0
MOST_SOURCES = 100
TOP = 15
"""Categories told apart; the others are one."""

VALUE = "coalesce({0} -> 'views', {0} -> 'score', {0} -> 'level', {0} -> 'items')::float8"
COUNTED: Mapping[Measure, str] = {
    "signals": """
SELECT {what} AS what, date_trunc(%(unit)s, s.first_known_at, 'UTC') AS at, count(*)::float8 AS count
FROM signal s WHERE s.first_known_at >= %(since)s AND s.first_known_at < %(until)s GROUP BY 1, 2
""",
    "gained": f"""
SELECT {{what}} AS what, date_trunc(%(unit)s, o.known_at, 'UTC') AS at,
  sum(greatest({VALUE.format("o.metrics")} - {VALUE.format("b.metrics")}, 0)) AS count
FROM observation o JOIN signal s ON s.id = o.signal_id CROSS JOIN LATERAL (
  SELECT metrics FROM observation b WHERE b.signal_id = o.signal_id AND b.known_at < o.known_at
  ORDER BY b.known_at DESC LIMIT 1) b
WHERE o.known_at >= %(since)s AND o.known_at < %(until)s GROUP BY 1, 2
""",  # noqa: S608 - made of the constants above
}
BY_SOURCE = "{counted} ORDER BY 1, 2"
BY_CATEGORY = """
WITH counted AS ({counted}),
top AS (SELECT what FROM counted GROUP BY what ORDER BY sum(count) DESC, what LIMIT %(top)s)
SELECT CASE WHEN what IN (SELECT what FROM top) THEN what END AS what, at, sum(count) AS count
FROM counted GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2
"""
SOURCES = """
WITH RECURSIVE seen AS (
  (SELECT source FROM signal ORDER BY source LIMIT 1)
  UNION ALL
  SELECT (SELECT s.source FROM signal s WHERE s.source > seen.source ORDER BY s.source LIMIT 1)
  FROM seen WHERE seen.source IS NOT NULL)
SELECT source FROM seen WHERE source IS NOT NULL LIMIT %s
"""
"""One look at the index a source, however many signals there are."""
NEWEST = "SELECT max(first_known_at) FROM signal"


async def find_newest(connection: Rows) -> datetime | None:
    """When the newest signal was known; None where there is none."""
    row = await (await connection.execute(NEWEST)).fetchone()
    return row[0] if row else None


async def load_seen_sources(connection: Rows) -> list[str]:
    """The sources that any signal is of, by name, at most MOST_SOURCES."""
    return [row[0] for row in await (await connection.execute(SOURCES, (MOST_SOURCES,))).fetchall()]


async def heat_by_hour(connection: Rows, since: datetime, until: datetime, measure: Measure = "signals") -> list[Row]:
    """Source (`what`), hour (`at`) and count, of the hours in which something came."""
    counted = COUNTED[measure].format(what="s.source")
    return await _heat(connection, BY_SOURCE.format(counted=counted), "hour", since, until)


async def heat_by_day(connection: Rows, since: datetime, until: datetime, measure: Measure = "signals") -> list[Row]:
    """Community, else category (`what`; empty: neither was stated), day (`at`) and count; None: all but the TOP."""
    counted = COUNTED[measure].format(what="coalesce(s.community, s.category, '')")
    return await _heat(connection, BY_CATEGORY.format(counted=counted), "day", since, until)


async def _heat(connection: Rows, query: str, unit: str, since: datetime, until: datetime) -> list[Row]:
    given = {"unit": unit, "since": since, "until": until, "top": TOP}
    async with _briefly(connection), connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), given)
        return await cursor.fetchall()


@asynccontextmanager
async def _briefly(connection: Rows) -> AsyncIterator[None]:
    milliseconds = f"{MOST_S * 1000:.0f}"
    try:
        async with connection.transaction():
            await connection.execute("SELECT set_config('statement_timeout', %s, true)", [milliseconds])
            yield
    except QueryCanceled as stopped:
        raise TooLong(f"not counted within {MOST_S:.0f} s") from stopped
