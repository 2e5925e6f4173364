"""Designs: the rows of batches as they are drawn: taken by one worker at a time, filed once, or buried with a reason.

A worker takes a row for a while and moves that on with its heartbeat; one that was killed does not, and the row goes to
another. Whoever lost a row can no longer file it (`Lost`). Each change of status writes its event in the same
transaction. What was drawn stands under the hash of all that it depends on: filed twice it is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from store.batches import BatchError, note, reopen_batch
from store.decisions import Row, Rows, every, lock_idea, move_idea, one
from store.ids import new_id

LEASE_S = 10.0
"""How long a worker holds a row without a sign of life."""


class Lost(BatchError):
    """Somebody else has the row, or a person cancelled it: what was made of it is not filed by us."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What a design came to, JSON-ready."""

    design_id: UUID
    key: str
    render: Mapping[str, Any]
    """As `graphs.firing` tells it: columns of `render`, files, and what was seen (tags, category, phash)."""
    score: float | None


TAKE = """
SELECT d.id, d.status, d.batch_id FROM design d JOIN batch b ON b.tenant_id = d.tenant_id AND b.id = d.batch_id
WHERE NOT d.superseded AND b.status = 'running' AND b.waits_until <= now()
  AND (%(batch)s::uuid IS NULL OR b.id = %(batch)s)
  AND (d.status = 'waiting' AND d.due_at <= now() OR d.status = 'drawing' AND d.taken_until < now())
ORDER BY b.priority DESC, d.priority DESC, b.recorded_at, d.line LIMIT %(most)s
FOR NO KEY UPDATE OF d SKIP LOCKED
"""
TAKEN = """
UPDATE design d SET status = 'drawing', taken_by = %s, taken_until = now() + %s * interval '1 second', takes = takes + 1
FROM batch b, brand r
WHERE d.id = ANY(%s) AND b.tenant_id = d.tenant_id AND b.id = d.batch_id
  AND r.tenant_id = b.tenant_id AND r.id = b.brand_id
RETURNING d.*, b.plan, b.brand_id, b.name AS batch, r.profile
"""
PUT_RENDER = """
INSERT INTO render (tenant_id, key, renderer, version, seed, prompt, negative, made_with, checked, safety, seen,
  seconds)
VALUES (current_setting('bellwether.tenant'), %(key)s, %(renderer)s, %(version)s, %(seed)s, %(prompt)s, %(negative)s,
  %(made_with)s, %(checked)s, %(safety)s, %(seen)s, %(seconds)s) ON CONFLICT DO NOTHING
"""
PUT_ASSETS = """
WITH file AS (SELECT * FROM jsonb_to_recordset(%(files)s) AS f (kind text, sha256 text, media_type text, bytes bigint)),
kept AS (
  INSERT INTO asset (tenant_id, sha256, media_type, bytes)
  SELECT DISTINCT ON (sha256) current_setting('bellwether.tenant'), sha256, media_type, bytes FROM file ORDER BY sha256
  ON CONFLICT DO NOTHING)
INSERT INTO render_asset (tenant_id, key, kind, sha256)
SELECT current_setting('bellwether.tenant'), %(key)s, kind, sha256 FROM file ON CONFLICT DO NOTHING
"""
FILE = """
UPDATE design SET status = 'done', render_key = %s, score = %s, phash = %s, error = '', taken_by = NULL,
  category = CASE category_by WHEN 'person' THEN category ELSE %s END, taken_until = NULL, ended_at = now()
WHERE id = %s AND taken_by = %s RETURNING batch_id
"""
PUT_TAGS = """
INSERT INTO tag (tenant_id, design_id, name, confidence)
SELECT current_setting('bellwether.tenant'), %s, t.name, t.confidence
FROM jsonb_to_recordset(%s) AS t (name text, confidence float8) ON CONFLICT DO NOTHING
"""
PUT_LOOK = """
INSERT INTO look (tenant_id, key, model, dimension, vector)
SELECT current_setting('bellwether.tenant'), %(key)s, %(model)s, cardinality(%(vector)s::real[]), %(vector)s::real[]
ON CONFLICT DO NOTHING
"""
SET_WORDS = """
UPDATE design d SET words = lower(concat_ws(' ', d.row ->> 'text', d.row ->> 'keyword', d.row ->> 'hook',
  d.row ->> 'audience', (SELECT string_agg(t.name, ' ' ORDER BY t.name) FROM tag t
    WHERE t.tenant_id = d.tenant_id AND t.design_id = d.id)))
WHERE d.id = %s
"""
PUT_ATTEMPT = """
INSERT INTO attempt (tenant_id, design_id, nth, key, renderer, knobs, checked, passed, drawn, seconds)
VALUES (current_setting('bellwether.tenant'), %(design)s, %(nth)s, %(key)s, %(renderer)s, %(knobs)s, %(checked)s,
  %(passed)s, %(drawn)s, %(seconds)s) ON CONFLICT DO NOTHING
"""
FIND_RENDER = """
SELECT r.*, (SELECT jsonb_agg(jsonb_build_object('kind', f.kind, 'sha256', f.sha256, 'media_type', a.media_type,
  'bytes', a.bytes) ORDER BY f.kind) FROM render_asset f JOIN asset a USING (tenant_id, sha256)
  WHERE f.tenant_id = r.tenant_id AND f.key = r.key) AS files
FROM render r
"""
DRAWN = """
SELECT d.id, d.row, d.category, r.renderer, r.version, r.seed, r.prompt, r.negative, r.made_with, w.name AS brand,
  (SELECT jsonb_object_agg(f.kind, jsonb_build_object('sha256', a.sha256, 'bytes', a.bytes))
    FROM render_asset f JOIN asset a USING (tenant_id, sha256)
    WHERE f.tenant_id = r.tenant_id AND f.key = r.key) AS files,
  (SELECT coalesce(jsonb_object_agg(t.name, t.confidence), '{}') FROM tag t
    WHERE t.tenant_id = d.tenant_id AND t.design_id = d.id) AS tags
FROM design d JOIN render r ON r.tenant_id = d.tenant_id AND r.key = d.render_key
JOIN batch b ON b.tenant_id = d.tenant_id AND b.id = d.batch_id
JOIN brand w ON w.tenant_id = b.tenant_id AND w.id = b.brand_id
"""
RENEW = """
INSERT INTO design (tenant_id, id, batch_id, line, row_id, version, row, status, priority, category, category_by)
SELECT d.tenant_id, n.id, d.batch_id, d.line, d.row_id,
  (SELECT max(v.version) FROM design v WHERE v.tenant_id = d.tenant_id AND v.batch_id = d.batch_id
    AND v.row_id = d.row_id) + 1,
  CASE WHEN %s::bigint IS NULL THEN d.row ELSE d.row || jsonb_build_object('seed', %s::bigint) END, 'waiting',
  d.priority, CASE d.category_by WHEN 'person' THEN d.category ELSE '' END, d.category_by
FROM unnest(%s::uuid[], %s::uuid[]) AS n (old, id) JOIN design d ON d.id = n.old
"""


async def take(connection: Rows, worker: UUID, actor: str, most: int, batch_id: UUID | None = None) -> list[Row]:
    """At most so many rows that are due, now this worker's: the most urgent first, with plan and profile beside."""
    async with connection.transaction():
        async with connection.cursor() as cursor:
            await cursor.execute(TAKE, {"batch": batch_id, "most": most})
            were = [(row[0], row[1]) for row in await cursor.fetchall()]
        if not were:
            return []
        rows = await every(connection, TAKEN, worker, LEASE_S, [each for each, _ in were])
        await note(connection, "design", were, "drawing", actor, "")
    return sorted(rows, key=lambda row: [each for each, _ in were].index(row["id"]))


async def beat(connection: Rows, worker: UUID, mine: Sequence[UUID]) -> set[UUID]:
    """A sign of life over these rows; those of them that were cancelled or that another worker has."""
    still = "UPDATE design SET taken_until = now() + %s * interval '1 second' WHERE taken_by = %s AND id = ANY(%s)"
    await connection.execute(still, (LEASE_S, worker, list(mine)))
    query = """
    SELECT id FROM design WHERE id = ANY(%s) AND (status = 'cancelled' OR status = 'drawing' AND taken_by <> %s)
    """
    return {row["id"] for row in await every(connection, query, list(mine), worker)}


async def file_design(connection: Rows, worker: UUID, filed: Filed, actor: str) -> None:
    """The design is done: drawing, files, tags, event; an approved idea behind it is then `designed`.

    Raises Lost where this worker no longer has the row; the drawing is kept all the same.
    """
    render = {**filed.render, "key": filed.key}
    packed = {name: Jsonb(render[name]) for name in ("made_with", "checked", "safety", "seen", "files")}
    async with connection.transaction():
        await connection.execute(PUT_RENDER, {**render, **packed})
        await connection.execute(PUT_ASSETS, {"files": packed["files"], "key": filed.key})
        if look := filed.render["seen"].get("look"):
            await connection.execute(PUT_LOOK, {"key": filed.key, **look})
    async with connection.transaction():
        seen = filed.render["seen"]
        found = (filed.key, filed.score, seen["phash"], seen["category"])
        row = await one(connection, FILE, *found, filed.design_id, worker)
        if row is None:
            raise Lost(f"design {filed.design_id} is somebody else's now")
        await connection.execute(PUT_TAGS, (filed.design_id, Jsonb(seen["tags"])))
        await connection.execute(SET_WORDS, (filed.design_id,))
        await note(connection, "design", [(filed.design_id, "drawing")], "done", actor, "")
        await _tell_idea(connection, row["batch_id"], filed.design_id, actor)


async def _tell_idea(connection: Rows, batch_id: UUID, design_id: UUID, actor: str) -> None:
    batch = await one(connection, "SELECT idea_id FROM batch WHERE id = %s", batch_id)
    if batch is None or batch["idea_id"] is None:
        return
    idea = await lock_idea(connection, batch["idea_id"])
    if idea["status"] == "approved":
        await move_idea(connection, idea, "designed", actor, "it has a design", {"design": str(design_id)})


async def put_back(
    connection: Rows, worker: UUID, design_id: UUID, actor: str, error: str, pause_s: float, counts: bool = True
) -> None:
    """The row waits again, for so long at least; `counts`: as one more retry. Lost rows stay with whoever has them."""
    query = """
    UPDATE design SET status = 'waiting', taken_by = NULL, taken_until = NULL, error = %s, retries = retries + %s,
      due_at = now() + %s * interval '1 second' WHERE id = %s AND taken_by = %s RETURNING id
    """
    async with connection.transaction():
        if await one(connection, query, error, int(counts), pause_s, design_id, worker):
            await note(connection, "design", [(design_id, "drawing")], "waiting", actor, error)


async def bury_design(connection: Rows, worker: UUID, design_id: UUID, reason: str, error: str, actor: str) -> None:
    """The row is a dead letter, with its reason. Raises Lost where this worker no longer has it."""
    query = """
    UPDATE design SET status = 'dead', reason = %s, error = %s, taken_by = NULL, taken_until = NULL, ended_at = now()
    WHERE id = %s AND taken_by = %s RETURNING id
    """
    async with connection.transaction():
        if await one(connection, query, reason, error, design_id, worker) is None:
            raise Lost(f"design {design_id} is somebody else's now")
        await note(connection, "design", [(design_id, "drawing")], "dead", actor, f"{reason}: {error}")


async def put_attempt(connection: Rows, design_id: UUID, nth: int, told: Mapping[str, Any]) -> None:
    """Keep what an attempt came to: key, renderer, knobs, checked, passed, drawn, seconds. Again, nothing."""
    packed = {name: Jsonb(told[name]) for name in ("knobs", "checked")}
    await connection.execute(PUT_ATTEMPT, {**told, **packed, "design": design_id, "nth": nth})


async def find_render(connection: Rows, key: str) -> Row | None:
    """What was drawn under this key, with its files."""
    return await one(connection, FIND_RENDER + "WHERE r.key = %s", key)


async def find_drawn(connection: Rows, design_id: UUID) -> Row | None:
    """What was drawn for a design, with its files; None where nothing was yet."""
    return await one(connection, FIND_RENDER + "JOIN design d ON d.render_key = r.key WHERE d.id = %s", design_id)


async def load_drawn(connection: Rows, batch_id: UUID) -> list[Row]:
    """What is finished of a batch, in the order of its file: row, how it was made, files by kind, tags by name."""
    standing = "WHERE d.batch_id = %s AND d.status = 'done' AND NOT d.superseded AND d.deleted_at IS NULL"
    return await every(connection, f"{DRAWN}{standing} ORDER BY d.line", batch_id)


async def load_drawn_ones(connection: Rows, ids: Sequence[UUID]) -> list[Row]:
    """The same of these designs, older versions and deleted ones too, the oldest first."""
    return await every(connection, f"{DRAWN}WHERE d.id = ANY(%s) AND d.status = 'done' ORDER BY d.id", list(ids))


async def renew(
    connection: Rows,
    batch_id: UUID,
    actor: str,
    rows: Sequence[str] | None = None,
    reason: str = "retried",
    seed: int | None = None,
) -> int:
    """Queue these rows anew as the next version, or, without, all dead letters; how many. The batch runs again.

    With a seed, they are drawn by that one.
    """
    query = """
    UPDATE design SET superseded = true WHERE batch_id = %s AND NOT superseded
      AND CASE WHEN %s::text[] IS NULL THEN status = 'dead' ELSE row_id = ANY(%s) AND status <> 'drawing' END
    RETURNING id, status
    """
    wanted = None if rows is None else list(rows)
    async with connection.transaction():
        old = await every(connection, query, batch_id, wanted, wanted)
        fresh = [new_id() for _ in old]
        await connection.execute(RENEW, (seed, seed, [each["id"] for each in old], fresh))
        await note(connection, "design", [(each, None) for each in fresh], "waiting", actor, reason)
        if old:
            await reopen_batch(connection, batch_id, actor, reason)
    return len(old)


async def set_row_priority(connection: Rows, batch_id: UUID, row_id: str, priority: int) -> bool:
    """Which row of a batch goes first; whether there is one of this id that still waits."""
    query = """
    UPDATE design SET priority = %s WHERE batch_id = %s AND row_id = %s AND status = 'waiting' AND NOT superseded
    RETURNING id
    """
    return await one(connection, query, priority, batch_id, row_id) is not None


async def load_designs(connection: Rows, batch_id: UUID, statuses: Sequence[str] | None = None) -> list[Row]:
    """The rows of a batch as they stand, in the order of the file; only these statuses."""
    query = """
    SELECT d.id, d.line, d.row_id, d.version, d.row ->> 'text' AS text, d.status, d.reason, d.error, d.score,
      d.category, d.takes, d.retries, d.priority, d.render_key, d.ended_at,
      (SELECT count(*) FROM attempt a WHERE a.tenant_id = d.tenant_id AND a.design_id = d.id) AS attempts
    FROM design d WHERE d.batch_id = %s AND NOT d.superseded AND (%s::text[] IS NULL OR d.status = ANY(%s))
    ORDER BY d.line
    """
    wanted = None if statuses is None else list(statuses)
    return await every(connection, query, batch_id, wanted, wanted)


async def next_due_s(connection: Rows, batch_id: UUID | None) -> float | None:
    """Seconds until a row of this batch, or of any that runs, can be taken; None where none is left, 0 where one is."""
    query = """
    SELECT extract(epoch FROM min(greatest(b.waits_until,
      CASE d.status WHEN 'waiting' THEN d.due_at ELSE d.taken_until END)) - now())::float8 AS seconds
    FROM design d JOIN batch b ON b.tenant_id = d.tenant_id AND b.id = d.batch_id
    WHERE NOT d.superseded AND d.status IN ('waiting', 'drawing') AND b.status = 'running'
      AND (%s::uuid IS NULL OR b.id = %s)
    """
    row = await one(connection, query, batch_id, batch_id)
    return None if row is None or row["seconds"] is None else max(0.0, row["seconds"])


async def ideas_to_design(connection: Rows, most: int) -> list[Row]:
    """Approved ideas that nobody can take back any more and that have no batch in that revision, the oldest first."""
    query = """
    SELECT i.* FROM idea i
    WHERE i.status = 'approved' AND i.merged_into IS NULL
      AND NOT EXISTS (SELECT FROM batch b WHERE b.tenant_id = i.tenant_id AND b.idea_id = i.id
        AND b.idea_revision = i.revision)
      AND NOT EXISTS (SELECT FROM review r WHERE r.tenant_id = i.tenant_id AND r.idea_id = i.id
        AND r.revision = i.revision AND r.undone_at IS NULL AND r.undo_until > now())
    ORDER BY i.decided_at LIMIT %s
    """
    return await every(connection, query, most)


async def designed_share(connection: Rows) -> tuple[int, int]:
    """Of the ideas that were approved, how many have a design; and how many there are."""
    query = """
    SELECT count(*) AS approved, count(*) FILTER (WHERE EXISTS (
      SELECT FROM batch b JOIN design d ON d.tenant_id = b.tenant_id AND d.batch_id = b.id
      WHERE b.tenant_id = i.tenant_id AND b.idea_id = i.id AND d.status = 'done')) AS designed
    FROM idea i WHERE i.status IN ('approved', 'designed', 'listed', 'live')
    """
    row = await one(connection, query)
    return (0, 0) if row is None else (int(row["designed"]), int(row["approved"]))
