"""Jobs: a procrastinate app of one tenant over the same PostgreSQL, and how a process works off its queues.

A `Duty` is what is to be done, when, and how long it may take; `graphs/schedule.py` lists them. Around each job stands
the same `Watch`: a time-out, its urgency where models are limited, a line when it ended, a dead letter when it failed
for good.

What goes wrong, and what then:

- a transient error (the database or a provider away, a time-out): again with growing pauses, `ATTEMPTS` times in all;
- any other error, or the last attempt: the job is `failed` and a dead letter says why; a person may retry it;
- the worker is told to stop: what does not end in `STOP_S` is handed back and goes on elsewhere;
- the worker is killed: `reap` finds its jobs by the heartbeat that stopped. A job's attempts count these too, so one
  that kills whoever takes it is a dead letter after `STALLS`;
- the database goes away: the worker waits for it, and starts the embedded one again.

Of two jobs with one queueing lock the one that waits stands for both: a job to be tried again is then let go.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from traceback import extract_tb
from typing import Any, Generic, Literal, TypeVar, cast

import psycopg
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision, exceptions
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.worker import Worker

from agents.model import ModelError
from store.errors import Busy, NotReachable
from store.jobs import BURY
from store.limits import Urgency, with_urgency
from store.postgres import pool
from trends.normalize import clean, redact

ATTEMPTS = 5
STALLS = 5
FIRST_PAUSE_S = 2.0
FORGOTTEN = 10
"""Times as long silent as makes a worker dead, and its row goes: one that was only slow finds it still there."""
STOP_S = 20.0
"""How long a job may go on after its worker was told to stop."""
POLL_S = 2.0
"""A notice of the database wakes a worker at once; this is for notices that were lost."""
CATCH_UP_S = 25 * 3600.0
"""A tick missed for no longer is made up for, the last one of each duty."""
CONNECTIONS = 6
MOST_ERROR = 500
TRANSIENT = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    exceptions.ConnectorException,
    NotReachable,
    Busy,
    ModelError,
    TimeoutError,
    ConnectionError,
)

Queue = Literal["hot", "scan", "analyse", "upkeep"]
Works = TypeVar("Works")
HOT, NORMAL, BATCH = 10, 0, -10
"""Priorities: what is higher goes first."""


@dataclass(frozen=True, slots=True)
class Desk(Generic[Works]):
    """What a duty works with: the opened product, and the app to defer with."""

    works: Works
    app: App
    tenant: str
    moment: datetime
    """The tick that a job was made for, however late it runs; else now."""

    async def defer(
        self,
        duty: Duty,
        subject: str = "",
        at: datetime | None = None,
        queue: Queue | None = None,
        beside: str = "",
        **args: Any,
    ) -> bool:
        """Queue a job, at most one that waits for each subject; whether it was not queued yet.

        `beside` names one that waits beside the others of its subject. Only one of them runs at a time all the same.
        """
        held = lock_of(self.tenant, duty, subject)
        waiting = f"{held} {beside}" if beside else held
        hot = {"queue": queue, "priority": HOT} if queue else {}
        asked = self.app.configure_task(
            duty.name, allow_unknown=False, lock=held, queueing_lock=waiting, schedule_at=at, **cast(Any, hot)
        )
        try:
            await asked.defer_async(**args)
        except exceptions.AlreadyEnqueued:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Duty:
    """What is to be done. `run` is safe to run twice: whatever it does it does by the key of what it was given."""

    name: str
    run: Callable[..., Awaitable[str]]
    """Given a desk and the job's arguments; what it says is shown in one line."""
    title: str
    queue: Queue
    timeout_s: float
    priority: int = NORMAL
    cron: str | None = None
    """Minute, hour, day, month, weekday, second."""
    alone: bool = True
    """Whether one at a time: not for what must go on when the worker that holds it was killed."""


@dataclass(frozen=True, slots=True)
class Line:
    """How a job ended."""

    at: datetime
    job: int
    task: str
    args: dict[str, Any]
    outcome: Literal["done", "again", "failed", "handed back"]
    said: str
    seconds: float


Tell = Callable[[Line], None]


def lock_of(tenant: str, duty: Duty, subject: str = "") -> str:
    """The name under which one tenant does one thing; locks are unique over all tenants."""
    return f"{tenant}:{duty.name}:{subject}" if subject else f"{tenant}:{duty.name}"


class Patience(BaseRetryStrategy):
    """Again after 2, 8, 32, 128 s where waiting may help; a job handed back by a worker that stops, at once."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision()
        if not _may_pass(exception) or job.attempts + 1 >= ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": int(FIRST_PAUSE_S * 4**job.attempts)})


def _may_pass(error: BaseException) -> bool:
    """Whether waiting may help: for several errors together, where it may for each."""
    if isinstance(error, BaseExceptionGroup):
        return all(_may_pass(each) for each in error.exceptions)
    return isinstance(error, TRANSIENT)


class Connector(PsycopgConnector):
    """Row-level security hides the detail of a clash that procrastinate reads the lock's name from."""

    @asynccontextmanager
    async def _get_cursor(self, connection: Any = None) -> AsyncIterator[Any]:
        async with super()._get_cursor(connection) as cursor:
            try:
                yield cursor
            except psycopg.errors.UniqueViolation as clash:
                raise exceptions.UniqueViolation(
                    constraint_name=clash.diag.constraint_name, queueing_lock=None
                ) from clash


class Manager(JobManager):
    """Lets go of a job that stands elsewhere: ended by whoever thought us dead, or waiting under the same lock."""

    async def retry_job(self, job: Job, *args: Any, **named: Any) -> None:
        try:
            await super().retry_job(job, *args, **named)
        except exceptions.UniqueViolation:
            await self.finish_job(job, Status.ABORTED, delete_job=False)
        except exceptions.ConnectorException:
            if await self._status(job) in (Status.DOING, Status.FAILED):
                raise

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        try:
            await super().finish_job(job, status, delete_job)
        except exceptions.ConnectorException:
            if await self._status(job) in (Status.DOING, Status.TODO):
                raise

    async def _status(self, job: Job) -> Status:
        return await self.get_job_status_async(cast(int, job.id))


@asynccontextmanager
async def open_jobs(url: str, tenant: str, duties: Sequence[Duty]) -> AsyncIterator[App]:
    """The app with its duties, on sessions bound to the tenant."""
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # what it would say is told in lines of our own
    app = App(connector=Connector(), periodic_defaults={"max_delay": CATCH_UP_S})
    app.job_manager = Manager(app.connector)
    for duty in duties:
        _register(app, tenant, duty)
    asyncio.get_running_loop().set_exception_handler(_tell_fault)
    async with pool(url, tenant, CONNECTIONS) as sessions, app.open_async(sessions):
        yield app


def _tell_fault(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """As asyncio does, but of a job whose end the database was not there to store: no stack trace, `reap` has it go on.

    Never taken back: such an error is told when its task is collected, which may be after the app was closed.
    """
    if not isinstance(context.get("exception"), exceptions.ConnectorException):
        loop.default_exception_handler(context)


def _register(app: App, tenant: str, duty: Duty) -> None:
    async def perform(context: JobContext, /, timestamp: float | None = None, **args: Any) -> str:
        moment = datetime.fromtimestamp(time.time() if timestamp is None else timestamp, UTC)
        return await duty.run(Desk(context.additional_context["works"], app, tenant, moment), **args)

    held = lock_of(tenant, duty) if duty.cron else None
    task = app.task(
        name=duty.name,
        queue=duty.queue,
        priority=duty.priority,
        lock=held if duty.alone else None,
        queueing_lock=held,
        pass_context=True,
        retry=Patience(),
    )(perform)
    if duty.cron:
        app.periodic(cron=duty.cron, periodic_id=tenant)(cast(Any, task))


@dataclass(frozen=True, slots=True)
class Watch:
    """Stands around every job of a worker."""

    duties: dict[str, Duty]
    tell: Tell
    patience: Patience = field(default_factory=Patience)

    async def __call__(self, go_on: Callable[[], Awaitable[Any]], context: JobContext, _: Worker) -> Any:
        began, job = time.monotonic(), context.job
        try:
            with with_urgency(_urgency(job)):
                said = await self._in_time(go_on, self.duties[job.task_name])
        except asyncio.CancelledError:
            self._say(job, "handed back", "", began)
            raise
        except Exception as error:
            again = self.patience.get_retry_decision(exception=error, job=job)
            if again is None:
                await bury(context.app, job, error)
            self._say(job, "again" if again else "failed", error_line(error), began)
            raise
        self._say(job, "done", str(said), began)
        return said

    async def _in_time(self, go_on: Callable[[], Awaitable[Any]], duty: Duty) -> Any:
        try:
            async with asyncio.timeout(duty.timeout_s) as limit:
                return await go_on()
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TimeoutError(f"{duty.name} took over {duty.timeout_s:g} s") from error

    def _say(self, job: Job, outcome: Any, said: str, began: float) -> None:
        seconds = time.monotonic() - began
        self.tell(Line(datetime.now(UTC), job.id or 0, job.task_name, dict(job.task_kwargs), outcome, said, seconds))


def _urgency(job: Job) -> Urgency:
    """Which jobs a limit of models lets through first."""
    if job.queue == "hot":
        return Urgency.HOT
    return Urgency.BATCH if job.priority < NORMAL else Urgency.NORMAL


async def bury(app: App, job: Job, error: BaseException) -> None:
    """Write the dead letter of a job; again, it writes nothing."""
    await app.connector.execute_query_async(BURY, job_id=job.id, error=error_line(error), digest=digest_of(error))


def error_line(error: BaseException) -> str:
    """The error on one line, without contact details."""
    return redact(clean(" ".join(f"{type(error).__name__}: {error}".split())))[:MOST_ERROR]


def digest_of(error: BaseException) -> str:
    """Of the error's type and the places it passed: the same for the same fault, whatever its values."""
    places = [f"{frame.filename}:{frame.name}" for frame in extract_tb(error.__traceback__)]
    return sha256("\n".join([type(error).__name__, *places]).encode()).hexdigest()[:16]


async def raise_stalled(app: App, stalled_s: float) -> tuple[int, int]:
    """Let jobs of workers that fell silent go on elsewhere; how many, and how many stalled once too often."""
    went_on = ended = 0
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_s):
        if job.attempts < STALLS:
            await app.job_manager.retry_job(job)
            went_on += 1
        else:
            await bury(app, job, RuntimeError(f"its worker died {job.attempts + 1} times while it ran"))
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            ended += 1
    await app.job_manager.prune_stalled_workers(FORGOTTEN * stalled_s)
    return went_on, ended


@dataclass(frozen=True, slots=True)
class Lane:
    """Queues that share slots of their own, so that what is long never holds up what is urgent."""

    queues: tuple[Queue, ...]
    concurrency: int


async def serve(
    app: App,
    works: Any,
    watch: Watch,
    lanes: Sequence[Lane],
    stalled_s: float,
    recover: Callable[[Sequence[BaseException]], Awaitable[None]],
) -> None:
    """Work off the lanes until cancelled; then running jobs have `STOP_S` to end.

    A lane that ends by itself lost its database: `recover` returns when it is back, and all begin again.
    """
    while True:
        workers = [asyncio.create_task(run_lane(app, works, watch, lane, stalled_s)) for lane in lanes]
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for worker in workers:
                worker.cancel()
            ended = await asyncio.gather(*workers, return_exceptions=True)
        await recover([each for each in ended if isinstance(each, Exception)])


async def run_lane(app: App, works: Any, watch: Watch, lane: Lane, stalled_s: float, wait: bool = True) -> None:
    """Work off one lane; without `wait`, until nothing is left."""
    await app.run_worker_async(
        queues=list(lane.queues),
        concurrency=lane.concurrency,
        name="+".join(lane.queues),
        wait=wait,
        fetch_job_polling_interval=POLL_S,
        shutdown_graceful_timeout=STOP_S,
        install_signal_handlers=False,
        update_heartbeat_interval=stalled_s / 3,
        stalled_worker_timeout=FORGOTTEN * stalled_s,
        additional_context={"works": works},
        worker_middleware=[watch],
    )


def reap_cron(stalled_s: float) -> str:
    """Every third of the time after which a worker counts as dead, at least every half minute."""
    return f"* * * * * */{max(1, min(30, round(stalled_s / 3)))}"
