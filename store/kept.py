"""Kept: what requests with a key of their own were answered, so that one that comes again is done once.

A key is a person's own. It is claimed before the work and filled after it; a claim that nobody filled, because its
process died, can be claimed anew after a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from store.decisions import one

Rows = AsyncConnection[Any]
KEPT = timedelta(hours=24)
"""Housekeeping lets answers go as late; an older one that is still there counts no more."""

CLAIM = """
INSERT INTO kept_answer AS kept (tenant_id, actor, key, request_sha256)
VALUES (current_setting('bellwether.tenant'), %(actor)s, %(key)s, %(request)s)
ON CONFLICT (tenant_id, actor, key) DO UPDATE SET request_sha256 = excluded.request_sha256, status = NULL,
  headers = '{}', body = NULL, recorded_at = clock_timestamp()
WHERE kept.recorded_at < now() - %(kept)s::interval
  OR (kept.status IS NULL AND kept.recorded_at < now() - %(abandoned)s::interval
    AND kept.request_sha256 = excluded.request_sha256)
RETURNING recorded_at
"""
FIND = "SELECT request_sha256, status, headers, body FROM kept_answer WHERE actor = %s AND key = %s"
FILL = """
UPDATE kept_answer SET status = %(status)s, headers = %(headers)s, body = %(body)s
WHERE actor = %(actor)s AND key = %(key)s AND request_sha256 = %(request)s AND status IS NULL
"""
GIVE_UP = "DELETE FROM kept_answer WHERE actor = %s AND key = %s AND request_sha256 = %s AND status IS NULL"


@dataclass(frozen=True, slots=True)
class Claim:
    """A person's key, and the SHA-256 of the request that it stands for."""

    actor: str
    key: str
    request: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands under a key: of which request, and its answer; no status while it is being done."""

    request: bytes
    status: int | None
    headers: Mapping[str, str]
    body: bytes


async def claim(connection: Rows, claimed: Claim, abandoned: timedelta) -> Kept | None:
    """Take the key, also where another took it so long ago and never ended; None, or what stands under it."""
    given = {"actor": claimed.actor, "key": claimed.key, "request": claimed.request, "kept": KEPT}
    if await _gives(connection, CLAIM, given | {"abandoned": abandoned}):
        return None
    row = await one(connection, FIND, claimed.actor, claimed.key)
    if row is None:  # whoever had it gave it up just now
        return Kept(claimed.request, None, {}, b"")
    return Kept(row["request_sha256"], row["status"], row["headers"], row["body"] or b"")


async def fill(connection: Rows, claimed: Claim, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Keep the answer under the key."""
    given = {"actor": claimed.actor, "key": claimed.key, "request": claimed.request}
    await connection.execute(FILL, given | {"status": status, "headers": Jsonb(dict(headers)), "body": body})


async def give_up(connection: Rows, claimed: Claim) -> None:
    """Let the key go: its request had no answer that counts."""
    await connection.execute(GIVE_UP, (claimed.actor, claimed.key, claimed.request))


async def _gives(connection: Rows, query: str, given: Mapping[str, Any]) -> bool:
    """Whether a statement gave a row."""
    cursor = await connection.execute(query.encode(), given)
    return await cursor.fetchone() is not None
