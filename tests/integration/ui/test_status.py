"""`bellwether status` against a real database and a real Redis: tables, and the same as one JSON object."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest

from store.ids import new_id
from store.spikes import SpikeRow, put_spikes
from ui.call import Call
from ui.commands.status import status

NOW = datetime.now(UTC)


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, database: str, redis_address: str) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("REDIS_URL", redis_address)


def put_decision(connection: psycopg.Connection[Any]) -> None:
    """An idea that waits for a person, decided half an hour after its signal was stored."""
    values = {"signal": new_id(), "idea": new_id(), "stored": NOW - timedelta(minutes=40), "at": NOW}
    for statement in (
        "INSERT INTO signal (id, source, kind, text, first_known_at, recorded_at) "
        "VALUES (%(signal)s, 'reddit', 'item', 'a thing', %(stored)s, %(stored)s)",
        "INSERT INTO idea (tenant_id, id, key, phrase, audience, kind, kind_reason, product_format, status, as_of) "
        "VALUES ('default', %(idea)s, 'k', 'moss frame', 'all', 'subject', '', 'mug', 'pending_review', %(at)s)",
        "INSERT INTO idea_signal (tenant_id, idea_id, signal_id) VALUES ('default', %(idea)s, %(signal)s)",
        "INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, ceiling, reasons, steps, recorded_at) "
        "VALUES ('default', %(idea)s, 1, %(at)s, 'review', 'review', '[]', '[]', %(stored)s + interval '30 minutes')",
    ):
        connection.execute(statement, values)


@pytest.mark.usefixtures("surroundings")
def test_it_is_one_json_object_with_times_in_seconds(
    connection: psycopg.Connection[Any], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    put_decision(connection)
    status(Call(as_json=True))
    said = orjson.loads(capfdbinary.readouterr().out)
    assert said["pace"] == {"decisions": 1, "newest_p95_s": 1800.0, "first_decisions": 1, "first_p95_s": 1800.0}
    assert said["live_pace"] == {"listings": 0, "signal_p95_s": None, "approval_p95_s": None}
    assert said["waiting"]["best"] == ["moss frame"]
    assert said["topics"] is None
    assert {"queues", "workers", "dead", "sources", "allowances", "spend", "keywords", "worth", "alarms"} <= said.keys()


@pytest.mark.usefixtures("surroundings")
def test_it_draws_the_same_for_people(connection: psycopg.Connection[Any], capfd: pytest.CaptureFixture[str]) -> None:
    put_decision(connection)
    put_spikes(connection, [SpikeRow("k", NOW, "otter quilt", "subject", "", 9.0, 9, 9, ["reddit"], NOW)])
    status(Call())
    said = capfd.readouterr().out
    for words in (
        "1 idea for you",
        "moss frame",
        "otter quilt",
        "30 min since the newest signal",
        "Keywords: none yet",
    ):
        assert words in said
