"""The audit log over the API: what is in it, what never is, and how it grows."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from fastapi import APIRouter, FastAPI
from psycopg import Connection

from graphs.audit import put
from graphs.people import People
from graphs.settings import Settings
from store.audit import Entry
from tests.integration.ui.api.conftest import headers_of
from ui.api import audit

Client = httpx2.AsyncClient
Headers = dict[str, str]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"tiers": {"pro": 100_000, "few": 2}})


def entries(connection: Connection[Any]) -> list[tuple[Any, ...]]:
    """Every entry of the home tenant in the order they were written."""
    query = (
        "SELECT actor, deed, subject, outcome, detail ->> 'route', (detail ->> 'status')::int FROM audit ORDER BY id"
    )
    return connection.execute(query).fetchall()


async def test_looking_is_not_written_and_everything_else_is(
    client: Client, admin: Headers, connection: Connection[Any]
):
    await client.get("/me", headers=admin)
    await client.get("/ideas", headers=admin)
    await client.get("/nowhere", headers=admin)
    assert entries(connection) == []
    await client.get("/members", headers=admin)
    await client.post("/members", headers=admin, json={"handle": "bo", "role": "creator", "tier": "few"})
    await client.delete("/members/bo", headers=admin)
    await client.post("/nowhere", headers=admin)
    await client.get("/audit", headers=admin)
    assert entries(connection) == [
        ("ana", "keep people", "", "done", "/members", 200),
        ("ana", "keep people", "", "done", "/members", 201),
        ("ana", "keep people", "bo", "done", "/members/{handle}", 204),
        ("ana", "ask", "", "refused", "", 404),
        ("ana", "read audit", "", "done", "/audit", 200),
    ]


async def test_what_was_refused_is_written_with_who_if_that_is_known(
    client: Client, people: People, connection: Connection[Any]
):
    bo = await headers_of(people, "default", "bo", "creator")
    await client.get("/members", headers=bo)
    await client.get("/me")
    await client.post("/members", json={})
    await client.post("/members", headers={"Authorization": "Bearer forged"}, json={})
    await client.post("/tokens", json={"api_key": 7})
    assert entries(connection) == [
        ("bo", "keep people", "", "refused", "/members", 403),
        ("", "sign in", "", "refused", "/me", 401),
        ("", "sign in", "", "refused", "/members", 401),
        ("", "sign in", "", "refused", "/members", 401),
        ("", "ask", "", "refused", "/tokens", 422),
    ]


@pytest.mark.parametrize(("path", "name"), [("/ideas", "text"), ("/signals", "search")])
async def test_a_search_is_written_without_what_names_a_person(
    client: Client, admin: Headers, connection: Connection[Any], path: str, name: str
):
    words = "moss frame for jane@example.com, +49 170 1234567 \0" + "x" * 150
    await client.get(path, headers=admin, params={name: words})
    ((actor, deed, detail),) = connection.execute("SELECT actor, deed, detail FROM audit").fetchall()
    assert (actor, deed) == ("ana", "search")
    assert detail["words"].startswith("moss frame for ") and len(detail["words"]) <= 200
    assert "jane" not in detail["words"] and "1234567" not in detail["words"]


async def test_a_path_that_is_no_id_is_not_written(client: Client, admin: Headers, connection: Connection[Any]):
    there = uuid4()
    for path in (f"/keys/{there}", "/keys/jane@example.com", "/members/jane%20doe", "/keys/" + "x" * 100):
        await client.delete(path, headers=admin)
    assert [row[2] for row in entries(connection)] == [str(there), "", "", ""]


async def test_no_secret_and_no_body_is_in_an_entry(client: Client, admin: Headers, connection: Connection[Any]):
    key = admin["Authorization"].split()[1]
    issued = (await client.post("/tokens", json={"api_key": key})).json()
    await client.post("/tokens", json={"api_key": key[:-1] + "?"})
    await client.post("/members/ana/keys", headers=admin, json={"label": "of my mother"})
    await client.get("/members", headers=admin, params={"key": key, "token": issued["access_token"]})
    text = str(connection.execute("SELECT t::text FROM audit t").fetchall())
    for secret in (key[-43:-1], issued["access_token"][-43:], issued["refresh_token"][-43:], "mother"):
        assert secret not in text


async def test_whoever_has_an_answer_is_in_the_log(client: Client, admin: Headers, connection: Connection[Any]):
    for number in range(20):
        body = {"handle": f"bo{number}", "role": "creator", "tier": "few"}
        assert (await client.post("/members", headers=admin, json=body)).status_code == 201
        assert len(entries(connection)) == number + 1


async def test_what_fails_is_written_as_failed(
    api: FastAPI, client: Client, admin: Headers, connection: Connection[Any]
):
    broken = APIRouter()

    @broken.post("/api/v1/broken")
    async def break_down() -> None:
        raise ZeroDivisionError

    @broken.post("/api/v1/slow")
    async def sleep() -> None:
        raise asyncio.CancelledError

    api.include_router(broken)
    assert (await client.post("/broken", headers=admin)).status_code == 500
    with pytest.raises(asyncio.CancelledError):
        await client.post("/slow", headers=admin)
    assert entries(connection) == [
        ("ana", "ask", "", "failed", "/api/v1/broken", 500),
        ("ana", "ask", "", "failed", "/api/v1/slow", 503),
    ]


async def test_strangers_fill_the_log_no_faster_than_so_many_a_minute(
    api: FastAPI, client: Client, admin: Headers, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit, "UNNAMED", 5)
    for number in range(9):
        transport = httpx2.ASGITransport(api, client=(f"203.0.113.{number}", 1))
        async with Client(transport=transport, base_url=client.base_url) as opened:
            assert (await opened.get("/me")).status_code == 401
    assert len(entries(connection)) == 5
    await client.get("/members", headers=admin)
    assert len(entries(connection)) == 6, "whoever is known is always written"


async def test_what_was_asked_too_often_is_not_written(client: Client, people: People, connection: Connection[Any]):
    bo = await headers_of(people, "default", "bo", "creator", "few")
    answers = [await client.post("/members", headers=bo, json={}) for _ in range(6)]
    assert [each.status_code for each in answers] == [403, 403, 429, 429, 429, 429]
    assert len(entries(connection)) == 2


async def test_an_entry_that_cannot_be_stored_is_in_the_programs_log_whole(
    client: Client, admin: Headers, database: str, caplog: pytest.LogCaptureFixture
):
    await client.get("/me", headers=admin)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("ALTER TABLE audit RENAME TO audit_away")
    answer = await client.post("/members", headers=admin, json={"handle": "bo", "role": "creator", "tier": "few"})
    assert answer.status_code == 201, "the deed is done, and its event is stored with it"
    assert '"deed": "keep people"' in caplog.text and '"actor": "ana"' in caplog.text


async def test_an_entry_that_was_given_up_while_it_was_written_is_in_the_programs_log(
    people: People, admin: Headers, database: str, caplog: pytest.LogCaptureFixture
):
    with psycopg.connect(database) as owner:
        owner.execute("LOCK TABLE audit")
        entry = Entry("ana", "api", "decide", "01a1")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(put(people.tenants, "default", entry), 0.5)
    assert '"subject": "01a1"' in caplog.text


async def test_an_admin_reads_the_log_of_their_tenant_a_page_at_a_time(client: Client, people: People, admin: Headers):
    other = await headers_of(people, "other", "zoe", "admin")
    for _ in range(5):
        await client.get("/members", headers=admin)
    assert (await client.get("/audit", headers=other)).json()["items"] == []
    walked: list[dict[str, Any]] = []
    cursor = {}
    while True:
        told = (await client.get("/audit", headers=admin, params={"limit": 2, "deed": "keep people", **cursor})).json()
        walked += told["items"]
        if told["next"] is None:
            break
        cursor = {"cursor": told["next"]}
    assert [each["actor"] for each in walked] == ["ana"] * 5
    assert len({each["id"] for each in walked}) == 5
    assert (await client.get("/audit", headers=admin, params={"actor": ""})).json()["items"] == []
