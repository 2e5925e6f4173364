"""Outbox: what was approved goes out once. A row is written with the approval and pushed by one worker at a time.

    queued -> pushing -> live | ended
              pushing -> queued        nothing was sent, or it was told to wait
              pushing -> unconfirmed   something was sent and nobody knows what came of it; a look-up settles that
              pushing -> refused       the marketplace says no: a person changes the draft and approves it anew
    queued, unconfirmed -> dead        its deadline is over: a person retries or declines it
    queued -> withdrawn                taken back while the undo window was open

Whoever takes a row that was begun before looks first at what stands. A worker moves its row on by a heartbeat; one that
was killed does not, and its row is taken by another as uncertain since the moment until which it was held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from store.batches import note
from store.decisions import Row, Rows, every, every_named, lock_idea, move_idea, one
from store.ids import new_id
from store.listings import OPEN, ListingError, NotNow, lock, move

LEASE_S = 10.0
"""How long a worker holds a row without a sign of life."""
DEADLINE = timedelta(hours=24)
"""How long a row may stay open before a person is asked."""
Verb = Literal["put", "end"]
Settled = Literal["live", "ended", "refused", "dead"]


class Lost(ListingError):
    """Another worker has the row: whatever came of it is theirs to settle."""


@dataclass(frozen=True, slots=True)
class Later:
    """A row that is not settled yet: when it is due again, and why."""

    pause_s: float
    error: str
    uncertain: bool | None = None
    """True: a change was sent and its end is unknown; False: what stands is known; None: as it was."""
    counts: bool = True
    """As one more try."""


PUT = """
INSERT INTO outbox (tenant_id, id, listing_id, verb, nth, marketplace, body, digest, status, due_at, undo_until,
  deadline_at, begun_at, actor, reason)
SELECT tenant_id, %(id)s, id, %(verb)s, nth, marketplace, body, digest, 'queued', now() + %(undo)s, now() + %(undo)s,
  now() + %(undo)s + %(deadline)s,
  (SELECT min(o.begun_at) FROM outbox o WHERE o.tenant_id = listing.tenant_id AND o.listing_id = listing.id),
  %(actor)s, %(reason)s
FROM listing WHERE id = %(listing)s
"""
"""What was begun once is begun for good: the next row of the listing looks first."""
TAKE = """
SELECT id, listing_id, status FROM outbox
WHERE (status IN ('queued', 'unconfirmed') AND due_at <= now() OR status = 'pushing' AND taken_until < now())
  AND id <> ALL(%(mine)s)
ORDER BY due_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
"""
TAKEN = """
UPDATE outbox o SET status = 'pushing', taken_by = %(worker)s, taken_until = now() + %(lease)s * interval '1 second',
  takes = takes + 1, first_at = coalesce(first_at, now()), begun_at = coalesce(begun_at, now()),
  uncertain_since = CASE WHEN o.status = 'pushing' THEN o.taken_until ELSE o.uncertain_since END
FROM listing l WHERE o.id = ANY(%(ids)s) AND l.tenant_id = o.tenant_id AND l.id = o.listing_id
RETURNING o.*, l.key, l.design_id, l.idea_id, l.native, now() > o.deadline_at AS late,
  now() - o.uncertain_since AS uncertain_for
"""
LISTING_TO = """
UPDATE listing SET status = %(status)s, error = %(error)s, changed_at = now(),
  native = coalesce(%(native)s, native), seen_at = CASE WHEN %(native)s::jsonb IS NULL THEN seen_at ELSE now() END
WHERE id = %(id)s
"""


async def approve(
    connection: Rows, listing_id: UUID, actor: str, undo_s: float, digest: str | None = None, reason: str = ""
) -> Row:
    """A person's yes and the row that goes out, in one transaction; the row. The same again finds what stands.

    Raises NotNow where it does not wait, where a gate blocks it, or where its draft is no longer the one of `digest`.
    """
    async with connection.transaction():
        row = await lock(connection, listing_id)
        if digest is not None and row["digest"] != digest:
            raise NotNow(f"{row['title']!r} was changed meanwhile: look at it again")
        standing = await find_open(connection, listing_id)
        if standing is not None and standing["verb"] == "put":
            return standing
        if row["status"] != "waiting":
            raise NotNow(f"{row['title']!r} is {row['status']}: only what waits can be approved")
        put = await _put(connection, row, "put", actor, undo_s, reason)
        await move(connection, row, "queued", actor, reason or "approved", told=False)
        return put


async def end(connection: Rows, listing_id: UUID, actor: str, reason: str) -> Row:
    """Take it off sale: the row that does. NotNow where nothing of it is up, or something of it is under way."""
    async with connection.transaction():
        row = await lock(connection, listing_id)
        standing = await find_open(connection, listing_id)
        if standing is not None and standing["verb"] == "end":
            return standing
        begun = await one(connection, "SELECT FROM outbox WHERE listing_id = %s AND begun_at IS NOT NULL", listing_id)
        if standing is not None or begun is None or row["status"] in ("ended", "declined"):
            raise NotNow(f"{row['title']!r} is {row['status']}: there is nothing to end")
        put = await _put(connection, row, "end", actor, 0.0, reason)
        await move(connection, row, "queued", actor, reason or "to be ended")
        return put


async def withdraw(connection: Rows, listing_id: UUID, actor: str) -> None:
    """Take an approval back while its window is open and no worker has it; the listing waits again."""
    query = """
    UPDATE outbox SET status = 'withdrawn', ended_at = now()
    WHERE listing_id = %s AND status = 'queued' AND verb = 'put' AND takes = 0 AND undo_until > now() RETURNING id
    """
    async with connection.transaction():
        row = await lock(connection, listing_id)
        if await one(connection, query, listing_id) is None:
            raise NotNow(f"{row['title']!r} is {row['status']}: its approval can no longer be taken back")
        await move(connection, row, "waiting", actor, "the approval was taken back")


async def retry(connection: Rows, listing_id: UUID, actor: str, reason: str) -> Row:
    """Push a dead or refused row again as it was approved; what stands is looked at first. The row."""
    query = """
    UPDATE outbox SET status = 'queued', due_at = now(), deadline_at = now() + %s, ended_at = NULL, tries = 0,
      error = ''
    WHERE id = (SELECT id FROM outbox WHERE listing_id = %s ORDER BY recorded_at DESC, id DESC LIMIT 1)
      AND status IN ('dead', 'refused') RETURNING *
    """
    async with connection.transaction():
        row = await lock(connection, listing_id)
        put = await one(connection, query, DEADLINE, listing_id)
        if put is None or row["status"] not in ("dead", "refused"):
            raise NotNow(f"{row['title']!r} is {row['status']}: only what is dead or refused can be tried again")
        await move(connection, row, "queued", actor, reason or "tried again")
        return put


async def say_live(connection: Rows, listing_id: UUID, actor: str, native: Mapping[str, Any]) -> None:
    """A person says that it stands. NotNow where a worker has it just now, or nothing of it went out."""
    query = """
    UPDATE outbox SET status = 'live', error = '', ended_at = now(), uncertain_since = NULL
    WHERE id = (SELECT id FROM outbox WHERE listing_id = %s ORDER BY recorded_at DESC, id DESC LIMIT 1)
      AND verb = 'put' AND status IN ('queued', 'unconfirmed', 'refused', 'dead', 'live') AND begun_at IS NOT NULL
    RETURNING id, marketplace
    """
    async with connection.transaction():
        row = await lock(connection, listing_id)
        put = await one(connection, query, listing_id)
        if put is None:
            raise NotNow(f"{row['title']!r} is {row['status']}: nothing of it waits to be put up")
        await _show(connection, listing_id, "live", actor, "", native)
        if row["idea_id"] is not None:
            await _idea_lives(connection, row["idea_id"], actor, put["marketplace"], row["key"])


async def note_seen(
    connection: Rows, listing_id: UUID, actor: str, native: Mapping[str, Any] | None, status: Settled, why: str = ""
) -> bool:
    """What a look at a live listing found: live still, ended there, or (dead) there no more; whether that is news.

    A listing that is not live, or that something is under way for, is left alone.
    """
    query = """
    UPDATE outbox SET status = %s, error = %s WHERE id = (SELECT id FROM outbox WHERE listing_id = %s
      ORDER BY recorded_at DESC, id DESC LIMIT 1) AND status = 'live' RETURNING id
    """
    async with connection.transaction():
        row = await lock(connection, listing_id)
        if row["status"] != "live":
            return False
        if status == "live":
            seen = "UPDATE listing SET seen_at = now(), native = coalesce(%s, native) WHERE id = %s"
            await connection.execute(seen, (Jsonb(dict(native)) if native else None, listing_id))
            return False
        await connection.execute(query, (status, why, listing_id))
        await _show(connection, listing_id, status, actor, why, native)
        return True


async def take(connection: Rows, worker: UUID, actor: str, most: int, mine: Sequence[UUID] = ()) -> list[Row]:
    """At most so many rows that are due, now this worker's, the longest due first; none that it works at (`mine`).

    Each with key and idea of its listing, "late" (its deadline is over) and "uncertain_for" (None: it is not).
    """
    async with connection.transaction():
        due = await every_named(connection, TAKE, {"most": most, "mine": list(mine)})
        if not due:
            return []
        were = {row["id"]: (row["listing_id"], row["status"]) for row in due}
        given = {"worker": worker, "lease": LEASE_S, "ids": list(were)}
        rows = await every_named(connection, TAKEN, given)
        listings = sorted(listing for listing, _ in were.values())
        await connection.execute("UPDATE listing SET status = 'pushing' WHERE id = ANY(%s)", (listings,))
        await note(connection, "listing", sorted(were.values()), "pushing", actor, "")
        for idea_id in sorted({row["idea_id"] for row in rows if row["idea_id"] and row["verb"] == "put"}):
            idea = await lock_idea(connection, idea_id)
            if idea["status"] == "designed":
                await move_idea(connection, idea, "listed", actor, "a listing of it goes out", {})
    return sorted(rows, key=lambda row: list(were).index(row["id"]))


async def beat(connection: Rows, worker: UUID, mine: Sequence[UUID]) -> set[UUID]:
    """A sign of life over these rows; those of them that are still this worker's."""
    query = """
    UPDATE outbox SET taken_until = now() + %s * interval '1 second'
    WHERE taken_by = %s AND id = ANY(%s) AND taken_until > now() RETURNING id
    """
    return {row["id"] for row in await every(connection, query, LEASE_S, worker, list(mine))}


async def settle(
    connection: Rows, worker: UUID, row: Row, status: Settled, actor: str, error: str = "",
    native: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """How a row ended; an idea is live with its first listing. Raises Lost where another worker has the row."""
    query = """
    UPDATE outbox SET status = %s, error = %s, ended_at = now(), taken_by = NULL, taken_until = NULL,
      uncertain_since = CASE WHEN %s IN ('live', 'ended') THEN NULL ELSE uncertain_since END
    WHERE id = %s AND taken_by = %s RETURNING id
    """
    async with connection.transaction():
        if await one(connection, query, status, error, status, row["id"], worker) is None:
            raise Lost(f"listing {row['key']} is another worker's now")
        await _show(connection, row["listing_id"], status, actor, error, native)
        if status == "live" and row["idea_id"] is not None:
            idea = await lock_idea(connection, row["idea_id"])
            if idea["status"] in ("designed", "listed"):
                await move_idea(
                    connection, idea, "live", actor, f"live on {row['marketplace']}", {"listing": row["key"]}
                )


async def _idea_lives(connection: Rows, idea_id: UUID, actor: str, marketplace: str, key: str) -> None:
    idea = await lock_idea(connection, idea_id)
    if idea["status"] in ("designed", "listed"):
        await move_idea(connection, idea, "live", actor, f"live on {marketplace}", {"listing": key})


async def put_back(connection: Rows, worker: UUID, row: Row, actor: str, later: Later) -> None:
    """The row waits again, or is unconfirmed where nobody knows what stands. Raises Lost as `settle` does."""
    query = """
    UPDATE outbox SET due_at = now() + %(pause)s * interval '1 second', error = %(error)s, taken_by = NULL,
      taken_until = NULL, tries = tries + %(counts)s, uncertain_since = CASE %(uncertain)s::boolean
        WHEN true THEN now() WHEN false THEN NULL ELSE uncertain_since END,
      status = CASE WHEN coalesce(%(uncertain)s::boolean, uncertain_since IS NOT NULL) THEN 'unconfirmed'
        ELSE 'queued' END
    WHERE id = %(id)s AND taken_by = %(worker)s RETURNING status
    """
    given = {
        "pause": later.pause_s, "error": later.error, "counts": int(later.counts), "uncertain": later.uncertain,
        "id": row["id"], "worker": worker,
    }  # fmt: skip
    async with connection.transaction():
        async with connection.cursor() as cursor:
            await cursor.execute(query, given)
            put = await cursor.fetchone()
        if put is None:
            raise Lost(f"listing {row['key']} is another worker's now")
        await _show(connection, row["listing_id"], put[0], actor, later.error, None)


async def find_open(connection: Rows, listing_id: UUID) -> Row | None:
    """The row of a listing that is not settled yet."""
    return await one(
        connection, "SELECT * FROM outbox WHERE listing_id = %s AND status = ANY(%s)", listing_id, list(OPEN)
    )


async def next_due_s(connection: Rows) -> float | None:
    """Seconds until a row can be taken; 0 where one can, None where none is open."""
    query = """
    SELECT extract(epoch FROM min(CASE status WHEN 'pushing' THEN taken_until ELSE due_at END) - now())::float8 AS s
    FROM outbox WHERE status IN ('queued', 'pushing', 'unconfirmed')
    """
    row = await one(connection, query)
    return None if row is None or row["s"] is None else max(0.0, row["s"])


async def _put(connection: Rows, row: Row, verb: Verb, actor: str, undo_s: float, reason: str) -> Row:
    given = {
        "id": new_id(), "verb": verb, "undo": timedelta(seconds=undo_s), "deadline": DEADLINE, "actor": actor,
        "reason": reason, "listing": row["id"],
    }  # fmt: skip
    async with connection.cursor() as cursor:
        await cursor.execute(PUT, given)
    put = await find_open(connection, row["id"])
    if put is None:
        raise NotNow(f"{row['title']!r} has no draft yet")
    return put


async def _show(
    connection: Rows, listing_id: UUID, status: str, actor: str, error: str, native: Mapping[str, Any] | None
) -> None:
    """The listing says what its row came to."""
    row = await lock(connection, listing_id)
    given = {"status": status, "error": error, "id": listing_id, "native": Jsonb(dict(native)) if native else None}
    async with connection.cursor() as cursor:
        await cursor.execute(LISTING_TO, given)
    await note(connection, "listing", [(listing_id, row["status"])], status, actor, error)
