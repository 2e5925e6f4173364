"""Today: how far the day has come, for whoever opens the console in the morning. Reads only, each bounded by an index.

What takes longer to count than a glance is None, and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import QueryCanceled

from store.decisions import Row, every, every_named, one
from store.queue import STATUSES

DAY = timedelta(days=1)
GLANCE_MS = 600
MOST_PACED = 100
"""Newest decisions that the pace is the median of."""
MOST_NAMED = 8
Rows = AsyncConnection[Any]

WAITING = """
SELECT count(*) AS count, min(decided_at) AS oldest FROM idea
WHERE status = 'pending_review' AND decided_at IS NOT NULL AND merged_into IS NULL
"""
FOUND = "SELECT count(*) AS count FROM idea WHERE status = ANY(%s) AND recorded_at > %s"
JUDGED = "SELECT verdict, count(*) AS count FROM decision WHERE recorded_at > %s GROUP BY verdict ORDER BY verdict"
ANSWERS = """
SELECT actor, answer, count(*) AS count FROM review WHERE decided_at > %s AND undone_at IS NULL
GROUP BY actor, answer ORDER BY count(*) DESC, actor, answer LIMIT %s
"""
SPIKES = """
SELECT phrase, kind, ratio, voices, recorded_at FROM spike WHERE recorded_at > %s
ORDER BY recorded_at DESC, ratio DESC LIMIT %s
"""
ALARMS = """
SELECT subject, severity, recorded_at FROM notice
WHERE recorded_at > %s AND kind = 'alarm' AND NOT resolves AND key = thread ORDER BY recorded_at DESC LIMIT %s
"""
BY_DAY = """
WITH day AS (SELECT generate_series(%(first)s::date, %(last)s::date, '1 day')::date AS day),
found AS (SELECT (recorded_at AT TIME ZONE 'UTC')::date AS day, count(*) AS count FROM idea
  WHERE status = ANY(%(statuses)s) AND recorded_at >= %(since)s GROUP BY 1),
judged AS (SELECT (recorded_at AT TIME ZONE 'UTC')::date AS day, count(*) AS count FROM decision
  WHERE recorded_at >= %(since)s GROUP BY 1),
approved AS (SELECT (decided_at AT TIME ZONE 'UTC')::date AS day, count(*) AS count FROM review
  WHERE decided_at >= %(since)s AND undone_at IS NULL AND answer IN ('approve', 'edit') GROUP BY 1)
SELECT day, coalesce(found.count, 0) AS found, coalesce(judged.count, 0) AS judged,
  coalesce(approved.count, 0) AS approved
FROM day LEFT JOIN found USING (day) LEFT JOIN judged USING (day) LEFT JOIN approved USING (day) ORDER BY day
"""
TOP_QUARTILE = """
WITH of_day AS (
  SELECT idea_id, as_of, total, weights_version, recorded_at FROM score WHERE recorded_at > %(since)s),
moment AS (
  SELECT DISTINCT ON (date_bin('6 hours', max(recorded_at), 'epoch'::timestamptz)) as_of FROM of_day GROUP BY as_of
  ORDER BY date_bin('6 hours', max(recorded_at), 'epoch'::timestamptz), max(recorded_at) DESC),
scored AS (
  SELECT DISTINCT ON (s.idea_id, s.as_of) s.idea_id, s.as_of, s.total FROM of_day s JOIN moment USING (as_of)
  JOIN idea i ON i.id = s.idea_id WHERE i.kind = 'subject' ORDER BY s.idea_id, s.as_of, s.weights_version DESC),
bar AS (SELECT as_of, percentile_cont(0.75) WITHIN GROUP (ORDER BY total) AS total FROM scored GROUP BY as_of)
SELECT count(DISTINCT scored.idea_id) AS count FROM scored JOIN bar USING (as_of) WHERE scored.total >= bar.total
"""
PACE = """
WITH late AS (
  SELECT idea_id, as_of, recorded_at FROM decision WHERE recorded_at > %(since)s
  ORDER BY recorded_at DESC LIMIT %(most)s)
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM late.recorded_at - s.newest_at))::float8
FROM late JOIN LATERAL (
  SELECT max(s.recorded_at) AS newest_at FROM idea_signal m JOIN signal s ON s.id = m.signal_id
  WHERE m.idea_id = late.idea_id AND s.first_known_at <= late.as_of AND s.recorded_at <= late.recorded_at) s
ON s.newest_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Today:
    """The last 24 hours, and what waits now.

    `top_quartile`: subjects that were in the upper quarter of what was scored with them, by the last scoring of each
    six hours. `pace`: the median from the storing of the newest signal that a decision could know to the decision.
    `answers`: actor, answer, count. `days`: day, found, judged, approved.
    """

    waiting: int
    oldest: datetime | None
    found: int
    judged: dict[str, int]
    answers: Sequence[Row]
    spikes: Sequence[Row]
    alarms: Sequence[Row]
    days: Sequence[Row]
    top_quartile: int | None
    pace: timedelta | None


async def load_today(connection: Rows, now: datetime, days: int = 14) -> Today:
    """How the day stands at `now`."""
    since = now - DAY
    waiting = await one(connection, WAITING) or {"count": 0, "oldest": None}
    found = await one(connection, FOUND, list(STATUSES), since) or {"count": 0}
    seconds = await _glance(connection, PACE, {"since": since, "most": MOST_PACED})
    return Today(
        waiting=waiting["count"],
        oldest=waiting["oldest"],
        found=found["count"],
        judged={row["verdict"]: row["count"] for row in await every(connection, JUDGED, since)},
        answers=await every(connection, ANSWERS, since, MOST_NAMED),
        spikes=await every(connection, SPIKES, since, MOST_NAMED),
        alarms=await every(connection, ALARMS, since, MOST_NAMED),
        days=await load_days(connection, now.astimezone(UTC).date(), days),
        top_quartile=await _glance(connection, TOP_QUARTILE, {"since": since}),
        pace=None if seconds is None else timedelta(seconds=seconds),
    )


async def load_days(connection: Rows, last: date, days: int) -> list[Row]:
    """How many ideas were found, judged and approved on each of so many days in UTC, the last one included."""
    first = last - timedelta(days=days - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    given = {"first": first, "last": last, "since": since, "statuses": list(STATUSES)}
    return await every_named(connection, BY_DAY, given)


async def _glance(connection: Rows, query: str, given: Row) -> Any:
    """The one value that a query answers with; None where it takes longer than a glance."""
    try:
        async with connection.transaction():
            await connection.execute("SELECT set_config('statement_timeout', %s, true)", [str(GLANCE_MS)])
            row = await (await connection.execute(query.encode(), given)).fetchone()
    except QueryCanceled:
        return None
    return row[0] if row else None
