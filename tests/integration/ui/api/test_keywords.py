"""Keywords over the API: added in whatever spelling, one, taken away, and an event names the person."""

from __future__ import annotations

import httpx2
import psycopg
import pytest
from fastapi import FastAPI

from graphs.people import People
from store.postgres import connect
from tests.integration.ui.api.conftest import headers_of

Headers = dict[str, str]


async def test_a_keyword_is_added_listed_a_page_at_a_time_and_taken_away_in_any_spelling(
    client: httpx2.AsyncClient, ben: Headers, connection: psycopg.Connection[object]
) -> None:
    for phrase in ("moss frames", "owl mug", "Moss Frame"):
        answer = await client.post("/keywords", headers=ben, json={"phrase": phrase})
        assert answer.status_code == 201
    first = (await client.get("/keywords", headers=ben, params={"limit": 1})).json()
    second = (await client.get("/keywords", headers=ben, params={"limit": 1, "cursor": first["next"]})).json()
    assert [each["key"] for page in (first, second) for each in page["items"]] == ["frame moss", "mug owl"]
    assert second["next"] is None
    assert (await client.delete("/keywords/MOSS frames", headers=ben)).status_code == 204
    assert (await client.delete("/keywords/moss frame", headers=ben)).status_code == 404
    events = connection.execute("SELECT actor, to_status FROM event WHERE subject = 'keyword' ORDER BY id").fetchall()
    assert events == [("ben", "added")] * 3 + [("ben", "removed")]


@pytest.mark.parametrize("phrase", ["", "https://a.example", "one two three four five six", "a\0b", "x" * 201])
async def test_what_can_be_no_keyword_is_refused(client: httpx2.AsyncClient, ben: Headers, phrase: str) -> None:
    answer = await client.post("/keywords", headers=ben, json={"phrase": phrase})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (await client.get("/keywords", headers=ben)).json() == {"items": [], "next": None}


async def test_a_creator_may_not_and_another_tenant_sees_nothing(
    client: httpx2.AsyncClient, ben: Headers, people: People, api: FastAPI, database: str
) -> None:
    cleo = await headers_of(people, "default", "cleo", "creator")
    assert (await client.post("/keywords", headers=cleo, json={"phrase": "owl mug"})).status_code == 403
    await client.post("/keywords", headers=ben, json={"phrase": "owl mug"})
    dora = await headers_of(people, "other", "dora", "admin")
    assert (await client.get("/keywords", headers=dora)).json()["items"] == []
    assert (await client.delete("/keywords/owl mug", headers=dora)).status_code == 404
    with connect(database, "default") as session:
        assert session.execute("SELECT count(*) FROM keyword").fetchone() == (1,)


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFd", "bnVsbA", "=" * 201])
async def test_a_cursor_that_no_page_gave_is_refused(client: httpx2.AsyncClient, ben: Headers, cursor: str) -> None:
    answer = await client.get("/keywords", headers=ben, params={"cursor": cursor})
    assert answer.status_code == 422
