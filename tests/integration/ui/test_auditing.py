"""What is done at the command line is in the audit log as at every other door; what was not done is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from store.redis import Redis
from tests.decided import put_decided
from ui.cli import main

Run = Callable[..., int]
DEAD = """
INSERT INTO dead_letter (tenant_id, job_id, queue, task, priority, args, error, digest)
VALUES ('default', 7, 'scan', 'scan', 0, '{"timestamp": 1}', 'it broke', 'd')
"""


@pytest.fixture
def run(database: str, redis: Redis, redis_address: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on a fresh database as ana; its exit code."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("REDIS_URL", redis_address)
    monkeypatch.setenv("BELLWETHER_ACTOR", "ana")
    return lambda *words: main([*words, "--json"])


def entries(connection: psycopg.Connection[Any]) -> list[tuple[str, str, str, str]]:
    return connection.execute("SELECT actor, door, deed, subject FROM audit ORDER BY id").fetchall()


def test_an_answer_and_taking_it_back_are_entries_and_one_that_cannot_be_is_none(
    run: Run, connection: psycopg.Connection[Any]
) -> None:
    idea = str(put_decided(connection))
    assert run("review", "reject", idea, "--reason", "no") == 0
    assert run("review", "approve", idea) == 2
    assert run("review", "undo", idea) == 0
    assert run("review", "respond", idea, "--note", "say preserved") == 0
    assert entries(connection) == [("ana", "cli", deed, idea) for deed in ("decide", "decide", "note")]


def test_keywords_and_dead_letters_are_entries_that_hold_nothing_that_was_typed(
    run: Run, connection: psycopg.Connection[Any]
) -> None:
    assert run("keywords", "add", "moss frame") == 0
    assert run("keywords", "remove", "moss frame") == 0
    assert run("keywords", "remove", "moss frame") == 2
    assert run("jobs", "retry", "7") == 2
    connection.execute(DEAD)
    assert run("jobs", "retry", "7") == 0
    said = [("keep keywords", ""), ("keep keywords", ""), ("retry", "job:7")]
    assert entries(connection) == [("ana", "cli", deed, subject) for deed, subject in said]
