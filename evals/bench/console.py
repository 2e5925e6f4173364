"""Bench console: how long a reviewer waits with ten thousand ideas before them, beside ten.

paint_ratio     from the address to the first row of the queue and the open idea, in headless Chromium
approve_ratio   from the press on `Approve` to the next idea

Two consoles, each a process of its own with its own database on one server; pages and answers are taken in turns, and
an answer is taken back before the next. The times are the browser's own; medians over medians.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from evals.bench.stage import SUBJECTS, copy_decided, scratch_home, settings_of, store_idea
from evals.chromium import check, chromium, wait_for_console
from evals.report import ROOT, Asked, Result
from graphs.settings import Settings
from graphs.wiring import open_product
from store.host import free_port
from store.postgres import connect, owner

if TYPE_CHECKING:
    from playwright.sync_api import Page

FEW = 10
JUDGED = 16
"""Ideas that the agents judge; the others are copies of them."""
COMPARABLES = 6
START_S, LOOK_MS = 90.0, 60_000.0
ASKED = {"paint_ratio": Asked(most=1.5), "approve_ratio": Asked(most=1.5)}

SHOWN = """
() => {
  const rows = [...document.querySelectorAll(".st-key-list *")].find((each) => each.shadowRoot)?.shadowRoot;
  const open = rows?.querySelector(".row.open .phrase")?.textContent;
  const idea = document.querySelector(".st-key-idea-page :is(h1, h2)")?.textContent;
  return open && idea === open && document.querySelector("[class*=st-key-approve-] button") ? idea : null;
}
"""
"""The phrase of the open idea, once its row, its page and its answers are drawn."""
PAINTED = (
    f"const shown = {SHOWN}; "
    + """
const look = () => { if (shown()) window.painted = performance.now(); else requestAnimationFrame(look); };
look();
"""
)
PRESS = (
    f"async (name) => {{ const shown = {SHOWN}; "
    + """
  const before = shown(), began = performance.now();
  document.querySelector(`[class*=st-key-${name}] button`).click();
  while (!shown() || shown() === before) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""
)


@dataclass
class Taken:
    """What was measured of one console, in milliseconds."""

    paint: list[float] = field(default_factory=list)
    approve: list[float] = field(default_factory=list)


def run(seed: int = 7, small: bool = False) -> Result:
    """Measures both; `small` lays 500 ideas before the reviewer and takes fewer turns.

    FileNotFoundError or ModuleNotFoundError where there is no browser to measure in.
    """
    many, paints, answers = (500, 2, 3) if small else (10_000, 15, 25)
    check()
    with scratch_home() as home:
        taken = _measure(home, seed, (FEW, many), paints, answers)
    few, full = taken
    figures = {
        "paint_ratio": median(full.paint) / median(few.paint),
        "approve_ratio": median(full.approve) / median(few.approve),
        **_times(full),
        "ideas": many,
    }
    note = f"{paints} pages and {answers} answers each, in turns"
    data = f"{many:,} ideas that wait, {JUDGED} of them judged, beside {FEW}"
    return Result("console", figures, {**_times(few), "ideas": FEW}, data, seed, (note,), {} if small else ASKED)


def _times(taken: Taken) -> dict[str, float]:
    return {
        f"{name}_{part}": value
        for name, times in (("paint", taken.paint), ("approve", taken.approve))
        for part, value in (("ms", median(times)), ("p95_ms", quantiles(times, n=20, method="inclusive")[-1]))
    }


def _measure(home: Path, seed: int, counts: Sequence[int], paints: int, answers: int) -> list[Taken]:
    with ExitStack() as stack:
        addresses = []
        for count in counts:
            settings = settings_of(home, database=f"ideas{count}", seed=seed)
            asyncio.run(_fill(settings, count, seed))
            addresses.append(stack.enter_context(_console(settings, home / f"{count}.log")))
        browser = stack.enter_context(chromium())
        pages = [browser.new_context(viewport={"width": 1360, "height": 900}).new_page() for _ in addresses]
        taken = [Taken() for _ in addresses]
        for page, address in zip(pages, addresses, strict=True):
            page.set_default_timeout(LOOK_MS)
            page.add_init_script(PAINTED)
            _paint(page, address)  # what loads late has loaded
        both = list(zip(pages, addresses, taken, strict=True))
        for nth in range(paints):
            for page, address, times in both[:: 1 if nth % 2 else -1]:
                times.paint.append(_paint(page, address))
        for nth in range(answers + 1):
            for page, _address, times in both[:: 1 if nth % 2 else -1]:
                times.approve += [_answer(page)][: nth > 0]  # the first is not counted
        return taken


def _paint(page: Page, address: str) -> float:
    page.goto(f"{address}/review", wait_until="commit")
    page.wait_for_function("() => window.painted")
    painted: float = page.evaluate("() => window.painted")
    return painted


def _answer(page: Page) -> float:
    """One approval, timed; then it is taken back."""
    took: float = page.evaluate(PRESS, "approve-")
    page.wait_for_selector(".st-key-undo button")
    page.evaluate(PRESS, "undo")
    page.wait_for_selector(".st-key-undo button", state="detached")
    return took


async def _fill(settings: Settings, count: int, seed: int) -> None:
    """A database in which so many ideas wait."""
    async with open_product(settings) as product:
        names = [f"{SUBJECTS[at % len(SUBJECTS)]}" for at in range(min(count, JUDGED))]
        with connect(product.url, settings.tenant) as session:
            ideas = [store_idea(session, name, seed, COMPARABLES) for name in names]
        for idea_id in ideas:
            await product.judge(idea_id)
        with connect(product.url, settings.tenant) as session:
            copy_decided(session, ideas, count - len(ideas), seed)
        with owner(product.url) as session:
            session.execute("VACUUM (ANALYZE)")  # else the server does it while we measure


@contextmanager
def _console(settings: Settings, log: Path) -> Iterator[str]:
    """The address of a console with these settings, in a process of its own."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    own = {
        name: value for name, value in os.environ.items() if not name.startswith("BELLWETHER_") and "_KEY" not in name
    }
    own |= {"BELLWETHER_HOME": str(settings.home), "BELLWETHER_DATABASE": settings.database}
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py"), "--server.port", str(port)]
    with log.open("wb") as written:
        process = subprocess.Popen(command, cwd=ROOT, env=own, stdout=written, stderr=written)
        try:
            wait_for_console(address, log, START_S)
            yield address
        finally:
            process.terminate()
            process.wait(20)
