"""Batches: brands, and files of rows that are drawn in one brand's style; how far each has come.

A change of a batch's status is one transaction with its event; doing it again writes nothing.

BatchError
|- UnknownBatch   there is none of this id or name
|- UnknownBrand   there is none of this name
`- NotSo          a batch that is over cannot be paused, cancelled or gone on with: the message says what it is
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from store.decisions import Row, Rows, every, one
from store.ids import new_id

FROM = {"paused": ("running",), "running": ("paused",), "cancelled": ("running", "paused")}
"""Which status a person may change into which."""


class BatchError(Exception):
    """Root of this module's errors."""


class UnknownBatch(BatchError):
    """There is no such batch."""


class UnknownBrand(BatchError):
    """There is no such brand."""


class NotSo(BatchError):
    """The batch is not in a state in which that can be done."""


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch as it is begun. `rows` are JSON-ready, in the order of the file."""

    key: str
    name: str
    brand_id: UUID
    plan: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    actor: str
    refused: Sequence[Mapping[str, Any]] = ()
    priority: int = 0
    idea: tuple[UUID, int] | None = None
    """Whose design it is, and in which revision it was approved."""


NOTE = """
INSERT INTO event (tenant_id, id, subject, subject_id, from_status, to_status, actor, reason)
SELECT current_setting('bellwether.tenant'), e.id, %(subject)s, e.subject_id::text, e.was, %(to)s, %(actor)s, %(reason)s
FROM unnest(%(events)s::uuid[], %(subjects)s::uuid[], %(were)s::text[]) AS e (id, subject_id, was)
"""
PUT_BATCH = """
INSERT INTO batch (tenant_id, id, key, name, brand_id, plan, refused, idea_id, idea_revision, status, priority, actor)
VALUES (current_setting('bellwether.tenant'), %(id)s, %(key)s, %(name)s, %(brand)s, %(plan)s, %(refused)s, %(idea)s,
  %(revision)s, 'running', %(priority)s, %(actor)s)
ON CONFLICT (tenant_id, key) DO NOTHING RETURNING id
"""
PUT_DESIGNS = """
INSERT INTO design (tenant_id, id, batch_id, line, row_id, row, status, priority)
SELECT current_setting('bellwether.tenant'), d.id, %(batch)s, d.line, d.row ->> 'id', d.row, 'waiting',
  coalesce((d.row ->> 'priority')::int, 0)
FROM unnest(%(ids)s::uuid[], %(lines)s::int[], %(rows)s::jsonb[]) AS d (id, line, row)
"""
PUT_BRAND = """
INSERT INTO brand (tenant_id, id, name, version, profile, images, actor)
SELECT current_setting('bellwether.tenant'), %(id)s, %(name)s, coalesce(max(version), 0) + 1, %(profile)s, %(images)s,
  %(actor)s
FROM brand WHERE name = %(name)s
RETURNING *
"""
PROGRESS = """
SELECT b.*, r.name AS brand, r.version AS brand_version, c.* FROM batch b
JOIN brand r ON r.tenant_id = b.tenant_id AND r.id = b.brand_id
CROSS JOIN LATERAL (
  SELECT count(*) AS total, count(*) FILTER (WHERE d.status = 'waiting') AS waiting,
    count(*) FILTER (WHERE d.status = 'drawing') AS drawing, count(*) FILTER (WHERE d.status = 'done') AS done,
    count(*) FILTER (WHERE d.status = 'dead') AS dead, count(*) FILTER (WHERE d.status = 'cancelled') AS cancelled,
    count(*) FILTER (WHERE d.retries > 0 OR d.version > 1) AS retried, avg(d.score) AS score
  FROM design d WHERE d.tenant_id = b.tenant_id AND d.batch_id = b.id AND NOT d.superseded) c
"""
PAGE = """(
  SELECT * FROM batch WHERE (%(statuses)s::text[] IS NULL OR status = ANY(%(statuses)s))
    AND (%(at)s::timestamptz IS NULL OR (recorded_at, id) < (%(at)s, %(id)s::uuid))
  ORDER BY recorded_at DESC, id DESC LIMIT %(most)s) b
"""
FINISH = """
UPDATE batch b SET status = 'finished', ended_at = now() WHERE b.id = %s AND b.status = 'running' AND NOT EXISTS (
  SELECT FROM design d WHERE d.tenant_id = b.tenant_id AND d.batch_id = b.id AND NOT d.superseded
    AND d.status IN ('waiting', 'drawing'))
RETURNING b.id
"""


async def put_brand(connection: Rows, name: str, profile: Mapping[str, Any], images: Sequence[str], actor: str) -> Row:
    """The next version of a brand; the one that stands where it is the same."""
    standing = await find_brand(connection, name)
    if standing is not None and (standing["profile"], standing["images"]) == (profile, list(images)):
        return standing
    given = {"id": new_id(), "name": name, "profile": Jsonb(profile), "images": Jsonb(list(images)), "actor": actor}
    async with connection.cursor() as cursor:
        await cursor.execute(PUT_BRAND, given)
    return await get_brand(connection, name)


async def find_brand(connection: Rows, name: str) -> Row | None:
    """The version of a brand that is in force."""
    return await one(connection, "SELECT * FROM brand WHERE name = %s ORDER BY version DESC LIMIT 1", name)


async def get_brand(connection: Rows, name: str) -> Row:
    """The version that is in force; UnknownBrand names those there are."""
    row = await find_brand(connection, name)
    if row is None:
        known = ", ".join(each["name"] for each in await load_brands(connection)) or "none yet"
        raise UnknownBrand(f"no brand {name!r}; there are: {known}")
    return row


async def load_brands(connection: Rows) -> list[Row]:
    """Each brand as it is in force, by name, without its profile."""
    query = """
    SELECT DISTINCT ON (name) id, name, version, actor, recorded_at, profile -> 'palette' AS palette,
      profile -> 'terms' AS terms, jsonb_array_length(images) AS images
    FROM brand ORDER BY name, version DESC
    """
    return await every(connection, query)


async def put_batch(connection: Rows, new: NewBatch) -> tuple[UUID, bool]:
    """Begin a batch with all its rows; its id, and whether it is new: the same again finds what stands."""
    ids = [new_id() for _ in new.rows]
    batch_id = new_id()
    idea_id, revision = new.idea or (None, None)
    given = {
        "id": batch_id, "key": new.key, "name": new.name, "brand": new.brand_id, "plan": Jsonb(dict(new.plan)),
        "refused": Jsonb([dict(each) for each in new.refused]), "idea": idea_id, "revision": revision,
        "priority": new.priority, "actor": new.actor,
    }  # fmt: skip
    async with connection.transaction():
        cursor = await connection.execute(PUT_BATCH, given)
        if await cursor.fetchone() is None:
            row = await one(connection, "SELECT id FROM batch WHERE key = %s", new.key)
            return (row["id"] if row else batch_id), False
        lines = list(range(1, len(ids) + 1))
        rows = [Jsonb(dict(row)) for row in new.rows]
        await connection.execute(PUT_DESIGNS, {"batch": batch_id, "ids": ids, "lines": lines, "rows": rows})
        await note(connection, "batch", [(batch_id, None)], "running", new.actor, f"{len(ids)} rows")
    return batch_id, True


async def note(
    connection: Rows, subject: str, were: Sequence[tuple[UUID, str | None]], to: str, actor: str, reason: str
) -> None:
    """Write the events of these subjects, each with the status it had."""
    given = {
        "subject": subject, "to": to, "actor": actor, "reason": reason, "events": [new_id() for _ in were],
        "subjects": [each for each, _ in were], "were": [was for _, was in were],
    }  # fmt: skip
    await connection.execute(NOTE, given)


async def get_batch(connection: Rows, text: str | UUID) -> Row:
    """A batch by its id, with its counts; by a text that is the beginning of its id or its name, the newest."""
    if isinstance(text, UUID):
        row = await one(connection, PROGRESS + " WHERE b.id = %s", text)
    else:
        query = " WHERE %s <> '' AND starts_with(b.id::text, %s) OR b.name = %s ORDER BY b.recorded_at DESC LIMIT 1"
        row = await one(connection, PROGRESS + query, text, text, text)
    if row is None:
        raise UnknownBatch(f"no batch {str(text)!r}; `bellwether batch list` shows them")
    return row


async def load_batches(
    connection: Rows,
    most: int = 50,
    after: tuple[datetime, UUID] | None = None,
    statuses: Sequence[str] | None = None,
) -> list[Row]:
    """The newest batches with their counts: total, waiting, drawing, done, dead, cancelled, retried, score.

    `after`: when the last of the page before was begun, and its id; only these statuses.
    """
    at, last = after or (None, None)
    given = {"most": most, "at": at, "id": last, "statuses": None if statuses is None else list(statuses)}
    query = PROGRESS.replace("FROM batch b", f"FROM {PAGE}") + " ORDER BY b.recorded_at DESC, b.id DESC"
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), given)
        return await cursor.fetchall()


async def move_batch(connection: Rows, batch_id: UUID, status: str, actor: str, reason: str = "") -> bool:
    """Pause, go on with or cancel a batch; false where it is that already. Cancelled, all that is not done is too."""
    async with connection.transaction():
        batch = await one(connection, "SELECT * FROM batch WHERE id = %s FOR NO KEY UPDATE", batch_id)
        if batch is None:
            raise UnknownBatch(f"no batch {batch_id}")
        if batch["status"] == status:
            return False
        if batch["status"] not in FROM[status]:
            raise NotSo(f"{batch['name']!r} is {batch['status']}: it cannot become {status}")
        await connection.execute(
            "UPDATE batch SET status = %s, ended_at = CASE WHEN %s = 'cancelled' THEN now() END WHERE id = %s",
            (status, status, batch_id),
        )
        await note(connection, "batch", [(batch_id, batch["status"])], status, actor, reason)
        if status == "cancelled":
            await _cancel_rows(connection, batch_id, actor, reason)
    return True


async def _cancel_rows(connection: Rows, batch_id: UUID, actor: str, reason: str) -> None:
    query = """
    UPDATE design d SET status = 'cancelled', taken_by = NULL, taken_until = NULL, ended_at = now()
    FROM (SELECT tenant_id, id, status FROM design WHERE batch_id = %s AND status IN ('waiting', 'drawing')
      AND NOT superseded FOR NO KEY UPDATE) old
    WHERE d.tenant_id = old.tenant_id AND d.id = old.id RETURNING d.id, old.status
    """
    gone = await every(connection, query, batch_id)
    await note(connection, "design", [(each["id"], each["status"]) for each in gone], "cancelled", actor, reason)


async def finish_batch(connection: Rows, batch_id: UUID, actor: str) -> bool:
    """Close a batch of which no row is left; whether it was closed now."""
    async with connection.transaction():
        closed = await one(connection, FINISH, batch_id)
        if closed is not None:
            await note(connection, "batch", [(batch_id, "running")], "finished", actor, "")
    return closed is not None


async def reopen_batch(connection: Rows, batch_id: UUID, actor: str, reason: str) -> None:
    """A batch that is over runs again: rows of it were asked for anew."""
    row = await one(
        connection,
        "UPDATE batch SET status = 'running', ended_at = NULL WHERE id = %s AND status IN ('finished', 'cancelled') "
        "RETURNING id, (SELECT status FROM batch old WHERE old.id = batch.id) AS was",
        batch_id,
    )
    if row is not None:
        await note(connection, "batch", [(batch_id, row["was"])], "running", actor, reason)


async def hold_batch(connection: Rows, batch_id: UUID, why: str = "", seconds: float = 0.0) -> None:
    """Let the queue of a batch stand so long, and say why; without a reason it goes on at once."""
    await connection.execute(
        "UPDATE batch SET waits_for = %s, waits_until = now() + %s * interval '1 second' "
        "WHERE id = %s AND (waits_for <> '' OR %s <> '')",
        (why, seconds, batch_id, why),
    )


async def set_priority(connection: Rows, batch_id: UUID, priority: int) -> None:
    """Which batch's rows go first; the higher."""
    await connection.execute("UPDATE batch SET priority = %s WHERE id = %s", (priority, batch_id))
