"""People: members, their keys and refresh tokens, each change in one transaction with its event.

Of keys and refresh tokens only SHA-256 is stored. Statements name no tenant where row-level security adds it. A handle
that was removed is never given again: it stays the actor of what they did.

MemberError
|- NoMember    no such member or key
|- Taken       the handle is somebody's, or was
`- LastAdmin   nobody would be left who may keep people
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from store.decisions import every, one
from store.ids import new_id

Rows = AsyncConnection[Any]
Row = dict[str, Any]

REPEAT = timedelta(seconds=3)
"""A refresh token that comes again so soon came twice at once: one of the two is refused and nothing ends."""


class MemberError(Exception):
    """Root of this module's errors."""


class NoMember(MemberError):
    """No such member or key."""


class Taken(MemberError):
    """A handle that is somebody's, or was."""


class LastAdmin(MemberError):
    """The last who may keep people."""


PUT_MEMBER = """
INSERT INTO member (tenant_id, handle, name, role, tier)
VALUES (current_setting('bellwether.tenant'), %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING *
"""
MEMBERS = """
SELECT m.handle, m.name, m.role, m.tier, m.recorded_at, count(k.id) AS keys, max(k.used_on) AS used_on
FROM member m LEFT JOIN api_key k ON k.tenant_id = m.tenant_id AND k.handle = m.handle AND k.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > now())
WHERE m.removed_at IS NULL GROUP BY m.tenant_id, m.handle ORDER BY m.handle
"""
ADMINS = "SELECT handle FROM member WHERE role = 'admin' AND removed_at IS NULL ORDER BY handle FOR UPDATE"
MEMBER = "SELECT * FROM member WHERE handle = %s AND removed_at IS NULL FOR UPDATE"
SET_MEMBER = "UPDATE member SET role = %s, tier = %s WHERE handle = %s RETURNING *"
REMOVE = "UPDATE member SET removed_at = now(), name = '' WHERE handle = %s"

PUT_KEY = """
INSERT INTO api_key (tenant_id, id, handle, label, secret_sha256, expires_at)
VALUES (current_setting('bellwether.tenant'), %s, %s, %s, %s, now() + %s)
RETURNING id, handle, label, recorded_at, expires_at, revoked_at, used_on
"""
KEYS = """
SELECT id, handle, label, recorded_at, expires_at, revoked_at, used_on FROM api_key
WHERE %(handle)s::text IS NULL OR handle = %(handle)s ORDER BY id
"""
FIND_KEY = """
SELECT k.id, k.secret_sha256, m.handle, m.role, m.tier, m.name, coalesce(k.expires_at <= now(), false) AS expired,
  k.revoked_at IS NOT NULL OR m.removed_at IS NOT NULL AS revoked, k.used_on IS DISTINCT FROM current_date AS unmarked
FROM api_key k JOIN member m ON m.tenant_id = k.tenant_id AND m.handle = k.handle WHERE k.id = %s
"""
MARK_KEY = "UPDATE api_key SET used_on = current_date WHERE id = %s AND used_on IS DISTINCT FROM current_date"
REVOKE_KEYS = """
UPDATE api_key SET revoked_at = now() WHERE revoked_at IS NULL AND (id = %(id)s OR handle = %(handle)s)
RETURNING id, handle
"""

PUT_REFRESH = """
INSERT INTO refresh_token (tenant_id, secret_sha256, family, key_id, expires_at)
VALUES (current_setting('bellwether.tenant'), %s, %s, %s, now() + %s)
"""
USE_UP = """
UPDATE refresh_token SET used_at = now()
WHERE secret_sha256 = %s AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now() RETURNING family, key_id
"""
SPENT = """
SELECT t.family, t.key_id, k.handle, t.used_at < now() - %s AS again
FROM refresh_token t JOIN api_key k ON k.tenant_id = t.tenant_id AND k.id = t.key_id
WHERE t.secret_sha256 = %s AND t.used_at IS NOT NULL AND t.revoked_at IS NULL
"""
FAMILY_OF = "SELECT family FROM refresh_token WHERE secret_sha256 = %s"
END_FAMILY = "UPDATE refresh_token SET revoked_at = now() WHERE family = %s AND revoked_at IS NULL"
END_TOKENS = "UPDATE refresh_token SET revoked_at = now() WHERE key_id = ANY(%s) AND revoked_at IS NULL"
FAMILY_LIVES = "SELECT FROM refresh_token WHERE family = %s AND key_id = %s AND revoked_at IS NULL LIMIT 1"

NOTE = """
INSERT INTO event (tenant_id, id, subject, subject_id, from_status, to_status, actor, reason)
VALUES (current_setting('bellwether.tenant'), %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Use:
    """What became of a refresh token that came: good once; `again`: it came a second time, and its family is ended."""

    outcome: Literal["good", "unknown", "again"]
    family: UUID | None = None
    key_id: UUID | None = None
    handle: str = ""


async def add_member(connection: Rows, handle: str, name: str, role: str, tier: str, actor: str) -> Row:
    """A new member. Taken where the handle is somebody's, or was."""
    async with connection.transaction():
        row = await one(connection, PUT_MEMBER, handle, name, role, tier)
        if row is None:
            raise Taken(f"the handle {handle!r} is taken: one that was removed is never given again")
        await _note(connection, "member", handle, None, role, actor, f"tier {tier}")
        return row


async def load_members(connection: Rows) -> list[Row]:
    """Everybody who is not removed, by handle, with how many keys of theirs are good and when one was last used."""
    return await every(connection, MEMBERS)


async def set_member(connection: Rows, handle: str, role: str | None, tier: str | None, actor: str) -> Row:
    """Another role or tier; None leaves it. LastAdmin where nobody else could keep people."""
    async with connection.transaction():
        before = await _lock_member(connection, handle, stays_admin=role in (None, "admin"))
        after = await one(connection, SET_MEMBER, role or before["role"], tier or before["tier"], handle)
        assert after is not None  # noqa: S101 - the row is locked
        if (before["role"], before["tier"]) != (after["role"], after["tier"]):
            await _note(connection, "member", handle, before["role"], after["role"], actor, f"tier {after['tier']}")
        return after


async def remove_member(connection: Rows, handle: str, actor: str) -> None:
    """Forget their name, end their keys and tokens; the handle stays with what they did."""
    async with connection.transaction():
        before = await _lock_member(connection, handle, stays_admin=False)
        await connection.execute(REMOVE, (handle,))
        await _revoke(connection, actor, handle=handle)
        await _note(connection, "member", handle, before["role"], "removed", actor, "")


async def add_key(
    connection: Rows, key_id: UUID, handle: str, label: str, sha256: bytes, life: timedelta | None, actor: str
) -> Row:
    """A key of a member; the row has no secret."""
    async with connection.transaction():
        await _lock_member(connection, handle, stays_admin=True)
        row = await one(connection, PUT_KEY, key_id, handle, label, sha256, life)
        assert row is not None  # noqa: S101 - INSERT ... RETURNING gives the row
        await _note(connection, "key", str(key_id), None, "given", actor, f"to {handle}")
        return row


async def load_keys(connection: Rows, handle: str | None = None) -> list[Row]:
    """The keys of one or of all, in the order they were given; without their secrets."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(KEYS, {"handle": handle})
        return await cursor.fetchall()


async def find_key(connection: Rows, key_id: UUID) -> Row | None:
    """A key with its member, whether it is expired or revoked, and its secret's hash."""
    return await one(connection, FIND_KEY, key_id)


async def mark_used(connection: Rows, key_id: UUID) -> None:
    """Write that it was used today, once a day."""
    await connection.execute(MARK_KEY, (key_id,))


async def revoke_key(connection: Rows, key_id: UUID, actor: str) -> None:
    """End a key and every token it was exchanged for. NoMember where there is none that could be."""
    async with connection.transaction():
        if not await _revoke(connection, actor, key_id=key_id):
            raise NoMember(f"no key {key_id} that could be revoked; `bellwether members list` shows whose there are")


async def put_token(connection: Rows, sha256: bytes, family: UUID, key_id: UUID, life: timedelta) -> None:
    """Keep a refresh token's hash."""
    await connection.execute(PUT_REFRESH, (sha256, family, key_id, life))


async def use_token(connection: Rows, sha256: bytes) -> Use:
    """Use a refresh token up: of two who come with it, one is good. Call it in a transaction.

    One that was used more than REPEAT ago ends its family: somebody else has it.
    """
    used = await one(connection, USE_UP, sha256)
    if used is not None:
        return Use("good", used["family"], used["key_id"])
    spent = await one(connection, SPENT, REPEAT, sha256)
    if spent is None or not spent["again"]:
        return Use("unknown")
    await end_family(connection, spent["family"])
    return Use("again", spent["family"], spent["key_id"], spent["handle"])


async def find_family(connection: Rows, sha256: bytes) -> UUID | None:
    """The family of a refresh token."""
    row = await one(connection, FAMILY_OF, sha256)
    return None if row is None else row["family"]


async def end_family(connection: Rows, family: UUID) -> None:
    """End every token of a family."""
    await connection.execute(END_FAMILY, (family,))


async def family_lives(connection: Rows, family: UUID, key_id: UUID) -> bool:
    """Whether nobody ended it."""
    cursor = await connection.execute(FAMILY_LIVES, (family, key_id))
    return await cursor.fetchone() is not None


async def _lock_member(connection: Rows, handle: str, stays_admin: bool) -> Row:
    """The member, locked, and with them all admins where one could be lost: of two at once, one sees the other."""
    admins = [] if stays_admin else [row["handle"] for row in await every(connection, ADMINS)]
    row = await one(connection, MEMBER, handle)
    if row is None:
        raise NoMember(f"no member {handle!r}; `bellwether members list` shows who there is")
    if admins == [handle]:
        raise LastAdmin(f"{handle} is the last admin: make somebody else admin first")
    return row


async def _revoke(connection: Rows, actor: str, key_id: UUID | None = None, handle: str | None = None) -> int:
    async with connection.cursor() as cursor:
        await cursor.execute(REVOKE_KEYS, {"id": key_id, "handle": handle})
        revoked = await cursor.fetchall()
    await connection.execute(END_TOKENS, ([key for key, _ in revoked],))
    for key, whose in revoked:
        await _note(connection, "key", str(key), "given", "revoked", actor, f"of {whose}")
    return len(revoked)


async def _note(
    connection: Rows, subject: str, name: str, before: str | None, after: str, actor: str, reason: str
) -> None:
    await connection.execute(NOTE, (new_id(), subject, name, before, after, actor, reason))
