"""Idempotency: a POST that says `Idempotency-Key` and comes again is done once, and answered as the first time.

The key is the caller's own, kept for a day with the SHA-256 of method, address and body. The same key with another
request is refused. While the first is still being done, the second is told to come back; a process that dies at it
blocks the key for no longer than ABANDONED, after which it is done anew: what routes do bears that. Answers that only
said "not now" or "not you" are not kept, and of those that show a secret once only that they did.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphs.people import Person
from graphs.tenants import Tenants
from store.kept import Claim, Kept, claim, fill, give_up
from ui.api import problems
from ui.api.guard import ANSWER_S

HEADER = b"idempotency-key"
REPLAYED = "Idempotent-Replayed"
KEY = re.compile(rb"[\x21-\x7e]{1,255}")
ABANDONED = timedelta(seconds=ANSWER_S + 30)
NOT_KEPT = (401, 403, 408, 413, 429)
KEPT_HEADERS = ("content-type", "location", "etag")
SECRETS = re.compile(r"/api/v1/(tokens|(.*/)?keys)\b")
"""What shows a secret once."""
SHOWN_ONCE = "this was done already under this key; what it made was shown once and is kept nowhere"


class Idempotent:
    """Inside `Checked`, around the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = dict(scope["headers"]).get(HEADER) if scope["type"] == "http" and scope["method"] == "POST" else None
        if key is None:
            return await self.app(scope, receive, send)
        if not KEY.fullmatch(key):
            refusal = problems.response(422, "Idempotency-Key has 1 to 255 visible ASCII characters")
            return await refusal(scope, receive, send)
        person: Person | None = scope["state"]["person"]
        if person is None:  # the route says so
            return await self.app(scope, receive, send)
        body = await _read(receive)
        if body is None:  # whoever asked is gone
            return None
        return await self._once(scope, body, receive, send, person, key.decode())

    async def _once(self, scope: Scope, body: bytes, receive: Receive, send: Send, person: Person, key: str) -> None:
        claimed = Claim(person.handle, key, _hash(scope, body))
        tenants: Tenants = scope["app"].state.tenants
        async with tenants.product(person.tenant) as product:
            async with product.pool.connection() as connection:
                kept = await claim(connection, claimed, ABANDONED)
            if kept is not None:
                await _again(kept, claimed)(scope, receive, send)
                return
            answer = _Answer(send)
            try:
                await self.app(scope, _replay(body, receive), answer.hear)
            finally:
                async with product.pool.connection() as connection:
                    await answer.keep(connection, claimed, secret=bool(SECRETS.match(scope["path"])))
            await answer.pass_on()


class _Answer:
    """An answer held back until it is kept, so that nobody has one that would not be given again."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self._whole = False

    async def hear(self, message: Message) -> None:
        self._messages.append(message)
        self._whole = message["type"] == "http.response.body" and not message.get("more_body", False)

    async def keep(self, connection: Any, claimed: Claim, secret: bool) -> None:
        if not self._whole or self.status >= 500 or self.status in NOT_KEPT:
            return await give_up(connection, claimed)
        body = b"".join(message.get("body", b"") for message in self._messages[1:])
        if secret and self.status < 300:
            once = problems.response(409, SHOWN_ONCE)
            return await fill(connection, claimed, 409, {"content-type": problems.MEDIA_TYPE}, bytes(once.body))
        return await fill(connection, claimed, self.status, self._headers(), body)

    @property
    def status(self) -> int:
        """As it was said."""
        return int(self._messages[0]["status"])

    def _headers(self) -> dict[str, str]:
        said = MutableHeaders(raw=list(self._messages[0].get("headers", ())))
        return {name: said[name] for name in KEPT_HEADERS if name in said}

    async def pass_on(self) -> None:
        for message in self._messages:
            await self._send(message)


def _hash(scope: Scope, body: bytes) -> bytes:
    asked = b" ".join((scope["method"].encode(), scope["path"].encode(), scope["query_string"]))
    return hashlib.sha256(asked + b"\n" + hashlib.sha256(body).digest()).digest()


def _again(kept: Kept, claimed: Claim) -> Response:
    """What the second request with a key is answered."""
    if kept.request != claimed.request:
        return problems.response(422, "this Idempotency-Key was used for another request: take a new one")
    if kept.status is None:
        return problems.response(409, "the first request with this key is still being done", {"Retry-After": "1"})
    return Response(kept.body, kept.status, headers={**_plain(kept.headers), REPLAYED: "true"})


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in KEPT_HEADERS}


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None where it broke off."""
    pieces: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever follows."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def heard() -> Message:
        return left.pop() if left else await receive()

    return heard
