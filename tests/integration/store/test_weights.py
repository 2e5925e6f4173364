"""Versions of the score's weights on a real database: who set which when and why, and two who set them at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection, Connection
from psycopg_pool import AsyncConnectionPool

from store.ideas import find_weights
from store.migrate import add_tenant
from store.postgres import pool
from store.weights import FIVE, BadWeights, Superseded, add_weights, load_weights
from trends.score_table import TERMS

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVEN = dict.fromkeys(FIVE, 0.2)


@pytest.fixture
async def sessions(database: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with pool(database, "default", 4) as opened:
        yield opened


@pytest.fixture
async def session(sessions: AsyncConnectionPool[Any]) -> AsyncIterator[AsyncConnection[Any]]:
    async with sessions.connection() as connection:
        yield connection


async def test_a_version_is_in_force_from_its_moment_on_and_is_an_event(
    session: AsyncConnection[Any], connection: Connection[Any]
) -> None:
    added = await add_weights(session, EVEN | {"novelty": 0.9}, "novelty sold", "ana", NOW)
    assert (added["version"], added["actor"], added["reason"], added["novelty"]) == (2, "ana", "novelty sold", 0.9)
    before, after = find_weights(connection, NOW - timedelta(seconds=1)), find_weights(connection, NOW)
    assert before is not None and after is not None
    assert (before.version, after.version, after.novelty) == (1, 2, 0.9)
    event = "SELECT subject_id, from_status, to_status, actor, reason FROM event WHERE subject = 'weights'"
    assert connection.execute(event).fetchall() == [("2", "1", "2", "ana", "novelty sold")]


async def test_the_history_is_newest_first_a_page_at_a_time_and_ends_with_what_was_shipped(
    session: AsyncConnection[Any],
) -> None:
    for number in range(3):
        await add_weights(session, EVEN, f"try {number}", "ana", NOW + timedelta(minutes=number))
    rows = await load_weights(session)
    assert [(row["version"], row["actor"]) for row in rows] == [(4, "ana"), (3, "ana"), (2, "ana"), (1, "")]
    assert [row["version"] for row in await load_weights(session, 2, before=4)] == [3, 2]


async def test_what_was_set_meanwhile_is_shown_and_nothing_is_written(session: AsyncConnection[Any]) -> None:
    await add_weights(session, EVEN, "first", "ana", NOW, based_on=1)
    with pytest.raises(Superseded, match="version 2 was set by ana meanwhile") as refused:
        await add_weights(session, EVEN, "second", "ben", NOW, based_on=1)
    assert refused.value.standing["reason"] == "first"
    assert len(await load_weights(session)) == 2


async def test_of_ten_who_set_them_at_once_on_the_same_version_one_does(sessions: AsyncConnectionPool[Any]) -> None:
    async def attempt(number: int) -> bool:
        async with sessions.connection() as connection:
            try:
                await add_weights(connection, EVEN, "at once", f"person-{number}", NOW, based_on=1)
            except Superseded:
                return False
            return True

    assert sum(await asyncio.gather(*(attempt(number) for number in range(10)))) == 1
    async with sessions.connection() as connection:
        assert len(await load_weights(connection)) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"novelty": -0.1}, "novelty is -0.1"),
        ({"novelty": float("nan")}, "novelty is nan"),
        ({"novelty": float("inf")}, "novelty is inf"),
        ({"novelty": 1e30}, "from 0 to 1,000"),
        (dict.fromkeys(FIVE, 0.0), "all five are zero"),
        ({"charm": 0.2}, "five weights are needed"),
    ],
)
async def test_what_is_no_weights_is_refused_in_one_line(
    session: AsyncConnection[Any], changes: dict[str, float], said: str
) -> None:
    with pytest.raises(BadWeights, match=said):
        await add_weights(session, EVEN | changes, "why not", "ana", NOW)
    with pytest.raises(BadWeights, match="a reason is needed"):
        await add_weights(session, EVEN, "  ", "ana", NOW)
    assert len(await load_weights(session)) == 1


async def test_another_tenant_has_its_own(session: AsyncConnection[Any], database: str) -> None:
    add_tenant(database, "other")
    await add_weights(session, EVEN, "mine", "ana", NOW)
    async with pool(database, "other", 1) as others, others.connection() as connection:
        assert [row["version"] for row in await load_weights(connection)] == [1]
        assert (await add_weights(connection, EVEN, "theirs", "ben", NOW, based_on=1))["version"] == 2


def test_the_five_are_the_terms_of_the_score() -> None:
    assert FIVE == TERMS
