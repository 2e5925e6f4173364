"""Retake: quarantined rows of a file as today's reader has them: stored once, or kept back with today's reason.

A row is taken whole or stays: where the reader still rejects a part of it, nothing of it is stored. The other rows of
the file are passed over; what of a row is known already counts as repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor

from store import intake, quarantine
from trends.fetch import SourceGarbled
from trends.intake import BATCH, Writer
from trends.payload import NothingObserved, Read, ReferenceRow, Rejected
from trends.screen import excerpt, screened
from trends.signal import Signal
from trends.survey import Unreadable

ABSENT = "the reader finds no such row in it any more"

Kept = Signal | ReferenceRow
Group = tuple[int, list[Signal | Rejected | ReferenceRow]]


@dataclass(slots=True)
class Retake:
    """Takes rows of one file again, inside the transaction that the caller opened."""

    connection: Connection[Any]
    tenant: str
    file_id: UUID
    left: int = 0
    stored: int = 0
    repeated: int = 0
    failed: int = 0
    known_at: datetime | None = None
    reference: bool = False
    reason: str = ""
    """Why the first of those that stay does."""
    fresh: list[Signal] = field(default_factory=list)
    """The signals of which a new observation was stored."""

    def take(self, rows: Read, wanted: Sequence[int]) -> None:
        """Of these rows those with a wanted number. What the reader does not come to stays, with the reason."""
        intake.open_stage(self.connection)
        missing, why = set(wanted), ABSENT
        groups = self._wanted(rows, missing)
        with self.connection.cursor() as cursor:
            while True:
                try:
                    batch = list(islice(groups, BATCH))
                except (Unreadable, NothingObserved, SourceGarbled) as error:
                    batch, why = [], str(error)
                if not batch:
                    break
                missing -= {number for number, _ in batch}
                self._take_batch(cursor, batch)
        self._stay([(number, excerpt(why), None) for number in sorted(missing)])

    @staticmethod
    def _wanted(rows: Read, missing: set[int]) -> Iterator[Group]:
        """What the reader makes of each wanted row, in the order of the file."""
        for number, group in groupby(rows, key=lambda row: row.row):
            if number in missing:
                yield number, [screened(row) if isinstance(row, Signal) else row for row in group]

    def _take_batch(self, cursor: Cursor[Any], batch: list[Group]) -> None:
        stay, whole = [], []
        for number, group in batch:
            rejected = next((row for row in group if isinstance(row, Rejected)), None)
            if rejected is None:
                whole.append((number, group))
            else:
                stay.append((number, excerpt(rejected.reason), excerpt(rejected.excerpt)))
        self._store(cursor, [row for _, group in whole for row in group if not isinstance(row, Rejected)])
        quarantine.leave(self.connection, self.file_id, [number for number, _ in whole])
        self.left += len(whole)
        self._stay(stay)

    def _store(self, cursor: Cursor[Any], rows: list[Kept]) -> None:
        writer = Writer(self.connection, self.tenant, "", "", file_id=self.file_id, fresh=self.fresh)
        signals = [row for row in rows if isinstance(row, Signal)]
        references = [row for row in rows if isinstance(row, ReferenceRow)]
        stored = (writer.store_signals(cursor, signals) if signals else 0) + writer.store_references(cursor, references)
        self.stored, self.repeated = self.stored + stored, self.repeated + len(rows) - stored
        self.reference = self.reference or bool(references)
        self.known_at = max(
            [*(row.known_at for row in rows), *([self.known_at] if self.known_at else [])], default=None
        )

    def _stay(self, reasons: Sequence[tuple[int, str, str | None]]) -> None:
        quarantine.stay(self.connection, self.file_id, reasons)
        self.failed += len(reasons)
        if reasons and not self.reason:
            self.reason = reasons[0][1]
