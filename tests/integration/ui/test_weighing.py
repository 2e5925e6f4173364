"""`bellwether weights` on a real database: a new version keeps what is not said, and nothing bad is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from store.redis import Redis
from ui.cli import main

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def run(
    database: str, redis: Redis, redis_address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command on a fresh database: exit code, its JSON, what it said aside."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("REDIS_URL", redis_address)
    monkeypatch.setenv("BELLWETHER_ACTOR", "ana")

    def call(*words: str) -> tuple[int, Any, str]:
        code = main(["weights", *words, "--json"])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return call


def test_a_new_version_keeps_what_is_not_said_and_the_log_names_who_set_it(
    run: Run, connection: psycopg.Connection[Any]
) -> None:
    code, told, _ = run("set", "--novelty", "0.4", "--reason", "novelty sold")
    assert code == 0
    assert (told["version"], told["novelty"], told["community_fit"], told["actor"]) == (2, 0.4, 0.3, "ana")
    _, history, _ = run("list")
    assert [(row["version"], row["reason"][:7]) for row in history["weights"]] == [(2, "novelty"), (1, "set by ")]
    audited = connection.execute("SELECT actor, door, deed, subject, outcome FROM audit").fetchall()
    assert audited == [("ana", "cli", "set weights", "weights:2", "done")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--reason", "why not"], "say which weight"),
        (["--novelty", "0.1", "--reason", "  "], "a reason is needed"),
        (["--novelty", "nan", "--reason", "odd"], "--novelty"),
        (["--novelty", "-1", "--reason", "odd"], "--novelty"),
    ],
)
def test_bad_weights_are_one_line_and_nothing_is_written(
    run: Run, connection: psycopg.Connection[Any], words: list[str], said: str
) -> None:
    code, told, err = run("set", *words)
    assert (code, told) == (2, None)
    assert said in err and err.count("\n") == 1
    assert connection.execute("SELECT count(*) FROM weights").fetchone() == (1,)
