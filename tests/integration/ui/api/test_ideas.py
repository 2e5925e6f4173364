"""Ideas and decisions at the API: lists that are walked, cases with their facts, and what is asked wrongly."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from evals.bench.stage import store_idea
from graphs.people import People
from graphs.product import Product
from store.queue import write_cursor
from tests.decided import put_decided
from tests.integration.ui.api.conftest import headers_of

Headers = dict[str, str]


@pytest.fixture
async def looking(people: People) -> Headers:
    """The headers of a creator, who may look."""
    return await headers_of(people, "default", "cleo", "creator")


async def walk(client: httpx2.AsyncClient, path: str, headers: Headers, **params: Any) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        answer = await client.get(path, headers=headers, params=params | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        seen += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return seen


@pytest.mark.parametrize("sort", ["score", "newest", "deadline", "margin"])
async def test_a_walk_sees_each_idea_once(
    client: httpx2.AsyncClient, looking: Headers, connection: psycopg.Connection[Any], sort: str
) -> None:
    ideas = [put_decided(connection, f"subject {n}", score=n % 3 / 4) for n in range(9)]
    rows = await walk(client, "/ideas", looking, sort=sort, limit=4)
    assert sorted(row["id"] for row in rows) == sorted(map(str, ideas))


async def test_a_list_is_narrowed_and_searched(
    client: httpx2.AsyncClient, looking: Headers, connection: psycopg.Connection[Any]
) -> None:
    put_decided(connection, "fox on a mug", verdict="approve")
    put_decided(connection, "owl on a shirt", product_format="shirt")
    put_decided(connection, "owl put away", status="archived")

    async def found(**params: Any) -> list[str]:
        return sorted(row["phrase"] for row in await walk(client, "/ideas", looking, **params))

    assert await found() == ["fox on a mug", "owl on a shirt"]
    assert await found(text="OWL") == ["owl on a shirt"]
    assert await found(status=["archived", "pending_review"], text="owl") == ["owl on a shirt", "owl put away"]
    assert await found(verdict="approve") == ["fox on a mug"]
    assert await found(status=["archived"] * 3, verdict=["review"] * 3) == ["owl put away"]
    assert await found(product_format=["shirt", "poster"]) == ["owl on a shirt"]


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0}, {"limit": 201}, {"limit": "many"}, {"limit": 10**30}, {"sort": "best"}, {"status": "lost"},
        {"cursor": "abc"}, {"cursor": "x" * 201}, {"cursor": write_cursor("newest", "soon", str(uuid4()))},
        {"cursor": write_cursor("score", "1; DROP TABLE idea", str(uuid4()))}, {"text": "a\0b"}, {"text": "a\x1bb"},
        {"text": "x" * 201}, {"product_format": "a\0"},
    ],
)  # fmt: skip
async def test_what_a_list_cannot_be_asked_is_a_problem(
    client: httpx2.AsyncClient, looking: Headers, params: dict[str, Any]
) -> None:
    answer = await client.get("/ideas", headers=looking, params=params)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


async def test_bad_utf8_in_an_address_is_a_problem(client: httpx2.AsyncClient, looking: Headers) -> None:
    answer = await client.get("/ideas?text=%ff%fe", headers=looking)
    assert (answer.status_code, answer.json()["status"]) == (400, 400)


async def test_an_idea_comes_with_all_that_its_decision_rests_on(
    client: httpx2.AsyncClient, looking: Headers, connection: psycopg.Connection[Any], product: Product
) -> None:
    idea_id = store_idea(connection, comparables=9)
    await product.analyze(idea_id)
    case = (await client.get(f"/ideas/{idea_id}", headers=looking)).json()
    assert case["idea"]["phrase"] == "pumpkin carving"
    assert case["idea"]["verdict"] == case["decision"]["verdict"]
    assert len(case["findings"]) == 12
    assert {each["outcome"] for each in case["findings"]} <= {"opinion", "abstained", "failed", "ungrounded"}
    assert [term["name"] for term in case["score"]["terms"]] == ["freshness"]
    assert [event["to_status"] for event in case["events"]] == ["discovered", "analysing", "pending_review"]
    assert (await client.get(f"/ideas/{idea_id}/decisions/1", headers=looking)).json() == case
    whole = (await client.get(f"/decisions/{idea_id}/1", headers=looking)).json()
    assert {name: whole[name] for name in case} == case
    assert whole["facts"] == (await client.get(f"/ideas/{idea_id}/facts", headers=looking)).json()
    priced = next(fact for fact in whole["facts"] if fact["id"] == "pricing.price_cents")
    assert priced["row_count"] >= 9
    assert 0 < len(priced["sources"]) <= 3
    assert "pumpkin carving" in priced["sources"][0]["text"]
    assert priced["sources"][0]["figures"]["marketplace"] == "etsy"


async def test_decisions_are_listed_the_latest_first(
    client: httpx2.AsyncClient, looking: Headers, connection: psycopg.Connection[Any]
) -> None:
    ideas = [put_decided(connection, f"subject {n}") for n in range(5)]
    rows = await walk(client, "/decisions", looking, limit=2)
    assert [row["idea_id"] for row in rows] == [str(idea_id) for idea_id in ideas[::-1]]
    for cursor in ("AAAA", write_cursor("decided", "2026-01-01", str(uuid4()), 1), write_cursor("answered", 1)):
        assert (await client.get(f"/decisions?cursor={cursor}", headers=looking)).status_code == 422


async def test_what_is_not_there_is_a_problem(
    client: httpx2.AsyncClient, looking: Headers, connection: psycopg.Connection[Any]
) -> None:
    idea_id, nobody = put_decided(connection), uuid4()
    for path in (
        f"/ideas/{nobody}",
        f"/ideas/{nobody}/facts",
        f"/ideas/{idea_id}/decisions/2",
        f"/decisions/{nobody}/1",
    ):
        answer = await client.get(path, headers=looking)
        assert (answer.status_code, answer.json()["status"]) == (404, 404), path
    for path in ("/ideas/7", f"/ideas/{idea_id}/decisions/{2**31}", f"/decisions/{idea_id}/0"):
        assert (await client.get(path, headers=looking)).status_code == 422, path
    assert (await client.get("/nothing", headers=looking)).headers["content-type"] == "application/problem+json"
    assert (await client.put("/ideas", headers=looking)).status_code == 405


async def test_another_tenants_ideas_are_not_there(
    client: httpx2.AsyncClient, people: People, connection: psycopg.Connection[Any]
) -> None:
    idea_id: UUID = put_decided(connection)
    stranger = await headers_of(people, "other", "olga", "admin")
    assert (await client.get(f"/ideas/{idea_id}", headers=stranger)).status_code == 404
    assert await walk(client, "/ideas", stranger) == []
    answer = await client.post(f"/ideas/{idea_id}/reviews", headers=stranger, json={"answer": "approve"})
    assert answer.status_code == 404
