"""Etsy on loopback: a shop that keeps drafts, pictures and inventories, and refuses what Etsy refuses."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from pydantic import SecretStr
from werkzeug import Request, Response

from market.client import Client
from market.listing import Disclosures
from market.marketplaces.etsy import Etsy, EtsyShop, etsy_headers
from tests.specs import Contract, reply
from tests.stalls.stall import SECRET, Ground, Provider, Stall, no_turn, offer

SHOP = EtsyShop(shop_id=77, shipping_profile_id=501, readiness_state_id=601, return_policy_id=701)
PARTNERS = [{"production_partner_id": 9, "partner_name": "printify", "location": "Riga"}]
GONE = ({"error": "Resource not found"}, 404)


class EtsyProvider(Provider):
    """One shop."""

    def __init__(self) -> None:
        super().__init__()
        self.listings: dict[int, dict[str, Any]] = {}
        self.images: dict[int, list[dict[str, Any]]] = {}
        self.inventories: dict[int, Any] = {}
        self.files: dict[int, list[dict[str, Any]]] = {}
        self.forms: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.made = 1_000

    def standing(self) -> list[str]:
        return [str(each) for each in self.listings]

    def forget(self) -> None:
        self.listings.clear()

    def play(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        path = request.path.removeprefix("/etsy/v3/application")
        if path == "/shops/77/production-partners":
            return reply({"count": 1, "results": PARTNERS})
        if path == "/shops/77/listings":
            return self._create(request) if request.method == "POST" else self._list(request)
        found = re.fullmatch(r"(?:/shops/77)?/listings/(\d+)(?:/(images|inventory|files))?(?:/(\d+))?", path)
        if found is None or int(found[1]) not in self.listings:
            return reply(*GONE)
        number, part = int(found[1]), found[2]
        if part == "images":
            return self._image(request, number, found[3])
        if part == "inventory":
            return self._stock(request, number)
        if part == "files":
            return self._file(request, number)
        return self._one(request, number)

    def _list(self, request: Request) -> Response:
        held = [each for each in self.listings.values() if each["state"] == request.args["state"]]
        start, most = int(request.args["offset"]), int(request.args["limit"])
        return reply({"count": len(held), "results": held[start : start + most]})

    def _create(self, request: Request) -> Response:
        told = request.form.to_dict()
        self.forms.append(told)
        self.made += 1
        price = {"amount": round(float(told["price"]) * 100), "divisor": 100, "currency_code": "USD"}
        self.listings[self.made] = {
            "listing_id": self.made, "shop_id": 77, "state": "draft", "title": told["title"],
            "description": told["description"], "tags": told["tags"].split(","), "quantity": int(told["quantity"]),
            "price": price, "url": f"https://www.etsy.com/listing/{self.made}", "has_variations": False,
        }  # fmt: skip
        self.images[self.made], self.files[self.made] = [], []
        return reply(self.listings[self.made], 201)

    def _one(self, request: Request, number: int) -> Response:
        held = self.listings[number]
        if request.method == "DELETE":
            del self.listings[number]
            return Response(status=204)
        if request.method == "PATCH":
            told = request.form.to_dict()
            self.forms.append(told)
            if told.get("state") == "active" and not self.images[number]:
                return reply({"error": "A listing needs an image to be active."}, 400)
            held |= {name: told[name] for name in ("title", "description", "state") if name in told}
            held |= {"tags": told["tags"].split(",")} if "tags" in told else {}
        return reply(held)

    def _image(self, request: Request, number: int, image: str | None) -> Response:
        held = self.images[number]
        if request.method == "POST":
            rank = int(request.form["rank"])
            self.made += 1
            made = {
                "listing_image_id": self.made, "listing_id": number, "rank": rank, "alt_text": request.form["alt_text"],
            }  # fmt: skip
            assert request.files["image"].read(4) == b"\x89PNG"
            held[:] = [each for each in held if each["rank"] != rank] + [made]
            return reply(made, 201)
        if request.method == "DELETE":
            held[:] = [each for each in held if str(each["listing_image_id"]) != image]
            return Response(status=204)
        return reply({"count": len(held), "results": held})

    def _stock(self, request: Request, number: int) -> Response:
        told = json.loads(request.get_data())
        skus = [each["sku"] for each in told["products"]]
        if len(set(skus)) > 1 and not told["sku_on_property"]:
            return reply({"error": "SKUs differ by no property."}, 400)
        prices = [each["offerings"][0]["price"] for each in told["products"]]
        if len(set(prices)) > 1 and not told["price_on_property"]:
            return reply({"error": "Prices differ by no property."}, 400)
        self.inventories[number] = told
        held = self.listings[number]
        held["price"] = {**held["price"], "amount": round(min(prices) * 100)}
        held["has_variations"] = len(skus) > 1
        return reply({"products": [{"product_id": at + 1, "sku": sku} for at, sku in enumerate(skus)]})

    def _file(self, request: Request, number: int) -> Response:
        if request.method == "POST":
            self.made += 1
            made = {"listing_file_id": self.made, "listing_id": number, "rank": 1, "filename": request.form["name"]}
            self.files[number].append(made)
            return reply(made, 201)
        return reply({"count": len(self.files[number]), "results": self.files[number]})


async def _token() -> str:
    return SECRET


def contract_of(ground: Ground, provider: EtsyProvider) -> Contract:
    """Etsy's specification before the shop; both headers must be there."""
    return ground.contract("etsy.json", "/etsy", provider)


@asynccontextmanager
async def open_etsy(ground: Ground) -> AsyncIterator[Stall]:
    """A shirt in two sizes."""
    provider = EtsyProvider()
    contract = contract_of(ground, provider)
    headers = etsy_headers(SecretStr(f"{SECRET}-app"), SecretStr(f"{SECRET}-shared"), _token)

    def check() -> None:
        assert contract.violations == []
        assert all(each.get("X-Api-Key") for each in provider.headers)

    async with Client(contract.base, no_turn, headers) as client:
        yield Stall(Etsy(client, SHOP), offer(ground, "etsy"), ground.files, provider, client, check)


@asynccontextmanager
async def open_etsy_digital(ground: Ground) -> AsyncIterator[Stall]:
    """A file to download, with no options."""
    async with open_etsy(ground) as stall:
        stall.listing = replace(stall.listing, variants=(), disclosures=Disclosures("seller", "", digital=True))
        yield stall


STALLS = {"etsy": open_etsy, "etsy, a download": open_etsy_digital}
