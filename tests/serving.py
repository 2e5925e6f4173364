"""The API as it is served, over real sockets: what the acceptance tests of the API share.

Two tenants, each with members of every role, judged ideas, answers, keywords, weights, dead letters and quarantined
rows. What is the second's alone carries KNOWN, which a stranger may have heard of, and SECRET, which nobody else has.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from psycopg import Connection

from evals.bench.stage import store_idea
from graphs.outcomes import Outcomes
from graphs.people import People, Role
from graphs.produce import Plan
from graphs.product import Product
from graphs.settings import Settings
from graphs.tenants import Tenants
from store.assets import Assets
from store.migrate import add_tenant
from store.postgres import connect
from store.weights import FIVE, add_weights
from trends.keywords import own_keyword
from ui.api.app import PREFIX, build

HOME, OTHER = "default", "other"
KNOWN, SECRET = "quokkaword", "numbatword"
TOKEN_SECRET = "a-secret-of-the-tokens-of-these-tests"
WEBHOOK_SECRET = "a-secret-of-the-webhook-of-these-tests"
START_S = 60.0
SUBJECTS = ("teapot", "octopus", "hedgehog", "lighthouse")

DEAD = """
INSERT INTO dead_letter (tenant_id, job_id, queue, task, priority, args, error, digest)
SELECT current_setting('bellwether.tenant'), n, 'scan', 'pull', 0, jsonb_build_object('source', %s::text), %s, 'd'
FROM generate_series(%s::int, %s::int) n
"""
NOTICE = """
INSERT INTO notice (tenant_id, key, kind, severity, subject, body, thread)
VALUES (current_setting('bellwether.tenant'), %s, 'person', 'info', %s, %s, 'waiting')
"""


@dataclass(slots=True)
class World:
    """What one tenant has."""

    tenant: str
    keys: dict[str, str] = field(default_factory=dict)
    """API key by role."""
    key_ids: list[UUID] = field(default_factory=list)
    ideas: list[UUID] = field(default_factory=list)
    files: list[UUID] = field(default_factory=list)
    jobs: list[int] = field(default_factory=list)
    batches: list[UUID] = field(default_factory=list)
    designs: dict[str, UUID] = field(default_factory=dict)
    """By the id of the row: "1" and "2" are done, with files; "3" is dead, "4" waits."""
    listings: list[UUID] = field(default_factory=list)
    """Of designs "1" and "2": one waits, one is approved and queued."""
    keys_of_listings: list[str] = field(default_factory=list)
    deliveries: list[UUID] = field(default_factory=list)
    experiments: list[UUID] = field(default_factory=list)

    def headers(self, role: str = "admin") -> dict[str, str]:
        """Of a member with this role."""
        return {"Authorization": f"Bearer {self.keys[role]}"}


@dataclass(slots=True)
class Served:
    """A started API."""

    address: str
    settings: Settings
    app: FastAPI
    loop: asyncio.AbstractEventLoop
    worlds: dict[str, World]

    @property
    def url(self) -> str:
        """Under which the routes are."""
        return self.address + PREFIX

    def session(self, tenant: str = HOME) -> Connection[Any]:
        """A session of a tenant. Use as `with`."""
        return connect(database_of(self.settings), tenant)


@contextmanager
def served_on(settings: Settings) -> Iterator[Served]:
    """The API with these settings, over a fresh database that is filled first."""
    worlds = asyncio.run(_fill(settings))
    app = build(settings)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", ws="none"))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve(),), daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + START_S
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline, "the API did not start"
            time.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Served(f"http://127.0.0.1:{port}", settings, app, loop, worlds)
    finally:
        server.should_exit = True
        thread.join(START_S)
        loop.close()


def database_of(settings: Settings) -> str:
    """The address of its database."""
    assert settings.database_url is not None
    return settings.database_url.get_secret_value()


async def _fill(settings: Settings) -> dict[str, World]:
    await asyncio.to_thread(add_tenant, database_of(settings), OTHER)
    async with Tenants(settings) as tenants:
        people, worlds = People(tenants), {}
        for tenant, known, secret in ((HOME, "", ""), (OTHER, KNOWN, SECRET)):
            worlds[tenant] = world = World(tenant)
            await _let_in(people, world, known, secret)
            async with tenants.product(tenant) as product:
                await _stock(product, world, known, secret)
    return worlds


async def _let_in(people: People, world: World, known: str, secret: str) -> None:
    for role in Role:
        handle = f"{known or 'plain'}-{role}"
        await people.add_member(world.tenant, handle, role, "scale", f"{secret} {role}".strip())
        row, world.keys[role] = await people.add_key(world.tenant, handle, f"{secret} key".strip())
        world.key_ids.append(row["id"])


async def _stock(product: Product, world: World, known: str, secret: str) -> None:
    with connect(product.url, world.tenant) as session:
        for subject in SUBJECTS:
            idea = store_idea(session, f"{subject} {world.tenant}", comparables=6)
            session.execute(
                "UPDATE idea SET phrase = %s, audience = %s WHERE id = %s",
                (f"{known} {subject}".strip(), f"{secret} crafters".strip(), idea),
            )
            world.ideas.append(idea)
    for idea in world.ideas:
        await product.analyze(idea)
    await product.reviews.approve(world.ideas[0], reason=f"{secret} sells".strip())
    await product.reviews.reject(world.ideas[1], f"{secret} does not".strip())
    await _stock_tables(product, world, known, secret)
    await _stock_studio(product, world, known, secret)
    await _stock_listings(product, world, known, secret)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{secret or 'plain'}.csv"
        path.write_text(f"text,created_at\nMoss wall {world.tenant},2026-11-19T10:00:00Z\n{secret} mug,no time\n")
        await asyncio.to_thread(product.pulls.take_file, path)
    with connect(product.url, world.tenant) as session:
        world.files = [file for (file,) in session.execute("SELECT file_id FROM brought_file")]


async def _stock_tables(product: Product, world: World, known: str, secret: str) -> None:
    from datetime import UTC, datetime

    from store.keywords import add_keyword

    now, first = datetime.now(UTC), 1_000 if known else 1
    world.jobs = [first, first + 1]
    with connect(product.url, world.tenant) as session:
        for phrase in (f"{known} mug", f"{secret} wall"):
            add_keyword(session, own_keyword(phrase, now), f"{known or 'plain'}-business")
        session.execute(DEAD, (secret or "reddit", f"SourceDown: {secret}", *world.jobs))
        session.execute(NOTICE, (f"{secret}-key", f"{secret} waits", f"{secret} body"))
    async with product.pool.connection() as connection:
        await add_weights(connection, dict.fromkeys(FIVE, 0.2), f"{secret} sold best", f"{known or 'plain'}-admin", now)


async def _stock_studio(product: Product, world: World, known: str, secret: str) -> None:
    """A brand, a batch that runs and one that is over, and designs with files whose bytes say whose they are."""
    from dataclasses import asdict

    from store.batches import NewBatch, put_batch, put_brand
    from store.designs import bury_design, put_attempt, take
    from store.ids import new_id
    from studio.brand import pack_profile
    from studio.house import HOUSE
    from tests.batched import file_all, rows

    actor, profile = f"{known or 'plain'}-business", {**pack_profile(HOUSE), "terms": [f"{secret} bold"]}
    assets, worker = Assets(product.settings.home / "assets"), new_id()
    told = {
        each: {"key": f"{world.tenant}{each:0>60}"[-64:], "files": _files(assets, f"{secret} {each} {world.tenant}"),
               "tags": {f"{secret} bold".strip(): 0.9, "bold": 0.8}}
        for each in ("1", "2")
    }  # fmt: skip
    async with product.pool.connection() as session:
        brand = await put_brand(session, f"{known} brand".strip(), profile, [told["1"]["files"][0]["sha256"]], actor)
        plan = asdict(Plan(width=64, height=80))
        for name, ids in (("over", ("1", "2")), ("running", ("3", "4"))):
            given = rows(*ids, text=f"{known} {secret} design".strip())
            new = NewBatch(str(new_id()), f"{known} {secret} {name}".strip(), brand["id"], plan, given, actor)
            batch_id, _ = await put_batch(session, new)
            world.batches.append(batch_id)
            if name == "over":
                world.designs |= await file_all(session, told)
        for row in await take(session, worker, actor, 1):
            seen = {"key": "k", "renderer": "typographic", "knobs": {}, "checked": {"why": secret}, "passed": False,
                    "drawn": True, "seconds": 1.0}  # fmt: skip
            await put_attempt(session, row["id"], 0, seen)
            await bury_design(session, worker, row["id"], "style", f"{secret} missed", actor)
            world.designs["3"] = row["id"]
        cursor = await session.execute("SELECT id FROM design WHERE row_id = '4'")
        [(world.designs["4"],)] = await cursor.fetchall()


async def _stock_listings(product: Product, world: World, known: str, secret: str) -> None:
    """A listing that waits, whose gate somebody let pass, and one that is approved and goes out in an hour."""
    from market.listing import pack
    from store import listings, outbox
    from store.listings import Draft, Wish
    from tests.listed import gate, listing_of

    actor = f"{known or 'plain'}-business"
    wishes = [Wish(world.designs[each], "folder", "en", world.ideas[0], 1) for each in ("1", "2")]
    async with product.pool.connection() as session:
        for row, _ in await listings.put_listings(session, world.tenant, wishes, actor):
            title = f"{known} shirt".strip()
            body = listing_of(row["key"], title=title, description=f"{secret} shirt", tags=(f"{secret} moss".strip(),))
            nth = await listings.save_draft(session, row["id"], Draft(pack(body), body.digest, "templates"), actor)
            gates = [gate("trademark", "blocked", f"{secret} is a mark"), gate("bounds")]
            await listings.save_gates(session, row["id"], nth, gates, actor)
            await listings.let_pass(session, row["id"], ["trademark"], f"{known or 'plain'}-admin", f"{secret} is ours")
            world.listings.append(row["id"])
            world.keys_of_listings.append(row["key"])
        await outbox.approve(session, world.listings[1], actor, 3600.0, reason=f"{secret} sells")
        await listings.mark_told(session, world.listings[1])
    await _stock_outcomes(product.outcomes.by(actor), world, secret)


async def _stock_outcomes(outcomes: Outcomes, world: World, secret: str) -> None:
    """What became of the first listing, a row that was refused, an experiment with counts."""
    source = f"{secret} shop".strip()
    begun, _ = await outcomes.begin(f"{secret} test".strip(), "email", [f"{secret} plain".strip(), "bold"])
    world.experiments.append(begun["id"])
    day = {"from": "2026-11-01"}
    rows = [
        {**day, "listing": str(world.listings[0]), "views": 7, "orders": 1},
        {**day, "listing": f"{secret} nobody"},
        {**day, "arm": str(begun["arms"][0]["id"]), "impressions": 100, "clicks": 3},
    ]
    delivery, _ = await outcomes.bring(rows, source)
    world.deliveries.append(delivery["id"])


def _files(assets: Assets, said: str) -> list[dict[str, Any]]:
    """A print file and a thumbnail that say whose they are."""
    from io import BytesIO

    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    made = []
    for kind in ("print", "thumb"):
        content, told = BytesIO(), PngInfo()
        told.add_text("comment", f"{said} {kind}")
        Image.new("RGBA", (64, 80), "#c8502d").save(content, "PNG", pnginfo=told)
        digest = assets.put(content.getvalue())
        size = len(content.getvalue())
        made.append({"kind": kind, "sha256": digest, "media_type": "image/png", "bytes": size})
    return made
