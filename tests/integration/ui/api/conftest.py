"""The API in this process on a real database and Redis, and callers of each role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from graphs.people import People
from graphs.product import Product
from graphs.settings import Settings
from store.migrate import add_tenant
from ui.api.app import PREFIX, build


@pytest.fixture
def settings(database: str, redis_address: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database_url=SecretStr(database), redis_url=SecretStr(redis_address))


@pytest.fixture
async def api(settings: Settings, database: str) -> AsyncIterator[FastAPI]:
    """The application as it is served, with a second tenant."""
    add_tenant(database, "other")
    app = build(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(api: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who comes with nothing."""
    transport = httpx2.ASGITransport(api, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://bellwether{PREFIX}") as opened:
        yield opened


@pytest.fixture
def people(api: FastAPI) -> People:
    found: People = api.state.people
    return found


@pytest.fixture
async def admin(people: People) -> dict[str, str]:
    """The headers of ana, admin of the home tenant."""
    return await headers_of(people, "default", "ana", "admin")


@pytest.fixture
async def ben(people: People) -> dict[str, str]:
    """The headers of ben, who does business for the home tenant."""
    return await headers_of(people, "default", "ben", "business")


@pytest.fixture
async def product(api: FastAPI) -> AsyncIterator[Product]:
    """The product of the home tenant, as the application has it open."""
    async with api.state.tenants.product("default") as opened:
        yield opened


async def headers_of(people: People, tenant: str, handle: str, role: str, tier: str = "pro") -> dict[str, str]:
    """A new member's headers."""
    await people.add_member(tenant, handle, role, tier)
    return {"Authorization": f"Bearer {(await people.add_key(tenant, handle))[1]}"}
