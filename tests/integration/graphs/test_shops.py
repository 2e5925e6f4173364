"""The marketplaces of the settings: made with what an account says, or in words what it lacks."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from graphs.settings import Settings, ShopSetting
from graphs.shops import MAKERS, Shops
from graphs.turnstile import Turnstile
from market.blanks import get_blank
from market.bounds import load_bounds
from market.errors import MarketDown, NotConfigured
from store.host import file_lock
from store.limits import MemoryLimits

LOGIN = {"client_id": "app", "client_secret": "very-secret-1", "refresh_token": "first-token-2"}
ETSY = {"shop_id": 7, "shipping_profile_id": 1, "readiness_state_id": 2, "return_policy_id": 3}


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Any]:
    made: list[Shops] = []

    def one(**accounts: Any) -> Shops:
        settings = {name: ShopSetting(**told) for name, told in accounts.items()}
        made.append(Shops(settings, tmp_path, Turnstile(lambda rules: MemoryLimits(rules))))
        return made[-1]

    yield one
    for each in made:
        await each.close()


async def test_without_an_account_a_folder_and_packages_are_ready_and_the_rest_say_what_they_lack(make: Any):
    told = {each["name"]: each["lacks"] for each in make().told()}
    assert {name for name, lacks in told.items() if not lacks} == {"folder", "redbubble", "amazon_merch"}
    assert "BELLWETHER_SHOPS" in told["etsy"] and set(told) == set(MAKERS) == set(load_bounds())


@pytest.mark.parametrize(
    ("name", "account", "said"),
    [
        ("etsy", {"shop": {"shop_id": "x"}, "login": LOGIN}, "etsy.shop.shop_id"),
        ("etsy", {"shop": ETSY}, "etsy.login is missing"),
        ("printify", {"shop": {"shop_id": "1"}}, "printify.token is missing"),
        (
            "printify",
            {"token": "t", "shop": {"shop_id": "1"}, "blanks": [{"product_format": "pillow"}]},
            "printify.blanks[0]: blueprint_id",
        ),
        ("shopify", {"token": "t"}, "shopify.base_url is missing"),
        ("ebay", {"shop": {"marketplace_id": "EBAY_US"}, "login": LOGIN}, "ebay.shop"),
    ],
)
async def test_what_an_account_lacks_is_named(make: Any, name: str, account: dict[str, Any], said: str):
    with pytest.raises(NotConfigured) as lacks:
        make(**{name: account})(name)
    assert said in str(lacks.value) and "very-secret" not in str(lacks.value)


async def test_an_account_prints_on_blanks_of_its_own_before_the_shipped_ones(make: Any):
    row = {"product_format": "mug", "blueprint_id": 425, "print_provider_id": 28, "size": "15 oz"}
    account = {"token": "t", "shop": {"shop_id": "1"}, "blanks": [row, {"product_format": "pillow", "blueprint_id": 9}]}
    market = make(printify=account)("printify")
    assert {"shirt", "pillow", "poster"} < {
        each.product_format for each in market._blanks if each.provider == "printify"
    }
    assert get_blank("printify", "mug", market._blanks).blueprint_id == 425


async def test_a_name_that_is_none_says_which_there_are(make: Any):
    with pytest.raises(NotConfigured, match="there are amazon, amazon_merch"):
        make()("ebya")


async def test_a_refresh_token_that_was_replaced_is_kept_for_its_owner_alone_and_a_new_setting_wins(
    make: Any, httpserver: HTTPServer, tmp_path: Path
):
    httpserver.expect_request("/v3/public/oauth/token").respond_with_json(
        {"access_token": "1.a", "refresh_token": "second-token-3", "expires_in": 3600}
    )
    httpserver.expect_request("/v3/application/shops/7/listings").respond_with_json({"count": 0, "results": []})
    base = httpserver.url_for("")
    account = {"shop": ETSY, "login": LOGIN, "base_url": base, "login_url": base}
    assert await make(etsy=account)("etsy").find("bw-aaaaaaaaaaaaaaaa") is None
    kept = tmp_path / "shops" / "etsy.token"
    assert "second-token-3" in kept.read_text() and stat.S_IMODE(kept.stat().st_mode) == 0o600
    httpserver.clear_log()
    await make(etsy=account)("etsy").find("bw-aaaaaaaaaaaaaaaa")
    assert "second-token-3" in httpserver.log[0][0].get_data(as_text=True)
    httpserver.clear_log()
    changed = {**account, "login": {**LOGIN, "refresh_token": "third-token-4"}}
    await make(etsy=changed)("etsy").find("bw-aaaaaaaaaaaaaaaa")
    assert "third-token-4" in httpserver.log[0][0].get_data(as_text=True)


async def test_of_several_that_log_in_at_once_each_uses_the_token_that_the_one_before_was_given(
    make: Any, httpserver: HTTPServer
):
    good, refused = ["first-token-2"], []

    def answer(request: Request) -> Response:
        used = request.form["refresh_token"]
        if used != good[-1]:
            refused.append(used)
            return Response(b'{"error": "invalid_grant"}', 400, content_type="application/json")
        good.append(f"token-{len(good)}")
        told = {"access_token": "1.a", "refresh_token": good[-1], "expires_in": 3600}
        return Response(json.dumps(told), content_type="application/json")

    httpserver.expect_request("/v3/public/oauth/token").respond_with_handler(answer)
    httpserver.expect_request("/v3/application/shops/7/listings").respond_with_json({"count": 0, "results": []})
    base = httpserver.url_for("")
    account = {"shop": ETSY, "login": LOGIN, "base_url": base, "login_url": base}
    shops = [make(etsy=account)("etsy") for _ in range(4)]
    assert await asyncio.gather(*(each.find("bw-aaaaaaaaaaaaaaaa") for each in shops)) == [None] * 4
    assert (len(good), refused) == (5, [])


async def test_a_login_that_another_process_holds_too_long_says_so(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("graphs.shops.TRIES", 4)
    market = make(etsy={"shop": ETSY, "login": LOGIN, "base_url": "http://127.0.0.1:9"})("etsy")
    (tmp_path / "shops").mkdir()
    with file_lock(tmp_path / "shops" / "etsy.lock", 1.0), pytest.raises(MarketDown, match="logging in at this shop"):
        await market.find("bw-aaaaaaaaaaaaaaaa")


def test_no_secret_of_an_account_is_shown():
    account = {"shop": {"shop_id": 7, "pin": "very-secret-5"}, "token": "very-secret-6", "login": LOGIN}
    settings = Settings(_env_file=None, shops={"etsy": account})  # type: ignore[arg-type]
    assert "very-secret" not in repr(settings) and "first-token" not in repr(settings)


def test_an_account_of_another_shape_is_refused():
    with pytest.raises(ValidationError, match="files_url"):
        ShopSetting(files_url="http://example.com/{sha256}")
