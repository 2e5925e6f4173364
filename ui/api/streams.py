"""Streams: answers that go on for long: how many a member may have open, and how long one waits for who does not read.

Both are counted in this process: of several, each lets a member have as many. A listener that takes nothing for WRITE_S
is let go, and its place is free again; what of the socket is left the server drops (`ui.commands.serving`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from fastapi import Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from graphs.people import Person, Unknown
from graphs.runs import Event
from ui.api import problems
from ui.api.access import people_of
from ui.api.rates import credential_of

MOST = 8
"""Streams and downloads that a member has open at a time."""
WRITE_S = 30.0
"""How long one piece may wait for whoever listens to take some of it."""
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "What changed, as it changes.", "content": {"text/event-stream": {}}}
}


class Streams:
    """How many each member has open."""

    def __init__(self) -> None:
        self._open: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def one_more(self, person: Person) -> Iterator[bool]:
        """A place for as long as this is held; False where the member has no more."""
        who = (person.tenant, person.handle)
        taken = self._open[who] < MOST
        self._open[who] += taken
        try:
            yield taken
        finally:
            self._open[who] -= taken
            if not self._open[who]:
                del self._open[who]


class _Bounded(Response):
    """An answer that takes a place of its member's, 429 where there is none left, and waits for nobody for ever."""

    counts = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def say(message: Message) -> None:
            try:
                async with asyncio.timeout(WRITE_S):
                    await send(message)
            except TimeoutError:
                raise ClientDisconnect from None

        streams: Streams = scope["app"].state.streams
        with streams.one_more(scope["state"]["person"]) if self.counts else nullcontext(True) as taken:
            if not taken:
                detail = f"you have {MOST} streams and downloads open already: close one"
                await problems.response(429, detail, {"Retry-After": "5"})(scope, receive, send)
                return
            with suppress(ClientDisconnect):
                await super().__call__(scope, receive, say)


class EventStream(_Bounded, StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


class Download(_Bounded, FileResponse):
    """A file, whole or a range of it; `folder`, where it lies in one of its own, is gone afterwards."""

    folder: TemporaryDirectory[str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        unfit = False

        async def say(message: Message) -> None:
            nonlocal unfit
            if message["type"] == "http.response.start" and message["status"] in (400, 416):
                unfit = True
                length = dict(message["headers"]).get(b"content-range", b"").decode("ascii")
                detail = "the range is none of this file's: ask for another, or for all of it"
                told = {"Content-Range": length} if length else None
                await problems.response(message["status"], detail, told)(scope, receive, send)
            elif not unfit:
                await send(message)

        try:
            await super().__call__(scope, receive, say)
        finally:
            if self.folder is not None:
                await asyncio.to_thread(self.folder.cleanup)


@asynccontextmanager
async def packing(request: Request) -> AsyncIterator[TemporaryDirectory[str]]:
    """A folder to pack files in, when it is one's turn; gone where that fails."""
    folder = await asyncio.to_thread(TemporaryDirectory, prefix="bellwether-")
    try:
        async with request.app.state.turns:
            yield folder
    except BaseException:
        await asyncio.to_thread(folder.cleanup)
        raise


def packed(path: Path, folder: TemporaryDirectory[str]) -> Download:
    """A ZIP that is gone with its folder once it was taken."""
    answer = Download(path, media_type="application/zip", filename=path.name)
    answer.folder = folder
    return answer


def event_stream(request: Request, events: AsyncIterator[Event]) -> EventStream:
    """What is told for as long as what it was asked with is good: a stream outlives many a token."""

    async def lines() -> AsyncIterator[bytes]:
        credential = credential_of(request.scope) or ""
        with suppress(Unknown):
            async for event in events:
                await people_of(request).identify(credential)
                yield line_of(event)

    return EventStream(lines())


def line_of(event: Event) -> bytes:
    """An event as it goes over the wire; a sign of life is a comment."""
    if event.kind == "beat":
        return b": still here\n\n"
    number = b"" if event.id is None else b"id: %d\n" % event.id
    return b"%sevent: %s\ndata: %s\n\n" % (number, event.kind.encode(), orjson.dumps(event.data, default=str))
