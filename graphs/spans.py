"""Spans: what each node of a graph took, told while it runs, whoever runs it: CLI, worker, API, console, Studio.

    node begins, ends, fails, waits -> kept in memory -> written together, some times a second -> table `span`

It is taken at the node itself, so no door can forget it. It is telemetry: the work never waits for it, and what cannot
be written is lost, with one line in the log; what counts stands in the tables of the work.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial, wraps
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

import psycopg
from langgraph.config import get_config
from langgraph.errors import GraphBubbleUp
from psycopg_pool import AsyncConnectionPool

from agents.screen import without_credentials
from graphs.packing import Packed
from store import spans
from store.ids import new_id
from store.spans import SpanRow, ThreadRow
from trends.normalize import clean, redact

EVERY_S = 0.3
"""So long news waits for more of it."""
SIGN_S = 2.0
"""How often a thread in which something runs gives a sign of life; `store.spans.SILENT` is a multiple of it."""
CLOSE_S = 5.0
"""So long closing waits for the last of it."""
MOST_ERROR = 300
MOST_TITLE = 200

Node = TypeVar("Node", bound=Callable[..., Any])
Ends = Callable[[Any], bool]
log = logging.getLogger(__name__)


class Watch(Protocol):
    """Puts something around a node. `ends` tells from the state after it whether the thread ends with it."""

    def __call__(self, node: str, work: Node, ends: Ends | None = None) -> Node: ...


def unwatched(node: str, work: Node, ends: Ends | None = None) -> Node:  # noqa: ARG001 - a Watch
    """The node as it is."""
    return work


@dataclass(slots=True)
class _Running:
    """One running of a node, and what it gave."""

    row: SpanRow
    update: Packed | None = None


@dataclass(slots=True)
class Held:
    """A thread that somebody drives; `status` is what it is when they let it go."""

    status: str = "finished"


@dataclass(slots=True)
class _Thread:
    """A thread as this process knows it: how many of its nodes run now, how many drive it."""

    row: ThreadRow
    running: int = 0
    held: int = 0

    @property
    def lives(self) -> bool:
        """Whether anybody here is at it."""
        return bool(self.running or self.held)

    def begin(self, state: Packed, now: datetime) -> None:
        """One more runs. One that goes on after a failure no longer stands as failed."""
        goes_on: Packed = {} if self.running else {"status": "running", "error": ""}
        self.row = replace(self.row, **_about(state), **goes_on, last_at=now)

    def end(self, state: Packed, status: str, error: str, now: datetime) -> None:
        """One less runs. Where one of several side by side failed, the others do not mend that."""
        news: Packed = {} if self.row.status == "failed" else {"status": status, "error": error}
        self.row = replace(self.row, **_about(state), **news, last_at=now)


class Spans:
    """What the nodes of one opened product take. Nodes may run on its loop or in threads."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._threads: dict[str, _Thread] = {}
        self._changed: dict[UUID, SpanRow] = {}
        self._lock = threading.Lock()
        self._news, self._closed = asyncio.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lost = False

    def watching(self, graph: str) -> Watch:
        """A watch over the nodes of this graph."""
        return partial(self._watch, graph)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Write beside the work for as long as this is open, and what is left at its end."""
        self._loop = asyncio.get_running_loop()
        writer = asyncio.create_task(self._write_on())
        try:
            yield
        finally:
            self._closed.set()
            self._news.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(writer, CLOSE_S)

    @contextmanager
    def held(self, graph: str, thread_id: str, state: Packed) -> Iterator[Held]:
        """A thread is told as running for as long as this is held, also while it waits for its turn."""
        held, now = Held(), datetime.now(UTC)
        with self._lock:
            thread = self._thread(graph, thread_id, now)
            thread.begin(state, now)
            thread.held += 1
        try:
            yield held
        except BaseException as error:
            self._let_go(thread, "failed", error_line(error))
            raise
        self._let_go(thread, held.status, "")

    async def write(self) -> None:
        """Write now what is new."""
        await self._write()

    def _let_go(self, thread: _Thread, status: str, error: str) -> None:
        with self._lock:
            thread.held -= 1
            thread.row = replace(thread.row, status=status, error=error, last_at=datetime.now(UTC))
        self._tell()

    def _thread(self, graph: str, thread_id: str, now: datetime) -> _Thread:
        fresh = ThreadRow(thread_id, graph, "", "", "running", "", now, now)
        return self._threads.setdefault(thread_id, _Thread(fresh))

    def _watch(self, graph: str, node: str, work: Node, ends: Ends | None = None) -> Node:
        watched: Callable[..., Any]
        if inspect.iscoroutinefunction(work):

            @wraps(work)
            async def watched_async(state: Any) -> Any:
                with self._taken(graph, node, state, ends) as running:
                    running.update = await work(state)
                return running.update

            watched = watched_async
        else:

            @wraps(work)
            def watched_sync(state: Any) -> Any:
                with self._taken(graph, node, state, ends) as running:
                    running.update = work(state)
                return running.update

            watched = watched_sync
        return cast(Node, watched)

    @contextmanager
    def _taken(self, graph: str, node: str, state: Packed, ends: Ends | None) -> Iterator[_Running]:
        running = self._begin(graph, node, state)
        try:
            yield running
        except GraphBubbleUp:
            self._end(running, state, "waiting", "waiting")
            raise
        except BaseException as error:
            self._end(running, state, "failed", "failed", error_line(error))
            raise
        after = {**state, **(running.update or {})}
        self._end(running, after, "done", "finished" if ends is not None and ends(after) else "running")

    def _begin(self, graph: str, node: str, state: Packed) -> _Running:
        now, thread_id = datetime.now(UTC), str(get_config().get("configurable", {}).get("thread_id", ""))
        running = _Running(SpanRow(thread_id, new_id(), node, "running", "", now, None))
        if thread_id:
            with self._lock:
                thread = self._thread(graph, thread_id, now)
                thread.begin(state, now)
                thread.running += 1
                self._changed[running.row.id] = running.row
            self._tell()
        return running

    def _end(self, running: _Running, state: Packed, outcome: str, status: str, error: str = "") -> None:
        row, now = running.row, datetime.now(UTC)
        if row.thread_id:
            bill = _bill(row.node, running.update or {})
            with self._lock:
                thread = self._threads[row.thread_id]
                thread.running -= 1
                thread.end(state, status, error, now)
                self._changed[row.id] = replace(row, outcome=outcome, error=error, ended_at=now, **bill)
            self._tell()

    def _tell(self) -> None:
        loop = self._loop
        if loop is not None and not self._news.is_set() and not loop.is_closed():
            loop.call_soon_threadsafe(self._news.set)

    async def _write_on(self) -> None:
        while not self._closed.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), SIGN_S)
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), EVERY_S)
            await self._write()
        await self._write()  # what ended while that was being written

    async def _write(self) -> None:
        threads, changed = self._take()
        if not threads:
            return
        try:
            async with self._pool.connection(timeout=CLOSE_S) as connection:
                await spans.put(connection, threads, changed)
            self._lost = False
        except psycopg.Error as failure:
            if not self._lost:
                log.warning("spans of %d threads are lost, and more may be: %s", len(threads), error_line(failure))
            self._lost = True

    def _take(self) -> tuple[list[ThreadRow], list[SpanRow]]:
        """What is new, taken away. A thread in which something runs gives a sign of life; one that rests is let go."""
        now = datetime.now(UTC)
        with self._lock:
            for thread in self._threads.values():
                if thread.lives:
                    thread.row = replace(thread.row, last_at=now)
            threads, changed = [each.row for each in self._threads.values()], list(self._changed.values())
            self._threads = {name: each for name, each in self._threads.items() if each.lives}
            self._changed = {}
        return threads, changed


def error_line(error: BaseException) -> str:
    """The first line of an error without contact details, keys or passwords."""
    if isinstance(error, asyncio.CancelledError):
        return "stopped"
    said = str(error).strip().split("\n", 1)[0]
    line = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return redact(without_credentials(clean(line)))[:MOST_ERROR]


def _about(state: Mapping[str, Any]) -> dict[str, Any]:
    """Subject and title of a thread, as far as its state tells; the title of an idea is read where it is stored."""
    if design := _uuid(state.get("design_id")):
        return {"subject": f"design:{design}"}
    if listing := _uuid(state.get("listing_id")):
        return {"subject": f"listing:{listing}"}
    if idea := _uuid(state.get("idea_id")):
        revision = state.get("revision")
        return {"subject": f"idea:{idea}" if revision is None else f"idea:{idea}:{revision}"[:MOST_TITLE]}
    about = {"subject": f"run:{run}"} if (run := _uuid(state.get("run_id"))) else {}
    return {**about, "title": f"as of {state['as_of']}"[:MOST_TITLE]} if state.get("as_of") else about


def _uuid(given: object) -> UUID | None:
    with suppress(ValueError):
        return UUID(str(given))
    return None


def _bill(node: str, update: Packed) -> dict[str, Any]:
    """Tokens, cost and model of the finding that a node gave; of the sorter the model alone."""
    finding = (update.get("findings") or {}).get(node) or (update.get("coordination") or {}).get("finding")
    if not finding:
        return {"model": update.get("sorted_by") or None}
    return {name: finding[name] for name in ("input_tokens", "output_tokens", "cost_micro_usd", "model")}
