"""Reading: what the doors show of runs, ideas, decisions and the rows behind a fact. Nothing here writes.

Every function takes a session of one tenant (`store.postgres.connect`), so row-level security decides what it sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from store.decisions import OBSERVATIONS, UnknownIdea
from store.quarantine import SEEN

Rows = Connection[Any]
Row = dict[str, Any]

FIND = """
SELECT id, phrase, status FROM idea
WHERE merged_into IS NULL AND (starts_with(id::text, lower(%(text)s)) OR lower(phrase) = lower(%(text)s))
ORDER BY (lower(phrase) = lower(%(text)s)) DESC, phrase, id LIMIT 21
"""

NEAR = """
SELECT id, phrase, status FROM idea
WHERE merged_into IS NULL AND strpos(lower(phrase), lower(%(text)s)) > 0 ORDER BY length(phrase), phrase, id LIMIT 5
"""

RUN = """
SELECT id, as_of, status, counts, started_at, finished_at FROM run
WHERE status = 'finished' ORDER BY finished_at DESC, id DESC LIMIT 1
"""

FILES = """
SELECT name, coalesce(format, '') AS format, outcome, coalesce(reason, '') AS reason, rows_read, stored, repeated,
  quarantined, known_at
FROM intake_file ORDER BY recorded_at, name
"""

LISTED = """
SELECT i.id, i.phrase, i.audience, i.product_format, i.occasion, i.kind, i.kind_reason, i.status, i.revision,
  d.revision AS decided_revision, d.verdict, d.advice, d.ceiling, d.reasons, d.as_of, s.total AS score,
  (SELECT value FROM fact f WHERE f.tenant_id = i.tenant_id AND f.idea_id = i.id AND f.revision = d.revision
    AND f.id = 'pricing.margin_ratio') AS margin_ratio,
  (SELECT value FROM fact f WHERE f.tenant_id = i.tenant_id AND f.idea_id = i.id AND f.revision = d.revision
    AND f.id = 'pricing.price_cents') AS price_cents
FROM idea i
JOIN LATERAL (SELECT * FROM decision d WHERE d.tenant_id = i.tenant_id AND d.idea_id = i.id
  ORDER BY d.revision DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT total FROM score s WHERE s.tenant_id = i.tenant_id AND s.idea_id = i.id AND s.as_of = d.as_of
  ORDER BY s.weights_version DESC LIMIT 1) s ON true
WHERE (%(statuses)s::text[] IS NULL OR i.status = ANY(%(statuses)s))
  AND (%(ideas)s::uuid[] IS NULL OR i.id = ANY(%(ideas)s))
ORDER BY s.total DESC NULLS LAST, i.key
"""

CHOSEN = """
SELECT c.idea_id, c.rank, c.propensity, c.explored FROM candidate c WHERE c.run_id = %s AND c.chosen ORDER BY c.rank
"""

REFUSED = """
SELECT phrase, kind, kind_reason FROM (
  SELECT i.phrase, i.kind, i.kind_reason,
    row_number() OVER (PARTITION BY i.kind ORDER BY s.total DESC NULLS LAST, i.key) AS n
  FROM idea i
  LEFT JOIN LATERAL (SELECT total FROM score s
    WHERE s.tenant_id = i.tenant_id AND s.idea_id = i.id AND s.as_of = i.as_of
    ORDER BY s.weights_version DESC LIMIT 1) s ON true
  WHERE i.as_of = %s AND i.kind <> 'subject' AND i.merged_into IS NULL) ranked
WHERE n <= %s ORDER BY kind, n
"""

OBSERVED = f"""
SELECT o.signal_id, o.known_at, s.source, s.community, coalesce(o.text, s.text) AS text, o.metrics, o.row_no,
  CASE WHEN {SEEN} THEN f.name END AS file
FROM unnest(%s::uuid[], %s::timestamptz[]) AS wanted (signal_id, known_at)
JOIN observation o USING (signal_id, known_at)
JOIN signal s ON s.id = o.signal_id
LEFT JOIN intake_file f ON f.id = o.file_id
"""  # noqa: S608 - a condition of ours

REFERENCED = """
SELECT r.id, r.kind, r.body, r.row_no, f.name AS file FROM reference r LEFT JOIN intake_file f ON f.id = r.file_id
WHERE r.id = ANY(%s::uuid[])
"""


DECIDED = """
SELECT * FROM decision WHERE idea_id = %s AND revision = coalesce(%s::integer, revision)
ORDER BY revision DESC LIMIT 1
"""

PRICED = """
SELECT r.id, r.kind, r.body, r.known_at, coalesce(f.name, 'unnamed') AS source
FROM reference r LEFT JOIN intake_file f ON f.id = r.file_id
WHERE r.kind IN ('cost', 'fee') AND r.known_at <= %s ORDER BY r.known_at, r.id
"""

SAID = f"""
SELECT s.source, s.community, s.url, coalesce(s.published_at, s.first_known_at) AS said_at,
  coalesce(o.text, s.text) AS text, o.metrics, o.row_no, CASE WHEN {SEEN} THEN f.name END AS file,
  count(*) OVER () AS all_said
FROM idea_signal m
JOIN signal s ON s.id = m.signal_id
JOIN LATERAL (SELECT * FROM observation o WHERE o.signal_id = s.id AND o.known_at <= %(as_of)s
  ORDER BY o.known_at DESC LIMIT 1) o ON true
LEFT JOIN intake_file f ON f.id = o.file_id
WHERE m.idea_id = %(idea)s
ORDER BY said_at DESC, s.id LIMIT %(most)s
"""  # noqa: S608 - a condition of ours

REVISIONS = """
SELECT revision, verdict, as_of, recorded_at FROM decision WHERE idea_id = %s ORDER BY revision DESC
"""

EVENTS = """
SELECT from_status, to_status, actor, reason, versions, recorded_at FROM event
WHERE subject = 'idea' AND subject_id = %s ORDER BY recorded_at DESC, id DESC
"""

REVIEWS = "SELECT * FROM review WHERE idea_id = %s ORDER BY decided_at DESC, id DESC"


@dataclass(frozen=True, slots=True)
class Trace:
    """One row that a fact names: where it stands and what it holds."""

    file: str | None
    row: int | None
    text: str
    figures: dict[str, Any]


def find_ideas(connection: Rows, text: str) -> list[Row]:
    """Ideas whose id begins with this text or whose phrase it is, at most 21."""
    return _all(connection, FIND, {"text": text})


def find_near(connection: Rows, text: str) -> list[Row]:
    """A few ideas whose phrase holds this text: what somebody may have meant."""
    return _all(connection, NEAR, {"text": text})


def find_run(connection: Rows) -> Row | None:
    """The run that finished last, or None."""
    rows = _all(connection, RUN)
    return rows[0] if rows else None


def load_files(connection: Rows) -> list[Row]:
    """Every file that was taken in, oldest first, with its counts."""
    return _all(connection, FILES)


def load_listed(
    connection: Rows, statuses: Sequence[str] | None = None, ideas: Sequence[UUID] | None = None
) -> list[Row]:
    """Ideas that have a decision, best score first, with margin and price where they are known; only these."""
    given = {"statuses": None if statuses is None else list(statuses), "ideas": None if ideas is None else list(ideas)}
    return _all(connection, LISTED, given)


def load_chosen(connection: Rows, run_id: UUID) -> list[Row]:
    """Who was chosen by a run: idea, rank, propensity, whether it was drawn at random."""
    return _all(connection, CHOSEN, (run_id,))


def load_refused(connection: Rows, as_of: datetime, each: int) -> list[Row]:
    """Of every kind that is no subject the `each` best scored: phrase, kind and why."""
    return _all(connection, REFUSED, (as_of, each))


def load_case(connection: Rows, idea_id: UUID, revision: int | None = None) -> Row:
    """Everything stored of a decided revision of an idea, the newest unless told; the decision is None where there is
    none yet. UnknownIdea where there is no such idea.
    """
    ideas = _all(connection, "SELECT * FROM idea WHERE id = %s", (idea_id,))
    if not ideas:
        raise UnknownIdea(f"no idea {idea_id}")
    idea = ideas[0]
    decision = next(iter(_all(connection, DECIDED, (idea_id, revision))), None)
    revision = decision["revision"] if decision else idea["revision"]
    as_of = decision["as_of"] if decision else idea["as_of"]
    of = (idea_id, revision)
    scores = _all(
        connection,
        "SELECT total, terms, weights_version FROM score WHERE idea_id = %s AND as_of = %s "
        "ORDER BY weights_version DESC LIMIT 1",
        (idea_id, as_of),
    )
    reviews = "SELECT * FROM review WHERE idea_id = %s AND revision = %s ORDER BY decided_at, id"
    return {
        "idea": idea,
        "as_of": as_of,
        "revision": revision,
        "decision": decision,
        "score": scores[0] if scores else None,
        "facts": _all(connection, "SELECT * FROM fact WHERE idea_id = %s AND revision = %s ORDER BY agent, id", of),
        "findings": _all(connection, "SELECT * FROM finding WHERE idea_id = %s AND revision = %s ORDER BY agent", of),
        "reviews": _all(connection, reviews, of),
    }


def load_priced(connection: Rows, as_of: datetime) -> list[Row]:
    """The rows of costs and fees that the tenant brought, known at a moment, oldest first."""
    return _all(connection, PRICED, (as_of,))


def load_said(connection: Rows, idea_id: UUID, as_of: datetime, most: int) -> list[Row]:
    """What points at an idea, as it was known at a moment, newest first; `all_said` counts those that are not shown."""
    return _all(connection, SAID, {"idea": idea_id, "as_of": as_of, "most": most})


def load_revisions(connection: Rows, idea_id: UUID) -> list[Row]:
    """The decided revisions of an idea, newest first: verdict, judged as of when, written when."""
    return _all(connection, REVISIONS, (idea_id,))


def load_events(connection: Rows, idea_id: UUID) -> list[Row]:
    """Each change of an idea's status, newest first."""
    return _all(connection, EVENTS, (str(idea_id),))


def load_reviews(connection: Rows, idea_id: UUID) -> list[Row]:
    """Every answer of a person to any revision of an idea, newest first, those that were taken back too."""
    return _all(connection, REVIEWS, (idea_id,))


def load_observations(connection: Rows, idea_id: UUID, as_of: datetime) -> list[Row]:
    """Every observation of what points at an idea, known at `as_of`, as the agents were given it."""
    return _all(connection, OBSERVATIONS, (idea_id, as_of))


def trace(connection: Rows, references: Iterable[str]) -> dict[str, Trace]:
    """The stored rows that these references name; one that is no stored row (a shipped table's) is left out."""
    observed: list[tuple[str, UUID, datetime]] = []
    brought: list[tuple[str, UUID]] = []
    for reference in dict.fromkeys(references):
        kind, _, name = reference.partition(":")
        try:
            if kind == "observation":
                signal_id, _, known_at = name.partition("@")
                observed.append((reference, UUID(signal_id), datetime.fromisoformat(known_at)))
            elif kind == "comparable":
                brought.append((reference, UUID(name)))
        except ValueError:
            continue
    return _observations(connection, observed) | _references(connection, brought)


def _observations(connection: Rows, wanted: Sequence[tuple[str, UUID, datetime]]) -> dict[str, Trace]:
    if not wanted:
        return {}
    rows = _all(connection, OBSERVED, ([one[1] for one in wanted], [one[2] for one in wanted]))
    by_key = {(row["signal_id"], row["known_at"]): row for row in rows}
    found = {}
    for reference, signal_id, known_at in wanted:
        row = by_key.get((signal_id, known_at))
        if row is not None:
            where = {"source": row["source"], "community": row["community"], "known_at": known_at}
            found[reference] = Trace(row["file"], row["row_no"], row["text"], where | row["metrics"])
    return found


def _references(connection: Rows, wanted: Sequence[tuple[str, UUID]]) -> dict[str, Trace]:
    if not wanted:
        return {}
    rows = {row["id"]: row for row in _all(connection, REFERENCED, ([one[1] for one in wanted],))}
    found = {}
    for reference, row_id in wanted:
        row = rows.get(row_id)
        if row is not None:
            text = str(row["body"].get("title") or row["body"].get("name") or row["kind"])
            figures = {key: value for key, value in row["body"].items() if key not in ("title", "name")}
            found[reference] = Trace(row["file"], row["row_no"], text, figures)
    return found


def _all(connection: Rows, query: str, values: Any = None) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
