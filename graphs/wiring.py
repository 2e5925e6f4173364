"""Wiring: the only constructor of real collaborators."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from psycopg_pool import AsyncConnectionPool

from agents.chains import chains
from agents.coordinator import NAME as COORDINATOR
from agents.door import Ceilings, Door
from agents.panel import Panel
from agents.roster import SPECIALISTS
from agents.sorter import NAME as SORTER
from agents.sorter import Sorter
from graphs import analyze, discover
from graphs.casebook import Casebook
from graphs.database import prepared_url
from graphs.leases import Leases
from graphs.product import Product, Progress, tell_all
from graphs.reviews import Reviews
from graphs.saver import open_saver
from graphs.settings import Settings
from market.costs import load_default_costs
from store.calls import PostgresCalls
from store.postgres import connect, pool
from trends.score_table import Season


@asynccontextmanager
async def open_product(
    settings: Settings, panel: analyze.Judges | None = None, sorter: discover.Sorts | None = None
) -> AsyncIterator[Product]:
    """The product on its database, started and migrated; `panel` replaces who judges, `sorter` who sorts."""
    url = await asyncio.to_thread(prepared_url, settings)
    costs = await asyncio.to_thread(load_default_costs)
    async with (
        pool(url, settings.tenant) as connections,
        open_saver(url, settings.tenant) as saver,
        open_door(settings, connections) as door,
    ):
        casebook = Casebook(connections, settings.actor, settings.marketplace, settings.undo_s)
        nodes = analyze.build(panel or Panel(door, seed=settings.seed), SPECIALISTS, casebook, settings.manual_approval)
        analysis = nodes.compile(checkpointer=saver)
        leases = Leases(connections)
        by_model = Sorter(door, seed=settings.seed)
        told: list[Progress] = []
        discovery = discover.Discover(
            connect=partial(connect, url, settings.tenant),
            tenant=settings.tenant,
            actor=settings.actor,
            seed=settings.seed,
            exploration_ratio=settings.exploration_ratio,
            lead_days=settings.order_lead_days,
            season=Season(settings.seasonality),
            progress=partial(tell_all, told),
            sorter=sorter or (by_model if by_model.asks else None),
        )
        discovered = discover.build(discovery).compile(checkpointer=saver)
        reviews = Reviews(connections, analysis, settings.tenant, settings.actor, settings.undo_s, costs)
        try:
            yield Product(settings, url, connections, casebook, analysis, discovered, reviews, leases, told)
        finally:
            await leases.close()


@asynccontextmanager
async def open_door(settings: Settings, connections: AsyncConnectionPool[Any]) -> AsyncIterator[Door | None]:
    """The way to the models that the settings allow, each answer kept in PostgreSQL; None where they allow none."""
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line a request, once any library turns logging on
    keys = {
        "groq": settings.groq_api_key,
        "openai": settings.openai_api_key,
        "perplexity": settings.perplexity_api_key,
        "local": settings.model_api_key,
    }
    agents = [*(each.name for each in SPECIALISTS), COORDINATOR, SORTER]
    models = await asyncio.to_thread(
        chains,
        keys,
        base_url=settings.model_base_url,
        models=settings.models,
        agents=agents,
        timeout_s=settings.model_timeout_s,
    )
    ceilings = Ceilings(
        day_micro_usd=settings.day_ceiling_micro_usd,
        day_tokens=settings.day_ceiling_tokens,
        run_micro_usd=settings.run_ceiling_micro_usd,
        run_tokens=settings.run_ceiling_tokens,
    )
    try:
        calls = PostgresCalls(connections, settings.tenant)
        yield Door(models.routes, calls, ceilings, seed=settings.seed) if models.routes else None
    finally:
        await models.close()
