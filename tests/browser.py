"""A browser before a started console: what the console's browser tests share."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect
from psycopg import Connection

from evals.bench.stage import SUBJECTS, store_idea
from evals.chromium import wait_for_console
from graphs.settings import Settings
from graphs.wiring import open_product
from store.host import free_port
from store.postgres import connect

ROOT = Path(__file__).resolve().parent.parent
START_S = 180.0
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
WAIT_MS = 60_000
DESKTOP, PHONE = (1360, 900), (390, 844)
expect.set_options(timeout=WAIT_MS)


@dataclass(frozen=True, slots=True)
class Console:
    """A console that was started."""

    address: str
    settings: Settings

    def session(self) -> Connection[Any]:
        """A session of its tenant. Use as `with`."""
        assert self.settings.database_url is not None
        return connect(self.settings.database_url.get_secret_value(), self.settings.tenant)

    def fill(self, count: int = 4, comparables: int = 6) -> list[UUID]:
        """Store so many made-up ideas with posts and prices behind them, and let the agents judge each by its rules."""
        with self.session() as session:
            names = [f"{SUBJECTS[at % len(SUBJECTS)]} {at // len(SUBJECTS) or ''}".strip() for at in range(count)]
            ideas = [store_idea(session, name, comparables=comparables) for name in names]
        with ThreadPoolExecutor(1) as beside:  # Playwright's own loop runs in this thread
            beside.submit(asyncio.run, self._judge(ideas)).result(300)
        return ideas

    async def _judge(self, ideas: list[UUID]) -> None:
        async with open_product(self.settings) as product:
            for idea in ideas:
                await product.analyze(idea)


@contextmanager
def console_on(settings: Settings, log: Path) -> Iterator[Console]:
    """A console with these settings, started in a process of its own and ended with the test."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py"), "--server.port", str(port)]
    with log.open("wb") as written:
        process = subprocess.Popen(command, cwd=ROOT, env=_environment(settings), stdout=written, stderr=written)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for_console(address, log, START_S)
            yield Console(address, settings)
        finally:
            process.terminate()
            process.wait(10)


@dataclass
class Watch:
    """What no page may do: speak of an error in the browser's log, or ask anybody else for something."""

    address: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        """Keep what is called an error; Streamlit looks for itself beside a page before the root."""
        if message.type == "error" and "/_stcore/" not in message.location["url"]:
            self.errors.append(message.text)

    def see(self, request: Request) -> None:
        """Keep what goes elsewhere than to the console."""
        here = (self.address, self.address.replace("http", "ws", 1), "data:", "blob:")
        if not request.url.startswith(here):
            self.outside.append(request.url)


@contextmanager
def watched_page(
    opened: Browser,
    address: str,
    size: tuple[int, int] = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
    locale: str = "en-US",
) -> Iterator[Page]:
    """A page of the console's address in a browser of its own; its errors and requests elsewhere fail the test."""
    width, height = size
    context: BrowserContext = opened.new_context(
        base_url=address, viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale
    )
    watch = Watch(address)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.on("console", watch.hear)
    page.on("request", watch.see)
    page.on("pageerror", lambda error: watch.errors.append(str(error)))
    yield page
    context.close()
    assert watch.outside == []
    assert watch.errors == []


def settled(page: Page) -> Page:
    """The page, once its script has ended and nothing of the last look is left."""
    page.wait_for_selector(SETTLED)
    page.wait_for_function("() => !document.querySelector('[data-stale=\"true\"]')")
    return page


def wider_than_screen(page: Page) -> int:
    """By how many pixels the page's content is wider than its window; 0 where nobody has to scroll sideways."""
    widest: int = page.evaluate(
        "() => Math.max(...[document.documentElement, document.querySelector('[data-testid=\"stMain\"]')]"
        ".map(part => part.scrollWidth - part.clientWidth))"
    )
    return widest


def _environment(settings: Settings) -> dict[str, str]:
    """The environment of a process that is to have these settings, and none of the keys of whoever runs the tests."""
    shown = settings.model_dump(mode="json", exclude_defaults=True, exclude={"database_url", "redis_url"})
    keys = {name: str(value) for name, value in shown.items() if not isinstance(value, dict | list)}
    urls = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    own = {
        name: value for name, value in os.environ.items() if not name.startswith("BELLWETHER_") and "_KEY" not in name
    }
    own |= {f"BELLWETHER_{name.upper()}": value for name, value in keys.items()}
    return own | {name: url.get_secret_value() for name, url in urls.items() if url}
