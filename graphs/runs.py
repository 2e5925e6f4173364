"""Runs: start a graph, follow it, answer it, go on with it, judge again without effect; from any process.

    start    what is to be done is stored first, then done in the background of this process; killed, another process's
             `Product.resume_unfinished` goes on with it. What runs already is found, not begun again
    events   from the rows that every node writes (`graphs.spans`), so that any process can follow a run of any other
    answer   an inbox's reply, taken as that person's by the one way there is (`graphs.reviews`)
    resume   go on with a thread that failed or was cut short
    replay   the same idea as of the same moment, by the same panel: what would come out otherwise today

RunError (`graphs.starting`)
|- UnknownThread   there is none of this id
|- BadStart        it cannot be started so: the message names field and value
`- NotNow          the thread is not where that can be done: look at its status
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from langchain_core.runnables import RunnableConfig

from graphs.inbox import answer_from
from graphs.packing import Packed
from graphs.replay import Replay, replay
from graphs.reviews import Verdict
from graphs.spans import Held, Spans, error_line
from graphs.starting import AnalyzeGiven, BadStart, DiscoverGiven, LaunchGiven, ProduceGiven, RunError, read_given
from store import decisions, ideas, spans
from store.decisions import Decided, NotWaiting
from store.ids import new_id
from store.postgres import connect

if TYPE_CHECKING:
    from graphs.analyze import Judges
    from graphs.product import Graph, Product

AT_ONCE = 4
"""Threads of a process that run at the same time; more wait for their turn."""
POLL_S = 0.4
BEAT_S = 15.0
"""How often a silent stream says that it is still there."""
STREAM_S = 900.0
"""So long one stream goes on; whoever follows comes again and says where they were."""
START = "__start__"
RESTS = ("waiting", "finished", "failed")

GraphName = Literal["analyze", "discover", "produce", "launch"]
Work = Callable[[], Awaitable[object]]
log = logging.getLogger(__name__)


class UnknownThread(RunError):
    """There is no such thread."""


class NotNow(RunError):
    """The thread is not where that can be done."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread that runs, and whether it was begun now or ran already."""

    id: str
    graph: GraphName
    subject: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of progress. `id` is where to go on from; None for what needs no going on from."""

    kind: Literal["thread", "node", "batch", "row", "listing", "beat", "end"]
    data: Packed
    id: int | None = None


class Runs:
    """The runs of one opened product."""

    def __init__(self, product: Product, panel: Judges, spans: Spans) -> None:
        self._product, self._panel, self._spans = product, panel, spans
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[str, tuple[Thread, asyncio.Task[None]]] = {}

    async def start(self, graph: GraphName, given: Mapping[str, Any], actor: str) -> Thread:
        """Begin in the background; the thread, or the one that is at the same already."""
        if graph == "analyze":
            return await self._start_analysis(read_given(AnalyzeGiven, given), actor)
        if graph == "discover":
            return await self._start_discovery(read_given(DiscoverGiven, given), actor)
        if graph == "produce":
            return await self._start_design(read_given(ProduceGiven, given).design_id, actor)
        if graph == "launch":
            return await self._start_listing(read_given(LaunchGiven, given).listing_id)
        raise BadStart(f"graph: analyze, discover, produce or launch, got {str(graph)[:40]!r}")

    async def find(self, thread_id: UUID | str) -> Packed:
        """The thread's row; UnknownThread where there is none."""
        async with self._product.pool.connection() as connection:
            row = await spans.load_thread(connection, thread_id)
        if row is None:
            raise UnknownThread(f"no thread {thread_id}")
        return row

    async def show(self, thread_id: UUID | str) -> Packed:
        """The thread, its spans in order, and the requests it waits with in the shape that the Agent Inbox shows."""
        thread = await self.find(thread_id)
        async with self._product.pool.connection() as connection:
            rows = await spans.load_spans(connection, thread["id"])
        snapshot = await self._graph(thread).aget_state(_config(thread))
        waits = [request for each in snapshot.interrupts for request in each.value]
        return {**thread, "spans": rows, "requests": waits}

    async def events(self, thread_id: UUID | str, after: int | None = None) -> AsyncIterator[Event]:
        """What changed in a thread since `after`, then whatever changes, until it rests, or for STREAM_S."""
        seen = told = -1 if after is None else after
        beat = time.monotonic()
        until = beat + STREAM_S
        while time.monotonic() < until:
            thread = await self.find(thread_id)
            async with self._product.pool.connection() as connection:
                rows = await spans.load_spans(connection, thread["id"], seen)
            news = [Event("node", row, row["change"]) for row in rows]
            if thread["change"] > told:  # a node of later may have been seen before it
                news.append(Event("thread", thread, max(thread["change"], seen)))
                told = thread["change"]
            for event in sorted(news, key=lambda each: each.id or 0):
                yield event
            seen = max([seen, *(each.id or 0 for each in news)])
            if thread["status"] in RESTS:
                yield Event("end", {"status": thread["status"], "error": thread["error"]}, seen)
                return
            if news:
                beat = time.monotonic()
            elif time.monotonic() - beat > BEAT_S:
                beat = time.monotonic()
                yield Event("beat", {})
            await asyncio.sleep(POLL_S)

    async def answer(self, thread_id: UUID | str, reply: Any, actor: str) -> Packed:
        """Take an inbox's reply as this person's answer; the review that stands, of which the thread then knows."""
        thread = await self.find(thread_id)
        snapshot = await self._graph(thread).aget_state(_config(thread))
        values = snapshot.values
        if thread["graph"] == "launch":
            raise NotNow("a listing is answered where it is shown: approve, change or decline it there")
        if "idea_id" not in values:
            raise NotNow(f"a thread of {thread['graph']} asks nobody anything")
        idea_id, revision = UUID(values["idea_id"]), int(values.get("revision", 0))
        if not snapshot.interrupts:
            await self._refuse_answer(idea_id, revision, thread)
        given = answer_from(reply, snapshot.interrupts[0].value[0])
        verdict = Verdict(idea_id, given.answer, given.reason, given.edits)
        async with self._product.pool.connection() as connection:
            idea = await decisions.get_idea(connection, idea_id)
        if idea["revision"] != revision:
            raise NotNow(f"revision {revision} was followed by revision {idea['revision']}: answer that one")
        review, _ = await self._product.reviews.answer(verdict, actor)
        await self._product.reviews.deliver(idea_id, revision)
        await self._spans.write()
        return review

    async def resume(self, thread_id: UUID | str, actor: str) -> Thread:
        """Go on, in the background, with a thread that failed or was cut short; one that runs is found."""
        row = await self.find(thread_id)
        if row["status"] in ("waiting", "finished"):
            raise NotNow(f"the thread is {row['status']}: there is nothing to go on with")
        if row["graph"] == "produce":
            return await self._start_design(UUID(str(row["subject"]).partition(":")[2]), actor)
        if row["graph"] == "launch":
            return await self._go_listing(UUID(str(row["subject"]).partition(":")[2]))
        values = (await self._graph(row).aget_state(_config(row))).values
        if not values:
            raise NotNow("of this thread only what it took is kept: start it anew")
        log.info("%s goes on with thread %s", actor, row["id"])
        if row["graph"] == "analyze":
            return await self._go_analyze(values, row["status"] != "running")
        return await self._go_discover(UUID(values["run_id"]), values, row["status"] != "running")

    async def replay(self, thread_id: UUID | str) -> Replay:
        """Judge what an analysis judged again, with no effect, and say node by node what comes out otherwise."""
        thread = await self.find(thread_id)
        values = (await self._graph(thread).aget_state(_config(thread))).values
        if thread["graph"] != "analyze":
            raise NotNow("only an analysis can be judged again")
        words = str(thread["subject"]).split(":")
        if "idea_id" not in values and len(words) != 3:
            raise NotNow("of this thread only what it took is kept")
        idea_id = UUID(values.get("idea_id", words[1]))
        case = await self._product.reviews.show(idea_id, int(values.get("revision") or words[2]))
        if case["decision"] is None:
            raise NotNow("nothing was decided in this thread yet")
        return await replay(self._panel, self._product.casebook, case, self._product.settings.manual_approval)

    async def settle(self) -> None:
        """Wait until what was begun here has ended."""
        while self._under_way:
            await asyncio.wait([task for _, task in self._under_way.values()])

    async def close(self) -> None:
        """Stop what runs here; another process goes on with it."""
        tasks = [task for _, task in self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _start_analysis(self, given: AnalyzeGiven, actor: str) -> Thread:
        product, moment = self._product, given.moment()
        async with product.leases.hold(f"idea:{given.idea_id}", wait=False) as mine:
            async with product.pool.connection() as connection:
                row = await decisions.get_idea(connection, given.idea_id)
                last = await decisions.find_last_decision(connection, given.idea_id)
            if not mine or f"idea:{given.idea_id}" in self._under_way:
                revision = max(row["revision"], last["revision"] + 1 if last else 1)
                return await self._go_analyze({"idea_id": str(given.idea_id), "revision": revision}, False)
            values, begun = await product.plan(row, last, moment or row["as_of"])
            async with product.pool.connection() as connection:
                as_of = datetime.fromisoformat(values["as_of"])
                await decisions.open_revision(connection, given.idea_id, actor, values["revision"], as_of)
            if not begun:
                config = product.reviews.config(given.idea_id, values["revision"])
                await product.analyze_graph.aupdate_state(config, values, as_node=START)
        return await self._go_analyze(values, True)

    async def _start_discovery(self, given: DiscoverGiven, actor: str) -> Thread:
        moment = given.moment()
        async with self._product.leases.hold("start discovery"):
            for run_id, as_of in await asyncio.to_thread(self._running_runs):
                if moment not in (None, as_of):
                    continue
                lives = f"run:{run_id}" in self._under_way or await self._is_held(f"run:{run_id}")
                if lives or moment is not None:  # what nobody is at goes on, where it is what was asked for
                    left: Packed = {"run_id": str(run_id), "as_of": as_of.isoformat()}
                    return await self._go_discover(run_id, left, not lives)
            run_id, as_of = new_id(), moment or datetime.now(UTC)
            values = {"top": given.top, "run_id": str(run_id), "as_of": as_of.isoformat()}
            await asyncio.to_thread(self._open_run, run_id, as_of, actor)
            config = self._product.run_config(run_id)
            await self._product.discover_graph.aupdate_state(config, values, as_node=START)
        return await self._go_discover(run_id, values, True)

    async def _start_design(self, design_id: UUID, actor: str) -> Thread:
        """Draw a row that waits here and now; one that somebody is at is found."""
        easel = self._product.easel
        place = await easel.place(design_id)
        if place["superseded"] or place["status"] not in ("waiting", "drawing"):
            state = "followed by a newer version" if place["superseded"] else place["status"]
            raise NotNow(f"design {design_id} is {state}: retry its row to have it drawn anew")
        subject, mine = f"design:{design_id}", easel.config(place)["configurable"]["thread_id"]
        begin = not place["is_held"]

        async def work() -> None:
            await easel.draw(design_id, actor)

        thread = Thread(mine, "produce", subject, begin)
        return await self._go(subject, thread, {"design_id": str(design_id)}, work if begin else None)

    async def _start_listing(self, listing_id: UUID) -> Thread:
        """Draw a listing up here and now."""
        found = await self._product.launches.show(listing_id)
        if found["status"] != "drafting":
            raise NotNow(f"listing {found['key']} is {found['status']}: it was drawn up already")
        return await self._go_listing(listing_id)

    async def _go_listing(self, listing_id: UUID) -> Thread:
        launches, subject = self._product.launches, f"listing:{listing_id}"

        async def work() -> None:
            await launches.drive(listing_id)

        mine = launches.config(listing_id)["configurable"]["thread_id"]
        return await self._go(subject, Thread(mine, "launch", subject, True), {"listing_id": str(listing_id)}, work)

    async def _is_held(self, name: str) -> bool:
        """Whether somebody is at it, in whatever process."""
        async with self._product.leases.hold(name, wait=False) as free:
            return not free

    def _running_runs(self) -> list[tuple[UUID, datetime]]:
        with connect(self._product.url, self._product.settings.tenant) as connection:
            return ideas.load_running_as_of(connection)

    def _open_run(self, run_id: UUID, as_of: datetime, actor: str) -> None:
        with connect(self._product.url, self._product.settings.tenant) as connection:
            ideas.start_run(connection, run_id, as_of, actor)

    async def _go_analyze(self, values: Packed, begin: bool) -> Thread:
        product = self._product
        config = product.reviews.config(UUID(values["idea_id"]), values["revision"])

        async def work() -> None:
            async with product.leases.hold(f"idea:{values['idea_id']}"):
                await product.drive(product.analyze_graph, values, config)

        subject = f"idea:{values['idea_id']}"
        thread = Thread(config["configurable"]["thread_id"], "analyze", f"{subject}:{values['revision']}", begin)
        return await self._go(subject, thread, values, work if begin else None)

    async def _go_discover(self, run_id: UUID, values: Packed, begin: bool) -> Thread:
        product = self._product

        async def work() -> None:
            async with product.leases.hold(f"run:{run_id}"):
                await product.finish_run(run_id, None)

        thread = Thread(product.run_config(run_id)["configurable"]["thread_id"], "discover", f"run:{run_id}", begin)
        return await self._go(thread.subject, thread, values, work if begin else None)

    async def _go(self, subject: str, thread: Thread, values: Packed, work: Work | None) -> Thread:
        """Do the work in the background, told as running from now on; without work, or where it is under way, don't."""
        if subject in self._under_way:
            found = self._under_way[subject][0]
            return Thread(found.id, found.graph, found.subject, False)
        if work is not None:
            stack = ExitStack()
            held = stack.enter_context(self._spans.held(thread.graph, thread.id, values))
            task = asyncio.create_task(self._do(thread, stack, held, work), name=f"run {subject}")
            self._under_way[subject] = (thread, task)
            task.add_done_callback(lambda done: self._done(subject, done))
            await self._spans.write()
        return thread

    async def _do(self, thread: Thread, stack: ExitStack, held: Held, work: Work) -> None:
        with stack:
            async with self._gate:
                await work()
            snapshot = await self._graph({"graph": thread.graph}).aget_state({"configurable": {"thread_id": thread.id}})
            held.status = "waiting" if snapshot.interrupts else "failed" if snapshot.next else "finished"

    def _done(self, subject: str, task: asyncio.Task[None]) -> None:
        del self._under_way[subject]
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.warning("%s failed: %s", subject, error_line(failure))

    async def _refuse_answer(self, idea_id: UUID, revision: int, thread: Packed) -> None:
        async with self._product.pool.connection() as connection:
            final = await decisions.find_final(connection, idea_id, revision)
        if final is not None:
            when = f"{final['decided_at']:%Y-%m-%d %H:%M} UTC"
            raise Decided(f"it was decided already: {final['answer']} by {final['actor']} at {when}", final)
        raise NotWaiting(f"the thread is {thread['status']}: it does not wait for an answer")

    def _graph(self, thread: Packed) -> Graph:
        product = self._product
        if thread["graph"] == "produce":
            return product.easel.graph
        if thread["graph"] == "launch":
            return product.launches.compiled
        return product.analyze_graph if thread["graph"] == "analyze" else product.discover_graph


def _config(thread: Packed) -> RunnableConfig:
    return {"configurable": {"thread_id": str(thread["id"])}}
