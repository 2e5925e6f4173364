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
from store.decisions import Decided, NotWaiting, TooLate

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
    await elsewhere.reviews.undo(idea_id)
    assert (await product.reviews.show(idea_id))["idea"]["status"] == "pending_review"
    assert (await thread(product, idea_id)).next == ("review",)
    await product.reviews.approve(idea_id)
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
        assert panel.notes == [[], ["Mind the margin."]]
        assert panel.asked == 11
        case = await product.reviews.show(idea_id)
        assert (case["idea"]["status"], case["revision"]) == ("pending_review", 1)
        with pytest.raises(BadAnswer, match="sent back once already"):
            await product.reviews.respond(idea_id, "And the colour.")
        await product.reviews.approve(idea_id)
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
    product: Product, new_idea: NewIdea, monkeypatch: pytest.MonkeyPatch
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    with monkeypatch.context() as patch:

        async def die(*_: object) -> bool:
            raise KeyboardInterrupt

        patch.setattr(type(product.reviews), "deliver", die)
        with pytest.raises(KeyboardInterrupt):
            await product.reviews.approve(idea_id)
    assert (await thread(product, idea_id)).next == ("review",)
    assert await product.resume_unfinished() == 1
    assert (await thread(product, idea_id)).values["standing"]["answer"] == "approve"
    assert await product.resume_unfinished() == 0


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
