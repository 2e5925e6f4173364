"""Spikes as rows: each is told once, by whichever worker comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

QUIET = timedelta(days=1)
"""A phrase that was told is not told again for so long: it is the same spike, its onset seen more clearly."""

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('spikes ' || current_setting('bellwether.tenant'), 0))"
PUT = """
INSERT INTO spike (tenant_id, key, onset_at, phrase, kind, kind_reason, ratio, voices, authors, sources, recorded_at)
SELECT current_setting('bellwether.tenant'), %(key)s, %(onset_at)s, %(phrase)s, %(kind)s, %(kind_reason)s, %(ratio)s,
  %(voices)s, %(authors)s, %(sources)s, %(recorded_at)s
WHERE NOT EXISTS (SELECT FROM spike WHERE key = %(key)s AND recorded_at > %(recorded_at)s - %(quiet)s)
ON CONFLICT DO NOTHING
"""
TOLD = "SELECT DISTINCT key FROM spike WHERE recorded_at > %s AND key = ANY(%s)"
KNOWN = """
SELECT i.key, coalesce(into_.id, i.id), coalesce(into_.kind, i.kind), coalesce(into_.kind_reason, i.kind_reason)
FROM idea i LEFT JOIN idea into_ ON into_.tenant_id = i.tenant_id AND into_.id = i.merged_into
WHERE i.key = ANY(%s)
"""
NEWEST = """
SELECT key, onset_at, phrase, kind, kind_reason, ratio, voices, authors, sources, recorded_at FROM spike
WHERE recorded_at > %s ORDER BY recorded_at DESC, ratio DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class SpikeRow:
    """A spike as it is kept; `ratio` is voices over those that were to be expected."""

    key: str
    onset_at: datetime
    phrase: str
    kind: str
    kind_reason: str
    ratio: float
    voices: int
    authors: int
    sources: list[str]
    recorded_at: datetime


def put_spikes(connection: Connection[Any], rows: Sequence[SpikeRow]) -> list[SpikeRow]:
    """Store spikes; those of them that nobody had told in the day before."""
    with connection.transaction():
        connection.execute(ONE_AT_A_TIME)
        return [row for row in rows if connection.execute(PUT, _given(row)).rowcount]


def told_of_late(connection: Connection[Any], keys: Sequence[str], now: datetime) -> set[str]:
    """The keys of spikes that were told in the last day."""
    return {key for (key,) in connection.execute(TOLD, (now - QUIET, list(keys)))}


def find_known(connection: Connection[Any], keys: Sequence[str]) -> dict[str, tuple[UUID, str, str]]:
    """The ideas that these keys are known as, by key: id, kind, and why it is of that kind."""
    return {key: (idea, kind, reason) for key, idea, kind, reason in connection.execute(KNOWN, (list(keys),))}


def load_spikes(connection: Connection[Any], since: datetime, most: int) -> list[SpikeRow]:
    """What was told since, newest first."""
    with connection.cursor(row_factory=class_row(SpikeRow)) as cursor:
        return cursor.execute(NEWEST, (since, most)).fetchall()


def _given(row: SpikeRow) -> dict[str, Any]:
    return {"quiet": QUIET, **{name: getattr(row, name) for name in SpikeRow.__slots__}}
