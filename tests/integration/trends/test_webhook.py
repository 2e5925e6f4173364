"""Deliveries of the webhook into a real database: signed, in time, bounded, and the same one twice is one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from store.postgres import connect, turn
from trends.webhook import MOST_BYTES, Received, Refused, receive, sign

Session = psycopg.Connection[Any]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = "a-secret-of-the-webhook"
POSTS = json.dumps([{"id": f"p{n}", "text": f"Moss frame {n}", "created_at": "2026-11-20T11:00:00Z"} for n in range(3)])


def headers(body: bytes, at: datetime = NOW, delivery: str = "d-1", secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    return {
        "Bellwether-Timestamp": timestamp,
        "Bellwether-Signature": sign(secret, body, timestamp),
        "Bellwether-Delivery": delivery,
    }


def deliver(connection: Session, body: str | bytes = POSTS, now: datetime = NOW, **told: Any) -> Received:
    raw = body.encode() if isinstance(body, str) else body
    received, _ = receive(connection, "default", SECRET, raw, headers(raw, **told), now)
    return received


def number(connection: Session, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a name written here
    assert row is not None
    return int(row[0])


def test_a_delivery_becomes_signals_known_when_it_came(connection: Session) -> None:
    received = deliver(connection)
    assert (received.stored, received.quarantined, received.again) == (3, 0, False)
    stored: list[tuple[UUID]] = connection.execute("SELECT id FROM signal").fetchall()
    assert set(received.signals) == {identity for (identity,) in stored}
    assert connection.execute("SELECT DISTINCT known_at FROM observation").fetchall() == [(NOW,)]


def test_rows_that_say_when_they_were_captured_are_known_then_and_never_later_than_now(connection: Session) -> None:
    rows = [
        {"text": "Moss frame", "captured_at": "2026-11-20T10:00:00Z"},
        {"text": "Owl mug", "captured_at": "2026-11-20T12:30:00Z"},
    ]
    deliver(connection, json.dumps(rows))
    known = {moment for (moment,) in connection.execute("SELECT known_at FROM observation")}
    assert known == {NOW - timedelta(hours=2), NOW}


def test_any_payload_that_a_family_recognises_is_taken(connection: Session) -> None:
    post = {
        "kind": "t3",
        "data": {"id": "a", "title": "Moss frame", "subreddit": "crafts", "created_utc": 1_763_000_000},
    }
    received = deliver(connection, json.dumps({"kind": "Listing", "data": {"children": [post]}}))
    assert received.stored == 1
    assert connection.execute("SELECT source, community FROM signal").fetchall() == [("reddit", "crafts")]


def test_the_same_delivery_again_gets_the_first_answer_and_stores_nothing(connection: Session) -> None:
    first = deliver(connection)
    again = deliver(connection, now=NOW + timedelta(minutes=1))
    assert again.again and again.signals == first.signals
    assert again.stored == 3
    assert number(connection, "observation") == 3


def test_a_captured_request_under_another_delivery_id_is_the_same_delivery(connection: Session) -> None:
    deliver(connection)
    again = deliver(connection, delivery="d-2", now=NOW + timedelta(minutes=1))
    assert again.again
    assert number(connection, "observation") == number(connection, "webhook_delivery") + 2 == 3


def test_another_tenant_does_not_see_a_delivery(connection: Session, database: str) -> None:
    deliver(connection)
    with connect(database, "other") as other:
        assert number(other, "webhook_delivery") == 0


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_delivery_signed_more_than_five_minutes_from_now_is_refused(connection: Session, minutes: int) -> None:
    with pytest.raises(Refused, match="more than 5 minutes") as refused:
        deliver(connection, at=NOW + timedelta(minutes=minutes))
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"Bellwether-Signature": ""}, 401, "unsigned"),
        ({"Bellwether-Signature": "v1=" + "0" * 64}, 401, "does not fit"),
        ({"Bellwether-Signature": "ü"}, 401, "does not fit"),
        ({"Bellwether-Timestamp": "now"}, 401, "unsigned"),
        ({"Bellwether-Timestamp": "9" * 40}, 401, "unsigned"),
        ({"Bellwether-Delivery": ""}, 400, "bellwether-delivery is needed"),
        ({"Bellwether-Delivery": "a b"}, 400, "bellwether-delivery is needed"),
    ],
)
def test_what_is_not_signed_right_is_refused_in_one_line(
    connection: Session, changes: dict[str, str], status: int, said: str
) -> None:
    body = POSTS.encode()
    with pytest.raises(Refused, match=said) as refused:
        receive(connection, "default", SECRET, body, headers(body) | changes, NOW)
    assert refused.value.status == status
    assert number(connection, "intake_file") == 0


def test_a_body_that_was_changed_or_signed_with_another_secret_is_refused(connection: Session) -> None:
    body = POSTS.encode()
    for given, signed in [(body + b" ", headers(body)), (body, headers(body, secret="another"))]:
        with pytest.raises(Refused, match="does not fit"):
            receive(connection, "default", SECRET, given, signed, NOW)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b" " * (MOST_BYTES + 1), 413),
        (b'{"half": ', 400),
        (b"3", 400),
        (b"[]", 422),
        (b'[{"a": 1}]', 422),
        (b"[" * 100_000, 400),
        (b"\xff\xfe\x00", 400),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_status(connection: Session, body: bytes, status: int) -> None:
    with pytest.raises(Refused) as refused:
        deliver(connection, body)
    assert refused.value.status == status
    assert "\n" not in refused.value.reason
    assert number(connection, "webhook_delivery") == 0


def test_a_row_without_a_text_is_quarantined_and_told(connection: Session) -> None:
    received = deliver(connection, '[{"text": "", "created_at": "2026-11-20"}, {"text": "ok then", "created_at": "x"}]')
    assert (received.stored, received.quarantined) == (1, 1)
    assert received.reason
    assert number(connection, "quarantine") == 1


def test_a_store_that_is_busy_is_a_503(connection: Session, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trends.webhook.TURN_TIMEOUT_S", 0.1)
    with connect(database, "default") as other, turn(other, "intake"), pytest.raises(Refused) as refused:
        deliver(connection)
    assert refused.value.status == 503


def test_what_was_observed_days_ago_is_history_and_no_delivery(connection: Session) -> None:
    old, new = ((NOW - timedelta(hours=hours)).isoformat() for hours in (72, 1))
    posts = [{"id": at, "text": f"moss frame {at}", "captured_at": at, "author": "a"} for at in (old, new)]
    received = deliver(connection, json.dumps(posts))
    assert (received.stored, received.quarantined) == (1, 1)
    row = connection.execute("SELECT reason FROM quarantine").fetchone()
    assert row == ("observed 3 days ago: bring it as a file",)
