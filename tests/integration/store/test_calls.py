"""The ledger of calls and spend keeps its promises in memory and in PostgreSQL alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from store.calls import Begun, Calls, Hold, Kept, MemoryCalls, PostgresCalls, Scope, Spent
from store.postgres import pool

ANSWER = Kept("k1", "groq", "m", '{"text": "yes \\u0000 \\ud800"}', 100, 20, 7)
DAY, RUN = Scope("day:2017-11-21", 1000, 5000), Scope("run:r1", 500, 2000)
HOLD = Hold((DAY, RUN), 100, 300)


@pytest.fixture(params=["memory", "postgres"])
async def calls(request: pytest.FixtureRequest) -> AsyncIterator[Calls]:
    if request.param == "memory":
        yield MemoryCalls()
        return
    async with pool(request.getfixturevalue("database"), "default") as opened:
        yield PostgresCalls(opened, "default")


async def test_an_answer_is_found_under_its_key_and_nothing_is_reserved(calls: Calls):
    assert await calls.begin(["k1"], HOLD) == Begun(held=True)
    await calls.settle(HOLD, ANSWER, 7, 120)
    assert await calls.begin(["k0", "k1"], HOLD) == Begun((ANSWER,))
    assert await calls.spent(RUN.name) == Spent(0, 7, 120)


async def test_answers_come_in_the_order_they_were_asked_for(calls: Calls):
    for key in ("b", "a", "c"):
        await calls.begin([key], HOLD)
        await calls.settle(HOLD, replace(ANSWER, key=key), 1, 1)
    begun = await calls.begin(["c", "missing", "a", "b"], HOLD)
    assert [kept.key for kept in begun.kept] == ["c", "a", "b"]


async def test_the_first_answer_kept_stays(calls: Calls):
    for answer in (ANSWER, replace(ANSWER, answer="other")):
        await calls.begin([], HOLD)
        await calls.settle(HOLD, answer, 7, 120)
    assert (await calls.begin(["k1"], HOLD)).kept == (ANSWER,)
    assert await calls.spent(DAY.name) == Spent(0, 14, 240)


async def test_what_is_reserved_counts_until_it_is_settled(calls: Calls):
    await calls.begin(["k1"], HOLD)
    assert await calls.spent(DAY.name) == Spent(100, 0, 300)
    await calls.settle(HOLD, None, 0, 0)
    assert await calls.spent(DAY.name) == Spent(0, 0, 0)


@pytest.mark.parametrize(
    ("hold", "full"),
    [
        (Hold((DAY, RUN), 501, 1), ("run:r1",)),
        (Hold((DAY, RUN), 1001, 1), ("day:2017-11-21", "run:r1")),
        (Hold((DAY, RUN), 1, 2001), ("run:r1",)),
        (Hold((replace(DAY, ceiling_micro_usd=0), RUN), 1, 1), ("day:2017-11-21",)),
    ],
)
async def test_a_reservation_is_made_in_every_scope_or_in_none(calls: Calls, hold: Hold, full: tuple[str, ...]):
    for before in (False, True):
        if before:
            await calls.begin([], Hold((DAY, RUN), 0, 0))
        assert await calls.begin([], hold) == Begun(full=full)
        assert await calls.spent(DAY.name) == await calls.spent(RUN.name) == Spent(0, 0, 0)


async def test_a_reservation_that_just_fits_is_made(calls: Calls):
    assert (await calls.begin([], Hold((DAY, RUN), 500, 2000))).held
    assert (await calls.begin([], Hold((DAY, RUN), 1, 0))).full == ("run:r1",)
    assert (await calls.begin([], Hold((DAY,), 500, 3000))).held
    assert (await calls.begin([], Hold((DAY,), 0, 1))).full == ("day:2017-11-21",)


async def test_many_at_once_never_pass_a_ceiling(calls: Calls):
    begun = await asyncio.gather(*(calls.begin([f"k{n}"], HOLD) for n in range(30)))
    assert sum(one.held for one in begun) == 5
    assert await calls.spent(RUN.name) == Spent(500, 0, 1500)


async def test_one_tenant_sees_nothing_of_another(database: str):
    with_tenant(database, "other")
    async with pool(database, "default", 2) as mine, pool(database, "other", 2) as theirs:
        await PostgresCalls(mine, "default").begin([], HOLD)
        await PostgresCalls(mine, "default").settle(HOLD, ANSWER, 7, 120)
        assert (await PostgresCalls(theirs, "other").begin(["k1"], HOLD)).held
        assert (await PostgresCalls(mine, "default").spent(RUN.name)).reserved_micro_usd == 0


def with_tenant(database: str, tenant: str) -> None:
    from store.postgres import owner

    with owner(database) as admin:
        admin.execute("INSERT INTO tenant (id) VALUES (%s)", (tenant,))
