"""Health on a real database: each alarm at its threshold, its life from opened to over, and checks that fail alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from evals.bench.stage import store_idea
from graphs.channels import NotSent
from graphs.health import SILENT_INTERVALS, Alarm, check, silence
from graphs.notices import Notices
from graphs.settings import Settings
from store.ids import new_id
from store.postgres import connect, pool
from tests.listed import drafted, wished

Session = psycopg.Connection[Any]
Look = Callable[..., Awaitable[list[str]]]
NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

DECIDE = """
INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, ceiling, reasons, steps, recorded_at)
VALUES ('default', %s, %s, now(), %s, 'approve', '[]', '[]', %s)
"""
BURY = """
INSERT INTO dead_letter (tenant_id, job_id, queue, task, priority, args, error, digest)
SELECT 'default', at, 'scan', 'pull', 0, '{}', 'the door was shut', '' FROM generate_series(1, %s) AS at
"""
QUEUE = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args)
SELECT 'analyse', 'judge', '{}' FROM generate_series(1, %s)
"""
SPEND = """
INSERT INTO spend (tenant_id, scope, spent_micro_usd, tokens) VALUES ('default', %s, %s, %s)
ON CONFLICT (tenant_id, scope) DO UPDATE SET spent_micro_usd = excluded.spent_micro_usd
"""


@pytest.fixture
def look(database: str) -> Look:
    """Check the health at a moment: the names of the alarms that are on."""

    async def at(now: datetime = NOW, **settings: Any) -> list[str]:
        asked = Settings(_env_file=None, database_url=database, **settings)
        return [alarm.name for alarm in await check(partial(connect, database, "default"), asked, now)]

    return at


def _subjects(connection: Session) -> list[str]:
    return [row[0] for row in connection.execute("SELECT subject FROM notice ORDER BY recorded_at, key")]


def _decide(connection: Session, verdicts: dict[str, int], at: datetime = NOW) -> None:
    """Decisions of a minute before, on an idea whose signals came a minute before them, whatever the clock says."""
    idea = store_idea(connection)
    connection.execute("UPDATE signal SET recorded_at = %s", (at - 2 * MINUTE,))
    said = [verdict for verdict, count in verdicts.items() for _ in range(count)]
    for revision, verdict in enumerate(said, 1):
        connection.execute(DECIDE, (idea, revision, verdict, at - MINUTE))


async def test_where_all_is_well_nobody_is_told(look: Look, connection: Session) -> None:
    assert await look() == []
    assert _subjects(connection) == []


async def test_a_verdict_that_takes_over_is_told(look: Look, connection: Session) -> None:
    _decide(connection, {"reject": 79, "review": 21})
    assert await look() == []
    connection.execute("UPDATE decision SET verdict = 'reject' WHERE revision > 87 ")
    assert await look() == ["verdict"]
    assert await look(NOW + 2 * DAY) == [], "what was decided the day before yesterday is not of the last 24 h"


async def test_more_than_ten_dead_letters_are_told(look: Look, connection: Session) -> None:
    connection.execute(BURY, [10])
    assert await look() == []
    connection.execute("UPDATE dead_letter SET job_id = job_id + 100")
    connection.execute(BURY, [1])
    assert await look() == ["dead_letters"]
    (body,) = connection.execute("SELECT body FROM notice").fetchone() or ("",)
    assert "the door was shut" in body and "bellwether jobs retry" in body


async def test_more_than_a_thousand_jobs_in_a_queue_are_told(look: Look, connection: Session) -> None:
    connection.execute(QUEUE, [1_000])
    assert await look() == []
    connection.execute(QUEUE, [1])
    assert await look() == ["queue:analyse"]


async def test_spend_is_told_at_four_fifths_and_at_the_ceiling(look: Look, connection: Session) -> None:
    found = []
    for micro_usd in (79, 80, 99, 100):
        connection.execute(SPEND, (f"day:{NOW:%Y-%m-%d}", micro_usd, 10))
        found.append(await look(day_ceiling_micro_usd=100))
    assert found == [[], ["spend:money-near"], ["spend:money-near"], ["spend:money-full"]]
    assert await look(NOW + DAY, day_ceiling_micro_usd=100) == [], "the next day has its own ceiling"
    assert await look(day_ceiling_micro_usd=0, day_ceiling_tokens=12) == ["spend:tokens-near"]


async def test_decisions_that_comelate_are_told(look: Look, connection: Session) -> None:
    _decide(connection, {"reject": 10, "review": 10})
    connection.execute("UPDATE signal SET recorded_at = %s", (NOW - 2 * 60 * MINUTE,))
    assert await look() == []
    connection.execute("UPDATE signal SET recorded_at = %s", (NOW - 3 * 60 * MINUTE,))
    assert await look() == ["pace"]


async def test_what_waits_for_a_person_is_told_once_a_day_with_the_best_by_name(
    look: Look, connection: Session
) -> None:
    _decide(connection, {"review": 1})
    connection.execute("UPDATE idea SET status = 'pending_review'")
    assert [await look(NOW), await look(NOW + 5 * MINUTE)] == [[], []]
    assert _subjects(connection) == ["1 decision waits for a person"]
    assert "- pumpkin carving" in (connection.execute("SELECT body FROM notice").fetchone() or ("",))[0]
    await look(NOW + DAY)
    assert len(_subjects(connection)) == 2


async def test_an_alarm_is_told_when_it_opens_a_daylater_and_when_it_is_over(look: Look, connection: Session) -> None:
    connection.execute(BURY, [11])
    for minutes in range(0, 60 * 24, 5 * 12):
        await look(NOW + minutes * MINUTE)
    assert _subjects(connection) == ["11 jobs failed for good"]
    await look(NOW + DAY)
    assert _subjects(connection)[1:] == ["still on: 11 jobs failed for good"]
    connection.execute("DELETE FROM dead_letter")
    for minutes in (5, 10, 15, 20):
        await look(NOW + DAY + minutes * MINUTE)
    assert _subjects(connection)[2:] == ["over: 11 jobs failed for good"]
    rows = connection.execute("SELECT DISTINCT thread FROM notice").fetchall()
    assert len(rows) == 1, "one incident, however often it is told"


async def test_an_alarm_that_flickers_is_one(look: Look, connection: Session) -> None:
    for minutes in range(0, 60, 5):
        connection.execute("DELETE FROM dead_letter")
        if minutes % 10 == 0:
            connection.execute(BURY, [11])
        await look(NOW + minutes * MINUTE)
    assert _subjects(connection) == ["11 jobs failed for good"]


async def test_an_alarm_that_comes_back_is_another(look: Look, connection: Session) -> None:
    for at, letters in ((0, 11), (15, 0), (30, 11)):
        connection.execute("DELETE FROM dead_letter")
        connection.execute(BURY, [letters])
        await look(NOW + at * MINUTE)
    assert len(_subjects(connection)) == 3
    assert len(connection.execute("SELECT DISTINCT thread FROM notice").fetchall()) == 2


async def test_a_check_that_cannot_be_made_hides_no_other_and_ends_no_alarm(
    look: Look, connection: Session, database: str
) -> None:
    connection.execute(BURY, [11])
    connection.execute(SPEND, (f"day:{NOW:%Y-%m-%d}", 100, 0))
    assert await look(day_ceiling_micro_usd=100) == ["dead_letters", "spend:money-full"]
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("ALTER TABLE dead_letter RENAME TO dead_letter_away")
        found = await look(NOW + 20 * MINUTE, day_ceiling_micro_usd=100)
        owner.execute("ALTER TABLE dead_letter_away RENAME TO dead_letter")
    assert {"health:dead_letters", "health:queue", "spend:money-full"} == set(found)
    on = {row[0] for row in connection.execute("SELECT name FROM alarm")}
    assert "dead_letters" in on and not any(subject.startswith("over") for subject in _subjects(connection))


async def test_a_channel_that_fails_is_told_by_the_others(look: Look, database: str) -> None:
    class Down:
        name, kinds, digests = "down", None, True

        async def send(self, notice: Any) -> None:
            raise NotSent("answered 401")

    notices = Notices(partial(connect, database, "default"), [Down()], 12)
    notices.tell("alarm", "s", "b", str(new_id()))
    for hours in range(6):
        await notices.send_due(datetime.now(UTC) + timedelta(hours=hours))
    assert await look() == ["unsent:down"]


HOUR = timedelta(hours=1)
ROW = {"outcome": "kept", "reason": "", "empty_scans": 0, "not_before": None, "last_scan_at": NOW, "last_kept_at": NOW}


@pytest.mark.parametrize(
    ("row", "silent"),
    [
        ({}, ""),
        ({"outcome": "unchanged", "last_kept_at": NOW - 30 * DAY}, ""),
        ({"outcome": "skipped", "last_kept_at": None, "last_scan_at": None}, ""),
        ({"outcome": "failed", "reason": "answered 500", "last_kept_at": NOW - 2 * HOUR}, ""),
        ({"outcome": "failed", "reason": "answered 500", "last_kept_at": NOW - 4 * HOUR}, "It fails: answered 500"),
        ({"outcome": "failed", "reason": "key refused", "last_kept_at": None}, "It fails: key refused"),
        ({"outcome": "failed", "last_kept_at": None, "not_before": NOW + HOUR}, ""),
        ({"empty_scans": SILENT_INTERVALS}, "3 times in a row"),
        ({"last_scan_at": NOW - 4 * HOUR}, "no worker"),
    ],
)
def test_a_source_is_silent_after_three_intervals_and_not_while_it_is_told_to_wait(
    row: dict[str, Any], silent: str
) -> None:
    said = silence({**ROW, **row}, HOUR, NOW)
    assert silent in said if silent else said == ""


async def test_a_source_that_its_quota_slows_down_is_not_silent(look: Look, connection: Session) -> None:
    connection.execute(  # 500 units of the 10,000 a day: a scan in 72 minutes
        "INSERT INTO source (name, outcome, last_scan_at, scan_units) VALUES ('youtube', 'kept', %s, 500)", [NOW]
    )
    every_ten_minutes = {"youtube": {"interval_minutes": 10}}
    assert await look(NOW + HOUR, sources=every_ten_minutes) == []
    assert await look(NOW + 4 * HOUR, sources=every_ten_minutes) == ["silent:youtube"]


def test_an_alarm_belongs_to_its_check() -> None:
    assert Alarm("queue:hot", "warning", "s", "b").kind == "queue"


async def test_a_listing_that_needs_somebody_is_an_alarm_and_one_that_waits_is_told_once_a_day(
    database: str, connection: Session, look: Look
):
    async with pool(database, "default", 1) as sessions, sessions.connection() as session:
        refused, late, waiting = await wished(session, "1", "2", "3")
        for listing in (refused, late, waiting):
            await drafted(session, listing)
    said = "UPDATE listing SET status = 'refused', error = 'the title is too long' WHERE id = %s"
    connection.execute(said, (refused,))
    old = "UPDATE listing SET status = 'queued', changed_at = %s WHERE id = %s"
    connection.execute(old, (NOW - timedelta(hours=3), late))
    assert [name for name in await look() if name.startswith("listings")] == ["listings:queued", "listings:refused"]
    assert "1 listing waits for a person" in _subjects(connection)
    await look(NOW + MINUTE)
    assert _subjects(connection).count("1 listing waits for a person") == 1
