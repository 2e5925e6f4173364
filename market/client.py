"""Client: one request to a marketplace or a register of marks, in its turn, bounded, and told truly how it ended.

Of a request that changes something there are three ends: it was made (an answer), it was not (an error that says so),
or nobody knows (Unconfirmed: a time-out, a connection that broke, 5xx, an answer that is none). What only reads is
never Unconfirmed. Redirects are not followed: an API that redirects is not the API we know.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2

from market.errors import KeyRefused, ListingGone, MarketBusy, MarketDown, MarketRefused, Unconfirmed
from trends.fetch import LOOPBACK, place_of, until
from trends.normalize import clean, redact

TIMEOUT_S = 30.0
"""For one request with its whole body; whoever holds a listing holds it for longer than this."""
MOST_BYTES = 8 << 20
MOST_WORDS = 200
"""Characters of a marketplace's own words that are passed on."""
WORDS = ("error_description", "message", "longMessage", "detail", "error", "title", "reason", "errors", "issues")
"""Fields in which APIs say what is wrong, the most telling first."""

Turn = Callable[[str], Awaitable[None]]
"""Waits for a turn to do what is named ("any", "publish"); raises MarketBusy where that takes too long."""
Headers = Callable[[], Awaitable[Mapping[str, str]]]
"""What authorises a request; asked before each, so that a token can be renewed."""
Part = tuple[str, bytes, str]
"""Of a multipart body: file name, content, media type."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. Query, headers and bodies may hold keys."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, Any] | None = field(default=None, repr=False)
    parts: Mapping[str, Part] | None = field(default=None, repr=False)
    kind: str = "any"
    """Which of the provider's limits it counts against, beside "any"."""
    changes: bool | None = None
    """Whether it changes something; None: every method but GET does."""
    unread: bool = False
    """Any answer of 2xx will do, whatever is in it: a store of files answers in XML."""


class Client:
    """Asks one provider. Use as `async with`, or close it."""

    def __init__(
        self,
        base: str,
        turn: Turn,
        headers: Headers,
        timeout_s: float = TIMEOUT_S,
        renew: Callable[[], None] | None = None,
    ) -> None:
        """`renew` is told that a key was not taken; the same is asked once more, for nothing was changed."""
        self.base, self.timeout_s = base.rstrip("/"), timeout_s
        self._turn, self._headers, self._renew = turn, headers, renew
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs whole addresses
        trusting = (httpx2.URL(base).host or "") not in LOOPBACK
        self._http = httpx2.AsyncClient(timeout=2 * timeout_s, trust_env=trusting, follow_redirects=False)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

    async def ask(self, ask: Ask) -> Any:
        """The answer as JSON; None where it has no body.

        Raises:
            MarketError: one of the tree in `market.errors`, with one line.
        """
        try:
            return await self._once(ask)
        except KeyRefused:
            if self._renew is None:
                raise
        self._renew()
        return await self._once(ask)

    async def _once(self, ask: Ask) -> Any:
        await self._turn(ask.kind)
        headers = {**await self._headers(), **ask.headers}
        changes = ask.method != "GET" if ask.changes is None else ask.changes
        lost, place = (Unconfirmed if changes else MarketDown), place_of(self.base + ask.path)
        try:
            async with asyncio.timeout(self.timeout_s):
                status, told, body = await self._send(ask, headers)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError):
            raise MarketDown(f"{place} cannot be reached") from None
        except TimeoutError:
            raise lost(f"{place} did not answer within {self.timeout_s:g} s") from None
        except UnicodeEncodeError:
            raise KeyRefused(f"{place}: the key holds what no header may hold") from None
        except httpx2.HTTPError as broken:
            raise lost(f"{place} broke off ({type(broken).__name__})") from None
        return None if ask.unread and 200 <= status < 300 else _read(place, status, told, body, lost)

    async def _send(self, ask: Ask, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        told: dict[str, Any] = {"params": dict(ask.query) or None, "headers": dict(headers)}
        told |= {"json": ask.json} if ask.json is not None else {}
        told |= {"data": dict(ask.form)} if ask.form is not None else {}
        told |= {"files": dict(ask.parts)} if ask.parts is not None else {}
        async with self._http.stream(ask.method, self.base + ask.path, **told) as response:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    break
            return response.status_code, response.headers, bytes(body)


def _read(
    place: str, status: int, headers: Mapping[str, str], body: bytes, lost: type[Unconfirmed] | type[MarketDown]
) -> Any:
    """What was answered, or what it means that this was answered."""
    wait = headers.get("retry-after")
    if status == 429 or (status == 503 and wait):
        raise MarketBusy(f"{place} answers {status}", until(wait, datetime.now(UTC)))
    if status >= 500:
        raise lost(f"{place} answers {status}")
    if status >= 400:
        raise _refusal(status)(f"{place} answers {status}{_said(body)}")
    if status >= 300:
        raise MarketRefused(f"{place} redirects ({status}): not followed")
    if len(body) > MOST_BYTES:
        raise lost(f"{place} answers with more than {MOST_BYTES >> 20} MB")
    try:
        return json.loads(body) if body.strip() else None
    except (ValueError, RecursionError):
        raise lost(f"{place} answers with what is no JSON") from None


def _refusal(status: int) -> type[MarketRefused]:
    if status in (401, 403):
        return KeyRefused
    return ListingGone if status in (404, 410) else MarketRefused


def _said(body: bytes) -> str:
    """What the provider says is wrong, in its own words, cleaned and short."""
    try:
        words = words_of(json.loads(body))
    except (ValueError, RecursionError):
        return ""
    return f": {redact(clean(words))[:MOST_WORDS]}" if words else ""


def words_of(told: Any, depth: int = 0) -> str:
    """The first sentence in an answer that says what is wrong; empty where none does."""
    if isinstance(told, str):
        return told.strip()
    if isinstance(told, Mapping) and depth < 4:
        return next((words for name in WORDS if (words := words_of(told.get(name), depth + 1))), "")
    if isinstance(told, Sequence) and depth < 4:
        return next((words for each in told if (words := words_of(each, depth + 1))), "")
    return ""


async def no_key() -> Mapping[str, str]:
    """For a provider that asks for none."""
    return {}


def bearer(token: Callable[[], Awaitable[str]]) -> Headers:
    """As most providers want it."""

    async def headers() -> Mapping[str, str]:
        return {"Authorization": f"Bearer {await token()}"}

    return headers
