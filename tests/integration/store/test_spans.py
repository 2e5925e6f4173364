"""Spans as rows: written late, twice or out of order they tell the newest; pages, costs, and what was cut short."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from evals.bench.stage import store_idea
from store import spans
from store.ids import new_id
from store.migrate import add_tenant
from store.postgres import pool
from store.spans import After, SpanRow, ThreadRow

NOW = datetime.now(UTC)
THREAD = ThreadRow(str(new_id()), "analyze", "", "", "running", "", NOW, NOW)
SPAN = SpanRow(THREAD.id, new_id(), "pricing", "running", "", NOW, None)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def ended(span: SpanRow, seconds: float, **more: Any) -> SpanRow:
    return replace(span, outcome="done", ended_at=span.began_at + timedelta(seconds=seconds), **more)


@pytest.fixture
async def rows(database: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    async with pool(database, "default", size=1) as sessions, sessions.connection() as session:
        yield session


async def test_what_comes_late_changes_nothing(rows: psycopg.AsyncConnection[Any]) -> None:
    done = replace(THREAD, status="finished", last_at=later(1))
    await spans.put(rows, [done], [ended(SPAN, 0.5)])
    await spans.put(rows, [THREAD], [SPAN])
    thread = await spans.load_thread(rows, THREAD.id)
    assert thread is not None
    assert (thread["status"], thread["nodes"], thread["busy_s"]) == ("finished", 1, 0.5)
    assert [row["outcome"] for row in await spans.load_spans(rows, THREAD.id)] == ["done"]


async def test_a_change_is_seen_by_whoever_asks_for_what_is_newer_and_a_sign_of_life_is_none(
    rows: psycopg.AsyncConnection[Any],
) -> None:
    await spans.put(rows, [THREAD], [SPAN])
    [first] = await spans.load_spans(rows, THREAD.id)
    was = await spans.load_thread(rows, THREAD.id)
    await spans.put(rows, [replace(THREAD, last_at=later(1))], [])
    now = await spans.load_thread(rows, THREAD.id)
    assert was is not None and now is not None
    assert (was["change"], was["last_at"]) < (now["change"] + 1, now["last_at"])
    assert was["change"] == now["change"]
    assert await spans.load_spans(rows, THREAD.id, first["change"]) == []
    await spans.put(rows, [THREAD], [ended(SPAN, 1, model="groq/x")])
    [row] = await spans.load_spans(rows, THREAD.id, first["change"])
    assert (row["outcome"], row["seconds"], row["model"]) == ("done", 1.0, "groq/x")


async def test_a_thread_that_gives_no_sign_of_life_was_cut_short(rows: psycopg.AsyncConnection[Any]) -> None:
    old = NOW - 2 * spans.SILENT
    await spans.put(rows, [replace(THREAD, started_at=old, last_at=old)], [replace(SPAN, began_at=old)])
    [thread] = await spans.load_threads(rows, 10, status="failed")
    assert thread["error"].startswith("cut short")
    assert await spans.load_threads(rows, 10, status="running") == []
    again = replace(SPAN, id=new_id())
    await spans.put(rows, [THREAD], [again])
    was, is_now = await spans.load_spans(rows, THREAD.id)
    assert (was["outcome"], was["error"], is_now["outcome"]) == ("failed", "cut short", "running")


async def test_pages_go_back_in_time_and_keep_to_what_was_asked_for(rows: psycopg.AsyncConnection[Any]) -> None:
    threads = [
        replace(THREAD, id=str(new_id()), graph=graph, status=status, last_at=later(-at), started_at=later(-9))
        for at, (graph, status) in enumerate(
            [("analyze", "waiting"), ("discover", "finished"), ("analyze", "finished"), ("analyze", "failed")]
        )
    ]
    await spans.put(rows, threads, [])
    first = await spans.load_threads(rows, 2)
    rest = await spans.load_threads(rows, 9, After(first[-1]["last_at"], first[-1]["id"]))
    assert [row["id"] for row in (*first, *rest)] == [UUID(thread.id) for thread in threads]
    assert len(await spans.load_threads(rows, 9, graph="analyze")) == 3
    assert [row["status"] for row in await spans.load_threads(rows, 9, graph="analyze", status="failed")] == ["failed"]


async def test_the_title_of_an_idea_s_thread_is_its_phrase(
    rows: psycopg.AsyncConnection[Any], connection: psycopg.Connection[Any]
) -> None:
    idea_id = store_idea(connection, "latte art")
    await spans.put(rows, [replace(THREAD, subject=f"idea:{idea_id}:1")], [])
    thread = await spans.load_thread(rows, THREAD.id)
    assert thread is not None
    assert thread["title"] == "latte art"


async def test_costs_are_told_per_node_and_model(rows: psycopg.AsyncConnection[Any]) -> None:
    given = [
        ended(replace(SPAN, id=new_id()), seconds, model="groq/x", input_tokens=100, output_tokens=10, cost_micro_usd=7)
        for seconds in (1, 2, 3)
    ]
    given.append(replace(ended(SPAN, 9), outcome="failed", error="ValueError: no"))
    old = ended(replace(SPAN, id=new_id(), began_at=later(-9_000)), 1)
    await spans.put(rows, [THREAD], [*given, old])
    by_rule, by_model = await spans.load_costs(rows, later(-60))
    assert (by_rule["model"], by_rule["runs"], by_rule["failed"], by_rule["p50_s"]) == (None, 1, 1, None)
    assert (by_model["node"], by_model["runs"], by_model["p50_s"], by_model["cost_micro_usd"]) == (
        "pricing",
        3,
        2.0,
        21,
    )
    assert by_model["p95_s"] == pytest.approx(2.9)


async def test_another_tenant_sees_no_thread_of_ours(rows: psycopg.AsyncConnection[Any], database: str) -> None:
    await spans.put(rows, [THREAD], [SPAN])
    add_tenant(database, "other")
    async with pool(database, "other", size=1) as sessions, sessions.connection() as session:
        assert await spans.load_threads(session, 10) == []
        assert await spans.load_spans(session, THREAD.id) == []
