"""Live sources as they stand: outcome, counters, quota, what each slot is asked with, raw answers, deliveries.

The tables are shared: sources belong to an installation. Only the deliveries of the webhook are a tenant's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import dict_row

from store.ids import new_id

Session = Connection[Any]

ALL = "SELECT * FROM source ORDER BY name"
SLOTS = "SELECT slot, etag, last_modified, sha256, cursor, asked_at FROM source_slot WHERE source = %s"
RESERVE = """
INSERT INTO source AS kept (name, quota_on, quota_used) SELECT %(name)s, %(day)s, %(units)s
ON CONFLICT (name) DO UPDATE SET quota_on = EXCLUDED.quota_on,
  quota_used = CASE WHEN kept.quota_on = EXCLUDED.quota_on THEN kept.quota_used ELSE 0 END + EXCLUDED.quota_used
WHERE CASE WHEN kept.quota_on = EXCLUDED.quota_on THEN kept.quota_used ELSE 0 END + EXCLUDED.quota_used <= %(quota)s
RETURNING quota_used
"""
SAVE_SLOT = """
INSERT INTO source_slot (source, slot, etag, last_modified, sha256, cursor, asked_at)
VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s)
ON CONFLICT (source, slot) DO UPDATE SET etag = EXCLUDED.etag, last_modified = EXCLUDED.last_modified,
  sha256 = EXCLUDED.sha256, cursor = EXCLUDED.cursor, asked_at = EXCLUDED.asked_at
"""
ASKED = """
INSERT INTO source_slot (source, slot, asked_at) VALUES (%s, %s, %s)
ON CONFLICT (source, slot) DO UPDATE SET asked_at = EXCLUDED.asked_at
"""
COUNT = """
UPDATE source SET found = found + %(found)s, kept = kept + %(kept)s, repeated = repeated + %(repeated)s,
  quarantined = quarantined + %(quarantined)s,
  last_kept_at = CASE WHEN %(kept)s > 0 THEN %(at)s ELSE last_kept_at END
WHERE name = %(name)s
"""
END = """
UPDATE source SET outcome = %(outcome)s, reason = %(reason)s, last_scan_at = %(at)s, scan_at = %(scan_at)s,
  newest_known_at = greatest(newest_known_at, %(newest)s), empty_scans = %(empty_scans)s, stale_scans = %(stale_scans)s,
  scan_units = %(scan_units)s, not_before = %(not_before)s
WHERE name = %(name)s
"""
SKIP = """
INSERT INTO source (name, outcome, reason) VALUES (%s, 'skipped', %s)
ON CONFLICT (name) DO UPDATE SET outcome = EXCLUDED.outcome, reason = EXCLUDED.reason
WHERE (source.outcome, source.reason) IS DISTINCT FROM (EXCLUDED.outcome, EXCLUDED.reason)
"""
PAYLOAD = """
INSERT INTO payload (id, source, slot, file_id, body, fetched_at, asked) VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb)
"""
KEPT = "SELECT source, slot, body, fetched_at, asked FROM payload WHERE file_id = %s"
DELIVERY = "SELECT answer FROM webhook_delivery WHERE delivery = %s OR signature = %s"
SAVE_DELIVERY = """
INSERT INTO webhook_delivery (tenant_id, delivery, signature, answer, received_at) VALUES (%s, %s, %s, %s::jsonb, %s)
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """What a slot is asked with the next time."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    cursor: Mapping[str, Any] = field(default_factory=dict)
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A raw answer as it is kept: gzip, with what was asked; `asked` is None where that was not kept yet."""

    source: str
    slot: str
    body: bytes
    fetched_at: datetime
    asked: Mapping[str, Any] | None


def load_sources(connection: Session) -> list[dict[str, Any]]:
    """Every source that was ever looked at, by name, with all columns of its row."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(ALL).fetchall()


def open_source(connection: Session, name: str) -> dict[str, Any]:
    """The row of a source, made where it was not there."""
    connection.execute("INSERT INTO source (name) VALUES (%s) ON CONFLICT DO NOTHING", [name])
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("SELECT * FROM source WHERE name = %s", [name]).fetchone()
    assert row is not None  # noqa: S101 - made above; sources are not deleted
    return row


def load_slots(connection: Session, name: str) -> dict[str, Slot]:
    """The slots of a source by name."""
    return {slot: Slot(*rest) for slot, *rest in connection.execute(SLOTS, [name])}


def claim(connection: Session, name: str) -> bool:
    """Whether this session is the one that asks the source; it is until it releases it or closes."""
    lock = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
    return connection.execute(lock, [f"source {name}"]).fetchone() == (True,)


def release(connection: Session, name: str) -> None:
    """Let another session ask the source: at once, where a closing session would be noticed some time later."""
    connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"source {name}"])


def reserve(connection: Session, name: str, units: int, quota: int, day: date) -> bool:
    """Take units of a day's quota, of all workers together; false, and nothing taken, where it would be exceeded."""
    if units > quota:
        return False
    given = {"name": name, "units": units, "quota": quota, "day": day}
    return connection.execute(RESERVE, given).fetchone() is not None


def save_slot(connection: Session, name: str, slot: str, state: Slot) -> None:
    """Keep what a slot is asked with the next time."""
    cursor = orjson.dumps(dict(state.cursor)).decode()
    given = [name, slot, state.etag, state.last_modified, state.sha256, cursor, state.asked_at]
    connection.execute(SAVE_SLOT, given)


def mark_asked(connection: Session, name: str, slot: str, at: datetime) -> None:
    """A slot was asked in the scan of this moment, whatever came of it."""
    connection.execute(ASKED, [name, slot, at])


def count(connection: Session, name: str, at: datetime, found: int, kept: int, repeated: int, quarantined: int) -> None:
    """Add the rows of one answer to the counters."""
    given = {"name": name, "at": at, "found": found, "kept": kept, "repeated": repeated, "quarantined": quarantined}
    connection.execute(COUNT, given)


def end_scan(connection: Session, name: str, **state: Any) -> None:
    """How a scan, or one turn of it, ended: the columns that END names."""
    connection.execute(END, {"name": name, **state})


def record_skip(connection: Session, name: str, reason: str) -> None:
    """A source that is not asked, and why; written only where it changed."""
    connection.execute(SKIP, [name, reason])


def save_payload(connection: Session, file_id: UUID, kept: KeptAnswer) -> None:
    """Keep a raw answer with the record of its rows."""
    asked = orjson.dumps(dict(kept.asked or {})).decode()
    connection.execute(PAYLOAD, [new_id(), kept.source, kept.slot, file_id, kept.body, kept.fetched_at, asked])


def find_payload(connection: Session, file_id: UUID) -> KeptAnswer | None:
    """The raw answer behind a file's rows; None where it was pruned or the rows came from a file."""
    row = connection.execute(KEPT, [file_id]).fetchone()
    return KeptAnswer(*row) if row is not None else None


def find_delivery(connection: Session, delivery: str, signature: str) -> dict[str, Any] | None:
    """The answer that a delivery got before, known by its id or by its signature."""
    row = connection.execute(DELIVERY, [delivery, signature]).fetchone()
    return row[0] if row is not None else None


def save_delivery(
    connection: Session, tenant: str, delivery: str, signature: str, answer: Mapping[str, Any], at: datetime
) -> None:
    """Keep the answer to a delivery."""
    connection.execute(SAVE_DELIVERY, [tenant, delivery, signature, orjson.dumps(answer).decode(), at])
