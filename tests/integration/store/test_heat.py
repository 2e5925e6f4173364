"""Heat: counts by source and hour, by category and day, what was gained, and an end to what takes too long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from store import heat
from store.heat import find_newest, heat_by_day, heat_by_hour, load_seen_sources
from store.postgres import pool
from store.status import TooLong

Session = psycopg.Connection[Any]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SIGNAL = """
INSERT INTO signal (id, source, kind, text, community, category, first_known_at)
VALUES (%s, %s, 'item', 'owl', %s, %s, %s)
"""
SEEN = "INSERT INTO observation (signal_id, known_at, metrics) VALUES (%s, %s, %s::jsonb)"


@pytest.fixture
async def reading(database: str) -> AsyncIterator[Any]:
    async with pool(database, "default", 2) as opened, opened.connection() as connection:
        yield connection


def put(connection: Session, source: str, at: datetime, *metrics: str, **of: str) -> None:
    """A signal first known then, and observed again every hour."""
    identity = uuid4()
    connection.execute(SIGNAL, (identity, source, of.get("community"), of.get("category"), at))
    for hours, measured in enumerate(metrics):
        connection.execute(SEEN, (identity, at + timedelta(hours=hours), measured))


def counts(rows: list[dict[str, Any]]) -> list[tuple[Any, datetime, float]]:
    return [(row["what"], row["at"], row["count"]) for row in rows]


async def test_signals_are_counted_by_source_and_hour_within_the_range(connection: Session, reading: Any) -> None:
    for minutes in (0, 59, 60, -1, 24 * 60):
        put(connection, "reddit", NOON + timedelta(minutes=minutes))
    put(connection, "youtube", NOON)
    rows = await heat_by_hour(reading, NOON, NOON + timedelta(hours=24))
    assert counts(rows) == [
        ("reddit", NOON, 2), ("reddit", NOON + timedelta(hours=1), 1), ("youtube", NOON, 1),
    ]  # fmt: skip
    assert await find_newest(reading) == NOON + timedelta(days=1)


async def test_what_was_gained_is_the_difference_to_the_last_look_and_a_loss_is_nothing(
    connection: Session, reading: Any
) -> None:
    put(connection, "reddit", NOON, '{"score": 10}', '{"score": 25}', '{"score": 5}')
    put(connection, "youtube", NOON, '{"views": 100, "score": 1}', '{"views": 900, "score": 1}')
    put(connection, "pinterest", NOON, '{"likes": 1}', '{"likes": 9}')
    rows = await heat_by_hour(reading, NOON, NOON + timedelta(hours=5), "gained")
    assert [row for row in counts(rows) if row[2]] == [
        ("reddit", NOON + timedelta(hours=1), 15), ("youtube", NOON + timedelta(hours=1), 800),
    ]  # fmt: skip


async def test_the_largest_categories_are_told_apart_and_the_rest_is_one(
    connection: Session, reading: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heat, "TOP", 2)
    for community, many in (("r/owls", 4), ("r/foxes", 3), ("r/moss", 2), ("r/clay", 1)):
        for _ in range(many):
            put(connection, "reddit", NOON, community=community, category="pets")
    put(connection, "youtube", NOON + timedelta(days=1))
    day = NOON.replace(hour=0)
    rows = await heat_by_day(reading, day, day + timedelta(days=3))
    assert counts(rows) == [
        ("r/foxes", day, 3), ("r/owls", day, 4), (None, day, 3), (None, day + timedelta(days=1), 1),
    ]  # fmt: skip


async def test_an_empty_database_has_no_heat(reading: Any) -> None:
    assert await find_newest(reading) is None
    assert await heat_by_hour(reading, NOON, NOON + timedelta(hours=1)) == []
    assert await heat_by_day(reading, NOON, NOON + timedelta(days=1), "gained") == []


async def test_a_count_that_takes_too_long_is_ended_and_the_session_goes_on(
    connection: Session, reading: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3_000):
        put(connection, "reddit", NOON)
    monkeypatch.setattr(heat, "MOST_S", 0.001)
    with pytest.raises(TooLong, match="not counted within"):
        await heat_by_hour(reading, NOON, NOON + timedelta(hours=1), "gained")
        await heat_by_day(reading, NOON, NOON + timedelta(hours=1))
    assert await find_newest(reading) == NOON


async def test_each_source_of_a_signal_is_named_once(connection: Session, reading: Any) -> None:
    assert await load_seen_sources(reading) == []
    for source in ("youtube", "reddit", "reddit", "amazon"):
        put(connection, source, NOON)
    assert await load_seen_sources(reading) == ["amazon", "reddit", "youtube"]
