"""Signals as people look at them: the newest first, one with its past, how many came when.

Signals are shared by all tenants; the ideas that one points at are the tenant's whose session it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from store.quarantine import SEEN

Rows = AsyncConnection[Any]
Row = dict[str, Any]

SEARCHED = 200_000
"""Words are looked for in so many of the newest signals that fit otherwise, from the cursor on."""
MOST_WORDS = 8
MOST_OBSERVATIONS = 200
MOST_IDEAS = 20


class Cursor(NamedTuple):
    """Where a list goes on: behind the signal that was stored then and has this id."""

    recorded_at: datetime
    id: UUID


SHOWN = "id, source, kind, text, url, community, category, tags, locale, published_at, first_known_at, recorded_at"
CHOSEN: Mapping[str, str] = {
    "source": "source = %(source)s",
    "community": "community = %(community)s",
    "since": "recorded_at >= %(since)s",
    "at": "(recorded_at, id) < (%(at)s, %(after)s)",
}
NEWEST = "SELECT {shown} FROM signal WHERE {chosen} ORDER BY recorded_at DESC, id DESC LIMIT %(most)s"
WITH_WORDS = """
SELECT {shown} FROM (
  SELECT {shown} FROM signal WHERE {chosen} ORDER BY recorded_at DESC, id DESC LIMIT %(searched)s) late
WHERE text ILIKE ALL(%(words)s) ORDER BY recorded_at DESC, id DESC LIMIT %(most)s
"""
WITH_PAST = """
SELECT s.*, last.known_at AS last_known_at, coalesce(last.metrics, '{{}}') AS metrics, i.ideas
FROM ({signals}) s
LEFT JOIN LATERAL (SELECT o.known_at, o.metrics FROM observation o WHERE o.signal_id = s.id
  ORDER BY o.known_at DESC LIMIT 1) last ON true
CROSS JOIN LATERAL (SELECT count(*) AS ideas FROM idea_signal m WHERE m.signal_id = s.id) i
ORDER BY s.recorded_at DESC, s.id DESC
"""
ONE = WITH_PAST.format(signals=NEWEST.format(shown=SHOWN, chosen="id = %(id)s"))
OBSERVATIONS = f"""
SELECT o.known_at, o.text, o.metrics, o.recorded_at, CASE WHEN {SEEN} THEN f.name END AS file, o.row_no
FROM observation o LEFT JOIN intake_file f ON f.id = o.file_id
WHERE o.signal_id = %s ORDER BY o.known_at DESC LIMIT %s
"""  # noqa: S608 - a condition of ours
IDEAS = """
SELECT i.id, i.phrase, i.audience, i.status, i.verdict, i.score FROM idea_signal m
JOIN idea i ON i.tenant_id = m.tenant_id AND i.id = m.idea_id
WHERE m.signal_id = %s ORDER BY i.score DESC NULLS LAST, i.id LIMIT %s
"""


async def load_signals(
    connection: Rows,
    most: int,
    after: Cursor | None = None,
    source: str | None = None,
    community: str | None = None,
    text: str = "",
    since: datetime | None = None,
) -> list[Row]:
    """Signals by when they were stored, the newest first, each as last observed; `text`: all of its words are in it.

    With words, only the newest SEARCHED of those that fit otherwise are looked through.
    """
    words = [f"%{_escaped(word)}%" for word in _storable(text).split()[:MOST_WORDS]]
    given = {
        "source": None if source is None else _storable(source),
        "community": None if community is None else _storable(community),
        "since": since,
        "at": after.recorded_at if after else None,
    }
    chosen = " AND ".join(CHOSEN[name] for name, value in given.items() if value is not None) or "true"
    signals = (WITH_WORDS if words else NEWEST).format(shown=SHOWN, chosen=chosen)
    values = {**given, "after": after.id if after else None, "most": most, "searched": SEARCHED, "words": words}
    return await _every(connection, WITH_PAST.format(signals=signals), values)


async def find_signal(connection: Rows, signal_id: UUID) -> Row | None:
    """One signal with its observations, the newest first, and the tenant's ideas that it points at; None: unknown."""
    found = await _every(connection, ONE, {"id": signal_id, "most": 1})
    if not found:
        return None
    observations = await _every(connection, OBSERVATIONS, (signal_id, MOST_OBSERVATIONS))
    return {
        **found[0],
        "observations": observations,
        "pointed_at": await _every(connection, IDEAS, (signal_id, MOST_IDEAS)),
    }


def cursor_of(row: Row) -> Cursor:
    """Where a list goes on behind this row."""
    return Cursor(row["recorded_at"], row["id"])


def _storable(text: str) -> str:
    """The text as the database can be asked for it: no null, no lone surrogate."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def _every(connection: Rows, query: str, values: Any) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, values)
        return await cursor.fetchall()
