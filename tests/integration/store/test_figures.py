"""Figures of a tenant on a real database: each counts what it says, and nothing of another tenant's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection, Connection

from evals.bench.stage import store_idea
from store.figures import STATUSES, VERDICTS, load_figures
from store.migrate import add_tenant
from store.postgres import connect, pool

MINE = "current_setting('bellwether.tenant')"
DECISION = f"""
INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, ceiling, reasons, steps, recorded_at)
VALUES ({MINE}, %s, %s, now(), %s, 'approve', '[]', '[]', %s)
"""  # noqa: S608 - a constant written above
REVIEW = f"""
INSERT INTO review (tenant_id, id, idea_id, revision, answer, actor, undo_until, told_at, undone_at)
VALUES ({MINE}, gen_random_uuid(), %s, %s, 'approve', 'ana', now(), %s, %s)
"""  # noqa: S608
JOB = "INSERT INTO procrastinate_jobs (queue_name, task_name, status, args) VALUES (%s, 'pull', %s, '{}')"
SPEND = f"INSERT INTO spend VALUES ({MINE}, %s, 1000000, 500000, 1200)"  # noqa: S608
WORKER = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)"
NOTICE = f"""
INSERT INTO notice_message (tenant_id, channel, key, state, place, due_at) VALUES ({MINE}, 'email', %s, %s, 0, now())
"""  # noqa: S608
Figures = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture
async def session(database: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with pool(database, "default", 1) as opened, opened.connection() as connection:
        yield connection


async def figures(session: AsyncConnection[Any]) -> Figures:
    found = await load_figures(session, datetime.now(UTC), timedelta(seconds=30))
    return {(each.name, tuple(each.labels)): each.value for each in found}


async def test_of_nothing_there_is_a_nought_of_each_kind(session: AsyncConnection[Any]) -> None:
    found = await figures(session)
    assert {labels[0] for name, labels in found if name == "ideas"} == set(STATUSES)
    assert {labels[0] for name, labels in found if name == "decisions"} == set(VERDICTS)
    assert not any(found.values())


async def test_everything_is_counted_once_and_as_what_it_is(
    session: AsyncConnection[Any], connection: Connection[Any]
) -> None:
    now = fill(connection)
    found = await figures(session)
    assert found["ideas", ("discovered",)] == 1
    assert (found["decisions", ("approve",)], found["decisions", ("reject",)]) == (1, 0)
    assert found["untold", ()] == 1
    assert (found["jobs", ("scan", "todo")], found["jobs", ("scan", "doing")]) == (2, 1)
    assert 0 <= found["oldest", ("scan",)] < 60
    assert (found["spent", ()], found["tokens", ()]) == (1_500_000, 1_200)
    assert (found["workers", ()], found["heartbeat", ()]) == (1, pytest.approx(now.timestamp() - 5))
    assert (found["notices", ("email", "waiting")], found["notices", ("email", "failed")]) == (1, 1)
    assert ("notices", ("email", "sent")) not in found
    assert found["signals", ()] > 0


async def test_nothing_of_another_tenant_is_counted_but_the_signals(
    session: AsyncConnection[Any], database: str
) -> None:
    add_tenant(database, "other")
    with connect(database, "other") as theirs:
        fill(theirs)
    found = await figures(session)
    assert {name for (name, _), value in found.items() if value} == {"signals"}


def fill(connection: Connection[Any]) -> datetime:
    """Something of everything; the moment that it was stored at."""
    now, idea = datetime.now(UTC), store_idea(connection)
    connection.execute(DECISION, (idea, 1, "reject", now - timedelta(days=2)))
    connection.execute(DECISION, (idea, 2, "approve", now))
    for revision, told, undone in ((1, None, None), (2, now, None), (3, None, now)):
        connection.execute(REVIEW, (idea, revision, told, undone))
    for status in ("todo", "todo", "doing", "succeeded"):
        connection.execute(JOB, ("scan", status))
    for scope in (f"day:{now:%Y-%m-%d}", "day:2026-01-01"):
        connection.execute(SPEND, (scope,))
    for age_s in (5, 500):
        connection.execute(WORKER, (now - timedelta(seconds=age_s),))
    for state in ("waiting", "failed", "sent"):
        connection.execute(NOTICE, (state, state))
    return now
