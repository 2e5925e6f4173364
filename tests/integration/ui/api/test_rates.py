"""Rates of the API: who is counted by what, and what every answer says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from graphs.people import People
from graphs.settings import Settings
from store.redis import Redis
from tests.integration.ui.api.conftest import headers_of
from ui.api.app import PREFIX
from ui.api.rates import STRANGERS

Client = httpx2.AsyncClient
Headers = dict[str, str]
FORGED = {"Authorization": f"Bearer bw_default_{'0' * 32}_{'x' * 43}"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"tiers": {"few": 3, "pro": 600}})


@pytest.fixture
async def elsewhere(api: FastAPI) -> AsyncIterator[Client]:
    """A client with another address."""
    transport = httpx2.ASGITransport(api, raise_app_exceptions=False, client=("203.0.113.9", 4711))
    async with Client(transport=transport, base_url=f"http://bellwether{PREFIX}") as opened:
        yield opened


def told(answer: httpx2.Response) -> tuple[int, int, int]:
    limit, left, reset_s = (int(answer.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))
    assert 0 < reset_s <= 65
    return answer.status_code, limit, left


async def test_every_answer_says_how_many_more_may_come(client: Client, people: People):
    bo = await headers_of(people, "default", "bo", "creator", "few")
    assert [told(await client.get("/me", headers=bo)) for _ in range(3)] == [(200, 3, 2), (200, 3, 1), (200, 3, 0)]
    over = await client.get("/me", headers=bo)
    assert told(over) == (429, 3, 0)
    assert over.headers["Retry-After"] == over.headers["RateLimit-Reset"]
    assert over.headers["Content-Type"] == "application/problem+json"
    assert over.json()["detail"].startswith("more than 3 requests a minute: ask again in ")


async def test_each_key_has_its_own_minute_and_its_tokens_share_it(client: Client, people: People):
    bo, cy = [await headers_of(people, "default", handle, "creator", "few") for handle in ("bo", "cy")]
    issued = await client.post("/tokens", json={"api_key": bo["Authorization"].split()[1]})
    token = {"Authorization": f"Bearer {issued.json()['access_token']}"}
    for headers in (bo, token, bo):
        assert (await client.get("/me", headers=headers)).status_code == 200
    assert (await client.get("/me", headers=token)).status_code == 429
    assert (await client.get("/me", headers=cy)).status_code == 200


async def test_who_is_not_known_is_counted_by_address(client: Client, elsewhere: Client, admin: Headers):
    await client.get("/me", headers=admin)
    asked = [await client.get("/me", headers=headers) for headers in ({}, FORGED) * (STRANGERS // 2)]
    assert told(asked[0]) == (401, STRANGERS, STRANGERS - 2), "the first time, a key is a stranger's too"
    assert [each.status_code for each in asked[-3:]] == [401, 401, 429]
    assert (await client.post("/tokens", json={"api_key": "x"})).status_code == 429
    assert told(await elsewhere.get("/me")) == (401, STRANGERS, STRANGERS - 1)
    assert (await client.get("/me", headers=admin)).status_code == 200, "whoever was known here before is let in"


async def test_an_address_of_the_internet_of_today_counts_with_its_neighbours(api: FastAPI):
    left = []
    for host in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "fe80::1%eth0"):
        transport = httpx2.ASGITransport(api, client=(host, 1))
        async with Client(transport=transport, base_url=f"http://bellwether{PREFIX}") as opened:
            left.append(told(await opened.get("/me"))[2])
    assert left == [STRANGERS - 1, STRANGERS - 2, STRANGERS - 1, STRANGERS - 1]


async def test_after_a_flush_it_is_counted_anew(client: Client, people: People, redis: Redis):
    bo = await headers_of(people, "default", "bo", "creator", "few")
    for _ in range(3):
        await client.get("/me", headers=bo)
    redis.call("FLUSHALL")
    assert told(await client.get("/me", headers=bo)) == (200, 3, 2)


async def test_a_tier_that_is_no_longer_there_is_the_least(client: Client, people: People):
    bo = await headers_of(people, "default", "bo", "creator", "pro")
    people.tenants.settings.tiers = {"few": 3}
    assert told(await client.get("/me", headers=bo)) == (200, 3, 2)


class TestWithoutRedis:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")})

    async def test_the_same_rule_holds_in_the_process(self, client: Client, people: People):
        bo = await headers_of(people, "default", "bo", "creator", "few")
        assert [told(await client.get("/me", headers=bo)) for _ in range(4)] == [
            (200, 3, 2),
            (200, 3, 1),
            (200, 3, 0),
            (429, 3, 0),
        ]
