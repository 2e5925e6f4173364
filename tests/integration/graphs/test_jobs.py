"""Jobs: one tenant's queues, worked off; what fails is tried again, handed back or buried, and nothing is stuck."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from graphs import jobs
from graphs.jobs import (
    STALLS,
    Desk,
    Duty,
    Lane,
    Watch,
    digest_of,
    lock_of,
    open_jobs,
    raise_stalled,
    reap_cron,
    run_lane,
)
from store.jobs import dead_letters, queue_rows, retry_dead
from store.limits import urgency
from store.migrate import add_tenant

LANE = Lane(("analyse", "hot"), 4)


def duty_of(run, **changes):
    return Duty(**{"name": "work", "run": run, "title": "works", "queue": "analyse", "timeout_s": 30.0, **changes})


class Shop:
    """One app with one duty, the lines it told, and what is needed to defer and work off."""

    def __init__(self, app, duty, tenant="default"):
        self.app, self.duty, self.lines, self.tenant = app, duty, [], tenant

    async def defer(self, subject="", **args):
        return await Desk(None, self.app, self.tenant, None).defer(self.duty, subject, **args)

    async def drain(self, wait=False):
        await run_lane(self.app, None, Watch({self.duty.name: self.duty}, self.lines.append), LANE, 30.0, wait=wait)

    @property
    def outcomes(self):
        return [line.outcome for line in self.lines]


@pytest.fixture
async def open_shop(database):
    async with AsyncExitStack() as stack:

        async def open_one(run, tenant="default", **changes):
            duty = duty_of(run, **changes)
            return Shop(await stack.enter_async_context(open_jobs(database, tenant, [duty])), duty, tenant)

        yield open_one


@pytest.fixture
def at_once(monkeypatch):
    """No pause before a job is tried again."""
    monkeypatch.setattr(jobs, "FIRST_PAUSE_S", 0.0)


async def test_what_a_job_says_is_told_with_how_long_it_took(open_shop):
    async def work(desk, colour):
        return f"painted {colour}"

    shop = await open_shop(work)
    await shop.defer(colour="red")
    await shop.drain()
    (line,) = shop.lines
    assert (line.outcome, line.said, line.args) == ("done", "painted red", {"colour": "red"})
    assert 0 <= line.seconds < 5


async def test_a_worker_serves_its_own_tenant(database, open_shop):
    add_tenant(database, "acme")

    async def work(desk):
        return desk.tenant

    ours, theirs = await open_shop(work), await open_shop(work, "acme")
    for shop in (ours, theirs):
        assert await shop.defer("same subject")
    await ours.drain()
    assert ([line.said for line in ours.lines], theirs.lines) == (["default"], [])
    await theirs.drain()
    assert [line.said for line in theirs.lines] == ["acme"]


async def test_a_subject_that_waits_is_not_queued_twice(open_shop):
    async def work(desk):
        return ""

    shop = await open_shop(work)
    assert [await shop.defer("reddit"), await shop.defer("reddit"), await shop.defer("youtube")] == [True, False, True]


async def test_two_workers_share_every_tick_and_none_is_late(open_shop):
    late = []

    async def work(desk):
        late.append((desk.moment.timestamp(), time.time() - desk.moment.timestamp()))
        return ""

    shops = [await open_shop(work, cron="* * * * * *") for _ in range(2)]
    workers = [asyncio.create_task(shop.drain(wait=True)) for shop in shops]
    async with asyncio.timeout(30):
        while len(late) < 3:  # noqa: ASYNC110 - the workers' own clock
            await asyncio.sleep(0.1)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    ticks = [tick for tick, _ in late]
    assert len(ticks) >= 3 and len(ticks) == len(set(ticks))
    assert max(seconds for _, seconds in late) < 5


async def test_ticks_of_two_tenants_are_two(database, open_shop):
    add_tenant(database, "acme")

    async def work(desk):
        return ""

    shops = [await open_shop(work, tenant, cron="0 0 1 1 * 0") for tenant in ("default", "acme")]
    for shop in shops:
        job = shop.app.tasks["work"].configure(task_kwargs={"timestamp": 60}).job
        assert await shop.app.job_manager.defer_periodic_job(job, shop.tenant, 60)
        assert await shop.app.job_manager.defer_periodic_job(job, shop.tenant, 60) is None


async def test_a_transient_error_is_tried_again_five_times_in_all_and_then_a_dead_letter(
    open_shop, connection, at_once
):
    async def work(desk):
        raise ConnectionError("no answer, ask jane.doe@example.com")

    shop = await open_shop(work)
    await shop.defer()
    while "failed" not in shop.outcomes:
        await shop.drain()
    assert shop.outcomes == ["again"] * 4 + ["failed"]
    (letter,) = dead_letters(connection)
    assert letter["error"].startswith("ConnectionError: no answer") and "jane" not in letter["error"]


async def test_many_transient_errors_together_are_as_transient_as_one_alone(open_shop, at_once):
    faults = [[ConnectionError("away"), TimeoutError("late")], [ConnectionError("away"), ValueError("odd")]]

    async def work(desk):
        raise ExceptionGroup("not tidied", faults.pop(0))

    shop = await open_shop(work)
    await shop.defer()
    while "failed" not in shop.outcomes:
        await shop.drain()
    assert shop.outcomes == ["again", "failed"]


async def test_the_pauses_grow(monkeypatch):
    pauses = []
    monkeypatch.setattr(jobs, "RetryDecision", lambda **when: pauses.append(when["retry_in"]["seconds"]))
    job = type("Job", (), {"attempts": 0})()
    for job.attempts in range(4):
        jobs.Patience().get_retry_decision(exception=TimeoutError(), job=job)
    assert pauses == [2, 8, 32, 128]


async def test_any_other_error_is_a_dead_letter_at_once_and_can_be_retried(open_shop, connection):
    answers = [ValueError("odd"), None]

    async def work(desk):
        if error := answers.pop(0):
            raise error
        return "well"

    shop = await open_shop(work)
    await shop.defer()
    await shop.drain()
    (letter,) = dead_letters(connection)
    assert (letter["error"], letter["task"], len(letter["digest"])) == ("ValueError: odd", "work", 16)
    retry_dead(connection, letter["job_id"])
    await shop.drain()
    assert shop.outcomes == ["failed", "done"]
    assert dead_letters(connection) == []


async def test_a_job_over_its_time_is_ended(open_shop):
    async def work(desk):
        await asyncio.sleep(60)

    shop = await open_shop(work, timeout_s=0.1)
    await shop.defer()
    await shop.drain()
    assert shop.lines[0].said == "TimeoutError: work took over 0.1 s"
    assert shop.outcomes == ["again"]


async def test_what_is_running_when_a_worker_stops_is_handed_back(open_shop, connection, monkeypatch):
    monkeypatch.setattr(jobs, "STOP_S", 0.2)

    async def work(desk):
        await asyncio.sleep(60)

    shop = await open_shop(work)
    await shop.defer()
    worker = asyncio.create_task(shop.drain(wait=True))
    await asyncio.sleep(0.5)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert shop.outcomes == ["handed back"]
    assert queue_rows(connection)[0]["todo"] == 1


async def killed(shop, connection):
    """A job that a worker took, whose heartbeat then stopped."""
    worker = await shop.app.job_manager.register_worker()
    job = await shop.app.job_manager.fetch_job(["analyse"], worker)
    connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    return job


async def test_a_killed_workers_job_goes_on_elsewhere(open_shop, connection):
    async def work(desk):
        return ""

    shop = await open_shop(work)
    await shop.defer("reddit")
    await killed(shop, connection)
    assert await raise_stalled(shop.app, 120.0) == (0, 0)
    assert await raise_stalled(shop.app, 30.0) == (1, 0)
    await shop.drain()
    assert shop.outcomes == ["done"]


async def test_a_job_that_kills_whoever_takes_it_ends_as_a_dead_letter(open_shop, connection):
    async def work(desk):
        return ""

    shop = await open_shop(work)
    await shop.defer()
    for _ in range(STALLS):
        await killed(shop, connection)
        assert await raise_stalled(shop.app, 30.0) == (1, 0)
    job = await killed(shop, connection)
    assert await raise_stalled(shop.app, 30.0) == (0, 1)
    assert await shop.app.job_manager.get_job_status_async(job.id) == Status.FAILED
    assert "its worker died 6 times" in dead_letters(connection)[0]["error"]


async def test_a_worker_that_was_only_slow_ends_its_job_after_somebody_else_did(open_shop, connection):
    async def work(desk):
        return ""

    shop = await open_shop(work)
    await shop.defer()
    job = await killed(shop, connection)
    await raise_stalled(shop.app, 30.0)
    await shop.drain()
    await shop.app.job_manager.finish_job(job, Status.SUCCEEDED, delete_job=False)
    await shop.app.job_manager.retry_job(job)
    assert await shop.app.job_manager.get_job_status_async(job.id) == Status.SUCCEEDED
    assert await shop.app.job_manager.fetch_job(["analyse"], job.worker_id) is None, (
        "its row in the workers' table stays"
    )


async def test_a_stalled_job_whose_like_waits_already_is_let_go(open_shop, connection):
    async def work(desk):
        return ""

    shop = await open_shop(work)
    await shop.defer("reddit")
    job = await killed(shop, connection)
    assert await shop.defer("reddit")
    await raise_stalled(shop.app, 30.0)
    assert await shop.app.job_manager.get_job_status_async(job.id) == Status.ABORTED
    await shop.drain()
    assert shop.outcomes == ["done"]


async def test_what_is_hot_goes_first_and_is_let_through_first(open_shop):
    seen = []

    async def work(desk, name):
        seen.append((name, urgency.get().value))
        return ""

    shop = await open_shop(work)
    await shop.defer("a", name="a")
    await Desk(None, shop.app, "default", None).defer(shop.duty, "b", queue="hot", name="b")
    watch = Watch({"work": shop.duty}, shop.lines.append)
    await run_lane(shop.app, None, watch, Lane(("analyse", "hot"), 1), 30.0, wait=False)
    assert seen == [("b", "hot"), ("a", "normal")]


def test_one_fault_has_one_digest_whatever_its_values():
    def fault(text):
        try:
            raise ValueError(text)
        except ValueError as error:
            return error

    assert digest_of(fault("a")) == digest_of(fault("b"))
    assert digest_of(fault("a")) != digest_of(TypeError("a"))


@pytest.mark.parametrize(("stalled_s", "every"), [(2.0, 1), (30.0, 10), (3600.0, 30)])
def test_reaping_comes_thrice_before_a_worker_counts_as_dead(stalled_s, every):
    assert reap_cron(stalled_s) == f"* * * * * */{every}"


def test_a_lock_holds_its_tenant():
    async def work(desk):
        return ""

    assert lock_of("acme", duty_of(work), "reddit") == "acme:work:reddit"


async def test_a_worker_that_waits_is_woken_by_what_is_queued(open_shop, monkeypatch):
    monkeypatch.setattr(jobs, "POLL_S", 60.0)

    async def work(desk):
        return ""

    shop = await open_shop(work)
    worker = asyncio.create_task(shop.drain(wait=True))
    await asyncio.sleep(0.5)
    queued = time.monotonic()
    await shop.defer()
    while not shop.lines:
        assert time.monotonic() - queued < 30
        await asyncio.sleep(0.02)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


async def test_heartbeats_prunings_and_aborts_work_behind_the_policy(database, open_shop, connection):
    add_tenant(database, "acme")

    async def work(desk):
        return ""

    shop, theirs = await open_shop(work), await open_shop(work, "acme")
    manager = shop.app.job_manager
    await shop.defer()
    job = await killed(shop, connection)
    assert await theirs.app.job_manager.prune_stalled_workers(30.0) == []
    await manager.update_heartbeat(job.worker_id)
    assert await manager.prune_stalled_workers(30.0) == []
    assert not await theirs.app.job_manager.cancel_job_by_id_async(job.id, abort=True)
    assert await manager.cancel_job_by_id_async(job.id, abort=True)
    assert await manager.list_jobs_to_abort_async() == [job.id]
    await manager.finish_job(job, Status.ABORTED, delete_job=False)
    await manager.unregister_worker(job.worker_id)
    assert connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (0,)


async def test_what_cannot_be_stored_while_the_database_is_away_is_no_stack_trace_other_faults_are(open_shop, caplog):
    async def painted(desk):
        return "painted"

    await open_shop(painted)
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "never retrieved", "exception": ConnectorException()})
    assert not caplog.records
    loop.call_exception_handler({"message": "never retrieved", "exception": ValueError("of our own")})
    assert [record.message for record in caplog.records]
