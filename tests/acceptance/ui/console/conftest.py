"""What the browser tests of the console share: a started console, and a browser page before it.

`console` is one for each module of tests, on a database of its own; tests of a module see what those before them did.
Playwright's own event loop runs in the thread of the tests, so none of them may be `async`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from evals import chromium as debian
from graphs.settings import Settings
from store.redis import EmbeddedRedis
from tests.browser import PHONE, Console, console_on, watched_page


@pytest.fixture(scope="module")
def console_settings(new_database: Callable[[], str], redis_server: EmbeddedRedis, reachable_folder: Path) -> Settings:
    """Settings of a console on a fresh database; a module that wants others overrides this.

    What is answered can be undone for long: a slow machine needs its time to get to the button.
    """
    return Settings(
        _env_file=None,
        home=reachable_folder / "console-home",
        database_url=new_database(),
        redis_url=redis_server.start(),
        actor="mara",
        undo_s=300,
    )


@pytest.fixture(scope="module")
def console(console_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A started console: its `address`, `settings`, `session()`, and `fill(count)` for judged ideas."""
    if not debian.CHROMIUM.exists():
        pytest.skip(f"no browser at {debian.CHROMIUM}; Debian: apt-get install chromium")
    with console_on(console_settings, tmp_path_factory.mktemp("console") / "log") as started:
        yield started


@pytest.fixture(scope="module")
def chromium(console: Console) -> Iterator[Browser]:
    """The browser of a module of tests."""
    with debian.chromium() as opened:
        yield opened


@pytest.fixture
def page(chromium: Browser, console: Console) -> Iterator[Page]:
    """A page as wide as a desk's screen; `page.goto("/review")`, then `settled(page)`.

    The test fails where the page logs an error or asks anybody but the console for something.
    """
    with watched_page(chromium, console.address) as opened:
        yield opened


@pytest.fixture
def phone(chromium: Browser, console: Console) -> Iterator[Page]:
    """The same, 390 pixels wide."""
    with watched_page(chromium, console.address, PHONE) as opened:
        yield opened


@pytest.fixture
def second_page(chromium: Browser, console: Console) -> Iterator[Page]:
    """Another reviewer's browser."""
    with watched_page(chromium, console.address) as opened:
        yield opened
