"""eBay on loopback: items, groups, offers; and its Media API, of which no specification is at hand (shape assumed)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from werkzeug import Request, Response

from market.client import Client, bearer
from market.marketplaces.ebay import Ebay, EbayShop
from tests.specs import Contract, Document, load, reply
from tests.stalls.stall import SECRET, Ground, Provider, Stall, no_turn, offer

SHOP = EbayShop(
    marketplace_id="EBAY_US", fulfillment_policy_id="6196932000", payment_policy_id="6196933000",
    return_policy_id="6196931000", location_key="main", categories={"shirt": "15687", "mug": "20625"},
)  # fmt: skip
NOTHING = Response(status=204)


def mended(document: Document) -> Document:
    """The specification says aspects are a string, and its own text says and shows a name with a list of values."""
    aspects = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    for name in ("Product", "InventoryItemGroup"):
        document["components"]["schemas"][name]["properties"]["aspects"] = aspects
    return document


class EbayProvider(Provider):
    """Refuses what eBay refuses: a group or an offer of items it does not have, a second offer of a SKU."""

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.offers: dict[str, dict[str, Any]] = {}
        self.pictures: list[str] = []

    def standing(self) -> list[str]:
        members = {sku for group in self.groups.values() for sku in group["variantSKUs"]}
        return [*self.groups, *(sku for sku in self.items if sku not in members)]

    def forget(self) -> None:
        self.items.clear()
        self.groups.clear()
        self.offers.clear()

    def play(self, request: Request) -> Response:
        path = unquote(request.path).removeprefix("/ebay")
        routes = {
            r"/inventory_item/([^/]+)": self._item,
            r"/inventory_item_group/([^/]+)": self._group,
            r"/offer": self._offers,
            r"/offer/(publish|withdraw)_by_inventory_item_group": self._all,
            r"/offer/([^/]+)": self._offer,
            r"/offer/([^/]+)/(publish|withdraw)": self._one,
        }
        for pattern, answer in routes.items():
            if found := re.fullmatch(pattern, path):
                return answer(request, *found.groups())
        return refused(404, 2002, "Resource not found")

    def picture(self, request: Request) -> Response:
        """A file was sent: it has an address from now on."""
        self.pictures.append(request.files["image"].filename or "")
        url = f"https://i.ebayimg.com/images/g/{len(self.pictures)}/s-l1600.png"
        return reply({"imageUrl": url, "expirationDate": "2027-01-01T00:00:00Z"}, 201)

    def _item(self, request: Request, sku: str) -> Response:
        if request.method == "PUT":
            language = request.headers["content-language"].replace("-", "_")
            made = sku not in self.items
            self.items[sku] = {**request.get_json(), "sku": sku, "locale": language}
            return reply({"warnings": []}, 201) if made else NOTHING
        if sku not in self.items:
            return refused(404, 25710, "We didn't find the entity you are requesting.")
        if request.method == "DELETE":
            del self.items[sku]
            return NOTHING
        return reply(self.items[sku])

    def _group(self, request: Request, key: str) -> Response:
        if request.method == "PUT":
            told = request.get_json()
            if not set(told["variantSKUs"]) <= set(self.items):
                return refused(400, 25701, "One or more of the supplied SKU(s) could not be found in the system.")
            made = key not in self.groups
            self.groups[key] = {**told, "inventoryItemGroupKey": key}
            return reply({"warnings": []}, 201) if made else NOTHING
        if key not in self.groups:
            return refused(404, 25705, "The group could not be found.")
        return reply(self.groups[key])

    def _offers(self, request: Request) -> Response:
        sku = request.args["sku"] if request.method == "GET" else request.get_json()["sku"]
        held = [each for each in self.offers.values() if each["sku"] == sku]
        if request.method == "GET":
            return reply({"offers": held, "total": len(held)}) if held else refused(404, 25713, "Offer not available")
        if held:
            return refused(400, 25002, "Offer entity already exists.")
        if sku not in self.items:
            return refused(400, 25702, f"{sku} could not be found or is not available in the system.")
        number = str(9_000_000_000 + len(self.offers))
        self.offers[number] = {**request.get_json(), "offerId": number, "status": "UNPUBLISHED"}
        return reply({"offerId": number}, 201)

    def _offer(self, request: Request, number: str) -> Response:
        if number not in self.offers:
            return refused(404, 25713, "This Offer is not available")
        self.offers[number] |= request.get_json()
        return NOTHING

    def _one(self, request: Request, number: str, act: str) -> Response:
        if number not in self.offers:
            return refused(404, 25713, "This Offer is not available")
        return reply({"listingId": self._set([number], act)})

    def _all(self, request: Request, act: str) -> Response:
        group = self.groups.get(request.get_json()["inventoryItemGroupKey"])
        if group is None:
            return refused(400, 25705, "The group could not be found.")
        mine = [number for number, each in self.offers.items() if each["sku"] in group["variantSKUs"]]
        if not mine or len(mine) < len(group["variantSKUs"]):
            return refused(400, 25016, "An offer is missing.")
        listing = self._set(mine, act)
        return reply({"listingId": listing}) if act == "publish" else NOTHING

    def _set(self, numbers: list[str], act: str) -> str:
        listing = f"1100{numbers[0]}"
        for number in numbers:
            self.offers[number].pop("listing", None)
            self.offers[number]["status"] = "UNPUBLISHED"
            if act == "publish":
                told = {"listingId": listing, "listingStatus": "ACTIVE", "soldQuantity": 0}
                self.offers[number] |= {"status": "PUBLISHED", "listing": told}
        return listing


def refused(status: int, number: int, words: str) -> Response:
    """As eBay says no (shared/specs/recorded/ebay/errors.json)."""
    error = {"errorId": number, "domain": "API_INVENTORY", "category": "REQUEST", "message": words, "parameters": []}
    return reply({"errors": [error]}, status)


def fitting(contract: Contract) -> Callable[[], None]:
    """Asserts that every request fitted; there may have been none."""

    def check() -> None:
        assert contract.violations == []

    return check


@asynccontextmanager
async def open_ebay(ground: Ground) -> AsyncIterator[Stall]:
    """Variants: a group of two items."""
    provider = EbayProvider()
    document = mended(load(ground.find_shared(), "ebay_sell_inventory.json"))
    contract = Contract(ground.server, document, "/ebay", "Authorization")
    contract.on("", provider.answer)
    ground.server.expect_request("/media/image/create_image_from_file", "POST").respond_with_handler(provider.picture)
    keys = bearer(_token)
    async with (
        Client(contract.base, no_turn, keys) as client,
        Client(ground.server.url_for("/media"), no_turn, keys) as media,
    ):
        listing = offer(ground, "ebay")
        yield Stall(Ebay(client, media, SHOP), listing, ground.files, provider, client, fitting(contract))


@asynccontextmanager
async def open_ebay_single(ground: Ground) -> AsyncIterator[Stall]:
    """No variants: one item with one offer."""
    async with open_ebay(ground) as stall:
        stall.listing = replace(stall.listing, variants=())
        yield stall


async def _token() -> str:
    return SECRET


STALLS = {"ebay": open_ebay, "ebay, one item": open_ebay_single}
