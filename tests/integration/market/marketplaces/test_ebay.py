"""eBay: what the common suite does not ask, over real sockets and against the published specification."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from market.client import Client
from market.errors import ListingGone, MarketRefused, NotConfigured
from market.marketplaces.ebay import Ebay
from tests.specs import Contract, load
from tests.stalls.ebay import SHOP, EbayProvider, mended, open_ebay, open_ebay_single
from tests.stalls.stall import Ground, Stall


@pytest.fixture
async def stall(httpserver: HTTPServer, tmp_path: Path, shared: Path) -> AsyncIterator[Stall]:
    async with open_ebay(_ground(httpserver, tmp_path, shared)) as opened:
        yield opened


@pytest.fixture
async def single(httpserver: HTTPServer, tmp_path: Path, shared: Path) -> AsyncIterator[Stall]:
    async with open_ebay_single(_ground(httpserver, tmp_path, shared)) as opened:
        yield opened


def _ground(server: HTTPServer, folder: Path, shared: Path) -> Ground:
    (folder / "stall").mkdir()
    return Ground(server, folder / "stall", lambda: shared)


def provider_of(stall: Stall) -> EbayProvider:
    assert isinstance(stall.behind, EbayProvider)
    return stall.behind


def as_shop(stall: Stall, **other: object) -> Ebay:
    """The same seller on other terms."""
    assert isinstance(stall.market, Ebay)
    return Ebay(stall.market._client, stall.market._media, replace(SHOP, **other))


def test_a_request_that_ebay_would_not_take_is_found(httpserver: HTTPServer, shared: Path) -> None:
    contract = Contract(httpserver, mended(load(shared, "ebay_sell_inventory.json")), "/ebay", "Authorization")
    headers = {"Content-Language": "en-US", "Content-Type": "application/json", "Authorization": "Bearer x"}

    def faults(body: str, without: str = "", method: str = "PUT", path: str = "/inventory_item/k") -> list[str]:
        told = {name: value for name, value in headers.items() if name != without}
        return contract.faults(method, path, told, data=body.encode(), content_type="application/json")

    good = '{"availability": {"shipToLocationAvailability": {"quantity": 5}}, "product": {"aspects": {"Size": ["M"]}}}'
    assert faults(good) == []
    assert faults(good, without="Content-Language")
    assert faults(good, without="Authorization")
    assert faults(good.replace("5", '"5"'))
    assert faults(good.replace('["M"]', '"M"'))
    assert faults(good, path="/inventory_items/k")
    offer = '{"pricingSummary": {"price": {"currency": "USD", "value": "24.00"}}}'
    assert faults(offer, method="POST", path="/offer") == []
    assert faults(offer.replace('"24.00"', "24"), method="POST", path="/offer")


async def test_each_variant_is_an_item_with_its_own_price_in_a_group_under_our_key(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    ebay = provider_of(stall)
    assert set(ebay.items) == {variant.key for variant in stall.listing.variants}
    prices = {offer["sku"]: offer["pricingSummary"]["price"] for offer in ebay.offers.values()}
    assert [prices[variant.key] for variant in stall.listing.variants] == [
        {"currency": "USD", "value": "24.00"},
        {"currency": "USD", "value": "27.00"},
    ]
    group = ebay.groups[stall.listing.key]
    assert group["variesBy"]["specifications"] == [
        {"name": "Size", "values": ["M", "XL"]},
        {"name": "Color", "values": ["Black"]},
    ]
    assert standing.url == "https://www.ebay.com/itm/11009000000000"
    assert ebay.pictures == ["navy.png", "maroon.png"]


async def test_an_offer_that_ebay_has_already_is_found_and_set_to_our_terms(single: Stall) -> None:
    ebay, listing = provider_of(single), single.listing
    ebay.offers["77"] = {"sku": listing.key, "offerId": "77", "status": "UNPUBLISHED", "marketplaceId": "EBAY_US"}
    standing = await single.market.put(listing, None, single.files)
    assert list(ebay.offers) == ["77"]
    assert ebay.offers["77"]["pricingSummary"]["price"]["value"] == "24.00"
    assert (standing.state, standing.url) == ("live", "https://www.ebay.com/itm/110077")


async def test_an_offer_that_somebody_made_between_our_look_and_our_request_is_taken(single: Stall) -> None:
    ebay, listing = provider_of(single), single.listing
    held = {"sku": listing.key, "offerId": "77", "status": "UNPUBLISHED", "marketplaceId": "EBAY_US"}
    play = ebay.play

    def late(request):  # type: ignore[no-untyped-def]
        if request.method == "POST" and request.path.endswith("/offer"):
            ebay.offers["77"] = held
        return play(request)

    ebay.play = late  # type: ignore[method-assign]
    assert (await single.market.put(listing, None, single.files)).state == "live"
    assert list(ebay.offers) == ["77"]


async def test_a_variant_that_is_new_joins_the_listing_that_stands(stall: Stall) -> None:
    fewer = replace(stall.listing, variants=stall.listing.variants[:1])
    standing = await stall.market.put(fewer, None, stall.files)
    again = await stall.market.put(stall.listing, standing, stall.files)
    ebay = provider_of(stall)
    assert {offer["status"] for offer in ebay.offers.values()} == {"PUBLISHED"}
    assert ebay.groups[stall.listing.key]["variantSKUs"] == [variant.key for variant in stall.listing.variants]
    assert (again.url, len(ebay.groups)) == (standing.url, 1)


async def test_only_putting_up_for_sale_counts_as_a_publish(stall: Stall) -> None:
    kinds: list[str] = []

    async def turn(kind: str) -> None:
        kinds.append(kind)

    assert stall.client is not None and isinstance(stall.market, Ebay)
    stall.client._turn = turn
    standing = await stall.market.put(stall.listing, None, stall.files)
    assert kinds.count("publish") == 1
    await stall.market.put(stall.listing, standing, stall.files)
    assert kinds.count("publish") == 1


async def test_what_is_sold_out_is_live_and_what_ebay_ended_is_not(single: Stall) -> None:
    await single.market.put(single.listing, None, single.files)
    [listed] = provider_of(single).offers.values()
    for status, state in (("OUT_OF_STOCK", "live"), ("EBAY_ENDED", "draft"), ("ENDED", "draft")):
        listed["listing"]["listingStatus"] = status
        found = await single.market.find(single.listing.key)
        assert found is not None and found.state == state


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"locale": "ja"}, "is in en-US, the listing is in 'ja'"),
        ({"currency": "EUR"}, "sells in USD, the listing is in EUR"),
        ({"price_cents": 0, "variants": ()}, "a price must be positive, got 0"),
        ({"quantity": 0}, "a quantity must be positive, got 0"),
        ({"pictures": ()}, "it has no picture"),
        ({"key": "k" * 51}, "eBay takes SKUs of 50 characters"),
    ],
)
async def test_what_ebay_would_refuse_is_refused_before_it_is_asked(stall: Stall, other, words: str) -> None:
    with pytest.raises(MarketRefused, match=words):
        await stall.market.put(replace(stall.listing, **other), None, stall.files)
    assert provider_of(stall).changes == []


async def test_a_site_takes_its_own_language_and_currency(stall: Stall) -> None:
    market = as_shop(stall, marketplace_id="EBAY_DE")
    await market.put(replace(stall.listing, locale="de", currency="EUR"), None, stall.files)
    assert {item["locale"] for item in provider_of(stall).items.values()} == {"de_DE"}
    found = await market.find(stall.listing.key)
    assert found is not None and found.url.startswith("https://www.ebay.de/itm/")


def test_an_option_is_called_as_the_site_or_its_category_calls_it() -> None:
    assert [SHOP.named("colour", language) for language in ("en-US", "en-GB", "de-AT", "fr-CA", "pl-PL")] == [
        "Color", "Colour", "Farbe", "Couleur", "Colour",
    ]  # fmt: skip
    own = replace(SHOP, options={"colour": "Exterior Color"})
    assert (own.named("colour", "en-US"), own.named("paper", "en-US")) == ("Exterior Color", "Paper")


async def test_what_is_not_set_is_named(stall: Stall) -> None:
    with pytest.raises(NotConfigured, match="no eBay category is set for 'pillow'"):
        await stall.market.put(replace(stall.listing, product_format="pillow"), None, stall.files)
    with pytest.raises(NotConfigured, match="EBAY_XX"):
        await as_shop(stall, marketplace_id="EBAY_XX").put(stall.listing, None, stall.files)
    assert provider_of(stall).changes == []


async def test_a_picture_without_its_file_is_refused(stall: Stall) -> None:
    with pytest.raises(MarketRefused, match=r"the file of navy\.png is not there"):
        await stall.market.put(stall.listing, None, {})
    assert provider_of(stall).standing() == []


async def test_an_item_deleted_while_it_is_ended_is_gone(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    provider_of(stall).items.clear()
    with pytest.raises(ListingGone):
        await stall.market.end(standing)


async def test_a_picture_that_gets_no_address_is_refused(httpserver: HTTPServer, stall: Stall) -> None:
    async with Client(httpserver.url_for("/elsewhere"), stall.client._turn, stall.client._headers) as media:  # type: ignore[union-attr]
        httpserver.expect_request("/elsewhere/image/create_image_from_file").respond_with_json({"imageUrl": None}, 201)
        market = Ebay(stall.client, media, SHOP)  # type: ignore[arg-type]
        with pytest.raises(MarketRefused, match="gave it no address"):
            await market.put(stall.listing, None, stall.files)
