"""Reviews: what a person answers, from another process than the one that asked; tables and thread agree afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest

from agents.panel import Advice, Panel
from graphs.inbox import BadAnswer
from graphs.product import Product
from graphs.reviews import Verdict
from graphs.settings import Settings
from graphs.wiring import open_product
from store.decisions import Decided, NotWaiting, TooLate, load_unfinished
from store.queue import find_queued

NewIdea = Callable[..., UUID]


@pytest.fixture
async def elsewhere(settings: Settings) -> AsyncIterator[Product]:
    """The product as another process has it: its own pools, its own graphs."""
    async with open_product(settings) as opened:
        yield opened


async def thread(product: Product, idea_id: UUID, revision: int = 1) -> Any:
    return await product.analyze_graph.aget_state(product.reviews.config(idea_id, revision))


async def test_another_process_approves_and_the_thread_ends_with_what_stands(
    product: Product, elsewhere: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    assert [row["id"] for row in await elsewhere.reviews.pending()] == [idea_id]
    review = await elsewhere.reviews.approve(idea_id, actor="ben")
    await elsewhere.reviews.settle()
    case = await product.reviews.show(idea_id)
    assert case["idea"]["status"] == "approved"
    assert case["events"][-1]["actor"] == "ben"
    snapshot = await thread(product, idea_id)
    assert snapshot.next == ()
    assert snapshot.values["standing"]["review_id"] == str(review["id"])


async def test_the_second_of_two_reviewers_sees_who_decided(product: Product, new_idea: NewIdea) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    both = await asyncio.gather(
        product.reviews.approve(idea_id, actor="ben"),
        product.reviews.reject(idea_id, "not for us", actor="ada"),
        return_exceptions=True,
    )
    refused = [each for each in both if isinstance(each, Decided)]
    assert len(refused) == 1
    assert "was decided already" in str(refused[0])
    assert len((await product.reviews.show(idea_id))["reviews"]) == 1


async def test_the_same_answer_twice_is_one_answer(product: Product, new_idea: NewIdea) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    first = await product.reviews.approve(idea_id)
    assert (await product.reviews.approve(idea_id))["id"] == first["id"]
    assert [e["to_status"] for e in (await product.reviews.show(idea_id))["events"]].count("approved") == 1


async def test_a_rejection_needs_a_reason(product: Product, new_idea: NewIdea) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    with pytest.raises(BadAnswer, match="needs a reason"):
        await product.reviews.reject(idea_id, "  ")
    assert (await product.reviews.show(idea_id))["idea"]["status"] == "pending_review"


async def test_an_edit_changes_typed_fields_and_undo_brings_the_words_back(product: Product, new_idea: NewIdea) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    with pytest.raises(BadAnswer, match="price_cents"):
        await product.reviews.edit(idea_id, {"price_cents": "cheap"})
    with pytest.raises(BadAnswer, match="product_format must be one of"):
        await product.reviews.edit(idea_id, {"product_format": "spaceship"})
    await product.reviews.edit(idea_id, {"audience": "families", "price_cents": "1999"})
    case = await product.reviews.show(idea_id)
    assert case["idea"]["audience"] == "families"
    assert case["reviews"][0]["edits"]["to"] == {"audience": "families", "price_cents": 1999}
    await product.reviews.undo(idea_id)
    assert (await product.reviews.show(idea_id))["idea"]["audience"] == "home crafters"


async def test_undo_lets_tables_and_thread_wait_again_and_another_answer_can_follow(
    product: Product, elsewhere: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    await product.reviews.reject(idea_id, "a slip of the hand")
    await product.reviews.settle()
    await elsewhere.reviews.undo(idea_id)
    await elsewhere.reviews.settle()
    assert (await product.reviews.show(idea_id))["idea"]["status"] == "pending_review"
    assert (await thread(product, idea_id)).next == ("review",)
    await product.reviews.approve(idea_id)
    await product.reviews.settle()
    case = await product.reviews.show(idea_id)
    assert case["idea"]["status"] == "approved"
    assert [(review["answer"], review["undone_at"] is None) for review in case["reviews"]] == [
        ("reject", False),
        ("approve", True),
    ]
    assert (await thread(product, idea_id)).next == ()


async def test_undo_is_refused_after_its_window_and_where_nothing_was_answered(
    settings: Settings, new_idea: NewIdea
) -> None:
    async with open_product(settings.model_copy(update={"undo_s": 0.0})) as product:
        idea_id = new_idea()
        await product.analyze(idea_id)
        with pytest.raises(NotWaiting):
            await product.reviews.undo(idea_id)
        await product.reviews.approve(idea_id)
        with pytest.raises(TooLate, match="could be undone until"):
            await product.reviews.undo(idea_id)


async def test_a_note_reaches_the_coordinator_once_and_the_idea_waits_again(
    settings: Settings, new_idea: NewIdea
) -> None:
    panel = Listening()
    async with open_product(settings, panel) as product:
        idea_id = new_idea()
        await product.analyze(idea_id)
        await product.reviews.respond(idea_id, "Mind the margin.")
        await product.reviews.settle()
        assert panel.notes == [[], ["Mind the margin."]]
        assert panel.asked == 11
        case = await product.reviews.show(idea_id)
        assert (case["idea"]["status"], case["revision"]) == ("pending_review", 1)
        with pytest.raises(BadAnswer, match="sent back once already"):
            await product.reviews.respond(idea_id, "And the colour.")
        await product.reviews.approve(idea_id)
        await product.reviews.settle()
        assert (await thread(product, idea_id)).values["standing"]["answer"] == "approve"


async def test_ignoring_puts_an_idea_away(product: Product, new_idea: NewIdea) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    await product.reviews.ignore(idea_id)
    assert (await product.reviews.show(idea_id))["idea"]["status"] == "archived"
    assert await product.reviews.pending() == []


async def test_in_bulk_each_item_has_its_own_verdict(product: Product, new_idea: NewIdea) -> None:
    ideas = [new_idea(phrase) for phrase in ("latte art", "winter camping", "fair isle")]
    for idea_id in ideas:
        await product.analyze(idea_id)
    await product.reviews.approve(ideas[2], actor="ben")
    outcomes = await product.reviews.bulk(
        [Verdict(ideas[0], "approve"), Verdict(ideas[1], "reject", "too cold"), Verdict(ideas[2], "reject", "late")]
    )
    assert [outcome.error is None for outcome in outcomes] == [True, True, False]
    statuses = [(await product.reviews.show(idea_id))["idea"]["status"] for idea_id in ideas]
    assert statuses == ["approved", "rejected", "approved"]


async def test_a_process_that_died_between_table_and_thread_is_caught_up_with(
    product: Product, elsewhere: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    await product.reviews.approve(idea_id)
    await dies(product)
    assert (await thread(elsewhere, idea_id)).next == ("review",)
    assert await elsewhere.resume_unfinished() == 1
    assert (await thread(elsewhere, idea_id)).values["standing"]["answer"] == "approve"
    assert await elsewhere.resume_unfinished() == 0
    async with elsewhere.pool.connection() as connection:
        assert await load_unfinished(connection) == []


async def test_an_answer_taken_back_before_the_thread_had_it_leaves_the_thread_waiting(
    product: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    await product.reviews.approve(idea_id)
    await product.reviews.undo(idea_id)
    await product.reviews.settle()
    case = await product.reviews.show(idea_id)
    assert (case["idea"]["status"], [row["undone_at"] is None for row in case["reviews"]]) == (
        "pending_review",
        [False],
    )
    assert (await thread(product, idea_id)).next == ("review",)


async def test_a_process_that_died_between_taking_back_and_its_thread_is_caught_up_with(
    product: Product, elsewhere: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    await product.reviews.approve(idea_id)
    await product.reviews.settle()
    await product.reviews.undo(idea_id)
    await dies(product)
    assert (await thread(elsewhere, idea_id)).next == ()
    assert await elsewhere.resume_unfinished() == 1
    assert (await thread(elsewhere, idea_id)).next == ("review",)
    assert (await product.reviews.show(idea_id))["idea"]["status"] == "pending_review"


async def test_what_was_half_told_when_it_was_taken_back_does_not_come_back_to_life(
    product: Product, elsewhere: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    await product.reviews.approve(idea_id)
    await dies(product)
    config = product.reviews.config(idea_id, 1)
    answer = {"answer": {"answer": "approve", "reason": None, "edits": None, "actor": None}}
    await product.analyze_graph.aupdate_state(config, answer, as_node="review")  # as a process leaves it that is killed
    assert (await thread(product, idea_id)).next == ("record",)
    await elsewhere.reviews.undo(idea_id)
    await dies(elsewhere)
    assert await elsewhere.resume_unfinished() == 1
    case = await elsewhere.reviews.show(idea_id)
    assert (case["idea"]["status"], len(case["reviews"])) == ("pending_review", 1)
    assert (await thread(elsewhere, idea_id)).next == ("review",)


async def test_another_answer_follows_one_that_was_told_and_taken_back(
    product: Product, elsewhere: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    await product.reviews.approve(idea_id)
    await product.reviews.settle()
    await product.reviews.undo(idea_id)
    second = await product.reviews.reject(idea_id, "on second thoughts", actor="ada")
    await dies(product)
    await elsewhere.resume_unfinished()
    standing = (await thread(elsewhere, idea_id)).values["standing"]
    assert standing == {
        "answer": "reject",
        "actor": "ada",
        "reason": "on second thoughts",
        "review_id": str(second["id"]),
    }


async def test_an_idea_without_a_thread_is_decided_like_any_other(product: Product, new_idea: NewIdea) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    thread_id = product.reviews.config(idea_id, 1)["configurable"]["thread_id"]
    await product.analyze_graph.checkpointer.adelete_thread(thread_id)  # type: ignore[union-attr]
    await product.reviews.reject(idea_id, "nobody asked for it")
    await product.reviews.settle()
    assert (await product.reviews.show(idea_id))["idea"]["status"] == "rejected"
    assert await product.resume_unfinished() == 0
    async with product.pool.connection() as connection:
        assert await load_unfinished(connection) == []


async def test_who_answers_many_waits_for_the_tables_alone(product: Product, new_idea: NewIdea) -> None:
    ideas = [new_idea(f"subject {n}") for n in range(4)]
    for idea_id in ideas:
        await product.analyze(idea_id)
    outcomes = await product.reviews.bulk([Verdict(idea_id, "approve") for idea_id in ideas], actor="ben")
    assert [(each.is_new, each.review and each.review["actor"]) for each in outcomes] == [(True, "ben")] * 4
    assert any(each.review and each.review["told_at"] is None for each in outcomes)
    await product.reviews.settle()
    assert [(await thread(product, idea_id)).next for idea_id in ideas] == [()] * 4


async def test_a_price_that_a_person_sets_stands_in_lists_until_it_is_taken_back(
    product: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea(comparables=9)
    await product.analyze(idea_id)
    before = await listed(product, idea_id)
    assert before["verdict"] == (await product.reviews.show(idea_id))["decision"]["verdict"]
    assert before["score"] == 0.5
    assert before["price_cents"] > 0
    assert before["margin_ratio"] is not None
    await product.reviews.edit(idea_id, {"price_cents": 4321})
    assert [(await listed(product, idea_id))[name] for name in ("price_cents", "margin_ratio")] == [4321, None]
    await product.reviews.undo(idea_id)
    after = await listed(product, idea_id)
    assert {**after, "status": before["status"]} == before


async def listed(product: Product, idea_id: UUID) -> dict[str, Any]:
    async with product.pool.connection() as connection:
        found = await find_queued(connection, idea_id)
        assert found is not None
        return found


async def dies(product: Product) -> None:
    """As if the process were killed: what was to be told beside is not."""
    under_way = list(product.reviews.telling._under_way.values())
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)


class Listening(Panel):
    """The panel without models, which remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[list[str]] = []
        self.asked = 0

    async def ask(self, *args: Any, **named: Any) -> Any:
        self.asked += 1
        return await super().ask(*args, **named)

    async def coordinate(self, *args: Any, notes: Any = (), **named: Any) -> Advice:
        self.notes.append(list(notes))
        return await super().coordinate(*args, notes=notes, **named)
