"""Rates: how often who may ask; told in the headers of every answer, 429 where it was too often.

Whoever we know is counted by their key, as many a minute as their tier allows. Whoever comes with nothing, or with a
key or token that never opened anything here, is counted by address first: guessing costs a place, not a query.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphs.people import People, Person, Unknown
from graphs.settings import Settings
from store.rates import Rates, Standing
from store.redis import AsyncRedis, redis_url
from ui.api import problems

STRANGERS = 60
"""Requests a minute of an address (of IPv6: its /64) before we know whose they are."""


@asynccontextmanager
async def open_rates(settings: Settings) -> AsyncIterator[Rates]:
    """The counts of the Redis that the settings name, else of the embedded one."""
    given = settings.redis_url.get_secret_value() if settings.redis_url else None
    redis = AsyncRedis(await asyncio.to_thread(redis_url, settings.home, given))
    try:
        yield Rates(redis)
    finally:
        await redis.close()


class Rated:
    """Around the whole application, which keeps `people`, `rates` and `tenants` in its state."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        standing = await standing_of(scope)
        headers = [(name.encode(), str(value).encode()) for name, value in _headers(standing).items()]

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        answer = self.app if standing.taken else _too_often(standing)
        await answer(scope, receive, told)


async def standing_of(scope: Scope) -> Standing:
    """Count one request with whoever makes it; who that is, or None, is the state's `person` from here on."""
    rates: Rates = scope["app"].state.rates
    people: People = scope["app"].state.people
    state = scope.setdefault("state", {})
    state["person"], credential = None, credential_of(scope)
    person = await _named(people, credential) if credential and people.has_met(credential) else None
    if person is None:
        stranger = await rates.take(f"shared:rate:{_address(scope)}", STRANGERS)
        person = await _named(people, credential) if stranger.taken and credential else None
        if person is None:
            return stranger
    state["person"] = person
    tiers = people.tenants.settings.tiers
    limit = tiers.get(person.tier, min(tiers.values()))  # a tier that was taken out of the settings is the least
    return await rates.take(f"{person.tenant}:rate:{person.key_id}", limit)


def credential_of(scope: Scope) -> str | None:
    """The text after `Bearer` in the Authorization header."""
    given = next((value for name, value in scope["headers"] if name == b"authorization"), b"").decode("latin-1")
    scheme, _, credential = given.partition(" ")
    return credential.strip() or None if scheme.lower() == "bearer" else None


async def _named(people: People, credential: str) -> Person | None:
    try:
        return await people.identify(credential)
    except Unknown:  # the route says why
        return None


def _address(scope: Scope) -> str:
    host = str((scope.get("client") or ("local", 0))[0])
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else host


def _too_often(standing: Standing) -> ASGIApp:
    line = f"more than {standing.limit} requests a minute: ask again in {standing.reset_s} s"
    return problems.response(429, line, {"Retry-After": str(standing.reset_s)})


def _headers(standing: Standing) -> dict[str, int]:
    return {
        "RateLimit-Limit": standing.limit,
        "RateLimit-Remaining": standing.left,
        "RateLimit-Reset": standing.reset_s,
    }
