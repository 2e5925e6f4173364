"""Quarantine: rows that could not be stored, by file; and what moves where they are tried again.

A file that a tenant brought is shown to that tenant alone, what a live source answered to everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from store.ids import new_id

Session = Connection[Any]
Row = dict[str, Any]

MOST_REASONS = 5
"""Reasons told of one file, the commonest first."""


class Cursor(NamedTuple):
    """Where a list goes on: files behind the one of this moment and id, or rows behind this number."""

    recorded_at: datetime
    id: UUID
    row_no: int = 0


SEEN = """
(EXISTS (SELECT FROM brought_file b WHERE b.file_id = f.id)
  OR EXISTS (SELECT FROM source s WHERE starts_with(f.format, s.name || '/')))
"""
"""Whether the session's tenant may look into file `f` row by row."""
FILES = f"""
SELECT f.id, f.name, f.format, f.outcome, f.rows_read, f.stored, f.repeated, f.quarantined, f.known_at, f.recorded_at,
  EXISTS (SELECT FROM payload p WHERE p.file_id = f.id AND p.asked IS NOT NULL) AS kept, r.reasons
FROM intake_file f CROSS JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_object('reason', reason, 'rows', rows, 'excerpt', excerpt)) AS reasons FROM (
    SELECT reason, count(*) AS rows, min(excerpt) AS excerpt FROM quarantine q WHERE q.file_id = f.id
    GROUP BY reason ORDER BY count(*) DESC, reason LIMIT %(reasons)s) each) r
WHERE f.quarantined > 0 AND {SEEN} AND (f.recorded_at, f.id) < (%(at)s, %(after)s)
ORDER BY f.recorded_at DESC, f.id DESC LIMIT %(most)s
"""  # noqa: S608 - a condition written above
ROWS = f"""
SELECT q.file_id, q.row_no, q.reason, q.excerpt, q.recorded_at FROM quarantine q JOIN intake_file f ON f.id = q.file_id
WHERE q.file_id = %(file)s AND q.row_no > %(row_no)s AND {SEEN} ORDER BY q.row_no LIMIT %(most)s
"""  # noqa: S608 - a condition written above
OPEN = f"SELECT f.id, f.sha256, f.name, f.format FROM intake_file f WHERE f.id = %s AND {SEEN} FOR UPDATE OF f"  # noqa: S608
HELD = "SELECT row_no FROM quarantine WHERE file_id = %s AND (%s::int[] IS NULL OR row_no = ANY(%s)) ORDER BY row_no"
LEAVE = "DELETE FROM quarantine WHERE file_id = %s AND row_no = ANY(%s)"
STAY = """
UPDATE quarantine q SET reason = n.reason, excerpt = coalesce(n.excerpt, q.excerpt)
FROM unnest(%s::int[], %s::text[], %s::text[]) AS n (row_no, reason, excerpt)
WHERE q.file_id = %s AND q.row_no = n.row_no
"""
MOVE = """
UPDATE intake_file f SET rows_read = rows_read + %(more)s, stored = stored + %(stored)s,
  repeated = repeated + %(repeated)s, quarantined = quarantined - %(left)s,
  known_at = greatest(known_at, %(known_at)s::timestamptz),
  outcome = CASE WHEN %(reference)s THEN 'reference' ELSE outcome END,
  reason = (SELECT to_char(count(*), 'FM999,999,999') || ' x ' || q.reason FROM quarantine q WHERE q.file_id = f.id
    GROUP BY q.reason ORDER BY count(*) DESC, q.reason LIMIT 1)
WHERE id = %(file)s
"""
COUNT = """
UPDATE source SET found = found + %(more)s, kept = kept + %(stored)s, repeated = repeated + %(repeated)s,
  quarantined = quarantined - %(left)s WHERE name = %(source)s
"""
NOTE = """
INSERT INTO event (tenant_id, id, subject, subject_id, to_status, actor, reason, versions)
VALUES (current_setting('bellwether.tenant'), %s, 'file', %s, 'retried', %s, %s, %s)
"""
LATEST = (datetime.max, UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class Held:
    """A file some of whose rows are quarantined; its row is locked until the transaction ends."""

    id: UUID
    sha256: str
    name: str
    format: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """What left the quarantine of a file: `left` rows, of which there came `stored` and `repeated` observations."""

    left: int
    stored: int
    repeated: int
    known_at: datetime | None
    reference: bool

    @property
    def more(self) -> int:
        """Rows that one row turned out to hold beside itself."""
        return self.stored + self.repeated - self.left


async def load_quarantine(
    connection: AsyncConnection[Any], most: int, after: Cursor | None = None, file: UUID | None = None
) -> list[Row]:
    """Files with quarantined rows, the newest first, each with its commonest reasons; or the rows of one file.

    `kept`: the raw answer is there, so that its rows can be tried again at once.
    """
    at, last = (after.recorded_at, after.id) if after else LATEST
    given = {"most": most, "at": at, "after": last, "reasons": MOST_REASONS, "file": file}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(FILES if file is None else ROWS, {**given, "row_no": after.row_no if after else 0})
        return await cursor.fetchall()


def open_file(connection: Session, file_id: UUID) -> Held | None:
    """The file, nobody else's to change in this transaction; None where the tenant sees no such file."""
    row = connection.execute(OPEN, [file_id]).fetchone()
    return Held(*row) if row else None


def load_held(connection: Session, file_id: UUID, row_nos: Sequence[int] | None) -> list[int]:
    """The numbers of its quarantined rows, of these alone where some are given."""
    wanted = None if row_nos is None else [number for number in row_nos if 0 <= number < 2**31]
    return [number for (number,) in connection.execute(HELD, [file_id, wanted, wanted])]


def leave(connection: Session, file_id: UUID, row_nos: Sequence[int]) -> None:
    """These rows are quarantined no longer."""
    connection.execute(LEAVE, [file_id, list(row_nos)])


def stay(connection: Session, file_id: UUID, reasons: Sequence[tuple[int, str, str | None]]) -> None:
    """These rows stay: number, the reason of today, what stood there (None: as it is kept)."""
    numbers, told, excerpts = zip(*reasons, strict=True) if reasons else ((), (), ())
    connection.execute(STAY, [list(numbers), list(told), list(excerpts), file_id])


def file_retry(
    connection: Session, held: Held, moved: Moved, source: str | None, actor: str, told: Mapping[str, Any]
) -> None:
    """The file's record, and its source's, as they are after rows moved; and the event that says who did what."""
    given: Row = {"more": moved.more, "stored": moved.stored, "repeated": moved.repeated, "left": moved.left}
    given |= {"known_at": moved.known_at, "reference": moved.reference, "file": held.id, "source": source}
    connection.execute(MOVE, given)
    if source is not None:
        connection.execute(COUNT, given)
    reason = f"{told['tried']} rows tried: {told['stored']} stored, {told['repeated']} repeated, {told['failed']} stay"
    connection.execute(NOTE, [new_id(), str(held.id), actor, reason, Jsonb(dict(told))])
