"""Audit: who asked what of which door, and what became of it. Append-only, and each tenant reads its own.

An entry holds handles, ids and words of ours; of what was typed at most 200 redacted characters of a search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from store.ids import new_id

Rows = AsyncConnection[Any]
Row = dict[str, Any]
Door = Literal["api", "console", "cli", "studio"]
Outcome = Literal["done", "refused", "failed"]

PUT = """
INSERT INTO audit (tenant_id, id, actor, door, deed, subject, outcome, detail)
VALUES (current_setting('bellwether.tenant'), %s, %s, %s, %s, %s, %s, %s)
"""
LOAD = """
SELECT id, actor, door, deed, subject, outcome, detail, recorded_at FROM audit
WHERE tenant_id = current_setting('bellwether.tenant') AND (%(after)s::uuid IS NULL OR id < %(after)s)
  AND (%(actor)s::text IS NULL OR actor = %(actor)s) AND (%(deed)s::text IS NULL OR deed = %(deed)s)
ORDER BY id DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody asked for. The actor is a handle; '' for whoever could not be named."""

    actor: str
    door: Door
    deed: str
    subject: str = ""
    outcome: Outcome = "done"
    detail: Mapping[str, Any] = field(default_factory=dict)


async def record(connection: Rows, entry: Entry) -> None:
    """Write an entry: one INSERT."""
    await connection.execute(PUT, _row(entry))


def record_plainly(connection: Connection[Any], entry: Entry) -> None:
    """The same on a plain session."""
    connection.execute(PUT, _row(entry))


async def load_audit(
    connection: Rows, after: UUID | None, most: int, actor: str | None = None, deed: str | None = None
) -> list[Row]:
    """Entries, the newest first, from below `after`."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(LOAD, {"after": after, "most": most, "actor": actor, "deed": deed})
        return await cursor.fetchall()


def _row(entry: Entry) -> tuple[Any, ...]:
    detail = Jsonb(dict(entry.detail))
    return new_id(), entry.actor, entry.door, entry.deed, entry.subject, entry.outcome, detail
