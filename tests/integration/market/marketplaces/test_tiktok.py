"""TikTok Shop (shape assumed: it publishes no specification): what the common suite does not ask, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer

from market.errors import KeyRefused, ListingGone, MarketBusy, MarketDown, MarketRefused, NotConfigured, Unconfirmed
from market.marketplaces.tiktok import TikTok, TikTokApp, sign
from tests.specs import reply
from tests.stalls.stall import Ground, Stall
from tests.stalls.tiktok import APP, APP_SECRET, SHOP, TikTokProvider, made, open_tiktok, refused


@pytest.fixture
async def stall(httpserver: HTTPServer, tmp_path: Path) -> AsyncIterator[Stall]:
    (tmp_path / "stall").mkdir()
    async with open_tiktok(Ground(httpserver, tmp_path / "stall", lambda: tmp_path)) as opened:
        yield opened


def provider_of(stall: Stall) -> TikTokProvider:
    assert isinstance(stall.behind, TikTokProvider)
    return stall.behind


def answering(stall: Stall, code: int, words: str, method: str = "POST") -> None:
    """The shop answers every request of a method with this code, and 200."""
    play = provider_of(stall).play
    provider_of(stall).play = lambda request: refused(code, words) if request.method == method else play(request)  # type: ignore[method-assign]


def test_a_signature_is_that_of_openssl_over_path_sorted_query_and_body() -> None:
    query = {"timestamp": "1697708762", "app_key": "6a6", "sign": "x", "access_token": "y", "page_size": "10"}
    signed = sign("shh", "/product/202309/products/search", query, b'{"status":"ALL"}')
    assert signed == "6f36d909934f10ed8d76d93e4fb4d4870e633b0175dea646a82120b5bf8be8cc"


async def test_shape_assumed_a_request_that_another_secret_signed_is_a_key_refused(stall: Stall) -> None:
    assert stall.client is not None
    other = TikTok(stall.client, TikTokApp(APP.app_key, SecretStr("another")), SHOP)
    with pytest.raises(KeyRefused, match="106001: The signature is invalid") as said:
        await other.find(stall.listing.key)
    assert "another" not in str(said.value)


async def test_shape_assumed_text_of_any_language_is_signed_as_it_is_sent(stall: Stall) -> None:
    listing = replace(stall.listing, title="Otter „liest“ 本 – 🦦", description="ünï <b> & \u2028 end")
    standing = await stall.market.put(listing, None, stall.files)
    assert standing.shown["title"] == listing.title


async def test_shape_assumed_neither_the_key_nor_the_secret_of_the_app_is_said_or_shown(stall: Stall) -> None:
    assert APP_SECRET not in repr(APP)
    answering(stall, 12052001, "The title is too short.")
    with pytest.raises(MarketRefused, match="The title is too short") as said:
        await stall.market.put(stall.listing, None, stall.files)
    assert "sign" not in str(said.value)


async def test_shape_assumed_the_first_sku_has_our_key_and_each_its_own_beside(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    [product] = provider_of(stall).products.values()
    assert [(sku["seller_sku"], sku["external_sku_id"], sku["price"]["sale_price"]) for sku in product["skus"]] == [
        (stall.listing.key, f"{stall.listing.key}-M", "24.00"),
        (f"{stall.listing.key}-XL", f"{stall.listing.key}-XL", "27.00"),
    ]
    options = [{"name": "Size", "value_name": "M"}, {"name": "Color", "value_name": "Black"}]
    assert product["skus"][0]["sales_attributes"] == options
    assert product["skus"][0]["inventory"] == [{"warehouse_id": "7068", "quantity": 50}]
    assert provider_of(stall).images == ["navy.png", "maroon.png"]
    assert standing.url == f"https://shop.tiktok.com/view/product/{standing.native_id}"


async def test_shape_assumed_a_draft_is_made_first_and_then_listed(stall: Stall) -> None:
    provider_of(stall).fail("broken", after=1)
    with pytest.raises(Unconfirmed):
        await stall.market.put(stall.listing, None, stall.files)
    found = await stall.market.find(stall.listing.key)
    assert found is not None and (found.state, found.url) == ("draft", "")


async def test_shape_assumed_skus_keep_their_numbers_when_the_listing_changes(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    [before] = [[sku["id"] for sku in each["skus"]] for each in provider_of(stall).products.values()]
    await stall.market.put(replace(stall.listing, title="Other"), standing, stall.files)
    [after] = [[sku["id"] for sku in each["skus"]] for each in provider_of(stall).products.values()]
    assert before == after


async def test_shape_assumed_what_tiktok_has_not_looked_at_is_a_draft_and_says_what_it_found(stall: Stall) -> None:
    assert isinstance(stall.market, TikTok)
    provider_of(stall).verdict = "PENDING"
    assert (await stall.market.put(stall.listing, None, stall.files)).state == "draft"
    assert await stall.market.issues(stall.listing.key) == []
    [product] = provider_of(stall).products.values()
    product |= {"status": "FAILED", "audit_failed_reasons": [{"position": "Image", "reasons": ["Blurred image."]}]}
    assert await stall.market.issues(stall.listing.key) == ["Blurred image."]
    assert await stall.market.issues("nobody") == []


async def test_shape_assumed_what_was_deleted_is_not_found_and_cannot_be_changed(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    [product] = provider_of(stall).products.values()
    product["status"] = "DELETED"
    assert await stall.market.find(stall.listing.key) is None
    with pytest.raises(ListingGone):
        await stall.market.end(standing)


async def test_shape_assumed_a_product_deleted_while_it_is_taken_off_sale_is_gone(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    error = {"code": 12052048, "message": "The product does not exist", "detail": {}}
    play = provider_of(stall).play
    gone = reply(made({"errors": [error]}))
    provider_of(stall).play = lambda request: gone if "deactivate" in request.path else play(request)  # type: ignore[method-assign]
    with pytest.raises(ListingGone):
        await stall.market.end(standing)


@pytest.mark.parametrize(
    ("code", "words", "error"),
    [
        (105002, "The access token is expired.", KeyRefused),
        (36009002, "Too many requests.", MarketBusy),
        (12052220, "The category does not exist.", MarketRefused),
        (36009003, "Internal error.", MarketDown),
    ],
)
async def test_shape_assumed_a_code_in_a_good_answer_is_an_error(stall: Stall, code, words, error) -> None:
    answering(stall, code, words)
    with pytest.raises(error, match=str(code)) as said:
        await stall.market.find(stall.listing.key)
    assert type(said.value) is error


async def test_shape_assumed_an_internal_error_of_a_change_is_unconfirmed(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    answering(stall, 36009003, "Internal error.", "PUT")
    with pytest.raises(Unconfirmed, match="36009003"):
        await stall.market.put(stall.listing, standing, stall.files)


async def test_shape_assumed_an_upload_that_fails_is_down_and_makes_no_product(stall: Stall) -> None:
    provider_of(stall).fail("broken", "neither")
    with pytest.raises(MarketDown):
        await stall.market.put(stall.listing, None, stall.files)
    assert provider_of(stall).changes == []


async def test_shape_assumed_a_search_that_answers_with_other_products_is_not_believed(stall: Stall) -> None:
    other = {"id": "1", "title": "Other", "status": "ACTIVATE", "skus": [{"id": "2", "seller_sku": "other"}]}
    provider_of(stall).play = lambda request: reply(made({"products": [other]}))  # type: ignore[method-assign]
    with pytest.raises(MarketDown, match="products that do not have it"):
        await stall.market.find(stall.listing.key)


async def test_shape_assumed_of_two_products_with_our_key_the_one_for_sale_is_found(stall: Stall) -> None:
    provider_of(stall).fail("broken", after=1)
    with pytest.raises(Unconfirmed):
        await stall.market.put(stall.listing, None, stall.files)
    standing = await stall.market.put(stall.listing, None, stall.files)
    assert [each["status"] for each in provider_of(stall).products.values()] == ["DRAFT", "ACTIVATE"]
    found = await stall.market.find(stall.listing.key)
    assert found is not None and found.native_id == standing.native_id


async def test_shape_assumed_an_answer_without_a_code_is_none(stall: Stall) -> None:
    provider_of(stall).play = lambda request: reply([])  # type: ignore[method-assign]
    with pytest.raises(MarketDown):
        await stall.market.find(stall.listing.key)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"locale": "de"}, "is in en, the listing in 'de'"),
        ({"currency": "GBP"}, "sells in USD, the listing is in GBP"),
        ({"key": "k" * 51}, "TikTok takes SKUs of 50 characters"),
        ({"pictures": ()}, "it has no picture"),
    ],
)
async def test_shape_assumed_what_cannot_be_sold_is_refused_before_it_is_asked(stall: Stall, other, words) -> None:
    with pytest.raises(MarketRefused, match=words):
        await stall.market.put(replace(stall.listing, **other), None, stall.files)
    assert provider_of(stall).changes == []


async def test_shape_assumed_what_is_not_set_is_named(stall: Stall) -> None:
    assert stall.client is not None
    with pytest.raises(NotConfigured, match="no TikTok category is set for 'pillow'"):
        await stall.market.put(replace(stall.listing, product_format="pillow"), None, stall.files)
    light = TikTok(stall.client, APP, replace(SHOP, weights_kg={}))
    with pytest.raises(NotConfigured, match="no TikTok weight is set for 'shirt'"):
        await light.put(stall.listing, None, stall.files)
    with pytest.raises(MarketRefused, match="TikTok shows 9 pictures, the listing has 10"):
        await stall.market.put(replace(stall.listing, pictures=stall.listing.pictures * 5), None, stall.files)


async def test_shape_assumed_yen_are_whole(stall: Stall) -> None:
    assert stall.client is not None
    japan = TikTok(stall.client, APP, replace(SHOP, currency="JPY", languages=("ja",)))
    listing = replace(stall.listing, locale="ja", currency="JPY", variants=())
    standing = await japan.put(listing, None, stall.files)
    [product] = provider_of(stall).products.values()
    assert product["skus"][0]["price"]["sale_price"] == "2400"
    assert (standing.shown["price_cents"], standing.shown["currency"]) == (2400, "JPY")
