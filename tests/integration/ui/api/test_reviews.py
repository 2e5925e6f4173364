"""Reviews at the API: one answer, many, taken back, by two at once, and what cannot be taken."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
from fastapi import FastAPI

from graphs.people import People
from tests.decided import put_decided
from tests.integration.ui.api.conftest import headers_of

Headers = dict[str, str]
Connection = psycopg.Connection[Any]


@pytest.fixture
async def ada(people: People) -> Headers:
    return await headers_of(people, "default", "ada", "business")


async def answer(client: httpx2.AsyncClient, who: Headers, idea_id: UUID, **given: Any) -> httpx2.Response:
    return await client.post(f"/ideas/{idea_id}/reviews", headers=who, json=given)


async def test_an_answer_is_new_once_and_stands_after_that(
    client: httpx2.AsyncClient, ben: Headers, connection: Connection
) -> None:
    idea_id = put_decided(connection)
    first = await answer(client, ben, idea_id, answer="approve", reason="it sells")
    assert (first.status_code, first.json()["actor"]) == (201, "ben")
    again = await answer(client, ben, idea_id, answer="approve", reason="it sells")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    idea = (await client.get(f"/ideas/{idea_id}", headers=ben)).json()
    assert idea["idea"]["status"] == "approved"
    assert [review["answer"] for review in idea["reviews"]] == ["approve"]


async def test_the_second_reviewer_learns_who_decided_what_when(
    client: httpx2.AsyncClient, ben: Headers, ada: Headers, connection: Connection
) -> None:
    idea_id = put_decided(connection)
    both = await asyncio.gather(
        answer(client, ben, idea_id, answer="approve"), answer(client, ada, idea_id, answer="reject", reason="no")
    )
    assert sorted(each.status_code for each in both) == [201, 409]
    won, lost = sorted(both, key=lambda each: each.status_code)
    standing = lost.json()["standing"]
    assert (standing["answer"], standing["actor"]) == (won.json()["answer"], won.json()["actor"])
    assert standing["actor"] in lost.json()["detail"]
    assert standing["decided_at"][:16] == won.json()["decided_at"][:16]


async def test_an_answer_is_taken_back_and_another_one_follows(
    client: httpx2.AsyncClient, ben: Headers, connection: Connection
) -> None:
    idea_id = put_decided(connection)
    assert (await client.post(f"/ideas/{idea_id}/undo", headers=ben)).status_code == 409
    edited = await answer(client, ben, idea_id, answer="edit", edits={"phrase": "fair isle II", "price_cents": "2500"})
    assert edited.json()["edits"] == {
        "to": {"phrase": "fair isle II", "price_cents": 2500},
        "before": {"phrase": "fair isle", "audience": "home crafters", "product_format": "mug"},
    }
    undone = await client.post(f"/ideas/{idea_id}/undo", headers=ben)
    assert (undone.status_code, undone.json()["undone_at"] is None) == (200, False)
    assert (await client.get(f"/ideas/{idea_id}", headers=ben)).json()["idea"]["phrase"] == "fair isle"
    assert (await answer(client, ben, idea_id, answer="ignore")).status_code == 201


async def test_of_many_answers_each_is_taken_for_itself(
    client: httpx2.AsyncClient, ben: Headers, ada: Headers, connection: Connection
) -> None:
    ideas = [put_decided(connection, f"subject {n}") for n in range(4)]
    await answer(client, ada, ideas[0], answer="approve")
    items = [
        {"idea_id": str(ideas[0]), "answer": "reject", "reason": "late"},
        {"idea_id": str(ideas[1]), "answer": "approve"},
        {"idea_id": str(ideas[2]), "answer": "reject"},
        {"idea_id": str(ideas[3]), "answer": "edit", "edits": {"product_format": "spaceship"}},
        {"idea_id": str(uuid4()), "answer": "approve"},
    ]
    outcomes = (await client.post("/reviews", headers=ben, json={"items": items})).json()["outcomes"]
    assert [each["status"] for each in outcomes] == [409, 201, 422, 422, 404]
    assert outcomes[0]["standing"]["actor"] == "ada"
    assert outcomes[1]["review"]["actor"] == "ben"
    assert "product_format must be one of" in outcomes[3]["detail"]
    rows = (await client.get("/reviews", headers=ben)).json()["items"]
    assert [(row["phrase"], row["actor"]) for row in rows] == [("subject 1", "ben"), ("subject 0", "ada")]


async def test_five_hundred_answers_are_one_request(
    client: httpx2.AsyncClient, ben: Headers, connection: Connection
) -> None:
    with connection.transaction():
        ideas = [put_decided(connection, f"subject {n}") for n in range(500)]
    items = [{"idea_id": str(idea_id), "answer": "approve"} for idea_id in ideas]
    outcomes = (await client.post("/reviews", headers=ben, json={"items": items})).json()["outcomes"]
    assert {each["status"] for each in outcomes} == {201}
    too_many = await client.post("/reviews", headers=ben, json={"items": [*items, items[0]]})
    assert too_many.status_code == 422


async def test_a_creator_may_send_back_with_a_note_and_decide_nothing(
    client: httpx2.AsyncClient, people: People, connection: Connection
) -> None:
    creator = await headers_of(people, "default", "cleo", "creator")
    idea_id = put_decided(connection)
    assert (await answer(client, creator, idea_id, answer="approve")).status_code == 403
    many = {"items": [{"idea_id": str(idea_id), "answer": "approve"}]}
    assert (await client.post("/reviews", headers=creator, json=many)).status_code == 403
    assert (await client.post(f"/ideas/{idea_id}/undo", headers=creator)).status_code == 403
    assert (await answer(client, creator, idea_id, answer="respond", reason="Mind the margin.")).status_code == 201
    second = await answer(client, creator, idea_id, answer="respond", reason="And the colour.")
    assert (second.status_code, "sent back once already" in second.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    "words", ["'; DROP TABLE review; --", "<script>alert(1)</script>", "\u202eright to left", "ä" * 9]
)
async def test_words_are_kept_as_they_were_written(
    client: httpx2.AsyncClient, ben: Headers, connection: Connection, words: str
) -> None:
    idea_id = put_decided(connection)
    given = {"answer": "edit", "reason": words, "edits": {"phrase": words, "audience": words}}
    assert (await answer(client, ben, idea_id, **given)).status_code == 201
    case = (await client.get(f"/ideas/{idea_id}", headers=ben)).json()
    assert (case["idea"]["phrase"], case["idea"]["audience"], case["reviews"][0]["reason"]) == (words, words, words)


@pytest.mark.parametrize(
    "given",
    [
        {}, {"answer": "perhaps"}, {"answer": "reject"}, {"answer": "reject", "reason": "  "}, {"answer": "edit"},
        {"answer": "respond"}, {"answer": "approve", "edits": {"phrase": "x"}}, {"answer": "approve", "reason": "a\0"},
        {"answer": "approve", "reason": "\x1b[2J"}, {"answer": "approve", "reason": "x" * 2001},
        {"answer": "ignore", "as": "ada"},
        {"answer": "edit", "edits": {"price_cents": 10**40}}, {"answer": "edit", "edits": {"price_cents": 0}},
        {"answer": "edit", "edits": {"price_cents": "cheap"}}, {"answer": "edit", "edits": {"phrase": ""}},
        {"answer": "edit", "edits": {"phrase": "x" * 121}}, {"answer": "edit", "edits": {"status": "live"}},
        {"answer": "edit", "edits": {"a\0": 1}}, [], "approve", None,
    ],
)  # fmt: skip
async def test_what_is_no_answer_is_a_problem_and_changes_nothing(
    client: httpx2.AsyncClient, ben: Headers, connection: Connection, given: Any
) -> None:
    idea_id = put_decided(connection)
    refused = await client.post(f"/ideas/{idea_id}/reviews", headers=ben, json=given)
    assert refused.status_code == 422, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert connection.execute("SELECT count(*) FROM review").fetchone() == (0,)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400), (b"\xff\xfe", 400), (b'{"answer": "approve", "reason": "\xff"}', 400), (b"[" * 100_000, 400),
        (b'{"answer": "approve", "reason": "\\ud800"}', 422),
        (b'{"answer": "edit", "edits": {"price_cents": 1e999}}', 422),
        (b'{"answer": "approve", "reason": ' + b"9" * 5000 + b"}", 400), (b'{"\\ud800": 1}', 422), (b"", 422),
    ],
)  # fmt: skip
async def test_a_body_that_cannot_be_read_is_a_problem(
    client: httpx2.AsyncClient, ben: Headers, connection: Connection, body: bytes, status: int
) -> None:
    idea_id = put_decided(connection)
    headers = ben | {"content-type": "application/json"}
    refused = await client.post(f"/ideas/{idea_id}/reviews", headers=headers, content=body)
    assert refused.status_code == status, refused.text
    assert refused.json()["status"] == status


async def test_what_a_waiting_thread_is_told_is_told_beside(
    api: FastAPI, client: httpx2.AsyncClient, ben: Headers, connection: Connection
) -> None:
    idea_id = put_decided(connection)
    await answer(client, ben, idea_id, answer="approve")
    async with api.state.tenants.product("default") as product:
        await product.reviews.settle()
    assert connection.execute("SELECT told_at IS NOT NULL FROM review").fetchone() == (True,)
