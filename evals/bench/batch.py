"""Bench batch: rows drawn, looked at and made ready for print, by one process and by one a core.

Slogans made up from a seed, the house's brand, the typographic renderer, full size. First one process draws a part of
the rows, then all processes draw all the others; both begin cold, so what a process loads first counts in both.
`speedup` is the ratio of their assets a minute. `peak_mb` is the most that this process and those that draw held at one
moment, as proportional set size (shared pages counted once). Then the same rows are begun as another batch:
`rerun_renders` is how many of them were drawn again.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing import active_children
from os import getpid
from pathlib import Path

from evals.bench.stage import SUBJECTS, scratch_home, settings_of
from evals.report import Asked, Figure, Result
from graphs.produce import Plan
from graphs.product import Product
from graphs.wiring import open_product
from graphs.workshop import PLACES
from store.decisions import one
from studio.drawing import Row

ROWS, ALONE = 200, 30
SMALL_ROWS, SMALL_ALONE = 8, 3
FULL, SMALL = Plan(), Plan(width=450, height=540)
SAMPLE_S = 0.2
ASKED = {"speedup": Asked(least=1.7), "peak_mb": Asked(most=1500), "rerun_renders": Asked(most=0)}
FRAMES = (
    "{} is my therapy", "Powered by {}", "Just one more {}", "{} club", "Eat sleep {} repeat", "Keep calm and {}",
    "I was told there would be {}", "World's okayest {} fan", "{} season", "Ask me about my {}", "Born for {}",
    "Easily distracted by {}", "{} and chill", "Life is better with {}",
)  # fmt: skip
HOOKS = ("", "est. 1986", "since 1994", "summer tour", "limited edition")
DRAWN = "SELECT count(*) AS n FROM attempt a JOIN design d ON d.id = a.design_id WHERE a.drawn AND d.batch_id = %s"


def run(seed: int = 7, small: bool = False) -> Result:
    """A batch on a database of its own."""
    with scratch_home() as home:
        figures = asyncio.run(_run(home, seed, small))
    plan = SMALL if small else FULL
    data = f"{SMALL_ROWS if small else ROWS} made-up slogans, {plan.width} x {plan.height}, {PLACES} processes"
    return Result("batch", figures, {}, data, seed, asked={} if small else ASKED)


def rows_of(count: int, seed: int, first: int = 1) -> list[Row]:
    """So many different slogans."""
    draw = random.Random(seed)
    every = [frame.format(subject) for frame in FRAMES for subject in SUBJECTS]
    chosen = draw.sample(every, count)
    return [Row(str(at), text, hook=draw.choice(HOOKS)) for at, text in enumerate(chosen, first)]


async def _run(home: Path, seed: int, small: bool) -> dict[str, Figure]:
    plan = SMALL if small else FULL
    count, alone = (SMALL_ROWS, SMALL_ALONE) if small else (ROWS, ALONE)
    rows = rows_of(count + alone, seed)
    async with open_product(settings_of(home)) as product:
        single, _ = await _draw(product, rows[:alone], "alone", plan, 1)
        together, figures = await _draw(product, rows[alone:], "together", plan, PLACES)
        again = await product.batches.begin(rows[alone:], "again", plan=replace(plan, timeout_s=plan.timeout_s + 1))
        await product.workshop.work(again.id, stay=True)
        async with product.pool.connection() as connection:
            drawn = await one(connection, DRAWN, again.id)
    renders = drawn["n"] if drawn else None
    rates = {"assets_per_min": together, "assets_per_min_alone": single, "speedup": together / single}
    return {**rates, **figures, "rerun_renders": renders}


async def _draw(
    product: Product, rows: Sequence[Row], name: str, plan: Plan, places: int
) -> tuple[float, dict[str, Figure]]:
    """Assets a minute, and what came of the batch."""
    product.workshop.places = places
    begun = await product.batches.begin(rows, name, plan=plan)
    began, watch = time.perf_counter(), asyncio.create_task(_peak_mb())
    await product.workshop.work(begun.id, stay=True)
    seconds = time.perf_counter() - began
    watch.cancel()
    found = await product.batches.show(str(begun.id))
    figures: dict[str, Figure] = {name: found[name] for name in ("done", "dead", "retried")}
    return found["done"] / seconds * 60, {**figures, "peak_mb": await watch, "seconds": seconds}


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
