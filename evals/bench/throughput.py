"""Bench throughput: how much of a provider's limits two worker processes use together, and whether they pass them.

utilisation       requests let in over requests allowed, from the end of the warm-up (the first window) to the moment
                  the last idea is taken up; the stub counts both limits in a strict sliding window
rejected          requests the stub refused after the warm-up, because they were over a limit
by_rule           findings that no model gave although it was asked: nobody may fall back because many wait

The workers are processes of their own, each with the product on the shared database, and take ideas from one list in
Redis. The baseline in the same run is what they did before they shared limits: each process counts for itself, by the
headers of its answers alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from agents.chains import chains
from agents.door import Ceilings, Door
from agents.panel import Panel
from agents.roster import SPECIALISTS
from evals.bench.stage import scratch_home, settings_of, store_idea
from evals.bench.stub import OVER_LIMIT, Allows, spawn
from evals.report import Asked, Result
from graphs.database import prepared_url
from graphs.product import Product
from graphs.rehearsal import rehearse
from graphs.settings import Settings
from graphs.wiring import open_product
from store.calls import PostgresCalls
from store.limits import Cap, Limits, MemoryLimits, PostgresLimits, RedisLimits, Rules
from store.postgres import connect, pool
from store.redis import AsyncRedis, EmbeddedRedis, Redis

WORKERS = 2
LATENCY_S = (0.3, 1.5)
MODEL = "stub-1"
IDEAS = "bw:shared:bench:ideas"
COMPARABLES = 4
AT_ONCE = 12
"""Ideas that a worker judges at the same time: enough for somebody always to stand in line."""
ASKED = {"utilisation": Asked(least=0.95), "rejected": Asked(most=0), "by_rule": Asked(most=0)}
BY_RULE = "SELECT count(*) FROM finding WHERE judged_by = 'rule'"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done, and under which limits."""

    ideas: int
    baseline_ideas: int
    allows: Allows
    rules: Rules


FULL = Size(200, 200, Allows(600, 1_500_000), Rules())
SMALL = Size(24, 18, Allows(80, 200_000, 5.0), Rules(window_s=5.0, margin_s=0.5, grain_s=1 / 16))


@dataclass(frozen=True, slots=True)
class Flow:
    """What came of one way of working."""

    utilisation: float
    rejected: int
    by_rule: int
    rejected_in_warm_up: int
    requests: int
    wall_s: float


def run(seed: int = 7, small: bool = False) -> Result:
    """Measures both ways; `small` takes a window of 5 s instead of a minute, and fewer ideas."""
    return measured(seed, SMALL if small else FULL)


def measured(seed: int, size: Size) -> Result:
    """Both ways at one size; what is asked is asked of the full one."""
    with scratch_home() as home:
        shared = _flow(home, seed, size, size.ideas, "shared")
        alone = _flow(home, seed, size, size.baseline_ideas, "alone")
    figures = {**asdict(shared), "ideas": size.ideas}
    baseline = {**asdict(alone), "ideas": size.baseline_ideas}
    allows = size.allows
    data = (
        f"{WORKERS} worker processes, a stub that allows {allows.requests} requests and {allows.tokens} tokens "
        f"in {allows.window_s:g} s"
    )
    notes = ("the baseline: each process counts for itself, by headers alone",)
    return Result("throughput", figures, baseline, data, seed, notes, ASKED if size is FULL else {})


def _flow(home: Path, seed: int, size: Size, ideas: int, way: str) -> Flow:
    """Let the workers judge so many ideas, one way or the other, on a database and under a stub of their own."""
    settings = settings_of(home, database=way, seed=seed)
    url, redis = prepared_url(settings), Redis(EmbeddedRedis(settings.home).start(), timeout_s=10)
    with connect(url, settings.tenant) as session:
        made = [str(store_idea(session, f"{way} subject {at}", seed, COMPARABLES)) for at in range(ideas)]
    redis.call("FLUSHALL")
    redis.call("RPUSH", IDEAS, *made)
    with spawn(LATENCY_S, seed, size.allows) as stub:
        began = time.time()
        taken = _work(settings, stub.url, size.rules, size.allows, way)
        wall_s = time.time() - began
        tally = stub.tally
    with connect(url, settings.tenant) as session:
        row = session.execute(BY_RULE).fetchone()
    redis.close()
    came = [(at, fault) for at, _, model, fault in tally if model == MODEL]
    warm = min(at for at, _ in came) + size.allows.window_s
    last = max(taken)
    let_in = sum(warm <= at < last for at, fault in came if fault != OVER_LIMIT)
    refused = [at for at, fault in came if fault == OVER_LIMIT]
    allowed = size.allows.requests * (last - warm) / size.allows.window_s
    late = sum(at >= warm for at in refused)
    used = let_in / allowed if last > warm else float("nan")
    return Flow(used, late, row[0] if row else 0, len(refused) - late, len(came), wall_s)


def _work(settings: Settings, stub: str, rules: Rules, allows: Allows, way: str) -> list[float]:
    """Run the workers until the list is empty; when each idea was taken up."""
    told = {
        "home": str(settings.home), "database": settings.database, "stub": stub, "way": way, "seed": settings.seed,
        "rules": [rules.window_s, rules.margin_s, rules.grain_s], "cap": [allows.requests, allows.tokens],
    }  # fmt: skip
    command = [sys.executable, "-m", "evals.bench.throughput", json.dumps(told)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(WORKERS)]
    said = [process.communicate(timeout=1800)[0] for process in processes]
    if any(process.returncode for process in processes):
        raise RuntimeError("a worker of the bench failed; its error stands above")
    return [float(line) for each in said for line in each.split()]


async def work(home: Path, told: dict[str, object], settings: Settings, rules: Rules, cap: Cap) -> None:
    """One worker: takes ideas from the list, AT_ONCE at a time, and prints when it took each."""
    async with AsyncExitStack() as stack:
        connections = await stack.enter_async_context(pool(prepared_url(settings), settings.tenant))
        redis = AsyncRedis(EmbeddedRedis(home).start(), timeout_s=5.0)
        stack.push_async_callback(redis.close)
        models = chains(
            {},
            base_url=str(told["stub"]),
            models=dict.fromkeys(("versatile", "reasoning", "instant"), f"local/{MODEL}"),
        )
        stack.push_async_callback(models.close)
        shared = told["way"] == "shared"
        limits: Limits = MemoryLimits(rules)
        if shared:
            limits = RedisLimits(redis, PostgresLimits(connections, rules), rules)
        ceilings = Ceilings(10**12, 10**12, 10**12, 10**12)
        calls = PostgresCalls(connections, settings.tenant)
        door = Door(models.routes, calls, ceilings, limits=limits, caps={"local": cap} if shared else {})
        product = await stack.enter_async_context(open_product(settings, Panel(door, seed=settings.seed)))
        await asyncio.to_thread(rehearse, SPECIALISTS)
        await asyncio.gather(*(_judge(product, redis) for _ in range(AT_ONCE)))


async def _judge(product: Product, redis: AsyncRedis) -> None:
    while (idea_id := await redis.call("LPOP", IDEAS)) is not None:
        print(time.time(), flush=True)
        await product.judge(UUID(idea_id))


def main(words: Sequence[str] | None = None) -> None:
    """One worker of this bench, as its parent starts it."""
    parser = argparse.ArgumentParser(description="One worker of bench throughput.")
    parser.add_argument("told", type=json.loads)
    told = parser.parse_args(words).told
    requests, tokens = told["cap"]
    home = Path(told["home"])
    settings = settings_of(home.parent, database=told["database"], seed=told["seed"])
    cap = Cap(requests_per_minute=requests, tokens_per_minute=tokens)
    asyncio.run(work(home, told, settings, Rules(*told["rules"]), cap))


if __name__ == "__main__":
    main()
