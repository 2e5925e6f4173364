"""Served: the zero-argument factories that `langgraph.json` names.

A server asks for a graph again and again, so what it stands on is opened once for each event loop and stays open as
long as the server runs. The server brings its own view of the checkpointer (`graphs.saver.checkpointer`).
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from weakref import WeakKeyDictionary

from agents.roster import SPECIALISTS
from graphs.product import Graph, Product
from graphs.rehearsal import rehearse
from graphs.settings import Settings
from graphs.wiring import open_product

_opened: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Product]] = WeakKeyDictionary()
_open = AsyncExitStack()


async def analyze() -> Graph:
    """Idea -> twelve agents -> review."""
    return (await _product()).analyze_graph


async def discover() -> Graph:
    """Signals -> scored ideas."""
    return (await _product()).discover_graph


async def _product() -> Product:
    loop = asyncio.get_running_loop()
    if loop not in _opened:
        _opened[loop] = loop.create_task(_enter())
    return await asyncio.shield(_opened[loop])


async def _enter() -> Product:
    settings = await asyncio.to_thread(Settings)
    await asyncio.to_thread(rehearse, SPECIALISTS)
    return await _open.enter_async_context(open_product(settings))
