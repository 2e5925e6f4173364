"""The ledger of calls and spend keeps its promises in memory and in PostgreSQL alike."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from store.calls import Begun, Calls, Hold, Kept, MemoryCalls, PostgresCalls, Scope, Spent
from store.ids import new_id
from store.postgres import pool

ROOT = Path(__file__).resolve().parents[3]
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
    begun = await asyncio.gather(*(calls.begin([f"k{n}"], replace(HOLD, id=new_id())) for n in range(30)))
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


async def test_a_reservation_that_nobody_settles_is_given_back_when_it_has_expired(calls: Calls):
    lost = replace(HOLD, micro_usd=400, keep_s=0.1, id=new_id())
    assert (await calls.begin(["k1"], lost)).held
    assert (await calls.begin(["k2"], replace(HOLD, micro_usd=300, id=new_id()))).full == ("run:r1",)
    await asyncio.sleep(0.15)
    assert (await calls.begin(["k2"], replace(HOLD, micro_usd=300, id=new_id()))).held
    assert await calls.spent(RUN.name) == await calls.spent(DAY.name) == Spent(300, 0, 300)


async def test_a_call_that_ends_after_its_reservation_expired_is_counted_once(calls: Calls):
    late = replace(HOLD, micro_usd=400, keep_s=0.05, id=new_id())
    await calls.begin(["k1"], late)
    await asyncio.sleep(0.1)
    assert (await calls.begin(["k2"], replace(HOLD, micro_usd=501, id=new_id()))).full == ("run:r1",)
    await calls.settle(late, ANSWER, 7, 120)
    assert await calls.spent(RUN.name) == Spent(0, 7, 120)


RESERVE = """
import asyncio, sys
from store.calls import Hold, PostgresCalls, Scope
from store.postgres import pool

async def main():
    async with pool(sys.argv[1], "default", 4) as opened:
        calls = PostgresCalls(opened, "default")
        holds = [Hold((Scope("day:2017-11-21", 1000, 5000),), 100, 1) for _ in range(20)]
        begun = await asyncio.gather(*(calls.begin([], hold) for hold in holds))
        print(sum(one.held for one in begun))

asyncio.run(main())
"""


def test_processes_share_the_ceiling_of_a_day(database: str):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", RESERVE, database]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(2)]
    assert sum(int(process.communicate(timeout=60)[0]) for process in processes) == 10
