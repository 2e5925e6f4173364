"""Easel: one design of a batch, drawn for a person who names it: at LangGraph's own server, or by `graphs.runs`.

    node -> the row is taken, or held on -> the node, with signs of life -> kept for some seconds: the next node has it
            it is somebody else's, or over: Lost     a node that fails gives it back: workers have it at once

The same graph as the workshop's, with the same tables behind it. A thread that stops (at a breakpoint, with its
process) holds nothing after that: workers draw the row, and whoever goes on with the thread is told so. What a thread
was before can be looked at and gone on from, without effect on a row that is over: no node of it runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, cast
from uuid import UUID, uuid5

from langchain_core.runnables import RunnableConfig
from langgraph.config import get_config
from langgraph.graph.state import CompiledStateGraph

from graphs.analyze import person
from graphs.kiln import Kiln
from graphs.packing import Packed
from graphs.produce import Case, build, thread_id, thread_name
from graphs.spans import Ends, Node, error_line
from graphs.trays import Trays
from graphs.workshop import BEAT_S, Rows, Workshop
from store import batches, designs, taking
from store.assets import Assets
from store.designs import Lost
from store.gallery import UnknownDesign
from store.ids import new_id


class NotYours(Lost, RuntimeError):
    """The same in the tongue of LangGraph's server, which of errors it does not know tells no word."""


class NoDesign(UnknownDesign, ValueError):
    """The same of what is no id."""


ENDS = ("file", "bury")
"""Nodes with which a row is over."""
_asks: ContextVar[str] = ContextVar("who asks", default="")


@dataclass(slots=True)
class Easel:
    """The rows that threads of this process hold just now; a casebook of `graphs.produce`."""

    shop: Workshop
    """Whose rows, tools and ways they are."""
    kiln: Kiln
    _self: UUID = field(default_factory=new_id)
    _held: dict[UUID, Rows] = field(default_factory=dict)
    _graph: CompiledStateGraph[Any, Any, Any, Any] | None = None

    @property
    def graph(self) -> CompiledStateGraph[Any, Any, Any, Any]:
        """The graph; a server brings its own checkpointer."""
        if self._graph is None:
            shop = self.shop
            nodes = shop.nodes(self, self.kiln, Trays(self.kiln, shop.fire, shop.fire_all))
            self._graph = build(nodes, self._watch).compile(checkpointer=shop.saver)
        return self._graph

    async def place(self, design_id: UUID) -> Packed:
        """Where a design stands: batch_id, row_id, version, status. UnknownDesign where there is none."""
        async with self.shop.pool.connection() as connection:
            row = await taking.find_place(connection, design_id)
        if row is None:
            raise UnknownDesign(f"no design {design_id}")
        return row

    def config(self, place: Packed) -> RunnableConfig:
        """The thread of a row: the workshop's own, so that either goes on where the other was."""
        subject = (self.shop.tenant, place["batch_id"], place["row_id"], place["version"])
        return {"configurable": {"thread_id": thread_id(*subject)}, "metadata": {"thread_name": thread_name(*subject)}}

    async def draw(self, design_id: UUID, actor: str) -> None:
        """Take a row for somebody, draw it and file it, or bury it. Lost where somebody else has it, or it is over."""
        config = self.config(await self.place(design_id))
        begun = bool((await self.graph.aget_state(config)).values)
        with _asking(actor):
            given = None if begun else {"design_id": str(design_id)}
            await self.graph.ainvoke(given, config, durability="sync")
        await self.shop.saver.adelete_thread(config["configurable"]["thread_id"])  # the tables have it all

    # What the nodes see

    def case(self, design_id: UUID) -> Case:
        """What is to be made of a row that is held."""
        return self._held[design_id].case(design_id)

    async def found(self, key: str) -> Packed | None:
        """What stands under this key already."""
        return await Rows(self.shop.pool, "", Assets(self.shop.folder)).found(key)

    async def keep_attempt(self, design_id: UUID, nth: int, told: Packed) -> None:
        """An attempt with its scores."""
        await self._held[design_id].keep_attempt(design_id, nth, told)

    async def file(self, design_id: UUID, fired: Packed) -> None:
        """The design is done, if that is what was drawn: a state can be changed by hand, and files are named in it."""
        receipt = await asyncio.to_thread(Assets(self.shop.folder).receipt, fired["key"])
        if receipt is None or receipt["files"] != fired["files"]:
            raise Lost(f"design {design_id}: these are not the files that were drawn for it")
        await self._held[design_id].file(design_id, fired)

    async def bury(self, design_id: UUID, reason: str, error: str) -> None:
        """The row is a dead letter."""
        await self._held[design_id].bury(design_id, reason, error)

    # Holding

    def _watch(self, node: str, work: Node, ends: Ends | None = None) -> Node:
        return self.shop.watch(node, self._holding(node, work), ends)

    def _holding(self, node: str, work: Node) -> Node:
        """The node while its row is ours."""

        @wraps(work)
        async def held(state: Any) -> Any:
            try:
                design_id = UUID(str(state["design_id"]))
            except ValueError:
                raise NoDesign(f"no design {str(state['design_id'])[:60]!r}: give its id") from None
            try:
                async with self._hold(design_id) as (rows, row):
                    update = await _while_ours(work(state), rows, design_id)
                    if node in ENDS:
                        await self._end(row, rows.actor)
                    return update
            except Lost as lost:
                raise NotYours(str(lost)) from lost

        return cast(Node, held)

    @asynccontextmanager
    async def _hold(self, design_id: UUID) -> AsyncIterator[tuple[Rows, Packed]]:
        if design_id in self._held:
            raise Lost(f"design {design_id} is drawn in another thread just now")
        thread = str(get_config().get("configurable", {}).get("thread_id", ""))
        actor = _asks.get() or person() or self.shop.actor
        rows = Rows(self.shop.pool, actor, Assets(self.shop.folder), uuid5(self._self, thread))
        self._held[design_id] = rows
        try:
            async with rows.pool.connection() as connection:
                row = await taking.take_one(connection, rows.worker, actor, design_id)
            rows.open(row)
            try:
                yield rows, row
            except BaseException as failure:
                await asyncio.shield(_give_back(rows, design_id, failure))
                raise
        finally:
            del self._held[design_id]

    async def _end(self, row: Packed, actor: str) -> None:
        async with self.shop.pool.connection() as connection:
            await batches.hold_batch(connection, row["batch_id"])
            await batches.finish_batch(connection, row["batch_id"], actor)


async def _while_ours(work: Awaitable[Any], rows: Rows, design_id: UUID) -> Any:
    """What the work gives; it is stopped where the row was taken away."""
    working = asyncio.ensure_future(work)
    heart = asyncio.create_task(_beat(rows, design_id))
    try:
        await asyncio.wait((working, heart), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        heart.result()
        raise Lost(f"design {design_id} was cancelled, or is somebody else's now")
    finally:
        for each in (working, heart):
            each.cancel()
        await asyncio.gather(working, heart, return_exceptions=True)


async def _beat(rows: Rows, design_id: UUID) -> None:
    """Signs of life, until the row is no longer ours."""
    lost: set[UUID] = set()
    while design_id not in lost:
        await asyncio.sleep(BEAT_S)
        async with rows.pool.connection() as connection:
            lost = await designs.beat(connection, rows.worker, [design_id])


async def _give_back(rows: Rows, design_id: UUID, failure: BaseException) -> None:
    async with rows.pool.connection() as connection:
        said = error_line(failure)
        await designs.put_back(connection, rows.worker, design_id, rows.actor, said, 0.0, counts=False)


@contextmanager
def _asking(actor: str) -> Iterator[None]:
    token = _asks.set(actor)
    try:
        yield
    finally:
        _asks.reset(token)
