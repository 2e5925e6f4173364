"""Wiring: the only constructor of real collaborators."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from psycopg_pool import AsyncConnectionPool

from agents.art_director import ArtDirector
from agents.chains import chains
from agents.coordinator import NAME as COORDINATOR
from agents.copywriter import NAME as COPYWRITER
from agents.copywriter import Copywriter
from agents.door import Ceilings, Door
from agents.panel import Panel
from agents.roster import SPECIALISTS
from agents.searcher import NAME as SEARCHER
from agents.searcher import Searcher
from agents.sorter import NAME as SORTER
from agents.sorter import Sorter
from graphs import analyze, discover, launch
from graphs.ageing import Ageing
from graphs.batches import Batches
from graphs.casebook import Casebook
from graphs.channels import configured
from graphs.database import prepared_url
from graphs.drafting import Drafting, read_ways
from graphs.easel import Easel
from graphs.firing import kit_of
from graphs.gatehouse import open_gatehouse
from graphs.keywords import Keywords, Searches, WebDiscovery
from graphs.kiln import Kiln
from graphs.launches import Launches
from graphs.leases import Leases
from graphs.library import Library
from graphs.notices import Notices
from graphs.outcomes import Outcomes
from graphs.product import Product, Progress, tell_all
from graphs.promotion import Division, Promotion
from graphs.pulls import Pulls
from graphs.pushing import Pusher
from graphs.reviews import Reviews
from graphs.runs import Runs
from graphs.saver import open_saver
from graphs.settings import Settings
from graphs.shops import Shops
from graphs.spans import Spans
from graphs.spikes import Spikes
from graphs.telling import Telling
from graphs.turnstile import Turnstile
from graphs.workshop import PLACES, Workshop
from market.costs import load_default_costs
from store.assets import Assets
from store.calls import PostgresCalls
from store.keywords import kept_worth
from store.limits import Cap, PostgresLimits, RedisLimits
from store.postgres import connect, pool
from store.redis import AsyncRedis, Redis, redis_url
from trends.hot import Hot
from trends.score_table import Season


@asynccontextmanager
async def open_product(
    settings: Settings,
    panel: analyze.Judges | None = None,
    sorter: discover.Sorts | None = None,
    searcher: Searches | None = None,
) -> AsyncIterator[Product]:
    """The product on its database, started and migrated.

    `panel` replaces who judges, `sorter` who sorts, `searcher` who looks on the web.
    """
    url = await asyncio.to_thread(prepared_url, settings)
    costs = await asyncio.to_thread(load_default_costs)
    given = settings.redis_url.get_secret_value() if settings.redis_url else None
    address = await asyncio.to_thread(redis_url, settings.home, given)
    redis = Redis(address)
    async with (
        pool(url, settings.tenant) as connections,
        open_saver(url, settings.tenant) as saver,
        open_door(settings, connections, address) as door,
        Kiln(1) as kiln,
    ):
        session = partial(connect, url, settings.tenant)
        casebook = Casebook(connections, settings.actor, settings.marketplace, settings.undo_s)
        judges = panel or Panel(door, seed=settings.seed)
        spans = Spans(connections)
        watch = spans.watching("analyze")
        nodes = analyze.build(judges, SPECIALISTS, casebook, settings.manual_approval, watch)
        analysis = nodes.compile(checkpointer=saver)
        leases = Leases(connections)
        telling = Telling(connections, analysis, settings.tenant, leases)
        told: list[Progress] = []
        web = WebDiscovery(session, searcher or Searcher(door, seed=settings.seed))
        by_model = Sorter(door, seed=settings.seed)
        sorts = sorter or (by_model if by_model.asks else None)
        discovery = discover.build(_discover(settings, session, sorts, web, told), spans.watching("discover"))
        hot = Hot(redis, session)
        pulls = Pulls(session, settings, redis, hot.listen)
        workshop = Workshop(
            pool=connections,
            saver=saver,
            tenant=settings.tenant,
            actor=settings.actor,
            folder=settings.home / "assets",
            places=settings.draw_places or PLACES,
            kit=kit_of(settings),
            director=ArtDirector(door, seed=settings.seed),
            watch=spans.watching("produce"),
        )
        library = Library(connections, settings.actor, settings.home / "assets")
        fast = AsyncRedis(address)
        turnstile = Turnstile(lambda rules: RedisLimits(fast, PostgresLimits(connections, rules), rules))
        shops = Shops(settings.shops, settings.home, turnstile)
        drafting = Drafting(connections, library, Copywriter(door, seed=settings.seed), settings.seed)
        gatehouse = await open_gatehouse(settings, drafting, turnstile)
        launches = Launches(
            pool=connections,
            tenant=settings.tenant,
            actor=settings.actor,
            leases=leases,
            writer=drafting,
            gates=gatehouse,
            markets=shops,
            ways=read_ways(settings.launch_to, "BELLWETHER_LAUNCH_TO: "),
            undo_s=settings.undo_s,
        )
        launching = launch.build(launches, settings.automatic_posting, spans.watching("launch"))
        launches.graph = launching.compile(checkpointer=saver)
        product = Product(
            settings=settings,
            url=url,
            pool=connections,
            casebook=casebook,
            analyze_graph=analysis,
            discover_graph=discovery.compile(checkpointer=saver),
            reviews=Reviews(connections, telling, settings.actor, settings.undo_s, costs),
            leases=leases,
            pulls=pulls,
            keywords=Keywords(session, web, kept_worth(redis, settings.tenant)),
            hot=hot,
            spikes=Spikes(hot),
            notices=Notices(session, configured(settings)[0], settings.notices_per_hour),
            progress=told,
            batches=Batches(connections, settings.actor, settings.home / "assets", kit_of(settings)),
            library=library,
            launches=launches,
            outcomes=Outcomes(connections, settings.actor),
            promotion=Promotion(connections, settings.actor, _division(settings), settings.seed),
            shops=shops,
            pusher=Pusher(connections, settings.actor, shops, Assets(settings.home / "assets"), turnstile.shut),
            ageing=Ageing(
                pool=connections,
                actor=settings.actor,
                folder=settings.home / "assets",
                archive_days=settings.archive_days,
                cold_days=settings.cold_days,
                cold=settings.cold_folder,
            ),
            workshop=workshop,
            easel=Easel(workshop, kiln),
        )
        product.runs = Runs(product, judges, spans)
        try:
            async with spans.writing():
                try:
                    yield product
                finally:
                    await product.runs.close()
        finally:
            await telling.close()
            await launches.close()
            await shops.close()
            await gatehouse.close()
            await fast.close()
            await pulls.close()
            await leases.close()
            redis.close()


def _division(settings: Settings) -> Division:
    return Division(
        settings.promotion_cents,
        settings.promotion_floor_cents,
        settings.promotion_cap_ratio,
        timedelta(days=settings.promotion_half_life_days),
    )


def _discover(
    settings: Settings,
    session: discover.Connect,
    sorter: discover.Sorts | None,
    web: discover.Web,
    told: list[Progress],
) -> discover.Discover:
    """The nodes of discovery as the settings have them."""
    return discover.Discover(
        connect=session,
        tenant=settings.tenant,
        actor=settings.actor,
        seed=settings.seed,
        exploration_ratio=settings.exploration_ratio,
        lead_days=settings.order_lead_days,
        season=Season(settings.seasonality),
        progress=partial(tell_all, told),
        sorter=sorter,
        web=web,
    )


@asynccontextmanager
async def open_door(
    settings: Settings, connections: AsyncConnectionPool[Any], redis: str | None = None
) -> AsyncIterator[Door | None]:
    """The way to the models that the settings allow, each answer kept in PostgreSQL; None where they allow none.

    What providers allow is counted in Redis for all workers, in PostgreSQL while that is away.
    """
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line a request, once any library turns logging on
    keys = {
        "groq": settings.groq_api_key,
        "openai": settings.openai_api_key,
        "perplexity": settings.perplexity_api_key,
        "local": settings.model_api_key,
    }
    agents = [*(each.name for each in SPECIALISTS), COORDINATOR, SORTER, SEARCHER, COPYWRITER]
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
    fast = AsyncRedis(redis)
    limits = RedisLimits(fast, PostgresLimits(connections))
    caps = {name: Cap(**given.model_dump()) for name, given in settings.limits.items()}
    try:
        calls = PostgresCalls(connections, settings.tenant)
        yield Door(models.routes, calls, ceilings, None, limits, caps, seed=settings.seed) if models.routes else None
    finally:
        await models.close()
        await fast.close()
