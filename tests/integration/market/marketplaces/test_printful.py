"""Printful: what the common suite does not ask. The catalog is held against the specification; the rest is assumed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from market.blanks import load_default_blanks
from market.client import Ask
from market.errors import MarketRefused, NotConfigured, Unconfirmed
from market.marketplaces.printful import Printful, PrintfulStore, external_id
from tests.specs import Contract, load, reply
from tests.stalls.printful import PUBLIC, PrintfulProvider, mended, open_printful
from tests.stalls.stall import Ground, Stall

KEY = {"Authorization": "Bearer t"}


@pytest.fixture
async def stall(httpserver: HTTPServer, tmp_path: Path, shared: Path) -> AsyncIterator[Stall]:
    (tmp_path / "stall").mkdir()
    async with open_printful(Ground(httpserver, tmp_path / "stall", lambda: shared)) as opened:
        yield opened
        opened.check()


def provider_of(stall: Stall) -> PrintfulProvider:
    assert isinstance(stall.behind, PrintfulProvider)
    return stall.behind


CATALOG_PATH = "/v2/catalog-products/71/catalog-variants"


def contract_of(httpserver: HTTPServer, shared: Path) -> Contract:
    return Contract(httpserver, mended(load(shared, "printful_v2.json")), "/printful", "Authorization")


def test_a_request_that_printful_would_not_take_is_found(httpserver: HTTPServer, shared: Path) -> None:
    contract = contract_of(httpserver, shared)
    assert contract.faults("GET", CATALOG_PATH, KEY, query={"limit": "100", "offset": "0"}) == []
    assert contract.faults("GET", CATALOG_PATH, KEY, query={"limit": "all"})
    assert contract.faults("GET", CATALOG_PATH.replace("71", "shirt"), KEY)
    assert contract.faults("GET", CATALOG_PATH, {})
    assert contract.faults("GET", CATALOG_PATH, KEY, query={"colour": "black"})
    order = json.dumps({"recipient": {}}).encode()
    assert contract.faults("POST", "/v2/orders", KEY, data=order, content_type="application/json")


def test_the_catalog_of_the_stall_answers_as_the_specification_says(httpserver: HTTPServer, shared: Path) -> None:
    contract = contract_of(httpserver, shared)
    answer = PrintfulProvider().catalog(0, 2).get_json()
    assert contract.answer_faults(CATALOG_PATH, answer) == []
    assert contract.answer_faults(CATALOG_PATH, {"data": [{**answer["data"][0], "id": "4016"}]})


async def test_the_whole_catalog_is_read_before_a_product_is_made(httpserver: HTTPServer, stall: Stall) -> None:
    await stall.market.put(stall.listing, None, stall.files)
    asked = [(request.method, request.args.get("offset")) for request, _ in httpserver.log]
    assert asked == [("GET", "0"), ("GET", "2"), ("GET", "4"), ("POST", None), ("GET", None)]


async def test_a_size_or_colour_that_printful_does_not_have_makes_no_product(stall: Stall) -> None:
    provider_of(stall).colour = "White"
    with pytest.raises(MarketRefused, match="printful has no shirt of size M, colour Black"):
        await stall.market.put(stall.listing, None, stall.files)
    assert provider_of(stall).changes == []


async def test_a_blank_that_printful_does_not_have_makes_no_product(stall: Stall) -> None:
    assert stall.client is not None
    own = [replace(row, blueprint_id=7) for row in load_default_blanks()]
    with pytest.raises(MarketRefused, match="printful has no shirt of any size or colour"):
        await Printful(stall.client, PrintfulStore(), PUBLIC, own).put(
            replace(stall.listing, variants=()), None, stall.files
        )
    assert provider_of(stall).changes == []


async def test_shape_assumed_variants_have_prices_in_words_files_by_address_and_our_keys(stall: Stall) -> None:
    await stall.market.put(stall.listing, None, stall.files)
    [product] = provider_of(stall).products.values()
    assert product["sync_product"]["external_id"] == external_id(stall.listing.key)
    assert product["sync_product"]["thumbnail"] == PUBLIC.url_of(stall.listing.pictures[0].sha256)
    assert [(each["sku"], each["retail_price"]) for each in product["sync_variants"]] == [
        (f"{stall.listing.key}-M", "24.00"),
        (f"{stall.listing.key}-XL", "27.00"),
    ]
    files = [{"type": "front", "url": PUBLIC.url_of(stall.listing.print_sha256)}]
    assert all(each["files"] == files for each in product["sync_variants"])


async def test_shape_assumed_a_malformed_variant_is_refused(stall: Stall) -> None:
    assert stall.client is not None
    bad = {"sync_product": {"external_id": "k"}, "sync_variants": [{"variant_id": "4017"}]}
    with pytest.raises(MarketRefused, match="a variant is malformed"):
        await stall.client.ask(Ask("POST", "/store/products", json=bad))


async def test_shape_assumed_variants_that_stay_keep_their_numbers_and_others_go(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    [product] = provider_of(stall).products.values()
    first = product["sync_variants"][0]["id"]
    await stall.market.put(replace(stall.listing, variants=stall.listing.variants[:1]), standing, stall.files)
    assert [each["id"] for each in product["sync_variants"]] == [first]


async def test_shape_assumed_a_product_whose_variants_are_not_all_known_is_a_draft(stall: Stall) -> None:
    await stall.market.put(stall.listing, None, stall.files)
    [product] = provider_of(stall).products.values()
    product["sync_variants"][1]["synced"] = False
    found = await stall.market.find(stall.listing.key)
    assert found is not None and found.state == "draft"


async def test_shape_assumed_a_store_of_several_is_named_in_each_request(stall: Stall) -> None:
    assert stall.client is not None
    market = Printful(stall.client, PrintfulStore("77"), PUBLIC)
    await market.end(await market.put(stall.listing, None, stall.files))
    assert provider_of(stall).stores == {"77"}


async def test_shape_assumed_a_product_made_without_a_number_is_unconfirmed(stall: Stall) -> None:
    printful, play = provider_of(stall), provider_of(stall).play
    printful.play = lambda request: reply({"code": 200}) if request.method == "POST" else play(request)  # type: ignore[method-assign]
    with pytest.raises(Unconfirmed, match="did not say which"):
        await stall.market.put(stall.listing, None, stall.files)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"currency": "EUR"}, "sells in USD, the listing is in EUR"),
        ({"print_sha256": ""}, "it has no print file"),
        ({"quantity": 0}, "a quantity must be positive"),
    ],
)
async def test_what_cannot_be_sold_is_refused_before_it_is_asked(stall: Stall, other, words: str) -> None:
    with pytest.raises(MarketRefused, match=words):
        await stall.market.put(replace(stall.listing, **other), None, stall.files)
    assert provider_of(stall).changes == []


async def test_files_without_a_public_address_are_refused_and_nothing_is_asked(stall: Stall) -> None:
    assert stall.client is not None
    with pytest.raises(MarketRefused, match="Printful fetches pictures from a public address and none is set"):
        await Printful(stall.client, PrintfulStore(), None).put(stall.listing, None, stall.files)
    assert provider_of(stall).changes == []


async def test_a_format_without_blanks_is_named(stall: Stall) -> None:
    with pytest.raises(NotConfigured, match="no blank of printful is known for 'pillow'"):
        await stall.market.put(replace(stall.listing, product_format="pillow"), None, stall.files)


def test_an_external_id_has_32_characters_at_most_and_is_always_the_same() -> None:
    long = "bw-0190d5c6-7a2b-7c3d-8e4f-5a6b7c8d9e0f"
    assert external_id("bw-short") == "bw-short"
    assert len(external_id(long)) == 32
    assert external_id(long) == external_id(long) != external_id(f"{long}-M")
