"""Weights over the API: an admin sets them on top of what stands; everybody reads who set which and why."""

from __future__ import annotations

import json

import httpx2
import psycopg
import pytest

from graphs.people import People
from store.weights import FIVE
from tests.integration.ui.api.conftest import headers_of

Headers = dict[str, str]
EVEN = dict.fromkeys(FIVE, 0.2)


async def test_an_admin_sets_a_version_and_the_second_who_knew_the_same_one_is_told(
    client: httpx2.AsyncClient, admin: Headers, connection: psycopg.Connection[object]
) -> None:
    body = {**EVEN, "novelty": 0.4, "reason": "novelty sold", "based_on": 1}
    first = await client.post("/weights", headers=admin, json=body)
    assert (first.status_code, first.json()["version"], first.json()["actor"]) == (201, 2, "ana")
    second = await client.post("/weights", headers=admin, json=body)
    assert (second.status_code, second.json()["standing"]["version"]) == (409, 2)
    assert connection.execute("SELECT count(*) FROM event WHERE subject = 'weights'").fetchone() == (1,)


async def test_the_history_goes_back_to_what_was_shipped_a_page_at_a_time(
    client: httpx2.AsyncClient, admin: Headers, people: People
) -> None:
    for number in (1, 2):
        await client.post("/weights", headers=admin, json={**EVEN, "reason": f"try {number}", "based_on": number})
    cleo = await headers_of(people, "default", "cleo", "creator")
    first = (await client.get("/weights", headers=cleo, params={"limit": 2})).json()
    second = (await client.get("/weights", headers=cleo, params={"limit": 2, "cursor": first["next"]})).json()
    seen = [(each["version"], each["actor"]) for page in (first, second) for each in page["items"]]
    assert seen == [(3, "ana"), (2, "ana"), (1, "")]
    assert second["next"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"novelty": -0.1},
        {"novelty": 1e9},
        {"novelty": None},
        {"novelty": "NaN"},
        dict.fromkeys(FIVE, 0),
        {"reason": ""},
        {"reason": "  "},
        {"reason": "a\0b"},
        {"charm": 1},
        {"based_on": 0},
        {"based_on": 2**40},
    ],
)
async def test_bad_weights_are_refused_and_nothing_is_written(
    client: httpx2.AsyncClient, admin: Headers, changes: dict[str, object], connection: psycopg.Connection[object]
) -> None:
    body = {**EVEN, "reason": "why", "based_on": 1, **changes}
    assert (await client.post("/weights", headers=admin, json=body)).status_code == 422
    assert connection.execute("SELECT count(*) FROM weights").fetchone() == (1,)


async def test_business_may_not_set_them(client: httpx2.AsyncClient, people: People) -> None:
    ben = await headers_of(people, "default", "ben", "business")
    body = {**EVEN, "reason": "why", "based_on": 1}
    assert (await client.post("/weights", headers=ben, json=body)).status_code == 403


async def test_a_control_is_refused_however_the_content_type_is_spelt(
    client: httpx2.AsyncClient, admin: Headers
) -> None:
    body = json.dumps({**EVEN, "reason": "a\x1b[31mb", "based_on": 1})
    answer = await client.post("/weights", headers={**admin, "Content-Type": "application/JSON"}, content=body)
    assert answer.status_code == 422 and "body.reason" in answer.json()["detail"]
