"""Printful on loopback: the catalog of its specification (v2), and store products of v1 (shape assumed)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

from werkzeug import Request, Response

from market.client import Client, bearer
from market.marketplaces.printful import Printful, PrintfulStore
from market.pictures import PublicFiles
from tests.specs import Contract, Document, load, reply
from tests.stalls.ebay import fitting
from tests.stalls.stall import SECRET, Ground, Provider, Stall, no_turn, offer

PUBLIC = PublicFiles("https://files.example.com/{sha256}.png")
CATALOG = {4016: "S", 4017: "M", 4018: "L", 4019: "XL", 4020: "2XL"}
PRODUCT = {"external_id", "name", "thumbnail", "is_ignored"}
VARIANT = {"external_id": str, "variant_id": int, "sku": str, "is_ignored": bool, "retail_price": str, "files": list}


def mended(document: Document) -> Document:
    """The specification leaves out how this list is paged, and shows it in the links of its answer."""
    pages = [{"name": name, "in": "query", "schema": {"type": "integer", "minimum": least}}
             for name, least in (("limit", 1), ("offset", 0))]  # fmt: skip
    document["paths"]["/v2/catalog-products/{id}/catalog-variants"]["get"]["parameters"] += pages
    return document


class PrintfulProvider(Provider):
    """A store; refuses a second product of an external id, an id that is too long, and fields it does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.products: dict[str, dict[str, Any]] = {}
        self.colour = "Black"
        self.stores: set[str | None] = set()

    def standing(self) -> list[str]:
        return list(self.products)

    def forget(self) -> None:
        self.products.clear()

    def play(self, request: Request) -> Response:
        path = unquote(request.path).removeprefix("/printful")
        if path == "/v2/catalog-products/71/catalog-variants":
            return self.catalog(int(request.args["offset"]), min(int(request.args["limit"]), 2))
        if path.startswith("/v2/"):
            return refused(404, "Product not found")
        self.stores.add(request.headers.get("x-pf-store-id"))
        if path == "/store/products":
            return self._make(request.get_json())
        return self._one(request, path.removeprefix("/store/products/"))

    def catalog(self, offset: int, limit: int) -> Response:
        """As the specification answers."""
        page = list(CATALOG.items())[offset : offset + limit]
        data = [{"id": number, "catalog_product_id": 71, "name": f"Bella + Canvas 3001 ({self.colour} / {size})",
                 "size": size, "color": self.colour, "image": "https://files.cdn.printful.com/x.jpg"}
                for number, size in page]  # fmt: skip
        return reply({"data": data, "paging": {"total": len(CATALOG), "offset": offset, "limit": limit}, "_links": {}})

    def _make(self, told: dict[str, Any]) -> Response:
        held = {each["sync_product"]["external_id"] for each in self.products.values()}
        if fault := _fault(told) or (told["sync_product"]["external_id"] in held and "external_id is taken"):
            return refused(400, fault)
        number = 900 + len(self.changes)
        self.products[str(number)] = {"sync_product": {"id": number, **told["sync_product"]}, "sync_variants": []}
        self._set(str(number), told["sync_variants"])
        return reply({"code": 200, "result": self.products[str(number)]["sync_product"]})

    def _one(self, request: Request, name: str) -> Response:
        found = next((number for number, each in self.products.items()
                      if name in (number, f"@{each['sync_product']['external_id']}")), None)  # fmt: skip
        if found is None:
            return refused(404, "Not found")
        if request.method == "PUT":
            told = request.get_json()
            if fault := _fault(told):
                return refused(400, fault)
            self.products[found]["sync_product"] |= told.get("sync_product", {})
            if "sync_variants" in told:
                self._set(found, told["sync_variants"])
        return reply({"code": 200, "result": self.products[found]})

    def _set(self, number: str, variants: list[dict[str, Any]]) -> None:
        more = {"synced": True, "currency": "USD"}
        numbered = ({"id": int(number) * 100 + at, **each, **more} for at, each in enumerate(variants))
        self.products[number]["sync_variants"] = list(numbered)


def _fault(told: dict[str, Any]) -> str:
    if unknown := (set(told.get("sync_product", {})) - PRODUCT) | (set(told) - {"sync_product", "sync_variants"}):
        return f"unknown: {sorted(unknown)}"
    if len(told.get("sync_product", {}).get("external_id", "")) > 32:
        return "external_id is too long"
    for each in told.get("sync_variants", ()):
        if set(each) - {"id"} != set(VARIANT) or any(type(each[name]) is not kind for name, kind in VARIANT.items()):
            return "a variant is malformed"
        if any(not file["url"].startswith("https://") for file in each["files"]):
            return "a file has no address"
    return ""


def refused(status: int, words: str) -> Response:
    """As Printful says no."""
    return reply({"code": status, "result": words, "error": {"reason": "BadRequest", "message": words}}, status)


@asynccontextmanager
async def open_printful(ground: Ground) -> AsyncIterator[Stall]:
    """A store of type API."""
    provider = PrintfulProvider()
    ground.server.expect_request(re.compile("^/printful/store/")).respond_with_handler(provider.answer)
    contract = Contract(
        ground.server, mended(load(ground.find_shared(), "printful_v2.json")), "/printful", "Authorization"
    )
    contract.on("", provider.answer)
    async with Client(contract.base, no_turn, bearer(_token)) as client:
        market = Printful(client, PrintfulStore(), PUBLIC)
        yield Stall(market, offer(ground, "printful"), ground.files, provider, client, fitting(contract))


async def _token() -> str:
    return SECRET


STALLS = {"printful (store products: shape assumed)": open_printful}
