"""Track records: the calls of specialists joined with what came after, and the records computed of them.

Calls are read from findings, what came after from observations and metrics: nothing is copied, so what arrives late is
read the next time. Records are append-only; one that says what the newest says already is not written again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from store.decisions import Row, Rows, every, every_named

WEEK = timedelta(days=7)
MOST_CASES = 20_000
"""The newest so many decisions are read."""

CALLS = """
WITH judged AS (
  SELECT * FROM (
    SELECT DISTINCT ON (idea_id, as_of) idea_id, revision, as_of, ceiling FROM decision
    WHERE as_of >= %(since)s AND as_of <= %(until)s - %(week)s::interval
    ORDER BY idea_id, as_of, revision DESC) newest
  ORDER BY as_of DESC, idea_id LIMIT %(most)s),
level AS (
  SELECT j.idea_id, j.as_of, s.id AS signal_id, s.source, s.kind, s.published_at, o.known_at,
    coalesce((o.metrics ->> 'views')::float8, (o.metrics ->> 'score')::float8, (o.metrics ->> 'level')::float8,
      (o.metrics ->> 'items')::float8, 0) AS value
  FROM judged j JOIN idea_signal m ON m.idea_id = j.idea_id JOIN signal s ON s.id = m.signal_id
  JOIN observation o ON o.signal_id = s.id AND o.known_at <= j.as_of + %(week)s::interval),
gain AS (
  SELECT idea_id, as_of, source, known_at, CASE
    WHEN kind = 'term' THEN value
    WHEN lag(value) OVER run IS NOT NULL THEN greatest(value - lag(value) OVER run, 0)
    WHEN published_at IS NULL OR known_at - published_at <= interval '3 days' THEN value ELSE 0 END AS gained
  FROM level WINDOW run AS (PARTITION BY idea_id, as_of, signal_id ORDER BY known_at)),
watched AS (
  SELECT DISTINCT s.source, (o.known_at AT TIME ZONE 'UTC')::date AS day FROM observation o
  JOIN signal s ON s.id = o.signal_id WHERE o.known_at > %(since)s AND o.known_at <= %(until)s),
week AS (
  SELECT idea_id, as_of,
    array_agg(DISTINCT source) FILTER (WHERE known_at > as_of - %(week)s::interval AND known_at <= as_of) AS sources,
    coalesce(sum(gained) FILTER (WHERE known_at > as_of - %(week)s::interval AND known_at <= as_of), 0) AS before,
    coalesce(sum(gained) FILTER (WHERE known_at > as_of), 0) AS after
  FROM gain GROUP BY idea_id, as_of),
trend AS (
  SELECT idea_id, as_of, before, after FROM week WHERE NOT EXISTS (
    SELECT FROM unnest(sources) AS source WHERE NOT EXISTS (
      SELECT FROM watched WHERE watched.source = source AND watched.day
        BETWEEN ((week.as_of AT TIME ZONE 'UTC')::date + 6) AND ((week.as_of AT TIME ZONE 'UTC')::date + 7)))),
sale AS (
  SELECT j.idea_id, j.as_of,
    coalesce(sum(k.amount) FILTER (WHERE k.name = 'orders' AND k.to_at <= j.as_of + %(sales)s::interval), 0)::bigint
      AS orders
  FROM judged j JOIN listing l ON l.idea_id = j.idea_id AND l.revision = j.revision
  JOIN metric k ON k.listing_id = l.id AND NOT k.superseded AND k.stated_at <= %(until)s
  GROUP BY j.idea_id, j.as_of HAVING max(k.to_at) >= j.as_of + %(sales)s::interval)
SELECT f.agent, f.idea_id, f.revision, j.as_of, (f.report ->> 'stance')::float8 AS stance, j.ceiling,
  trend.before, trend.after, sale.orders
FROM judged j JOIN finding f ON f.idea_id = j.idea_id AND f.revision = j.revision AND f.outcome = 'opinion'
LEFT JOIN trend ON trend.idea_id = j.idea_id AND trend.as_of = j.as_of
LEFT JOIN sale ON sale.idea_id = j.idea_id AND sale.as_of = j.as_of
WHERE f.report ? 'stance' AND f.agent <> 'coordinator'
ORDER BY j.as_of, f.idea_id, f.revision, f.agent
"""
ADD = """
INSERT INTO track_record (tenant_id, agent, against, first_at, last_at, digest, judged, came, brier, base_brier,
  log_loss, base_log_loss, curve, effect, drift, told, known_at)
SELECT current_setting('bellwether.tenant'), %(agent)s, %(against)s, %(first)s, %(last)s, %(digest)s, %(judged)s,
  %(came)s, %(brier)s, %(base_brier)s, %(log_loss)s, %(base_log_loss)s, %(curve)s, %(effect)s, %(drift)s, %(told)s,
  %(known_at)s
WHERE %(digest)s IS DISTINCT FROM (SELECT digest FROM track_record WHERE agent = %(agent)s AND against = %(against)s
  ORDER BY known_at DESC, recorded_at DESC LIMIT 1)
ON CONFLICT DO NOTHING
"""
NEWEST = """
SELECT DISTINCT ON (against, agent) agent, against, first_at, last_at, judged, came, brier, base_brier, log_loss,
  base_log_loss, curve, effect, drift, told, known_at
FROM track_record WHERE known_at <= %s ORDER BY against, agent, known_at DESC, recorded_at DESC
"""
SAID = ("judged", "came", "brier", "base_brier", "log_loss", "base_log_loss", "curve", "effect", "drift", "told")


async def load_calls(connection: Rows, since: datetime, until: datetime, sales_days: int = 28) -> list[Row]:
    """Every opinion on a decision made as of `since` or later whose week after was over by `until`, oldest first.

    A row: agent, idea_id, revision, as_of, stance, ceiling; `before` and `after`, the attention of the week up to
    `as_of` and of the week after it (None where a source that spoke of the idea in the week before was not watched to
    the end of that week: silence is told from nobody looking); `orders` of the revision's listings in the first
    `sales_days` (None where their metrics do not reach so far). Of several revisions as of one moment the last counts.
    """
    given = {"since": since, "until": until, "week": WEEK, "most": MOST_CASES, "sales": timedelta(days=sales_days)}
    return await every_named(connection, CALLS, given)


async def add_track_records(connection: Rows, records: Sequence[Mapping[str, Any]], known_at: datetime) -> int:
    """Append what differs from the newest record of its agent (`agent`, `against`, `first`, `last`, all of SAID).

    How many were new: computed twice of the same calls, none is.
    """
    added = 0
    async with connection.transaction():
        for record in records:
            body = {name: record[name] for name in SAID} | {"window": [str(record["first"]), str(record["last"])]}
            digest = hashlib.sha256(json.dumps(body, sort_keys=True, allow_nan=False).encode()).hexdigest()
            parts = {name: Jsonb(record[name]) for name in ("curve", "effect", "drift")}
            cursor = await connection.execute(ADD, {**record, **parts, "digest": digest, "known_at": known_at})
            added += cursor.rowcount
    return added


async def load_track_records(connection: Rows, as_of: datetime) -> list[Row]:
    """The newest record of everybody against each kind of outcome, as known at a moment, by name."""
    return await every(connection, NEWEST, as_of)
