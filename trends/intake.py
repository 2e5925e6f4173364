"""Intake: from a file to stored rows. Every file ends as signals, reference, empty or refused; every row is counted.

A file is one transaction: its rows and its record come together, so an intake that was killed left nothing half done
and can be run again. Intakes on one database take turns, file by file: two at once can neither store a thing twice nor
lock each other out. The same file again stores nothing; the same thing seen again is a new observation of the same
signal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid5

import orjson
from psycopg import Connection, Cursor

from store.ids import new_id
from store.postgres import turn
from trends.normalize import clean, redact
from trends.opening import open_payload
from trends.payload import Format, NothingObserved, Payload, ReferenceRow, Rejected
from trends.screen import excerpt, screened
from trends.signal import SIGNALS, Signal
from trends.sources import files_under, recognise
from trends.survey import Unreadable, hash_of, survey

Outcome = Literal["signals", "reference", "empty", "refused"]

BATCH = 4_000
"""Rows that are held in memory and written at a time."""
TURN_TIMEOUT_S = 900.0
MAX_REASONS = 200
"""Different reasons that are counted in one file; some name the cell they are about."""
_FREE_TEXT = frozenset({"title", "name", "product_title", "listing", "description", "phrase", "notes", "url"})


@dataclass(frozen=True, slots=True)
class FileCount:
    """How a file ended. `rows_read == stored + repeated + quarantined`; `known_at` is the newest of its rows.

    `reason` is one line: why there are no signals, or why most of the quarantined rows are there.
    """

    name: str
    format: str | None
    outcome: Outcome
    reason: str = ""
    rows_read: int = 0
    stored: int = 0
    repeated: int = 0
    quarantined: int = 0
    known_at: datetime | None = None


def take(
    paths: Sequence[Path],
    connection: Connection[Any],
    tenant: str,
    progress: Callable[[FileCount], None] | None = None,
) -> list[FileCount]:
    """Read files and folders into the database; one count a file, in order.

    Raises:
        Busy: another intake has been at it for longer than `TURN_TIMEOUT_S`.
    """
    counts = []
    for path in paths:
        count: FileCount | None = None
        for file in files_under([path]):
            count = _take_file(file, connection, tenant)
            counts.append(count)
            if progress is not None:
                progress(count)
        if count is None:
            counts.append(FileCount(clean(path.name), None, "empty", "a folder without files"))
    return counts


def _take_file(path: Path, connection: Connection[Any], tenant: str) -> FileCount:
    name = clean(path.name)
    if not path.is_file():
        reason = "not a file or folder" if path.exists() else "no such file or folder"
        return FileCount(name, None, "refused", f"{reason}: {path}")
    try:
        sha256 = hash_of(path)
    except OSError as error:
        return FileCount(name, None, "refused", f"cannot be read: {error.strerror or error}")
    with turn(connection, "intake", TURN_TIMEOUT_S):
        return _known(connection, sha256, name) or _read_file(path, sha256, connection, tenant)


def _read_file(path: Path, sha256: str, connection: Connection[Any], tenant: str) -> FileCount:
    name = clean(path.name)
    try:
        family, payload = recognise(open_payload(survey(path)))
        try:
            with connection.transaction():
                return _Writer(connection, tenant, name, sha256).write(family, payload)
        except NothingObserved as nothing:
            count = FileCount(name, family.name, "empty" if nothing.empty else "reference", str(nothing))
    except NothingObserved as nothing:
        count = FileCount(name, None, "empty" if nothing.empty else "reference", str(nothing))
    except Unreadable as error:
        count = FileCount(name, None, "refused", str(error))
    except OSError as error:
        return FileCount(name, None, "refused", f"cannot be read: {error.strerror or error}")
    _record(connection, new_id(), sha256, count)
    return count


def _known(connection: Connection[Any], sha256: str, name: str) -> FileCount | None:
    """The count of a file whose signals are stored already: all of its rows are repeats."""
    row = connection.execute(
        "SELECT format, rows_read, stored + repeated, quarantined, known_at FROM intake_file "
        "WHERE sha256 = %s AND outcome = 'signals'",
        [sha256],
    ).fetchone()
    if row is None:
        return None
    format_name, rows_read, repeated, quarantined, known_at = row
    reason = "this file was taken in before"
    return FileCount(name, format_name, "signals", reason, rows_read, 0, repeated, quarantined, known_at)


def _record(connection: Connection[Any], file_id: UUID, sha256: str, count: FileCount) -> None:
    """Write the record of a file; an earlier record of the same bytes gives way."""
    connection.execute(
        """
        INSERT INTO intake_file
          (id, sha256, name, format, outcome, reason, rows_read, stored, repeated, quarantined, known_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (sha256) DO UPDATE SET
          name = EXCLUDED.name, format = EXCLUDED.format, outcome = EXCLUDED.outcome, reason = EXCLUDED.reason,
          rows_read = EXCLUDED.rows_read, stored = EXCLUDED.stored, repeated = EXCLUDED.repeated,
          quarantined = EXCLUDED.quarantined, known_at = EXCLUDED.known_at
        """,
        [
            file_id,
            sha256,
            count.name,
            count.format,
            count.outcome,
            clean(count.reason) or None,
            count.rows_read,
            count.stored,
            count.repeated,
            count.quarantined,
            count.known_at,
        ],
    )


@dataclass(slots=True)
class _Writer:
    """Writes one file's rows, inside one transaction."""

    connection: Connection[Any]
    tenant: str
    name: str
    sha256: str
    file_id: UUID = field(default_factory=new_id)
    stored: int = 0
    repeated: int = 0
    quarantined: int = 0
    known_at: datetime | None = None
    reasons: Counter[str] = field(default_factory=Counter)

    def write(self, family: Format, payload: Payload) -> FileCount:
        """All rows in batches, then the record with their counts."""
        self._begin()
        is_reference = False
        rows = family.read(payload)
        with self.connection.cursor() as cursor:
            while batch := list(islice(rows, BATCH)):
                is_reference = is_reference or any(isinstance(row, ReferenceRow) for row in batch)
                self._write_batch(cursor, batch)
        read = self.stored + self.repeated + self.quarantined
        if read == 0:
            raise NothingObserved("a header without rows", empty=True)
        count = FileCount(
            name=self.name,
            format=family.name,
            outcome="reference" if is_reference else "signals",
            reason=self._commonest_reason(),
            rows_read=read,
            stored=self.stored,
            repeated=self.repeated,
            quarantined=self.quarantined,
            known_at=self.known_at,
        )
        _record(self.connection, self.file_id, self.sha256, count)
        return count

    def _begin(self) -> None:
        """A record for the rows to refer to, and a place for a batch."""
        found = self.connection.execute("SELECT id FROM intake_file WHERE sha256 = %s", [self.sha256]).fetchone()
        if found is not None:
            self.file_id = found[0]
            self.connection.execute("DELETE FROM quarantine WHERE file_id = %s", [self.file_id])
        else:
            _record(self.connection, self.file_id, self.sha256, FileCount(self.name, None, "empty"))
        self.connection.execute(_STAGE)
        # The stage has no statistics: left to guess, the planner reads all known signals for each batch.
        self.connection.execute("SET LOCAL enable_hashjoin = off")
        self.connection.execute("SET LOCAL enable_mergejoin = off")

    def _write_batch(self, cursor: Cursor[Any], batch: list[Signal | Rejected | ReferenceRow]) -> None:
        signals: list[Signal] = []
        references: list[ReferenceRow] = []
        rejected: list[Rejected] = []
        for row in batch:
            kept = screened(row) if isinstance(row, Signal) else row
            if isinstance(kept, Signal):
                signals.append(kept)
            elif isinstance(kept, Rejected):
                rejected.append(kept)
            else:
                references.append(kept)
        self._count(_store_signals(cursor, signals, self.file_id), len(signals))
        self._count(self._store_references(cursor, references), len(references))
        self._quarantine(cursor, rejected)
        moments = [signal.known_at for signal in signals] + [reference.known_at for reference in references]
        if moments:
            self.known_at = max([*moments, self.known_at or moments[0]])

    def _count(self, stored: int, offered: int) -> None:
        self.stored += stored
        self.repeated += offered - stored

    def _quarantine(self, cursor: Cursor[Any], rejected: list[Rejected]) -> None:
        if not rejected:
            return
        with cursor.copy("COPY quarantine (file_id, row_no, reason, excerpt) FROM STDIN") as copy:
            for row in rejected:
                reason = excerpt(row.reason)
                copy.write_row((self.file_id, row.row, reason, excerpt(row.excerpt)))
                if len(self.reasons) < MAX_REASONS or reason in self.reasons:
                    self.reasons[reason] += 1
        self.quarantined += len(rejected)

    def _commonest_reason(self) -> str:
        """Why rows were quarantined, the reason given most often; empty where none was."""
        return "".join(f"{count:,} x {reason}" for reason, count in self.reasons.most_common(1))

    def _store_references(self, cursor: Cursor[Any], rows: list[ReferenceRow]) -> int:
        if not rows:
            return 0
        cursor.executemany(
            "INSERT INTO reference (tenant_id, id, kind, body, known_at, file_id, row_no) "
            "VALUES (%s, %s, %s, %s::jsonb, %s, %s, %s) ON CONFLICT DO NOTHING",
            [self._reference(row) for row in sorted(rows, key=lambda row: row.row)],
        )
        return cursor.rowcount

    def _reference(self, row: ReferenceRow) -> tuple[Any, ...]:
        body = {clean(name): _kept(name, value) for name, value in row.body.items()}
        content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
        identity = uuid5(SIGNALS, f"reference\n{row.kind}\n{content}")
        return self.tenant, identity, row.kind, content, row.known_at, self.file_id, row.row


def _kept(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return redact(clean(value)) if name in _FREE_TEXT else clean(value)


# A batch of signals -------------------------------------------------------------------------------------------------

_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS intake_batch (
  row_no integer, id uuid, source text, kind text, native_id text, text text, url text, author_hash text,
  community text, category text, tags text, locale text, published_at timestamptz, known_at timestamptz, metrics jsonb
) ON COMMIT DELETE ROWS
"""
_COPY = (
    "COPY intake_batch (row_no, id, source, kind, native_id, text, url, author_hash, community, category, tags, "
    "locale, published_at, known_at, metrics) FROM STDIN"
)
_TYPES = ("int4", "uuid", *["text"] * 10, "timestamptz", "timestamptz", "text")
_SIGNALS = """
INSERT INTO signal AS known (id, source, kind, native_id, text, url, author_hash, community, category, tags, locale,
  published_at, first_known_at)
SELECT DISTINCT ON (id) id, source, kind, native_id, text, url, author_hash, community, category,
  string_to_array(tags, E'\x1f'), locale, published_at, known_at
FROM intake_batch ORDER BY id, known_at, row_no
ON CONFLICT (id) DO UPDATE SET first_known_at = EXCLUDED.first_known_at
WHERE known.first_known_at > EXCLUDED.first_known_at
"""
_OBSERVATIONS = """
INSERT INTO observation (signal_id, known_at, text, metrics, file_id, row_no)
SELECT DISTINCT ON (batch.id, batch.known_at) batch.id, batch.known_at,
  CASE WHEN batch.text <> signal.text THEN batch.text END, batch.metrics, %s, batch.row_no
FROM intake_batch AS batch JOIN signal ON signal.id = batch.id
ORDER BY batch.id, batch.known_at, batch.row_no
ON CONFLICT (signal_id, known_at) DO NOTHING
"""


def _store_signals(cursor: Cursor[Any], signals: list[Signal], file_id: UUID) -> int:
    """Write a batch; how many observations were new."""
    if not signals:
        return 0
    cursor.execute("TRUNCATE intake_batch")
    with cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for row in _rows(signals):
            copy.write_row(row)
    cursor.execute(_SIGNALS)
    cursor.execute(_OBSERVATIONS, [file_id])
    return cursor.rowcount


def _rows(signals: list[Signal]) -> Iterator[tuple[Any, ...]]:
    for signal in signals:
        yield (
            signal.row,
            signal.id,
            signal.source,
            signal.kind.value,
            signal.native_id,
            signal.text,
            signal.url,
            signal.author_hash,
            signal.community,
            signal.category,
            "\x1f".join(signal.tags),  # as one text: dumping a list a row took half of the whole intake
            signal.locale,
            signal.published_at,
            signal.known_at,
            orjson.dumps(dict(signal.metrics)).decode(),
        )
