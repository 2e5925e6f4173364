"""Promotion over the API: a day is divided once and read with its chances; what cannot be divided says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import httpx2

from graphs.people import People
from graphs.product import Product
from store import outbox
from store.ids import new_id
from tests.integration.ui.api.conftest import headers_of
from tests.listed import approved

Headers = dict[str, str]
Client = httpx2.AsyncClient


async def test_a_day_is_divided_once_and_read_with_its_chances(client: Client, ben: Headers, product: Product) -> None:
    refused = await client.post("/promotion", headers=ben, json={})
    assert (refused.status_code, "BELLWETHER_PROMOTION_CENTS" in refused.json()["detail"]) == (422, True)
    worker = new_id()
    async with product.pool.connection() as connection:
        await approved(connection, "1", "2")
        for row in await outbox.take(connection, worker, "me", 2):
            await outbox.settle(connection, worker, row, "live", "me", native={"id": "7"})
    division = replace(product.promotion.division, budget_cents=1_000)
    product.promotion = replace(product.promotion, division=division)
    first = await client.post("/promotion", headers=ben, json={})
    assert first.status_code == 201, first.text
    told = first.json()
    assert (sum(each["cents"] for each in told["shares"]), told["actor"], len(told["shares"])) == (1_000, "ben", 2)
    assert (await client.post("/promotion", headers=ben, json={})).status_code == 200
    shown = await client.get(f"/promotion/{datetime.now(UTC):%Y-%m-%d}", headers=ben)
    assert shown.json() == told
    [day] = (await client.get("/promotion", headers=ben)).json()["items"]
    assert (day["listings"], day["cents"]) == (2, 1_000)


async def test_a_day_on_which_nothing_was_divided_is_not_found(client: Client, ben: Headers) -> None:
    assert (await client.get("/promotion/2026-01-01", headers=ben)).status_code == 404
    assert (await client.post("/promotion", headers=ben, json={"day": "2020-01-01"})).status_code == 422


async def test_who_may_only_look_divides_nothing(client: Client, people: People) -> None:
    cleo = await headers_of(people, "default", "cleo", "creator")
    assert (await client.post("/promotion", headers=cleo, json={})).status_code == 403
