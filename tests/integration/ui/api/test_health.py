"""Health: told to nobody in particular as a word, to admins in full."""

from __future__ import annotations

import httpx2
import pytest
from fastapi import FastAPI

from graphs.people import People
from graphs.settings import Settings
from store.redis import Redis
from tests.integration.ui.api.conftest import headers_of


async def test_whoever_asks_is_told_whether_it_can_work_and_no_more(client: httpx2.AsyncClient) -> None:
    for path in ("/health", "/health/live"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_without_redis_it_lives_and_is_not_ready(api: FastAPI, client: httpx2.AsyncClient) -> None:
    async with api.state.tenants.product("default") as product:
        product.hot.redis = Redis(None)
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["detail"]) == (503, "not ready")
    assert (await client.get("/health/live")).status_code == 200


async def test_an_admin_reads_every_check_and_the_whole_status(
    client: httpx2.AsyncClient, admin: dict[str, str], settings: Settings
) -> None:
    checks = (await client.get("/health/checks", headers=admin)).json()
    assert {"database", "redis"} <= {each["name"] for each in checks["items"]} | {
        each["area"] for each in checks["items"]
    }
    status = (await client.get("/status", headers=admin)).json()
    assert (status["tenant"], status["waiting"]["count"]) == ("default", 0)


@pytest.mark.parametrize("path", ["/health/checks", "/status", "/metrics"])
async def test_others_do_not(client: httpx2.AsyncClient, people: People, path: str) -> None:
    ben = await headers_of(people, "default", "ben", "business")
    assert (await client.get(path)).status_code == 401
    assert (await client.get(path, headers=ben)).status_code == 403
