"""From a finished design to a live listing: the real product, drawn, checked, approved and pushed."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from langgraph.types import Command

from graphs.inbox import BadAnswer
from graphs.launches import blocked_by
from graphs.produce import Plan
from graphs.product import Product
from graphs.settings import Settings
from graphs.wiring import open_product
from store.decisions import one
from store.listings import NotNow
from store.postgres import connect
from studio.drawing import Row
from tests.decided import put_decided

SMALL = Plan(width=450, height=540)


@pytest.fixture
async def product(settings: Settings, tmp_path: Path) -> AsyncIterator[Product]:
    """The product in a home of its own, nothing to undo."""
    async with open_product(settings.model_copy(update={"home": tmp_path, "undo_s": 0.0})) as opened:
        yield opened


async def drawn(product: Product, text: str = "Gone fishing", idea: UUID | None = None, **row: str) -> UUID:
    """A finished design."""
    given = Row("1", text, **{"product_format": "shirt", **row})  # type: ignore[arg-type]
    begun = await product.batches.begin([given], text, plan=SMALL, idea=(idea, 1) if idea else None)
    await product.workshop.work(begun.id, stay=True)
    [design] = (await product.batches.show(begun.id))["designs"]
    found: UUID = design["id"]
    return found


async def begun(product: Product, design: UUID, *ways: tuple[str, str]) -> list[UUID]:
    return [row["id"] for row, _ in await product.launches.begin([design], ways)]


async def test_a_design_is_drawn_up_checked_approved_and_live_in_the_folder(product: Product, tmp_path: Path):
    [listing] = await begun(product, await drawn(product), ("folder", "en"))
    found = await product.launches.show(listing)
    assert found["status"] == "waiting" and blocked_by(found) == {}
    assert {each["name"] for each in found["gates"]} == {
        "bounds", "claims", "disclosures", "pictures", "profanity", "trademark"
    }  # fmt: skip
    await product.launches.approve(listing, found["digest"])
    await product.pusher.work(stay=True)
    found = await product.launches.show(listing)
    assert found["status"] == "live"
    folder = tmp_path / "listings" / "folder" / found["key"]
    assert json.loads((folder / "listing.json").read_text())["listing"]["title"] == found["title"]
    assert (folder / "preview.html").is_file()


async def test_a_price_stands_as_the_person_approved_the_idea_and_every_claim_traces(database: str, product: Product):
    with connect(database, "default") as connection:
        idea = put_decided(connection, "gone fishing", status="approved", product_format="mug")
    design = await drawn(product, idea=idea, product_format="mug")
    [(row, _)] = await product.launches.begin_idea(idea, [("etsy", "de")])
    assert (row["price_cents"], row["currency"], row["body"]["product_format"]) == (1999, "USD", "mug")
    assert row["design_id"] == design and row["idea_id"] == idea
    assert row["body"]["claims"] and all(each["fact"] for each in row["body"]["claims"])
    assert "Tasse" in row["title"] or "Becher" in row["title"]


async def test_a_mark_on_the_design_blocks_until_a_person_lets_it_pass_with_a_reason(product: Product):
    [listing] = await begun(product, await drawn(product, "Star Wars forever"), ("folder", "en"))
    found = await product.launches.show(listing)
    assert found["status"] == "blocked" and "trademark" in blocked_by(found)
    with pytest.raises(NotNow, match="blocked"):
        await product.launches.approve(listing)
    with pytest.raises(BadAnswer, match="reason"):
        await product.launches.let_pass(listing, ["trademark"], " ")
    names = list(blocked_by(found))
    assert await product.launches.by("ana").let_pass(listing, names, "we hold the licence") == "waiting"
    await product.launches.approve(listing)


async def test_what_a_marketplace_would_refuse_nobody_lets_pass(product: Product):
    [listing] = await begun(product, await drawn(product), ("etsy", "en"))
    found = await product.launches.edit(listing, {"title": "A" * 141})
    assert found["status"] == "blocked" and "140" in blocked_by(found)["bounds"]
    with pytest.raises(BadAnswer, match="change the draft"):
        await product.launches.let_pass(listing, ["bounds"], "please")
    found = await product.launches.edit(listing, {"title": "Gone Fishing Shirt", "price_cents": 2500})
    assert found["status"] == "waiting" and found["price_cents"] == 2500


async def test_an_edit_moves_the_prices_of_variants_along(product: Product):
    [listing] = await begun(product, await drawn(product), ("folder", "en"))
    before = await product.launches.show(listing)
    after = await product.launches.edit(listing, {"price_cents": before["price_cents"] + 100})
    moved = [new["price_cents"] - old["price_cents"] for old, new in zip(
        before["body"]["variants"], after["body"]["variants"], strict=True
    )]  # fmt: skip
    assert moved and set(moved) == {100}


async def test_listings_that_were_begun_are_found_and_drawn_up_once(product: Product):
    design = await drawn(product)
    first = await product.launches.begin([design], [("folder", "en"), ("folder", "ja")])
    again = await product.launches.begin([design], [("folder", "en"), ("folder", "ja")])
    assert [is_new for _, is_new in first] == [True, True] and [is_new for _, is_new in again] == [False, False]
    assert [row["nth"] for row, _ in again] == [1, 1]


async def test_a_threads_inbox_approves_what_it_showed_and_not_what_was_changed_since(product: Product):
    [listing] = await begun(product, await drawn(product), ("folder", "en"))
    graph, config = product.launches.graph, product.launches.config(listing)
    assert graph is not None
    await product.launches.edit(listing, {"title": "Another Title"})
    state = await graph.ainvoke(Command(resume=[{"type": "accept", "args": None}]), config)
    assert "changed meanwhile" in state["standing"]["reason"]
    assert (await product.launches.show(listing))["status"] == "waiting"
    state = await graph.ainvoke(Command(resume=[{"type": "accept", "args": None}]), config)
    assert (await product.launches.show(listing))["status"] == "queued"


async def test_what_was_approved_elsewhere_its_thread_is_told(product: Product):
    [listing] = await begun(product, await drawn(product), ("folder", "en"))
    await product.launches.approve(listing)
    await product.launches.close()
    graph = product.launches.graph
    assert graph is not None
    snapshot = await graph.aget_state(product.launches.config(listing))
    assert snapshot.next == () and snapshot.values["standing"]["answer"] == "approve"
    assert (await product.launches.show(listing))["told"]


async def test_an_inbox_that_sends_back_what_it_showed_is_held_to_that(product: Product):
    [listing] = await begun(product, await drawn(product), ("folder", "en"))
    graph, config = product.launches.graph, product.launches.config(listing)
    assert graph is not None
    [request] = (await graph.aget_state(config)).interrupts[0].value
    shown = {name: str(value) for name, value in request["action_request"]["args"].items()}
    await product.launches.edit(listing, {"title": "Another Title"})
    for kind in ("accept", "edit"):
        answer = {"type": kind, "args": {"action": "publish listing", "args": {**shown, "title": "A Third Title"}}}
        await graph.ainvoke(Command(resume=[answer]), config)
        [asked] = (await graph.aget_state(config)).interrupts[0].value
        assert (
            asked["action_request"]["args"]["title"] == "Another Title" and "changed meanwhile" in asked["description"]
        )
    found = await product.launches.show(listing)
    assert (found["status"], found["title"], found["pushes"]) == ("waiting", "Another Title", [])
    tags = json.dumps([*asked["action_request"]["args"]["tags"][:2], "moss"])
    fields = {**asked["action_request"]["args"], "tags": tags, "price_cents": "2600"}
    await graph.ainvoke(Command(resume=[{"type": "edit", "args": {"action": "", "args": fields}}]), config)
    found = await product.launches.show(listing)
    assert (found["status"], found["price_cents"], found["body"]["tags"][2]) == ("waiting", 2600, "moss")
    accept = {"type": "accept", "args": {"action": "", "args": {"draft": found["digest"]}}}
    await graph.ainvoke(Command(resume=[accept]), config)
    found = await product.launches.show(listing)
    assert (found["status"], found["told"], found["pushes"][0]["digest"]) == ("queued", True, found["digest"])


async def test_an_answer_that_cannot_be_taken_is_asked_again_and_counts_for_nothing_later(product: Product):
    [listing] = await begun(product, await drawn(product, "Star Wars forever"), ("folder", "en"))
    graph, config = product.launches.graph, product.launches.config(listing)
    assert graph is not None
    for answer, says in (([{"type": "accept", "args": None}], "gates block it"), ("yes", "an answer is"),
                         ([{"type": "edit", "args": {"args": {"price_cents": "0"}}}], "price_cents")):  # fmt: skip
        await graph.ainvoke(Command(resume=answer), config)
        [asked] = (await graph.aget_state(config)).interrupts[0].value
        assert says in asked["description"] and not asked["config"]["allow_accept"]
    names = list(blocked_by(await product.launches.show(listing)))
    await product.launches.let_pass(listing, names, "we hold the licence")
    await graph.ainvoke(Command(resume=[{"type": "ignore", "args": "not ours"}]), config)
    found = await product.launches.show(listing)
    assert (found["status"], found["pushes"], found["events"][-1]["reason"]) == ("declined", [], "not ours")


async def test_an_approval_that_was_taken_back_before_its_thread_heard_of_it_stays_taken_back(product: Product):
    [listing] = await begun(product, await drawn(product), ("folder", "en"))
    patient = replace(product.launches, undo_s=60.0, graph=None)
    await patient.approve(listing)
    await patient.close()
    await patient.withdraw(listing)
    assert await product.launches.deliver_all() == 1
    found = await product.launches.show(listing)
    assert (found["status"], found["told"], len(found["pushes"])) == ("waiting", True, 1)
    graph = product.launches.graph
    assert graph is not None
    [interrupt] = (await graph.aget_state(product.launches.config(listing))).interrupts
    assert interrupt.value[0]["config"]["allow_accept"]


async def test_what_a_killed_process_left_untold_and_undrawn_goes_on(product: Product):
    design = await drawn(product)
    [listing] = await begun(product, design, ("folder", "en"))
    async with product.pool.connection() as connection:
        await connection.execute("UPDATE listing SET told = false")
    assert await product.launches.deliver_all() == 1
    async with product.pool.connection() as connection:
        await connection.execute("DELETE FROM gate")
        await connection.execute("UPDATE listing SET status = 'drafting'")
        await connection.execute("DELETE FROM checkpoints")
        await connection.execute("DELETE FROM checkpoint_writes")
    await product.launches.begin_ready()
    assert (await product.launches.show(listing))["status"] == "waiting"


async def test_designs_of_ideas_are_drawn_up_by_themselves_and_posted_by_themselves_only_when_asked(
    database: str, settings: Settings, tmp_path: Path
):
    changed = {"home": tmp_path, "undo_s": 0.0, "automatic_posting": True, "launch_to": ("folder:fr",)}
    async with open_product(settings.model_copy(update=changed)) as product:
        with connect(database, "default") as connection:
            idea = put_decided(connection, "gone fishing", status="approved", product_format="shirt")
        await drawn(product, idea=idea)
        assert await product.launches.begin_ready() == 1
        assert await product.launches.begin_ready() == 0
        await product.pusher.work(stay=True)
        [row] = await product.launches.page(idea_id=idea)
        found = await product.launches.show(row["id"])
        assert (found["status"], found["locale"], found["pushes"][0]["actor"]) == ("live", "fr", "rule")
        async with product.pool.connection() as connection:
            assert await one(connection, "SELECT status FROM idea WHERE id = %s", idea) == {"status": "live"}


async def test_a_live_listing_leads_back_to_where_it_came_from_in_one_call(database: str, product: Product):
    with connect(database, "default") as connection:
        idea = put_decided(connection, "gone fishing", status="approved")
    await drawn(product, idea=idea)
    [(row, _)] = await product.launches.begin_idea(idea, [("folder", "en")])
    await product.launches.by("ana").approve(row["id"])
    await product.pusher.work(stay=True)
    origin = await product.launches.provenance(row["key"])
    assert origin["idea"]["phrase"] == "gone fishing" and origin["decision"]["verdict"] == "review"
    assert origin["design"]["text"] == "Gone fishing" and origin["pushes"][0]["actor"] == "ana"
    assert all(each["outcome"] == "clear" for each in origin["gates"])


async def test_a_dry_run_says_what_would_change_and_sends_nothing(product: Product, tmp_path: Path):
    [listing] = await begun(product, await drawn(product), ("folder", "en"))
    _, differ = await product.launches.diff(listing)
    assert {each.name for each in differ} >= {"title", "price_cents"} and not (tmp_path / "listings").exists()
    await product.launches.approve(listing)
    await product.pusher.work(stay=True)
    assert (await product.launches.diff(listing))[1] == []


async def test_a_package_is_up_when_a_person_says_so(product: Product, tmp_path: Path):
    [listing] = await begun(product, await drawn(product), ("redbubble", "en"))
    found = await product.launches.show(listing)
    assert found["status"] == "waiting", blocked_by(found)
    await product.launches.approve(listing)
    await product.pusher.work(most_s=0.5)
    found = await product.launches.show(listing)
    assert found["status"] == "unconfirmed" and "has still to be put up" in found["error"]
    assert (tmp_path / "listings" / "redbubble" / found["key"] / "checklist.html").is_file()
    found = await product.launches.say_up(listing, "https://www.redbubble.com/i/t-shirt/1")
    assert (found["status"], found["native"]["url"]) == ("live", "https://www.redbubble.com/i/t-shirt/1")


async def test_a_product_that_undoes_waits_for_its_window(product: Product):
    [listing] = await begun(product, await drawn(product), ("folder", "en"))
    patient = replace(product.launches, undo_s=60.0)
    await patient.approve(listing)
    await asyncio.wait_for(product.pusher.work(most_s=0.3), 10)
    await patient.withdraw(listing)
    assert (await product.launches.show(listing))["status"] == "waiting"


async def test_a_listing_deleted_behind_our_back_is_dead_and_is_put_up_again(product: Product, tmp_path: Path):
    [listing] = await begun(product, await drawn(product), ("folder", "en"))
    await product.launches.approve(listing)
    await product.pusher.work(stay=True)
    assert await product.launches.verify() == 0
    async with product.pool.connection() as connection:
        await connection.execute("UPDATE listing SET seen_at = now() - interval '2 days'")
    assert await product.launches.verify() == 0 and (await product.launches.show(listing))["status"] == "live"
    shutil.rmtree(tmp_path / "listings")
    async with product.pool.connection() as connection:
        await connection.execute("UPDATE listing SET seen_at = now() - interval '2 days'")
    assert await product.launches.verify() == 1
    found = await product.launches.show(listing)
    assert found["status"] == "dead" and "does not stand at folder any more" in found["error"]
    await product.launches.retry(listing)
    await product.pusher.work(stay=True)
    assert (await product.launches.show(listing))["status"] == "live"
