"""Etsy over a real socket, held against its own specification."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from market.client import Client
from market.errors import KeyRefused, ListingGone, MarketDown, MarketRefused, NotConfigured, Unconfirmed
from market.listing import Disclosures, Standing, Variant
from market.logins import Credentials, etsy_login
from market.marketplaces import etsy
from market.marketplaces.etsy import Etsy, etsy_headers
from tests.keeping import Kept
from tests.specs import Contract, reply
from tests.stalls.etsy import EtsyProvider, contract_of, open_etsy
from tests.stalls.stall import KEY, SECRET, Ground, Stall, no_turn

LISTINGS = "/v3/application/shops/77/listings"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
DRAFT = {
    "quantity": "5", "title": "Otter shirt", "description": "An otter.", "price": "24.00", "who_made": "i_did",
    "when_made": "made_to_order", "taxonomy_id": "482", "shipping_profile_id": "501", "tags": "otter,reading gift",
}  # fmt: skip
OFFERING = {"price": 24.0, "quantity": 5, "is_enabled": True, "readiness_state_id": 601}


@pytest.fixture
def ground(httpserver: HTTPServer, tmp_path: Path, shared: Path) -> Ground:
    folder = tmp_path / "stall"
    folder.mkdir()
    return Ground(httpserver, folder, lambda: shared)


@pytest.fixture
async def stall(ground: Ground) -> AsyncIterator[Stall]:
    async with open_etsy(ground) as opened:
        yield opened
        opened.check()


def shop_of(stall: Stall) -> EtsyProvider:
    assert isinstance(stall.behind, EtsyProvider)
    return stall.behind


def faults(contract: Contract, method: str, path: str, data: bytes, content_type: str) -> list[str]:
    return contract.faults(method, path, {"Authorization": "Bearer x"}, data=data, content_type=content_type)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"who_made": "a_machine"}, "no such maker"),
        ({"taxonomy_id": "shirts"}, "a category that is no number"),
        ({"title": None}, "no title"),
        ({"price": "free"}, "a price that is none"),
    ],
)
def test_a_draft_that_does_not_fit_the_specification_is_rejected(
    change: dict[str, str | None], why: str, ground: Ground
) -> None:
    contract = contract_of(ground, EtsyProvider())
    assert faults(contract, "POST", LISTINGS, urlencode(DRAFT).encode(), FORM) == []
    told = {name: value for name, value in {**DRAFT, **change}.items() if value is not None}
    assert faults(contract, "POST", LISTINGS, urlencode(told).encode(), FORM), why


@pytest.mark.parametrize(
    "offering", [{**OFFERING, "price": "24.00"}, {"price": 24.0, "quantity": 5, "is_enabled": True}]
)
def test_an_inventory_that_does_not_fit_the_specification_is_rejected(
    offering: dict[str, object], ground: Ground
) -> None:
    contract = contract_of(ground, EtsyProvider())
    path = "/v3/application/listings/1001/inventory"

    def told(given: dict[str, object]) -> bytes:
        return json.dumps({"products": [{"sku": "a", "property_values": [], "offerings": [given]}]}).encode()

    assert faults(contract, "PUT", path, told(OFFERING), JSON) == []
    assert faults(contract, "PUT", path, told(offering), JSON)


def test_a_picture_at_no_rank_is_rejected(ground: Ground) -> None:
    contract = contract_of(ground, EtsyProvider())

    def told(rank: str) -> bytes:
        head = 'Content-Disposition: form-data; name="rank"'
        return f"--edge\r\n{head}\r\n\r\n{rank}\r\n--edge--\r\n".encode()

    kind, path = "multipart/form-data; boundary=edge", f"{LISTINGS}/1001/images"
    assert faults(contract, "POST", path, told("1"), kind) == []
    assert faults(contract, "POST", path, told("first"), kind)


async def test_the_first_request_carries_our_key_and_a_draft_without_inventory_is_found(stall: Stall) -> None:
    shop_of(stall).fail("refused", after=1)
    with pytest.raises(MarketRefused):
        await stall.market.put(stall.listing, None, stall.files)
    assert shop_of(stall).inventories == {}
    found = await stall.market.find(KEY)
    assert found is not None and (found.state, found.url) == ("draft", "")


async def test_a_draft_says_who_made_it_who_prints_it_and_that_ai_helped(stall: Stall) -> None:
    await stall.market.put(stall.listing, None, stall.files)
    told = shop_of(stall).forms[0]
    assert told | {
        "who_made": "i_did", "when_made": "made_to_order", "production_partner_ids": "9", "type": "physical",
        "taxonomy_id": "482", "shipping_profile_id": "501", "readiness_state_id": "601", "return_policy_id": "701",
    } == told  # fmt: skip
    assert told["description"].endswith(f"\n\n—\nDesigned by the seller with the help of AI.\nRef. {KEY}")
    stall.listing = replace(stall.listing, key=f"{KEY}-2", disclosures=Disclosures("seller", ""))
    await stall.market.put(stall.listing, None, stall.files)
    assert "AI" not in shop_of(stall).forms[-1]["description"]
    assert "production_partner_ids" not in shop_of(stall).forms[-1]


async def test_variants_have_their_own_skus_prices_and_options(stall: Stall) -> None:
    put = await stall.market.put(stall.listing, None, stall.files)
    told = shop_of(stall).inventories[int(put.native_id)]
    assert [each["sku"] for each in told["products"]] == [f"{KEY}-M", f"{KEY}-XL"]
    assert [each["offerings"][0]["price"] for each in told["products"]] == [24.0, 27.0]
    assert told["price_on_property"] == told["sku_on_property"] == [513, 514]
    options = [(each["property_name"], each["values"]) for each in told["products"][0]["property_values"]]
    assert options == [("Size", ["M"]), ("Colour", ["Black"])]


async def test_a_listing_is_found_among_hundreds(stall: Stall) -> None:
    shop, most = shop_of(stall), 250
    put = await stall.market.put(stall.listing, None, stall.files)
    mine = shop.listings.pop(int(put.native_id))
    for number in range(1, most):
        told = {**mine, "listing_id": number, "description": f"Another.\n\n—\nRef. other-{number}"}
        shop.listings[number] = told
    shop.listings[int(put.native_id)] = mine
    found = await stall.market.find(KEY)
    assert found is not None and found.native_id == put.native_id
    assert await stall.market.find(f"{KEY}0") is None
    assert await stall.market.find(KEY[:-1]) is None


async def test_a_shop_that_is_too_large_to_look_through_is_not_said_to_be_empty(
    stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stall.market.put(stall.listing, None, stall.files)
    monkeypatch.setattr(etsy, "PAGE", 1)
    monkeypatch.setattr(etsy, "MOST_LISTINGS", 1)
    with pytest.raises(MarketDown, match="over 1 listings"):
        await stall.market.find("another key")


async def test_another_picture_under_the_same_words_is_put_in_its_place_and_one_too_many_goes(
    stall: Stall, ground: Ground
) -> None:
    put = await stall.market.put(stall.listing, None, stall.files)
    before = [each["listing_image_id"] for each in shop_of(stall).images[int(put.native_id)]]
    other = replace(stall.listing.pictures[0], sha256=ground.picture("olive"))
    stall.listing = replace(stall.listing, pictures=(other,))
    await stall.market.put(stall.listing, await stall.market.find(KEY), ground.files)
    (after,) = shop_of(stall).images[int(put.native_id)]
    assert after["listing_image_id"] not in before


async def test_what_etsy_cannot_show_is_refused_before_anything_is_sent(stall: Stall) -> None:
    three = (Variant("a", {"size": "M", "colour": "Black", "fit": "wide"}, 2400),)
    refused = {
        "two options": replace(stall.listing, variants=three),
        "no production partner 'Nobody'": replace(stall.listing, disclosures=Disclosures("seller", "Nobody")),
        "it has no picture": replace(stall.listing, pictures=()),
        "must be positive": replace(stall.listing, price_cents=0),
        "is not there": replace(stall.listing, pictures=(replace(stall.listing.pictures[0], sha256="0" * 64),)),
    }
    for why, listing in refused.items():
        with pytest.raises(MarketRefused, match=why):
            await stall.market.put(listing, None, stall.files)
    with pytest.raises(NotConfigured, match="'hammock'"):
        await stall.market.put(replace(stall.listing, product_format="hammock"), None, stall.files)
    assert shop_of(stall).changes == []
    await stall.market.find(KEY)


@pytest.mark.parametrize("body", [None, [], {}, {"listing_id": "x"}])
async def test_an_answer_that_is_no_listing_confirms_nothing(body: object, ground: Ground) -> None:
    contract = contract_of(ground, EtsyProvider())
    contract.on("", lambda _: reply(body))

    async def no_key() -> str:
        return SECRET

    async with Client(contract.base, no_turn, etsy_headers(SecretStr("a"), SecretStr("b"), no_key)) as client:
        async with open_etsy(ground) as stall:
            listing = replace(stall.listing, disclosures=Disclosures("seller", ""))
        with pytest.raises(Unconfirmed):
            await Etsy(client, stall.market.shop).put(listing, None, stall.files)  # type: ignore[attr-defined]
        with pytest.raises(MarketDown):
            await Etsy(client, stall.market.shop).end(Standing("1001", "live"))  # type: ignore[attr-defined]
        with pytest.raises(MarketDown):
            await Etsy(client, stall.market.shop).find(KEY)  # type: ignore[attr-defined]


async def test_a_number_that_is_none_leads_nowhere(stall: Stall) -> None:
    for native_id in ("", "../1", "1/images", "²"):
        with pytest.raises(ListingGone):
            await stall.market.end(Standing(native_id, "live"))
    await stall.market.find(KEY)


async def test_a_token_that_is_not_taken_is_renewed_once_and_the_new_refresh_token_kept(httpserver: HTTPServer) -> None:
    kept = Kept()
    asked: list[str] = []

    def token(request: Request) -> Response:
        assert request.form["grant_type"] == "refresh_token"
        asked.append(request.form["refresh_token"])
        number = len(asked)
        told = {"access_token": f"{SECRET}-{number}", "expires_in": 3600, "refresh_token": f"refresh-{number}"}
        return reply(told)

    def listing(request: Request) -> Response:
        taken = (
            request.headers["Authorization"] == f"Bearer {SECRET}-2" and request.headers["X-Api-Key"] == "app:shared"
        )
        return reply({"ok": True}) if taken else reply({"error": "invalid_token"}, 401)

    httpserver.expect_request("/v3/public/oauth/token", "POST").respond_with_handler(token)
    httpserver.expect_request("/any").respond_with_handler(listing)
    base = httpserver.url_for("").rstrip("/")
    who = Credentials(SecretStr("app"), SecretStr("shared"), SecretStr("refresh-0"))
    async with Client(base, no_turn, lambda: _nothing()) as login_client:
        login = etsy_login(login_client, who, kept)
        headers = etsy_headers(SecretStr("app"), SecretStr("shared"), login.token)
        async with Client(base, no_turn, headers, renew=login.forget) as client:
            assert await client.ask(etsy.Ask("GET", "/any")) == {"ok": True}
            assert (asked, kept.tokens) == (["refresh-0", "refresh-1"], ["refresh-1", "refresh-2"])
            login.forget()
            with pytest.raises(KeyRefused) as said:
                await client.ask(etsy.Ask("GET", "/any"))
            assert SECRET not in str(said.value) and "refresh" not in str(said.value)
            assert len(asked) == 4


async def _nothing() -> dict[str, str]:
    return {}
