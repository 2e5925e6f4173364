"""What the tests of the graphs share: ideas in a fresh database, and the product on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from graphs.settings import Settings
from graphs.wiring import Product, open_product
from store.ideas import IdeaRow, ScoreRow, put_ideas, put_scores
from store.ids import new_id
from store.migrate import add_tenant
from store.postgres import connect
from trends.signal import Signal, SignalKind

AS_OF = datetime(2017, 10, 5, 23, tzinfo=UTC)


@pytest.fixture
def settings(database: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a product with no models on the test's database."""
    for name in ("GROQ_API_KEY", "OPENAI_API_KEY", "PERPLEXITY_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return Settings(_env_file=None, database_url=database, actor="mara")


@pytest.fixture
async def product(settings: Settings) -> AsyncIterator[Product]:
    """The product, judging by rules."""
    async with open_product(settings) as opened:
        yield opened


@pytest.fixture
def new_idea(connection: psycopg.Connection[Any]) -> Callable[..., UUID]:
    """Store an idea with ten days of posts by six authors behind it."""
    return partial(make_idea, connection)


@pytest.fixture
def new_idea_of(database: str) -> Callable[[str], UUID]:
    """Store the same idea for another tenant, which is made with it."""

    def make(tenant: str) -> UUID:
        add_tenant(database, tenant)
        with connect(database, tenant) as session:
            return make_idea(session)

    return make


@pytest.fixture
def store_idea() -> Callable[..., UUID]:
    """Store an idea through a session of the test's own."""
    return make_idea


def make_idea(connection: psycopg.Connection[Any], phrase: str = "pumpkin carving", **changed: Any) -> UUID:
    """An idea, its posts and its score."""
    posts = [_post(phrase, day, author) for day in range(10) for author in range(1 + day // 2)]
    _store(connection, posts)
    row: dict[str, Any] = {
        "id": new_id(), "key": phrase, "phrase": phrase, "audience": "home crafters", "occasion": None,
        "kind": "subject", "kind_reason": "printable noun", "product_format": "shirt",
        "signals": tuple(post.id for post in posts), **changed,
    }  # fmt: skip
    idea_id = put_ideas(connection, [IdeaRow(**row)], AS_OF, "test", {})[row["key"]]
    terms = [{"name": "freshness", "value": 0.5, "weight": 1.0, "reason": "a test says so"}]
    put_scores(connection, [ScoreRow(idea_id, 0.5, terms)], AS_OF, 1)
    return idea_id


def _post(phrase: str, day: int, author: int) -> Signal:
    moment = AS_OF - timedelta(days=9 - day, hours=author)
    return Signal(
        "reddit", SignalKind.ITEM, f"My {phrase} number {day * 10 + author} turned out well", moment,
        native_id=f"{phrase}-{day}-{author}", community="crafts", author_hash=f"author{author}", published_at=moment,
        metrics={"score": 10.0 * (day + 1), "comments": 3.0},
    )  # fmt: skip


def _store(connection: psycopg.Connection[Any], posts: list[Signal]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO signal (id, source, kind, native_id, text, author_hash, community, published_at, "
            "first_known_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [(p.id, p.source, p.kind, p.native_id, p.text, p.author_hash, p.community, p.published_at, p.known_at)
             for p in posts],
        )  # fmt: skip
        cursor.executemany(
            "INSERT INTO observation (signal_id, known_at, metrics) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [(p.id, p.known_at, Jsonb(dict(p.metrics))) for p in posts],
        )
