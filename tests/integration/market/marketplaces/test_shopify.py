"""Shopify over a real socket, every query and its variables held against the published schema."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request

from market.errors import KeyRefused, ListingGone, MarketBusy, MarketDown, MarketError, MarketRefused, Unconfirmed
from market.listing import Standing, Variant
from market.marketplaces import shopify
from market.marketplaces.shopify import handle_of
from tests.specs import reply
from tests.stalls.shopify import COUNTED, SHOP, ShopifyProvider, faults, open_shopify, schema_of
from tests.stalls.stall import KEY, SECRET, Ground, Stall

CHANNEL = {"channel": SHOP.publication_id}
INPUT: dict[str, Any] = {
    "title": "Otter", "status": "DRAFT", "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
    "variants": [{"optionValues": [{"optionName": "Title", "name": "Default Title"}], "price": "24.00", "sku": "a"}],
}  # fmt: skip


@pytest.fixture
def ground(httpserver: HTTPServer, tmp_path: Path, shared: Path) -> Ground:
    folder = tmp_path / "stall"
    folder.mkdir()
    return Ground(httpserver, folder, lambda: shared)


@pytest.fixture
async def stall(ground: Ground) -> AsyncIterator[Stall]:
    async with opened(ground) as stall:
        yield stall


@asynccontextmanager
async def opened(ground: Ground, shop: Any = SHOP) -> AsyncIterator[Stall]:
    async with open_shopify(ground, shop) as stall:
        yield stall
        stall.check()


def shop_of(stall: Stall) -> ShopifyProvider:
    assert isinstance(stall.behind, ShopifyProvider)
    return stall.behind


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "ON_SALE"}, "no such status"),
        ({"bodyHtml": "<p>Otter</p>"}, "no such field"),
        ({"variants": [{"price": "24.00"}]}, "a variant of no option"),
        ({"tags": [{"name": "otter"}]}, "a tag that is no text"),
    ],
)
def test_values_that_do_not_fit_the_schema_are_rejected(change: dict[str, Any], why: str, shared: Path) -> None:
    schema, by = schema_of(shared), {"by": {"handle": "a"}}
    assert faults(schema, shopify.SET, {**by, **CHANNEL, "input": INPUT}) == []
    assert faults(schema, shopify.SET, {**by, **CHANNEL, "input": {**INPUT, **change}}), why


def test_a_query_and_variables_that_do_not_fit_the_schema_are_rejected(shared: Path) -> None:
    schema = schema_of(shared)
    assert faults(schema, shopify.FIND, {"handle": "a", **CHANNEL}) == []
    assert faults(schema, shopify.FIND.replace("descriptionHtml", "body"), {"handle": "a", **CHANNEL})
    assert faults(schema, shopify.FIND, {"handle": "a"})
    assert faults(schema, shopify.FIND, {"handle": "a", "colour": "b", **CHANNEL})


async def test_pictures_are_sent_once_with_their_words_and_again_where_they_changed(
    stall: Stall, ground: Ground
) -> None:
    put = await stall.market.put(stall.listing, None, stall.files)
    shop = shop_of(stall)
    assert [file["alt"] for file in shop.inputs[0]["files"]] == [each.alt for each in stall.listing.pictures]
    await stall.market.put(stall.listing, put, stall.files)
    assert "files" not in shop.inputs[1]
    other = replace(stall.listing.pictures[0], sha256=ground.picture("olive"))
    await stall.market.put(replace(stall.listing, pictures=(other,)), put, ground.files)
    assert len(shop.inputs[2]["files"]) == 1 and len(shop.staged) == 3


async def test_a_picture_that_shopify_could_not_take_is_sent_again(
    stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = await stall.market.put(stall.listing, None, stall.files)
    shop = shop_of(stall)
    shown = shop._shown
    monkeypatch.setattr(shop, "_shown", lambda held: {**shown(held), "media": {"nodes": [{"status": "FAILED"}] * 2}})
    found = await stall.market.find(KEY)
    assert found is not None and found.shown["pictures"] == 0
    await stall.market.put(stall.listing, put, stall.files)
    assert len(shop.inputs[1]["files"]) == 2


async def test_what_is_on_sale_stays_on_sale_while_it_is_changed_and_what_is_not_is_a_draft_first(stall: Stall) -> None:
    put = await stall.market.put(stall.listing, None, stall.files)
    await stall.market.put(replace(stall.listing, title="Another"), put, stall.files)
    ended = await stall.market.end(put)
    await stall.market.put(stall.listing, ended, stall.files)
    assert [told["status"] for told in shop_of(stall).inputs] == ["DRAFT", "ACTIVE", "DRAFT"]


async def test_variants_have_skus_prices_and_options_and_a_counted_stock_where_a_place_is_set(ground: Ground) -> None:
    async with opened(ground, COUNTED) as stall:
        await stall.market.put(stall.listing, None, stall.files)
        (told,) = shop_of(stall).inputs
    assert [(each["sku"], each["price"]) for each in told["variants"]] == [
        (f"{KEY}-M", "24.00"),
        (f"{KEY}-XL", "27.00"),
    ]
    stock = {"locationId": COUNTED.location_id, "name": "available", "quantity": 50}
    assert told["variants"][0]["inventoryQuantities"] == [stock]
    assert [each["name"] for each in told["productOptions"]] == ["Size", "Colour"]
    assert (told["vendor"], told["handle"]) == ("Otter House", KEY)


async def test_what_the_shop_cannot_sell_is_refused_before_anything_is_sent(stall: Stall) -> None:
    four = (Variant("a", {"size": "M", "colour": "Black", "fit": "wide", "neck": "V"}, 2400),)
    refused = {
        "takes 3 options": replace(stall.listing, variants=four),
        "sells in USD": replace(stall.listing, currency="EUR"),
        "must be positive": replace(stall.listing, price_cents=-1),
        "it has no picture": replace(stall.listing, pictures=()),
        "is not there": replace(stall.listing, pictures=(replace(stall.listing.pictures[0], sha256="0" * 64),)),
    }
    for why, listing in refused.items():
        with pytest.raises(MarketRefused, match=why):
            await stall.market.put(listing, None, stall.files)
    assert shop_of(stall).changes == [] and shop_of(stall).staged == {}


async def test_a_shop_that_throttles_is_asked_again_once_its_bucket_holds_enough(stall: Stall) -> None:
    shop_of(stall).fail("busy", "look-up")
    with pytest.raises(MarketBusy) as said:
        await stall.market.find(KEY)
    assert timedelta(seconds=8) < said.value.until - datetime.now(UTC) < timedelta(seconds=11)


@pytest.mark.parametrize(
    ("body", "on_a_look_up", "on_a_change"),
    [
        ({"errors": [{"message": "no", "extensions": {"code": "ACCESS_DENIED"}}]}, KeyRefused, KeyRefused),
        ({"errors": [{"message": "no", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}, MarketDown, Unconfirmed),
        ({"errors": [{"message": "Field 'x' is unknown"}]}, MarketRefused, MarketRefused),
        ({"errors": "Not Found"}, MarketRefused, MarketRefused),
        ([], MarketDown, Unconfirmed),
        ({}, MarketDown, Unconfirmed),
        ({"data": None}, MarketDown, Unconfirmed),
        ({"data": {"made": None}}, None, Unconfirmed),
    ],
)
async def test_an_answer_of_200_is_read_for_what_it_means(
    body: Any, on_a_look_up: type[MarketError] | None, on_a_change: type[MarketError], stall: Stall,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    shop, play = shop_of(stall), shop_of(stall).play
    kinds = {"change", "look-up"} if on_a_look_up else {"change"}

    def answer(request: Request) -> Any:
        return reply(body) if shop.kind(request) in kinds else play(request)

    monkeypatch.setattr(shop, "play", answer)
    if on_a_look_up:
        with pytest.raises(on_a_look_up) as said:
            await stall.market.find(KEY)
        assert type(said.value) is on_a_look_up
    kinds.discard("look-up")
    with pytest.raises(on_a_change) as said:
        await stall.market.put(stall.listing, None, stall.files)
    assert type(said.value) is on_a_change
    assert SECRET not in str(said.value)


async def test_pictures_are_not_sent_over_an_open_line(stall: Stall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop_of(stall).server, "url_for", lambda path: f"http://pictures.example{path}")
    with pytest.raises(MarketDown, match="not safe"):
        await stall.market.put(stall.listing, None, stall.files)
    assert shop_of(stall).changes == []


async def test_a_product_that_goes_while_it_is_changed_is_gone(stall: Stall, monkeypatch: pytest.MonkeyPatch) -> None:
    put = await stall.market.put(stall.listing, None, stall.files)
    shop = shop_of(stall)
    get = shop._get

    def last_seen(given: dict[str, Any]) -> dict[str, Any]:
        seen = get(given)
        shop.forget()
        return seen

    monkeypatch.setattr(shop, "_get", last_seen)
    with pytest.raises(ListingGone):
        await stall.market.put(stall.listing, put, stall.files)
    with pytest.raises(ListingGone):
        await stall.market.end(Standing(put.native_id, "live"))


@pytest.mark.parametrize("key", ["", "A b", "../x", "é", "-a-", "a" * 300, 'x"){shop{id}}'])
def test_a_key_that_is_no_handle_has_one_of_its_own(key: str) -> None:
    handle = handle_of(key)
    assert handle != key and handle == handle_of(handle)
    assert handle_of(KEY) == KEY
