"""Spans: the threads of the graphs and what each node of them took, as people look at them.

    thread  id, graph, subject, title, status (running, waiting, finished, failed), error, started_at, last_at, change
    span    id, node, outcome (running, done, failed, waiting), error, began_at, ended_at, tokens, cost, model, change

Telemetry: a row that is not there means nothing. `put` may come late or twice; what is older than what stands changes
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import orjson
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from store.decisions import Row, Rows, every, one

SILENT = timedelta(seconds=20)
"""A thread that runs gives a sign of life more often than this; one that does not was cut short."""


class After(NamedTuple):
    """Where a page of threads ended: the next one begins after it."""

    last_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """How a thread stands at `last_at`."""

    id: str
    graph: str
    subject: str
    title: str
    status: str
    error: str
    started_at: datetime
    """When whoever writes this began with it; what stands first stays."""
    last_at: datetime


@dataclass(frozen=True, slots=True)
class SpanRow:
    """How one running of a node stands."""

    thread_id: str
    id: UUID
    node: str
    outcome: str
    error: str
    began_at: datetime
    ended_at: datetime | None
    input_tokens: int = 0
    output_tokens: int = 0
    cost_micro_usd: int = 0
    model: str | None = None


PUT_THREADS = """
INSERT INTO thread AS old (tenant_id, id, graph, subject, title, status, error, started_at, last_at)
SELECT current_setting('bellwether.tenant'), t.id, t.graph, t.subject,
  coalesce(CASE WHEN t.subject LIKE 'idea:%%' THEN
    (SELECT phrase FROM idea WHERE idea.id = split_part(t.subject, ':', 2)::uuid)
    WHEN t.subject LIKE 'design:%%' THEN
    (SELECT left(d.row ->> 'text', 200) FROM design d WHERE d.id = split_part(t.subject, ':', 2)::uuid)
    WHEN t.subject LIKE 'listing:%%' THEN
    (SELECT left(l.title, 200) FROM listing l WHERE l.id = split_part(t.subject, ':', 2)::uuid) END, t.title),
  t.status, t.error, t.started_at, t.last_at
FROM jsonb_to_recordset(%s) AS t (id uuid, graph text, subject text, title text, status text, error text,
  started_at timestamptz, last_at timestamptz)
ORDER BY t.id
ON CONFLICT (tenant_id, id) DO UPDATE SET subject = excluded.subject, title = excluded.title,
  status = excluded.status, error = excluded.error, last_at = excluded.last_at,
  change = CASE WHEN (old.subject, old.title, old.status, old.error)
    IS DISTINCT FROM (excluded.subject, excluded.title, excluded.status, excluded.error)
    THEN excluded.change ELSE old.change END
WHERE old.last_at <= excluded.last_at
"""

PUT_SPANS = """
INSERT INTO span AS old (tenant_id, thread_id, id, node, outcome, error, began_at, ended_at, input_tokens,
  output_tokens, cost_micro_usd, model)
SELECT current_setting('bellwether.tenant'), s.thread_id, s.id, s.node, s.outcome, s.error, s.began_at, s.ended_at,
  s.input_tokens, s.output_tokens, s.cost_micro_usd, s.model
FROM jsonb_to_recordset(%s) AS s (thread_id uuid, id uuid, node text, outcome text, error text,
  began_at timestamptz, ended_at timestamptz, input_tokens integer, output_tokens integer, cost_micro_usd bigint,
  model text)
ORDER BY s.began_at, s.id
ON CONFLICT (tenant_id, thread_id, id) DO UPDATE SET outcome = excluded.outcome, error = excluded.error,
  ended_at = excluded.ended_at, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
  cost_micro_usd = excluded.cost_micro_usd, model = excluded.model, change = excluded.change
WHERE old.outcome = 'running'
"""

CUT_SHORT = """
UPDATE span SET outcome = 'failed', error = 'cut short', change = nextval('span_change'),
  ended_at = greatest(span.began_at, thread.last_at)
FROM jsonb_to_recordset(%s) AS t (id uuid, started_at timestamptz) JOIN thread ON thread.id = t.id
WHERE span.thread_id = t.id AND span.outcome = 'running' AND span.began_at < t.started_at
"""

STATUS = f"""
CASE WHEN t.status = 'running' AND t.last_at < now() - interval '{SILENT.total_seconds()} s' THEN 'failed'
  ELSE t.status END
"""
ERROR = f"CASE WHEN t.status <> ({STATUS}) THEN 'cut short: its process gave no sign of life' ELSE t.error END"
SUMS = """
SELECT count(*) AS nodes, coalesce(sum(input_tokens), 0)::bigint AS input_tokens,
  coalesce(sum(output_tokens), 0)::bigint AS output_tokens, coalesce(sum(cost_micro_usd), 0)::bigint AS cost_micro_usd,
  coalesce(sum(extract(epoch FROM ended_at - began_at)), 0)::float8 AS busy_s
FROM span s WHERE s.tenant_id = t.tenant_id AND s.thread_id = t.id
"""
ONE = f"""
SELECT t.id, t.graph, t.subject, t.title, {STATUS} AS status, {ERROR} AS error, t.started_at, t.last_at, t.change,
  sums.nodes, sums.input_tokens, sums.output_tokens, sums.cost_micro_usd, sums.busy_s
FROM thread t, LATERAL ({SUMS}) sums WHERE t.id = %s
"""  # noqa: S608 - made of the constants above

THREADS = f"""
SELECT t.id, t.graph, t.subject, t.title, {STATUS} AS status, {ERROR} AS error, t.started_at, t.last_at, t.change,
  sums.nodes, sums.input_tokens, sums.output_tokens, sums.cost_micro_usd, sums.busy_s
FROM (
  SELECT * FROM thread t WHERE {{wanted}} ORDER BY last_at DESC, id LIMIT %(most)s) t, LATERAL ({SUMS}) sums
ORDER BY t.last_at DESC, t.id
"""  # noqa: S608 - made of the constants above

WANTED = {
    "after": "(t.last_at < %(last_at)s OR (t.last_at = %(last_at)s AND t.id > %(id)s))",
    "graph": "t.graph = %(graph)s",
    "status": f"t.status = ANY(%(statuses)s) AND ({STATUS}) = %(status)s",
}

SPANS = """
SELECT id, node, outcome, error, began_at, ended_at, extract(epoch FROM ended_at - began_at)::float8 AS seconds,
  input_tokens, output_tokens, cost_micro_usd, model, change
FROM span WHERE thread_id = %s AND change > %s ORDER BY began_at, id
"""

COSTS = """
SELECT node, model, count(*) FILTER (WHERE outcome IN ('done', 'failed')) AS runs,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - began_at)::float8)
    FILTER (WHERE outcome = 'done') AS p50_s,
  percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - began_at)::float8)
    FILTER (WHERE outcome = 'done') AS p95_s,
  count(*) FILTER (WHERE outcome = 'failed') AS failed, sum(input_tokens)::bigint AS input_tokens,
  sum(output_tokens)::bigint AS output_tokens, sum(cost_micro_usd)::bigint AS cost_micro_usd
FROM span WHERE began_at >= %s GROUP BY node, model ORDER BY node, model NULLS FIRST
"""


async def put(connection: Rows, threads: Sequence[ThreadRow], spans: Sequence[SpanRow]) -> None:
    """Write how these stand, in one transaction; what stands already in a newer way stays.

    What ran in a thread before it was started (here, now) was cut short: whoever ran it is gone.
    """
    given = Jsonb(list(threads), dumps=orjson.dumps)
    async with connection.transaction(), connection.pipeline():
        await connection.execute(CUT_SHORT, (given,))
        await connection.execute(PUT_THREADS, (given,))
        await connection.execute(PUT_SPANS, (Jsonb(list(spans), dumps=orjson.dumps),))


async def load_threads(
    connection: Rows, most: int, after: After | None = None, graph: str | None = None, status: str | None = None
) -> list[Row]:
    """Threads, the one that moved last first, each with its nodes, seconds, tokens and cost added up.

    One that is said to run and gives no sign of life is told as failed.
    """
    statuses = [status, "running"] if status == "failed" else [status]
    given = {"most": most, "graph": graph, "status": status, "statuses": statuses, **(after._asdict() if after else {})}
    asked = {"after": after, "graph": graph, "status": status}
    wanted = " AND ".join([text for name, text in WANTED.items() if asked[name] is not None] or ["true"])
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(THREADS.format(wanted=wanted).encode(), given)
        return await cursor.fetchall()


async def load_thread(connection: Rows, thread_id: UUID | str) -> Row | None:
    """One thread as `load_threads` has it, or None."""
    return await one(connection, ONE, thread_id)


async def load_spans(connection: Rows, thread_id: UUID | str, since: int = -1) -> list[Row]:
    """What ran in a thread, in order of beginning; only what changed after `since`."""
    return await every(connection, SPANS, thread_id, since)


async def load_costs(connection: Rows, since: datetime) -> list[Row]:
    """Per node and model (None: by rule or code): runs, p50_s and p95_s of what was done, failed, tokens and cost."""
    return await every(connection, COSTS, since)
