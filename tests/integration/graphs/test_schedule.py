"""Schedule: what a tick asks for, in which order it comes, and what a worker does when it is done twice."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from evals.bench.stage import store_idea
from graphs import schedule
from graphs.jobs import Desk, Lane, Watch, open_jobs, run_lane
from graphs.schedule import JUDGE, PULL, SHORTLIST, TICKS, duties, lanes_of
from graphs.settings import Settings
from store.spikes import SpikeRow, put_spikes

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ALL = (*schedule.APART, *schedule.LONG)
TICK = {duty.name: duty for duty in duties(30.0)}


@dataclass
class Recorder:
    """Stands where the product does: keeps what it was asked for, and answers what the test put there."""

    settings: Settings
    url: str
    pages: dict[str, int] = field(default_factory=dict)
    chosen: list[UUID] = field(default_factory=list)
    rising: list[SimpleNamespace] = field(default_factory=list)
    asked: list[tuple] = field(default_factory=list)

    def __post_init__(self):
        self.pulls = self.keywords = self.spikes = self.notices = self

    def due(self, now):
        return [SimpleNamespace(name=name, run_at=now) for name in self.pages]

    async def pull(self, name):
        self.asked.append(name)
        self.pages[name] -= 1
        return SimpleNamespace(outcome="kept", kept=1, reason="", more=self.pages[name] > 0)

    async def shortlist(self, as_of, top=10):
        self.asked.append(("shortlist", as_of))
        return UUID(int=1), self.chosen

    async def judge(self, idea_id, as_of=None, run_id=None, again=True):
        self.asked.append(("judge", idea_id, as_of, again))
        return 1, True

    def watch(self, now):
        self.asked.append(("watch", now))
        return self.rising


@pytest.fixture
def works(database):
    return Recorder(Settings(_env_file=None, database_url=database), database)


@pytest.fixture
async def app(database):
    plain = [replace(duty, cron=None) if duty.cron else duty for duty in duties(30.0)]
    async with open_jobs(database, "default", plain) as opened:
        yield opened


@pytest.fixture
def desk(works, app):
    return Desk(works, app, "default", NOW)


async def drain(app, works, slots=1):
    lines = []
    await run_lane(app, works, Watch(TICK, lines.append), Lane(ALL, slots), 30.0, wait=False)
    return lines


async def test_a_source_with_a_hundred_pages_does_not_hold_up_one_with_two(desk, works, app):
    works.pages = {"long": 100, "short": 2}
    await schedule.scan(desk)
    await drain(app, works)
    order = works.asked
    assert Counter(order) == {"long": 100, "short": 2}
    assert order.index("short") == 1 and order[3] == "short"


async def test_one_turn_of_a_source_at_a_time(desk, works, app):
    works.pages, at_once, most = {"long": 10}, 0, 0
    real = works.pull

    async def counted(name):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return await real(name)
        finally:
            at_once -= 1

    works.pull = counted
    for _ in range(3):
        await schedule.scan(desk)
    while works.pages["long"]:
        await drain(app, works, slots=4)
    assert (most, works.pages) == (1, {"long": 0})


async def test_scans_of_a_slow_hour_do_not_pile_up(desk, works, app):
    works.pages = {"a": 1, "b": 1}
    said = [await schedule.scan(desk) for _ in range(3)]
    assert said == ["a, b of 2 due", "none of 2 due", "none of 2 due"]


async def test_the_chosen_are_judged_as_of_the_tick_whoever_was_decided_today_is_left_out(desk, works, app, connection):
    fresh, decided = store_idea(connection), store_idea(connection, "latte art")
    connection.execute(
        "INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, ceiling, reasons, steps) "
        "VALUES ('default', %s, 1, now(), 'review', 'review', %s, %s)",
        [decided, Jsonb([]), Jsonb([])],
    )
    works.chosen = [fresh, decided]
    assert await schedule.shortlist(desk) == "2 chosen, 1 to be judged"
    await drain(app, works)
    assert works.asked == [("shortlist", NOW), ("judge", fresh, NOW, False)]


async def test_a_shortlist_done_twice_judges_once(desk, works, app, connection):
    works.chosen = [store_idea(connection)]
    await schedule.shortlist(desk)
    assert await schedule.shortlist(desk) == "1 chosen, 0 to be judged"
    await drain(app, works)
    assert [each[0] for each in works.asked] == ["shortlist", "shortlist", "judge"]


async def test_a_judged_idea_is_named_with_its_verdict(desk, works, app, connection):
    idea = store_idea(connection)
    assert await schedule.judge(desk, str(idea), NOW.isoformat()) == "not decided, revision 1"
    connection.execute(
        "INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, ceiling, reasons, steps) "
        "VALUES ('default', %s, 1, now(), 'review', 'review', %s, %s)",
        [idea, Jsonb([]), Jsonb([])],
    )
    assert await schedule.judge(desk, str(idea), NOW.isoformat()) == "pumpkin carving: review, revision 1"


async def test_alarms_are_counted_by_kind(desk, works):
    async def check_health():
        return [SimpleNamespace(kind=kind) for kind in ("silent", "spend", "silent")]

    works.check_health = check_health
    assert await schedule.health(desk) == "2 silent, 1 spend"


async def test_what_finds_nothing_to_do_says_nothing(desk):
    assert [await each(desk) for each in (schedule.scan, schedule.watch, schedule.reap)] == ["", "", ""]


async def test_what_rises_is_judged_before_everything_else_though_it_was_decided_today(desk, works, app, connection):
    rising, plain = store_idea(connection), store_idea(connection, "latte art")
    works.chosen = [plain]
    await schedule.shortlist(desk)
    works.rising = [SimpleNamespace(key="pumpkin carving", idea_id=rising)]
    await schedule.watch(desk)
    lines = await drain(app, works)
    assert [each[1] for each in works.asked if each[0] == "judge"] == [rising, plain]
    assert {line.outcome for line in lines} == {"done"}


async def test_a_spike_told_by_a_watch_that_was_killed_is_judged_when_it_goes_on(desk, works, app, connection):
    idea = store_idea(connection)
    row = SpikeRow("pumpkin carving", NOW, "pumpkin carving", "subject", "", 5.0, 9, 9, ["reddit"], NOW)
    old = replace(row, key="latte art", recorded_at=NOW - timedelta(seconds=1))
    put_spikes(connection, [row, old])
    await schedule.watch(desk)
    await drain(app, works)
    assert works.asked == [("watch", NOW), ("judge", idea, NOW, False)]


async def test_what_a_person_has_answered_or_is_no_subject_is_not_judged_for_rising(desk, works, app, connection):
    idea = store_idea(connection)
    connection.execute("UPDATE idea SET kind = 'news'")
    works.rising = [SimpleNamespace(key="pumpkin carving", idea_id=idea)]
    await schedule.watch(desk)
    assert await drain(app, works) == []


async def test_a_phrase_that_rises_and_is_no_idea_yet_gets_a_shortlist_first(desk, works, app, connection):
    works.rising = [SimpleNamespace(key="pumpkin carving", idea_id=None)]
    await schedule.watch(desk)
    idea = store_idea(connection)  # what that shortlist mines
    await drain(app, works)
    assert works.asked[1:] == [("shortlist", NOW), ("judge", idea, NOW, False)]


async def test_what_rises_while_a_shortlist_of_the_risen_waits_gets_one_of_its_own(desk, works, app, connection):
    works.rising = [SimpleNamespace(key="pumpkin carving", idea_id=None)]
    await schedule.watch(desk)
    works.rising = [SimpleNamespace(key="latte art", idea_id=None)]
    later = NOW + timedelta(minutes=1)
    await schedule.watch(replace(desk, moment=later))
    first, second = store_idea(connection), store_idea(connection, "latte art")
    await drain(app, works)
    judged = [each[1:3] for each in works.asked if each[0] == "judge"]
    assert judged == [(first, NOW), (second, later)]


async def test_what_rises_goes_first_though_it_waits_to_be_judged_already(desk, works, app, connection):
    plain, rising = store_idea(connection), store_idea(connection, "latte art")
    works.chosen = [plain, rising]
    await schedule.shortlist(desk)
    works.rising = [SimpleNamespace(key="latte art", idea_id=rising)]
    later = NOW + timedelta(minutes=1)
    await schedule.watch(replace(desk, moment=later))
    await drain(app, works)
    judged = [each[1:3] for each in works.asked if each[0] == "judge"]
    assert judged == [(rising, later), (plain, NOW), (rising, NOW)]  # the last one finds a newer decision


def test_every_duty_has_an_end_a_title_and_a_queue_that_a_worker_serves():
    served = {name for lane in lanes_of() for name in lane.queues}
    for duty in duties(30.0):
        assert 0 < duty.timeout_s <= 3600 and duty.title and duty.queue in served
        assert duty.cron is None or len(duty.cron.split()) == 6
    assert {duty.name for duty in duties(30.0) if not duty.cron} == {PULL.name, JUDGE.name}
    assert SHORTLIST in TICKS


async def test_a_dozen_that_wait_in_threads_do_not_hold_up_the_rest(works, monkeypatch):
    gate = Barrier(24)

    async def wait_together(*_):
        await asyncio.gather(*(asyncio.to_thread(gate.wait, 10) for _ in range(24)))

    monkeypatch.setattr(schedule, "serve", wait_together)
    monkeypatch.setattr(schedule, "rehearse", lambda _: None)
    works.settings = works.settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")})
    await schedule.work(works, lanes_of(), print, print)


def test_whoever_reaps_waits_for_nobody_and_every_worker_draws_and_pushes():
    assert [duty.name for duty in duties(30.0) if not duty.alone] == ["produce", "push", "reap"]


def test_a_worker_of_some_queues_serves_those_alone():
    assert lanes_of(["scan"], 3) == [Lane(("scan",), 3)]
    assert [lane.queues for lane in lanes_of()] == [("scan", "analyse"), ("hot",), ("upkeep",)]


def test_whoever_watches_and_reaps_waits_for_no_idea_that_is_judged():
    queues = {duty.name: duty.queue for duty in duties(30.0)}
    assert queues["watch"] == queues["reap"] == queues["tell"] == "upkeep"


def test_an_unknown_idea_is_asked_for_by_its_keys_only(connection):
    from store.jobs import decided_within, ideas_of_keys

    assert ideas_of_keys(connection, ["nobody knows it"]) == []
    assert decided_within(connection, [uuid4()], timedelta(hours=24)) == set()


async def test_what_was_put_away_is_told_and_a_turn_without_work_is_silent(desk, works):
    turns = [{"archive": 1200, "files": 0}, {}]

    async def turn():
        return turns.pop(0)

    works.ageing = SimpleNamespace(turn=turn)
    assert await schedule.age(desk) == "1,200 archive"
    assert await schedule.age(desk) == ""
