"""People on PostgreSQL: who a key or token names, what forged ones meet, members and the tokens of their keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from graphs.people import People, Unknown
from graphs.settings import Settings
from graphs.tenants import Tenants
from store.migrate import add_tenant


@pytest.fixture
def settings(database: str, redis_address: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database_url=SecretStr(database), redis_url=SecretStr(redis_address))


@pytest.fixture
async def people(settings: Settings, database: str) -> AsyncIterator[People]:
    add_tenant(database, "other_one")
    async with Tenants(settings) as tenants:
        yield People(tenants)


@pytest.fixture
async def key(people: People) -> str:
    """The API key of ana, who is admin of the home tenant."""
    await people.add_member("default", "ana", "admin", "pro", "Ana")
    _, text = await people.add_key("default", "ana")
    return text


async def test_a_key_names_its_holder(people: People, key: str):
    person = await people.identify(key)
    assert (person.tenant, person.handle, person.role, person.tier) == ("default", "ana", "admin", "pro")
    assert key.startswith(f"bw_default_{person.key_id.hex}_")
    tokens = await people.exchange(key)
    assert await people.identify(tokens.access) == person
    tokens = await people.refresh(tokens.refresh)
    assert await people.identify(tokens.access) == person
    await people.sign_out(tokens.refresh)
    with pytest.raises(Unknown):
        await people.identify(tokens.access)
