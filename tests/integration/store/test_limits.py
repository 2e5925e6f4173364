"""Limits keep their promises in memory, in PostgreSQL and in Redis alike."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.limits import Cap, Limits, MemoryLimits, PostgresLimits, RedisLimits, Rules, Urgency, with_urgency
from store.postgres import pool
from store.redis import AsyncRedis, EmbeddedRedis, Redis

ROOT = Path(__file__).resolve().parents[3]
SHORT = Rules(window_s=1.0, margin_s=0.125, grain_s=1 / 16)


@pytest.fixture(params=["memory", "postgres", "redis"])
async def limits(request: pytest.FixtureRequest) -> AsyncIterator[Limits]:
    if request.param == "memory":
        yield MemoryLimits(SHORT)
    elif request.param == "postgres":
        async with pool(request.getfixturevalue("database"), "default") as opened:
            yield PostgresLimits(opened, SHORT)
    else:
        redis = AsyncRedis(request.getfixturevalue("redis_address"), timeout_s=5.0)
        yield RedisLimits(redis, MemoryLimits(SHORT), SHORT)
        await redis.close()


async def take_soon(limits: Limits, name: str, tokens: int, cap: Cap) -> None:
    wait_s = await limits.take(name, tokens, cap)
    while wait_s > 0:
        await asyncio.sleep(wait_s)
        wait_s = await limits.take(name, tokens, cap)


async def test_what_nobody_limits_goes_out_at_once(limits: Limits):
    assert [await limits.take("a", 10_000) for _ in range(50)] == [0.0] * 50


async def test_in_no_window_more_goes_out_than_is_allowed(limits: Limits):
    cap, taken = Cap(requests_per_minute=30), []

    async def worker() -> None:
        for _ in range(10):
            await take_soon(limits, "a", 1, cap)
            taken.append(time.monotonic())

    await asyncio.gather(*(worker() for _ in range(10)))
    taken.sort()
    assert min(later - earlier for earlier, later in zip(taken, taken[30:], strict=False)) > SHORT.window_s
    assert taken[-1] - taken[0] < 3 * (SHORT.counts_s + 3 * SHORT.grain_s), "the limit is used, not just kept"


async def test_tokens_count_as_requests_do(limits: Limits):
    cap = Cap(tokens_per_minute=1000)
    assert await limits.take("a", 600, cap) == 0
    assert 0.5 < await limits.take("a", 600, cap) <= 1.3
    assert await limits.take("a", 400, cap) == 0
    assert await limits.take("b", 600, cap) == 0, "another key's allowance is its own"


async def test_tokens_that_were_not_used_are_there_again(limits: Limits):
    cap = Cap(tokens_per_minute=1000)
    assert await limits.take("a", 900, cap) == 0
    assert await limits.take("a", 900, cap) > 0
    await limits.settle("a", 900, 100)
    assert await limits.take("a", 900, cap) == 0


async def test_a_request_that_left_late_holds_its_place_for_longer(limits: Limits):
    cap = Cap(requests_per_minute=1)
    assert await limits.take("a", 1, cap) == 0
    await asyncio.sleep(0.6)
    before = await limits.take("a", 1, cap)
    await limits.settle("a", 1, 1, age_s=0.6, late_s=0.5)
    assert before < 0.6 < await limits.take("a", 1, cap)


async def test_a_request_over_the_whole_limit_goes_out_alone(limits: Limits):
    cap = Cap(tokens_per_minute=1000)
    assert await limits.take("a", 5000, cap) == 0
    assert await limits.take("a", 1, cap) > 0
    assert await limits.take("b", 1, cap) == 0
    assert await limits.take("b", 5000, cap) > 0


async def test_a_day_that_is_used_up_asks_to_wait_for_tomorrow(limits: Limits):
    cap = Cap(requests_per_day=2)
    assert [await limits.take("a", 1, cap) for _ in range(2)] == [0, 0]
    assert await limits.take("a", 1, cap) == pytest.approx(86_400 - time.time() % 86_400, abs=5)
    assert await limits.take("a", 1, Cap(tokens_per_day=1)) > 5


async def test_whoever_is_asked_to_wait_is_left_alone_by_everybody(limits: Limits):
    await limits.shut("a", 30)
    await limits.shut("a", 3)
    assert await limits.take("a", 1) == pytest.approx(30, abs=1)
    assert await limits.take("b", 1) == 0


async def test_headers_that_state_a_limit_are_kept_like_a_cap(limits: Limits):
    stated = {"x-ratelimit-limit-requests": "3", "x-ratelimit-remaining-requests": "2"}
    assert await limits.take("a", 1) == 0
    await limits.learn("a", stated | {"x-ratelimit-reset-requests": "1s"})
    assert [await limits.take("a", 1, Cap(requests_per_minute=50)) for _ in range(2)] == [0, 0]
    assert await limits.take("a", 1, Cap(requests_per_minute=50)) > 0


async def test_what_others_take_with_the_same_key_counts(limits: Limits):
    stated = {"x-ratelimit-limit-tokens": "1000", "x-ratelimit-remaining-tokens": "100"}
    assert await limits.take("a", 50) == 0
    await limits.learn("a", stated | {"x-ratelimit-reset-tokens": "500ms"})
    assert 0 < await limits.take("a", 500) < 0.9
    assert await limits.take("a", 50) == 0


async def test_what_is_left_of_a_longer_period_is_counted_down(limits: Limits):
    stated = {"x-ratelimit-limit-requests": "14400", "x-ratelimit-remaining-requests": "2"}
    await limits.learn("a", stated | {"x-ratelimit-reset-requests": "2m"})
    assert [await limits.take("a", 1) for _ in range(2)] == [0, 0]
    assert await limits.take("a", 1) == pytest.approx(120, abs=2)


async def test_headers_that_cannot_be_read_change_nothing(limits: Limits):
    await limits.learn("a", {"x-ratelimit-remaining-requests": "none", "x-ratelimit-reset-requests": "10s"})
    await limits.learn("a", {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "later"})
    await limits.learn("a", {})
    assert await limits.take("a", 10) == 0


async def test_a_batch_call_does_not_take_what_a_hot_one_waits_for(limits: Limits):
    cap = Cap(requests_per_minute=1)
    await limits.take("a", 1, cap)
    with with_urgency(Urgency.HOT):
        assert await limits.take("a", 1, cap) > 0
    await asyncio.sleep(SHORT.counts_s + 2 * SHORT.grain_s)
    for lower in (Urgency.BATCH, Urgency.NORMAL):
        with with_urgency(lower):
            assert await limits.take("a", 1, cap) > 0
    with with_urgency(Urgency.HOT):
        assert await limits.take("a", 1, cap) == 0


def most_in_a_window(taken: list[float], window_s: float) -> int:
    return max(sum(at - window_s < other <= at for other in taken) for at in taken)


async def test_when_redis_dies_postgresql_goes_on_and_only_the_hand_over_passes_the_limit(
    database: str, reachable_folder: Path
):
    server = EmbeddedRedis(reachable_folder / "dying")
    redis, cap, taken = AsyncRedis(server.start(), timeout_s=5.0, rest_s=0.2), Cap(requests_per_minute=30), []
    async with pool(database, "default") as opened:
        limits = RedisLimits(redis, PostgresLimits(opened, SHORT), SHORT)

        async def worker(until: float) -> None:
            while time.monotonic() < until:
                await take_soon(limits, "a", 1, cap)
                taken.append(time.monotonic())

        began = time.monotonic()
        workers = [asyncio.create_task(worker(began + 5)) for _ in range(8)]
        await asyncio.sleep(1.6)
        await asyncio.to_thread(server.stop)
        died = time.monotonic()
        await asyncio.gather(*workers)
        await redis.close()
    assert most_in_a_window([at for at in taken if at < died], SHORT.window_s) <= 30
    assert most_in_a_window([at for at in taken if at > died + 1.2], SHORT.window_s) <= 30
    assert most_in_a_window(taken, SHORT.window_s) <= 60, "one window's hand-over"
    assert sum(at > died + 1.2 for at in taken) > 30, "and work goes on"


async def test_whatever_is_told_reaches_postgresql_while_redis_is_away(database: str):
    async with pool(database, "default") as opened:
        limits = RedisLimits(AsyncRedis(None), PostgresLimits(opened, SHORT), SHORT)
        assert await limits.take("a", 900, Cap(tokens_per_minute=1000)) == 0
        assert await limits.take("a", 900, Cap(tokens_per_minute=1000)) > 0
        await limits.settle("a", 900, 10)
        assert await limits.take("a", 900, Cap(tokens_per_minute=1000)) == 0
        stated = {"x-ratelimit-limit-requests": "2", "x-ratelimit-remaining-requests": "0"}
        await limits.learn("a", stated | {"x-ratelimit-reset-requests": "1s"})
        assert await limits.take("a", 1) > 0
        await limits.shut("b", 30)
        assert await PostgresLimits(opened, SHORT).take("b", 1) > 25


TAKE = """
import asyncio, sys, time
from store.limits import Cap, MemoryLimits, RedisLimits, Rules
from store.redis import AsyncRedis

async def main():
    rules = Rules(1.0, 0.125, 1 / 16)
    redis = AsyncRedis(sys.argv[1], timeout_s=5.0)
    limits = RedisLimits(redis, MemoryLimits(rules), rules)
    for _ in range(20):
        while (wait_s := await limits.take("a", 1, Cap(requests_per_minute=30))) > 0:
            await asyncio.sleep(wait_s)
        print(time.time())
    await redis.close()

asyncio.run(main())
"""


def test_processes_share_a_limit(redis_address: str):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", TAKE, redis_address]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(3)]
    taken = [float(line) for process in processes for line in process.communicate(timeout=60)[0].split()]
    assert len(taken) == 60
    assert most_in_a_window(taken, SHORT.window_s) <= 30


async def test_what_redis_keeps_of_a_busy_allowance_stays_small_and_expires(redis: Redis, redis_address: str):
    client = AsyncRedis(redis_address, timeout_s=5.0)
    limits = RedisLimits(client, MemoryLimits(SHORT), SHORT)
    for _ in range(2000):
        await limits.take("https://host/v1 model 0123456789ab", 1000)
    await client.close()
    (key,) = redis.call("KEYS", "*")
    assert key == "bw:shared:limit:https://host/v1 model 0123456789ab"
    assert redis.call("STRLEN", key) < 4000
    assert 0 < redis.call("TTL", key) <= 2 * 86_400
