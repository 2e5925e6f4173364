"""The day's figures on a real database: made-up ideas, judged by the rules, answered by people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from evals.bench.stage import store_idea
from graphs.product import Product
from graphs.settings import Settings
from graphs.wiring import open_product
from store.ids import new_id
from store.postgres import connect
from store.today import load_days, load_today

PHRASES = ("latte art", "fair isle", "sourdough", "cactus")


@pytest.fixture
async def product(database: str, redis_address: str) -> AsyncIterator[Product]:
    settings = Settings(_env_file=None, database_url=database, redis_url=redis_address, groq_api_key=None,
                        openai_api_key=None, perplexity_api_key=None)  # fmt: skip
    async with open_product(settings) as opened:
        yield opened


@pytest.fixture
async def rows(product: Product) -> AsyncIterator[AsyncConnection[Any]]:
    async with product.pool.connection() as connection:
        yield connection


async def test_a_new_installation_has_a_day_of_nothing(rows: AsyncConnection[Any]) -> None:
    today = await load_today(rows, datetime.now(UTC))
    assert (today.waiting, today.oldest, today.found, today.judged, today.pace) == (0, None, 0, {}, None)
    assert [row["found"] for row in today.days] == [0] * 14


async def test_what_was_found_judged_and_answered_is_counted(product: Product, rows: AsyncConnection[Any]) -> None:
    with connect(product.url, "default") as session:
        ideas = [store_idea(session, phrase, comparables=6) for phrase in PHRASES]
    for idea in ideas:
        await product.analyze(idea)
    waiting = (await load_today(rows, datetime.now(UTC))).waiting
    answered = await _approve_one(product, rows)
    today = await load_today(rows, datetime.now(UTC))
    assert today.found == len(ideas)
    assert sum(today.judged.values()) == len(ideas)
    assert today.waiting == waiting - 1
    assert [(row["actor"], row["answer"], row["count"]) for row in today.answers] == [("ana", "approve", 1)]
    assert today.days[-1] | {"day": None} == {"day": None, "found": 4, "judged": 4, "approved": 1}
    assert answered and today.pace is not None and timedelta(0) <= today.pace < timedelta(minutes=5)


async def test_the_top_quartile_is_of_those_scored_together(product: Product, rows: AsyncConnection[Any]) -> None:
    with connect(product.url, "default") as session:
        ideas = [store_idea(session, phrase) for phrase in PHRASES]
        session.execute("UPDATE score SET total = 0.9 WHERE idea_id = %s", (ideas[2],))
    assert (await load_today(rows, datetime.now(UTC))).top_quartile == 1


async def test_yesterday_is_a_day_of_its_own_and_not_in_the_last_24_hours(
    product: Product, rows: AsyncConnection[Any]
) -> None:
    with connect(product.url, "default") as session:
        idea = store_idea(session, "telescope")
        session.execute("UPDATE idea SET recorded_at = now() - interval '25 hours' WHERE id = %s", (idea,))
    now = datetime.now(UTC)
    assert (await load_today(rows, now)).found == 0
    days = await load_days(rows, now.date(), 3)
    assert [row["found"] for row in days] in ([0, 1, 0], [1, 0, 0])


async def test_a_sudden_rise_and_an_opened_alarm_are_told_and_what_is_over_is_not(
    product: Product, rows: AsyncConnection[Any]
) -> None:
    now = datetime.now(UTC)
    with connect(product.url, "default") as session:
        session.execute(
            "INSERT INTO spike (tenant_id, key, onset_at, phrase, kind, kind_reason, ratio, voices, authors, sources) "
            "VALUES ('default', 'moss', %s, 'moss frame', 'subject', 'made up', 9, 40, 30, '{reddit}')",
            (now,),
        )
        for key, thread, resolves in (("a", "a", False), ("a again", "a", False), ("a over", "a", True)):
            session.execute(
                "INSERT INTO notice (tenant_id, key, kind, severity, subject, body, thread, resolves) "
                "VALUES ('default', %s, 'alarm', 'warning', %s, '', %s, %s)",
                (key, key, thread, resolves),
            )
    today = await load_today(rows, now + timedelta(seconds=1))
    assert [row["phrase"] for row in today.spikes] == ["moss frame"]
    assert [row["subject"] for row in today.alarms] == ["a"]


async def test_another_tenant_sees_nothing_of_it(product: Product, rows: AsyncConnection[Any]) -> None:
    with connect(product.url, "default") as session:
        store_idea(session, "lighthouse")
    other = product.settings.model_copy(update={"tenant": f"t{new_id().hex[:8]}"})
    async with open_product(other) as elsewhere, elsewhere.pool.connection() as connection:
        today = await load_today(connection, datetime.now(UTC))
    assert (today.found, today.top_quartile) == (0, 0)


async def _approve_one(product: Product, rows: AsyncConnection[Any]) -> bool:
    cursor = await rows.execute("SELECT id FROM idea WHERE status = 'pending_review' LIMIT 1")
    row = await cursor.fetchone()
    assert row is not None, "no made-up idea waits"
    await product.reviews.approve(row[0], "ana")
    return True
