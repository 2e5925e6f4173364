"""What the intake writes: files, signals with their observations, reference rows, what was quarantined.

Signals go through a temporary table: one COPY and two statements a batch, whatever is there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor

Row = tuple[Any, ...]

FILE = """
INSERT INTO intake_file
  (id, sha256, name, format, outcome, reason, rows_read, stored, repeated, quarantined, known_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (sha256) DO UPDATE SET
  name = EXCLUDED.name, format = EXCLUDED.format, outcome = EXCLUDED.outcome, reason = EXCLUDED.reason,
  rows_read = EXCLUDED.rows_read, stored = EXCLUDED.stored, repeated = EXCLUDED.repeated,
  quarantined = EXCLUDED.quarantined, known_at = EXCLUDED.known_at
RETURNING id
"""
KNOWN_FILE = """
SELECT format, rows_read, stored + repeated, quarantined, known_at FROM intake_file
WHERE sha256 = %s AND outcome = 'signals'
"""
STAGE = """
CREATE TEMP TABLE IF NOT EXISTS intake_batch (
  row_no integer, id uuid, source text, kind text, native_id text, text text, url text, author_hash text,
  community text, category text, tags text, locale text, published_at timestamptz, known_at timestamptz, metrics jsonb
) ON COMMIT DELETE ROWS
"""
COPY = (
    "COPY intake_batch (row_no, id, source, kind, native_id, text, url, author_hash, community, category, tags, "
    "locale, published_at, known_at, metrics) FROM STDIN"
)
TYPES = ("int4", "uuid", *["text"] * 10, "timestamptz", "timestamptz", "text")
SIGNALS = """
INSERT INTO signal AS known (id, source, kind, native_id, text, url, author_hash, community, category, tags, locale,
  published_at, first_known_at)
SELECT DISTINCT ON (id) id, source, kind, native_id, text, url, author_hash, community, category,
  string_to_array(tags, E'\\x1f'), locale, published_at, known_at
FROM intake_batch ORDER BY id, known_at, row_no
ON CONFLICT (id) DO UPDATE SET first_known_at = EXCLUDED.first_known_at
WHERE known.first_known_at > EXCLUDED.first_known_at
"""
OBSERVATIONS = """
INSERT INTO observation (signal_id, known_at, text, metrics, file_id, row_no)
SELECT DISTINCT ON (batch.id, batch.known_at) batch.id, batch.known_at,
  CASE WHEN batch.text <> signal.text THEN batch.text END, batch.metrics, %s, batch.row_no
FROM intake_batch AS batch JOIN signal ON signal.id = batch.id
ORDER BY batch.id, batch.known_at, batch.row_no
ON CONFLICT (signal_id, known_at) DO NOTHING
"""
OBSERVED = """
SELECT asked.place FROM unnest(%s::uuid[], %s::timestamptz[]) WITH ORDINALITY AS asked (id, known_at, place)
JOIN observation ON observation.signal_id = asked.id AND observation.known_at = asked.known_at
"""
BROUGHT = """
INSERT INTO brought_file (tenant_id, file_id) SELECT current_setting('bellwether.tenant'), id FROM intake_file
WHERE sha256 = %s ON CONFLICT DO NOTHING
"""
REFERENCE = """
INSERT INTO reference (tenant_id, id, kind, body, known_at, file_id, row_no)
VALUES (%s, %s, %s, %s::jsonb, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def find_known_file(connection: Connection[Any], sha256: str) -> Row | None:
    """Format, rows, signals, quarantined rows and newest time of a file whose signals are stored."""
    return connection.execute(KNOWN_FILE, [sha256]).fetchone()


def begin_file(connection: Connection[Any], sha256: str) -> UUID | None:
    """A place for batches in this transaction; the id of an earlier record of these bytes, rid of its rejects."""
    found = connection.execute("SELECT id FROM intake_file WHERE sha256 = %s", [sha256]).fetchone()
    if found is not None:
        connection.execute("DELETE FROM quarantine WHERE file_id = %s", [found[0]])
    open_stage(connection)
    return found[0] if found is not None else None


def open_stage(connection: Connection[Any]) -> None:
    """A place for batches in this transaction."""
    connection.execute(STAGE)
    # The stage has no statistics: left to guess, the planner reads all known signals for each batch.
    connection.execute("SET LOCAL enable_hashjoin = off")
    connection.execute("SET LOCAL enable_mergejoin = off")


def mark_brought(connection: Connection[Any], sha256: str) -> None:
    """The file of these bytes is one that the session's tenant brought."""
    connection.execute(BROUGHT, [sha256])


def store_signals(cursor: Cursor[Any], rows: Iterator[Row], file_id: UUID, told: bool) -> tuple[int, set[int]]:
    """Write a batch; how many observations were new and, where it is `told`, the numbers of their rows."""
    cursor.execute("TRUNCATE intake_batch")
    with cursor.copy(COPY) as copy:
        copy.set_types(TYPES)
        for row in rows:
            copy.write_row(row)
    cursor.execute(SIGNALS)
    cursor.execute(OBSERVATIONS + (" RETURNING row_no" if told else ""), [file_id])
    return cursor.rowcount, {row[0] for row in cursor.fetchall()} if told else set()


def find_observed(cursor: Cursor[Any], ids: Sequence[UUID], moments: Sequence[datetime]) -> set[int]:
    """Which of these observations are stored: their places in the lists, from 0."""
    cursor.execute(OBSERVED, [list(ids), list(moments)])
    return {place - 1 for (place,) in cursor.fetchall()}


def store_references(cursor: Cursor[Any], rows: Sequence[Row]) -> int:
    """Write reference rows of a tenant; how many were new."""
    cursor.executemany(REFERENCE, rows)
    return cursor.rowcount


def quarantine(cursor: Cursor[Any], rows: Iterable[tuple[UUID, int, str, str]]) -> None:
    """Write (file, row number, reason, excerpt) of rows that cannot be stored."""
    with cursor.copy("COPY quarantine (file_id, row_no, reason, excerpt) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
