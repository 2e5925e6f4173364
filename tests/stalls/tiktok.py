"""TikTok Shop on loopback, as its public reference describes it; no specification is published (shape assumed)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr
from werkzeug import Request, Response

from market.client import Client, bearer
from market.marketplaces.tiktok import TikTok, TikTokApp, TikTokShop, tts
from tests.specs import reply
from tests.stalls.stall import SECRET, Ground, Kind, Provider, Stall, no_turn, offer

APP_SECRET = "a-secret-of-the-app"
APP = TikTokApp(SecretStr("6a6"), SecretStr(APP_SECRET))
SHOP = TikTokShop("ROW_cipher", "7068", "USD", {"shirt": "601226"}, {"shirt": "0.2"})
FIELDS = {"title", "description", "category_id", "main_images", "package_weight", "skus", "save_mode"}
SKU = {"seller_sku", "external_sku_id", "price", "inventory"}


class TikTokProvider(Provider):
    """A shop that looks at listings at once; refuses signatures that are not its own, and fields it does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.products: dict[str, dict[str, Any]] = {}
        self.images: list[str] = []
        self.verdict = "ACTIVATE"

    def standing(self) -> list[str]:
        return list(self.products)

    def forget(self) -> None:
        self.products.clear()

    def kind(self, request: Request) -> Kind:
        if request.path.endswith("/products/search"):
            return "look-up"
        return "neither" if request.path.endswith("/images/upload") else super().kind(request)

    def play(self, request: Request) -> Response:
        path = request.path.removeprefix("/tiktok")
        if not request.headers.get("x-tts-access-token") or request.args["sign"] != _signature(request, path):
            return refused(106001, "The signature is invalid.")
        routes = {
            r"/product/202309/images/upload": self._upload,
            r"/product/202312/products/search": self._search,
            r"/product/202309/products/(activate|deactivate)": self._act,
            r"/product/202309/products": self._make,
            r"/product/202309/products/(\d+)": self._product,
        }
        for pattern, answer in routes.items():
            if found := re.fullmatch(pattern, path):
                return answer(request, *found.groups())
        return refused(36009009, "Invalid path")

    def _upload(self, request: Request) -> Response:
        if request.form.get("use_case") != "MAIN_IMAGE":
            return refused(12052001, "use_case is missing")
        self.images.append(request.files["data"].filename or "")
        return reply(made({"uri": f"tos-alisg/{len(self.images)}", "url": "https://p16.example.com/1.png"}))

    def _search(self, request: Request) -> Response:
        wanted = set(request.get_json()["seller_skus"])
        found = [each for each in self.products.values() if {sku["seller_sku"] for sku in each["skus"]} & wanted]
        told = [{name: each[name] for name in ("id", "title", "status", "skus")} for each in found]
        return reply(made({"products": told, "total_count": len(told), "next_page_token": ""}))

    def _make(self, request: Request) -> Response:
        if fault := self._fault(request.get_json()):
            return refused(12052002, fault)
        number = str(1_700_000 + len(self.changes))
        self._set(number, request.get_json())
        return reply(made({"product_id": number, "skus": [], "warnings": []}))

    def _product(self, request: Request, number: str) -> Response:
        if number not in self.products:
            return refused(12052048, "The product does not exist")
        if request.method == "PUT":
            if fault := self._fault(request.get_json()):
                return refused(12052002, fault)
            self._set(number, request.get_json())
        return reply(made(self.products[number]))

    def _act(self, request: Request, act: str) -> Response:
        [number] = request.get_json()["product_ids"]
        if number not in self.products:
            error = {"code": 12052048, "message": "The product does not exist", "detail": {"product_id": number}}
            return reply(made({"errors": [error]}))
        self.products[number]["status"] = "ACTIVATE" if act == "activate" else "SELLER_DEACTIVATED"
        return reply(made({}))

    def _set(self, number: str, told: dict[str, Any]) -> None:
        before = self.products.get(number, {"status": "DRAFT", "skus": []})
        given = {sku["id"] for sku in before["skus"]}
        skus = []
        for at, sku in enumerate(told.pop("skus")):
            if sku.get("id", "") and sku["id"] not in given:
                raise AssertionError("an edit names a SKU that is not the product's")
            price = {"sale_price": sku["price"]["amount"], "currency": sku["price"]["currency"]}
            skus.append({**sku, "id": sku.get("id") or f"{number}{len(self.changes)}{at}", "price": price})
        listed = told.pop("save_mode") == "LISTING"
        status = before["status"] if before["status"] == "SELLER_DEACTIVATED" or not listed else self.verdict
        self.products[number] = {**told, "id": number, "skus": skus, "status": status}

    def _fault(self, told: dict[str, Any]) -> str:
        if set(told) != FIELDS:
            return f"fields: {sorted(set(told) ^ FIELDS)}"
        if any(set(sku) - {"id", "sales_attributes"} != SKU for sku in told["skus"]):
            return "a SKU is malformed"
        if any(type(sku["price"]["amount"]) is not str for sku in told["skus"]):
            return "an amount is no text"
        return ""


def _signature(request: Request, path: str) -> str:
    """What TikTok computes of what it received, byte by byte."""
    query = "".join(name + request.args[name] for name in sorted(request.args) if name != "sign")
    body = b"" if "multipart" in request.headers.get("content-type", "") else request.get_data()
    signed = APP_SECRET.encode() + path.encode() + query.encode() + body + APP_SECRET.encode()
    return hmac.new(APP_SECRET.encode(), signed, hashlib.sha256).hexdigest()


def made(data: dict[str, Any]) -> dict[str, Any]:
    """As TikTok answers what it made."""
    return {"code": 0, "message": "Success", "request_id": "202309", "data": data}


def refused(code: int, words: str) -> Response:
    """As TikTok says no: with 200."""
    return reply({"code": code, "message": words, "request_id": "202309", "data": None})


@asynccontextmanager
async def open_tiktok(ground: Ground) -> AsyncIterator[Stall]:
    """A shop in the United States."""
    provider = TikTokProvider()
    ground.server.expect_request(re.compile("^/tiktok/")).respond_with_handler(provider.answer)
    async with Client(ground.server.url_for("/tiktok"), no_turn, tts(bearer(_token))) as client:
        yield Stall(TikTok(client, APP, SHOP), offer(ground, "tiktok_shop"), ground.files, provider, client)


async def _token() -> str:
    return SECRET


STALLS = {"tiktok (shape assumed)": open_tiktok}
