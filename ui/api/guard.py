"""Guard: what stands around every request: an id, a limit to its body and its time, and headers that say how to treat
the answer.

A body may come in pieces and need not say its length, so it is counted as it is read. What goes wrong and is nobody's
to mend is a 500 that tells nothing but the request's id, under which the log has the rest.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from store.ids import new_id
from ui.api import problems

BODY_BYTES = 1 << 20
FORM_BYTES = 17 << 20
"""A form that brings a file: `ui.api.upload` has the file's own limit."""
ANSWER_S = 60.0
"""How long an answer may take to begin; a stream of events then goes on."""
ID_HEADER = b"x-request-id"
GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_LOG = logging.getLogger(__name__)


class TooLarge(HTTPException):
    """The body is longer than a request of its kind may be."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"a body has at most {most:,} bytes", {"Connection": "close"})


@dataclass(slots=True)
class _Exchange:
    """One request and the answer to it, as far as they have come."""

    receive: Receive
    send: Send
    id: bytes
    most_bytes: int
    read_bytes: int = 0
    is_whole: bool = False
    has_begun: bool = False
    clock: asyncio.Timeout | None = None

    async def hear(self) -> Message:
        message = await self.receive()
        if message["type"] == "http.request":
            self.read_bytes += len(message.get("body", b""))
            self.is_whole |= not message.get("more_body", False)
            if self.read_bytes > self.most_bytes:
                raise TooLarge(self.most_bytes)
        return message

    async def say(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            if self.clock is not None:
                self.clock.reschedule(None)
            message = {**message, "headers": _protected(message.get("headers", ()), self.id)}
        await self.send(message)


class Guard:
    """Around the whole application."""

    def __init__(self, app: ASGIApp, answer_s: float = ANSWER_S) -> None:
        self.app, self.answer_s = app, answer_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(ID_HEADER, b"")
        request_id = given if GIVEN_ID.fullmatch(given) else str(new_id()).encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        exchange = _Exchange(receive, send, request_id, _most_bytes(headers))
        exchange.is_whole = b"content-length" not in headers and b"transfer-encoding" not in headers
        refusal = await self._answer(scope, exchange)
        if refusal is not None and not exchange.has_begun:
            await refusal(scope, receive, exchange.say)

    async def _answer(self, scope: Scope, exchange: _Exchange) -> Response | None:
        """Let the application answer; what is to be said where it did not."""
        try:
            async with asyncio.timeout(self.answer_s) as exchange.clock:
                await self.app(scope, exchange.hear, exchange.say)
            return None
        except TimeoutError:
            return _too_slow(exchange.is_whole, self.answer_s)
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked learns its number and nothing else
            known = problems.of(error)
            if known is not None:
                return known
            _LOG.exception("request %s: %s %s", exchange.id.decode(), scope["method"], scope["path"])
            return problems.response(
                500, f"something went wrong here; request {exchange.id.decode()} has it in the log"
            )
        finally:
            exchange.clock = None


class Checked:
    """Inside `Audited`, so that what is refused is written down with the name of whoever sent it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        return await (_refusal(scope) or self.app)(scope, receive, send)


def _refusal(scope: Scope) -> Response | None:
    """Why a request is not looked at any further; None where it is."""
    headers = dict(scope["headers"])
    most, length = _most_bytes(headers), headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length[:20]) > most:
        return problems.of(TooLarge(most))
    try:
        for part in (scope["query_string"], scope.get("raw_path") or b""):
            unquote_to_bytes(part).decode("utf-8")
    except UnicodeDecodeError:
        return problems.response(400, "the address is no UTF-8: percent-encode its text as UTF-8")
    return None


def _most_bytes(headers: dict[bytes, bytes]) -> int:
    return FORM_BYTES if headers.get(b"content-type", b"").startswith(b"multipart/form-data") else BODY_BYTES


def _too_slow(is_whole: bool, answer_s: float) -> Response:
    if is_whole:
        return problems.response(503, f"no answer within {answer_s:.0f} s: try again", {"Retry-After": "5"})
    return problems.response(408, f"the request was not there whole within {answer_s:.0f} s", {"Connection": "close"})


def _protected(headers: Iterable[tuple[bytes, bytes]], request_id: bytes) -> list[tuple[bytes, bytes]]:
    """The headers, and those that each answer has; what a route says of its own answer stands."""
    said = [(name.lower(), value) for name, value in headers]
    names = {name for name, _ in said}
    return [*said, *(each for each in HEADERS if each[0] not in names), (ID_HEADER, request_id)]
