"""Printify (shape assumed: it publishes no specification): what the common suite does not ask, over real sockets."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from market.blanks import load_default_blanks
from market.client import Ask
from market.errors import MarketBusy, MarketDown, MarketRefused
from market.marketplaces.printify import Printify, sku_of
from market.pictures import PublicFiles
from tests.specs import reply
from tests.stalls.printify import SHOP, PrintifyProvider, open_printify
from tests.stalls.stall import Ground, Stall


@pytest.fixture
async def stall(httpserver: HTTPServer, tmp_path: Path) -> AsyncIterator[Stall]:
    (tmp_path / "stall").mkdir()
    async with open_printify(Ground(httpserver, tmp_path / "stall", lambda: tmp_path)) as opened:
        yield opened


def provider_of(stall: Stall) -> PrintifyProvider:
    assert isinstance(stall.behind, PrintifyProvider)
    return stall.behind


async def test_shape_assumed_a_product_is_printed_on_the_blanks_of_its_variants(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    [product] = provider_of(stall).products.values()
    assert (product["blueprint_id"], product["print_provider_id"]) == (12, 29)
    assert [(each["id"], each["sku"], each["price"]) for each in product["variants"]] == [
        (18101, f"{stall.listing.key}-M", 2400),
        (18103, f"{stall.listing.key}-XL", 2700),
    ]
    assert product["description"].startswith("<p>• Printed to order<br>• Unisex cut</p>")
    assert standing.url == f"https://shop.example.com/{standing.native_id}"


async def test_shape_assumed_a_product_of_a_malformed_variant_is_refused(stall: Stall) -> None:
    assert stall.client is not None
    bad = {"title": "t", "variants": [{"id": 18100, "sku": "k", "price": "24.00", "is_enabled": True}]}
    with pytest.raises(MarketRefused, match="a variant is malformed"):
        await stall.client.ask(Ask("POST", "/shops/5432/products.json", json=bad))


async def test_shape_assumed_a_print_file_that_is_there_is_not_sent_again(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    printify = provider_of(stall)
    assert list(printify.images.values()) == [f"{stall.listing.print_sha256}.png"]
    await stall.market.put(replace(stall.listing, title="Other"), standing, stall.files)
    assert len(printify.images) == 1
    other = replace(stall.listing, print_sha256=stall.listing.pictures[0].sha256)
    await stall.market.put(other, standing, stall.files)
    assert len(printify.images) == 2
    [product] = printify.products.values()
    assert product["print_areas"][0]["placeholders"][0]["images"][0]["name"] == f"{other.print_sha256}.png"


async def test_shape_assumed_the_print_file_is_sent_whole_or_fetched_from_its_address(
    httpserver: HTTPServer, stall: Stall
) -> None:
    assert stall.client is not None
    await stall.market.put(stall.listing, None, stall.files)
    [sent] = [request.get_json() for request, _ in httpserver.log if "/uploads/" in request.path]
    assert base64.b64decode(sent["contents"]) == stall.files[stall.listing.print_sha256].read_bytes()
    public = PublicFiles("https://files.example.com/{sha256}.png")
    other = replace(stall.listing, key="bw-other")
    await Printify(stall.client, SHOP, public=public).put(other, None, {})
    sent = [request.get_json() for request, _ in httpserver.log if "/uploads/" in request.path][-1]
    assert sent == {"file_name": f"{other.print_sha256}.png", "url": public.url_of(other.print_sha256)}


async def test_shape_assumed_a_product_on_the_last_page_is_found(stall: Stall) -> None:
    printify = provider_of(stall)
    printify.page = 2
    await stall.market.put(stall.listing, None, stall.files)
    for number in range(6):
        printify.products[f"other{number}"] = {"id": f"other{number}", "variants": [{"sku": f"bw-{number}"}]}
    found = await stall.market.find(stall.listing.key)
    assert found is not None and found.state == "live"
    assert await stall.market.find("bw-nobody") is None


async def test_shape_assumed_a_look_up_begins_again_where_products_went_away_meanwhile(stall: Stall) -> None:
    printify, play = provider_of(stall), provider_of(stall).play
    await stall.market.put(stall.listing, None, stall.files)
    printify.page = 2
    for number in range(2):
        printify.products[f"other{number}"] = {"id": f"other{number}", "variants": [{"sku": "x"}]}
    gone: list[str] = []

    def one_goes(request):  # type: ignore[no-untyped-def]
        answer = play(request)
        if request.args.get("page") == "1" and not gone:
            gone.extend(["other1", "other0"])
            del printify.products["other1"], printify.products["other0"]
        return answer

    printify.play = one_goes  # type: ignore[method-assign]
    assert await stall.market.find(stall.listing.key) is not None


async def test_shape_assumed_a_key_that_only_begins_like_ours_is_another(stall: Stall) -> None:
    await stall.market.put(stall.listing, None, stall.files)
    assert await stall.market.find(stall.listing.key[:-1]) is None
    assert await stall.market.find(f"{stall.listing.key}0") is None


async def test_shape_assumed_only_publishing_counts_as_a_publish(stall: Stall) -> None:
    kinds: list[str] = []

    async def turn(kind: str) -> None:
        kinds.append(kind)

    assert stall.client is not None
    stall.client._turn = turn
    await stall.market.put(stall.listing, None, stall.files)
    assert kinds == ["catalog", "any", "any", "publish", "any"]


async def test_shape_assumed_a_variant_that_the_listing_has_no_more_is_switched_off(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    await stall.market.put(replace(stall.listing, variants=stall.listing.variants[:1]), standing, stall.files)
    [product] = provider_of(stall).products.values()
    assert {each["id"]: each["is_enabled"] for each in product["variants"]} == {18101: True, 18103: False}


async def test_shape_assumed_a_change_whose_publishing_failed_is_published_the_next_time(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    changed = replace(stall.listing, title="Other")
    provider_of(stall).fail("busy", after=1)
    with pytest.raises(MarketBusy):
        await stall.market.put(changed, standing, stall.files)
    provider_of(stall).changes.clear()
    await stall.market.put(changed, standing, stall.files)
    assert [change.rpartition("/")[2] for change in provider_of(stall).changes] == ["publish.json"]


async def test_shape_assumed_a_product_that_is_being_published_is_left_alone(stall: Stall) -> None:
    provider_of(stall).channel = False
    standing = await stall.market.put(stall.listing, None, stall.files)
    assert standing.state == "draft"
    for act in (stall.market.put(stall.listing, standing, stall.files), stall.market.end(standing)):
        with pytest.raises(MarketBusy, match="is publishing product") as said:
            await act
        assert said.value.until > datetime.now(UTC)


async def test_shape_assumed_a_shop_without_a_channel_is_told_where_the_product_is(stall: Stall) -> None:
    assert stall.client is not None
    provider_of(stall).channel = False
    shop = replace(SHOP, product_address="https://otter.example.com/p/{key}")
    standing = await Printify(stall.client, shop).put(stall.listing, None, stall.files)
    assert (standing.state, standing.url) == ("live", f"https://otter.example.com/p/{stall.listing.key}")


async def test_shape_assumed_a_blank_that_printify_does_not_have_is_named(stall: Stall) -> None:
    assert stall.client is not None
    own = [replace(row, print_provider_id=1) for row in load_default_blanks()]
    with pytest.raises(MarketRefused, match="Printify has no catalog/blueprints/12/print_providers/1 for 'shirt'"):
        await Printify(stall.client, SHOP, own).put(stall.listing, None, stall.files)
    assert provider_of(stall).changes == []


async def test_shape_assumed_a_size_or_colour_that_printify_does_not_have_makes_no_product(stall: Stall) -> None:
    provider_of(stall).titles[18101] = "White / M"
    with pytest.raises(MarketRefused, match="printify has no shirt of size M, colour Black"):
        await stall.market.put(stall.listing, None, stall.files)
    assert provider_of(stall).products == {}


async def test_shape_assumed_a_variant_that_is_new_is_held_against_the_catalog_too(stall: Stall) -> None:
    standing = await stall.market.put(replace(stall.listing, variants=stall.listing.variants[:1]), None, stall.files)
    provider_of(stall).titles[18103] = "Navy / XL"
    with pytest.raises(MarketRefused, match="printify has no shirt of size XL, colour Black"):
        await stall.market.put(stall.listing, standing, stall.files)


async def test_shape_assumed_an_upload_that_fails_is_down_and_makes_no_product(stall: Stall) -> None:
    provider_of(stall).fail("broken", "neither")
    with pytest.raises(MarketDown):
        await stall.market.put(stall.listing, None, stall.files)
    assert provider_of(stall).changes == []


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"currency": "EUR"}, "sells in USD, the listing is in EUR"),
        ({"print_sha256": ""}, "it has no print file"),
        ({"price_cents": 0, "variants": ()}, "a price must be positive"),
    ],
)
async def test_shape_assumed_what_cannot_be_sold_is_refused_before_it_is_asked(stall: Stall, other, words: str) -> None:
    with pytest.raises(MarketRefused, match=words):
        await stall.market.put(replace(stall.listing, **other), None, stall.files)
    assert provider_of(stall).changes == []


async def test_shape_assumed_an_image_without_a_number_is_refused(stall: Stall) -> None:
    printify, play = provider_of(stall), provider_of(stall).play
    printify.play = lambda request: reply({}) if "/uploads/" in request.path else play(request)  # type: ignore[method-assign]
    with pytest.raises(MarketRefused, match="gave it no number"):
        await stall.market.put(stall.listing, None, stall.files)


async def test_shape_assumed_a_sku_begins_with_our_key_whatever_the_variants_own_is(stall: Stall) -> None:
    listing = stall.listing
    assert sku_of(listing, listing.variants[0]) == f"{listing.key}-M"
    assert sku_of(listing, replace(listing.variants[0], key="M1")) == f"{listing.key}-M1"
