"""Ideas: runs, ideas, what points at them, scores and the shortlist's log; one transaction each, batches inside.

Every write is an upsert on the natural key, rows in one order everywhere, so that two runs at once neither duplicate
nor deadlock. Statements name no tenant where row-level security adds it. Each change of
status is an event in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from store.ids import new_id

Rows = Connection[Any]


@dataclass(frozen=True, slots=True)
class IdeaRow:
    """An idea as a run found it. `occasion` is JSON-ready; `signals` are the things that point at it."""

    id: UUID
    key: str
    phrase: str
    audience: str
    occasion: Mapping[str, Any] | None
    kind: str
    kind_reason: str
    product_format: str
    signals: tuple[UUID, ...] = ()
    kind_by: str = "rule"


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """The score of one idea: total in [0, 1], terms JSON-ready."""

    idea_id: UUID
    total: float
    terms: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One line of a shortlist's log; propensity in (0, 1]."""

    idea_id: UUID
    rank: int
    propensity: float
    chosen: bool
    explored: bool


@dataclass(frozen=True, slots=True)
class WeightsRow:
    """The weights in force: version and the five of them, in the order of `trends.score_table.TERMS`."""

    version: int
    freshness: float
    engagement: float
    novelty: float
    community_fit: float
    seasonality: float


START_RUN = """
WITH put AS (
  INSERT INTO run (tenant_id, id, as_of, status)
  VALUES (current_setting('bellwether.tenant'), %(id)s, %(as_of)s, 'running')
  ON CONFLICT DO NOTHING RETURNING tenant_id, id)
INSERT INTO event (tenant_id, id, subject, subject_id, to_status, actor)
SELECT tenant_id, %(event)s, 'run', id::text, 'running', %(actor)s FROM put
"""

END_RUN = """
WITH was AS (
  SELECT id, status FROM run WHERE id = %(id)s AND status NOT IN ('finished', %(status)s) FOR UPDATE),
put AS (
  UPDATE run SET status = %(status)s, counts = %(counts)s, finished_at = now()
  FROM was WHERE run.id = was.id RETURNING tenant_id, run.id, was.status)
INSERT INTO event (tenant_id, id, subject, subject_id, from_status, to_status, actor, reason)
SELECT tenant_id, %(event)s, 'run', id::text, status, %(status)s, %(actor)s, %(reason)s FROM put
"""

NEVER = datetime.max.replace(tzinfo=UTC)

WORDS = ("phrase", "audience", "occasion", "kind", "kind_reason", "kind_by", "product_format")
UNSEEN = "idea.status = 'discovered' AND excluded.as_of >= idea.as_of"
REFRESH = ", ".join(f"{word} = CASE WHEN {UNSEEN} THEN excluded.{word} ELSE idea.{word} END" for word in WORDS)

PUT_IDEAS = f"""
WITH given AS (
  SELECT * FROM unnest(%(ids)s::uuid[], %(keys)s::text[], %(phrases)s::text[], %(audiences)s::text[],
    %(occasions)s::jsonb[], %(kinds)s::text[], %(reasons)s::text[], %(by)s::text[], %(formats)s::text[],
    %(events)s::uuid[])
    AS g (id, key, phrase, audience, occasion, kind, kind_reason, kind_by, product_format, event_id)),
put AS (
  INSERT INTO idea (tenant_id, id, key, phrase, audience, occasion, kind, kind_reason, kind_by, product_format, as_of)
  SELECT current_setting('bellwether.tenant'), id, key, phrase, audience, occasion, kind, kind_reason, kind_by,
    product_format, %(as_of)s::timestamptz FROM given ORDER BY key
  ON CONFLICT (tenant_id, key) DO UPDATE SET {REFRESH}, as_of = greatest(idea.as_of, excluded.as_of)
  RETURNING tenant_id, id, key, merged_into, xmax = 0 AS inserted),
noted AS (
  INSERT INTO event (tenant_id, id, subject, subject_id, to_status, actor, versions)
  SELECT put.tenant_id, given.event_id, 'idea', put.id::text, 'discovered', %(actor)s, %(versions)s
  FROM put JOIN given USING (key) WHERE put.inserted)
SELECT key, id, merged_into, inserted FROM put
"""  # noqa: S608 - made of the constants above

ROOTS = """
WITH RECURSIVE up AS (
  SELECT id AS start, id, merged_into, 0 AS hops FROM idea
  WHERE id = ANY(%s)
  UNION ALL
  SELECT up.start, i.id, i.merged_into, up.hops + 1 FROM up
  JOIN idea i ON i.id = up.merged_into WHERE up.hops < 20)
SELECT start, id FROM up WHERE merged_into IS NULL
"""

PUT_MEMBERS = """
INSERT INTO idea_signal (tenant_id, idea_id, signal_id)
SELECT current_setting('bellwether.tenant'), i, s FROM unnest(%b::uuid[], %b::uuid[]) AS g (i, s) ORDER BY i, s
ON CONFLICT DO NOTHING
"""
"""Binary: of hundreds of thousands of pairs a run, each as text would be searched for what needs quoting."""

PUT_SCORES = """
INSERT INTO score (tenant_id, idea_id, as_of, weights_version, total, terms)
SELECT current_setting('bellwether.tenant'), i, %(as_of)s, %(version)s, total, terms
FROM unnest(%(ideas)s::uuid[], %(totals)s::float8[], %(terms)s::jsonb[]) AS g (i, total, terms) ORDER BY i
ON CONFLICT (tenant_id, idea_id, as_of, weights_version) DO UPDATE SET total = excluded.total, terms = excluded.terms
WHERE (score.total, score.terms) IS DISTINCT FROM (excluded.total, excluded.terms)
"""

PUT_CANDIDATES = """
INSERT INTO candidate (tenant_id, run_id, idea_id, rank, propensity, chosen, explored, ranked_by)
SELECT current_setting('bellwether.tenant'), %(run)s, i, rank, propensity, chosen, explored, %(ranked_by)s
FROM unnest(%(ideas)s::uuid[], %(ranks)s::int[], %(propensities)s::float8[], %(chosen)s::bool[], %(explored)s::bool[])
  AS g (i, rank, propensity, chosen, explored) ORDER BY i
ON CONFLICT DO NOTHING
"""

OPEN = """
SELECT i.id FROM idea i
WHERE i.id = ANY(%s) AND i.kind = 'subject'
  AND i.merged_into IS NULL AND i.status IN ('discovered', 'analysing', 'pending_review', 'rejected')
  AND NOT EXISTS (SELECT FROM review r WHERE r.tenant_id = i.tenant_id AND r.idea_id = i.id
    AND r.undone_at IS NULL AND r.answer <> 'respond')
  AND NOT EXISTS (SELECT FROM candidate c JOIN run ON run.tenant_id = c.tenant_id AND run.id = c.run_id
    WHERE c.tenant_id = i.tenant_id AND c.idea_id = i.id AND c.chosen AND run.as_of > %s)
"""

VERDICT = """
SELECT i.phrase, d.verdict FROM decision d JOIN idea i ON i.tenant_id = d.tenant_id AND i.id = d.idea_id
WHERE d.idea_id = %s AND d.revision = %s
"""
WEIGHTS = """
SELECT version, freshness, engagement, novelty, community_fit, seasonality FROM weights
WHERE known_at <= %s ORDER BY known_at DESC, version DESC LIMIT 1
"""


def start_run(connection: Rows, run_id: UUID, as_of: datetime, actor: str) -> None:
    """Open a run; opening it again changes nothing."""
    connection.execute(START_RUN, {"id": run_id, "as_of": as_of, "event": new_id(), "actor": actor})


def end_run(
    connection: Rows, run_id: UUID, status: str, counts: Mapping[str, Any], actor: str, reason: str = ""
) -> None:
    """Close a run as `finished` or `failed`, with what it counted; one that is closed stays as it is."""
    connection.execute(
        END_RUN,
        {
            "id": run_id,
            "status": status,
            "counts": Jsonb(counts),
            "event": new_id(),
            "actor": actor,
            "reason": reason,
        },
    )


def load_running(connection: Rows) -> list[UUID]:
    """Runs that were begun and neither finished nor failed, oldest first."""
    rows = connection.execute("SELECT id FROM run WHERE status = 'running' ORDER BY id")
    return [row[0] for row in rows.fetchall()]


def load_running_as_of(connection: Rows) -> list[tuple[UUID, datetime]]:
    """Runs as `load_running` has them, each with its moment."""
    return connection.execute("SELECT id, as_of FROM run WHERE status = 'running' ORDER BY id").fetchall()


def put_ideas(
    connection: Rows, rows: Iterable[IdeaRow], as_of: datetime, actor: str, versions: Mapping[str, Any]
) -> dict[str, UUID]:
    """Insert the new, refresh those nobody has looked at yet, link what points at them; the id that counts, by key.

    What a person or the agents have already looked at keeps its words. An idea that was merged answers with the one it
    was merged into.
    """
    batch = _by_key(rows)
    if not batch:
        return {}
    with connection.transaction():
        found = connection.execute(PUT_IDEAS, _columns(batch, as_of, actor, versions)).fetchall()
        merged = [row[1] for row in found if row[2] is not None]
        roots = dict(connection.execute(ROOTS, (merged,)).fetchall()) if merged else {}
        ids: dict[str, UUID] = {row[0]: roots.get(row[1], row[1]) for row in found}
        signals = [signal for row in batch for signal in row.signals]
        if signals:
            connection.execute(PUT_MEMBERS, ([ids[row.key] for row in batch for _ in row.signals], signals))
    return ids


def put_scores(connection: Rows, rows: Sequence[ScoreRow], as_of: datetime, version: int) -> None:
    """Store the scores of one run under the weights' version."""
    if not rows:
        return
    given = {
        "as_of": as_of,
        "version": version,
        "ideas": [row.idea_id for row in rows],
        "totals": [row.total for row in rows],
        "terms": [Jsonb(row.terms) for row in rows],
    }
    connection.execute(PUT_SCORES, given)


def put_candidates(connection: Rows, run_id: UUID, rows: Sequence[CandidateRow], ranked_by: str) -> None:
    """Log who could have been chosen; a log that is written stays as it is."""
    given = {
        "run": run_id,
        "ranked_by": ranked_by,
        "ideas": [row.idea_id for row in rows],
        "ranks": [row.rank for row in rows],
        "propensities": [row.propensity for row in rows],
        "chosen": [row.chosen for row in rows],
        "explored": [row.explored for row in rows],
    }
    connection.execute(PUT_CANDIDATES, given)


def open_ideas(connection: Rows, ids: Sequence[UUID], rested_since: datetime | None = None) -> set[UUID]:
    """Those a shortlist may still hold: subjects that no person has answered and that nothing swallowed.

    With `rested_since`, those that a shortlist as of a later moment chose already are left out.
    """
    return {row[0] for row in connection.execute(OPEN, (list(ids), rested_since or NEVER)).fetchall()}


def find_verdict(connection: Rows, idea_id: UUID, revision: int) -> tuple[str, str] | None:
    """An idea's phrase and the verdict of one revision; None where that is not decided."""
    found: tuple[str, str] | None = connection.execute(VERDICT, (idea_id, revision)).fetchone()
    return found


def find_weights(connection: Rows, as_of: datetime) -> WeightsRow | None:
    """The newest weights known at `as_of`, or None."""
    row = connection.execute(WEIGHTS, (as_of,)).fetchone()
    return WeightsRow(*row) if row else None


def load_reference(connection: Rows, kind: str, as_of: datetime) -> list[dict[str, Any]]:
    """The tenant's reference rows of one kind known at `as_of`, oldest first: id, body, known_at."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            "SELECT id, kind, body, known_at FROM reference WHERE kind = %s AND known_at <= %s ORDER BY known_at, id",
            (kind, as_of),
        )
        return cursor.fetchall()


def _by_key(rows: Iterable[IdeaRow]) -> list[IdeaRow]:
    """One row a key: the first, with the signals of all of them."""
    batch: dict[str, IdeaRow] = {}
    for row in rows:
        first = batch.get(row.key)
        if first is None:
            batch[row.key] = row
            continue
        values = {name: getattr(first, name) for name in IdeaRow.__slots__}
        batch[row.key] = IdeaRow(**{**values, "signals": first.signals + row.signals})
    return list(batch.values())


def _columns(batch: Sequence[IdeaRow], as_of: datetime, actor: str, versions: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ids": [row.id for row in batch],
        "keys": [row.key for row in batch],
        "phrases": [row.phrase for row in batch],
        "audiences": [row.audience for row in batch],
        "occasions": [None if row.occasion is None else Jsonb(row.occasion) for row in batch],
        "kinds": [row.kind for row in batch],
        "reasons": [row.kind_reason for row in batch],
        "by": [row.kind_by for row in batch],
        "formats": [row.product_format for row in batch],
        "events": [new_id() for _ in batch],
        "as_of": as_of,
        "actor": actor,
        "versions": Jsonb(versions),
    }
