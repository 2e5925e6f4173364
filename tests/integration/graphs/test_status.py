"""The overview over a real database and a real Redis: empty, filled, and without Redis."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from graphs.keywords import Keywords, WebDiscovery
from graphs.settings import CapSetting, Settings
from graphs.status import Overview, overview
from store import outbox
from store.ideas import IdeaRow, put_ideas
from store.ids import new_id
from store.keywords import Worth, kept_worth
from store.limits import Cap, PostgresLimits, RedisLimits
from store.postgres import connect, pool
from store.redis import AsyncRedis, Redis
from store.sources import open_source, reserve
from store.spikes import SpikeRow, put_spikes
from store.status import LivePace, TooLong, briefly
from tests.listed import approved
from trends.hot import Hot
from trends.signal import Signal, SignalKind

NOW = datetime.now(UTC)
GROQ = "https://api.groq.com/openai/v1 llama-3.1-8b-instant 0a1b2c"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, limits={"groq": CapSetting(requests_per_minute=30)})


def look(database: str, redis: Redis, settings: Settings, now: datetime = NOW) -> Overview:
    opened = partial(connect, database, "default")
    with opened() as connection:
        return overview(connection, redis, Hot(redis, opened), settings, now)


def put_decided_idea(
    connection: psycopg.Connection[Any], stored: datetime, decided: datetime, revision: int = 1
) -> UUID:
    """An idea with one signal, stored and decided at these times."""
    signal, idea = new_id(), new_id()
    values = {"signal": signal, "idea": idea, "stored": stored, "decided": decided, "revision": revision}
    connection.execute(
        "INSERT INTO signal (id, source, kind, text, first_known_at, recorded_at) "
        "VALUES (%(signal)s, 'reddit', 'item', 'a thing', %(stored)s, %(stored)s)",
        values,
    )
    row = IdeaRow(idea, str(idea), "a thing", "all", None, "subject", "", "mug", (signal,))
    put_ideas(connection, [row], decided, "test", {})
    connection.execute(
        "INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, ceiling, reasons, steps, recorded_at) "
        "VALUES ('default', %(idea)s, %(revision)s, %(decided)s, 'review', 'review', '[]', '[]', %(decided)s)",
        values,
    )
    return idea


def test_an_empty_installation_is_shown_whole(database: str, redis: Redis, settings: Settings) -> None:
    seen = look(database, redis, settings)
    assert not any((seen.queues, seen.dead, seen.sources, seen.allowances, seen.spikes, seen.keywords, seen.alarms))
    assert (seen.workers.alive, seen.topics, seen.waiting.count) == (0, None, 0)
    assert seen.pace is not None
    assert seen.pace.newest is None
    assert orjson.dumps(asdict(seen), default=str)


def test_without_redis_it_is_as_whole(database: str, settings: Settings) -> None:
    assert look(database, Redis(None), settings).topics is None


def test_hot_topics_are_those_that_redis_has_counted(database: str, redis: Redis, settings: Settings) -> None:
    hot = Hot(redis, partial(connect, database, "default"))
    hot.top(NOW)
    hot.listen([Signal("reddit", SignalKind.ITEM, "moss frame", NOW, str(n), author_hash=str(n)) for n in range(3)])
    topics = look(database, redis, settings).topics
    assert topics is not None
    assert [(topic.phrase, topic.heat) for topic in topics] == [("moss frame", 3.0)]


async def test_limits_are_read_from_redis_and_where_it_is_away_from_postgresql(
    database: str, redis: Redis, redis_address: str, settings: Settings
) -> None:
    kept = AsyncRedis(redis_address)
    async with pool(database, "default") as connections:
        await use(connections, kept)
    await kept.close()
    [with_redis] = look(database, redis, settings, datetime.now(UTC)).allowances
    assert (with_redis.server, with_redis.model) == ("api.groq.com", "llama-3.1-8b-instant")
    assert (with_redis.requests, with_redis.requests_limit, with_redis.tokens) == (2, 30, 1_000)
    assert with_redis.requests_today == 2
    [without] = look(database, Redis(None), settings, datetime.now(UTC)).allowances
    assert (without.requests, without.tokens, round(without.shut_s)) == (1, 700, 60)


async def use(connections: AsyncConnectionPool[Any], redis: AsyncRedis) -> None:
    instead = PostgresLimits(connections)
    shared = RedisLimits(redis, instead)
    for _ in range(2):
        assert await shared.take(GROQ, 500, Cap(requests_per_minute=30)) == 0.0
    assert await instead.take(GROQ, 700) == 0.0
    await instead.shut(GROQ, 60.0)


def test_sources_say_their_quota_of_today_alone(
    database: str, connection: psycopg.Connection[Any], settings: Settings
) -> None:
    for name, day in (("youtube", NOW.date()), ("pinterest", NOW.date() - timedelta(days=1))):
        open_source(connection, name)
        reserve(connection, name, 101, 10_000, day)
    rows = {row["name"]: row for row in look(database, Redis(None), settings).sources}
    assert (rows["youtube"]["quota_used"], rows["pinterest"]["quota_used"]) == (101, 0)
    assert rows["youtube"]["quota"] == 10_000


def test_the_pace_is_from_the_newest_and_from_the_first_signal_to_the_decision(
    database: str, connection: psycopg.Connection[Any], settings: Settings
) -> None:
    for minutes in (10, 20, 30):
        put_decided_idea(connection, NOW - timedelta(minutes=60 + minutes), NOW - timedelta(minutes=60))
    put_decided_idea(connection, NOW - timedelta(days=5), NOW - timedelta(minutes=50), revision=2)
    put_decided_idea(connection, NOW - timedelta(days=9), NOW - timedelta(days=4))
    pace = look(database, Redis(None), settings).pace
    assert pace is not None
    assert (pace.decisions, pace.first_decisions) == (4, 3)
    assert pace.first == timedelta(minutes=29)
    assert pace.newest is not None
    assert pace.newest > timedelta(days=3)


async def test_the_pace_to_live_is_from_the_newest_signal_and_from_the_yes_of_what_went_live_for_the_first_time(
    database: str, connection: psycopg.Connection[Any], settings: Settings
) -> None:
    us, now = new_id(), datetime.now(UTC)
    async with pool(database, "default", 2) as sessions, sessions.connection() as session:
        for name, minutes in (("1", 20), ("2", 30)):
            at = now - timedelta(minutes=minutes)
            idea = put_decided_idea(connection, at - timedelta(minutes=10), at)
            await approved(session, name, idea_id=idea)
        await approved(session, "3")
        for row in await outbox.take(session, us, "me", 3):
            await outbox.settle(session, us, row, "live", "me", native={"id": "7"})
    pace = look(database, Redis(None), settings, now).live_pace
    assert pace is not None and pace.signal is not None and pace.approval is not None
    assert pace.listings == 2
    assert timedelta(minutes=39) < pace.signal < timedelta(minutes=45)
    assert timedelta(0) < pace.approval < timedelta(minutes=5)
    assert look(database, Redis(None), settings, now + timedelta(days=2)).live_pace == LivePace(0, None, None)


def test_another_tenants_rows_are_not_shown(
    database: str, connection: psycopg.Connection[Any], settings: Settings
) -> None:
    row = SpikeRow("k", NOW, "moss frame", "subject", "", 9.0, 9, 9, ["reddit"], NOW)
    put_spikes(connection, [row])
    assert [each.phrase for each in look(database, Redis(None), settings).spikes] == ["moss frame"]
    opened = partial(connect, database, "other")
    with opened() as other:
        assert overview(other, Redis(None), Hot(Redis(None), opened), settings, NOW).spikes == []


def test_what_takes_longer_than_a_glance_is_left_out_and_the_session_goes_on(
    connection: psycopg.Connection[Any],
) -> None:
    with pytest.raises(TooLong, match="not counted within 50 ms"), briefly(connection, timedelta(milliseconds=50)):
        connection.execute("SELECT pg_sleep(5)")
    assert connection.execute("SHOW statement_timeout").fetchone() == ("15min",)


async def test_what_keywords_were_worth_is_shown_as_a_discovery_counted_it(
    database: str, redis: Redis, settings: Settings
) -> None:
    session = partial(connect, database, "default")
    analytics = kept_worth(redis, "default")
    await Keywords(session, WebDiscovery(session), analytics).discover(NOW)
    assert look(database, redis, settings).worth == Worth(0, 0, None)
    analytics.put("worth", {"ideas": 9, "announced": 4, "median_lead_hours": 30.0})
    assert look(database, redis, settings).worth == Worth(9, 4, 30.0)
    assert look(database, Redis(None), settings).worth == Worth(0, 0, None)
