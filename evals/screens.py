"""Screens: every page of the console as it looks on the sample, in light, in dark and on a phone, as PNG files.

    python -m evals.screens FOLDER

The sample is run in a home of its own that ends with this; the browser is Debian's Chromium. `make screens` calls it.
"""

from __future__ import annotations

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
QUIET_MS, START_MS = 2_500, 90_000
TALLEST = 2_400
ADDRESS = re.compile(r"http://\S+")


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


def _looked(browser: Browser, address: str, look: Look, folder: Path) -> Iterator[Path]:
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height}, color_scheme=look.scheme, locale="en-US"
    )
    page = context.new_page()
    for path in _open(page, address):
        page.set_viewport_size({"width": look.width, "height": look.height})
        _settled(page, f"{address}/{path}")
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
    return [str(href).removeprefix(address).strip("/") for href in links.evaluate_all("all => all.map(a => a.href)")]


def _settled(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(DRAWN)
    page.wait_for_timeout(QUIET_MS)
    page.wait_for_selector(DRAWN)


if __name__ == "__main__":
    for drawn in draw(Path(sys.argv[1] if len(sys.argv) > 1 else "screens")):
        print(drawn)
