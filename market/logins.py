"""Logins: the tokens of Etsy, eBay, Amazon, TikTok Shop and EUIPO, renewed when they run out.

One request for a token at a time; it is kept until shortly before it ends. Who may not renew it has to connect the
account again (`KeyRefused`). A login changes nothing that is for sale, so that it is never Unconfirmed.

Shapes: developer.ebay.com (OAuth 2.0 refresh token grant), developer-docs.amazon.com/sp-api (Login with Amazon),
partner.tiktokshop.com (token/refresh); from memory, 2026-11-30.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pydantic import SecretStr

from market.client import Ask, Client, Headers, bearer
from market.errors import KeyRefused, ListingGone, MarketDown, MarketRefused
from market.reference import find_number
from trends.payload import mapping, text_of

EBAY_BASE = "https://api.ebay.com"
EBAY_SCOPE = "https://api.ebay.com/oauth/api_scope/sell.inventory"
AMAZON_BASE = "https://api.amazon.com"
ETSY_BASE = "https://openapi.etsy.com"
EUIPO_BASE = "https://euipo.europa.eu"
TIKTOK_BASE = "https://auth.tiktok-shops.com"
EARLY_S = 120
"""A token that ends so soon is renewed before it is used."""


class Keeper(Protocol):
    """Keeps refresh tokens where a provider replaces them with each login, for all processes that log in."""

    def turn(self) -> AbstractAsyncContextManager[str]:
        """Nobody else logs in until this ends; the token that was kept last, empty where none was."""

    async def keep(self, token: str) -> None:
        """Keep it before it is used."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An app (its id and secret) and a seller who let it in."""

    client_id: SecretStr
    client_secret: SecretStr
    refresh_token: SecretStr


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    until: float
    """By the clock that `Login` was given."""
    renewal: str = ""
    """A refresh token that takes the place of the one before."""


class Login:
    """A token that is good now, for `market.client.bearer`."""

    def __init__(
        self,
        client: Client,
        credentials: Credentials,
        ask: Callable[[Credentials], Ask],
        read: Callable[[Mapping[str, Any], float], _Token],
        keeper: Keeper | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`client` asks the provider's login with no key of its own (`no_key`)."""
        self._client, self._credentials, self._ask, self._read = client, credentials, ask, read
        self._keeper, self._now = keeper, now
        self._token, self._lock = _Token("", 0.0), asyncio.Lock()

    @property
    def headers(self) -> Headers:
        """The token as most providers want it."""
        return bearer(self.token)

    async def token(self) -> str:
        """The token, renewed where it ends soon."""
        async with self._lock:
            if self._token.until - EARLY_S <= self._now():
                self._token = await self._renewed()
            return self._token.value

    def forget(self) -> None:
        """The next request asks for a new one: a provider took the old one no more."""
        self._token = _Token("", 0.0)

    async def _renewed(self) -> _Token:
        """A new token; with a keeper in turn, since the second of two that use one refresh token is refused."""
        if self._keeper is None:
            return await self._asked()
        async with self._keeper.turn() as newest:
            if newest:
                self._credentials = replace(self._credentials, refresh_token=SecretStr(newest))
            used = self._credentials.refresh_token.get_secret_value()
            token = await self._asked()
            if token.renewal and token.renewal != used:
                await self._keeper.keep(token.renewal)
            return token

    async def _asked(self) -> _Token:
        try:
            told = mapping(await self._client.ask(self._ask(self._credentials)))
        except ListingGone as missing:
            raise MarketDown(str(missing)) from None
        except KeyRefused:
            raise
        except MarketRefused as refused:
            raise KeyRefused(f"connect the account again: {refused}") from None
        token = self._read(told, self._now())
        if not token.value:
            raise KeyRefused(f"connect the account again: {self._client.base} gives no token")
        if token.renewal:
            self._credentials = replace(self._credentials, refresh_token=SecretStr(token.renewal))
        return token


def ebay_login(client: Client, credentials: Credentials, now: Callable[[], float] = time.time) -> Login:
    """eBay's: good for two hours; the refresh token stays the same for 18 months. `client` asks EBAY_BASE."""

    def ask(who: Credentials) -> Ask:
        pair = f"{who.client_id.get_secret_value()}:{who.client_secret.get_secret_value()}"
        form = {
            "grant_type": "refresh_token", "refresh_token": who.refresh_token.get_secret_value(), "scope": EBAY_SCOPE
        }  # fmt: skip
        basic = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"}
        return Ask("POST", "/identity/v1/oauth2/token", headers=basic, form=form, kind="login", changes=False)

    return Login(client, credentials, ask, _standard, now=now)


def amazon_login(client: Client, credentials: Credentials, now: Callable[[], float] = time.time) -> Login:
    """Login with Amazon: good for an hour. `client` asks AMAZON_BASE; its headers go through `amazon.lwa`."""

    def ask(who: Credentials) -> Ask:
        form = {
            "grant_type": "refresh_token", "refresh_token": who.refresh_token.get_secret_value(),
            "client_id": who.client_id.get_secret_value(), "client_secret": who.client_secret.get_secret_value(),
        }  # fmt: skip
        return Ask("POST", "/auth/o2/token", form=form, kind="login", changes=False)

    return Login(client, credentials, ask, _standard, now=now)


def tiktok_login(
    client: Client, credentials: Credentials, keeper: Keeper | None = None, now: Callable[[], float] = time.time
) -> Login:
    """TikTok Shop's: good for a week, with a new refresh token that has to be kept. `client` asks TIKTOK_BASE."""

    def ask(who: Credentials) -> Ask:
        query = {
            "grant_type": "refresh_token", "refresh_token": who.refresh_token.get_secret_value(),
            "app_key": who.client_id.get_secret_value(), "app_secret": who.client_secret.get_secret_value(),
        }  # fmt: skip
        return Ask("GET", "/api/v2/token/refresh", query, kind="login")

    def read(told: Mapping[str, Any], now_s: float) -> _Token:  # noqa: ARG001 - it states when, not for how long
        data = mapping(told.get("data"))
        until = find_number(data, "access_token_expire_in") or 0.0
        return _Token(text_of(data.get("access_token")), until, text_of(data.get("refresh_token")))

    return Login(client, credentials, ask, read, keeper, now)


def euipo_login(client: Client, credentials: Credentials, now: Callable[[], float] = time.time) -> Login:
    """EUIPO's: an app's own token, good for some hours; there is no seller. `client` asks EUIPO_BASE.

    Shape: dev.euipo.europa.eu (client credentials, scope uid); from memory, 2026-11-30.
    """

    def ask(who: Credentials) -> Ask:
        form = {
            "grant_type": "client_credentials", "client_id": who.client_id.get_secret_value(),
            "client_secret": who.client_secret.get_secret_value(), "scope": "uid",
        }  # fmt: skip
        return Ask("POST", "/cas-server-webapp/oidc/accessToken", form=form, kind="login", changes=False)

    return Login(client, credentials, ask, _standard, now=now)


def etsy_login(
    client: Client, credentials: Credentials, keeper: Keeper | None = None, now: Callable[[], float] = time.time
) -> Login:
    """Etsy's: good for an hour, with a new refresh token (90 days) that has to be kept. `client` asks ETSY_BASE.

    Its specification of 2026-07 names the address. `client_id` is the app's keystring; the secret is not asked for.
    """

    def ask(who: Credentials) -> Ask:
        form = {
            "grant_type": "refresh_token", "client_id": who.client_id.get_secret_value(),
            "refresh_token": who.refresh_token.get_secret_value(),
        }  # fmt: skip
        return Ask("POST", "/v3/public/oauth/token", form=form, kind="login", changes=False)

    return Login(client, credentials, ask, _standard, keeper, now)


def _standard(told: Mapping[str, Any], now_s: float) -> _Token:
    """An answer as RFC 6749 has it."""
    until = now_s + (find_number(told, "expires_in") or 0.0)
    return _Token(text_of(told.get("access_token")), until, text_of(told.get("refresh_token")))
