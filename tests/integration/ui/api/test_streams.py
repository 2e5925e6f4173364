"""Streams over real sockets: a member has so many open and no more, and whoever does not read is let go."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from graphs.people import Person, Role
from ui.api import streams
from ui.api.streams import EventStream, Streams
from ui.commands import serving
from ui.commands.serving import Impatient

FLOOD = b"data: " + b"x" * 65_536 + b"\n\n"


@dataclass
class Server:
    """An application whose one answer never ends, and how many of it are open."""

    port: int
    streams: Streams
    connections: set[Any]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def open(self) -> int:
        return sum(self.streams._open.values())


@asynccontextmanager
async def serving_with(protocol: type[asyncio.Protocol], piece: bytes, pause_s: float) -> AsyncIterator[Server]:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield piece
            await asyncio.sleep(pause_s)

    async def answer(request: Request) -> EventStream:
        handle = request.query_params.get("who", "ben")
        request.scope.setdefault("state", {})["person"] = Person("default", handle, Role.CREATOR, "pro")
        return EventStream(pieces())

    app = Starlette(routes=[Route("/", answer)])
    app.state.streams = Streams()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        server = uvicorn.Server(uvicorn.Config(app, http=protocol, log_level="critical", ws="none"))
        running = asyncio.create_task(server.serve(sockets=[taken]))
        await until(lambda: server.started)
        try:
            yield Server(taken.getsockname()[1], app.state.streams, server.server_state.connections)
        finally:
            server.should_exit = server.force_exit = True
            await running


async def until(so: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not so():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.02)


async def deaf(port: int) -> socket.socket:
    """Somebody who asks and takes nothing of the answer."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    one.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(one, ("127.0.0.1", port))
    await loop.sock_sendall(one, b"GET / HTTP/1.1\r\nHost: bellwether\r\n\r\n")
    return one


async def test_who_takes_nothing_of_a_stream_loses_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "WRITE_S", 0.5)
    async with serving_with(HttpToolsProtocol, FLOOD, 0.0) as server:
        with await deaf(server.port):
            await until(lambda: server.open)
            await until(lambda: not server.open)


async def test_who_takes_nothing_is_cut_off_so_that_no_socket_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "UNREAD_S", 0.5)
    async with serving_with(Impatient, FLOOD, 0.0) as server:
        with await deaf(server.port):
            await until(lambda: server.open)
            await until(lambda: not server.open)
            await until(lambda: not server.connections)


async def test_who_reads_slowly_is_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "UNREAD_S", 1.0)
    monkeypatch.setattr(streams, "WRITE_S", 1.0)
    async with serving_with(Impatient, FLOOD, 0.0) as server:
        with await deaf(server.port) as one:
            loop, heard = asyncio.get_running_loop(), 0
            end = loop.time() + 3
            while loop.time() < end:
                heard += len(await asyncio.wait_for(loop.sock_recv(one, 65_536), 5))
                await asyncio.sleep(0.05)
            assert (server.open, heard > 65_536) == (1, True)


async def test_a_member_has_so_many_streams_and_another_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST", 2)
    async with (
        serving_with(Impatient, b": still here\n\n", 0.05) as server,
        httpx2.AsyncClient(base_url=server.url, timeout=10) as client,
    ):
        async with AsyncExitStack() as held:
            for who in ("ben", "ben", "ana", "ana"):
                stream = await held.enter_async_context(client.stream("GET", "/", params={"who": who}))
                assert stream.status_code == 200
            refused = await client.get("/", params={"who": "ben"})
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
            assert refused.headers["content-type"] == "application/problem+json"
        await until(lambda: not server.open)
        async with client.stream("GET", "/", params={"who": "ben"}) as stream:
            assert stream.status_code == 200


async def test_a_place_is_free_again_when_whoever_listened_is_gone() -> None:
    async with serving_with(HttpToolsProtocol, b": still here\n\n", 0.05) as server:
        one = await deaf(server.port)
        await until(lambda: server.open)
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
        await until(lambda: not server.open)
