"""Bench soak: sources that never rest, models that answer, and workers that are killed every 30 seconds.

Asked for are 10 times SPEC's 200 top-quartile ideas a day: 800 ideas a day have 200 in their top quartile, so 8,000
ideas a day, 5.6 a minute, are judged, and ten signals an idea, 56 a minute, are there to be found on two loopback
sources. Three worker processes serve the schedule; its ticks are deferred by the bench as well, more often than the
clock would. Two of them are killed (-9) in turn and started again; the third is let live, so that its memory can be
told from that of a start. At the end nothing new comes, the queues run empty, and what is stored is compared with what
the stubs served.

lost                  things in answers that were written whole, of which no signal is stored
duplicated            signals stored twice, and observations of one signal out of one answer
repeated_calls        model calls with a body that had been answered whole to a process that lived on for `GRACE_S`
interrupted_calls     those whose process was killed before or just as the answer came: asked again, rightly
stuck_jobs            jobs and ideas still under way after the queues ran empty
memory_slope_mb_per_h of the third worker: the median slope between all pairs of samples (Theil, Sen) after a fifth of
                      the time, which is warming up
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations, count
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from evals.bench.sources import Stream, serving
from evals.bench.stage import AS_OF, scratch_home, settings_of, store_idea
from evals.bench.stub import Call, spawn
from evals.report import ROOT, Asked, Result
from graphs.database import prepared_url
from graphs.jobs import Desk, open_jobs
from graphs.schedule import JUDGE, TICKS, duties
from graphs.settings import Settings
from store.jobs import dead_letters
from store.postgres import connect
from store.redis import redis_url
from store.valkey import EmbeddedRedis

IDEAS_PER_MINUTE = 8_000 / 24 / 60
SIGNALS_PER_IDEA = 10
KILL_EVERY_S = 30.0
SCAN_EVERY_S, SHORTLIST_EVERY_S, SAMPLE_EVERY_S = 15.0, 120.0, 2.0
STALLED_S = 5
DRAIN_S = 240.0
GRACE_S = 1.0
LATENCY_S = (0.5, 3.0)
MINUTES = 20.0
LIVES = "lives"
TENANT = "default"
COMPARABLES = 4
LAST_SCAN_S = 50.0
"""By then the sources are due once more."""
ASKED = {
    "lost": Asked(most=0),
    "duplicated": Asked(most=0),
    "repeated_calls": Asked(most=0),
    "stuck_jobs": Asked(most=0),
    "memory_slope_mb_per_h": Asked(most=60),
    "kept_up": Asked(least=0.95),
}

STORED = "SELECT native_id FROM signal WHERE source IN ('youtube', 'reddit')"
TWICE = """
SELECT (SELECT count(*) - count(DISTINCT (source, native_id)) FROM signal WHERE source IN ('youtube', 'reddit'))
  + (SELECT count(*) - count(DISTINCT (o.signal_id, coalesce(o.metrics ->> 'views', o.metrics ->> 'score')))
     FROM observation AS o JOIN signal ON signal.id = o.signal_id WHERE signal.native_id = ANY(%s))
"""
UNDER_WAY = """
SELECT (SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'
          OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) AND task_name IN ('pull', 'judge')))
  + (SELECT count(*) FROM idea WHERE status = 'analysing')
"""
STALLS = "SELECT count(*) FROM procrastinate_events WHERE type = 'deferred_for_retry'"
WAITING = """
SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
  AND task_name IN ('scan', 'pull', 'shortlist', 'judge', 'discover_keywords')
"""


@dataclass
class Workers:
    """The worker processes, by name and how often each was started; when each was killed."""

    environment: Mapping[str, str]
    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    killed: dict[str, float] = field(default_factory=dict)
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Seconds and MB of the one that lives."""

    def start(self, name: str) -> None:
        """Start one; its key at the models says who asks."""
        self.starts[name] = self.starts.get(name, 0) + 1
        key = f"{name}-{self.starts[name]}"
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "ui.cli", "worker", "--json"],
                cwd=self.folder,
                env={**self.environment, "BELLWETHER_MODEL_API_KEY": key},
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        """Kill one without a word and start it again."""
        self.running[name].kill()
        self.killed[f"{name}-{self.starts[name]}"] = time.time()
        self.running[name].wait(10)
        self.start(name)

    def stop(self) -> None:
        """Tell all to stop, and see that they do."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(45)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)

    def sample(self) -> None:
        """What the one that lives holds in memory now."""
        pages = int(Path(f"/proc/{self.running[LIVES].pid}/statm").read_text().split()[1])
        self.memory.append((time.monotonic(), pages * os.sysconf("SC_PAGE_SIZE") / 2**20))


def run(seed: int = 7, small: bool = False, minutes: float = MINUTES) -> Result:
    """So many minutes; `small` is one, with one kill."""
    minutes = 1.0 if small else minutes
    with scratch_home() as home, spawn(LATENCY_S, seed) as models:
        settings = settings_of(home, database="soak", seed=seed)
        url = prepared_url(settings)
        redis_url(settings.home, None)
        stream = Stream(IDEAS_PER_MINUTE * SIGNALS_PER_IDEA, seed)
        try:
            with serving(stream) as sources, _working(home, settings, sources, models.url) as workers:
                judged = asyncio.run(_soak(settings, url, stream, workers, minutes))
            calls = models.calls
        finally:
            EmbeddedRedis(settings.home).stop()
        figures = {**_stored(url, stream), **repeats(calls, workers.killed), **judged}
    figures["memory_slope_mb_per_h"] = slope_per_h(workers.memory)
    figures["memory_mb"] = workers.memory[-1][1]
    figures["kills"] = len(workers.killed)
    figures["kept_up"] = min(1.0, figures["ideas_per_minute"] / IDEAS_PER_MINUTE)
    baseline = {"ideas_per_minute": IDEAS_PER_MINUTE, "model_calls": len(calls), "memory_mb": workers.memory[0][1]}
    data = f"{minutes:g} minutes, {stream.per_minute:.0f} signals a minute, a kill every {KILL_EVERY_S:g} s"
    return Result("soak", figures, baseline, data, seed, asked=ASKED if minutes >= MINUTES else {})


@contextmanager
def _working(home: Path, settings: Settings, sources: str, models: str) -> Iterator[Workers]:
    """Three workers on the bench's own servers, with no key or file of the user's."""
    asked = {name: {"base_url": sources, "interval_minutes": 1} for name in ("youtube", "reddit")}
    off = {name: {"enabled": False} for name in ("google_trends", "nostalgia", "calendar")}
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "BELLWETHER_HOME": str(settings.home),
        "BELLWETHER_DATABASE": settings.database,
        "BELLWETHER_SEED": str(settings.seed),
        "BELLWETHER_STALLED_S": str(STALLED_S),
        "BELLWETHER_MODEL_BASE_URL": models,
        "BELLWETHER_MODELS": json.dumps({"web": "local/sonar"}),
        "BELLWETHER_SOURCES": json.dumps(
            {
                **off,
                "youtube": {**asked["youtube"], "watch": ["US"]},
                "reddit": {**asked["reddit"], "watch": ["crafts"]},
            }
        ),
        "YOUTUBE_API_KEY": "of-the-bench",
    }
    workers = Workers(environment, home)
    try:
        for name in ("first", "second", LIVES):
            workers.start(name)
        yield workers
    finally:
        workers.stop()


async def _soak(settings: Settings, url: str, stream: Stream, workers: Workers, minutes: float) -> dict[str, float]:
    """Keep the ticks coming and the killer busy, then let the queues run empty."""
    plain = list(duties(settings.stalled_s))
    async with open_jobs(url, settings.tenant, plain) as app:
        desk = Desk(None, app, settings.tenant, datetime.now(UTC))
        over = time.monotonic() + minutes * 60
        await asyncio.gather(
            _every(SCAN_EVERY_S, over, lambda _: _tick(desk, "scan")),
            _every(SHORTLIST_EVERY_S, over, lambda _: _tick(desk, "shortlist")),
            _every(60 / IDEAS_PER_MINUTE, over, lambda at: _ask(desk, url, at)),
            _every(SAMPLE_EVERY_S, over, lambda _: asyncio.to_thread(workers.sample)),
            _every(
                KILL_EVERY_S, over, lambda at: asyncio.to_thread(workers.kill, ("first", "second")[at % 2]), late=True
            ),
        )
        stream.end()
        in_time = await asyncio.to_thread(_decided, url)
        drained_s = await _drain(desk, url)
    return {"ideas": _decided(url), "ideas_per_minute": in_time / minutes, "drained_s": drained_s}


async def _every(seconds: float, over: float, do: Callable[[int], Awaitable[Any]], late: bool = False) -> None:
    """Do it every so often until it is over, the first time now or, `late`, after one interval."""
    began = time.monotonic()
    for at in count(int(late)):
        due = began + at * seconds
        if due > over:
            return
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await do(at)


async def _tick(desk: Desk[None], name: str) -> None:
    duty = next(each for each in TICKS if each.name == name)
    await desk.defer(duty, timestamp=int(time.time()))


async def _ask(desk: Desk[None], url: str, at: int) -> None:
    """An idea of ten days of posts, to be judged as of their end."""
    idea_id = await asyncio.to_thread(_make, url, f"soak subject {at}")
    await desk.defer(JUDGE, str(idea_id), idea_id=str(idea_id), as_of=AS_OF.isoformat())


def _make(url: str, phrase: str) -> UUID:
    with connect(url, TENANT) as session:
        return store_idea(session, phrase, comparables=COMPARABLES)


async def _drain(desk: Desk[None], url: str) -> float:
    """Scan once more after the last interval, then wait until nothing is left to do; how long that took."""
    began = time.monotonic()
    await asyncio.sleep(LAST_SCAN_S)
    await _tick(desk, "scan")
    while time.monotonic() - began < DRAIN_S:
        await asyncio.sleep(2.0)
        if not await asyncio.to_thread(_count, url, WAITING):
            break
    return time.monotonic() - began


def _count(url: str, query: str, *values: Any) -> int:
    with connect(url, TENANT) as session:
        row = session.execute(query.encode(), values).fetchone()
    return int(row[0]) if row else 0


def _decided(url: str) -> int:
    return _count(url, "SELECT count(*) FROM decision")


def _stored(url: str, stream: Stream) -> dict[str, float]:
    """What is stored beside what was served, after every worker has stopped."""
    with connect(url, TENANT) as session:
        stored = {name for (name,) in session.execute(STORED)}
        dead = len(dead_letters(session))
    served = sorted(stream.served)
    return {
        "lost": len(stream.served - stored),
        "duplicated": _count(url, TWICE, served),
        "stuck_jobs": _count(url, UNDER_WAY),
        "dead_letters": dead,
        "signals": len(served),
        "answers_of_sources": stream.answers,
        "stalls": _count(url, STALLS),
    }


def repeats(calls: Sequence[Call], killed: Mapping[str, float]) -> dict[str, float]:
    """Calls that were made again: after an answer that could be kept, and after one that a kill cut off.

    `killed` says when each process died, by the name that it asks with.
    """
    asked: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        asked[hashlib.sha256(json.dumps(call.body, sort_keys=True).encode()).hexdigest()].append(call)
    repeated = interrupted = 0
    for same in asked.values():
        answers: list[float] = []
        for call in sorted(same, key=lambda each: each.at):
            repeated += any(answered <= call.at for answered in answers)
            answered = call.at + call.latency_s
            if answered + GRACE_S < killed.get(_asker(call), float("inf")):
                answers.append(answered)
            else:
                interrupted += 1
    return {"repeated_calls": repeated, "interrupted_calls": interrupted}


def _asker(call: Call) -> str:
    return call.headers.get("authorization", "").removeprefix("Bearer ")


def slope_per_h(samples: Sequence[tuple[float, float]]) -> float:
    """The median slope between all pairs of (seconds, value), an hour, without the first fifth of the time."""
    if not samples:
        return float("nan")
    first, last = samples[0][0], samples[-1][0]
    late = [each for each in samples if each[0] >= first + (last - first) / 5]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(late, 2) if b[0] > a[0]]
    return median(slopes) * 3600 if slopes else float("nan")
