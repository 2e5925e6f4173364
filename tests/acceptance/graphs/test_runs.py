"""Runs: started once, followed from anywhere, answered by a person, gone on with, and judged again without effect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from agents.door import Ceilings, Door
from agents.model import Ask, Route, ScriptedModel
from agents.panel import Panel
from evals.bench.stub import answer_by_rule
from graphs.analyze import thread_id
from graphs.inbox import BadAnswer
from graphs.product import Product
from graphs.runs import Event, NotNow, UnknownThread
from graphs.settings import Settings
from graphs.starting import BadStart
from graphs.wiring import open_product
from store.calls import PostgresCalls
from store.decisions import Decided, NotWaiting, UnknownIdea
from store.ids import new_id
from store.postgres import connect

NewIdea = Callable[..., UUID]
ACCEPT = [{"type": "accept", "args": None}]


async def followed(product: Product, thread: str, after: int | None = None) -> list[Event]:
    async with asyncio.timeout(30):
        return [event async for event in product.runs.events(thread, after)]


class Held(Panel):
    """The panel without models, of whom one waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.asked = asyncio.Event(), 0

    async def ask(self, specialist: Any, *args: Any, **named: Any) -> Any:
        self.asked += 1
        if specialist.name == "viral":
            await self.go.wait()
        return await super().ask(specialist, *args, **named)


# Starting and following ---------------------------------------------------------------------------------------------


async def test_an_analysis_is_begun_at_once_and_another_process_sees_it_to_its_end(
    settings: Settings, product: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea("latte art")
    async with open_product(settings) as elsewhere:
        thread = await product.runs.start("analyze", {"idea_id": str(idea_id)}, "ben")
        assert (thread.id, thread.subject) == (thread_id("default", idea_id, 1), f"idea:{idea_id}:1")
        events = await followed(elsewhere, thread.id)
    assert [event.id for event in events] == sorted(event.id or 0 for event in events)
    assert events[-1].kind == "end"
    assert events[-1].data == {"status": "waiting", "error": ""}
    ended = {event.data["node"]: event.data["outcome"] for event in events if event.kind == "node"}
    assert len(ended) == 15
    assert ended.pop("review") == "waiting"
    assert set(ended.values()) == {"done"}
    case = await product.reviews.show(idea_id)
    assert case["idea"]["status"] == "pending_review"
    assert [event["actor"] for event in case["events"] if event["to_status"] == "analysing"] == ["ben"]


async def test_whoever_was_cut_off_gets_what_is_newer_than_what_they_have(product: Product, new_idea: NewIdea) -> None:
    thread = await product.runs.start("analyze", {"idea_id": str(new_idea())}, "ben")
    events = await followed(product, thread.id)
    again = await followed(product, thread.id, events[-3].id)
    assert [event.id for event in again if event.kind != "end"] == [
        event.id for event in events[-2:] if event.kind != "end"
    ]
    assert [event.kind for event in await followed(product, thread.id, events[-1].id)] == ["end"]


async def test_a_second_start_while_it_runs_finds_the_one_that_runs(settings: Settings, new_idea: NewIdea) -> None:
    panel = Held()
    async with open_product(settings, panel) as product, open_product(settings) as elsewhere:
        given = {"idea_id": str(new_idea())}
        first = await product.runs.start("analyze", given, "ben")
        for _ in range(100):
            if panel.asked == 11:
                break
            await asyncio.sleep(0.05)
        second = await product.runs.start("analyze", given, "ada")
        third = await elsewhere.runs.start("analyze", given, "ada")
        assert {first.id} == {second.id, third.id}
        assert [first.is_new, second.is_new, third.is_new] == [True, False, False]
        panel.go.set()
        await product.runs.settle()
        assert panel.asked == 11


async def test_what_was_begun_and_not_done_goes_on_elsewhere_as_of_the_same_moment(
    settings: Settings, product: Product, new_idea: NewIdea
) -> None:
    idea_id, moment = new_idea(), datetime(2017, 10, 4, tzinfo=UTC)
    async with open_product(settings, Held()) as killed:
        thread = await killed.runs.start("analyze", {"idea_id": str(idea_id), "as_of": moment.isoformat()}, "ben")
    assert (await followed(product, thread.id))[-1].data == {"status": "failed", "error": "stopped"}
    assert await product.resume_unfinished() == 1
    case = await product.reviews.show(idea_id)
    assert (case["idea"]["status"], case["decision"]["as_of"]) == ("pending_review", moment)


async def test_a_discovery_is_begun_judged_and_found_while_it_runs(settings: Settings, new_idea: NewIdea) -> None:
    panel = Held()
    async with open_product(settings, panel) as product:
        new_idea()
        given = {"as_of": datetime(2017, 10, 5, tzinfo=UTC).isoformat(), "top": 2}
        first = await product.runs.start("discover", given, "ben")
        second = await product.runs.start("discover", given, "ada")
        assert (first.id, first.is_new, second.is_new) == (second.id, True, False)
        panel.go.set()
        await product.runs.settle()
        events = await followed(product, first.id)
        assert events[-1].data == {"status": "finished", "error": ""}
        third = await product.runs.start("discover", given, "ada")
        assert third.id != first.id
        await product.runs.settle()


async def test_a_discovery_that_nobody_is_at_goes_on_where_it_is_asked_for_and_is_not_taken_for_one_of_now(
    settings: Settings, product: Product, new_idea: NewIdea
) -> None:
    new_idea()
    given = {"as_of": datetime(2017, 10, 5, tzinfo=UTC).isoformat(), "top": 2}
    async with open_product(settings, Held()) as killed:
        left = await killed.runs.start("discover", given, "ben")
        await asyncio.sleep(1)
        elsewhere = await product.runs.start("discover", {}, "ada")
        assert (elsewhere.id, elsewhere.is_new) == (left.id, False)
    with connect(product.url, "default") as session:
        session.execute(
            "UPDATE run SET status = 'running', finished_at = NULL"
        )  # as a process that is killed leaves it
    anew = await product.runs.start("discover", {}, "ada")
    assert anew.id != left.id
    again = await product.runs.start("discover", given, "ada")
    assert again.id == left.id
    await product.runs.settle()
    assert (await followed(product, left.id))[-1].data == {"status": "finished", "error": ""}


@pytest.mark.parametrize(
    ("graph", "given", "said"),
    [
        ("analyze", {"idea_id": "x"}, "idea_id"),
        ("analyze", {}, "idea_id"),
        ("analyze", {"idea_id": str(new_id()), "revision": 3}, "revision"),
        ("analyze", {"idea_id": str(new_id()), "as_of": "2017-10-05"}, "as_of"),
        ("analyze", {"idea_id": str(new_id()), "as_of": "2099-10-05T00:00:00Z"}, "still to come"),
        ("discover", {"paths": ["/etc/passwd"]}, "paths"),
        ("discover", {"top": 0}, "top"),
        ("discover", {"top": 10**9}, "top"),
        ("produce", {}, "design_id"),
        ("paint", {}, "graph"),
    ],
)
async def test_what_cannot_be_started_is_told_by_field(product: Product, graph: Any, given: Any, said: str) -> None:
    with pytest.raises(BadStart, match=said):
        await product.runs.start(graph, given, "ben")


async def test_an_idea_or_thread_that_is_not_there_is_said_to_be_unknown(product: Product) -> None:
    with pytest.raises(UnknownIdea):
        await product.runs.start("analyze", {"idea_id": str(new_id())}, "ben")
    with pytest.raises(UnknownThread):
        await followed(product, str(new_id()))
    for asked in (product.runs.show, product.runs.replay):
        with pytest.raises(UnknownThread):
            await asked(new_id())


async def test_a_thread_of_another_tenant_is_unknown(
    product: Product, settings: Settings, new_idea_of: Callable[[str], UUID]
) -> None:
    idea_id = new_idea_of("other")
    async with open_product(settings.model_copy(update={"tenant": "other"})) as other:
        thread = await other.runs.start("analyze", {"idea_id": str(idea_id)}, "eve")
        await other.runs.settle()
    for asked in (product.runs.show(thread.id), product.runs.answer(thread.id, ACCEPT, "ben")):
        with pytest.raises(UnknownThread):
            await asked


# Answering and going on ---------------------------------------------------------------------------------------------


async def test_an_inbox_s_answer_is_that_person_s_and_the_thread_ends(product: Product, new_idea: NewIdea) -> None:
    idea_id = new_idea()
    thread = await product.runs.start("analyze", {"idea_id": str(idea_id)}, "ben")
    await product.runs.settle()
    shown = await product.runs.show(thread.id)
    [request] = shown["requests"]
    assert request["action_request"]["args"]["phrase"] == "pumpkin carving"
    edit = {"type": "edit", "args": {"action": "approve idea", "args": {"price_cents": "1999"}}}
    review = await product.runs.answer(thread.id, [edit], "ada")
    assert (review["answer"], review["actor"]) == ("edit", "ada")
    events = await followed(product, thread.id)
    assert events[-1].data["status"] == "finished"
    assert (await product.runs.show(thread.id))["requests"] == []
    with pytest.raises(Decided, match="edit by ada"):
        await product.runs.answer(thread.id, ACCEPT, "ben")


async def test_a_note_sends_it_back_and_it_waits_again(product: Product, new_idea: NewIdea) -> None:
    thread = await product.runs.start("analyze", {"idea_id": str(new_idea())}, "ben")
    await product.runs.settle()
    note = [{"type": "response", "args": "Mind the margin."}]
    assert (await product.runs.answer(thread.id, note, "ben"))["answer"] == "respond"
    [request] = (await product.runs.show(thread.id))["requests"]
    assert request["config"]["allow_respond"] is False
    with pytest.raises(BadAnswer, match="sent back once already"):
        await product.runs.answer(thread.id, note, "ben")


@pytest.mark.parametrize(
    "reply",
    [
        [{"type": "edit", "args": {"action": "approve idea", "args": {"product_format": "spaceship"}}}],
        [{"type": "edit", "args": {"action": "approve idea", "args": {"verdict": "reject"}}}],
        [{"type": "shrug"}],
        {},
        [],
        "yes",
    ],
)
async def test_an_answer_that_cannot_be_taken_leaves_the_idea_waiting(
    product: Product, new_idea: NewIdea, reply: Any
) -> None:
    idea_id = new_idea()
    thread = await product.runs.start("analyze", {"idea_id": str(idea_id)}, "ben")
    await product.runs.settle()
    with pytest.raises(BadAnswer):
        await product.runs.answer(thread.id, reply, "ben")
    assert (await product.reviews.show(idea_id))["idea"]["status"] == "pending_review"


async def test_an_older_revision_and_a_discovery_take_no_answer(product: Product, new_idea: NewIdea) -> None:
    idea_id = new_idea()
    given = {"idea_id": str(idea_id)}
    first = await product.runs.start("analyze", given, "ben")
    await product.runs.settle()
    await product.runs.start("analyze", given, "ben")
    await product.runs.settle()
    with pytest.raises(NotNow, match="followed by revision 2"):
        await product.runs.answer(first.id, ACCEPT, "ben")
    run = await product.runs.start("discover", {"as_of": "2017-10-05T00:00:00Z", "top": 1}, "ben")
    await product.runs.settle()
    with pytest.raises((NotNow, NotWaiting)):
        await product.runs.answer(run.id, ACCEPT, "ben")


class Broken(Panel):
    """The panel without models, in which one breaks until it is mended."""

    mended = False

    async def ask(self, specialist: Any, *args: Any, **named: Any) -> Any:
        if specialist.name == "viral" and not self.mended:
            raise RuntimeError("the wire is cut")
        return await super().ask(specialist, *args, **named)


async def test_a_thread_that_failed_goes_on_when_it_is_told_to(settings: Settings, new_idea: NewIdea) -> None:
    panel = Broken()
    async with open_product(settings, panel) as product:
        thread = await product.runs.start("analyze", {"idea_id": str(new_idea())}, "ben")
        end = (await followed(product, thread.id))[-1]
        assert end.data == {"status": "failed", "error": "RuntimeError: the wire is cut"}
        await product.runs.settle()
        panel.mended = True
        assert (await product.runs.resume(thread.id, "ada")).id == thread.id
        await product.runs.settle()
        assert (await followed(product, thread.id))[-1].data == {"status": "waiting", "error": ""}
        with pytest.raises(NotNow, match="waiting"):
            await product.runs.resume(thread.id, "ada")


# Judging again ------------------------------------------------------------------------------------------------------


def everything(connection: psycopg.Connection[Any]) -> dict[str, list[Any]]:
    """Every row of every table but those that tell what a run took."""
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('thread', 'span')"
    ).fetchall()
    readable = [name for (name,) in tables if connection.execute(
        "SELECT has_table_privilege(%s, 'SELECT')", [name]).fetchone() == (True,)]  # fmt: skip
    return {
        name: connection.execute(f"SELECT * FROM {name} ORDER BY {name}::text".encode()).fetchall()  # noqa: S608
        for name in readable
    }


@pytest.mark.parametrize("answer", ["waits", "approve", "edit", "respond"])
async def test_judged_again_it_comes_out_the_same_and_nothing_at_all_changes(
    product: Product, new_idea: NewIdea, connection: psycopg.Connection[Any], answer: str
) -> None:
    idea_id = new_idea()
    thread = await product.runs.start("analyze", {"idea_id": str(idea_id)}, "ben")
    await product.runs.settle()
    if answer == "approve":
        await product.reviews.approve(idea_id)
    elif answer == "edit":
        await product.reviews.edit(idea_id, {"phrase": "latte art", "audience": "baristas"})
    elif answer == "respond":
        await product.reviews.respond(idea_id, "Mind the margin.")
    await product.reviews.settle()
    before = everything(connection)
    again = await product.runs.replay(thread.id)
    assert again.differences == []
    assert (again.idea_id, again.revision, again.verdict) == (idea_id, 1, again.verdict_was)
    assert everything(connection) == before


async def test_what_is_known_otherwise_today_is_told_node_by_node(
    product: Product, new_idea: NewIdea, connection: psycopg.Connection[Any]
) -> None:
    idea_id = new_idea()
    thread = await product.runs.start("analyze", {"idea_id": str(idea_id)}, "ben")
    await product.runs.settle()
    connection.execute("DELETE FROM idea_signal WHERE signal_id IN (SELECT signal_id FROM idea_signal LIMIT 4)")
    again = await product.runs.replay(thread.id)
    assert not again.same
    told = {(each.node, each.what): (each.was, each.now) for each in again.differences}
    was, now = told["data_science", "data_science.mentions value"]
    assert now < was
    assert (await product.reviews.show(idea_id))["idea"]["status"] == "pending_review"


async def test_a_discovery_and_what_is_not_decided_cannot_be_judged_again(
    settings: Settings, new_idea: NewIdea
) -> None:
    async with open_product(settings, Broken()) as product:
        thread = await product.runs.start("analyze", {"idea_id": str(new_idea())}, "ben")
        await product.runs.settle()
        with pytest.raises(NotNow, match="nothing was decided"):
            await product.runs.replay(thread.id)
        run = await product.runs.start("discover", {"as_of": "2017-01-01T00:00:00Z"}, "ben")
        await product.runs.settle()
        with pytest.raises(NotNow, match="only an analysis"):
            await product.runs.replay(run.id)


async def test_a_start_as_of_another_moment_is_another_revision(product: Product, new_idea: NewIdea) -> None:
    idea_id = new_idea()
    for days, revision in ((1, 1), (0, 2)):
        moment = datetime(2017, 10, 5, tzinfo=UTC) - timedelta(days=days)
        thread = await product.runs.start("analyze", {"idea_id": str(idea_id), "as_of": moment.isoformat()}, "ben")
        assert thread.subject.endswith(f":{revision}")
        await product.runs.settle()
        assert (await product.reviews.show(idea_id))["decision"]["as_of"] == moment


async def test_judged_again_no_model_is_asked_again(
    product: Product, new_idea: NewIdea, connection: psycopg.Connection[Any]
) -> None:
    calls: list[str] = []

    def say(request: Ask) -> str:
        calls.append(request.agent)
        said = [{"role": message.role, "content": message.content} for message in request.messages]
        return answer_by_rule(request.agent, {"messages": said})

    route = Route(ScriptedModel(say, "instant"), "instant")
    routes = {tier: [route] for tier in ("versatile", "reasoning", "instant")}
    door = Door(routes, PostgresCalls(product.pool, "default"), Ceilings(10**12, 10**12, 10**12, 10**12))
    async with open_product(product.settings, Panel(door)) as modelled:
        thread = await modelled.runs.start("analyze", {"idea_id": str(new_idea())}, "ben")
        await modelled.runs.settle()
        assert "pricing" in calls and "coordinator" in calls
        asked, before = len(calls), everything(connection)
        assert (await modelled.runs.replay(thread.id)).differences == []
        assert len(calls) == asked
        assert everything(connection) == before
