"""Chromium, which measures, draws and tests the console, and how long one waits for a console."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


def check() -> None:
    """FileNotFoundError where there is no browser."""
    if not CHROMIUM.exists():
        raise FileNotFoundError(f"no browser at {CHROMIUM}: it takes Debian's chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless; it asks nothing of anybody by itself. ModuleNotFoundError without Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield opened
        finally:
            opened.close()


def wait_for_console(address: str, log: Path, within_s: float) -> None:
    """Return once a console answers. TimeoutError, with the end of its log, where it does not in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=2) as answer:  # noqa: S310 - our own loopback address
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"no console answered at {address} within {within_s:.0f} s: {log.read_text()[-500:]}")
