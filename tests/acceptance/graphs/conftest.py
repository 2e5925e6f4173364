"""What the tests of the graphs share: ideas in a fresh database, and the product on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from evals.bench.stage import store_idea
from graphs.product import Product
from graphs.settings import Settings
from graphs.wiring import open_product
from store.migrate import add_tenant
from store.postgres import connect


@pytest.fixture
def settings(database: str, redis_address: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a product with no models on the test's database and an empty Redis."""
    for name in ("GROQ_API_KEY", "OPENAI_API_KEY", "PERPLEXITY_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return Settings(_env_file=None, database_url=database, redis_url=redis_address, actor="mara")


@pytest.fixture
async def product(settings: Settings) -> AsyncIterator[Product]:
    """The product, judging by rules."""
    async with open_product(settings) as opened:
        yield opened


@pytest.fixture
def new_idea(connection: psycopg.Connection[Any]) -> Callable[..., UUID]:
    """Store an idea, "pumpkin carving" unless told otherwise, with ten days of posts by six authors behind it."""
    return partial(store_idea, connection)


@pytest.fixture
def new_idea_of(database: str) -> Callable[[str], UUID]:
    """Store the same idea for another tenant, which is made with it."""

    def make(tenant: str) -> UUID:
        add_tenant(database, tenant)
        with connect(database, tenant) as session:
            return store_idea(session)

    return make
