"""Screens: every page of the console as it looks on the sample, in light, in dark and on a phone, as PNG files.

Before that real designs are drawn, small: a batch that is done and one that waits; and listings of them in every state
(`evals.offers`). One of each is looked at too.

    python -m evals.screens FOLDER

The sample is run in a home of its own that ends with this; the browser is Debian's Chromium. `make screens` calls it.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from evals.bench.stage import scratch_home
from evals.chromium import check, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BELLWETHER = (sys.executable, "-m", "ui.cli", "--sample")
DRAWN = '[data-testid="stApp"][data-test-script-state="notRunning"]'
CLICKED = {
    "batches-open": ".card .batch", "designs-open": ".tile .open", "listings-live": ".row.live .open",
    "listings-waiting": ".row.waiting .open", "listings-blocked": ".row.blocked .open",
    "listings-refused": ".row.refused .open", "listings-package": ".row.unconfirmed:has-text('Redbubble') .open",
    "listings-japanese": ".row:has([lang=ja]) .open", "listings-hebrew": ".row:has-text('חולצת') .open",
    "listings-chosen": ".head .all input", "listings-marketplaces": "button:has-text('Marketplaces')",
}  # fmt: skip
"""What is clicked on a page (its path goes before the dash) to see one of what it lists: the last."""
SAMPLE_DATABASE = "bellwether_sample"
QUIET_MS, START_MS = 2_500, 90_000
TALLEST = 2_400
ADDRESS = re.compile(r"http://\S+")
SIZE = "900x1080"
SLOGANS = (
    ("Powered by pierogi", "pierogi", "since 1987", "shirt"), ("But first coffee", "coffee", "", "mug"),
    ("Dog mom", "dogs", "est. 2021", "mug"), ("Books are my love language", "books", "", "tote"),
    ("Lighthouse keeper in training", "lighthouse", "Maine", "poster"), ("Bee kind", "bees", "", "shirt"),
    ("Octopus teachers union", "octopus", "", "shirt"), ("Sourdough society", "sourdough", "est. 2020", "apron"),
    ("Stay wild moon child", "moon", "", "poster"), ("Vinyl never dies", "vinyl", "33 1/3", "poster"),
    ("World's okayest golfer", "golf", "", "shirt"), ("Кофе и котики", "cats", "", "mug"),
)  # fmt: skip
QUEUED = (("Teach peace", "peace", "", "shirt"), ("Ride or die", "bike", "", "shirt"))


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at a page."""

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]


LOOKS = (Look("light", 1360, 900, "light"), Look("dark", 1360, 900, "dark"), Look("phone", 390, 844, "light"))


def draw(folder: Path) -> list[Path]:
    """A picture of each page in each look; their files. FileNotFoundError where there is no browser."""
    check()
    folder.mkdir(parents=True, exist_ok=True)
    with scratch_home() as home, console(home) as address, chromium() as browser:
        return [file for look in LOOKS for file in _looked(browser, address, look, folder)]


@contextmanager
def console(home: Path) -> Iterator[str]:
    """The address of a console on the sample, in a process that ends with this."""
    own = {name: value for name, value in os.environ.items() if "_KEY" not in name}
    own |= {"BELLWETHER_HOME": str(home / "home"), "BELLWETHER_CONSOLE_SIGN_IN": "false", "COLUMNS": "200"}
    subprocess.run([*BELLWETHER, "run"], env=own, check=True, stdout=subprocess.DEVNULL)
    _draw_batches(home, own)
    offers = [sys.executable, "-m", "evals.offers", SAMPLE_DATABASE]
    subprocess.run(offers, env=own, check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(
        [*BELLWETHER, "console", "--port", "0"], env=own, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        said = process.stderr.readline() if process.stderr else ""
        found = ADDRESS.search(said)
        if found is None:
            raise RuntimeError(f"the console did not start: {said.strip()}")
        yield found[0]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _draw_batches(home: Path, own: dict[str, str]) -> None:
    for name, rows, more in (("Spring slogans", SLOGANS, ()), ("Next week", QUEUED, ("--background",))):
        file = home / f"{name}.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([("text", "keyword", "hook", "product"), *rows])
        command = [*BELLWETHER, "batch", "run", str(file), "--size", SIZE, *more]
        subprocess.run(command, env=own, check=True, stdout=subprocess.DEVNULL)


def _looked(browser: Browser, address: str, look: Look, folder: Path) -> Iterator[Path]:
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height}, color_scheme=look.scheme, locale="en-US"
    )
    page = context.new_page()
    for path in _open(page, address):
        page.set_viewport_size({"width": look.width, "height": look.height})
        _settled(page, f"{address}/{path.partition('-')[0]}")
        if path in CLICKED:
            page.locator(CLICKED[path]).last.click()
            page.wait_for_timeout(QUIET_MS)
            page.wait_for_selector(DRAWN)
        tall = page.evaluate("() => document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
        page.set_viewport_size({"width": look.width, "height": min(max(tall, look.height), TALLEST)})
        page.wait_for_timeout(QUIET_MS)
        file = folder / f"{path or 'today'}-{look.name}.png"
        page.screenshot(path=file)
        yield file
    context.close()


def _open(page: Page, address: str) -> list[str]:
    """The paths of all pages that the navigation names."""
    from playwright.sync_api import Error

    page.set_default_timeout(START_MS)
    for _ in range(50):
        try:
            page.goto(address)
            break
        except Error as refusal:
            if "ERR_CONNECTION_REFUSED" not in str(refusal):  # it does not listen yet
                raise
            page.wait_for_timeout(300)
    page.wait_for_selector(DRAWN)
    links = page.locator('[data-testid="stSidebarNavLink"]')
    links.first.wait_for(state="attached")
    hrefs = links.evaluate_all("all => all.map(a => a.href)")
    return [*(str(href).removeprefix(address).strip("/") for href in hrefs), *CLICKED]


def _settled(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(DRAWN)
    page.wait_for_timeout(QUIET_MS)
    page.wait_for_selector(DRAWN)


if __name__ == "__main__":
    for drawn in draw(Path(sys.argv[1] if len(sys.argv) > 1 else "screens")):
        print(drawn)
