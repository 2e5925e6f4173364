"""Designs over the API: asked for by a text, searched, shown, and their files: whole, in part, or known already."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from graphs.people import People
from graphs.product import Product
from store.ids import new_id
from tests.integration.ui.api.conftest import headers_of
from ui.api import streams

Headers = dict[str, str]
SMALL = {"size": "64x80"}


@pytest.fixture
async def product(api: FastAPI) -> Any:
    """The product whose workshop draws plainly (`tests.kilns`)."""
    async with api.state.tenants.product("default") as opened:
        shop = opened.workshop
        shop.folder.mkdir()
        shop.fire, shop.version, shop.places = "tests.kilns:fire", "tests.kilns:version_of", 1
        yield opened


async def drawn(client: httpx2.AsyncClient, studio: Product, headers: Headers, text: str, **more: Any) -> str:
    """Where a design is that was asked for and drawn."""
    asked = await client.post("/designs", headers=headers, json={"text": text, **SMALL, **more})
    assert asked.status_code == 201, asked.text
    await studio.workshop.work(UUID(asked.json()["batch_id"]), stay=True)
    return f"/designs/{asked.json()['id']}"


async def found(client: httpx2.AsyncClient, headers: Headers, **params: Any) -> list[str]:
    answer = await client.get("/designs", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return [each["text"] for each in answer.json()["items"]]


async def test_one_design_is_asked_for_drawn_and_shown(
    client: httpx2.AsyncClient, ben: Headers, product: Product
) -> None:
    where = await drawn(client, product, ben, "Moss", hook="est. 1986", product="mug", seed=4)
    shown = (await client.get(where, headers=ben)).json()
    assert (shown["text"], shown["product"], shown["row"]["hook"], shown["brand"]) == (
        "Moss",
        "mug",
        "est. 1986",
        "house",
    )
    assert [event["to_status"] for event in shown["events"]] == ["drawing", "done"]
    assert (len(shown["attempts"]), shown["versions"][0]["version"], list(shown["files"])) == (1, 1, ["print"])
    batch = (await client.get(f"/batches/{shown['batch_id']}", headers=ben)).json()
    assert (batch["name"], batch["total"], batch["plan"]["seed"], batch["actor"]) == ("Moss", 1, 4, "ben")


async def test_the_same_design_again_is_found_and_a_dead_one_is_drawn_anew(
    client: httpx2.AsyncClient, ben: Headers, product: Product
) -> None:
    where = await drawn(client, product, ben, "Moss")
    again = await client.post("/designs", headers=ben, json={"text": "Moss", **SMALL})
    assert (again.status_code, f"/designs/{again.json()['id']}", again.json()["status"]) == (200, where, "done")
    dead = await drawn(client, product, ben, "full")
    assert (await client.get(dead, headers=ben)).status_code == 409
    anew = await client.post("/designs", headers=ben, json={"text": "full", **SMALL})
    assert (anew.status_code, anew.json()["status"], f"/designs/{anew.json()['id']}" != dead) == (200, "waiting", True)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"text": "   "}, 422),
        ({"text": "!?"}, 422),
        ({"text": "x" * 601}, 422),
        ({"text": "Moss", "product": "submarine"}, 422),
        ({"text": "Moss", "brand": "nobody's"}, 404),
        ({"text": "Moss", "size": "9x9"}, 422),
        ({}, 422),
    ],
)
async def test_what_cannot_be_drawn_is_a_problem(
    client: httpx2.AsyncClient, ben: Headers, given: dict[str, Any], status: int
) -> None:
    refused = await client.post("/designs", headers=ben, json=given)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert (await client.get("/batches", headers=ben)).json()["items"] == []


async def test_designs_are_searched_by_word_category_tag_brand_and_batch(
    client: httpx2.AsyncClient, ben: Headers, product: Product
) -> None:
    moss, fern = [await drawn(client, product, ben, text) for text in ("Moss frame", "Fern")]
    assert await found(client, ben) == ["Fern", "Moss frame"]
    assert await found(client, ben, text="moss FRA") == ["Moss frame"]
    assert await found(client, ben, text=fern.removeprefix("/designs/")) == ["Fern"]
    assert await found(client, ben, tag="plain", category="quotes", brand="house") == ["Fern", "Moss frame"]
    assert await found(client, ben, tag=["plain", "bold"]) == []
    assert await found(client, ben, tag="plain", sure=0.9) == []
    assert await found(client, ben, brand="acme") == []
    assert await found(client, ben, deleted=True) == []
    assert await found(client, ben, until="2020-01-01T00:00:00Z") == []
    batch = (await client.get(moss, headers=ben)).json()["batch_id"]
    assert await found(client, ben, batch_id=batch, sort="score", least_score=0.5) == ["Moss frame"]
    facets = (await client.get("/designs/facets", headers=ben)).json()
    assert facets == {"count": 2, "more": False, "categories": {"quotes": 2}, "tags": {"plain": 2}}
    for wrong in ({"since": "yesterday"}, {"least_score": 2}, {"sort": "worst"}, {"cursor": "x"}, {"batch_id": "1"}):
        assert (await client.get("/designs", headers=ben, params=wrong)).status_code == 422, wrong


async def test_designs_are_listed_a_page_at_a_time(client: httpx2.AsyncClient, ben: Headers, product: Product) -> None:
    for text in ("Moss", "Fern", "Oak"):
        await drawn(client, product, ben, text)
    for sort in ("newest", "score"):
        first = (await client.get("/designs", headers=ben, params={"limit": 2, "sort": sort})).json()
        rest = (await client.get("/designs", headers=ben, params={"sort": sort, "cursor": first["next"]})).json()
        assert sorted(each["text"] for each in first["items"] + rest["items"]) == ["Fern", "Moss", "Oak"]
        assert rest["next"] is None
    other = await client.get("/designs", headers=ben, params={"sort": "newest", "cursor": first["next"]})
    assert other.status_code == 422


async def test_a_file_comes_whole_in_part_or_not_at_all_where_it_is_known(
    client: httpx2.AsyncClient, ben: Headers, product: Product
) -> None:
    where = await drawn(client, product, ben, '../../etc/"passwd"\n; x="é')
    file = (await client.get(where, headers=ben)).json()["files"]["print"]
    whole = await client.get(f"{where}/files/print", headers=ben)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "image/png")
    assert (len(whole.content), sha256(whole.content).hexdigest()) == (file["bytes"], file["sha256"])
    assert whole.headers["etag"] == f'"{file["sha256"]}"'
    assert whole.headers["content-disposition"] == "attachment; filename*=utf-8''etc-passwd-x-%C3%A9-print.png"
    assert whole.headers["x-content-type-options"] == "nosniff"
    known = await client.get(
        f"{where}/files/print", headers={**ben, "If-None-Match": f'"x", W/{whole.headers["etag"]}'}
    )
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", whole.headers["etag"])
    part = await client.get(f"{where}/files/print", headers={**ben, "Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"PNG")
    for wrong, status in (("bytes=99999999-", 416), ("bytes=x-y", 400)):
        beyond = await client.get(f"{where}/files/print", headers={**ben, "Range": wrong})
        assert (beyond.status_code, beyond.headers["content-type"]) == (status, "application/problem+json")


async def test_a_path_from_outside_names_no_file(client: httpx2.AsyncClient, ben: Headers, product: Product) -> None:
    where = await drawn(client, product, ben, "Moss")
    digest = (await client.get(where, headers=ben)).json()["files"]["print"]["sha256"]
    for kind in (
        "%2e%2e%2fpasswd",
        "..%2f..%2fetc%2fpasswd",
        "press",
        digest,
        "print%00",
        "/etc/passwd",
        "x" * 81,
    ):
        answer = await client.get(f"{where}/files/{kind}", headers=ben)
        assert answer.status_code in (404, 422), kind
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_file_that_is_gone_is_a_problem_that_says_so(
    client: httpx2.AsyncClient, ben: Headers, product: Product
) -> None:
    where = await drawn(client, product, ben, "Moss")
    for file in product.library.folder.glob("??/??/*"):
        file.unlink()
    gone = await client.get(f"{where}/files/print", headers=ben)
    assert (gone.status_code, "draw the design again" in gone.json()["detail"]) == (409, True)


async def test_files_take_no_place_of_a_stream(
    client: httpx2.AsyncClient, ben: Headers, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST", 0)
    where = await drawn(client, product, ben, "Moss")
    assert (await client.get(f"{where}/files/print", headers=ben)).status_code == 200
    batch = (await client.get(where, headers=ben)).json()["batch_id"]
    for path in ("events", "export"):
        refused = await client.get(f"/batches/{batch}/{path}", headers=ben)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")


async def test_bytes_that_another_tenant_has_are_not_read_by_their_hash_nor_told_to_be_there(
    client: httpx2.AsyncClient, people: People, api: FastAPI, ben: Headers, product: Product
) -> None:
    where = await drawn(client, product, ben, "Moss")
    eve = await headers_of(people, "other", "eve", "admin")
    for path in (where, f"{where}/files/print"):
        assert (await client.get(path, headers=eve)).status_code == 404
    assert await found(client, eve) == []
    async with api.state.tenants.product("other") as theirs:
        shop = theirs.workshop
        shop.fire, shop.version, shop.places = "tests.kilns:fire", "tests.kilns:version_of", 1
        hers = await drawn(client, theirs, eve, "Moss")
    attempt = (await client.get(hers, headers=eve)).json()["attempts"][0]
    assert attempt["drawn"] is True, "that it stood already tells that somebody else has it"


async def test_a_design_that_is_none_or_not_finished_is_a_problem(client: httpx2.AsyncClient, ben: Headers) -> None:
    assert (await client.get(f"/designs/{new_id()}", headers=ben)).status_code == 404
    waiting = (await client.post("/designs", headers=ben, json={"text": "Moss", **SMALL})).json()["id"]
    for path in ("", "/files/print"):
        answer = await client.get(f"/designs/{waiting}{path}", headers=ben)
        assert (answer.status_code, "is waiting" in answer.json()["detail"]) == (409, True)


async def test_a_creator_looks_and_has_nothing_drawn(
    client: httpx2.AsyncClient, people: People, ben: Headers, product: Product
) -> None:
    where = await drawn(client, product, ben, "Moss")
    cleo = await headers_of(people, "default", "cleo", "creator")
    assert (await client.get(f"{where}/files/print", headers=cleo)).status_code == 200
    assert (await client.post("/designs", headers=cleo, json={"text": "Fern"})).status_code == 403
