"""Spans: what each node took is there for every process to see, while it runs and after, and is never in the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from agents.panel import Panel
from agents.roster import SPECIALISTS
from agents.specialist import Finding
from graphs.analyze import thread_id
from graphs.product import Product
from graphs.settings import Settings
from graphs.spans import EVERY_S, SIGN_S, Spans, error_line
from graphs.wiring import open_product
from store import spans
from store.postgres import owner, pool

NewIdea = Callable[..., UUID]
DESKS = {each.name for each in SPECIALISTS}


async def told(product: Product, idea_id: UUID, status: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The thread of an idea once it is told in this status, and its spans."""
    for _ in range(600):
        async with product.pool.connection() as connection:
            thread = await spans.load_thread(connection, thread_id("default", idea_id, 1))
            if thread is not None and thread["status"] == status:
                return thread, await spans.load_spans(connection, thread["id"])
        await asyncio.sleep(0.05)
    raise AssertionError(f"{status} was not told: {thread}")


async def test_an_idea_that_waits_and_is_answered_leaves_a_span_for_each_node(
    product: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea("latte art")
    await product.judge(idea_id)
    thread, rows = await told(product, idea_id, "waiting")
    assert (thread["graph"], thread["subject"], thread["title"]) == ("analyze", f"idea:{idea_id}:1", "latte art")
    assert {row["node"] for row in rows} == {"load", *DESKS, "coordinate", "decide", "review"}
    assert [row["outcome"] for row in rows].count("waiting") == 1
    assert all(row["seconds"] >= 0 for row in rows)
    await product.reviews.approve(idea_id)
    _, rows = await told(product, idea_id, "finished")
    assert [(row["node"], row["outcome"]) for row in rows[-2:]] == [("review", "done"), ("record", "done")]


class Slow(Panel):
    """The panel without models, of whom one waits until it is let go, then fails where it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.go, self.error = asyncio.Event(), error

    async def ask(self, specialist: Any, *args: Any, **named: Any) -> Finding:
        if specialist.name == "viral":
            await self.go.wait()
            if self.error is not None:
                raise self.error
        return await super().ask(specialist, *args, **named)


async def test_a_node_is_seen_running_from_another_process_while_it_runs(settings: Settings, new_idea: NewIdea) -> None:
    panel = Slow()
    async with open_product(settings, panel) as product, open_product(settings) as elsewhere:
        idea_id = new_idea()
        judging = asyncio.create_task(product.judge(idea_id))
        for _ in range(600):
            _, rows = await told(elsewhere, idea_id, "running")
            if {row["node"] for row in rows} >= DESKS and sum(row["outcome"] == "running" for row in rows) == 1:
                break
            await asyncio.sleep(0.05)
        assert [row["node"] for row in rows if row["outcome"] == "running"] == ["viral"]
        panel.go.set()
        await judging
        await told(elsewhere, idea_id, "waiting")


async def test_what_fails_is_told_on_one_line_without_secrets_and_mended_when_it_goes_on(
    settings: Settings, new_idea: NewIdea
) -> None:
    panel = Slow(RuntimeError("no route for mara@example.com\nDETAIL: row"))
    panel.go.set()
    async with open_product(settings, panel) as product:
        idea_id = new_idea()
        with pytest.raises(RuntimeError):
            await product.judge(idea_id)
        thread, rows = await told(product, idea_id, "failed")
        assert thread["error"].startswith("RuntimeError: no route for")
        assert "example.com" not in thread["error"] and "DETAIL" not in thread["error"]
        assert [row["node"] for row in rows if row["error"] == thread["error"]] == ["viral"]
        panel.error = None
        await product.judge(idea_id)
        thread, _ = await told(product, idea_id, "waiting")
        assert thread["error"] == ""


async def test_a_database_that_cannot_take_spans_holds_up_nothing_and_is_told_once(
    product: Product, new_idea: NewIdea, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "graphs.spans"):
        with owner(product.url) as admin:
            admin.execute("ALTER TABLE span RENAME TO away")
        for phrase in ("latte art", "winter camping"):
            revision, judged = await product.judge(new_idea(phrase))
            assert (revision, judged) == (1, True)
            for _ in range(600):
                if caplog.records:
                    break
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.7)
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "spans of 1 threads are lost, and more may be"
    ]


async def test_what_ends_while_others_are_written_and_the_product_is_closed_is_told_too(
    database: str, new_idea: NewIdea
) -> None:
    idea_id = new_idea("latte art")
    thread = thread_id("default", idea_id, 1)

    async def work(watched: Spans) -> None:
        async with watched.writing():
            with watched.held("analyze", thread, {"idea_id": str(idea_id), "revision": 1}) as held:
                await asyncio.sleep(SIGN_S + 2 * EVERY_S)  # the writer has begun, and waits for the table
                held.status = "waiting"

    async with pool(database, "default", 4) as sessions:
        async with sessions.connection() as blocker, blocker.transaction():
            await blocker.execute("LOCK TABLE thread IN ACCESS EXCLUSIVE MODE")
            working = asyncio.create_task(work(Spans(sessions)))
            await asyncio.sleep(SIGN_S + 4 * EVERY_S)
        await working
        async with sessions.connection() as connection:
            row = await spans.load_thread(connection, thread)
    assert row is not None and row["status"] == "waiting"


async def test_a_run_of_discovery_is_one_thread_with_its_nodes(product: Product, new_idea: NewIdea) -> None:
    new_idea()
    run_id, _ = await product.shortlist(datetime.now(UTC), 3)
    async with product.pool.connection() as connection:
        for _ in range(600):
            [thread] = await spans.load_threads(connection, 5, graph="discover") or [{"status": "not told yet"}]
            if thread["status"] == "finished":
                break
            await asyncio.sleep(0.05)
        rows = await spans.load_spans(connection, thread["id"])
        costs = await spans.load_costs(connection, datetime.now(UTC) - timedelta(minutes=5))
    assert (thread["subject"], thread["status"]) == (f"run:{run_id}", "finished")
    assert thread["title"].startswith("as of 20")
    assert [row["node"] for row in rows][:1] == ["take"]
    assert {row["node"] for row in rows} == {"take", "mine", "score", "sort", "search", "shortlist"}
    assert {row["node"]: row["runs"] for row in costs}["mine"] == 1


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("key sk-proj-abcdefghijklmnopqrstuvwx0123456789 is wrong"), "sk-proj"),
        (ValueError("call +49 170 1234567 now"), "1234567"),
    ],
)
def test_an_error_line_holds_no_secret(error: Exception, line: str) -> None:
    assert line not in error_line(error)
    assert error_line(error).startswith("ValueError: ")
