"""Signals as people look at them: walks that skip and repeat nothing, filters, and what of a tenant's is seen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from store import signals
from store.ids import new_id
from store.migrate import add_tenant
from store.postgres import pool
from store.signals import Cursor, cursor_of, find_signal, load_signals
from trends.intake import take

Session = psycopg.Connection[Any]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SIGNAL = """
INSERT INTO signal (id, source, kind, text, community, category, first_known_at, recorded_at)
VALUES (%s, %s, 'item', %s, %s, %s, %s, %s)
"""
OBSERVED = (
    "INSERT INTO observation (signal_id, known_at, metrics) VALUES (%s, %s, jsonb_build_object('score', %s::int))"
)


@pytest.fixture
async def sessions(database: str) -> AsyncIterator[Any]:
    async with pool(database, "default", 2) as opened:
        yield opened


@pytest.fixture
async def reading(sessions: Any) -> AsyncIterator[Any]:
    async with sessions.connection() as connection:
        yield connection


@pytest.fixture
def put(connection: Session) -> Callable[..., UUID]:
    """Store a signal that became known, and was stored, so many minutes ago."""

    def stored(text: str, minutes: float = 0, source: str = "reddit", **more: Any) -> UUID:
        identity, at = uuid4(), NOW - timedelta(minutes=minutes)
        connection.execute(SIGNAL, (identity, source, text, more.get("community"), more.get("category"), at, at))
        for number, score in enumerate(more.get("scores", (1,))):
            connection.execute(OBSERVED, (identity, at + timedelta(minutes=number), score))
        return identity

    return stored


Put = Callable[..., UUID]


def point(connection: Session, signal: UUID, phrase: str) -> UUID:
    """An idea of the session's tenant that the signal points at."""
    idea = new_id()
    connection.execute(
        "INSERT INTO idea (tenant_id, id, key, phrase, audience, kind, kind_reason, product_format, as_of) VALUES "
        "(current_setting('bellwether.tenant'), %s, %s, %s, 'all', 'subject', 'it is', 'shirt', %s)",
        (idea, phrase, phrase, NOW),
    )
    connection.execute(
        "INSERT INTO idea_signal (tenant_id, idea_id, signal_id) VALUES (current_setting('bellwether.tenant'), %s, %s)",
        (idea, signal),
    )
    return idea


def texts(rows: list[dict[str, Any]]) -> list[str]:
    return [row["text"] for row in rows]


async def test_the_newest_come_first_each_as_it_was_last_observed(put: Put, reading: Any) -> None:
    put("old", 60, scores=(3, 9))
    put("new")
    rows = await load_signals(reading, 10)
    assert texts(rows) == ["new", "old"]
    assert rows[1]["metrics"] == {"score": 9}
    assert rows[1]["last_known_at"] == NOW - timedelta(minutes=59)


async def test_a_walk_by_cursor_meets_each_signal_once_also_those_stored_at_one_moment(put: Put, reading: Any) -> None:
    there = {put(f"owl {number}", number // 10) for number in range(35)}
    met: list[UUID] = []
    after = None
    while rows := await load_signals(reading, 4, after):
        met += [row["id"] for row in rows]
        after = cursor_of(rows[-1])
        put(f"came later {after.id}", -1)
    assert len(met) == 35
    assert set(met) == there


async def test_filters_are_all_kept_at_once(put: Put, reading: Any) -> None:
    put("a knitted owl", source="reddit", community="r/knitting")
    put("a knitted fox", source="reddit", community="r/knitting")
    put("a knitted owl", 5, source="youtube", community="r/knitting")
    put("a knitted owl", 90, source="reddit", community="r/knitting")
    put("a knitted owl", source="reddit", community="r/crafts")
    since = NOW - timedelta(hours=1)
    rows = await load_signals(reading, 10, None, "reddit", "r/knitting", "OWL knitted", since)
    assert len(rows) == 1


@pytest.mark.parametrize("text", ["100%", "a_b", "c:\\d", "'; DROP TABLE signal; --", "%"])
async def test_words_are_words_and_no_patterns(put: Put, reading: Any, text: str) -> None:
    put(f"it says {text} here")
    put("it says 100 axb c:d nothing here")
    found = texts(await load_signals(reading, 10, text=text))
    assert found == [f"it says {text} here"]


@pytest.mark.parametrize("text", ["\0", "\ud800", "nul\0l", "x" * 100_000])
async def test_what_no_database_can_hold_finds_nothing_and_breaks_nothing(put: Put, reading: Any, text: str) -> None:
    put("owl")
    assert len(await load_signals(reading, 10, source=text)) == 0
    assert len(await load_signals(reading, 10, community=text)) == 0
    assert len(await load_signals(reading, 10, text=text)) == (1 if text == "\0" else 0)


async def test_words_are_looked_for_in_the_newest_only(put: Put, reading: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "SEARCHED", 3)
    for number in range(6):
        put(f"owl {number}", number)
    assert texts(await load_signals(reading, 10, text="owl")) == ["owl 0", "owl 1", "owl 2"]
    assert texts(await load_signals(reading, 10, Cursor(NOW, UUID(int=0)), text="5")) == []


async def test_a_signal_is_everybodys_and_the_ideas_that_it_points_at_are_ones_own(
    database: str, connection: Session, put: Put, reading: Any
) -> None:
    owl = put("owl", scores=(1, 5, 7))
    mine = point(connection, owl, "knitted owl")
    add_tenant(database, "other")
    async with pool(database, "other", 2) as others, others.connection() as theirs:
        seen = await find_signal(theirs, owl)
        assert (seen["ideas"], seen["pointed_at"], len(seen["observations"])) == (0, [], 3)
        assert (await load_signals(theirs, 1))[0]["ideas"] == 0
    seen = await find_signal(reading, owl)
    assert [each["id"] for each in seen["pointed_at"]] == [mine]
    assert [each["metrics"]["score"] for each in seen["observations"]] == [7, 5, 1]
    assert await find_signal(reading, uuid4()) is None


async def test_an_observation_tells_the_file_and_the_row_that_it_came_from(
    connection: Session, reading: Any, tmp_path: Path
) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("text,created_at\nowl,2026-01-01\n")
    take([path], connection, "default")
    (row,) = await load_signals(reading, 10)
    seen = await find_signal(reading, row["id"])
    assert [(each["file"], each["row_no"]) for each in seen["observations"]] == [("posts.csv", 1)]
