"""Verdicts: what was decided when, how each specialist ended, what its words cost; all of one tenant.

Each question looks at the newest `MOST` decisions of a time, by index, however many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

Rows = AsyncConnection[Any]
Row = dict[str, Any]

MOST = 2_000
"""Decisions looked at."""
REASONS = 3
"""Told of each specialist and outcome, the most frequent first."""
BINS = 10
"""Of the stances, from -1 to 1."""

LATE = "(SELECT * FROM decision WHERE recorded_at >= %(since)s ORDER BY recorded_at DESC LIMIT %(most)s) d"
FOUND = f"{LATE} JOIN finding f ON f.tenant_id = d.tenant_id AND f.idea_id = d.idea_id AND f.revision = d.revision"

BY_DAY = """
SELECT date_trunc('day', recorded_at, 'UTC') AS day, verdict, count(*) AS count FROM decision
WHERE recorded_at >= %(since)s GROUP BY 1, 2 ORDER BY 1, 2
"""
SAID = f"""
SELECT f.agent, count(*) AS asked, count(*) FILTER (WHERE f.outcome = 'opinion') AS opinion,
  count(*) FILTER (WHERE f.outcome = 'abstained') AS abstained, count(*) FILTER (WHERE f.outcome = 'failed') AS failed,
  count(*) FILTER (WHERE f.outcome = 'ungrounded') AS ungrounded,
  count(*) FILTER (WHERE f.judged_by = 'model') AS by_model, count(*) FILTER (WHERE f.judged_by = 'rule') AS by_rule,
  avg((f.report ->> 'stance')::float8) FILTER (WHERE f.outcome = 'opinion') AS stance,
  sum(f.input_tokens)::bigint AS input_tokens, sum(f.output_tokens)::bigint AS output_tokens,
  sum(f.cost_micro_usd)::bigint AS cost_micro_usd
FROM {FOUND} GROUP BY f.agent ORDER BY f.agent
"""  # noqa: S608 - made of the constants above
WHY = f"""
SELECT agent, outcome, reason, count FROM (
  SELECT f.agent, f.outcome, f.reason, count(*) AS count,
    row_number() OVER (PARTITION BY f.agent, f.outcome ORDER BY count(*) DESC, f.reason) AS place
  FROM {FOUND} WHERE f.outcome <> 'opinion' GROUP BY f.agent, f.outcome, f.reason) counted
WHERE place <= %(reasons)s ORDER BY agent, outcome, place
"""  # noqa: S608 - made of the constants above
STANCES = f"""
SELECT f.agent, least(width_bucket((f.report ->> 'stance')::float8, -1, 1, %(bins)s), %(bins)s) AS bin,
  count(*) AS count
FROM {FOUND} WHERE f.outcome = 'opinion' GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 - made of the constants above
PROMPTS = f"""
SELECT f.agent, f.model, f.prompt_hash, count(*) AS count, max(d.recorded_at) AS last_at
FROM {FOUND} WHERE f.judged_by = 'model' GROUP BY f.agent, f.model, f.prompt_hash ORDER BY f.agent, last_at DESC
"""  # noqa: S608 - made of the constants above
SPENT = """
SELECT substr(scope, 5)::date AS day, reserved_micro_usd + spent_micro_usd AS micro_usd, tokens FROM spend
WHERE scope >= %(first)s AND scope < 'day;' ORDER BY scope
"""
NEWEST = """
SELECT i.*, d.revision AS decided_revision, d.as_of AS decided_as_of, d.verdict AS decided, d.recorded_at AS decided_on
FROM (SELECT * FROM decision ORDER BY recorded_at DESC, idea_id LIMIT %(most)s) d
JOIN idea i ON i.tenant_id = d.tenant_id AND i.id = d.idea_id ORDER BY d.recorded_at DESC, i.id
"""
GROUNDS = """
SELECT f.* FROM unnest(%(ideas)s::uuid[], %(revisions)s::int[]) AS d (idea_id, revision)
JOIN {table} f ON f.tenant_id = current_setting('bellwether.tenant') AND f.idea_id = d.idea_id
  AND f.revision = d.revision
"""


async def count_by_day(connection: Rows, since: datetime) -> list[Row]:
    """Decisions of each day (UTC) since then, by verdict; days and verdicts without any are left out."""
    return await _found(connection, BY_DAY, since=since)


async def load_outcomes(connection: Rows, since: datetime, most: int = MOST) -> list[Row]:
    """Per specialist: how often it was asked, how it ended, by model or rule, its mean stance, tokens and cost."""
    return await _found(connection, SAID, since=since, most=most)


async def load_reasons(connection: Rows, since: datetime, most: int = MOST) -> list[Row]:
    """Why specialists had no say: the REASONS most frequent of each agent and outcome, with their counts."""
    return await _found(connection, WHY, since=since, most=most, reasons=REASONS)


async def load_stances(connection: Rows, since: datetime, most: int = MOST) -> list[Row]:
    """How many opinions of each specialist fall into each of the BINS from -1 to 1; `bin` counts from 1."""
    return await _found(connection, STANCES, since=since, most=most, bins=BINS)


async def load_prompts(connection: Rows, since: datetime, most: int = MOST) -> list[Row]:
    """Which prompts of which models gave findings, per specialist, the latest first."""
    return await _found(connection, PROMPTS, since=since, most=most)


async def load_spent(connection: Rows, first: date) -> list[Row]:
    """What models cost a day (UTC) from `first` on, spent or reserved, and tokens; days without are left out."""
    return await _found(connection, SPENT, first=f"day:{first.isoformat()}")


async def load_newest(connection: Rows, most: int) -> list[Row]:
    """The newest decisions: the idea's row, and `decided`, `decided_revision`, `decided_as_of`, `decided_on`."""
    return await _found(connection, NEWEST, most=most)


async def load_grounds(
    connection: Rows, revisions: Sequence[tuple[UUID, int]]
) -> dict[tuple[UUID, int], tuple[list[Row], list[Row]]]:
    """The findings and the facts that decisions on these revisions rest on."""
    given = {"ideas": [idea for idea, _ in revisions], "revisions": [revision for _, revision in revisions]}
    grounds: dict[tuple[UUID, int], tuple[list[Row], list[Row]]] = {each: ([], []) for each in revisions}
    for at, table in enumerate(("finding", "fact")):
        for row in await _found(connection, GROUNDS.format(table=table), **given):
            grounds[row["idea_id"], row["revision"]][at].append(row)
    return grounds


async def _found(connection: Rows, query: str, **given: Any) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), given)
        return await cursor.fetchall()
