"""Bench api: what the doors of the API cost, beside a route that does nothing but look one row up.

Eight clients on loopback, each on one connection, ask one question after the other. Three kinds of questions take turns
in short slices, so that a machine that is busy for a while is so for all of them:

bare      a FastAPI route with one indexed SELECT, in a process of its own
list      a page of 25 of ten thousand ideas that wait, in all sorts, first pages and later ones
decide    approve or reject one idea

The API is `bellwether api` as it is served: keys, roles, rates in Redis, audit, problems. The ideas were judged, and
copied with all that their decisions rest on; threads wait for those that are decided first, and are told beside.

read_ratio, decide_ratio    95th percentile of list and decide over that of bare
untold, settle_s            threads still to be told when the last slice ends, and how long that takes
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from evals.bench.stage import AS_OF, SUBJECTS, copy_decided, scratch_home, settings_of, store_idea
from evals.report import Asked, Result
from graphs.people import People
from graphs.product import Product
from graphs.settings import Settings
from graphs.tenants import Tenants
from store.postgres import connect, owner
from store.queue import ORDERS

CLIENTS = 8
SECONDS, SMALL_SECONDS = 60.0, 3.0
SLICE_S = 1.0
IDEAS, SMALL_IDEAS = 10_000, 300
SPARE = 14_000
"""More that wait, so that there are still ten thousand while some are decided."""
THREADS, SMALL_THREADS = 96, 6
TIERS = {"bench": 100_000_000}
START_S, SETTLE_S, LOOK_S = 90.0, 120.0, 0.2
KINDS = ("bare", "list", "decide")
ASKED = {"read_ratio": Asked(most=4.0), "decide_ratio": Asked(most=8.0), "errors": Asked(most=0.0)}
UNTOLD = "SELECT count(*) FROM review WHERE told_at IS NULL"


@dataclass(slots=True)
class Client:
    """One connection, and whose key it shows."""

    key: str
    draw: random.Random
    cursors: dict[str, str] = field(default_factory=dict)
    streams: dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=dict)

    async def ask(self, address: str, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """One request on the connection that is kept open; status and body."""
        if address not in self.streams:
            host = urlsplit(address)
            self.streams[address] = await asyncio.open_connection(host.hostname, host.port)
        reader, writer = self.streams[address]
        given = b"" if body is None else orjson.dumps(body)
        brought = f"Content-Type: application/json\r\nContent-Length: {len(given)}\r\n" if given else ""
        asked = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.key}\r\n{brought}\r\n"
        writer.write(asked.encode() + given)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return int(head.split(b" ", 2)[1]), await reader.readexactly(int(length.split(b":")[1]))

    def close(self) -> None:
        for _, writer in self.streams.values():
            writer.close()


@dataclass(slots=True)
class Load:
    """What is asked, and what came of it."""

    api: str
    bare: str
    shown: list[UUID]
    waiting: deque[UUID]
    seconds: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    busy_s: dict[str, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 0.0))
    errors: list[str] = field(default_factory=list)

    async def slice(self, kind: str, clients: list[Client], length_s: float) -> None:
        """Everybody asks the same kind of question for a while."""
        ask: Callable[[Client], Any] = {"bare": self._bare, "list": self._list, "decide": self._decide}[kind]
        began = time.perf_counter()

        async def one(client: Client) -> None:
            while time.perf_counter() < began + length_s and (kind != "decide" or self.waiting):
                asked = time.perf_counter()
                await ask(client)
                self.seconds[kind].append(time.perf_counter() - asked)

        await asyncio.gather(*(one(client) for client in clients))
        self.busy_s[kind] += time.perf_counter() - began

    async def _bare(self, client: Client) -> None:
        self._check(await client.ask(self.bare, "GET", f"/ideas/{client.draw.choice(self.shown)}"), 200)

    async def _list(self, client: Client) -> None:
        order = client.draw.choice(ORDERS)
        cursor = client.cursors.pop(order, "")
        path = f"/api/v1/ideas?sort={order}" + (f"&cursor={cursor}" if cursor else "")
        body = self._check(await client.ask(self.api, "GET", path), 200)
        client.cursors[order] = orjson.loads(body)["next"] or "" if body else ""

    async def _decide(self, client: Client) -> None:
        verdict = client.draw.choice(({"answer": "approve"}, {"answer": "reject", "reason": "not for us"}))
        path = f"/api/v1/ideas/{self.waiting.popleft()}/reviews"
        self._check(await client.ask(self.api, "POST", path, verdict), 201)

    def _check(self, answer: tuple[int, bytes], status: int) -> bytes:
        if answer[0] != status:
            self.errors.append(f"{answer[0]}: {answer[1][:200]!r}")
        return answer[1]


def run(seed: int = 7, small: bool = False) -> Result:
    """Slices of each kind in turns, after one of each that nobody counts."""
    with scratch_home() as home:
        return asyncio.run(_run(home, seed, small))


async def _run(home: Path, seed: int, small: bool) -> Result:
    settings = settings_of(home, seed=seed, tiers=TIERS)
    async with AsyncExitStack() as stack:
        tenants = await stack.enter_async_context(Tenants(settings))
        product = await stack.enter_async_context(tenants.product(tenants.home))
        keys = [await _key(People(tenants), nth) for nth in range(CLIENTS)]
        threads, ideas = await _fill(product, small, seed)
        url = f"{product.url}\n"  # not as an argument: everybody can read those
        bare = stack.enter_context(_server(["evals.bench.bare"], home / "bare.log", "bare at ", {}, url))
        api = stack.enter_context(_api(settings, home))
        load = Load(api, bare, ideas, deque(threads + ideas[: SPARE if not small else None]))
        clients = [Client(key, random.Random(f"{seed}/{nth}")) for nth, key in enumerate(keys)]
        for client in clients:
            stack.callback(client.close)
        await _ask_in_turns(load, clients, SMALL_SECONDS if small else SECONDS)
        untold = _untold(product)
        settle_s = await _settled(product)
    return _result(load, seed, len(threads), small, {"untold": untold, "settle_s": settle_s})


async def _ask_in_turns(load: Load, clients: list[Client], seconds: float) -> None:
    for kind in KINDS:
        await load.slice(kind, clients, SLICE_S / 2)
    load.seconds = {kind: [] for kind in KINDS}
    load.busy_s = dict.fromkeys(KINDS, 0.0)
    began, kinds = time.perf_counter(), cycle(KINDS)
    while time.perf_counter() < began + seconds:
        await load.slice(next(kinds), clients, min(SLICE_S, seconds / 6))


async def _fill(product: Product, small: bool, seed: int) -> tuple[list[UUID], list[UUID]]:
    """Judged ideas whose threads wait, and copies of them without one."""
    with connect(product.url, "default") as connection:
        judged = [
            store_idea(connection, f"{subject} {nth}", seed)
            for nth, subject in zip(range(SMALL_THREADS if small else THREADS), cycle(SUBJECTS), strict=False)
        ]
    for idea_id in judged:
        await product.judge(idea_id, AS_OF)
    with owner(product.url) as connection:
        connection.execute("SET bellwether.tenant = 'default'")
        waiting = [row[0] for row in connection.execute("SELECT id FROM idea WHERE status = 'pending_review'")]
        copies = copy_decided(connection, waiting, SMALL_IDEAS if small else IDEAS + SPARE, seed)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return waiting, copies


async def _key(people: People, nth: int) -> str:
    await people.add_member(people.tenants.home, f"client{nth}", "business", "bench")
    _, key = await people.add_key(people.tenants.home, f"client{nth}")
    return key


@contextmanager
def _api(settings: Settings, home: Path) -> Iterator[str]:
    """The address of `bellwether api`, in a process of its own."""
    environment = {
        "BELLWETHER_HOME": str(settings.home),
        "BELLWETHER_DATABASE": settings.database,
        "BELLWETHER_TIERS": json.dumps(TIERS),
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    with _server(["ui.cli", "api", "--port", "0"], home / "api.log", "API at ", environment) as address:
        yield address.removesuffix("/api/v1")


@contextmanager
def _server(module: list[str], log: Path, said: str, environment: Mapping[str, str], given: str = "") -> Iterator[str]:
    """The address that a server says once it listens; it is stopped in the end."""
    path = os.pathsep.join(each for each in sys.path if each)
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=log.parent,
            env={**os.environ, "PYTHONPATH": path, **environment},
            stdin=subprocess.PIPE,
            stderr=errors,
        )
        try:
            assert process.stdin is not None  # noqa: S101 - a pipe was asked for
            process.stdin.write(given.encode())
            process.stdin.close()
            yield _said(log, said)
        finally:
            process.terminate()
            process.wait(START_S)


def _said(log: Path, before: str) -> str:
    """The address that a server wrote behind these words. TimeoutError, with its log, where it wrote none."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        text = log.read_text(encoding="utf-8")
        if before in text and "\n" in text.split(before, 1)[1]:
            return text.split(before, 1)[1].split()[0].rstrip(",")
        time.sleep(0.1)
    raise TimeoutError(f"no server after {START_S:.0f} s: {text}")


async def _settled(product: Product) -> float:
    """Seconds until every thread was told, SETTLE_S at most."""
    began = time.monotonic()
    for _ in range(int(SETTLE_S / LOOK_S)):
        if not _untold(product):
            break
        await asyncio.sleep(LOOK_S)
    return time.monotonic() - began


def _untold(product: Product) -> int:
    with connect(product.url, "default") as connection:
        row = connection.execute(UNTOLD).fetchone()
        return int(row[0]) if row else 0


def _result(load: Load, seed: int, threads: int, small: bool, told: dict[str, float]) -> Result:
    p95 = {kind: quantiles(load.seconds[kind], n=20)[-1] * 1000 for kind in KINDS}
    figures: dict[str, Any] = {
        "read_ratio": p95["list"] / p95["bare"],
        "decide_ratio": p95["decide"] / p95["bare"],
        "errors": len(load.errors),
        **_times(load, "list", p95),
        **_times(load, "decide", p95),
        "decided": len(load.seconds["decide"]),
        "threads": threads,
        **told,
    }
    data = f"{SMALL_IDEAS if small else IDEAS:,} ideas that wait, {CLIENTS} clients"
    notes = (f"answers that were none: {load.errors[0]}",) if load.errors else ()
    return Result("api", figures, _times(load, "bare", p95), data, seed, notes, {} if small else ASKED)


def _times(load: Load, kind: str, p95: dict[str, float]) -> dict[str, float]:
    taken = load.seconds[kind]
    return {
        f"{kind}_p50_ms": quantiles(taken, n=2)[0] * 1000,
        f"{kind}_p95_ms": p95[kind],
        f"{kind}_per_s": len(taken) / load.busy_s[kind],
    }
