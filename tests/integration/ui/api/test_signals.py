"""Signals over the API: read a page at a time, pushed by the webhook, brought as a file, fetched from an address."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from pytest_httpserver import HTTPServer

from graphs.people import People
from graphs.settings import Settings
from store.postgres import connect
from tests.integration.ui.api.conftest import headers_of
from trends import public
from trends.webhook import sign
from ui.api.upload import MOST_BYTES

Headers = dict[str, str]
SECRET = "a-secret-of-the-webhook"
CSV = "text,created_at\nMoss frame,2026-11-19T10:00:00Z\nOwl mug,2026-11-19T11:00:00Z\n"
BAD_ROWS = "text,created_at\nMoss frame,2026-11-19T10:00:00Z\nOwl mug,not a time\n"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhook_secret": SecretStr(SECRET)})


def signed(body: bytes, delivery: str = "d-1", at: float | None = None, secret: str = SECRET) -> Headers:
    timestamp = str(int(time.time() if at is None else at))
    return {
        "Bellwether-Timestamp": timestamp,
        "Bellwether-Signature": sign(secret, body, timestamp),
        "Bellwether-Delivery": delivery,
        "Content-Type": "application/json",
    }


def posts(*texts: str) -> bytes:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return json.dumps([{"id": text, "text": text, "created_at": now} for text in texts]).encode()


def count(connection: psycopg.Connection[Any], table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a name written here
    assert row is not None
    return int(row[0])


async def test_a_signed_delivery_is_stored_once_and_looked_at_at_once(
    client: httpx2.AsyncClient, api: FastAPI, connection: psycopg.Connection[Any]
) -> None:
    body = posts("Moss frame", "Owl mug")
    headers = signed(body)
    first, again = [await client.post("/signals", content=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["stored"], first.json()["again"], again.json()["again"]) == (2, False, True)
    assert again.json()["signals"] == first.json()["signals"]
    other = await client.post("/signals", content=body, headers={**headers, "Bellwether-Delivery": "d-2"})
    assert (other.status_code, other.json()["again"]) == (200, True)
    assert (count(connection, "signal"), count(connection, "webhook_delivery")) == (2, 1)
    async with api.state.tenants.product("default") as product:
        assert product.hot.redis.call("DBSIZE") > 0
    audited = "SELECT actor, deed, outcome FROM audit"
    assert set(connection.execute(audited).fetchall()) == {("", "take in", "done")}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Bellwether-Signature": "v1=" + "0" * 64}, 401),
        ({"Bellwether-Signature": ""}, 401),
        (signed(posts("Moss frame"), at=time.time() - 400), 401),
        (signed(posts("Moss frame"), secret="another-secret"), 401),
        ({"Bellwether-Delivery": "a b"}, 400),
    ],
)
async def test_an_unsigned_late_or_nameless_delivery_is_refused(
    client: httpx2.AsyncClient, connection: psycopg.Connection[Any], headers: Headers, status: int
) -> None:
    body = posts("Moss frame")
    answer = await client.post("/signals", content=body, headers=signed(body) | headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (count(connection, "signal"), count(connection, "intake_file")) == (0, 0)
    assert connection.execute("SELECT deed, outcome FROM audit").fetchall() == [("take in", "refused")]


async def test_signals_are_listed_newest_first_filtered_searched_and_shown_with_their_past(
    client: httpx2.AsyncClient, ben: Headers
) -> None:
    for text in ("Moss frame", "Moss wall", "Owl mug"):
        body = posts(text)
        await client.post("/signals", content=body, headers=signed(body, delivery=text.replace(" ", "-")))
    seen, cursor = [], None
    while True:
        asked = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/signals", headers=ben, params=asked)).json()
        seen += [each["text"] for each in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == ["Owl mug", "Moss wall", "Moss frame"]
    found = (await client.get("/signals", headers=ben, params={"search": "moss", "limit": 1})).json()
    assert [each["text"] for each in found["items"]] == ["Moss wall"] and found["next"]
    assert (await client.get("/signals", headers=ben, params={"source": "nobody"})).json()["items"] == []
    one = await client.get(f"/signals/{found['items'][0]['id']}", headers=ben)
    assert len(one.json()["observations"]) == 1
    assert (await client.get(f"/signals/{uuid4()}", headers=ben)).status_code == 404


@pytest.mark.parametrize("content", [CSV.encode(), gzip.compress(CSV.encode(), mtime=0)])
async def test_a_file_is_taken_in_and_counted(client: httpx2.AsyncClient, ben: Headers, content: bytes) -> None:
    for stored, repeated in ((2, 0), (0, 2)):
        answer = await client.post("/signals/files", headers=ben, files={"file": ("../posts.csv", content)})
        assert answer.status_code == 201, answer.text
        told = answer.json()
        assert (told["name"], told["stored"], told["repeated"]) == ("posts.csv", stored, repeated)
        assert told["rows_read"] == told["stored"] + told["repeated"] + told["quarantined"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"files": {"file": ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50)}}, 422),
        ({"files": {"file": ("a.csv", b"")}}, 422),
        ({"files": {"another": ("a.csv", CSV)}}, 422),
        ({"files": [("file", ("a.csv", CSV)), ("file", ("b.csv", CSV))]}, 400),
        ({"data": {"file": "text"}}, 422),
        ({"json": {"file": "text"}}, 422),
        ({"content": b"--x\r\n\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400),
        ({"content": b"", "headers": {"Content-Type": "multipart/form-data"}}, 400),
        ({"files": {"file": ("a.csv", b"x" * (MOST_BYTES + 1))}}, 413),
    ],
)
async def test_what_is_no_file_to_take_is_refused_and_nothing_is_stored(
    client: httpx2.AsyncClient, ben: Headers, sent: dict[str, Any], status: int, connection: psycopg.Connection[Any]
) -> None:
    answer = await client.post("/signals/files", **{**sent, "headers": ben | sent.get("headers", {})})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert (count(connection, "signal"), count(connection, "intake_file")) == (0, 0)
    outcomes = connection.execute("SELECT actor, deed, outcome FROM audit").fetchall()
    assert outcomes == [("ben", "take in", "refused")]


async def test_an_address_inside_is_refused_written_down_and_never_reached(
    client: httpx2.AsyncClient, ben: Headers, httpserver: HTTPServer, connection: psycopg.Connection[Any]
) -> None:
    inside = [httpserver.url_for("/x"), "http://169.254.169.254/latest/meta-data/", "http://[::1]/"]
    inside += ["file:///etc/passwd", "http://2130706433/", "http://localhost/", "http://ana:pw@a.example/"]
    inside += ["http://a.example:6379/"]
    for url in inside:
        answer = await client.post("/signals/fetch", headers=ben, json={"url": url})
        assert answer.status_code == 422, (url, answer.text)
    assert httpserver.log == []
    assert count(connection, "intake_file") == 0
    outcomes = connection.execute("SELECT outcome, count(*) FROM audit GROUP BY outcome").fetchall()
    assert outcomes == [("refused", len(inside))]


async def test_what_a_public_address_answers_is_taken_in(
    client: httpx2.AsyncClient, ben: Headers, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/posts.csv").respond_with_data(CSV, content_type="text/csv")
    httpserver.expect_request("/down").respond_with_data("", status=404)
    monkeypatch.setattr(public, "PORTS", frozenset({httpserver.port}))
    monkeypatch.setattr(public, "is_public", lambda _: True)
    answer = await client.post("/signals/fetch", headers=ben, json={"url": httpserver.url_for("/posts.csv")})
    assert (answer.status_code, answer.json()["stored"]) == (201, 2)
    gone = await client.post("/signals/fetch", headers=ben, json={"url": httpserver.url_for("/down")})
    assert (gone.status_code, "is not there (404)" in gone.json()["detail"]) == (422, True)


@pytest.fixture
async def quarantined(client: httpx2.AsyncClient, ben: Headers) -> AsyncIterator[UUID]:
    answer = await client.post("/signals/files", headers=ben, files={"file": ("bad.csv", BAD_ROWS)})
    assert answer.json()["quarantined"] == 1
    files = (await client.get("/signals/quarantine", headers=ben)).json()["items"]
    yield UUID(files[0]["id"])


async def test_what_was_quarantined_says_why_and_is_tried_again_with_the_file(
    client: httpx2.AsyncClient, ben: Headers, quarantined: UUID
) -> None:
    path = f"/signals/quarantine/{quarantined}"
    rows = (await client.get(path, headers=ben)).json()["items"]
    assert len(rows) == 1 and rows[0]["reason"]
    gone = await client.post(f"{path}/retry", headers=ben, json={})
    assert (gone.status_code, "bring the same file again" in gone.json()["detail"]) == (409, True)
    again = await client.post(f"{path}/file", headers=ben, files={"file": ("bad.csv", BAD_ROWS)})
    assert (again.status_code, again.json()["tried"], again.json()["failed"]) == (200, 1, 1)
    other = await client.post(f"{path}/file", headers=ben, files={"file": ("bad.csv", CSV)})
    assert other.status_code == 422
    unknown = await client.post(f"/signals/quarantine/{uuid4()}/retry", headers=ben, json={})
    assert unknown.status_code == 404


async def test_another_tenant_sees_neither_the_file_nor_its_rows_nor_its_name(
    client: httpx2.AsyncClient, people: People, quarantined: UUID, database: str
) -> None:
    dora = await headers_of(people, "other", "dora", "admin")
    assert (await client.get("/signals/quarantine", headers=dora)).json()["items"] == []
    assert (await client.get(f"/signals/quarantine/{quarantined}", headers=dora)).json()["items"] == []
    assert (await client.post(f"/signals/quarantine/{quarantined}/retry", headers=dora, json={})).status_code == 404
    with connect(database, "default") as session:
        (signal,) = session.execute("SELECT id FROM signal").fetchall()[0]
    shown = await client.get(f"/signals/{signal}", headers=dora)
    assert (shown.status_code, "bad.csv" in shown.text) == (200, False)
