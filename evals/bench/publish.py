"""Bench publish: approvals by several worker processes on a marketplace that loses answers, while they are killed.

The marketplace (`evals.bench.stall`) is a process of its own; so is each worker, which takes from the one outbox. Every
5 s one of them, drawn by the seed, is killed with SIGKILL and another is started in its place.

duplicates      listings at the marketplace beyond one a key
missing         approvals without a live listing that has all its pictures, once the outbox is empty
limit_breaches  requests that arrived over a limit, counted by the marketplace in strict sliding windows
pushes_per_s    listings live over the seconds that took, beside `allowed_per_s`: what the limits let through at most

The baseline in the same run pushes by the plain way, which tries again whatever fails: its duplicates of so many.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from evals.bench.stage import scratch_home, settings_of
from evals.bench.stall import StallMarket, breaches
from evals.report import Asked, Figure, Result
from graphs.database import prepared_url
from graphs.pushing import Pusher
from graphs.turnstile import Turnstile
from market.client import Client, no_key
from market.errors import MarketError
from market.listing import Disclosures, Listing, Picture, pack
from market.pace import Pace
from store import batches, listings, outbox
from store.assets import Assets
from store.decisions import Rows
from store.limits import PostgresLimits, RedisLimits
from store.listings import Draft, Wish
from store.postgres import connect, pool
from store.redis import AsyncRedis, redis_url
from studio.drawing import Row

WORKERS, KILL_S, MOST_S = 4, 5.0, 900.0
TIMEOUT_S, LATE_S, QUIET_S = 1.0, 2.5, 4.0
"""Of a request; of one that is made late; after so long nothing is on its way."""
TODAY = date(2026, 11, 30)
PACES = (
    Pace("stall", "any", 1.0, 60, TODAY, "the bench's own"),
    Pace("stall", "publish", 10.0, 150, TODAY, "the bench's own"),
)
PICTURES = 2
ASKED = {"duplicates": Asked(most=0), "missing": Asked(most=0), "limit_breaches": Asked(most=0)}
DRAWN = """
INSERT INTO render (tenant_id, key, renderer, version, seed, prompt, negative, made_with, checked, safety, seen,
  seconds) VALUES (current_setting('bellwether.tenant'), 'k', 'bench', '1', 1, '', '', '{}', '{}', '{}', '{}', 1)
"""
ALL_DONE = "UPDATE design SET status = 'done', render_key = 'k', ended_at = now() RETURNING id"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is published."""

    approvals: int
    plain: int
    kills: int
    """At most so many."""


FULL, SMALL = Size(1000, 200, 1000), Size(30, 10, 1)


def run(seed: int = 7, small: bool = False) -> Result:
    """All of it, on a database and a marketplace of its own."""
    size = SMALL if small else FULL
    with scratch_home() as home, _stall(seed) as base:
        settings = settings_of(home)
        url = prepared_url(settings)
        shelf = Assets(settings.home / "assets")
        pictures = [shelf.put(f"picture {nth}".encode()) for nth in range(PICTURES)]
        plain = asyncio.run(_plainly(base, size.plain, pictures))
        keys = asyncio.run(approve_all(url, size.approvals, pictures))
        before, began = _told(base)["arrivals"], time.monotonic()
        killed = _publish(url, settings.home, base, random.Random(seed), size.kills)
        figures = _figures(base, keys, before, time.monotonic() - began) | {"killed": killed, **_open(url)}
    allowed = min(PACES[0].most / PACES[0].window_s / (PICTURES + 2), PACES[1].most / PACES[1].window_s)
    baseline: dict[str, Figure] = {**plain, "allowed_per_s": allowed}
    data = f"{size.approvals} approvals, {WORKERS} workers, one killed every {KILL_S:g} s"
    notes = (f"the baseline tries again whatever fails, without looking: {size.plain} listings",)
    return Result("publish", figures, baseline, data, seed, notes, {} if small else ASKED)


def _figures(
    base: str, keys: Sequence[str], before: Mapping[str, Sequence[float]], seconds: float
) -> dict[str, Figure]:
    told = _told(base)
    arrivals = {kind: times[len(before[kind]) :] for kind, times in told["arrivals"].items()}
    whole = {key for key in keys if told["live"].get(key) and told["pictures"].get(key) == PICTURES}
    return {
        "duplicates": sum(told["every"].get(key, 1) - 1 for key in keys),
        "missing": len(keys) - len(whole),
        "limit_breaches": sum(breaches(arrivals[pace.kind], pace) for pace in PACES),
        "pushes_per_s": len(whole) / seconds,
        "seconds": seconds,
        "requests": len(arrivals["any"]),
        "faults": sum(count for name, count in told["faults"].items() if name != "none"),
    }


def _open(url: str) -> dict[str, Figure]:
    """Rows that did not end live: there must be none, and each says why."""
    query = "SELECT status, count(*) FROM outbox WHERE status <> 'live' GROUP BY status"
    with connect(url, "default") as connection:
        left = dict(connection.execute(query).fetchall())
    return {"not_live": sum(left.values())}


# Approvals ------------------------------------------------------------------------------------------------------------


async def approve_all(
    url: str, count: int, pictures: Sequence[str], marketplace: str = "stall", undo_s: float = 0.0
) -> list[str]:
    """So many designs, each with a listing that a person said yes to; their keys."""
    async with pool(url, "default", 2) as sessions, sessions.connection() as connection:
        designs = await _designs(connection, count)
        wishes = [Wish(design, marketplace, "en") for design in designs]
        made = await listings.put_listings(connection, "default", wishes, "bench")
        for row, _ in made:
            body = listing_of(row["key"], pictures, marketplace)
            nth = await listings.save_draft(connection, row["id"], Draft(pack(body), body.digest, "rule"), "bench")
            await listings.save_gates(connection, row["id"], nth, [], "bench")
        for row, _ in made:
            await outbox.approve(connection, row["id"], "bench", undo_s)
    return [row["key"] for row, _ in made]


async def _designs(connection: Rows, count: int) -> list[UUID]:
    brand = await batches.put_brand(connection, "bench", {"name": "bench"}, [], "bench")
    rows = [{**_row(at)} for at in range(count)]
    new = batches.NewBatch("bench", "bench", brand["id"], {}, rows, "bench")
    await batches.put_batch(connection, new)
    await connection.execute(DRAWN)
    return [row[0] for row in await (await connection.execute(ALL_DONE)).fetchall()]


def _row(at: int) -> dict[str, Any]:
    return {"id": str(at), "text": f"slogan {at}", "product_format": Row("", "").product_format}


def listing_of(key: str, pictures: Sequence[str], marketplace: str = "stall") -> Listing:
    """A listing that says little."""
    shown = tuple(Picture(digest, "image/png", f"{at}.png", "a shirt") for at, digest in enumerate(pictures))
    return Listing(
        key, marketplace, "en", f"Shirt {key}", ("Soft",), "A shirt.", ("shirt",), "shirt", 1999, "USD", 100, (), shown,
        Disclosures("seller", "printify"),
    )  # fmt: skip


# The plain way --------------------------------------------------------------------------------------------------------


async def _plainly(base: str, count: int, pictures: Sequence[str]) -> dict[str, Figure]:
    """Push, and push again from the start whatever failed."""
    gate = asyncio.Semaphore(8)

    async def free(_: str) -> None:
        return None

    async with Client(base, free, no_key, TIMEOUT_S) as client:
        market = StallMarket(client)

        async def one(key: str) -> None:
            async with gate:
                for _ in range(20):
                    try:
                        await market.put(listing_of(key, pictures), None, {})
                    except MarketError:
                        continue
                    return

        keys = [f"plain-{at:05d}" for at in range(count)]
        await asyncio.gather(*(one(key) for key in keys))
    told = _told(base)
    return {"duplicates": sum(told["every"].get(key, 1) - 1 for key in keys), "listings": count}


# Workers --------------------------------------------------------------------------------------------------------------


def _publish(url: str, home: Path, base: str, draw: random.Random, kills: int) -> int:
    """Let workers push until the outbox is empty, killing one every so often; how often one was killed."""
    workers = [_worker(url, home, base) for _ in range(WORKERS)]
    killed, next_kill, over = 0, time.monotonic() + KILL_S, time.monotonic() + MOST_S
    try:
        while left_in(url) and time.monotonic() < over:
            time.sleep(0.2)
            if killed < kills and time.monotonic() >= next_kill:
                at = draw.randrange(WORKERS)
                workers[at].send_signal(signal.SIGKILL)
                workers[at].wait()
                workers[at] = _worker(url, home, base)
                killed, next_kill = killed + 1, time.monotonic() + KILL_S
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    return killed


def left_in(url: str) -> int:
    """Rows of the outbox that are not settled."""
    query = "SELECT count(*) FROM outbox WHERE status IN ('queued', 'pushing', 'unconfirmed')"
    with connect(url, "default") as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _worker(url: str, home: Path, base: str) -> subprocess.Popen[bytes]:
    told = [sys.executable, "-m", "evals.bench.publish", url, str(home), base]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.Popen(told, cwd=root, env=environment, stderr=subprocess.DEVNULL)


async def work(url: str, home: Path, base: str) -> None:
    """What a worker does, until it is killed."""
    redis = AsyncRedis(await asyncio.to_thread(redis_url, home, None))
    async with pool(url, "default", 4) as sessions:
        stile = Turnstile(lambda rules: RedisLimits(redis, PostgresLimits(sessions, rules), rules), PACES)
        async with Client(base, stile.turn("stall"), no_key, TIMEOUT_S) as client:
            market = StallMarket(client)
            pusher = Pusher(sessions, "bench", lambda _: market, Assets(home / "assets"), stile.shut, quiet_s=QUIET_S)
            while True:
                await pusher.work(stay=True)
                await asyncio.sleep(0.2)


@contextmanager
def _stall(seed: int) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = [sys.executable, "-m", "evals.bench.stall", str(port), str(seed), str(LATE_S)]
    root = Path(__file__).parents[2]
    server = subprocess.Popen(told, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        _await(base)
        yield base
    finally:
        server.kill()
        server.wait()


def _told(base: str) -> dict[str, Any]:
    """What the marketplace counts."""
    told: dict[str, Any] = httpx2.get(f"{base}/told", timeout=60).json()
    return told


def _await(base: str) -> None:
    for _ in range(300):
        try:
            httpx2.get(f"{base}/told", timeout=1)
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise FileNotFoundError("the stall did not open")


def main() -> None:
    """One worker."""
    parser = argparse.ArgumentParser()
    for name in ("url", "home", "base"):
        parser.add_argument(name)
    told = parser.parse_args()
    asyncio.run(work(told.url, Path(told.home), told.base))


if __name__ == "__main__":
    main()
