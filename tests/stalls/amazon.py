"""Amazon on loopback: items by SKU, which are for sale as soon as they are whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from werkzeug import Request, Response

from market.client import Client, bearer
from market.marketplaces.amazon import Amazon, AmazonProduct, AmazonSeller, lwa
from market.pictures import PublicFiles
from tests.specs import reply
from tests.stalls.ebay import fitting
from tests.stalls.stall import SECRET, Ground, Provider, Stall, no_turn, offer

STORE = "ATVPDKIKX0DER"
SELLER = AmazonSeller(
    seller_id="A2PZG9BL6BKV8Q", marketplace_id=STORE, brand="Otter & Co",
    products={
        "shirt": AmazonProduct("SHIRT", "COLOR/SIZE", {"size": "size", "colour": "color"},
                               {"department": [{"value": "unisex", "marketplace_id": STORE}]}),
    },
)  # fmt: skip
PUBLIC = PublicFiles("https://pictures.example.com/{sha256}.png")
PREFIX = "/amazon"
ITEMS = f"{PREFIX}/listings/2021-08-01/items/"


class AmazonProvider(Provider):
    """Remembers items; refuses what lacks a name, and answers as the provider's own examples do."""

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[str, dict[str, Any]] = {}
        self.slow: set[str] = set()
        """SKUs that it took and does not show yet."""

    def standing(self) -> list[str]:
        return [sku for sku, item in self.items.items() if "child_parent_sku_relationship" not in item["attributes"]]

    def forget(self) -> None:
        self.items.clear()

    def play(self, request: Request) -> Response:
        path = unquote(request.path)
        if path.startswith(f"{PREFIX}/listings/2021-08-01/restrictions"):
            return reply({"restrictions": [{"marketplaceId": STORE, "reasons": [{"message": "You need approval."}]}]})
        if path.startswith(f"{PREFIX}/definitions"):
            return reply({"productTypes": [{"name": "SHIRT", "marketplaceIds": [STORE]}], "productTypeVersion": "1"})
        _, _, sku = path.removeprefix(ITEMS).partition("/")
        if not sku:
            return self._search(request)
        return {"GET": self._get, "PUT": self._put, "PATCH": self._patch}[request.method](sku, request)

    def _search(self, request: Request) -> Response:
        parent = request.args["variationParentSku"]
        mine = [sku for sku, item in sorted(self.items.items()) if _parent(item) == parent]
        start = int(request.args.get("pageToken", "0"))
        page = [self._item(sku) for sku in mine[start : start + 1]]
        following = {"pagination": {"nextToken": str(start + 1)}} if start + 1 < len(mine) else {}
        return reply({"numberOfResults": len(mine), "items": page, **following})

    def _get(self, sku: str, request: Request) -> Response:
        if sku not in self.items:
            return refused(404, "NOT_FOUND", f"SKU '{sku}' not found in marketplace {STORE}")
        return reply(self._item(sku))

    def _put(self, sku: str, request: Request) -> Response:
        body = request.get_json()
        told: dict[str, Any] = {"sku": sku, "submissionId": "f1dc2914-75dd-11ea-bc55-0242ac130003", "issues": []}
        if not body["attributes"].get("item_name", [{}])[0].get("value"):
            missing = {"code": "90220", "message": "'item_name' is required but not supplied.", "severity": "ERROR"}
            return reply({**told, "status": "INVALID", "issues": [{**missing, "categories": ["MISSING_ATTRIBUTE"]}]})
        if request.args.get("mode") == "VALIDATION_PREVIEW":
            match = [{"marketplaceId": STORE, "asin": "B07N4M94X4"}]
            return reply({**told, "status": "VALID", "identifiers": match})
        self.items[sku] = body
        return reply({**told, "status": "ACCEPTED"})

    def _patch(self, sku: str, request: Request) -> Response:
        if sku not in self.items:
            return refused(404, "NOT_FOUND", "not there")
        for patch in request.get_json()["patches"]:
            self.items[sku]["attributes"][patch["path"].removeprefix("/attributes/")] = patch["value"]
        return reply({"sku": sku, "status": "ACCEPTED", "submissionId": "1", "issues": []})

    def _item(self, sku: str) -> dict[str, Any]:
        item = self.items[sku]
        stock = item["attributes"].get("fulfillment_availability", [{"quantity": 0}])[0]["quantity"]
        status = [] if sku in self.slow else ["DISCOVERABLE", *(["BUYABLE"] if stock else [])]
        asin = f"B0{abs(hash(sku)) % 10**8:08d}"
        then = "2026-11-30T00:00:00Z"
        summary = {"marketplaceId": STORE, "asin": asin, "productType": item["productType"], "status": status,
                   "createdDate": then, "lastUpdatedDate": then}  # fmt: skip
        issues = [{"code": "18027", "message": "The image is too small.", "severity": "ERROR", "categories": []}]
        return {"sku": sku, "summaries": [summary], "attributes": item["attributes"],
                "issues": issues if sku in self.slow else []}  # fmt: skip


def _parent(item: dict[str, Any]) -> str:
    return str(item["attributes"].get("child_parent_sku_relationship", [{}])[0].get("parent_sku", ""))


def refused(status: int, code: str, words: str) -> Response:
    """As Amazon says no."""
    return reply({"errors": [{"code": code, "message": words, "details": ""}]}, status)


@asynccontextmanager
async def open_amazon(ground: Ground) -> AsyncIterator[Stall]:
    """Variants: a parent and two children."""
    provider = AmazonProvider()
    contract = ground.contract("amazon_listings_items_2021-08-01.json", PREFIX, provider, "X-Amz-Access-Token")
    async with Client(contract.base, no_turn, lwa(bearer(_token))) as client:
        market = Amazon(client, SELLER, PUBLIC)
        yield Stall(market, offer(ground, "amazon"), ground.files, provider, client, fitting(contract))


@asynccontextmanager
async def open_amazon_single(ground: Ground) -> AsyncIterator[Stall]:
    """No variants: one item."""
    async with open_amazon(ground) as stall:
        stall.listing = replace(stall.listing, variants=())
        yield stall


async def _token() -> str:
    return SECRET


STALLS = {"amazon": open_amazon, "amazon, one item": open_amazon_single}
