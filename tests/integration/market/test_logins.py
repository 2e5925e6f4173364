"""Tokens over real sockets: renewed in time, one request at a time, refused so that a person can act; shape assumed."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from market.client import Client, no_key
from market.errors import KeyRefused, MarketDown
from market.logins import Credentials, amazon_login, ebay_login, tiktok_login
from tests.keeping import Kept
from tests.specs import reply
from tests.stalls.stall import no_turn

WHO = Credentials(SecretStr("the-app"), SecretStr("the-secret"), SecretStr("the-refresh"))
SECRETS = ("the-secret", "the-refresh")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(httpserver: HTTPServer) -> AsyncIterator[Client]:
    async with Client(httpserver.url_for("/"), no_turn, no_key) as opened:
        yield opened


def standard(server: HTTPServer, path: str, expires_in: int = 7200) -> list[Request]:
    """Answers with token-1, token-2, ...; the requests that came."""
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return reply(
            {"access_token": f"token-{len(seen)}", "expires_in": expires_in, "token_type": "User Access Token"}
        )

    server.expect_request(path, "POST").respond_with_handler(answer)
    return seen


async def test_shape_assumed_ebay_is_asked_with_basic_and_its_scope(
    httpserver: HTTPServer, client: Client, clock
) -> None:
    seen = standard(httpserver, "/identity/v1/oauth2/token")
    login = ebay_login(client, WHO, clock)
    assert await login.headers() == {"Authorization": "Bearer token-1"}
    [request] = seen
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"the-app:the-secret"
    assert request.form.to_dict() == {
        "grant_type": "refresh_token",
        "refresh_token": "the-refresh",
        "scope": "https://api.ebay.com/oauth/api_scope/sell.inventory",
    }


async def test_shape_assumed_amazon_is_asked_by_form(httpserver: HTTPServer, client: Client, clock) -> None:
    seen = standard(httpserver, "/auth/o2/token", 3600)
    assert await amazon_login(client, WHO, clock).token() == "token-1"
    assert seen[0].form["client_secret"] == "the-secret"


async def test_a_token_is_kept_until_shortly_before_it_ends(httpserver: HTTPServer, client: Client, clock) -> None:
    standard(httpserver, "/auth/o2/token", 3600)
    login = amazon_login(client, WHO, clock)
    told = []
    for at in (0, 3400, 3479, 3481):
        clock.now = 1_000_000.0 + at
        told.append(await login.token())
    assert told == ["token-1", "token-1", "token-1", "token-2"]
    login.forget()
    assert await login.token() == "token-3"


async def test_many_at_once_ask_for_one_token(httpserver: HTTPServer, client: Client, clock) -> None:
    seen = standard(httpserver, "/auth/o2/token")
    login = amazon_login(client, WHO, clock)
    assert set(await asyncio.gather(*(login.token() for _ in range(8)))) == {"token-1"}
    assert len(seen) == 1


async def test_shape_assumed_a_new_refresh_token_of_tiktok_is_kept_and_used(
    httpserver: HTTPServer, client: Client, clock
) -> None:
    kept = Kept()

    def answer(request: Request) -> Response:
        used = request.args["refresh_token"]
        data = {"access_token": f"for-{used}", "access_token_expire_in": clock.now + 600, "refresh_token": f"{used}+"}
        return reply({"code": 0, "message": "success", "data": data})

    httpserver.expect_request("/api/v2/token/refresh").respond_with_handler(answer)
    login = tiktok_login(client, WHO, kept, clock)
    assert await login.token() == "for-the-refresh"
    clock.now += 600
    assert await login.token() == "for-the-refresh+"
    assert kept.tokens == ["the-refresh+", "the-refresh++"]
    other = tiktok_login(client, WHO, kept, clock)  # of another process: what was kept last is what it uses
    assert await other.token() == "for-the-refresh++"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "invalid_grant", "error_description": "The refresh token is revoked."}),
        (401, {"error": "no"}),
        (200, {}),
    ],
)
async def test_a_login_that_is_refused_says_to_connect_the_account_and_no_secret(
    httpserver: HTTPServer, client: Client, clock, status: int, body: dict[str, str]
) -> None:
    httpserver.expect_request("/auth/o2/token").respond_with_json(body, status)
    with pytest.raises(KeyRefused) as said:
        await amazon_login(client, WHO, clock).token()
    assert not any(secret in str(said.value) for secret in SECRETS)
    assert not any(secret in repr(WHO) for secret in SECRETS)


async def test_shape_assumed_a_refusal_of_tiktoks_that_comes_with_200_is_one(
    httpserver: HTTPServer, client: Client, clock
) -> None:
    body = {"code": 105002, "message": "refresh token is expired", "data": None}
    httpserver.expect_request("/api/v2/token/refresh").respond_with_json(body)
    with pytest.raises(KeyRefused, match="connect the account again"):
        await tiktok_login(client, WHO, now=clock).token()


@pytest.mark.parametrize("status", [404, 500])
async def test_a_login_that_is_down_is_down_and_nothing_is_unconfirmed(
    httpserver: HTTPServer, client: Client, clock, status: int
) -> None:
    httpserver.expect_request("/auth/o2/token").respond_with_json({}, status)
    with pytest.raises(MarketDown):
        await amazon_login(client, WHO, clock).token()
