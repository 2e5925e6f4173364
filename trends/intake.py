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
from typing import Any, Literal, Protocol
from uuid import UUID, uuid5

import orjson
from psycopg import Connection, Cursor

from store import intake as sql
from store.ids import new_id
from store.postgres import turn
from trends.normalize import clean, redact
from trends.opening import open_payload
from trends.payload import NothingObserved, Read, ReferenceRow, Rejected
from trends.screen import excerpt, screened
from trends.signal import SIGNALS, Signal, content_hash
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


@dataclass(frozen=True, slots=True)
class Taken:
    """How an answer ended: its count, the record of its rows, the signals of which something new was stored."""

    count: FileCount
    file_id: UUID
    fresh: tuple[Signal, ...] = ()


class Seen(Protocol):
    """What remembers keys and may err to one side only: `store.bloom.Bloom`."""

    def new(self, items: Sequence[bytes]) -> list[bool]:
        """True where a key was certainly never shown before; all are remembered."""
        ...


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
        count = _known(connection, sha256, name) or _read_file(path, sha256, connection, tenant)
        sql.mark_brought(connection, sha256)
    return count


def _read_file(path: Path, sha256: str, connection: Connection[Any], tenant: str) -> FileCount:
    name = clean(path.name)
    try:
        family, payload = recognise(open_payload(survey(path)))
        try:
            with connection.transaction():
                return Writer(connection, tenant, name, sha256).write(family.read(payload), family.name)
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


def take_payload(
    connection: Connection[Any],
    tenant: str,
    name: str,
    body_sha256: str,
    fetched_at: datetime,
    rows: Read,
    seen: Seen | None = None,
    brought: bool = False,
) -> Taken:
    """Store the rows of one answer of a live source, inside the transaction that the caller opened.

    Each answer is a file of its own, told from others by its bytes and by when it was fetched. `brought`: the tenant
    did bring it, as it does a file.
    """
    sha256 = content_hash(name, body_sha256, fetched_at.isoformat())
    fresh: list[Signal] = []
    try:
        with connection.transaction():
            writer = Writer(connection, tenant, clean(name), sha256, seen=seen, fetched_at=fetched_at, fresh=fresh)
            taken = Taken(writer.write(rows, name), writer.file_id, tuple(fresh))
    except NothingObserved as nothing:
        count = FileCount(clean(name), name, "empty" if nothing.empty else "reference", str(nothing))
        taken = Taken(count, _record(connection, new_id(), sha256, count))
    if brought:
        sql.mark_brought(connection, sha256)
    return taken


def _known(connection: Connection[Any], sha256: str, name: str) -> FileCount | None:
    """The count of a file whose signals are stored already: all of its rows are repeats."""
    row = sql.find_known_file(connection, sha256)
    if row is None:
        return None
    format_name, rows_read, repeated, quarantined, known_at = row
    reason = "this file was taken in before"
    return FileCount(name, format_name, "signals", reason, rows_read, 0, repeated, quarantined, known_at)


def _record(connection: Connection[Any], file_id: UUID, sha256: str, count: FileCount) -> UUID:
    """Write the record of a file, its id: an earlier record of the same bytes gives way and keeps its own."""
    counted = [count.rows_read, count.stored, count.repeated, count.quarantined, count.known_at]
    reason = clean(count.reason) or None
    given = [file_id, sha256, count.name, count.format, count.outcome, reason, *counted]
    row = connection.execute(sql.FILE, given).fetchone()
    assert row is not None  # noqa: S101 - inserted or updated, it is returned
    return UUID(str(row[0]))


@dataclass(slots=True)
class Writer:
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
    seen: Seen | None = None
    """Asked about rows that may repeat; without it every row goes to the unique key."""
    fetched_at: datetime | None = None
    fresh: list[Signal] | None = None
    """Collects the signals of which a new observation was stored, where a list is given."""

    def write(self, rows: Read, format_name: str) -> FileCount:
        """All rows in batches, then the record with their counts."""
        self._begin()
        is_reference = False
        with self.connection.cursor() as cursor:
            while batch := list(islice(rows, BATCH)):
                is_reference = is_reference or any(isinstance(row, ReferenceRow) for row in batch)
                self._write_batch(cursor, batch)
        read = self.stored + self.repeated + self.quarantined
        if read == 0:
            raise NothingObserved("a header without rows", empty=True)
        count = FileCount(
            name=self.name,
            format=format_name,
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
        known = sql.begin_file(self.connection, self.sha256)
        if known is None:
            _record(self.connection, self.file_id, self.sha256, FileCount(self.name, None, "empty"))
        else:
            self.file_id = known

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
        self._count(self.store_signals(cursor, signals), len(signals))
        self._count(self.store_references(cursor, references), len(references))
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
        kept = [(self.file_id, row.row, excerpt(row.reason), excerpt(row.excerpt)) for row in rejected]
        sql.quarantine(cursor, kept)
        for _, _, reason, _ in kept:
            if len(self.reasons) < MAX_REASONS or reason in self.reasons:
                self.reasons[reason] += 1
        self.quarantined += len(rejected)

    def _commonest_reason(self) -> str:
        """Why rows were quarantined, the reason given most often; empty where none was."""
        return "".join(f"{count:,} x {reason}" for reason, count in self.reasons.most_common(1))

    def store_signals(self, cursor: Cursor[Any], signals: list[Signal]) -> int:
        """Write those that are not known to be stored; how many observations were new."""
        unknown = _unknown(cursor, signals, self.seen, self.fetched_at) if self.seen is not None else signals
        if not unknown:
            return 0
        stored, numbers = sql.store_signals(cursor, _rows(unknown), self.file_id, self.fresh is not None)
        if self.fresh is not None:
            self.fresh.extend(signal for signal in unknown if signal.row in numbers)
        return stored

    def store_references(self, cursor: Cursor[Any], rows: list[ReferenceRow]) -> int:
        if not rows:
            return 0
        return sql.store_references(cursor, [self._reference(row) for row in sorted(rows, key=lambda row: row.row)])

    def _reference(self, row: ReferenceRow) -> tuple[Any, ...]:
        body = {clean(name): _kept(name, value) for name, value in row.body.items()}
        content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
        identity = uuid5(SIGNALS, f"reference\n{row.kind}\n{content}")
        return self.tenant, identity, row.kind, content, row.known_at, self.file_id, row.row


def _kept(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return redact(clean(value)) if name in _FREE_TEXT else clean(value)


def _unknown(cursor: Cursor[Any], signals: list[Signal], seen: Seen, fetched_at: datetime | None) -> list[Signal]:
    """The signals without those observations that are stored already.

    What was observed at the moment of the fetch cannot be: only rows that state an earlier time are shown to the
    filter, and only those it does not call new are looked up.
    """
    dated = [place for place, signal in enumerate(signals) if signal.known_at != fetched_at]
    if not dated:
        return signals
    new = seen.new([signals[place].id.bytes + signals[place].known_at.isoformat().encode() for place in dated])
    asked = [place for place, is_new in zip(dated, new, strict=True) if not is_new]
    if not asked:
        return signals
    ids, moments = [signals[place].id for place in asked], [signals[place].known_at for place in asked]
    stored = {asked[place] for place in sql.find_observed(cursor, ids, moments)}
    return [signal for place, signal in enumerate(signals) if place not in stored]


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
