"""Served: the API as `langgraph.json` mounts it, in one process and over the same products as the graphs of Studio.

The server puts its own routes beside those of the application that it is given. So that application has one route, the
whole API with all that stands around it, and what the server serves itself is counted, guarded and written down in the
same way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from graphs import served
from graphs.tenants import Tenants
from ui.api.app import build
from ui.api.audit import Audited
from ui.api.guard import Guard
from ui.api.rates import Rated
from ui.api.studio import Besides, Doorway


@asynccontextmanager
async def _shared() -> AsyncIterator[Tenants]:
    try:
        yield await served.tenants()
    finally:
        await served.close()


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    async with api.router.lifespan_context(api):
        yield


api = build(opened=_shared)
app = Starlette(
    routes=[Route("/api/{path:path}", api, include_in_schema=False)],
    lifespan=_lifespan,
    middleware=[
        Middleware(Doorway),
        Middleware(Besides, around=Guard),
        Middleware(Besides, around=Rated),
        Middleware(Besides, around=Audited),
    ],
)
app.state = api.state
