"""Leases on a session that may be gone when they are asked for."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg
import pytest

from graphs.leases import Leases
from store.postgres import owner, pool

CUT = """
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def sessions(database):
    async with pool(database, "default", 4) as opened:
        yield opened


async def test_a_lease_is_had_after_the_server_cut_the_idle_session_of_all_leases(database, sessions):
    leases = Leases(sessions)
    async with leases.hold("shortlist"):
        pass
    with owner(database) as admin:
        admin.execute(CUT)
    async with leases.hold("shortlist") as mine:
        assert mine
        others = Leases(sessions)
        async with others.hold("shortlist", wait=False) as theirs:
            assert not theirs
        await others.close()
    await leases.close()


async def test_a_lease_that_cannot_be_had_because_nobody_answers_says_so(database, sessions):
    leases = Leases(sessions)
    await sessions.close()
    with pytest.raises(psycopg.OperationalError):
        async with leases.hold("shortlist"):
            pass


async def test_who_is_cancelled_at_any_moment_leaves_no_lease_behind(sessions):
    leases, others = Leases(sessions), Leases(sessions)

    async def work() -> None:
        async with leases.hold("thread"):
            pass

    await work()
    for moment in range(80):
        task = asyncio.create_task(work())
        await asyncio.sleep(moment * 20e-6)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        async with others.hold("thread", wait=False) as free:
            assert free, f"cancelled after {moment * 20} us"
    await leases.close()
    await others.close()


async def test_of_a_name_that_nobody_holds_nothing_is_kept(sessions):
    leases = Leases(sessions)
    async with leases.hold("thread"), leases.hold("thread", wait=False) as second:
        assert not second
    assert not leases._here
    await leases.close()
