"""Bench batch: rows drawn, looked at and made ready for print, by one process and by one a core.

Slogans made up from a seed, the house's brand, the typographic renderer, full size. In three rounds one process draws a
part of the rows, then all processes draw a larger part; all begin cold, so what a process loads first counts in both,
and a machine whose load changes changes both. `speedup` is the ratio of their assets a minute; its baseline is what as
many processes that do nothing but pack bytes gain over one, in the same rounds: no batch can gain more than that on a
machine that others use too.

`peak_mb` is the most that this process and those that draw held at one moment, as proportional set size (shared pages
counted once). Then the same rows are begun as another batch: `rerun_renders` is how many of them were drawn again.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import active_children
from os import getloadavg, getpid
from pathlib import Path
from zlib import compress

from evals.bench.stage import SUBJECTS, scratch_home, settings_of
from evals.report import Asked, Figure, Result
from graphs.kiln import Kiln
from graphs.produce import Plan
from graphs.product import Product
from graphs.wiring import open_product
from graphs.workshop import PLACES
from store.decisions import one
from studio.drawing import Row

ROWS, ALONE, ROUNDS = 200, 30, 3
SMALL_ROWS, SMALL_ALONE = 5, 2
PROBE_S = 1.0
BLOCK = bytes(range(256)) * 1024
FULL, SMALL = Plan(), Plan(width=450, height=540)
SAMPLE_S = 0.2
ASKED = {"speedup": Asked(least=1.7), "peak_mb": Asked(most=1500), "rerun_renders": Asked(most=0)}
FRAMES = (
    "{} is my therapy", "Powered by {}", "Just one more {}", "{} club", "Eat sleep {} repeat", "Keep calm and {}",
    "I was told there would be {}", "World's okayest {} fan", "{} season", "Ask me about my {}", "Born for {}",
    "Easily distracted by {}", "{} and chill", "Life is better with {}", "Somebody said {}", "{} o'clock",
)  # fmt: skip
HOOKS = ("", "est. 1986", "since 1994", "summer tour", "limited edition")
DRAWN = "SELECT count(*) AS n FROM attempt a JOIN design d ON d.id = a.design_id WHERE a.drawn AND d.batch_id = %s"


def run(seed: int = 7, small: bool = False) -> Result:
    """A batch on a database of its own."""
    with scratch_home() as home:
        figures, possible = asyncio.run(_run(home, seed, small))
    plan = SMALL if small else FULL
    data = f"{SMALL_ROWS if small else ROWS} made-up slogans, {plan.width} x {plan.height}, {PLACES} processes"
    return Result("batch", figures, {"speedup": possible}, data, seed, asked={} if small else ASKED)


def count(seconds: float) -> int:
    """How often a process packs a block of bytes in so many seconds."""
    until, counted = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        compress(BLOCK, 6)
        counted += 1
    return counted


def rows_of(count: int, seed: int, first: int = 1) -> list[Row]:
    """So many different slogans."""
    draw = random.Random(seed)
    every = [frame.format(subject) for frame in FRAMES for subject in SUBJECTS]
    chosen = draw.sample(every, count)
    return [Row(str(at), text, hook=draw.choice(HOOKS)) for at, text in enumerate(chosen, first)]


async def _run(home: Path, seed: int, small: bool) -> tuple[dict[str, Figure], float]:
    plan = SMALL if small else FULL
    ours, alone = (SMALL_ROWS, SMALL_ALONE) if small else (ROWS, ALONE)
    rows, rounds = rows_of(ours + alone, seed), 1 if small else ROUNDS
    single, all_of_us, counted = _Drawn(), _Drawn(), dict.fromkeys((1, PLACES), 0)
    async with open_product(settings_of(home)) as product:
        for nth in range(rounds):
            for places in counted:
                counted[places] += await _counted(places)
            await _draw(product, rows[nth:alone:rounds], f"alone {nth}", plan, 1, single)
            await _draw(product, rows[alone + nth :: rounds], f"together {nth}", plan, PLACES, all_of_us)
        renders = await _drawn_again(product, rows[alone:], plan)
    figures: dict[str, Figure] = {
        "assets_per_min": all_of_us.per_minute, "assets_per_min_alone": single.per_minute,
        "speedup": all_of_us.per_minute / single.per_minute, "done": all_of_us.done, "dead": all_of_us.dead,
        "retried": all_of_us.retried, "peak_mb": all_of_us.peak_mb, "seconds": all_of_us.seconds,
        "rerun_renders": renders, "load": getloadavg()[0],
    }  # fmt: skip
    return figures, counted[PLACES] / counted[1]


@dataclass(slots=True)
class _Drawn:
    """What came of batches that were drawn alike."""

    done: int = 0
    dead: int = 0
    retried: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0

    @property
    def per_minute(self) -> float:
        return self.done / self.seconds * 60


async def _draw(product: Product, rows: Sequence[Row], name: str, plan: Plan, places: int, into: _Drawn) -> None:
    product.workshop.places = places
    begun = await product.batches.begin(rows, name, plan=plan)
    began, watch = time.perf_counter(), asyncio.create_task(_peak_mb())
    await product.workshop.work(begun.id, stay=True)
    into.seconds += time.perf_counter() - began
    watch.cancel()
    into.peak_mb = max(into.peak_mb, await watch)
    found = await product.batches.show(str(begun.id))
    into.done, into.dead = into.done + found["done"], into.dead + found["dead"]
    into.retried += found["retried"]


async def _drawn_again(product: Product, rows: Sequence[Row], plan: Plan) -> int:
    """How many renders a batch of rows costs that were drawn before."""
    again = await product.batches.begin(rows, "again", plan=replace(plan, timeout_s=plan.timeout_s + 1))
    await product.workshop.work(again.id, stay=True)
    async with product.pool.connection() as connection:
        drawn = await one(connection, DRAWN, again.id)
    return drawn["n"] if drawn else len(rows)


async def _counted(places: int) -> int:
    """What so many processes together pack in a second, once they have begun."""
    async with Kiln(places) as kiln:
        work = "evals.bench.batch:count"
        await asyncio.gather(*(kiln.burn(work, 0.0) for _ in range(places)))
        return sum(await asyncio.gather(*(kiln.burn(work, PROBE_S) for _ in range(places))))


async def _peak_mb() -> float:
    """The most that was held, looked at until cancelled."""
    peak = 0.0
    with suppress(asyncio.CancelledError):
        while True:
            peak = max(peak, sum(_held_mb(pid) for pid in (getpid(), *(child.pid or 0 for child in active_children()))))
            await asyncio.sleep(SAMPLE_S)
    return peak


def _held_mb(pid: int) -> float:
    """Proportional set size of a process; 0 where it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
