"""Outcomes over the API: counts brought by row and as a CSV, refused by row, found again; experiments begun, read."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from graphs.people import People
from graphs.product import Product
from tests.integration.ui.api.conftest import headers_of
from tests.listed import wished

Headers = dict[str, str]
Client = httpx2.AsyncClient


@pytest.fixture
async def listing(product: Product) -> str:
    async with product.pool.connection() as connection:
        [made] = await wished(connection, "1")
    return str(made)


def rows(listing: str, **more: Any) -> dict[str, Any]:
    return {"source": "etsy", "rows": [{"listing": listing, "from": "2026-11-01", "views": 40, "orders": "2", **more}]}


async def test_counts_are_kept_once_and_what_cannot_be_is_refused_by_its_row(
    client: Client, ben: Headers, listing: str
) -> None:
    given = rows(listing, revenue="39.98", currency="USD")
    given["rows"].append({"listing": listing, "from": "2026-11-02", "impressions": 1, "clicks": 2})
    first = await client.post("/outcomes", headers=ben, json=given)
    assert first.status_code == 201, first.text
    told = first.json()
    assert (told["stored"], told["refused"], told["actor"]) == (3, 1, "ben")
    assert told["refused_rows"][0] | {"excerpt": ""} == {
        "row_no": 2, "reason": "clicks (2) above impressions (1)", "excerpt": "",
    }  # fmt: skip
    again = await client.post("/outcomes", headers=ben, json=given)
    assert (again.status_code, again.json()["id"]) == (200, told["id"])
    found = (await client.get(f"/listings/{listing}/outcomes", headers=ben)).json()["metrics"]
    assert {each["name"]: each["amount"] for each in found} == {"views": 40, "orders": 2, "revenue": 3998}
    refused = (await client.get(f"/outcomes/{told['id']}/refused", headers=ben)).json()["items"]
    assert len(refused) == 1
    assert len((await client.get("/outcomes", headers=ben)).json()["items"]) == 1


async def test_a_csv_is_read_as_the_command_reads_it(client: Client, ben: Headers, listing: str) -> None:
    content = f"Listing;Date;Visits\n{listing};2026-11-01;7\nbw-nobody;2026-11-01;7\n".encode()
    answer = await client.post(
        "/outcomes/files", headers=ben, files={"file": ("a.csv", content)}, data={"source": "shop"}
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["refused_rows"][0]["reason"] == "no listing 'bw-nobody' of yours"
    wrong = await client.post("/outcomes/files", headers=ben, files={"file": ("a.csv", b"x")}, data={"source": "shop"})
    assert (wrong.status_code, "wanted are listing" in wrong.json()["detail"]) == (422, True)


async def test_an_experiment_is_begun_once_and_read_with_its_counts(client: Client, ben: Headers) -> None:
    new = {"name": "Dogs", "arms": ["plain", "bold"]}
    begun = await client.post("/experiments", headers=ben, json=new)
    assert begun.status_code == 201, begun.text
    assert (await client.post("/experiments", headers=ben, json=new)).status_code == 200
    arm = {"arm": "Dogs/bold", "from": "2026-11-01", "impressions": 100, "clicks": 4}
    await client.post("/outcomes", headers=ben, json={"source": "mail", "rows": [arm]})
    where = f"/experiments/{begun.json()['id']}"
    found = (await client.get(where, headers=ben)).json()
    assert [(each["name"], each["successes"], each["trials"], each["is_control"]) for each in found["arms"]] == [
        ("plain", 0, 0, True), ("bold", 4, 100, False),
    ]  # fmt: skip
    assert found["arms"][0]["shows"] is None and found["arms"][1]["shows"]["is_significant"] is False
    over = (await client.post(f"{where}/end", headers=ben, json={"reason": "bold it is"})).json()
    assert (over["status"], over["why"]) == ("over", "bold it is")
    assert len((await client.get("/experiments", headers=ben)).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "a/b", "arms": ["x", "y"]}, 422),
        ({"name": "a", "arms": ["x", "x"]}, 422),
        ({"name": "a", "arms": ["x"]}, 422),
        ({"name": "a", "arms": ["x", "y"], "outcome": "joy/views"}, 422),
        ({"name": "a", "arms": ["x", "y"], "least_lift": 0}, 422),
    ],
)
async def test_an_experiment_that_cannot_be_is_refused(
    client: Client, ben: Headers, body: dict[str, Any], status: int
) -> None:
    assert (await client.post("/experiments", headers=ben, json=body)).status_code == status


async def test_who_may_only_look_brings_nothing(client: Client, people: People, listing: str) -> None:
    cleo = await headers_of(people, "default", "cleo", "creator")
    assert (await client.post("/outcomes", headers=cleo, json=rows(listing))).status_code == 403
    assert (await client.get(f"/listings/{listing}/outcomes", headers=cleo)).status_code == 200


async def test_another_tenants_listing_is_nobodys(client: Client, people: People, listing: str) -> None:
    other = await headers_of(people, "other", "eve", "business")
    told = (await client.post("/outcomes", headers=other, json=rows(listing))).json()
    assert (told["stored"], told["refused"]) == (0, 1)
    assert (await client.get(f"/listings/{listing}/outcomes", headers=other)).status_code == 404
