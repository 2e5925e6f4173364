"""Webhook: hot signals that others push to us; signed, bounded, and the same delivery twice is one.

A delivery is a POST of JSON, records or any payload that a family of `trends/sources/` recognises, with

    Bellwether-Timestamp   seconds since 1970, at most 5 minutes off our clock
    Bellwether-Signature   v1= and the HMAC-SHA256, in hex, of the timestamp, a full stop and the body
    Bellwether-Delivery    an id of the sender's: letters, digits, '-', '_', '.', ':', at most 100

The answer is stored in the transaction of the rows: a delivery that comes again, by its id or by its signature (which
the id is no part of), gets the first answer again and stores nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from psycopg import Connection

from store import sources
from store.errors import Busy
from store.postgres import turn
from trends.arrival import Arrival
from trends.fetch import SourceGarbled
from trends.intake import Seen, Taken, take_payload
from trends.opening import parse_json, payload_of
from trends.payload import Document, Format, NothingObserved, Payload, Row, Table
from trends.payload import Rejected as RejectedRow
from trends.sources import recognise
from trends.sources.posts import CAPTURED, POSTS
from trends.survey import Unreadable

TIMESTAMP, SIGNATURE, DELIVERY = "bellwether-timestamp", "bellwether-signature", "bellwether-delivery"
WINDOW = timedelta(minutes=5)
MOST_BYTES = 1 << 20
OLDEST = timedelta(hours=48)
"""A hot signal is of now; what is older is history, and comes as a file."""
TURN_TIMEOUT_S = 10.0
_ID = re.compile(r"[\w.:-]{1,100}\Z", re.ASCII)
_SECONDS = re.compile(r"\d{9,11}\Z", re.ASCII)


class Refused(Exception):
    """A delivery that is not taken: one line, and the HTTP status that says as much."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a delivery. `signals`: those of which something new was stored, to be looked at at once."""

    delivery: str
    stored: int
    repeated: int
    quarantined: int
    reason: str
    signals: tuple[UUID, ...]
    again: bool = False
    """It came before: this is the answer it got then."""


def sign(secret: str, body: bytes, timestamp: str) -> str:
    """The signature of a body that is sent at a time."""
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def receive(
    connection: Connection[Any],
    tenant: str,
    secret: str,
    body: bytes,
    headers: Mapping[str, str],
    now: datetime,
    seen: Seen | None = None,
) -> tuple[Received, Taken | None]:
    """Check a delivery and store its rows with the answer; the answer, and what was taken where it is new.

    Raises:
        Refused: unsigned, late, too large, unreadable, or the store is busy.
    """
    delivery, signature = _verified(secret, body, headers, now)
    try:
        with turn(connection, "intake", TURN_TIMEOUT_S):
            known = sources.find_delivery(connection, delivery, signature)
            if known is not None:
                return _received(delivery, known, again=True), None
            family, payload = _recognised(body)
            with connection.transaction():
                taken = _take(connection, tenant, body, family, payload, now, seen)
                answer = _answer(taken)
                sources.save_delivery(connection, tenant, delivery, signature, answer, now)
            return _received(delivery, answer), taken
    except Busy:
        raise Refused("another intake is at work: send it again in a minute", 503) from None


def _verified(secret: str, body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[str, str]:
    """Id and signature of a delivery that may be read."""
    if len(body) > MOST_BYTES:
        raise Refused(f"a body of {len(body):,} bytes (at most {MOST_BYTES:,}): send it in parts", 413)
    told = {name.lower(): value for name, value in headers.items()}
    timestamp, signature, delivery = told.get(TIMESTAMP, ""), told.get(SIGNATURE, ""), told.get(DELIVERY, "")
    if not _SECONDS.match(timestamp) or not signature:
        raise Refused(f"unsigned: {TIMESTAMP} and {SIGNATURE} are needed", 401)
    if not hmac.compare_digest(sign(secret, body, timestamp).encode(), signature.encode()):
        raise Refused("the signature does not fit the body and its time", 401)
    if abs(datetime.fromtimestamp(int(timestamp), UTC) - now) > WINDOW:
        raise Refused(f"signed more than {WINDOW.seconds // 60} minutes from now: sign it when it is sent", 401)
    if not _ID.match(delivery):
        raise Refused(f"{DELIVERY} is needed: letters, digits, '-', '_', '.', ':', at most 100", 400)
    return delivery, signature


def _recognised(body: bytes) -> tuple[Format, Payload]:
    try:
        return recognise(payload_of(parse_json(body)))
    except Unreadable as error:
        raise Refused(str(error), 400) from None
    except NothingObserved as nothing:
        raise Refused(str(nothing), 422) from None


def _take(
    connection: Connection[Any], tenant: str, body: bytes, family: Format, payload: Payload, now: datetime,
    seen: Seen | None,
) -> Taken:  # fmt: skip
    rows = Arrival(now, now - OLDEST).rows(partial(family.read, _dated(family, payload, now)))
    try:
        return take_payload(
            connection, tenant, "webhook", hashlib.sha256(body).hexdigest(), now, rows, seen, brought=True
        )
    except SourceGarbled as error:
        raise Refused(str(error), 422) from None


def _dated(family: Format, payload: Payload, now: datetime) -> Payload:
    """The payload, observed now unless it says itself when it was."""
    if isinstance(payload, Document):
        return payload if payload.recorded is not None else replace(payload, recorded=now)
    if family is not POSTS or payload.columns & set(CAPTURED):
        return payload
    return Table(payload.columns | {CAPTURED[0]}, lambda: _rows_at(payload, now))


def _rows_at(table: Table, now: datetime) -> Iterator[Row | RejectedRow]:
    for row in table.rows():
        yield row if isinstance(row, RejectedRow) else (row[0], {**row[1], CAPTURED[0]: now.isoformat()})


def _answer(taken: Taken) -> dict[str, Any]:
    told = taken.count
    return {
        "stored": told.stored,
        "repeated": told.repeated,
        "quarantined": told.quarantined,
        "reason": told.reason,
        "signals": [str(identity) for identity in dict.fromkeys(signal.id for signal in taken.fresh)],
    }


def _received(delivery: str, answer: Mapping[str, Any], again: bool = False) -> Received:
    signals = tuple(UUID(identity) for identity in answer["signals"])
    counts = {name: int(answer[name]) for name in ("stored", "repeated", "quarantined")}
    return Received(delivery, **counts, reason=str(answer["reason"]), signals=signals, again=again)
