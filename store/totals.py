"""Totals: what the metrics in force (`store.metrics`) come to, by subject; whole, or with older counts weighing less.

Two counters of one thing are not added: of several sources, and of a total beside its parts (variants, single orders),
the one that saw most counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from store.decisions import Row, Rows, every_named

TOTALS = """
WITH counted AS (
  SELECT subject_id, name, source, currency,
    sum(amount) FILTER (WHERE variant = '' AND reference = '') AS whole,
    sum(amount) FILTER (WHERE variant <> '' OR reference <> '') AS parts
  FROM metric WHERE NOT superseded AND (%(subjects)s::uuid[] IS NULL OR subject_id = ANY(%(subjects)s))
    AND (%(since)s::timestamptz IS NULL OR to_at > %(since)s)
  GROUP BY subject_id, name, source, currency)
SELECT DISTINCT ON (subject_id, name) subject_id, name, source, currency,
  greatest(coalesce(whole, 0), coalesce(parts, 0))::bigint AS amount
FROM counted ORDER BY subject_id, name, amount DESC, source, currency
"""

DECAYED = """
WITH counted AS (
  SELECT subject_id, name, source,
    sum(amount * weight) FILTER (WHERE variant = '' AND reference = '') AS whole,
    sum(amount * weight) FILTER (WHERE variant <> '' OR reference <> '') AS parts
  FROM metric, LATERAL (
    SELECT power(0.5, greatest(extract(epoch FROM %(at)s - to_at), 0)::float8 / %(half_life_s)s) AS weight) w
  WHERE NOT superseded AND subject_id = ANY(%(subjects)s) AND from_at < %(at)s
  GROUP BY subject_id, name, source)
SELECT subject_id, name, max(greatest(coalesce(whole, 0), coalesce(parts, 0))) AS amount
FROM counted GROUP BY subject_id, name
"""


async def load_totals(
    connection: Rows,
    subjects: Sequence[UUID] | None = None,
    since: datetime | None = None,
) -> dict[UUID, dict[str, Row]]:
    """What is in force of each subject, by metric: "amount", "currency", and the "source" that counted it.

    Two counters of one thing are not added: of several sources, and of a total beside its parts (variants, single
    orders), the one that saw most counts. `since`: of windows that ended after it.
    """
    given = {"subjects": None if subjects is None else list(subjects), "since": since}
    found: dict[UUID, dict[str, Row]] = {}
    for row in await every_named(connection, TOTALS, given):
        found.setdefault(row["subject_id"], {})[row["name"]] = row
    return found


async def load_decayed(
    connection: Rows, subjects: Sequence[UUID], at: datetime, half_life: timedelta
) -> dict[UUID, dict[str, float]]:
    """The same of each subject by metric, where what was counted a half-life before `at` weighs half as much."""
    given = {"subjects": list(subjects), "at": at, "half_life_s": half_life.total_seconds()}
    found: dict[UUID, dict[str, float]] = {}
    for row in await every_named(connection, DECAYED, given):
        found.setdefault(row["subject_id"], {})[row["name"]] = float(row["amount"])
    return found
