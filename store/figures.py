"""Figures: how much there is of everything, for a monitor that asks all the time: one statement, every count bounded.

A count stops at MOST_COUNTED; of the two tables that grow without end, signals and quarantined rows, the server's own
estimate is told from there on. Signals and quarantine are everybody's, all else is the tenant's whose session it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from store.queue import STATUSES, VERDICTS

MOST_COUNTED = 100_000

FIGURES = """
SELECT 'ideas' AS name, ARRAY[s.status] AS labels, n.count::float8 AS value
FROM unnest(%(statuses)s::text[]) AS s (status) CROSS JOIN LATERAL (
  SELECT count(*) FROM (SELECT FROM idea i WHERE i.status = s.status LIMIT %(most)s) AS few) n
UNION ALL
SELECT 'decisions', ARRAY[v.verdict], count(d.verdict)
FROM unnest(%(verdicts)s::text[]) AS v (verdict)
LEFT JOIN (SELECT verdict FROM decision WHERE recorded_at > %(yesterday)s LIMIT %(most)s) d USING (verdict)
GROUP BY v.verdict
UNION ALL
SELECT 'jobs', ARRAY[queue_name::text, status::text], count(*) FROM procrastinate_jobs
WHERE status IN ('todo', 'doing') GROUP BY queue_name, status
UNION ALL
SELECT 'oldest', ARRAY[j.queue_name::text], greatest(extract(epoch FROM %(now)s - min(due.since)), 0)
FROM procrastinate_jobs j JOIN LATERAL (
  SELECT greatest(j.scheduled_at, (SELECT min(at) FROM procrastinate_events WHERE job_id = j.id))) AS due (since)
  ON true
WHERE j.status = 'todo' AND due.since <= %(now)s GROUP BY j.queue_name
UNION ALL
SELECT 'dead', ARRAY[queue], count(*) FROM dead_letter WHERE retried_at IS NULL GROUP BY queue
UNION ALL
SELECT 'spent', '{}', coalesce(sum(reserved_micro_usd + spent_micro_usd), 0) FROM spend WHERE scope = %(today)s
UNION ALL
SELECT 'tokens', '{}', coalesce(sum(tokens), 0) FROM spend WHERE scope = %(today)s
UNION ALL
SELECT 'signals', '{}', CASE WHEN reltuples >= %(most)s THEN reltuples
  ELSE (SELECT count(*) FROM (SELECT FROM signal LIMIT %(most)s) AS few) END
FROM pg_class WHERE oid = 'signal'::regclass
UNION ALL
SELECT 'quarantined', '{}', CASE WHEN reltuples >= %(most)s THEN reltuples
  ELSE (SELECT count(*) FROM (SELECT FROM quarantine LIMIT %(most)s) AS few) END
FROM pg_class WHERE oid = 'quarantine'::regclass
UNION ALL
SELECT 'untold', '{}', count(*)
FROM (SELECT FROM review WHERE told_at IS NULL AND undone_at IS NULL LIMIT %(most)s) AS few
UNION ALL
SELECT 'workers', '{}', count(*) FILTER (WHERE last_heartbeat > %(now)s - %(stalled)s) FROM procrastinate_workers
UNION ALL
SELECT 'heartbeat', '{}', extract(epoch FROM max(last_heartbeat)) FROM procrastinate_workers HAVING count(*) > 0
UNION ALL
SELECT 'notices', ARRAY[channel, state], count(*) FROM notice_message WHERE state <> 'sent' GROUP BY channel, state
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: which, of what, and how much."""

    name: str
    labels: Sequence[str]
    value: float


async def load_figures(connection: AsyncConnection[Any], now: datetime, stalled: timedelta) -> list[Figure]:
    """Every figure of the tenant as of now; a worker counts whose last sign is no older than `stalled`."""
    given = {
        "statuses": list(STATUSES),
        "verdicts": list(VERDICTS),
        "most": MOST_COUNTED,
        "yesterday": now - timedelta(days=1),
        "now": now,
        "today": f"day:{now:%Y-%m-%d}",
        "stalled": stalled,
    }
    async with connection.cursor(row_factory=class_row(Figure)) as cursor:
        await cursor.execute(FIGURES, given)
        return await cursor.fetchall()
