"""Analyze, with real rules on a real database: from an idea to a person's answer."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from graphs.wiring import Product

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
