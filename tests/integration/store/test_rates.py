"""Rates keep their promise in one process and over a Redis alike, and without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.rates import SLICE_S, SLICES, MemoryRates, Rates, Standing
from store.redis import AsyncRedis, EmbeddedRedis, Redis

NOON = 1_800_000_000.0


class Counts(Protocol):
    async def take(self, name: str, limit: int) -> Standing: ...


class Alone:
    """The rule of one process behind the same question."""

    def __init__(self) -> None:
        self.rates = MemoryRates()

    async def take(self, name: str, limit: int) -> Standing:
        return self.rates.take(name, limit)


@pytest.fixture(params=["alone", "redis", "away"])
async def rates(request: pytest.FixtureRequest) -> AsyncIterator[Counts]:
    if request.param == "alone":
        yield Alone()
        return
    there = request.param == "redis"
    redis = AsyncRedis(request.getfixturevalue("redis_address") if there else "redis://127.0.0.1:1/0", timeout_s=5.0)
    yield Rates(redis)
    await redis.close()


async def test_so_many_are_let_in_and_no_more(rates: Counts):
    taken = [await rates.take("a", 5) for _ in range(8)]
    assert [each.taken for each in taken] == [True] * 5 + [False] * 3
    assert [each.left for each in taken] == [4, 3, 2, 1, 0, 0, 0, 0]
    assert {each.limit for each in taken} == {5}
    assert all(60 <= each.reset_s <= 65 for each in taken)


async def test_each_name_has_its_own_minute(rates: Counts):
    assert not [each for each in [await rates.take(name, 1) for name in "abc"] if not each.taken]
    assert not (await rates.take("a", 1)).taken


async def test_many_at_once_are_counted_each(rates: Counts):
    taken = await asyncio.gather(*(rates.take("a", 30) for _ in range(50)))
    assert sum(each.taken for each in taken) == 30


async def test_a_limit_that_was_lowered_holds_at_once(rates: Counts):
    assert (await rates.take("a", 100)).taken
    lowered = await rates.take("a", 1)
    assert (lowered.taken, lowered.left) == (False, 0)


async def test_two_processes_share_one_minute(redis_address: str):
    one, other = AsyncRedis(redis_address, timeout_s=5.0), AsyncRedis(redis_address, timeout_s=5.0)
    taken = [(await Rates(each).take("a", 3)).taken for each in (one, other, one, other)]
    await one.close()
    await other.close()
    assert taken == [True, True, True, False]


async def test_of_a_high_limit_some_places_are_taken_at_a_time_and_no_more_than_there_are(
    redis: Redis, redis_address: str
):
    clients = [AsyncRedis(redis_address, timeout_s=5.0) for _ in range(2)]
    processes = [Rates(each) for each in clients]
    taken = await asyncio.gather(*(processes[nth % 2].take("a", 6_000) for nth in range(40)))
    assert all(each.taken for each in taken)
    for _ in range(6_000):
        taken.append(await processes[0].take("a", 6_000))
    for each in clients:
        await each.close()
    let_in = sum(each.taken for each in taken)
    assert 6_000 - 2 * 40 * 5 <= let_in <= 6_000
    assert sum(int(count) for count in redis.call("HVALS", "bw:a")) == 6_000


async def test_places_that_were_taken_ahead_are_good_for_a_second(redis_address: str):
    now = 100.0
    shared = AsyncRedis(redis_address, timeout_s=5.0)
    rates = Rates(shared, clock=lambda: now)
    lefts = [(await rates.take("a", 6_000)).left for _ in range(3)]
    now = 101.0
    lefts.append((await rates.take("a", 6_000)).left)
    await shared.close()
    assert lefts == [5_999, 5_998, 5_997, 5_994]


async def test_what_is_counted_goes_by_itself(redis: Redis, redis_address: str):
    shared = AsyncRedis(redis_address, timeout_s=5.0)
    await Rates(shared).take("default:rate:x", 3)
    await shared.close()
    assert 60_000 < redis.call("PTTL", "bw:default:rate:x") <= (SLICES + 1) * SLICE_S * 1000


async def test_after_a_flush_a_minute_begins_anew(redis: Redis, redis_address: str):
    shared = AsyncRedis(redis_address, timeout_s=5.0)
    assert [(await Rates(shared).take("a", 1)).taken for _ in range(2)] == [True, False]
    redis.call("FLUSHALL")
    redis.call("SCRIPT", "FLUSH")
    assert (await Rates(shared).take("a", 1)).taken
    await shared.close()


async def test_while_redis_is_away_the_process_counts_and_goes_back_to_it_afterwards(redis_server: EmbeddedRedis):
    shared = AsyncRedis(redis_server.start(), timeout_s=5.0, rest_s=0.1)
    rates = Rates(shared)
    assert (await rates.take("b", 2)).taken
    redis_server.stop()
    assert [(await rates.take("b", 2)).taken for _ in range(3)] == [True, True, False]
    redis_server.start()
    await asyncio.sleep(0.2)
    assert (await rates.take("b", 2)).taken, "Redis came back empty: it keeps nothing"
    await shared.close()


@given(steps=st.lists(st.floats(0, 20), min_size=1, max_size=200), limit=st.integers(1, 20))
def test_in_no_sixty_seconds_are_there_more_than_the_limit(steps: list[float], limit: int):
    now, taken = NOON, []
    rates = MemoryRates(clock=lambda: now)
    for step in steps:
        now += step
        standing = rates.take("a", limit)
        taken += [now] * standing.taken
        assert standing.taken or standing.reset_s > 0
    assert all(later - earlier > 60 for earlier, later in zip(taken, taken[limit:], strict=False))


@given(steps=st.lists(st.floats(0, 20), min_size=1, max_size=60), limit=st.integers(1, 5))
def test_whoever_waits_as_long_as_they_were_told_is_let_in(steps: list[float], limit: int):
    now = NOON
    rates = MemoryRates(clock=lambda: now)
    for step in steps:
        now += step
        standing = rates.take("a", limit)
        if not standing.taken:
            now += standing.reset_s
            assert rates.take("a", limit).taken


def test_of_more_names_than_fit_the_one_that_asked_the_longest_ago_begins_anew():
    rates = MemoryRates(most=2)
    assert [rates.take(name, 1).taken for name in "abcab"] == [True] * 5
    assert not rates.take("b", 1).taken
