"""Product: the product of one tenant, opened: what the doors and the schedule call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from psycopg import OperationalError
from psycopg_pool import AsyncConnectionPool

from graphs import analyze
from graphs.ageing import Ageing
from graphs.batches import Batches
from graphs.casebook import Casebook
from graphs.database import prepared_url
from graphs.easel import Easel
from graphs.health import Alarm, check
from graphs.housekeeping import tidy
from graphs.keywords import Keywords
from graphs.launches import Launches
from graphs.leases import Leases
from graphs.library import Library
from graphs.notices import Notices
from graphs.outcomes import Outcomes
from graphs.packing import Packed
from graphs.promotion import Promotion
from graphs.pulls import Pulls
from graphs.pushing import Pusher
from graphs.reviews import DURABILITY, Reviews
from graphs.runs import Runs
from graphs.saver import prune
from graphs.settings import Settings
from graphs.shops import Shops
from graphs.spikes import Spikes
from graphs.workshop import Workshop
from store import decisions, ideas
from store.errors import StoreError
from store.ids import new_id
from store.postgres import connect
from store.server import EmbeddedServer
from store.valkey import EmbeddedRedis
from trends.hot import Hot
from trends.intake import FileCount

AT_ONCE = 6
"""Ideas that are analysed at the same time; what their models allow is kept by the panel."""
ATTEMPTS = 3
"""How often a thread goes on after the database went away under it."""

WINDOW = timedelta(days=30)
"""What the schedule looks at."""
REST = timedelta(hours=24)
"""How long an idea rests that a shortlist of the schedule chose."""
PRUNE_S = 5.0
"""How long a run clears away threads of its like; the schedule has more time for it."""
LOOK_S = 1.0
"""How often the embedded server is looked at while work is being done."""

Graph = CompiledStateGraph[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a stage of a run has come."""

    name: str
    done: int
    total: int


Progress = Callable[[FileCount | Stage], None]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did: its files, what it mined and refused, and the decisions on its shortlist, best score first."""

    run_id: UUID
    as_of: datetime
    files: list[Packed]
    kinds: dict[str, int]
    refused: list[Packed]
    chosen: list[UUID]
    decisions: list[Packed]
    analysed: int
    """Revisions that were judged in this run; the others stood already."""
    unsorted: str = ""
    """Why a model that was asked what the unknown phrases are did not say."""
    left: list[str] = field(default_factory=list)
    """What a killed process had left and could not go on: the error of each."""


@dataclass(slots=True)
class Product:
    """The product of one tenant, opened."""

    settings: Settings
    url: str = field(repr=False)
    """With its login."""
    pool: AsyncConnectionPool[Any]
    casebook: Casebook
    analyze_graph: Graph
    discover_graph: Graph
    reviews: Reviews
    leases: Leases
    pulls: Pulls
    keywords: Keywords
    hot: Hot
    spikes: Spikes
    notices: Notices
    batches: Batches
    library: Library
    launches: Launches
    outcomes: Outcomes
    promotion: Promotion
    shops: Shops
    pusher: Pusher
    ageing: Ageing
    workshop: Workshop
    easel: Easel
    progress: list[Progress] = field(default_factory=list)
    runs: Runs = field(init=False)

    async def run(
        self,
        paths: Sequence[Path] = (),
        as_of: datetime | None = None,
        top: int = 10,
        progress: Progress | None = None,
    ) -> RunSummary:
        """From files to decisions that wait for a person. An unchanged rerun finds everything as it stands.

        What a killed process left goes on first; what cannot is told in the summary and does not hold up the run.
        """
        left: list[str] = []
        try:
            await self.resume_unfinished()
        except* Exception as failures:  # noqa: BLE001 - whatever it is, the summary tells it and the run goes on
            left = [f"{type(each).__name__}: {each}" for each in failures.exceptions]
        given: Packed = {"top": top, "paths": [str(path) for path in paths], "run_id": str(new_id())}
        if as_of is not None:
            given["as_of"] = as_of.isoformat()
        self.progress[:] = [progress] if progress else []
        summary = await self._run(UUID(given["run_id"]), given)
        await prune(self.pool, self.analyze_graph, timedelta(days=self.settings.keep_thread_days), PRUNE_S)
        return replace(summary, left=left)

    async def shortlist(self, as_of: datetime, top: int = 10) -> tuple[UUID, list[UUID]]:
        """Discover as of a moment and judge nothing: the run, and the ideas it chose. Asked again, the same answer.

        Made for the schedule: it looks at the last `WINDOW`, and what a shortlist chose within `REST` rests.
        """
        run_id = uuid5(analyze.THREADS, f"{self.settings.tenant}:shortlist:{as_of.isoformat()}")
        given: Packed = {
            "top": top,
            "run_id": str(run_id),
            "as_of": as_of.isoformat(),
            "since": (as_of - WINDOW).isoformat(),
            "rested_since": (as_of - REST).isoformat(),
        }
        async with self.leases.hold("shortlist"), self.leases.hold(f"run:{run_id}"):
            state = await self._discover(run_id, given)
            await self._close_discovered(run_id, state, {})
        return run_id, [UUID(each) for each in state["chosen"]]

    async def check_health(self) -> list[Alarm]:
        """The alarms that are on now, told to whom it concerns."""
        return await check(self.notices.connect, self.settings)

    async def tidy(self) -> dict[str, int]:
        """Let go what is kept no longer; how many of each."""
        return await tidy(self.notices.connect, self.pool, self.analyze_graph, self.settings)

    async def analyze(self, idea_id: UUID, as_of: datetime | None = None) -> Packed:
        """Judge an idea (anew, as the next revision, where it is decided); everything stored of that revision."""
        revision, _ = await self.judge(idea_id, as_of)
        return await self.reviews.show(idea_id, revision)

    async def judge(
        self, idea_id: UUID, as_of: datetime | None = None, run_id: UUID | None = None, again: bool = True
    ) -> tuple[int, bool]:
        """Judge an idea as of a moment, by one worker at a time; the revision, and whether it was judged now.

        Without `again`, a decision that is as new as the moment stands.
        """
        async with self.leases.hold(f"idea:{idea_id}"):
            async with self.pool.connection() as connection:
                row = await decisions.get_idea(connection, idea_id)
                last = await decisions.find_last_decision(connection, idea_id)
            moment = as_of or row["as_of"]
            if last is not None and not again and last["as_of"] >= moment:
                return last["revision"], False
            return await self._judge(row, last, moment, run_id), True

    async def resume_unfinished(self) -> int:
        """Go on with what a killed process left: runs, analyses, answers not yet told; how many went on.

        Raises an ExceptionGroup of those that could not, after all others have.
        """
        with connect(self.url, self.settings.tenant) as connection:
            runs = ideas.load_running(connection)
        went_on = await asyncio.gather(*(self._resume_run(run_id) for run_id in runs), return_exceptions=True)
        async with self.pool.connection() as connection:
            rows = await decisions.load_unfinished(connection)
        gate = asyncio.Semaphore(AT_ONCE)
        went_on += await asyncio.gather(*(self._resume(row, gate) for row in rows), return_exceptions=True)
        failures = [each for each in went_on if isinstance(each, BaseException)]
        if failures:
            raise BaseExceptionGroup("some of what was left unfinished could not go on", failures)
        return sum(each for each in went_on if isinstance(each, int))

    async def _resume_run(self, run_id: UUID) -> int:
        async with self.leases.hold(f"run:{run_id}", wait=False) as mine:
            if not mine or not (await self.discover_graph.aget_state(self.run_config(run_id))).values:
                return 0
            await self.finish_run(run_id, None)
            return 1

    async def _run(self, run_id: UUID, given: Packed) -> RunSummary:
        async with self.leases.hold(f"run:{run_id}"):
            return await self.finish_run(run_id, given)

    async def finish_run(self, run_id: UUID, given: Packed | None) -> RunSummary:
        """A run from here to its end: what is left of its discovery, and what it chose judged."""
        state = await self._discover(run_id, given)
        as_of, chosen = datetime.fromisoformat(state["as_of"]), [UUID(each) for each in state["chosen"]]
        async with self._closing(run_id):
            analysed = await self._judge_all(chosen, as_of, run_id)
        unsorted = await self._close_discovered(run_id, state, {"analysed": analysed})
        async with self.pool.connection() as connection:
            rows = await decisions.load_decisions(connection, ideas=chosen)
        kinds, refused = state["kinds"], state["refused"]
        return RunSummary(run_id, as_of, state["files"], kinds, refused, chosen, rows, analysed, unsorted)

    async def _discover(self, run_id: UUID, given: Packed | None) -> Packed:
        """The end of a run's discovery, started or gone on with."""
        async with self._closing(run_id):
            return await self.drive(self.discover_graph, given, self.run_config(run_id))

    @asynccontextmanager
    async def _closing(self, run_id: UUID) -> AsyncIterator[None]:
        """Whatever fails in it closes the run as failed, with the reason."""
        try:
            yield
        except Exception as failure:
            await asyncio.to_thread(self._close_run, run_id, "failed", {}, f"{type(failure).__name__}: {failure}")
            raise

    async def _close_discovered(self, run_id: UUID, state: Packed, counts: Packed) -> str:
        """Close a run with what it counted; why a model did not sort what it was asked about."""
        counts = {"kinds": state["kinds"], "chosen": len(state["chosen"]), "files": len(state["files"]), **counts}
        unsorted: str = state.get("unsorted", "")
        if by := state.get("sorted_by"):
            counts["sorted"] = {"phrases": len(state.get("sorted", {})), "by": by}
        if unsorted:
            counts["unsorted"] = unsorted
        if web := state.get("web"):
            counts["web"] = web
        await asyncio.to_thread(self._close_run, run_id, "finished", counts, "")
        return unsorted

    async def _judge_all(self, chosen: Sequence[UUID], as_of: datetime, run_id: UUID) -> int:
        gate, done = asyncio.Semaphore(AT_ONCE), 0

        async def one(idea_id: UUID) -> int:
            nonlocal done
            async with gate:
                _, judged = await self.judge(idea_id, as_of, run_id, again=False)
            done += 1
            self._tell(Stage("analyse", done, len(chosen)))
            return int(judged)

        self._tell(Stage("analyse", 0, len(chosen)))
        return sum(await asyncio.gather(*(one(idea_id) for idea_id in chosen)))

    async def _judge(self, row: Packed, last: Packed | None, as_of: datetime, run_id: UUID | None) -> int:
        """Run or go on with the thread of the revision that is to be judged as of this moment; that revision."""
        given, begun = await self.plan(row, last, as_of)
        if run_id is not None:
            given["run_id"] = str(run_id)
        await self.drive(self.analyze_graph, given, self.reviews.config(row["id"], given["revision"]), begun)
        revision: int = given["revision"]
        return revision

    async def plan(self, row: Packed, last: Packed | None, as_of: datetime) -> tuple[Packed, bool]:
        """What the thread that judges an idea as of a moment is given, and whether that thread has begun."""
        revision: int = max(row["revision"], last["revision"] + 1 if last else 1)
        given: Packed = {"idea_id": str(row["id"]), "revision": revision, "as_of": as_of.isoformat()}
        while values := (await self.analyze_graph.aget_state(self.reviews.config(row["id"], given["revision"]))).values:
            if values.get("as_of", given["as_of"]) == given["as_of"]:
                return given, True
            given["revision"] += 1  # a thread that was left half done, as of another moment
        return given, False

    async def _resume(self, row: Packed, gate: asyncio.Semaphore) -> int:
        async with gate, self.leases.hold(f"idea:{row['id']}", wait=False) as mine:
            if not mine:
                return 0
            config = self.reviews.config(row["id"], row["revision"])
            snapshot = await self.analyze_graph.aget_state(config)
            told = 0
            if row["status"] == "analysing" and not snapshot.interrupts and (snapshot.next or not snapshot.values):
                as_of = (
                    datetime.fromisoformat(snapshot.values["as_of"]) if snapshot.values.get("as_of") else row["as_of"]
                )
                given = {"idea_id": str(row["id"]), "revision": row["revision"], "as_of": as_of.isoformat()}
                await self.drive(self.analyze_graph, given, config)
                told = 1
            elif snapshot.next not in ((), ("record",)) and not snapshot.interrupts:  # `deliver` knows what to record
                await self.drive(self.analyze_graph, None, config)
                told = 1
            delivered = await self.reviews.deliver(row["id"], row["revision"])
            return max(told, int(delivered))

    async def drive(
        self, graph: Graph, given: Packed | None, config: RunnableConfig, begun: bool | None = None
    ) -> Packed:
        """Start a thread or go on with it, also after the database went away and came back."""
        async with kept_up(self.settings):
            for _ in range(ATTEMPTS - 1):
                try:
                    return await _go_on(graph, given, config, begun)
                except OperationalError:
                    begun = None
                    await asyncio.to_thread(prepared_url, self.settings)
            return await _go_on(graph, given, config, begun)

    def run_config(self, run_id: UUID) -> RunnableConfig:
        """The thread of a run, its name as metadata."""
        name = f"{self.settings.tenant}:run:{run_id}"
        return {"configurable": {"thread_id": str(uuid5(analyze.THREADS, name))}, "metadata": {"thread_name": name}}

    def _close_run(self, run_id: UUID, status: str, counts: Packed, reason: str) -> None:
        with connect(self.url, self.settings.tenant) as connection:
            ideas.end_run(connection, run_id, status, counts, self.settings.actor, reason)

    def _tell(self, stage: Stage) -> None:
        tell_all(self.progress, stage)


async def _go_on(graph: Graph, given: Packed | None, config: RunnableConfig, begun: bool | None) -> Packed:
    if begun is None:
        begun = bool((await graph.aget_state(config)).values)
    state: Packed = await graph.ainvoke(None if begun else given, config, durability=DURABILITY)
    return state


@asynccontextmanager
async def kept_up(settings: Settings) -> AsyncIterator[None]:
    """See that embedded servers run for as long as work is being done; servers of the user's are theirs to keep."""
    watches = []
    if settings.database_url is None:
        watches.append(asyncio.create_task(_watch(EmbeddedServer(settings.home))))
    if settings.redis_url is None:
        watches.append(asyncio.create_task(_watch(EmbeddedRedis(settings.home))))
    try:
        yield
    finally:
        for watch in watches:
            watch.cancel()


async def _watch(server: EmbeddedServer | EmbeddedRedis) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        with suppress(StoreError):  # looked at again: whoever works tells what is missing
            if not await asyncio.to_thread(lambda: server.status().running):
                await asyncio.to_thread(server.start)


def tell_all(listeners: Sequence[Progress], news: FileCount | Stage) -> None:
    for listener in listeners:
        listener(news)
