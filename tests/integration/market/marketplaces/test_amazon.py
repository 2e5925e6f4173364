"""Amazon: what the common suite does not ask, over real sockets and against the published specifications."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from market.client import Client, bearer
from market.errors import KeyRefused, MarketBusy, MarketRefused, NotConfigured, Unconfirmed
from market.listing import Variant
from market.marketplaces.amazon import Amazon, lwa, sku_of
from market.pictures import PublicFiles
from tests.specs import Contract, load, recorded, reply
from tests.stalls.amazon import PREFIX, PUBLIC, SELLER, STORE, AmazonProvider, open_amazon
from tests.stalls.stall import Ground, Stall, no_turn

PATH = "/listings/2021-08-01/items/A2PZG9BL6BKV8Q/k"
SPECIFICATION = "amazon_listings_items_2021-08-01.json"


@pytest.fixture
async def stall(httpserver: HTTPServer, tmp_path: Path, shared: Path) -> AsyncIterator[Stall]:
    (tmp_path / "stall").mkdir()
    async with open_amazon(Ground(httpserver, tmp_path / "stall", lambda: shared)) as opened:
        yield opened


def provider_of(stall: Stall) -> AmazonProvider:
    assert isinstance(stall.behind, AmazonProvider)
    return stall.behind


def market_of(stall: Stall, **other: object) -> Amazon:
    """The same seller on other terms."""
    assert stall.client is not None
    return Amazon(stall.client, replace(SELLER, **other), PUBLIC)  # type: ignore[arg-type]


async def token() -> str:
    return "t"


def test_a_request_that_amazon_would_not_take_is_found(httpserver: HTTPServer, shared: Path) -> None:
    contract = Contract(httpserver, load(shared, SPECIFICATION), PREFIX, "X-Amz-Access-Token")
    headers, query = {"X-Amz-Access-Token": "t"}, {"marketplaceIds": STORE}

    def faults(body: object, method: str = "PUT", **told: dict[str, str]) -> list[str]:
        sent = {"query": told.get("query", query), "data": json.dumps(body).encode()}
        return contract.faults(method, PATH, told.get("headers", headers), **sent, content_type="application/json")

    good = {"productType": "SHIRT", "requirements": "LISTING", "attributes": {"item_name": [{"value": "Otter"}]}}
    assert faults(good) == []
    assert faults({**good, "requirements": "ALL"})
    assert faults({"attributes": {}})
    assert faults(good, query={})
    assert faults(good, query={**query, "mode": "DRY_RUN"})
    assert faults(good, query={**query, "marketplaces": STORE})
    assert faults(good, headers={})
    patch = {"productType": "SHIRT", "patches": [{"op": "replace", "path": "/attributes/x", "value": [{}]}]}
    assert faults(patch, method="PATCH") == []
    assert faults({**patch, "patches": []}, method="PATCH")


async def test_variants_are_children_of_a_parent_under_our_key_put_after_it(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    amazon = provider_of(stall)
    assert list(amazon.items) == [stall.listing.key, *(sku_of(variant.key) for variant in stall.listing.variants)]
    parent, medium, large = (item["attributes"] for item in amazon.items.values())
    assert "purchasable_offer" not in parent
    assert [child["size"][0]["value"] for child in (medium, large)] == ["M", "XL"]
    prices = [
        child["purchasable_offer"][0]["our_price"][0]["schedule"][0]["value_with_tax"] for child in (medium, large)
    ]
    assert prices == [24.0, 27.0]
    assert medium["child_parent_sku_relationship"][0]["parent_sku"] == stall.listing.key
    assert medium["department"] == [{"value": "unisex", "marketplace_id": STORE}]
    addresses = [
        parent[name][0]["media_location"] for name in ("main_product_image_locator", "other_product_image_locator_1")
    ]
    assert addresses == [PUBLIC.url_of(picture.sha256) for picture in stall.listing.pictures]
    assert standing.url.startswith("https://www.amazon.com/dp/B0")


async def test_a_variant_that_the_listing_has_no_more_is_out_of_stock(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    fewer = replace(stall.listing, variants=stall.listing.variants[:1])
    assert (await stall.market.put(fewer, standing, stall.files)).state == "live"
    stocks = [
        item["attributes"].get("fulfillment_availability", [{}])[0].get("quantity")
        for item in provider_of(stall).items.values()
    ]
    assert stocks == [None, 50, 0]


async def test_variants_that_amazon_does_not_show_yet_cannot_be_taken_off_sale(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    amazon, play = provider_of(stall), provider_of(stall).play
    none = reply({"numberOfResults": 0, "items": []})
    amazon.play = lambda request: none if "variationParentSku" in request.args else play(request)  # type: ignore[method-assign]
    with pytest.raises(MarketBusy, match="does not show the variants"):
        await stall.market.end(standing)


async def test_what_amazon_took_and_does_not_show_yet_is_a_draft_that_says_why(stall: Stall) -> None:
    single, amazon = replace(stall.listing, variants=()), provider_of(stall)
    amazon.slow = {single.key}
    assert (await stall.market.put(single, None, stall.files)).state == "draft"
    assert await market_of(stall).issues(single.key) == ["The image is too small."]
    amazon.slow = set()
    found = await stall.market.find(single.key)
    assert found is not None and found.state == "live"
    assert await market_of(stall).issues(single.key) == []


async def test_a_submission_that_is_invalid_is_a_refusal_in_amazons_words(stall: Stall) -> None:
    with pytest.raises(MarketRefused, match="'item_name' is required but not supplied"):
        await stall.market.put(replace(stall.listing, title=""), None, stall.files)
    assert provider_of(stall).standing() == []


async def test_an_answer_without_a_status_is_unconfirmed(stall: Stall) -> None:
    amazon, play = provider_of(stall), provider_of(stall).play
    amazon.play = lambda request: reply({"sku": "k"}) if request.method == "PUT" else play(request)  # type: ignore[method-assign]
    with pytest.raises(Unconfirmed, match="does not say whether"):
        await stall.market.put(stall.listing, None, stall.files)


async def test_a_preview_puts_nothing_and_says_what_would_be_said(stall: Stall) -> None:
    market = market_of(stall)
    assert await market.preview(replace(stall.listing, title="")) == ["'item_name' is required but not supplied."]
    assert provider_of(stall).items == {}


@pytest.mark.parametrize(("name", "body"), [("VALIDATION_INVALID", "INVALID"), ("VALIDATION_VALID", "VALID")])
async def test_amazons_own_examples_of_a_preview_are_understood(
    httpserver: HTTPServer, stall: Stall, shared: Path, name: str, body: str
) -> None:
    exchanges = recorded(shared, f"amazon_sp_api/{SPECIFICATION}")["exchanges"]
    [told] = [each["response"]["body"] for each in exchanges if each["request"]["method"] == "PUT"
              and each["request"]["parameters"].get("sku", {}).get("value") == name]  # fmt: skip
    assert told["status"] == body
    provider_of(stall).play = lambda request: reply({"restrictions": []} if "restrictions" in request.path else told)  # type: ignore[method-assign]
    said = await market_of(stall).preview(replace(stall.listing, variants=()))
    assert said == [issue["message"] for issue in told["issues"]]


async def test_restrictions_fit_their_specification_and_are_told_in_words(httpserver: HTTPServer, shared: Path) -> None:
    contract = Contract(
        httpserver, load(shared, "amazon_listings_restrictions_2021-08-01.json"), "/r", "X-Amz-Access-Token"
    )
    exchanges = recorded(shared, "amazon_sp_api/amazon_listings_restrictions_2021-08-01.json")["exchanges"]
    contract.on("", exchanges[0]["response"]["body"])
    async with Client(contract.base, no_turn, lwa(bearer(token))) as client:
        said = await Amazon(client, SELLER, PUBLIC).restrictions("B0000ASIN1")
    assert said == ["You cannot list the product in this condition."]
    contract.check()
    assert contract.faults(
        "GET", "/listings/2021-08-01/restrictions", {"X-Amz-Access-Token": "t"}, query={"asin": "B0"}
    )


async def test_product_types_fit_their_specification(httpserver: HTTPServer, shared: Path) -> None:
    contract = Contract(
        httpserver, load(shared, "amazon_product_type_definitions_2020-09-01.json"), "/d", "X-Amz-Access-Token"
    )
    exchanges = recorded(shared, "amazon_sp_api/amazon_product_type_definitions_2020-09-01.json")["exchanges"]
    contract.on("", exchanges[0]["response"]["body"])
    async with Client(contract.base, no_turn, lwa(bearer(token))) as client:
        assert await Amazon(client, SELLER, PUBLIC).product_types(["suitcase", "bag"]) == ["LUGGAGE"]
    contract.check()
    assert contract.faults(
        "GET", "/definitions/2020-09-01/productTypes", {"X-Amz-Access-Token": "t"}, query={"keywords": "x"}
    )


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"locale": "ja"}, "is in en_US, es_US, the listing is in 'ja'"),
        ({"currency": "JPY"}, "sells in USD, the listing is in JPY"),
        ({"price_cents": -1, "variants": ()}, "a price must be positive, got -1"),
        ({"key": "k" * 41}, "Amazon takes SKUs of 40 characters"),
        ({"pictures": ()}, "it has no picture"),
    ],
)
async def test_what_amazon_would_refuse_is_refused_before_it_is_asked(stall: Stall, other, words: str) -> None:
    with pytest.raises(MarketRefused, match=words):
        await stall.market.put(replace(stall.listing, **other), None, stall.files)
    assert provider_of(stall).changes == []


async def test_ten_pictures_are_more_than_amazon_shows(stall: Stall) -> None:
    with pytest.raises(MarketRefused, match="Amazon shows 9 pictures, the listing has 10"):
        await stall.market.put(replace(stall.listing, pictures=stall.listing.pictures * 5), None, stall.files)


async def test_files_without_a_public_address_are_refused_and_nothing_is_asked(stall: Stall) -> None:
    assert stall.client is not None
    with pytest.raises(MarketRefused, match="Amazon fetches pictures from a public address and none is set"):
        await Amazon(stall.client, SELLER, None).put(stall.listing, None, stall.files)
    assert provider_of(stall).changes == []


def test_an_address_of_files_is_https_and_holds_the_name_of_the_file() -> None:
    for address in ("http://pictures.example.com/{sha256}", "https://pictures.example.com/all"):
        with pytest.raises(NotConfigured, match="an address of files is"):
            PublicFiles(address)


async def test_yen_are_whole(stall: Stall) -> None:
    japan = market_of(stall, marketplace_id="A1VC38T7YXB528")
    listing = replace(stall.listing, locale="ja", currency="JPY", price_cents=2400, variants=())
    await japan.put(listing, None, stall.files)
    [item] = provider_of(stall).items.values()
    offer = item["attributes"]["purchasable_offer"][0]
    assert (offer["currency"], json.dumps(offer["our_price"])) == ("JPY", '[{"schedule": [{"value_with_tax": 2400}]}]')
    found = await japan.find(listing.key)
    assert found is not None and (found.shown["price_cents"], found.shown["currency"]) == (2400, "JPY")


async def test_what_is_not_set_is_named(stall: Stall) -> None:
    with pytest.raises(NotConfigured, match="no Amazon product type is set for 'pillow'"):
        await stall.market.put(replace(stall.listing, product_format="pillow"), None, stall.files)
    with pytest.raises(NotConfigured, match=r"no Amazon attribute is set for options \['scent'\] of SHIRT"):
        scented = (Variant("v", {"scent": "Moss"}, 2400),)
        await stall.market.put(replace(stall.listing, variants=scented), None, stall.files)
    with pytest.raises(NotConfigured, match="'A0' is none of ATVPDKIKX0DER"):
        await market_of(stall, marketplace_id="A0").put(stall.listing, None, stall.files)


def test_a_variants_key_that_is_too_long_is_cut_and_stays_its_own() -> None:
    keys = [f"bw-0190d5c6-7a2b-7c3d-8e4f-5a6b7c8d9e0f-{size}" for size in ("S", "M", "XL")]
    skus = [sku_of(key) for key in keys]
    assert len(set(skus)) == 3
    assert max(map(len, skus)) == 40
    assert sku_of("short") == "short"


async def test_a_key_that_was_revoked_is_said(stall: Stall) -> None:
    provider_of(stall).fail("key", "look-up")
    with pytest.raises(KeyRefused):
        await stall.market.find(stall.listing.key)
