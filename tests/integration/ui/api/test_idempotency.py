"""A POST with a key of its own is done once, whoever sends it twice, at once or after a process died at it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest

from graphs.people import People
from tests.decided import put_decided
from tests.integration.ui.api.conftest import headers_of

Headers = dict[str, str]
Connection = psycopg.Connection[Any]
APPROVE = {"answer": "approve"}


@pytest.fixture
async def ben(people: People) -> Headers:
    return await headers_of(people, "default", "ben", "business") | {"Idempotency-Key": "order-1"}


async def post(client: httpx2.AsyncClient, who: Headers, idea_id: UUID, given: Any = None) -> httpx2.Response:
    return await client.post(f"/ideas/{idea_id}/reviews", headers=who, json=given or APPROVE)


async def test_the_same_request_with_the_same_key_is_answered_as_the_first_time(
    client: httpx2.AsyncClient, ben: Headers, connection: Connection
) -> None:
    idea_id = put_decided(connection)
    first, again = await post(client, ben, idea_id), await post(client, ben, idea_id)
    assert (first.status_code, "idempotent-replayed" in first.headers) == (201, False)
    assert (again.status_code, again.headers["idempotent-replayed"], again.content) == (201, "true", first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    await client.post(f"/ideas/{idea_id}/undo", headers=ben | {"Idempotency-Key": "order-2"})
    assert (await post(client, ben, idea_id)).content == first.content
    assert connection.execute("SELECT status FROM idea").fetchone() == ("pending_review",)


async def test_a_key_that_was_used_for_another_request_is_refused(
    client: httpx2.AsyncClient, ben: Headers, connection: Connection
) -> None:
    one, other = put_decided(connection, "fox"), put_decided(connection, "owl")
    await post(client, ben, one)
    for refused in (await post(client, ben, other), await post(client, ben, one, {"answer": "ignore"})):
        assert (refused.status_code, "another request" in refused.json()["detail"]) == (422, True)


async def test_of_two_at_once_one_is_done_and_the_other_told_to_come_back(
    client: httpx2.AsyncClient, ben: Headers, connection: Connection
) -> None:
    idea_id = put_decided(connection)
    answers = await asyncio.gather(*(post(client, ben, idea_id) for _ in range(6)))
    done = [each for each in answers if each.status_code == 201]
    assert len({each.content for each in done}) == 1
    assert {each.status_code for each in answers} <= {201, 409}
    assert all(each.headers["retry-after"] == "1" for each in answers if each.status_code == 409)
    assert connection.execute("SELECT count(*) FROM review").fetchone() == (1,)


async def test_a_process_that_died_at_it_blocks_the_key_for_a_while_and_no_longer(
    client: httpx2.AsyncClient, ben: Headers, connection: Connection
) -> None:
    idea_id = put_decided(connection)
    await post(client, ben, idea_id)
    connection.execute("UPDATE kept_answer SET status = NULL, body = NULL")  # as it stands while it is being done
    assert (await post(client, ben, idea_id)).status_code == 409
    connection.execute("UPDATE kept_answer SET recorded_at = now() - interval '2 minutes'")
    assert (await post(client, ben, idea_id)).status_code == 200  # done anew: the answer stood
    assert connection.execute("SELECT count(*) FROM review").fetchone() == (1,)


async def test_a_key_counts_for_a_day(client: httpx2.AsyncClient, ben: Headers, connection: Connection) -> None:
    one, other = put_decided(connection, "fox"), put_decided(connection, "owl")
    await post(client, ben, one)
    connection.execute("UPDATE kept_answer SET recorded_at = now() - interval '25 hours'")
    assert (await post(client, ben, other)).status_code == 201


async def test_keys_are_each_persons_own(
    client: httpx2.AsyncClient, ben: Headers, people: People, connection: Connection
) -> None:
    ada = await headers_of(people, "default", "ada", "business") | {"Idempotency-Key": "order-1"}
    one, other = put_decided(connection, "fox"), put_decided(connection, "owl")
    assert [(await post(client, ben, one)).status_code, (await post(client, ada, other)).status_code] == [201, 201]


async def test_what_was_refused_for_who_asked_is_not_kept(
    client: httpx2.AsyncClient, people: People, connection: Connection
) -> None:
    creator = await headers_of(people, "default", "cleo", "creator") | {"Idempotency-Key": "order-1"}
    idea_id = put_decided(connection)
    assert (await post(client, creator, idea_id)).status_code == 403
    assert connection.execute("SELECT count(*) FROM kept_answer").fetchone() == (0,)


async def test_a_secret_that_is_shown_once_is_kept_nowhere(
    client: httpx2.AsyncClient, admin: Headers, connection: Connection
) -> None:
    asked = admin | {"Idempotency-Key": "key-for-ben"}
    await client.post("/members", headers=admin, json={"handle": "ben", "role": "creator", "tier": "pro"})
    first = await client.post("/members/ben/keys", headers=asked, json={})
    assert first.status_code == 201, first.text
    again = await client.post("/members/ben/keys", headers=asked, json={})
    assert (again.status_code, "shown once" in again.json()["detail"]) == (409, True)
    secret = first.json()["api_key"].rpartition("_")[2]
    kept = connection.execute("SELECT body FROM kept_answer").fetchall()
    assert all(secret.encode() not in bytes(body) for (body,) in kept)
    assert connection.execute("SELECT count(*) FROM api_key WHERE handle = 'ben'").fetchone() == (1,)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "schlüssel".encode("latin-1")])
async def test_a_key_that_is_none_is_refused(
    client: httpx2.AsyncClient, ben: Headers, connection: Connection, key: Any
) -> None:
    headers = {**ben, "Idempotency-Key": key}
    assert (await post(client, headers, put_decided(connection))).status_code == 422


async def test_without_a_known_caller_a_key_means_nothing(client: httpx2.AsyncClient, connection: Connection) -> None:
    answer = await post(client, {"Idempotency-Key": "order-1"}, put_decided(connection))
    assert answer.status_code == 401
