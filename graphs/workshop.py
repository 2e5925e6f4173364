"""Workshop: works off the rows of batches with the processes of one kiln, in whatever process it is opened.

    take what is due, the most urgent first -> its thread of `graphs.produce` -> filed, buried, or put back

A row belongs to one worker at a time, of all processes, for as long as its heart beats; killed, its rows go to others.
What may pass is tried again after 1, 2 and 4 s. A renderer that stays down holds up its batch, which says so, until it
is asked again; other batches go on. A process that dies again and again over a row makes that row a dead letter.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph.state import CompiledStateGraph
from psycopg import OperationalError
from psycopg_pool import AsyncConnectionPool

from agents.art_director import ArtDirector
from graphs.brands import up_to_date
from graphs.firing import Kit
from graphs.kiln import Died, Kiln
from graphs.packing import Packed
from graphs.produce import (
    AT_ONCE,
    PAUSES_S,
    VERSION,
    Case,
    Casebook,
    Plan,
    Produce,
    build,
    thread_id,
    thread_name,
)
from graphs.spans import Watch, error_line, unwatched
from graphs.trays import FIRE, FIRE_ALL, Trays
from store import batches, designs
from store.assets import Assets
from store.designs import LEASE_S, Filed, Lost
from store.ids import new_id
from studio.brand import Profile, unpack_profile
from studio.drawing import Row
from studio.errors import BadReference, RendererDown

PLACES = max(1, (os.cpu_count() or 1))
"""Processes that draw; each holds some hundred megabytes."""
HOLD_S = 60.0
"""How long a batch stands whose renderer is down, before it is asked again."""
MOST_TAKES = 10
"""A row that was begun so often and never ended has killed whoever drew it."""
BEAT_S = LEASE_S / 5
IDLE_S = 1.0
"""How often a workshop that waits for its batch looks again."""
SHORT_S = 0.05
"""Where others are just taking what is due."""
_LOG = logging.getLogger(__name__)

Progress = Callable[[Packed], None]


@dataclass(slots=True)
class Rows:
    """The rows that this worker has, and what it may write about them."""

    pool: AsyncConnectionPool[Any]
    actor: str
    assets: Assets
    worker: UUID = field(default_factory=new_id)
    _cases: dict[UUID, Case] = field(default_factory=dict)
    _profiles: dict[UUID, Profile] = field(default_factory=dict)

    def open(self, row: Packed) -> None:
        """A row that was taken, with its plan and its brand."""
        if row["brand_id"] not in self._profiles:
            self._profiles[row["brand_id"]] = self._profile(row["profile"])
        profile = self._profiles[row["brand_id"]]
        self._cases[row["id"]] = Case(Row(**row["row"]), Plan(**row["plan"]), profile, row["retries"])

    def _profile(self, packed: Packed) -> Profile:
        """By today's descriptor; where the references are gone its rows become dead letters that say so."""
        with suppress(BadReference):
            packed = up_to_date(packed, self.assets)
        return unpack_profile(packed)

    def close(self, design_id: UUID) -> None:
        """A row that is no longer ours."""
        del self._cases[design_id]

    def case(self, design_id: UUID) -> Case:
        """What is to be made of a row that was taken."""
        return self._cases[design_id]

    async def found(self, key: str) -> Packed | None:
        """What stands under this key already, if its files are there."""
        async with self.pool.connection() as connection:
            render = await designs.find_render(connection, key)
        if render is None or not await asyncio.to_thread(self._has_all, render["files"] or ()):
            return None
        return {name: value for name, value in render.items() if name not in ("tenant_id", "recorded_at")}

    def _has_all(self, files: Sequence[Packed]) -> bool:
        return all(self.assets.has(each["sha256"]) for each in files)

    async def keep_attempt(self, design_id: UUID, nth: int, told: Packed) -> None:
        """An attempt with its scores."""
        async with self.pool.connection() as connection:
            await designs.put_attempt(connection, design_id, nth, told)

    async def file(self, design_id: UUID, fired: Packed) -> None:
        """The design is done."""
        score = (fired["checked"].get("likeness") or {}).get("overall")
        async with self.pool.connection() as connection:
            await designs.file_design(connection, self.worker, Filed(design_id, fired["key"], fired, score), self.actor)

    async def bury(self, design_id: UUID, reason: str, error: str) -> None:
        """The row is a dead letter."""
        async with self.pool.connection() as connection:
            await designs.bury_design(connection, self.worker, design_id, reason, error, self.actor)


@dataclass(slots=True)
class Workshop:
    """The batches of one tenant, worked off by this process."""

    pool: AsyncConnectionPool[Any]
    saver: BaseCheckpointSaver[Any]
    tenant: str
    actor: str
    folder: Path
    """Where assets lie."""
    places: int = PLACES
    kit: Kit = field(default_factory=Kit)
    director: ArtDirector | None = None
    watch: Watch = unwatched
    fire: str = FIRE
    fire_all: str = FIRE_ALL
    version: str = VERSION
    at_once: str = AT_ONCE
    hold_s: float = HOLD_S
    _busy: bool = False

    async def work(
        self,
        batch_id: UUID | None = None,
        stay: bool = False,
        most_s: float | None = None,
        tell: Progress | None = None,
    ) -> int:
        """Work off what is due, of one batch or of all; how many rows ended.

        `stay`: until the batch is over, through its pauses; else until nothing is due or `most_s` are over. Where this
        process is at it already, nothing.
        """
        if self._busy or (not stay and await self.due_s(batch_id) != 0):
            return 0
        self._busy = True
        try:
            async with Kiln(self.places) as kiln:
                shift = self._shift(kiln, tell)
                async with shift.beating():
                    return await shift.work(batch_id, stay, most_s)
        finally:
            self._busy = False

    def _shift(self, kiln: Kiln, tell: Progress | None) -> _Shift:
        rows = Rows(self.pool, self.actor, Assets(self.folder))
        trays = Trays(kiln, self.fire, self.fire_all)
        nodes = self.nodes(rows, kiln, trays)
        return _Shift(self, rows, nodes, build(nodes, self.watch).compile(checkpointer=self.saver), tell)

    def nodes(self, rows: Casebook, kiln: Kiln, trays: Trays) -> Produce:
        """The nodes of its threads, over these rows and processes."""
        return Produce(
            rows, kiln, trays, str(self.folder), self.kit, self.director, self.version, self.tenant, self.at_once
        )

    async def due_s(self, batch_id: UUID | None = None) -> float | None:
        """Seconds until something can be taken; None where nothing is left."""
        async with self.pool.connection() as connection:
            return await designs.next_due_s(connection, batch_id)


@dataclass(slots=True)
class _Shift:
    """One stretch of work: the rows that are under way, each a task."""

    shop: Workshop
    rows: Rows
    nodes: Produce
    graph: CompiledStateGraph[Any, Any, Any, Any]
    tell: Progress | None
    under_way: dict[UUID, asyncio.Task[None]] = field(default_factory=dict)
    ended: int = 0

    async def work(self, batch_id: UUID | None, stay: bool, most_s: float | None) -> int:
        """Keep every process busy until there is nothing left to do here."""
        over = None if most_s is None else asyncio.get_running_loop().time() + most_s
        try:
            while True:
                late = over is not None and asyncio.get_running_loop().time() > over
                if not late:
                    await self._take(batch_id)
                if self.under_way:
                    await asyncio.wait(self.under_way.values(), timeout=IDLE_S, return_when=asyncio.FIRST_COMPLETED)
                elif late or not await self._waits(batch_id, stay):
                    return self.ended
        finally:
            await self._let_go()

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Give signs of life meanwhile, and stop what was taken away from us."""
        heart = asyncio.create_task(self._beat(), name="heart of the workshop")
        try:
            yield
        finally:
            heart.cancel()
            with suppress(asyncio.CancelledError):
                await heart

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            mine = dict(self.under_way)
            with suppress(OperationalError):  # the database is away: whoever works says so
                async with self.rows.pool.connection() as connection:
                    lost = await designs.beat(connection, self.rows.worker, list(mine))
                for design_id, task in mine.items():
                    if design_id in lost:
                        task.cancel()

    async def _take(self, batch_id: UUID | None) -> None:
        """As many rows as keep every process busy; of those that are drawn together, more."""
        while (free := self._free_places()) > 0:
            async with self.rows.pool.connection() as connection:
                taken = await designs.take(connection, self.rows.worker, self.rows.actor, free, batch_id)
            for row in taken:
                self.rows.open(row)
                task = asyncio.create_task(self._produce(row), name=f"design {row['id']}")
                self.under_way[row["id"]] = task
                task.add_done_callback(partial(self._done, row))
            if not taken:
                return

    def _free_places(self) -> int:
        shares = (1 / self.nodes.together(self.rows.case(design_id).renderer) for design_id in self.under_way)
        return ceil(self.shop.places - sum(shares) - 1e-9)

    async def _waits(self, batch_id: UUID | None, stay: bool) -> bool:
        """Whether something is still to come that this shift waits for; after a pause, if so."""
        due = await self.shop.due_s(batch_id)
        await self._tell(batch_id)
        if due is None and stay and batch_id is not None:
            async with self.rows.pool.connection() as connection:
                paused = (await batches.get_batch(connection, str(batch_id)))["status"] == "paused"
            due = IDLE_S if paused else None
        if due is None or (due > 0 and not stay):
            return False
        await asyncio.sleep(min(max(due, SHORT_S), IDLE_S))
        return True

    async def _produce(self, row: Packed) -> None:
        """One row from where its thread is to its end, or back to the queue."""
        try:
            if row["takes"] > MOST_TAKES:
                await self.rows.bury(row["id"], "renderer", f"whoever drew it died {MOST_TAKES} times")
            else:
                await self._drive(row)
        except Lost:
            return
        except (RendererDown, Died) as passing:
            if await self._try_later(row, passing):
                return
        self.ended += 1
        async with self.rows.pool.connection() as connection:
            await batches.hold_batch(connection, row["batch_id"])
            await batches.finish_batch(connection, row["batch_id"], self.rows.actor)
        await self._tell(row["batch_id"])

    async def _drive(self, row: Packed) -> None:
        config = self._config(row)
        begun = bool((await self.graph.aget_state(config)).values)
        await self.graph.ainvoke(None if begun else {"design_id": str(row["id"])}, config, durability="sync")
        await self.shop.saver.adelete_thread(config["configurable"]["thread_id"])  # the tables have it all

    async def _try_later(self, row: Packed, passing: RendererDown | Died) -> bool:
        """Back to the queue; after the last pause its batch stands. False: the row was given up."""
        nth, said = row["retries"], error_line(passing)
        if isinstance(passing, Died) and nth >= len(PAUSES_S):
            await self.rows.bury(row["id"], "renderer", said)
            return False
        pause_s = PAUSES_S[min(nth, len(PAUSES_S) - 1)]
        async with self.rows.pool.connection() as connection:
            await designs.put_back(connection, self.rows.worker, row["id"], self.rows.actor, said, pause_s)
            if nth >= len(PAUSES_S):
                await batches.hold_batch(connection, row["batch_id"], said, self.shop.hold_s)
        await self._tell(row["batch_id"])
        return True

    async def _let_go(self) -> None:
        """Stop what runs; others may have it at once."""
        mine = dict(self.under_way)
        for task in mine.values():
            task.cancel()
        await asyncio.gather(*mine.values(), return_exceptions=True)
        async with self.rows.pool.connection() as connection:
            for design_id in mine:
                await designs.put_back(connection, self.rows.worker, design_id, self.rows.actor, "", 0.0, counts=False)

    async def _tell(self, batch_id: UUID | None) -> None:
        if self.tell is not None and batch_id is not None:
            async with self.rows.pool.connection() as connection:
                self.tell(await batches.get_batch(connection, str(batch_id)))

    def _done(self, row: Packed, task: asyncio.Task[None]) -> None:
        del self.under_way[row["id"]]
        self.rows.close(row["id"])
        if not task.cancelled() and (failure := task.exception()) is not None:
            _LOG.warning("design %s goes back: %s", row["id"], error_line(failure))

    def _config(self, row: Packed) -> RunnableConfig:
        subject = (row["batch_id"], row["row_id"], row["version"])
        name = thread_name(self.shop.tenant, *subject)
        return {
            "configurable": {"thread_id": thread_id(self.shop.tenant, *subject)},
            "metadata": {"thread_name": name},
        }
