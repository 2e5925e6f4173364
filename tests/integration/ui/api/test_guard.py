"""What stands around each request: headers, limits, and what is said when something goes wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import psycopg
import pytest
from fastapi import FastAPI

from store.errors import NotReachable
from store.people import MemberError
from tests.decided import put_decided
from ui.api.guard import BODY_BYTES, Guard
from ui.api.problems import Problem

Headers = dict[str, str]


async def test_every_answer_has_an_id_and_says_that_nobody_may_keep_it(
    client: httpx2.AsyncClient, ben: Headers
) -> None:
    for answer in (await client.get("/ideas", headers=ben), await client.get("/ideas"), await client.get("/nothing")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert len(answer.headers["x-request-id"]) == 36
    mine = await client.get("/ideas", headers=ben | {"X-Request-Id": "order-4711"})
    assert mine.headers["x-request-id"] == "order-4711"
    forged = await client.get("/ideas", headers=ben | {"X-Request-Id": "a b\tc"})
    assert forged.headers["x-request-id"] != "a b\tc"


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(
    client: httpx2.AsyncClient, ben: Headers, connection: psycopg.Connection[Any]
) -> None:
    path = f"/ideas/{put_decided(connection)}/reviews"
    large = b'{"answer": "approve", "reason": "' + b"x" * BODY_BYTES + b'"}'

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(large), 1 << 16):
            yield large[at : at + (1 << 16)]

    for body in (large, pieces()):
        answer = await client.post(path, headers=ben | {"content-type": "application/json"}, content=body)
        assert (answer.status_code, answer.json()["status"]) == (413, 413)
    lied = await client.post(path, headers=ben | {"content-length": "-5"}, content=b"{}")
    assert lied.status_code == 413
    assert connection.execute("SELECT count(*) FROM review").fetchone() == (0,)
    kept = "SELECT actor, outcome, detail ->> 'status' FROM audit WHERE door = 'api' AND outcome = 'refused'"
    assert connection.execute(kept).fetchall() == [("ben", "refused", "413")] * 3


def wrapped(route: Any, answer_s: float = 60.0) -> httpx2.AsyncClient:
    """A caller of an application with nothing but the guard around it."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(Guard(route, answer_s)), base_url="http://bellwether")


async def ok(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def test_what_goes_wrong_here_is_told_by_its_number_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(*_: Any) -> None:
        raise RuntimeError("the password is hunter2")

    with caplog.at_level(logging.ERROR, "ui.api.guard"):
        async with wrapped(fails) as client:
            answer = await client.get("/")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    number = answer.headers["x-request-id"]
    assert number in answer.json()["detail"]
    assert number in caplog.text
    assert "hunter2" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NotReachable("postgresql://me@10.0.0.1 is down"), 503, "the database does not answer now"),
        (psycopg.OperationalError("10.0.0.1"), 503, "the database does not answer now"),
        (psycopg.DataError("value out of range"), 422, "outside of what can be stored"),
        (MemberError("ben is a member already"), 409, "ben is a member already"),
        (Problem(418, "short and stout"), 418, "short and stout"),
    ],
)
async def test_an_error_of_the_product_is_a_problem_wherever_it_is_raised(
    error: Exception, status: int, said: str
) -> None:
    async def fails(*_: Any) -> None:
        raise error

    async with wrapped(fails) as client:
        answer = await client.get("/")
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True)
    assert "10.0.0.1" not in answer.text


async def test_an_answer_that_takes_too_long_is_told_to_come_back_and_a_stream_may_go_on() -> None:
    async def slow(_: Any, receive: Any, __: Any) -> None:
        await receive()
        await asyncio.sleep(5)

    async def streams(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(0.3)
        await send({"type": "http.response.body", "body": b"late"})

    async with wrapped(slow, answer_s=0.05) as client:
        answer = await client.get("/")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    async with wrapped(streams, answer_s=0.05) as client:
        assert (await client.get("/")).text == "late"


async def test_a_request_that_is_never_there_whole_is_given_up() -> None:
    async def reads(_: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await ok(send)

    async def dribble() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(5)

    async with wrapped(reads, answer_s=0.1) as client:
        assert (await client.post("/", content=dribble())).status_code == 408


async def test_methods_and_paths_that_are_not_there_are_problems(api: FastAPI, client: httpx2.AsyncClient) -> None:
    for answer, status in ((await client.get("/nothing"), 404), (await client.delete("/ideas"), 405)):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
