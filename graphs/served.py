"""Served: the zero-argument factories that `langgraph.json` names, and the products that they and the API share.

A server asks for a graph again and again, so what it stands on is opened once for each event loop and stays open until
`close`. Its graphs are those of the home tenant; the API that is mounted beside them serves every tenant from the same
`Tenants`. The server brings its own view of the checkpointer (`graphs.saver.checkpointer`).
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from agents.roster import SPECIALISTS
from graphs.product import Graph
from graphs.rehearsal import rehearse, rehearse_listing
from graphs.settings import Settings
from graphs.tenants import Tenants


@dataclass(slots=True)
class _Opened:
    """What one event loop has opened."""

    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    tenants: asyncio.Task[Tenants] | None = None


_opened: WeakKeyDictionary[asyncio.AbstractEventLoop, _Opened] = WeakKeyDictionary()


async def analyze() -> Graph:
    """Idea -> twelve agents -> review."""
    found = await tenants()
    async with found.product(found.home) as product:
        return product.analyze_graph


async def discover() -> Graph:
    """Signals -> scored ideas."""
    found = await tenants()
    async with found.product(found.home) as product:
        return product.discover_graph


async def produce() -> Graph:
    """One design of a batch: brief -> checked drawing -> filed, or buried."""
    found = await tenants()
    async with found.product(found.home) as product:
        return product.easel.graph


async def launch() -> Graph:
    """One listing: draft -> gates -> a person -> the outbox."""
    found = await tenants()
    async with found.product(found.home) as product:
        return product.launches.compiled


async def tenants() -> Tenants:
    """The products of this event loop, the home tenant's open; where opening failed, it is tried again."""
    loop = asyncio.get_running_loop()
    opened = _opened.setdefault(loop, _Opened())
    if opened.tenants is None or _failed(opened.tenants):
        opened.tenants = loop.create_task(_enter(opened.stack))
    return await asyncio.shield(opened.tenants)


async def close() -> None:
    """Close what this event loop has opened."""
    opened = _opened.pop(asyncio.get_running_loop(), None)
    if opened is not None:
        await opened.stack.aclose()


async def _enter(stack: AsyncExitStack) -> Tenants:
    settings = await asyncio.to_thread(Settings)
    await asyncio.to_thread(rehearse, SPECIALISTS)
    await asyncio.to_thread(rehearse_listing)
    found = await stack.enter_async_context(Tenants(settings))
    await stack.enter_async_context(found.product(found.home))  # the graphs that were handed out stand on it
    return found


def _failed(task: asyncio.Task[Tenants]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
