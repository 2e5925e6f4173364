"""Bench jobs: what a worker's jobs cost beside bare procrastinate, and beside a million jobs that are over.

Jobs that do nothing, worked off by one worker of concurrency 50, on three databases of one server in turns:
procrastinate as it comes (`bare`), ours, and ours with a long history. Then the history is cleaned away as
housekeeping does it, and ours and the cleaned one take turns again; both times the server has vacuumed, as it does in
the days that a history takes. Counted are jobs a second from the first fetch to the last, not putting them in the
queue. A ratio is the median over rounds of short turns, each taken beside the others of its round, since whoever else
uses the machine slows a whole round; a rate is that of the best turn.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from statistics import median

from procrastinate import App, PsycopgConnector

from evals.bench.stage import scratch_home, settings_of
from evals.report import Asked, Result
from graphs.database import prepared_url
from graphs.jobs import Desk, Duty, Lane, Watch, open_jobs, run_lane
from store.jobs import delete_finished
from store.postgres import connect, database_url, owner

CONCURRENCY = 50
JOBS, ROUNDS, HISTORY = 500, 15, 1_000_000
SMALL_JOBS, SMALL_ROUNDS, SMALL_HISTORY = 50, 2, 6_000
ASKED = {"ratio": Asked(least=0.9), "history_ratio": Asked(least=0.9), "cleaned_ratio": Asked(least=0.9)}

OVER = """
WITH job AS (
  INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts)
  SELECT 'analyse', 'nothing', 'succeeded', 1 FROM generate_series(1, %s) RETURNING id
)
INSERT INTO procrastinate_events (job_id, type, at)
SELECT id, type::procrastinate_job_event_type, now() - interval '10 days'
FROM job, unnest(array['deferred', 'started', 'succeeded']) AS type
"""

Turn = Callable[[], Awaitable[float]]


async def nothing(_: Desk[None]) -> str:
    """A job that does nothing."""
    return ""


NOTHING = Duty("nothing", nothing, "does nothing", "analyse", 60.0)


def run(seed: int = 7, small: bool = False) -> Result:
    """Three databases on a server of their own."""
    jobs, rounds, history = (SMALL_JOBS, SMALL_ROUNDS, SMALL_HISTORY) if small else (JOBS, ROUNDS, HISTORY)
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    with scratch_home() as home:
        bare = database_url(home / "home", "bare", None)
        ours, long = (prepared_url(settings_of(home, database=name)) for name in ("ours", "long"))
        began = time.perf_counter()
        with connect(long, "default") as session:
            session.execute(OVER, [history])
        _settle(long)
        written_s = time.perf_counter() - began
        first = asyncio.run(_all(bare, ours, long, jobs, rounds))
        began = time.perf_counter()
        with connect(long, "default") as session:
            deleted = delete_finished(session, timedelta(days=3))
        cleaned_s = time.perf_counter() - began
        _settle(long)
        again = asyncio.run(
            _in_turns({"ours": partial(_ours, ours, jobs), "cleaned": partial(_ours, long, jobs)}, rounds)
        )
    figures = {
        "jobs_per_s": max(first["ours"]),
        "ratio": _beside(first["ours"], first["bare"]),
        "history_ratio": _beside(first["long"], first["ours"]),
        "cleaned_ratio": _beside(again["cleaned"], again["ours"]),
        "jobs_per_s_with_history": max(first["long"]),
        "jobs_per_s_cleaned": max(again["cleaned"]),
        "deleted": deleted,
        "deleted_per_s": deleted / cleaned_s,
    }
    baseline = {"jobs_per_s": max(first["bare"]), "history_written_s": written_s}
    data = f"{jobs} jobs a turn, {rounds} rounds, a history of {history:,}"
    return Result("jobs", figures, baseline, data, seed, asked={} if small else ASKED)


def _settle(url: str) -> None:
    """What the server does by itself in time."""
    with owner(url) as session:
        for table in ("procrastinate_jobs", "procrastinate_events"):
            session.execute(f"VACUUM ANALYZE {table}".encode())
        session.execute("CHECKPOINT")


async def _all(bare: str, ours: str, long: str, jobs: int, rounds: int) -> dict[str, list[float]]:
    app = App(connector=PsycopgConnector(conninfo=bare))
    app.task(name="nothing", queue="analyse")(_nothing)
    async with app.open_async():
        with owner(bare) as session:
            session.execute(app.schema_manager.get_schema())
        contest = {
            "bare": partial(_bare, app, jobs),
            "ours": partial(_ours, ours, jobs),
            "long": partial(_ours, long, jobs),
        }
        return await _in_turns(contest, rounds)


async def _in_turns(contest: Mapping[str, Turn], rounds: int) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in contest}
    for at in range(rounds):
        for name in [*contest][:: 1 if at % 2 else -1]:  # whoever comes first has an advantage every second time only
            rates[name].append(await contest[name]())
    return rates


def _beside(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return median(one / other for one, other in zip(ours, theirs, strict=True))


async def _ours(url: str, jobs: int) -> float:
    async with open_jobs(url, "default", [NOTHING]) as app:
        await app.configure_task("nothing").batch_defer_async(*[{} for _ in range(jobs)])
        watch, lane = Watch({"nothing": NOTHING}, lambda _: None), Lane(("analyse",), CONCURRENCY)
        began = time.perf_counter()
        await run_lane(app, None, watch, lane, 30.0, wait=False)
        return jobs / (time.perf_counter() - began)


async def _nothing() -> str:
    return ""


async def _bare(app: App, jobs: int) -> float:
    await app.configure_task("nothing").batch_defer_async(*[{} for _ in range(jobs)])
    began = time.perf_counter()
    await app.run_worker_async(queues=["analyse"], concurrency=CONCURRENCY, wait=False, install_signal_handlers=False)
    return jobs / (time.perf_counter() - began)
