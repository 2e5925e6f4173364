"""Limits keep their promises in memory, in PostgreSQL and in Redis alike."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from store.limits import Cap, Limits, MemoryLimits, PostgresLimits, RedisLimits, Rules, Urgency, with_urgency
from store.postgres import pool
from store.redis import AsyncRedis

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
