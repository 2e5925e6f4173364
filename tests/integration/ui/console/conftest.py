"""What the tests of an idea's page share: judged ideas of every kind in one database, and a desk before it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graphs.people import Person, Role
from graphs.settings import Settings
from store.redis import EmbeddedRedis
from tests.shelf import Shelf, stock
from ui.console.desk import Desk, Visit


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's AppTest leaves its script as `__main__`, which a process that another test spawns would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="module")
def shelf(new_database: Callable[[], str], redis_server: EmbeddedRedis, reachable_folder: Path) -> Shelf:
    """The ideas on a database of this module's own."""
    settings = Settings(
        _env_file=None, home=reachable_folder / "idea-home", database_url=new_database(),
        redis_url=redis_server.start(), groq_api_key=None, openai_api_key=None, perplexity_api_key=None, actor="mara",
        undo_s=300,
    )  # fmt: skip
    return asyncio.run(stock(settings))


@pytest.fixture(scope="module")
def visit(shelf: Shelf) -> Iterator[Visit]:
    """A reviewer at a desk of their own."""
    desk = Desk(shelf.settings)
    yield Visit(desk, Person(shelf.settings.tenant, "mara", Role.BUSINESS, "pro"))
    desk.close()
