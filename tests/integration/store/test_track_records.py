"""Track records on a real database: calls with what came after, and records that are appended and never changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from graphs.casebook import Casebook
from graphs.track_records import refresh
from store.ids import new_id
from store.migrate import add_tenant
from store.postgres import pool
from store.track_records import add_track_records, load_calls, load_track_records
from tests.listed import wished

AS_OF = datetime(2026, 3, 10, 12, tzinfo=UTC)
NOW = AS_OF + timedelta(days=40)
SINCE = AS_OF - timedelta(days=1)


@pytest.fixture
async def sessions(database: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with pool(database, "default", 3) as opened:
        yield opened


@pytest.fixture
async def session(sessions: AsyncConnectionPool[Any]) -> AsyncIterator[AsyncConnection[Any]]:
    async with sessions.connection() as connection:
        await connection.set_autocommit(True)
        yield connection


async def judged(session: AsyncConnection[Any], stances: dict[str, float], as_of: datetime = AS_OF) -> UUID:
    """An idea, rejected, with these stances."""
    idea = new_id()
    await session.execute(
        "INSERT INTO idea (tenant_id, id, key, phrase, audience, kind, kind_reason, product_format, as_of)"
        " VALUES (current_setting('bellwether.tenant'), %s, %s, 'moss', 'x', 'subject', 'x', 'mug', %s)",
        (idea, str(idea), as_of),
    )
    await session.execute(
        "INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, ceiling, reasons, steps)"
        " VALUES (current_setting('bellwether.tenant'), %s, 1, %s, 'reject', 'reject', '[]', '[]')",
        (idea, as_of),
    )
    for agent, stance in stances.items():
        await session.execute(
            "INSERT INTO finding (tenant_id, idea_id, revision, agent, outcome, judged_by, report)"
            " VALUES (current_setting('bellwether.tenant'), %s, 1, %s, 'opinion', 'rule', %s)",
            (idea, agent, Jsonb({"stance": stance})),
        )
    return idea


async def seen(
    session: AsyncConnection[Any], idea: UUID | None, source: str, levels: dict[float, float], kind: str = "item"
) -> None:
    """A thing of a source with its counts, by days from AS_OF."""
    signal = new_id()
    await session.execute(
        "INSERT INTO signal (id, source, kind, text, first_known_at) VALUES (%s, %s, %s, 'moss', %s)",
        (signal, source, kind, AS_OF + timedelta(days=min(levels))),
    )
    for days, level in levels.items():
        await session.execute(
            "INSERT INTO observation (signal_id, known_at, metrics) VALUES (%s, %s, %s)",
            (signal, AS_OF + timedelta(days=days), Jsonb({"views" if kind == "item" else "level": level})),
        )
    if idea is not None:
        await session.execute(
            "INSERT INTO idea_signal (tenant_id, idea_id, signal_id)"
            " VALUES (current_setting('bellwether.tenant'), %s, %s)",
            (idea, signal),
        )


async def test_a_call_knows_the_attention_of_the_week_before_and_of_the_week_after(
    session: AsyncConnection[Any],
) -> None:
    idea = await judged(session, {"viral": 0.5, "trend": -0.5, "coordinator": 0.1})
    await seen(session, idea, "youtube", {-9: 100, -3: 400, 0: 450, 2: 480, 6.5: 700, 8: 9000})
    await seen(session, idea, "google_trends", {-2: 30, 1: 20, 6.5: 5}, "term")
    rows = await load_calls(session, SINCE, NOW)
    assert [(row["agent"], row["stance"], row["before"], row["after"]) for row in rows] == [
        ("trend", -0.5, 380.0, 275.0),
        ("viral", 0.5, 380.0, 275.0),
    ]
    assert {(row["idea_id"], row["revision"], row["ceiling"], row["orders"]) for row in rows} == {
        (idea, 1, "reject", None)
    }


async def test_silence_counts_only_where_somebody_looked(session: AsyncConnection[Any]) -> None:
    idea = await judged(session, {"viral": 0.5})
    await seen(session, idea, "youtube", {-3: 400, -1: 500})
    [row] = await load_calls(session, SINCE, NOW)
    assert (row["before"], row["after"]) == (None, None)
    await seen(session, None, "youtube", {7: 10})
    [row] = await load_calls(session, SINCE, NOW)
    assert (row["before"], row["after"]) == (500.0, 0.0)


async def test_a_week_that_is_not_over_is_not_read(session: AsyncConnection[Any]) -> None:
    idea = await judged(session, {"viral": 0.5})
    await seen(session, idea, "youtube", {-3: 400, 6.9: 500})
    assert await load_calls(session, SINCE, AS_OF + timedelta(days=6.9)) == []
    assert len(await load_calls(session, SINCE, AS_OF + timedelta(days=7))) == 1
    assert await load_calls(session, AS_OF + timedelta(seconds=1), NOW) == []


async def test_sales_are_known_once_four_weeks_were_counted(session: AsyncConnection[Any]) -> None:
    idea = await judged(session, {"viral": 0.5})
    [listing] = await wished(session, "1", idea_id=idea)
    delivery = new_id()
    await session.execute(
        "INSERT INTO delivery (tenant_id, id, digest, source, rows, stored, restated, repeated, refused, actor)"
        " VALUES (current_setting('bellwether.tenant'), %s, 'd', 'etsy', 1, 1, 0, 0, 0, 'ana')",
        (delivery,),
    )

    async def count(name: str, first: int, last: int, amount: int) -> None:
        moments = [AS_OF + timedelta(days=days) for days in (first, last)]
        await session.execute(
            "INSERT INTO metric (tenant_id, id, listing_id, source, name, from_at, to_at, amount, stated_at,"
            " confirmed_at, delivery_id) VALUES"
            " (current_setting('bellwether.tenant'), %s, %s, 'etsy', %s, %s, %s, %s, %s, %s, %s)",
            (new_id(), listing, name, *moments, amount, moments[1], moments[1], delivery),
        )

    await count("orders", 0, 20, 3)
    assert [row["orders"] for row in await load_calls(session, SINCE, NOW)] == [None]
    await count("views", 20, 30, 900)
    await count("orders", 28, 35, 40)
    assert [row["orders"] for row in await load_calls(session, SINCE, NOW)] == [3]


async def filled(session: AsyncConnection[Any], cases: int = 40) -> None:
    for number in range(cases):
        held = number % 2 == 0
        idea = await judged(session, {"viral": 0.8 if held else -0.8, "trend": 0.0})
        await seen(session, idea, "youtube", {-3: 100, -1: 200, 6.5: 400 if held else 210})


async def test_records_computed_twice_are_written_once_and_the_coordinator_is_told(
    sessions: AsyncConnectionPool[Any], session: AsyncConnection[Any]
) -> None:
    await filled(session)
    tracks, added = await refresh(sessions, NOW)
    assert ([(track.agent, track.judged) for track in tracks], added) == ([("trend", 40), ("viral", 40)], 2)
    assert (await refresh(sessions, NOW + timedelta(days=1)))[1] == 0
    book = Casebook(sessions, "ana", "etsy", 30.0)
    [trend, viral] = await book.record(NOW)
    assert (viral.agent, viral.judged, viral.brier) == ("viral", 40, pytest.approx(0.01))
    assert trend.base_brier == trend.brier == pytest.approx(0.25)
    assert await book.record(NOW - timedelta(seconds=1)) == ()


async def test_what_was_known_later_is_another_row_and_the_newest_is_read(
    sessions: AsyncConnectionPool[Any], session: AsyncConnection[Any]
) -> None:
    await filled(session, 4)
    await refresh(sessions, NOW)
    idea = await judged(session, {"viral": -0.9})
    await seen(session, idea, "youtube", {-3: 100, -1: 200, 6.5: 400})
    assert (await refresh(sessions, NOW + timedelta(days=1)))[1] == 1
    then, now = await load_track_records(session, NOW), await load_track_records(session, NOW + timedelta(days=1))
    assert [row["judged"] for row in then] == [4, 4]
    assert [(row["agent"], row["judged"]) for row in now] == [("trend", 4), ("viral", 5)]


async def test_nobody_changes_a_record_or_sees_another_tenants(
    database: str, sessions: AsyncConnectionPool[Any], session: AsyncConnection[Any]
) -> None:
    await filled(session, 2)
    await refresh(sessions, NOW)
    for statement in ("UPDATE track_record SET brier = 0", "DELETE FROM track_record"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await session.execute(statement)
    add_tenant(database, "other")
    async with pool(database, "other", 1) as others, others.connection() as other:
        assert await load_track_records(other, NOW) == []
        assert await load_calls(other, SINCE, NOW) == []


async def test_a_record_that_is_no_number_is_refused(
    sessions: AsyncConnectionPool[Any], session: AsyncConnection[Any]
) -> None:
    from memory.track_record import row_of

    await filled(session, 2)
    [track, _], _ = await refresh(sessions, NOW)
    with pytest.raises(ValueError, match="JSON compliant"):
        await add_track_records(session, [row_of(track) | {"brier": float("nan")}], NOW)
    assert len(await load_track_records(session, NOW)) == 2
