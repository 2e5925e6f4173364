"""Printify on loopback, as its public reference describes it; no specification is published (shape assumed)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from werkzeug import Request, Response

from market.client import Client, bearer
from market.marketplaces.printify import Printify, PrintifyShop
from tests.specs import reply
from tests.stalls.stall import SECRET, Ground, Kind, Provider, Stall, no_turn, offer

SHOP = PrintifyShop("5432")
SIZES = {18100: "S", 18101: "M", 18102: "L", 18103: "XL", 18104: "2XL"}
FIELDS = {"title", "description", "tags", "blueprint_id", "print_provider_id", "variants", "print_areas", "visible"}
"""What a product may be told."""
VARIANT = {"id": int, "sku": str, "price": int, "is_enabled": bool}
PUBLISHED = {"title", "description", "images", "variants", "tags", "keyFeatures", "shipping_template"}


class PrintifyProvider(Provider):
    """A shop whose channel shows at once what is published; refuses fields and types it does not know."""

    def __init__(self, page: int = 50) -> None:
        super().__init__()
        self.products: dict[str, dict[str, Any]] = {}
        self.images: dict[str, str] = {}
        self.page = page
        self.channel = True
        self.titles = {number: f"Black / {size}" for number, size in SIZES.items()}

    def standing(self) -> list[str]:
        return list(self.products)

    def forget(self) -> None:
        self.products.clear()

    def kind(self, request: Request) -> Kind:
        return "neither" if "/uploads/" in request.path else super().kind(request)

    def play(self, request: Request) -> Response:
        path = request.path.removeprefix("/printify")
        routes = {
            r"/catalog/blueprints/12/print_providers/29/variants\.json": self._catalog,
            r"/uploads/images\.json": self._upload,
            r"/shops/5432/products\.json": self._products,
            r"/shops/5432/products/(\w+)\.json": self._product,
            r"/shops/5432/products/(\w+)/(publish|unpublish|publishing_succeeded)\.json": self._act,
        }
        for pattern, answer in routes.items():
            if found := re.fullmatch(pattern, path):
                return answer(request, *found.groups())
        return refused(404, "Not found.")

    def _catalog(self, request: Request) -> Response:
        told = []
        for number, title in self.titles.items():
            colour, _, size = title.partition(" / ")
            told.append({"id": number, "title": title, "options": {"color": colour, "size": size}})
        return reply({"id": 29, "title": "Monster Digital", "variants": told})

    def _upload(self, request: Request) -> Response:
        told = request.get_json()
        if not told.get("file_name") or bool(told.get("contents")) == bool(told.get("url")):
            return refused(400, "Validation failed.")
        number = f"{len(self.images):024x}"
        self.images[number] = told["file_name"]
        return reply({"id": number, "file_name": told["file_name"], "mime_type": "image/png"})

    def _products(self, request: Request) -> Response:
        if request.method == "POST":
            return self._make(request)
        page, limit = int(request.args["page"]), min(int(request.args["limit"]), self.page)
        held = list(reversed(self.products.values()))
        last = max(1, -(-len(held) // limit))
        data = held[(page - 1) * limit : page * limit]
        return reply({"current_page": page, "last_page": last, "total": len(held), "data": data})

    def _make(self, request: Request) -> Response:
        told = request.get_json()
        if fault := self._fault(told) or (set(told) < FIELDS - {"visible"} and "a field is missing"):
            return refused(400, fault)
        number = f"{len(self.changes):024x}"
        self.products[number] = {"id": number, "visible": True, "is_locked": False, **self._named(told)}
        return reply(self.products[number])

    def _product(self, request: Request, number: str) -> Response:
        if number not in self.products:
            return refused(404, "Not found.")
        if request.method == "PUT":
            if self.products[number]["is_locked"]:
                return refused(400, "Product is disabled for editing")
            if fault := self._fault(request.get_json()):
                return refused(400, fault)
            self.products[number] |= self._named(request.get_json())
        return reply(self.products[number])

    def _act(self, request: Request, number: str, act: str) -> Response:
        if number not in self.products:
            return refused(404, "Not found.")
        product, told = self.products[number], request.get_json()
        if act == "publish":
            if set(told) != PUBLISHED:
                return refused(400, "Validation failed.")
            external = {"external": {"id": f"c{number}", "handle": f"https://shop.example.com/{number}"}}
            product |= external if self.channel else {"is_locked": True}
        elif act == "publishing_succeeded":
            product |= {"is_locked": False, "external": told["external"]}
        else:
            product.pop("external", None)
        return reply({})

    def _fault(self, told: dict[str, Any]) -> str:
        if unknown := set(told) - FIELDS:
            return f"unknown: {sorted(unknown)}"
        for each in told.get("variants", ()):
            if set(each) != set(VARIANT) or any(type(each[name]) is not kind for name, kind in VARIANT.items()):
                return "a variant is malformed"
            if each["id"] not in self.titles:
                return "no such variant"
        used = {
            image["id"]
            for area in told.get("print_areas", ())
            for place in area["placeholders"]
            for image in place["images"]
        }
        return "" if used <= set(self.images) else "no such image"

    def _named(self, told: dict[str, Any]) -> dict[str, Any]:
        for area in told.get("print_areas", ()):
            for place in area["placeholders"]:
                place["images"] = [{**image, "name": self.images[image["id"]]} for image in place["images"]]
        return told


def refused(status: int, words: str) -> Response:
    """As Printify says no."""
    return reply({"status": "error", "code": 8150, "message": words, "errors": {"reason": words, "code": 8150}}, status)


@asynccontextmanager
async def open_printify(ground: Ground) -> AsyncIterator[Stall]:
    """A shop that is connected to a channel."""
    provider = PrintifyProvider()
    ground.server.expect_request(re.compile("^/printify/")).respond_with_handler(provider.answer)
    async with Client(ground.server.url_for("/printify"), no_turn, bearer(_token)) as client:
        yield Stall(Printify(client, SHOP), offer(ground, "printify"), ground.files, provider, client)


async def _token() -> str:
    return SECRET


STALLS = {"printify (shape assumed)": open_printify}
