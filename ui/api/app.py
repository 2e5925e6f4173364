"""App: the API put together: what it opens, which routes it has, what stands around each request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI

from graphs.people import People
from graphs.settings import Settings
from graphs.tenants import Tenants
from ui.api import problems
from ui.api.audit import Audited
from ui.api.guard import Checked, Guard
from ui.api.idempotency import Idempotent
from ui.api.rates import Rated, open_rates
from ui.api.reference import router as reference
from ui.api.routes import (
    audit,
    batches,
    brands,
    curating,
    decisions,
    designs,
    health,
    ideas,
    jobs,
    keywords,
    listings,
    metrics,
    outcomes,
    people,
    promotion,
    reviews,
    runs,
    signals,
    tokens,
    weights,
)
from ui.api.streams import Streams
from ui.api.traffic import Counted, Traffic

PREFIX = "/api/v1"
ROUTERS: tuple[APIRouter, ...] = (
    ideas.router,
    reviews.router,
    decisions.router,
    tokens.router,
    people.router,
    audit.router,
    runs.router,
    signals.router,
    brands.router,
    batches.router,
    curating.router,
    designs.router,
    listings.router,
    outcomes.router,
    promotion.router,
    keywords.router,
    weights.router,
    jobs.router,
    health.router,
    metrics.router,
)
"""Every router of `ui.api.routes`."""
TURNS = 2
"""What takes much memory or disk, at the same time: measuring images, packing files."""
Opened = Callable[[], AbstractAsyncContextManager[Tenants]]


class Api(FastAPI):
    """An application whose description says what a problem looks like."""

    def openapi(self) -> dict[str, Any]:
        """The description of every route; made once."""
        described = super().openapi()
        described["components"]["schemas"]["Problem"] = problems.SCHEMA
        return described


def build(settings: Settings | None = None, opened: Opened | None = None) -> FastAPI:
    """The API over the database of the settings, or over what `opened` gives; nothing is opened before it is served."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        given = opened() if opened else Tenants(settings or Settings())
        async with given as tenants, open_rates(tenants.settings) as rates:
            app.state.tenants, app.state.rates = tenants, rates
            app.state.people = People(tenants)
            yield

    app = Api(
        title="Bellwether",
        version=version("bellwether"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
    )
    app.state.traffic, app.state.streams = Traffic(), Streams()
    app.state.turns = asyncio.Semaphore(TURNS)
    problems.add_to(app)
    app.add_middleware(Idempotent)
    app.add_middleware(Checked)
    app.add_middleware(Audited)
    app.add_middleware(Rated)
    app.add_middleware(Guard)
    app.add_middleware(Counted)  # the last one added stands outermost
    app.include_router(reference)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX, responses=problems.COMMON)
    return app
