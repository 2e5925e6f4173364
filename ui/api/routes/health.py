"""Health: whether this process lives and can work, for whoever runs it; what `doctor` and `status` know, for admins."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import psycopg
from fastapi import APIRouter, Depends, Request
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, Field

from graphs.checkup import examine
from graphs.people import Deed
from graphs.product import Product
from graphs.status import Overview, body, overview
from store.errors import StoreError
from ui.api.access import Visit, tenants_of, visit
from ui.api.paging import Json
from ui.api.problems import Problem
from ui.api.sessions import plainly

router = APIRouter(tags=["health"])
Reading = Annotated[Visit, Depends(visit(Deed.READ_HEALTH))]
READY_S = 5.0


class Alive(BaseModel):
    """It answers."""

    status: Literal["ok"] = "ok"


class Check(BaseModel):
    """One thing that was looked at."""

    area: str
    name: str
    state: Literal["on", "skipped", "broken"]
    detail: str
    todo: str = Field(description="What would change its state.")


class Checks(BaseModel):
    """Everything that `doctor` looks at."""

    healthy: bool
    items: list[Check]


class Pace(BaseModel):
    """From signal to decision: 95 of 100 took at most so many seconds."""

    decisions: int
    newest_p95_s: float | None
    first_decisions: int
    first_p95_s: float | None


class LivePace(BaseModel):
    """To live, of listings that went live for the first time: 95 of 100 took at most so many seconds."""

    listings: int
    signal_p95_s: float | None = Field(description="Since the newest signal that the decision could know was stored.")
    approval_p95_s: float | None = Field(description="Since a person said yes.")


class Status(BaseModel):
    """Everything that `bellwether status` says."""

    at: datetime
    tenant: str
    queues: list[dict[str, Any]]
    workers: dict[str, Any]
    dead: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    allowances: list[dict[str, Any]]
    spend: dict[str, int]
    topics: list[dict[str, Any]] | None
    spikes: list[dict[str, Any]]
    keywords: list[dict[str, Any]]
    worth: dict[str, Any] | None
    pace: Pace | None
    live_pace: LivePace | None
    waiting: dict[str, Any]
    alarms: list[dict[str, Any]]
    untold: list[dict[str, Any]]
    channels: list[dict[str, Any]]


@router.get("/health/live")
async def live() -> Alive:
    """The process answers. Nobody is asked who they are."""
    return Alive()


@router.get("/health")
async def ready(request: Request) -> Alive:
    """Database and Redis answer, else 503. Nobody is asked who they are, nobody is told more."""
    tenants = tenants_of(request)
    try:
        async with asyncio.timeout(READY_S), tenants.product(tenants.home) as product:
            await _ask_both(product)
    except (StoreError, psycopg.OperationalError, PoolTimeout, TimeoutError):
        raise Problem(503, "not ready", {"Retry-After": "5"}) from None
    return Alive()


@router.get("/health/checks")
async def checks(visit: Reading) -> Checks:
    """What is on, what is skipped, what is broken, and what to do about it."""
    found = await asyncio.to_thread(lambda: list(examine(visit.product.settings)))
    broken = any(check.state == "broken" for check in found)
    return Checks(healthy=not broken, items=[Check(**asdict(check)) for check in found])


@router.get("/status", response_model=Status)
async def status(visit: Reading) -> Json:
    """Queues, workers, sources, limits, spend, what is hot, alarms: one look at everything."""
    hot, settings = visit.product.hot, visit.product.settings
    seen: Overview = await plainly(visit, overview, hot.redis, hot, settings, datetime.now(UTC))
    return Json(body(seen))


async def _ask_both(product: Product) -> None:
    async with product.pool.connection(READY_S) as connection:
        await connection.execute("SELECT 1")
    await asyncio.to_thread(product.hot.redis.call, "PING")
