"""Telling: threads that wait are brought to where the tables are, beside whoever answers.

The tables are what counts; a thread follows them. It is told the answers it has not been given, in their order; it is
put back to where it waits when what it was told was taken back; and what a killed process had half told goes on. One
worker at a time is at a thread, of all processes, and an answer is taken back only between two of its steps: so what
was undone never comes back to life. When the thread is where its reviews are, they carry `told_at`; what a process
leaves untold, `Product.resume_unfinished` finds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, Durability, StateSnapshot
from psycopg_pool import AsyncConnectionPool

from graphs.analyze import thread_id, thread_name
from graphs.inbox import read_answer, reply_for
from graphs.leases import Leases
from graphs.packing import Packed
from store import reviews

DURABILITY: Durability = "sync"
AT_ONCE = 2
"""Threads of a process that are told at the same time: whoever answers meanwhile goes first."""
MOST_STEPS = 5
"""Something half told, taken back, a note, an answer; and once more."""
CLOSE_S = 20.0
"""How long a product that closes waits for what is still to be told; the rest stands in the tables."""
SETTLE_S = 600.0
_LOG = logging.getLogger(__name__)

Step = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Telling:
    """The threads of one tenant's ideas, told beside by one process."""

    pool: AsyncConnectionPool[Any]
    graph: CompiledStateGraph[Any, Any, Any, Any]
    tenant: str
    leases: Leases
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _under_way: dict[tuple[UUID, int], asyncio.Task[None]] = field(default_factory=dict)

    def tell(self, idea_id: UUID, revision: int) -> None:
        """Bring a thread to where the tables are, soon, without being waited for."""
        before = self._under_way.get((idea_id, revision))
        task = asyncio.create_task(self._tell(idea_id, revision, before), name=f"tell {idea_id}")
        self._under_way[idea_id, revision] = task
        task.add_done_callback(lambda done: self._done(idea_id, revision, done))

    async def settle(self, most_s: float = SETTLE_S) -> int:
        """Wait until every thread was told; how many are left after so long."""
        if self._under_way:
            await asyncio.wait(list(self._under_way.values()), timeout=most_s)
        return len(self._under_way)

    async def close(self) -> None:
        """Tell what can be told in CLOSE_S and leave the rest."""
        await self.settle(CLOSE_S)
        left = list(self._under_way.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def deliver(self, idea_id: UUID, revision: int) -> bool:
        """Bring a thread to where the tables are; whether it was behind them."""
        config = self.config(idea_id, revision)
        async with self.between_steps(idea_id, revision):
            for taken in range(MOST_STEPS):
                snapshot = await self.graph.aget_state(config)
                async with self.pool.connection() as connection:
                    rows = await reviews.load_reviews(connection, idea_id, revision)
                    step = self._next(snapshot, rows, config)
                    if step is None:
                        await reviews.mark_told(connection, _heard(snapshot, rows))
                        return taken > 0
                await step()
        return True

    @asynccontextmanager
    async def between_steps(self, idea_id: UUID, revision: int) -> AsyncIterator[None]:
        """For as long as this is held nobody tells the thread anything."""
        async with self.leases.hold(f"thread:{idea_id}:{revision}"):
            yield

    def config(self, idea_id: UUID, revision: int) -> RunnableConfig:
        """The thread of a revision, its name as metadata."""
        name = thread_name(self.tenant, idea_id, revision)
        return {
            "configurable": {"thread_id": thread_id(self.tenant, idea_id, revision)},
            "metadata": {"thread_name": name},
        }

    async def _tell(self, idea_id: UUID, revision: int, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        async with self._gate:
            await self.deliver(idea_id, revision)

    def _done(self, idea_id: UUID, revision: int, task: asyncio.Task[None]) -> None:
        if self._under_way.get((idea_id, revision)) is task:
            del self._under_way[idea_id, revision]
        if not task.cancelled() and (failure := task.exception()) is not None:
            _LOG.error("idea %s: its thread could not be told, and is told later", idea_id, exc_info=failure)

    def _next(self, snapshot: StateSnapshot, rows: Sequence[Packed], config: RunnableConfig) -> Step | None:
        """What brings the thread nearer to the tables; None where it is there."""
        reply = _reply(snapshot, rows)
        if reply is not None:
            return lambda: self.graph.ainvoke(Command(resume=reply), config, durability=DURABILITY)
        if _is_taken_back(snapshot, rows):
            return lambda: self._put_back(config)
        if snapshot.next == ("record",) and not snapshot.interrupts:
            return lambda: self.graph.ainvoke(None, config, durability=DURABILITY)
        return None

    async def _put_back(self, config: RunnableConfig) -> None:
        """Let the thread wait again where it waited."""
        await self.graph.aupdate_state(config, {"answer": None}, as_node="decide")
        await self.graph.ainvoke(None, config, durability=DURABILITY)


def _reply(snapshot: StateSnapshot, rows: Sequence[Packed]) -> list[Packed] | None:
    """The first answer that stands and that the waiting thread has not been given."""
    if "review" not in snapshot.next or not snapshot.interrupts:
        return None
    standing = [row for row in rows if row["undone_at"] is None]
    notes = [row for row in standing if row["answer"] == "respond"]
    left = notes[len(snapshot.values.get("notes", [])) :] + [row for row in standing if row["answer"] != "respond"]
    if not left:
        return None
    edits = (left[0]["edits"] or {}).get("to")
    fields = {name: left[0][name] for name in ("answer", "actor", "reason")}
    return reply_for(read_answer(**fields, edits=edits))


def _is_taken_back(snapshot: StateSnapshot, rows: Sequence[Packed]) -> bool:
    """Whether the thread was told, or half told, an answer that does not stand any more."""
    undone = [row for row in rows if row["undone_at"] is not None]
    if snapshot.next == ("record",):
        said = (snapshot.values.get("answer") or {}).get("answer")
        final = any(row["undone_at"] is None and row["answer"] != "respond" for row in rows)
        return said in {row["answer"] for row in undone} and not final
    said = (snapshot.values.get("standing") or {}).get("review_id")
    return not snapshot.next and said in {str(row["id"]) for row in undone}


def _heard(snapshot: StateSnapshot, rows: Sequence[Packed]) -> list[Packed]:
    """The reviews that a thread in this state has; where there is none, all but notes: those will have one."""
    return [row for row in rows if snapshot.values or row["answer"] != "respond"]
