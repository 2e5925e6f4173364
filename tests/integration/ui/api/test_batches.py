"""Batches over the API: begun from rows or a CSV, listed, steered, followed as they are drawn, and handed on."""

from __future__ import annotations

import asyncio
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import orjson
import psycopg
import pytest
from fastapi import FastAPI

from graphs import progress
from graphs.people import People
from graphs.product import Product
from store.audit import load_audit
from store.batches import put_brand
from store.ids import new_id
from studio.brand import pack_profile
from studio.house import HOUSE
from tests.integration.ui.api.conftest import headers_of
from ui.api.routes import batches

Headers = dict[str, str]
SMALL = {"size": "64x80", "seed": 3}
CSV = "id,text,product\r\na,Moss,mug\r\nb,,mug\r\nc,=cmd|' /C calc'!A0,poster\r\n"


@pytest.fixture
async def product(api: FastAPI) -> Any:
    """The product whose workshop draws plainly (`tests.kilns`)."""
    async with api.state.tenants.product("default") as opened:
        shop = opened.workshop
        shop.folder.mkdir()
        shop.fire, shop.version, shop.places = "tests.kilns:fire", "tests.kilns:version_of", 1
        yield opened


async def begun(client: httpx2.AsyncClient, headers: Headers, *texts: str, **changes: Any) -> httpx2.Response:
    rows = [{"id": str(at), "text": text} for at, text in enumerate(texts, 1)]
    return await client.post("/batches", headers=headers, json={"name": "spring", **SMALL, "rows": rows, **changes})


async def drawn(client: httpx2.AsyncClient, product: Product, headers: Headers, *texts: str) -> str:
    """Where a batch is that was drawn to its end."""
    batch = (await begun(client, headers, *texts)).json()["id"]
    await product.workshop.work(UUID(batch), stay=True)
    return f"/batches/{batch}"


async def followed(client: httpx2.AsyncClient, headers: Headers, where: str) -> list[tuple[str, Any]]:
    async with client.stream("GET", f"{where}/events", headers=headers, timeout=30) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        text = "".join([piece async for piece in stream.aiter_text()])
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]
    return [(block["event"], orjson.loads(block["data"])) for block in blocks]


async def test_rows_are_begun_once_and_found_again(client: httpx2.AsyncClient, ben: Headers) -> None:
    first, again = await begun(client, ben, "Moss", "Fern"), await begun(client, ben, "Moss", "Fern")
    assert (first.status_code, again.status_code) == (201, 200), first.text
    made = first.json()
    assert (made["total"], made["waiting"], made["brand"], made["actor"]) == (2, 2, "house", "ben")
    assert made["plan"] == {
        "renderer": "typographic", "fallback": None, "width": 64, "height": 80, "dpi": 300, "seed": 3,
    }  # fmt: skip
    assert again.json() == made
    other = await begun(client, ben, "Moss", "Fern", seed=4)
    assert (other.status_code, other.json()["id"] != made["id"]) == (201, True)


async def test_a_key_of_idempotency_gives_the_first_answer_again(client: httpx2.AsyncClient, ben: Headers) -> None:
    keyed = {**ben, "Idempotency-Key": "batch-1"}
    first, again = await begun(client, keyed, "Moss"), await begun(client, keyed, "Moss")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_csv_is_begun_and_its_refused_rows_are_told(client: httpx2.AsyncClient, ben: Headers) -> None:
    sent = {"data": SMALL | {"priority": 5}, "files": {"file": ("spring list.csv", CSV, "text/csv")}}
    first, again = [await client.post("/batches/files", headers=ben, **sent) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200), first.text
    made = first.json()
    assert (made["name"], made["total"], made["priority"]) == ("spring list", 2, 5)
    assert [(each["line"], each["id"]) for each in made["refused"]] == [(3, "b")]
    rows = (await client.get(f"/batches/{made['id']}/rows", headers=ben)).json()["items"]
    assert [(row["row_id"], row["text"]) for row in rows] == [("a", "Moss"), ("c", "=cmd|' /C calc'!A0")]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"rows": []}, 422),
        ({"rows": [{"text": "Moss"}] * 501}, 422),
        ({"rows": [{"text": ""}]}, 422),
        ({"rows": [{"text": "Moss", "more": 1}]}, 422),
        ({"rows": [{"id": "1", "text": "x" * 2_000}]}, 422),
        ({"size": "20x99999"}, 422),
        ({"size": "10x10"}, 422),
        ({"size": "large"}, 422),
        ({"renderer": "dalle"}, 422),
        ({"priority": 1_001}, 422),
        ({"brand": "nobody's"}, 404),
        ({"name": ""}, 422),
    ],
)
async def test_what_is_no_batch_is_a_problem(
    client: httpx2.AsyncClient, ben: Headers, change: dict[str, Any], status: int
) -> None:
    refused = await begun(client, ben, "Moss", **change)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json"), refused.text
    assert (await client.get("/batches", headers=ben)).json()["items"] == []


@pytest.mark.parametrize(
    ("content", "data", "status"),
    [
        (b"colour,shape\nred,round\n", {}, 422),
        (b"id,text\n", {}, 422),
        (b"", {}, 422),
        (b"\x89PNG\r\n", {}, 422),
        (b"text\nMoss\n", {"seed": "x"}, 422),
        (b"text\nMoss\n", {"more": "x"}, 422),
        (b"text\nMoss\n", {"name": "x" * 201}, 422),
        (b"text\nMoss\n", {"name": "x" * 5_000}, 400),
        (b"text\nMoss\n", {"name": "a\x00b"}, 422),
        (b"text\n" + b"Moss\n" * 501, {}, 422),
    ],
)
async def test_what_is_no_file_of_rows_is_a_problem(
    client: httpx2.AsyncClient, ben: Headers, content: bytes, data: dict[str, str], status: int
) -> None:
    refused = await client.post("/batches/files", headers=ben, data=data, files={"file": ("a.csv", content)})
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json"), refused.text
    assert (await client.get("/batches", headers=ben)).json()["items"] == []


async def test_batches_are_listed_by_status_a_page_at_a_time(client: httpx2.AsyncClient, ben: Headers) -> None:
    made = [(await begun(client, ben, text)).json()["id"] for text in ("Moss", "Fern", "Oak")]
    assert (await client.post(f"/batches/{made[0]}/pause", headers=ben)).status_code == 200
    first = (await client.get("/batches", headers=ben, params={"limit": 2})).json()
    rest = (await client.get("/batches", headers=ben, params={"limit": 2, "cursor": first["next"]})).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    paused = (await client.get("/batches", headers=ben, params={"status": "paused"})).json()["items"]
    assert [each["id"] for each in paused] == made[:1]
    for cursor in ("x", first["next"][:-4]):
        assert (await client.get("/batches", headers=ben, params={"cursor": cursor})).status_code == 422


async def test_a_batch_is_steered_and_what_it_cannot_become_is_a_conflict(
    client: httpx2.AsyncClient, ben: Headers, connection: psycopg.Connection[Any]
) -> None:
    where = f"/batches/{(await begun(client, ben, 'Moss', 'Fern')).json()['id']}"
    paused = await client.post(f"{where}/pause", headers=ben, json={"reason": "lunch"})
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
    assert (await client.post(f"{where}/resume", headers=ben)).json()["status"] == "running"
    urgent = await client.post(f"{where}/priority", headers=ben, json={"priority": 9})
    assert urgent.json()["priority"] == 9
    assert (await client.post(f"{where}/priority", headers=ben, json={"priority": 8, "row": "2"})).status_code == 200
    assert (await client.post(f"{where}/priority", headers=ben, json={"priority": 8, "row": "7"})).status_code == 409
    assert (await client.post(f"{where}/cancel", headers=ben)).json()["cancelled"] == 2
    for deed in ("pause", "resume"):
        assert (await client.post(f"{where}/{deed}", headers=ben)).status_code == 409, deed
    assert (await client.post(f"{where}/retry", headers=ben, json={"rows": ["1"]})).json() == {"rows": 1}
    assert (await client.post(f"{where}/retry", headers=ben, json={"rows": ["7"]})).status_code == 409
    assert (await client.post(f"{where}/retry", headers=ben, json={})).json() == {"rows": 0}
    told = connection.execute("SELECT actor, reason FROM event WHERE subject = 'batch' AND to_status = 'paused'")
    assert told.fetchall() == [("ben", "lunch")]


async def test_rows_are_shown_with_every_attempt_and_its_scores(
    client: httpx2.AsyncClient, ben: Headers, product: Product
) -> None:
    where = await drawn(client, product, ben, "moss", "miss twice", "noise")
    assert (await client.get(where, headers=ben)).json()["status"] == "finished"
    rows = (await client.get(f"{where}/rows", headers=ben)).json()["items"]
    assert [(row["status"], len(row["attempts"]), row["reason"]) for row in rows] == [
        ("done", 1, None),
        ("done", 3, None),
        ("dead", 4, "artefacts"),
    ]
    assert [each["checked"]["likeness"]["overall"] for each in rows[1]["attempts"]] == [0.5, 0.5, 0.9]
    first = (await client.get(f"{where}/rows", headers=ben, params={"limit": 2})).json()
    rest = (await client.get(f"{where}/rows", headers=ben, params={"limit": 2, "cursor": first["next"]})).json()
    assert ([row["line"] for row in first["items"] + rest["items"]], rest["next"]) == ([1, 2, 3], None)
    dead = (await client.get(f"{where}/rows", headers=ben, params={"status": "dead"})).json()["items"]
    assert [row["row_id"] for row in dead] == ["3"]


async def test_a_batch_is_followed_until_it_is_over(
    client: httpx2.AsyncClient, ben: Headers, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress.follow, "__defaults__", (0.05,))
    batch = (await begun(client, ben, "moss", "full")).json()["id"]
    following = asyncio.create_task(followed(client, ben, f"/batches/{batch}"))
    await asyncio.sleep(0.5)
    await product.workshop.work(UUID(batch), stay=True)
    events = await following
    assert (events[0][0], events[0][1]["waiting"]) == ("batch", 2)
    assert events[-1] == ("end", {"status": "finished"})
    ended = {told["row_id"]: told for kind, told in events if kind == "row"}
    assert (ended["1"]["status"], ended["2"]["status"], ended["2"]["reason"]) == ("done", "dead", "disk")
    again = await followed(client, ben, f"/batches/{batch}")
    assert [kind for kind, _ in again] == ["batch", "end"]


async def test_finished_designs_are_handed_on_as_one_zip(
    client: httpx2.AsyncClient, ben: Headers, product: Product
) -> None:
    where = await drawn(client, product, ben, "moss", "full")
    answer = await client.get(f"{where}/export", headers=ben)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"] == 'attachment; filename="spring.zip"'
    with zipfile.ZipFile(BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        assert sorted(packed.namelist()) == ["1/print.png", "manifest.json"]
    part = await client.get(f"{where}/export", headers={**ben, "Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"PK\x03\x04")
    beyond = await client.get(f"{where}/export", headers={**ben, "Range": "bytes=99999999-"})
    assert (beyond.status_code, beyond.headers["content-type"]) == (416, "application/problem+json")


async def test_what_is_too_much_or_nothing_is_not_packed_and_nothing_stays_behind(
    client: httpx2.AsyncClient, ben: Headers, product: Product, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    where = await drawn(client, product, ben, "moss")
    assert (await client.get(f"{where}/export", headers=ben)).status_code == 200
    monkeypatch.setattr(batches, "EXPORT_BYTES", 10)
    assert (await client.get(f"{where}/export", headers=ben)).status_code == 409
    monkeypatch.undo()
    for file in (tmp_path / "assets").glob("??/??/*"):
        file.unlink()
    gone = await client.get(f"{where}/export", headers=ben)
    assert (gone.status_code, "draw the design again" in gone.json()["detail"]) == (409, True)
    empty = f"/batches/{(await begun(client, ben, 'Oak')).json()['id']}"
    assert (await client.get(f"{empty}/export", headers=ben)).status_code == 409
    assert list((tmp_path / "temporary").iterdir()) == []


async def test_a_creator_looks_and_begins_and_moves_nothing(
    client: httpx2.AsyncClient, people: People, ben: Headers, product: Product
) -> None:
    where = f"/batches/{(await begun(client, ben, 'Moss')).json()['id']}"
    cleo = await headers_of(people, "default", "cleo", "creator")
    assert [(await client.get(path, headers=cleo)).status_code for path in (where, f"{where}/rows")] == [200, 200]
    assert (await begun(client, cleo, "Fern")).status_code == 403
    for deed, body in (("pause", {}), ("resume", {}), ("cancel", {}), ("retry", {}), ("priority", {"priority": 1})):
        assert (await client.post(f"{where}/{deed}", headers=cleo, json=body)).status_code == 403, deed
    async with product.pool.connection() as session:
        entries = await load_audit(session, None, 50)
    assert [(row["actor"], row["outcome"]) for row in entries if row["deed"] == "draw"][-1] == ("ben", "done")
    assert {row["outcome"] for row in entries if row["actor"] == "cleo"} == {"refused"}


async def test_a_batch_of_another_tenant_is_none(
    client: httpx2.AsyncClient, people: People, ben: Headers, product: Product
) -> None:
    where = await drawn(client, product, ben, "moss")
    eve = await headers_of(people, "other", "eve", "admin")
    for path in ("", "/rows", "/events", "/export"):
        assert (await client.get(f"{where}{path}", headers=eve)).status_code == 404, path
    for deed, body in (("pause", {}), ("retry", {}), ("priority", {"priority": 1})):
        assert (await client.post(f"{where}/{deed}", headers=eve, json=body)).status_code == 404, deed
    assert (await client.get("/batches", headers=eve)).json()["items"] == []


async def test_a_batch_that_is_named_as_another_s_id_is_not_taken_for_it(
    client: httpx2.AsyncClient, ben: Headers
) -> None:
    nobodys = str(new_id())
    await begun(client, ben, "Moss", name=nobodys)
    assert (await client.get(f"/batches/{nobodys}", headers=ben)).status_code == 404


async def test_a_brand_of_the_tenant_is_drawn_in(client: httpx2.AsyncClient, ben: Headers, product: Product) -> None:
    async with product.pool.connection() as session:
        await put_brand(session, "acme", pack_profile(HOUSE), [], "me")
    made = (await begun(client, ben, "Moss", brand="acme")).json()
    assert (made["brand"], made["brand_version"]) == ("acme", 1)
