"""Runs over the API: started, followed as events, answered by roles, and listed a page at a time."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import orjson
import psycopg
import pytest
from fastapi import FastAPI

from evals.bench.stage import store_idea
from graphs.people import People
from graphs.runs import Event
from store import spans
from store.ids import new_id
from tests.integration.ui.api.conftest import headers_of
from ui.api.streams import line_of

ACCEPT = {"type": "accept", "args": None}


@pytest.fixture
async def cleo(people: People) -> dict[str, str]:
    return await headers_of(people, "default", "cleo", "creator")


@pytest.fixture
def idea_id(connection: psycopg.Connection[Any]) -> UUID:
    return store_idea(connection)


async def started(client: httpx2.AsyncClient, headers: dict[str, str], idea_id: UUID) -> str:
    """An analysis that waits; where it can be found, below the prefix."""
    answer = await client.post("/runs", headers=headers, json={"graph": "analyze", "input": {"idea_id": str(idea_id)}})
    assert answer.status_code == 202, answer.text
    where = answer.headers["location"].removeprefix("/api/v1")
    assert where == f"/runs/{answer.json()['id']}"
    assert (await followed(client, headers, where))[-1]["data"] == {"status": "waiting", "error": ""}
    return where


async def followed(client: httpx2.AsyncClient, headers: dict[str, str], where: str, **more: str) -> list[Any]:
    """The events of a thread until its end."""
    async with client.stream("GET", f"{where}/events", headers={**headers, **more}, timeout=30) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        text = "".join([piece async for piece in stream.aiter_text()])
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]
    return [{**block, "data": orjson.loads(block["data"])} for block in blocks]


async def test_a_run_is_started_followed_and_answered_as_an_inbox_would(
    client: httpx2.AsyncClient, ben: dict[str, str], idea_id: UUID
) -> None:
    where = await started(client, ben, idea_id)
    shown = (await client.get(where, headers=ben)).json()
    assert (shown["status"], shown["title"], len(shown["spans"])) == ("waiting", "pumpkin carving", 15)
    [request] = shown["requests"]
    edit = {"type": "edit", "args": {**request["action_request"], "args": {"price_cents": "1999"}}}
    answered = await client.post(f"{where}/answer", headers=ben, json=[edit])
    assert (answered.status_code, answered.json()["actor"]) == (200, "ben")
    late = await client.post(f"{where}/answer", headers=ben, json=ACCEPT)
    assert (late.status_code, late.json()["standing"]["actor"]) == (409, "ben")
    replayed = await client.post(f"{where}/replay", headers=ben)
    assert (replayed.status_code, replayed.json()["differences"]) == (200, [])
    refused = await client.post(f"{where}/resume", headers=ben)
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")


async def test_a_browser_that_comes_again_gets_what_is_newer(
    client: httpx2.AsyncClient, ben: dict[str, str], idea_id: UUID
) -> None:
    where = await started(client, ben, idea_id)
    events = await followed(client, ben, where)
    again = await followed(client, ben, where, **{"Last-Event-ID": events[-2]["id"]})
    assert [event["event"] for event in again] == ["end"]


async def test_a_creator_looks_and_sends_back_and_does_no_more(
    client: httpx2.AsyncClient, ben: dict[str, str], cleo: dict[str, str], idea_id: UUID
) -> None:
    where = await started(client, ben, idea_id)
    assert (await client.get(where, headers=cleo)).status_code == 200
    for path, body in (("/runs", {"graph": "discover"}), (f"{where}/resume", None), (f"{where}/replay", None),
                       (f"{where}/answer", ACCEPT)):  # fmt: skip
        assert (await client.post(path, headers=cleo, json=body)).status_code == 403, path
    note = {"type": "response", "args": "Mind the margin."}
    assert (await client.post(f"{where}/answer", headers=cleo, json=note)).json()["actor"] == "cleo"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"graph": "analyze", "input": {}}, 422),
        ({"graph": "analyze", "input": {"idea_id": str(new_id())}}, 404),
        ({"graph": "discover", "input": {"paths": ["/etc/passwd"]}}, 422),
        ({"graph": "produce"}, 422),
        ({"graph": "produce", "input": {"design_id": str(new_id())}}, 404),
        ({"graph": "launch"}, 422),
        ({"graph": "launch", "input": {"listing_id": str(new_id())}}, 404),
        ({"graph": "analyze", "input": {"idea_id": "'; DROP TABLE idea; --"}}, 422),
        ([], 422),
    ],
)
async def test_what_cannot_be_started_is_a_problem(
    client: httpx2.AsyncClient, ben: dict[str, str], body: Any, status: int
) -> None:
    refused = await client.post("/runs", headers=ben, json=body)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("body", [{"type": "shrug"}, [], [ACCEPT, ACCEPT], {"type": "edit", "args": "x"}, "yes"])
async def test_an_answer_of_no_shape_is_a_problem(
    client: httpx2.AsyncClient, ben: dict[str, str], idea_id: UUID, body: Any
) -> None:
    where = await started(client, ben, idea_id)
    assert (await client.post(f"{where}/answer", headers=ben, json=body)).status_code == 422
    assert (await client.get(where, headers=ben)).json()["status"] == "waiting"


async def test_threads_are_listed_a_page_at_a_time_and_those_of_others_are_not_there(
    client: httpx2.AsyncClient, people: People, ben: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    where = [await started(client, ben, store_idea(connection, phrase)) for phrase in ("latte art", "fair isle")]
    first = (await client.get("/runs", headers=ben, params={"limit": 1})).json()
    rest = (await client.get("/runs", headers=ben, params={"limit": 1, "cursor": first["next"]})).json()
    assert [f"/runs/{page['items'][0]['id']}" for page in (first, rest)] == where[::-1]
    assert rest["next"] is None
    assert (await client.get("/runs", headers=ben, params={"status": "failed"})).json()["items"] == []
    assert (await client.get("/runs", headers=ben, params={"cursor": "x"})).status_code == 422
    eve = await headers_of(people, "other", "eve", "admin")
    assert (await client.get("/runs", headers=eve)).json()["items"] == []
    for path in (where[0], f"{where[0]}/events"):
        assert (await client.get(path, headers=eve)).status_code == 404
    assert (await client.post(f"{where[0]}/answer", headers=eve, json=ACCEPT)).status_code == 404


async def test_a_design_is_drawn_by_a_run_followed_and_listed_and_then_over(
    client: httpx2.AsyncClient, api: FastAPI, ben: dict[str, str], cleo: dict[str, str]
) -> None:
    async with api.state.tenants.product("default") as product:
        shop = product.workshop
        shop.folder.mkdir()
        shop.fire, shop.version = "tests.kilns:fire", "tests.kilns:version_of"
        asked = await client.post("/designs", headers=ben, json={"text": "moss", "size": "64x80"})
        start = {"graph": "produce", "input": {"design_id": asked.json()["id"]}}
        assert (await client.post("/runs", headers=cleo, json=start)).status_code == 403
        begun = await client.post("/runs", headers=ben, json=start)
        assert (begun.status_code, begun.json()["is_new"]) == (202, True), begun.text
        again = await client.post("/runs", headers=ben, json=start)
        assert (again.json()["id"], again.json()["is_new"]) == (begun.json()["id"], False)
        where = f"/runs/{begun.json()['id']}"
        events = await followed(client, ben, where)
        assert events[-1]["data"] == {"status": "finished", "error": ""}
        await product.runs.settle()
    shown = (await client.get(where, headers=ben)).json()
    assert (shown["subject"], shown["title"], shown["requests"]) == (f"design:{asked.json()['id']}", "moss", [])
    assert [span["node"] for span in shown["spans"]] == ["brief", "check", "draw", "inspect", "judge", "file"]
    listed = (await client.get("/runs", headers=ben, params={"graph": "produce"})).json()["items"]
    assert [each["id"] for each in listed] == [begun.json()["id"]]
    design = (await client.get(f"/designs/{asked.json()['id']}", headers=ben)).json()
    assert [each["actor"] for each in design["events"]] == ["ben", "ben"]
    for path, body in (("/runs", start), (f"{where}/resume", None), (f"{where}/replay", None),
                       (f"{where}/answer", ACCEPT)):  # fmt: skip
        assert (await client.post(path, headers=ben, json=body)).status_code == 409, path


async def test_a_run_that_failed_goes_on_and_one_of_a_worker_is_found(
    client: httpx2.AsyncClient, api: FastAPI, ben: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    async with api.state.tenants.product("default") as product:
        shop = product.workshop
        shop.folder.mkdir()
        shop.fire, shop.version = "tests.kilns:fire", "tests.kilns:version_of"
        asked = (await client.post("/designs", headers=ben, json={"text": "down once", "size": "64x80"})).json()
        start = {"graph": "produce", "input": {"design_id": asked["id"]}}
        where = f"/runs/{(await client.post('/runs', headers=ben, json=start)).json()['id']}"
        assert (await followed(client, ben, where))[-1]["data"]["status"] == "failed"
        assert (await client.post(f"{where}/resume", headers=ben)).json()["is_new"] is True
        await product.runs.settle()
    assert (await client.get(f"/designs/{asked['id']}", headers=ben)).status_code == 200
    other = (await client.post("/designs", headers=ben, json={"text": "fern", "size": "64x80"})).json()
    connection.execute(
        "UPDATE design SET status = 'drawing', taken_by = %s, taken_until = now() + interval '1 minute' WHERE id = %s",
        (new_id(), other["id"]),
    )
    found = await client.post("/runs", headers=ben, json={"graph": "produce", "input": {"design_id": other["id"]}})
    assert (found.status_code, found.json()["is_new"]) == (202, False)


async def test_nobody_follows_without_a_key(client: httpx2.AsyncClient) -> None:
    assert (await client.get(f"/runs/{new_id()}/events")).status_code == 401


def running(connection: psycopg.Connection[Any]) -> UUID:
    """A thread that somebody elsewhere runs."""
    thread = new_id()
    connection.execute(
        "INSERT INTO thread (tenant_id, id, graph, subject, status, started_at, last_at) "
        "VALUES ('default', %s, 'analyze', '', 'running', now(), now())",
        [thread],
    )
    return thread


async def test_who_follows_with_a_key_that_is_revoked_is_told_no_more(
    client: httpx2.AsyncClient,
    people: People,
    ben: dict[str, str],
    connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thread, load_spans, looked = running(connection), spans.load_spans, asyncio.Event()

    async def look(*given: Any) -> Any:
        found = await load_spans(*given)
        looked.set()
        return found

    monkeypatch.setattr(spans, "load_spans", look)
    following = asyncio.create_task(client.get(f"/runs/{thread}/events", headers=ben))
    await asyncio.wait_for(looked.wait(), 30)
    (key,) = await people.keys("default", "ben")
    await people.revoke_key("default", key["id"])
    connection.execute(
        "UPDATE thread SET title = 'told later', change = nextval('span_change') WHERE id = %s", [thread]
    )
    async with asyncio.timeout(30):
        heard = await following
    assert heard.text.count("event: thread") == 1 and "told later" not in heard.text


async def test_what_a_thread_became_between_two_looks_of_a_stream_is_told(
    client: httpx2.AsyncClient,
    ben: dict[str, str],
    connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thread, load_spans = running(connection), spans.load_spans
    changes = iter([
        "SELECT %(thread)s",
        "WITH told AS (UPDATE thread SET title = 'it moves', change = nextval('span_change') WHERE id = %(thread)s) "
        "INSERT INTO span (tenant_id, thread_id, id, node, outcome, began_at, change) "
        "VALUES ('default', %(thread)s, gen_random_uuid(), 'trend', 'running', now(), nextval('span_change') + 1)",
        "UPDATE thread SET status = 'finished', change = nextval('span_change') + 1 WHERE id = %(thread)s",
    ])  # fmt: skip

    async def meanwhile(*given: Any) -> Any:
        connection.execute(next(changes, "SELECT %(thread)s").encode(), {"thread": thread})
        return await load_spans(*given)

    monkeypatch.setattr(spans, "load_spans", meanwhile)
    heard = await followed(client, ben, f"/runs/{thread}")
    assert [each["event"] for each in heard] == ["thread", "node", "thread", "thread", "end"]
    assert heard[2]["data"]["title"] == "it moves"


async def test_a_stream_ends_when_whoever_listened_is_gone(
    api: FastAPI, ben: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    thread = running(connection)
    said: list[Any] = []
    heard = iter([{"type": "http.request", "body": b"", "more_body": False}])
    begun = asyncio.Event()

    async def receive() -> Any:
        for message in heard:
            return message
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)
        begun.set()

    path = f"/api/v1/runs/{thread}/events"
    headers = [(b"authorization", ben["Authorization"].encode())]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": path,
             "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http", "headers": headers,
             "client": ("127.0.0.1", 1), "server": ("bellwether", 80)}  # fmt: skip
    async with asyncio.timeout(30):
        await api(scope, receive, send)
    assert said[0]["status"] == 200


def test_a_sign_of_life_is_a_comment_and_an_event_is_one_line_of_data() -> None:
    assert line_of(Event("beat", {})) == b": still here\n\n"
    line = line_of(Event("node", {"error": "a\nb: c\n\nevent: end"}, 7)).decode()
    assert line.splitlines() == ["id: 7", "event: node", 'data: {"error":"a\\nb: c\\n\\nevent: end"}', ""]
