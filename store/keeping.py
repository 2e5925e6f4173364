"""Keeping: what is no longer kept, deleted a few thousand rows at a time; docs/keeping.md is the policy in words.

A rule deletes at most `most` rows that are older than `before`, the oldest first, in a statement of its own: killed
between two, nothing is lost and nothing is half gone. What people, models and facts said of an idea is in no rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb

from store.ids import new_id

Rows = Connection[Any]

BATCH = 5_000
"""Rows a statement."""


def _older(table: str, column: str) -> str:
    return f"""
DELETE FROM {table} WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM {table} WHERE {column} < %(before)s ORDER BY {column} LIMIT %(most)s))
"""  # noqa: S608 - names written below


RULES: Mapping[str, str] = {
    "payloads": _older("payload", "fetched_at"),
    "model_calls": """
WITH held AS (
  SELECT coalesce(range_agg(tstzrange(i.recorded_at, coalesce(d.recorded_at, 'infinity'), '[]')), '{}') AS spans
  FROM idea i LEFT JOIN decision d ON d.tenant_id = i.tenant_id AND d.idea_id = i.id AND d.revision = i.revision
  WHERE i.status IN ('analysing', 'pending_review'))
DELETE FROM model_call WHERE ctid = ANY(ARRAY(
  SELECT m.ctid FROM model_call m, held WHERE m.recorded_at < %(before)s AND NOT held.spans @> m.recorded_at
  ORDER BY m.recorded_at LIMIT %(most)s))
""",
    "scores": """
DELETE FROM score WHERE ctid = ANY(ARRAY(
  SELECT s.ctid FROM score s
  WHERE s.recorded_at < %(before)s AND s.recorded_at >= %(before)s - interval '30 days'
    AND NOT EXISTS (SELECT FROM idea i WHERE i.tenant_id = s.tenant_id AND i.id = s.idea_id AND i.as_of = s.as_of)
    AND NOT EXISTS (SELECT FROM decision d
      WHERE d.tenant_id = s.tenant_id AND d.idea_id = s.idea_id AND d.as_of = s.as_of)
    AND NOT EXISTS (SELECT FROM run r JOIN candidate c ON c.tenant_id = r.tenant_id AND c.run_id = r.id
      WHERE r.tenant_id = s.tenant_id AND r.as_of = s.as_of AND c.idea_id = s.idea_id)
  ORDER BY s.recorded_at LIMIT %(most)s))
""",
    "candidates": """
DELETE FROM candidate WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM candidate WHERE recorded_at < %(before)s AND NOT chosen ORDER BY recorded_at LIMIT %(most)s))
""",
    "keywords": _older("keyword", "expires_at"),
    "keyword_searches": _older("keyword_search", "slot"),
    "spikes": _older("spike", "recorded_at"),
    "webhook_deliveries": _older("webhook_delivery", "received_at"),
    "source_slots": _older("source_slot", "asked_at"),
    "provider_limits": _older("provider_limit", "used_at"),
    "spans": _older("span", "began_at"),
    "span_threads": _older("thread", "last_at"),
    "dead_letters": _older("dead_letter", "retried_at"),
    "refresh_tokens": _older("refresh_token", "expires_at"),
    "kept_answers": _older("kept_answer", "recorded_at"),
    "notices": _older("notice", "recorded_at"),
    "notice_messages": """
DELETE FROM notice_message WHERE ctid = ANY(ARRAY(
  SELECT m.ctid FROM notice_message m WHERE m.recorded_at < %(before)s AND NOT EXISTS (SELECT FROM notice_part p
    WHERE p.tenant_id = m.tenant_id AND p.channel = m.channel AND p.message_key = m.key) LIMIT %(most)s))
""",
}
"""By what is deleted."""

OLD_THREADS = """
WITH page AS MATERIALIZED (
  SELECT thread_id, checkpoint_id FROM checkpoints
  WHERE checkpoint_id COLLATE "C" > %(after)s AND checkpoint_id COLLATE "C" < %(before)s
  ORDER BY checkpoint_id COLLATE "C" LIMIT %(most)s),
thread AS (SELECT thread_id, max(checkpoint_id COLLATE "C") AS read_to FROM page GROUP BY thread_id)
SELECT thread.thread_id, thread.read_to, state.newest < %(before)s AS rests, state.more AS long,
  (SELECT metadata ->> 'thread_name' FROM checkpoints c
    WHERE c.thread_id = thread.thread_id AND c.checkpoint_id = state.newest LIMIT 1) AS name
FROM thread JOIN LATERAL (
  SELECT max(checkpoint_id COLLATE "C") AS newest, count(*) > count(DISTINCT checkpoint_ns) AS more
  FROM checkpoints c WHERE c.thread_id = thread.thread_id) state ON true
"""

ANSWERED = """
SELECT i.id, i.revision, i.status NOT IN ('discovered', 'analysing', 'pending_review') AND NOT EXISTS (
  SELECT FROM review r WHERE r.tenant_id = i.tenant_id AND r.idea_id = i.id AND r.decided_at > now() - interval '1 day')
FROM idea i WHERE i.id = ANY(%s)
"""

NOTE = """
INSERT INTO event (tenant_id, id, subject, subject_id, to_status, actor, reason, versions)
VALUES (current_setting('bellwether.tenant'), %s, 'upkeep', %s, 'tidied', %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class OldThread:
    """A thread with a checkpoint from before a moment. `name` is what its id was made of, where it says so."""

    id: str
    read_to: str
    """The newest of its checkpoints that was read."""
    rests: bool
    """Nobody touched it since the moment."""
    long: bool
    """It keeps more than its last state."""
    name: str | None


def delete_batch(connection: Rows, what: str, before: datetime, most: int = BATCH) -> int:
    """Delete up to `most` rows of a rule that are older than that; how many there were."""
    return connection.execute(RULES[what].encode(), {"before": before, "most": most}).rowcount


async def load_old_threads(connection: AsyncConnection[Any], after: str, before: str, most: int) -> list[OldThread]:
    """Threads by their checkpoints older than an id (ids are in the order of time), the oldest first, from `after`."""
    rows = await connection.execute(OLD_THREADS, {"after": after, "before": before, "most": most})
    return [OldThread(*row) for row in await rows.fetchall()]


async def find_answered(connection: AsyncConnection[Any], ideas: Sequence[UUID]) -> dict[UUID, tuple[int, bool]]:
    """Of the ideas that are there: the revision, and whether it is answered for good: a day after the answer it is."""
    rows = await connection.execute(ANSWERED, (list(ideas),))
    return {row[0]: (row[1], row[2]) for row in await rows.fetchall()}


async def find_closed(connection: AsyncConnection[Any], runs: Sequence[UUID]) -> set[UUID]:
    """Those of the runs that are finished or failed."""
    rows = await connection.execute("SELECT id FROM run WHERE id = ANY(%s) AND status <> 'running'", (list(runs),))
    return {row[0] for row in await rows.fetchall()}


def note_tidied(connection: Rows, day: str, actor: str, reason: str, counts: Mapping[str, int]) -> None:
    """Write what went as an event."""
    connection.execute(NOTE, (new_id(), day, actor, reason, Jsonb(dict(counts))))
