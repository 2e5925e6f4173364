"""App: the API put together: what it opens, which routes it has, what stands around each request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from graphs.settings import Settings
from graphs.tenants import Tenants
from ui.api import problems


def build(settings: Settings | None = None) -> FastAPI:
    """The API over the database of the settings; nothing is opened before it is served."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Tenants(settings or Settings()) as tenants:
            app.state.tenants = tenants
            yield

    app = FastAPI(
        title="Bellwether", version="0.1.0", lifespan=lifespan, docs_url="/api/docs", openapi_url="/api/v1/openapi.json"
    )
    problems.add_to(app)
    return app
