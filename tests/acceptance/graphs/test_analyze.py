"""Analyze, with real rules on a real database: from an idea to a person's answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from graphs.product import Product
from graphs.saver import prune
from store.migrate import add_tenant
from store.postgres import connect

NewIdea = Callable[..., UUID]


async def test_an_idea_ends_waiting_for_a_person_with_everything_it_rests_on_in_the_tables(
    product: Product, new_idea: NewIdea
) -> None:
    case = await product.analyze(new_idea())
    assert case["idea"]["status"] == "pending_review"
    assert len(case["findings"]) == 12
    assert case["decision"]["verdict"] in ("approve", "review")
    assert len(case["decision"]["steps"]) == 8
    assert all(fact["id"].split(".")[0] == fact["agent"] for fact in case["facts"])
    assert [event["to_status"] for event in case["events"]] == ["discovered", "analysing", "pending_review"]


async def test_judged_again_an_idea_has_another_revision_and_the_first_stays(
    product: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea()
    first, second = await product.analyze(idea_id), await product.analyze(idea_id)
    assert (first["revision"], second["revision"]) == (1, 2)
    assert (await product.reviews.show(idea_id, 1))["decision"] == first["decision"]


async def test_an_old_thread_keeps_its_last_state_and_can_still_be_answered_and_undone(
    product: Product, new_idea: NewIdea, connection: psycopg.Connection[Any]
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    assert await prune(product.pool, product.analyze_graph, timedelta(0)) == 1
    assert connection.execute("SELECT count(*) FROM checkpoints").fetchone() == (1,)
    await product.reviews.approve(idea_id)
    await product.reviews.settle()
    assert await prune(product.pool, product.analyze_graph, timedelta(0)) == 1
    await product.reviews.undo(idea_id)
    await product.reviews.settle()
    snapshot = await product.analyze_graph.aget_state(product.reviews.config(idea_id, 1))
    assert snapshot.next == ("review",)


async def test_a_tenant_sees_nothing_of_anothers_threads(product: Product, new_idea: NewIdea, database: str) -> None:
    await product.analyze(new_idea())
    add_tenant(database, "other")
    with connect(database, "other") as session:
        for table in ("checkpoints", "checkpoint_writes", "checkpoint_blobs", "idea", "decision", "fact"):
            assert session.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)  # noqa: S608
