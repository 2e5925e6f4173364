"""Decisions: one idea's case: what it is judged from, and the decision on a revision.

Each change is one transaction that locks the idea's row, changes its status and writes the event; doing it again writes
nothing. Errors: `DecisionError`, of which `UnknownIdea` (look at the id), `Decided` (somebody was faster: show what
stands), `NotWaiting` (nothing waits there), `TooLate` (the undo window closed, or the next step has begun).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from store.ids import new_id

Rows = AsyncConnection[Any]
Row = dict[str, Any]


class DecisionError(Exception):
    """Root of this module's errors."""


class UnknownIdea(DecisionError):
    """There is no idea with this id."""


class NotWaiting(DecisionError):
    """The idea does not wait for an answer."""


class TooLate(DecisionError):
    """The answer can no longer be undone."""


class Decided(DecisionError):
    """The revision has been answered already; `review` is what stands."""

    def __init__(self, message: str, review: Row) -> None:
        super().__init__(message)
        self.review = review


@dataclass(frozen=True, slots=True)
class Package:
    """Everything one decision rests on, JSON-ready: written in one transaction."""

    idea_id: UUID
    revision: int
    as_of: datetime
    status: str
    decision: Row
    """verdict, advice, ceiling, reasons, steps."""
    facts: Sequence[Row]
    findings: Sequence[Row]
    actor: str
    reason: str
    versions: Mapping[str, Any]


NOTE = """
INSERT INTO event (tenant_id, id, subject, subject_id, from_status, to_status, actor, reason, versions)
VALUES (current_setting('bellwether.tenant'), %s, 'idea', %s, %s, %s, %s, %s, %s)
"""

PUT_FACTS = """
INSERT INTO fact (tenant_id, idea_id, revision, id, agent, label, value, unit, source, known_at, rows, row_count)
SELECT current_setting('bellwether.tenant'), %(idea)s, %(revision)s, f.id, split_part(f.id, '.', 1), f.label, f.value,
  f.unit, f.source, f.known_at, coalesce(f.rows, '{}'), f.row_count
FROM jsonb_to_recordset(%(facts)s) AS f (id text, label text, value jsonb, unit text, source text,
  known_at timestamptz, rows text[], row_count integer)
ORDER BY f.id
ON CONFLICT DO NOTHING
"""

PUT_FINDINGS = """
INSERT INTO finding AS old (tenant_id, idea_id, revision, agent, outcome, judged_by, report, reason, model,
  prompt_hash, seed, fact_ids, input_tokens, output_tokens, cost_micro_usd)
SELECT current_setting('bellwether.tenant'), %(idea)s, %(revision)s, f.agent, f.outcome, f.judged_by,
  nullif(f.report, 'null'), f.reason, f.model, f.prompt_hash, f.seed, coalesce(f.fact_ids, '{}'),
  f.input_tokens, f.output_tokens, f.cost_micro_usd
FROM jsonb_to_recordset(%(findings)s) AS f (agent text, outcome text, judged_by text, report jsonb, reason text,
  model text, prompt_hash text, seed bigint, fact_ids text[], input_tokens integer, output_tokens integer,
  cost_micro_usd bigint)
ORDER BY f.agent
ON CONFLICT (tenant_id, idea_id, revision, agent) DO UPDATE SET
  outcome = excluded.outcome, judged_by = excluded.judged_by, report = excluded.report, reason = excluded.reason,
  model = excluded.model, prompt_hash = excluded.prompt_hash, input_tokens = excluded.input_tokens,
  output_tokens = excluded.output_tokens, cost_micro_usd = excluded.cost_micro_usd
WHERE (old.report, old.reason, old.prompt_hash)
  IS DISTINCT FROM (excluded.report, excluded.reason, excluded.prompt_hash)
"""

PUT_DECISION = """
INSERT INTO decision AS old (tenant_id, idea_id, revision, as_of, verdict, advice, ceiling, reasons, steps)
VALUES (current_setting('bellwether.tenant'), %(idea)s, %(revision)s, %(as_of)s, %(verdict)s, %(advice)s, %(ceiling)s,
  %(reasons)s, %(steps)s)
ON CONFLICT (tenant_id, idea_id, revision) DO UPDATE SET verdict = excluded.verdict, advice = excluded.advice,
  ceiling = excluded.ceiling, reasons = excluded.reasons, steps = excluded.steps
WHERE (old.verdict, old.advice, old.ceiling, old.reasons, old.steps)
  IS DISTINCT FROM (excluded.verdict, excluded.advice, excluded.ceiling, excluded.reasons, excluded.steps)
"""

SHOW = """
UPDATE idea AS i SET (verdict, decided_at, score, price_cents, margin_ratio, order_by) = (d.verdict, d.recorded_at,
  (SELECT s.total FROM score s WHERE s.idea_id = d.idea_id AND s.as_of = d.as_of
    ORDER BY s.weights_version DESC LIMIT 1),
  (SELECT round((f.value #>> '{}')::numeric)::bigint FROM fact f WHERE f.idea_id = d.idea_id
    AND f.revision = d.revision AND f.id = 'pricing.price_cents'),
  (SELECT (f.value #>> '{}')::float8 FROM fact f WHERE f.idea_id = d.idea_id
    AND f.revision = d.revision AND f.id = 'pricing.margin_ratio'),
  (i.occasion ->> 'order_by')::date)
FROM decision d WHERE i.id = %(idea)s AND d.idea_id = i.id
  AND d.revision = (SELECT max(revision) FROM decision WHERE idea_id = %(idea)s)
"""
"""What lists show of an idea, as its latest decision has it."""

OBSERVATIONS = """
SELECT s.id, s.source, s.kind, s.text AS first_text, s.tags, s.community, s.category, s.author_hash, s.published_at,
  o.known_at, o.text, o.metrics
FROM idea_signal m JOIN signal s ON s.id = m.signal_id JOIN observation o ON o.signal_id = s.id
WHERE m.idea_id = %s AND o.known_at <= %s
ORDER BY s.first_known_at, s.id, o.known_at
"""

SCORE = """
SELECT total, terms, weights_version, as_of FROM score
WHERE idea_id = %s AND as_of = %s
ORDER BY weights_version DESC LIMIT 1
"""


async def open_revision(
    connection: Rows, idea_id: UUID, actor: str, revision: int | None = None, as_of: datetime | None = None
) -> Row:
    """The idea's row, its status `analysing`, at the revision that is to be judged as of a moment.

    Without a revision: the current one, or the next where that is decided already. A revision that is decided keeps its
    status: it is only read.
    """
    async with connection.transaction():
        idea = await lock_idea(connection, idea_id)
        decided = await one(connection, "SELECT max(revision) AS last FROM decision WHERE idea_id = %s", idea_id)
        last: int = (decided or {}).get("last") or 0
        wanted = revision if revision is not None else max(idea["revision"], last + 1)
        idea = {**idea, "as_of": as_of or idea["as_of"]}
        if wanted <= last:
            return {**idea, "revision": wanted}
        if wanted != idea["revision"]:
            await connection.execute("UPDATE idea SET revision = %s WHERE id = %s", (wanted, idea_id))
        await move_idea(connection, idea, "analysing", actor, f"revision {wanted}", {"revision": wanted})
        return {**idea, "revision": wanted, "status": "analysing"}


async def get_idea(connection: Rows, idea_id: UUID) -> Row:
    """The idea's row; UnknownIdea where there is none."""
    return _known(await one(connection, "SELECT * FROM idea WHERE id = %s", idea_id), idea_id)


async def find_last_decision(connection: Rows, idea_id: UUID) -> Row | None:
    """Revision and moment of the latest decision, or None."""
    query = "SELECT revision, as_of FROM decision WHERE idea_id = %s ORDER BY revision DESC LIMIT 1"
    return await one(connection, query, idea_id)


async def load_grounds(connection: Rows, idea_id: UUID, as_of: datetime) -> tuple[Row, list[Row], Row | None, int]:
    """What a judgement stands on, in one round trip: the idea, its observations, its score, how many references."""
    async with connection.pipeline():
        idea = await connection.cursor(row_factory=dict_row).execute("SELECT * FROM idea WHERE id = %s", (idea_id,))
        seen = await connection.cursor(row_factory=dict_row).execute(OBSERVATIONS, (idea_id, as_of))
        score = await connection.cursor(row_factory=dict_row).execute(SCORE, (idea_id, as_of))
        count = await connection.execute("SELECT count(*) FROM reference WHERE known_at <= %s", (as_of,))
        references = (await count.fetchone() or (0,))[0]
        return _known(await idea.fetchone(), idea_id), await seen.fetchall(), await score.fetchone(), references


async def find_score(connection: Rows, idea_id: UUID, as_of: datetime) -> Row | None:
    """The idea's score at exactly this moment, or None."""
    return await one(connection, SCORE, idea_id, as_of)


async def load_references(connection: Rows, as_of: datetime) -> list[Row]:
    """All reference rows of the tenant known at `as_of`, oldest first, with the file each came from."""
    query = (
        "SELECT r.id, r.kind, r.body, r.known_at, coalesce(f.name, 'unnamed') AS source FROM reference r "
        "LEFT JOIN intake_file f ON f.id = r.file_id "
        "WHERE r.known_at <= %s ORDER BY r.known_at, r.id"
    )
    return await every(connection, query, as_of)


async def file_decision(connection: Rows, package: Package) -> None:
    """Write facts, findings and decision, and move the idea to the package's status; again, it writes nothing.

    A revision that a person has answered meanwhile keeps its status.
    """
    keys = {"idea": package.idea_id, "revision": package.revision}
    decision = package.decision
    given = {
        **keys,
        "as_of": package.as_of,
        **{name: decision[name] for name in ("verdict", "advice", "ceiling")},
        "reasons": Jsonb(decision["reasons"]),
        "steps": Jsonb(decision["steps"]),
    }
    async with connection.transaction():
        idea = await lock_idea(connection, package.idea_id)
        answered = await find_final(connection, package.idea_id, package.revision)
        async with connection.pipeline():
            await connection.execute(PUT_FACTS, {**keys, "facts": Jsonb(list(package.facts))})
            await connection.execute(PUT_FINDINGS, {**keys, "findings": Jsonb(list(package.findings))})
            await connection.execute(PUT_DECISION, given)
            if answered is None and idea["revision"] == package.revision:
                await connection.execute(SHOW, keys)
                await move_idea(connection, idea, package.status, package.actor, package.reason, package.versions)


async def find_final(connection: Rows, idea_id: UUID, revision: int) -> Row | None:
    """The answer that stands and decides a revision; notes decide nothing."""
    rows = await load_standing(connection, idea_id, revision)
    return next((row for row in rows if row["answer"] != "respond"), None)


async def load_standing(connection: Rows, idea_id: UUID, revision: int) -> list[Row]:
    """The reviews of a revision that were not undone, oldest first."""
    query = "SELECT * FROM review WHERE idea_id = %s AND revision = %s AND undone_at IS NULL ORDER BY id"
    return await every(connection, query, idea_id, revision)


async def load_case(connection: Rows, idea_id: UUID, revision: int | None = None) -> Row:
    """Everything stored of one revision: idea, decision, facts, findings, score, reviews and events."""
    idea = await get_idea(connection, idea_id)
    at = revision if revision is not None else idea["revision"]
    latest = "SELECT * FROM decision WHERE idea_id = %s AND revision <= %s ORDER BY revision DESC LIMIT 1"
    decision = await one(connection, latest, idea_id, at)
    at = decision["revision"] if decision else at
    as_of = decision["as_of"] if decision else idea["as_of"]
    return {
        "idea": idea,
        "revision": at,
        "decision": decision,
        "facts": await every(
            connection, "SELECT * FROM fact WHERE idea_id = %s AND revision = %s ORDER BY agent, id", idea_id, at
        ),
        "findings": await every(
            connection, "SELECT * FROM finding WHERE idea_id = %s AND revision = %s ORDER BY agent", idea_id, at
        ),
        "score": await find_score(connection, idea_id, as_of),
        "reviews": await every(
            connection, "SELECT * FROM review WHERE idea_id = %s AND revision = %s ORDER BY id", idea_id, at
        ),
        "events": await every(
            connection,
            "SELECT * FROM event WHERE subject = 'idea' AND subject_id = %s ORDER BY recorded_at, id",
            str(idea_id),
        ),
    }


async def load_decisions(
    connection: Rows, statuses: Sequence[str] | None = None, ideas: Sequence[UUID] | None = None
) -> list[Row]:
    """Ideas with their latest decision and its score, best score first; only these statuses, only these ideas."""
    query = """
    SELECT i.*, d.revision AS decided_revision, d.verdict, d.advice, d.ceiling, d.reasons, d.steps,
      d.as_of AS decided_as_of, s.total AS score, s.terms, s.weights_version
    FROM idea i
    JOIN LATERAL (SELECT * FROM decision d WHERE d.tenant_id = i.tenant_id AND d.idea_id = i.id
      ORDER BY d.revision DESC LIMIT 1) d ON true
    LEFT JOIN LATERAL (SELECT * FROM score s WHERE s.tenant_id = i.tenant_id AND s.idea_id = i.id AND s.as_of = d.as_of
      ORDER BY s.weights_version DESC LIMIT 1) s ON true
    WHERE (%s::text[] IS NULL OR i.status = ANY(%s)) AND (%s::uuid[] IS NULL OR i.id = ANY(%s))
    ORDER BY s.total DESC NULLS LAST, i.key
    """
    wanted = None if statuses is None else list(statuses)
    only = None if ideas is None else list(ideas)
    return await every(connection, query, wanted, wanted, only, only)


async def load_unfinished(connection: Rows) -> list[Row]:
    """Ideas whose thread may have work left: being analysed, or answered with nobody having told the thread."""
    query = """
    SELECT id, revision, status, as_of FROM idea WHERE status = 'analysing'
    UNION
    SELECT i.id, r.revision, CASE WHEN r.revision = i.revision THEN i.status ELSE 'past' END, i.as_of FROM review r
    JOIN idea i ON i.tenant_id = r.tenant_id AND i.id = r.idea_id
    WHERE r.told_at IS NULL ORDER BY id, revision
    """
    return await every(connection, query)


async def lock_idea(connection: Rows, idea_id: UUID) -> Row:
    """The idea's row, nobody else's to change until this transaction ends."""
    return _known(await one(connection, "SELECT * FROM idea WHERE id = %s FOR NO KEY UPDATE", idea_id), idea_id)


async def move_idea(
    connection: Rows, idea: Row, status: str, actor: str, reason: str, versions: Mapping[str, Any]
) -> None:
    """Change the status and write its event; where it has that status already, nothing."""
    if idea["status"] == status:
        return
    await connection.execute("UPDATE idea SET status = %s WHERE id = %s", (status, idea["id"]))
    await connection.execute(
        NOTE, (new_id(), str(idea["id"]), idea["status"], status, actor, reason, Jsonb(dict(versions)))
    )


async def one(connection: Rows, query: str, *values: Any) -> Row | None:
    """The first row as a dictionary, or None."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, values)
        return await cursor.fetchone()


async def every(connection: Rows, query: str, *values: Any) -> list[Row]:
    """All rows as dictionaries."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, values)
        return await cursor.fetchall()


async def every_named(connection: Rows, query: str, given: Mapping[str, Any]) -> list[Row]:
    """The same, of a query that names its values."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), given)
        return await cursor.fetchall()


def _known(row: Row | None, idea_id: UUID) -> Row:
    if row is None:
        raise UnknownIdea(f"no idea {idea_id}")
    return row
