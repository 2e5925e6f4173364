"""TikTok Shop: products of a shop, by the open API 202309. Our key is the seller SKU of the first variant.

    pictures -> draft (our key in it) -> edit, as a listing -> TikTok looks at it (PENDING) -> it is for sale

Products are searched by seller SKU, drafts among them. Each request is signed: HMAC-SHA256 over path, sorted query and
body. TikTok may answer 200 to what it does not make: `code` says it, and is read here. What it has not looked at yet
is a draft; `issues` says what it found. An edit replaces the product: variants that are left out go.

No specification is at hand: the shapes are those of the public reference (partner.tiktokshop.com, by copies of it in
public clients, 2026-11-30); the codes below, and that an edit lists a draft, are from memory. A search by seller SKU is
in its reference from 202312 on; one that answers with other products is not believed. Should a search miss a draft
that was just made, the second one is listed and the first stays a draft: never are two for sale.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import httpx2
from pydantic import SecretStr

from market.client import MOST_WORDS, Ask, Client, Headers
from market.errors import (
    KeyRefused,
    ListingGone,
    MarketBusy,
    MarketDown,
    MarketError,
    MarketRefused,
    NotConfigured,
    Unconfirmed,
)
from market.listing import Files, Listing, Picture, Standing, State, Variant, body_of
from market.markup import to_html, to_text
from market.minor import decimal_of, find_price
from market.offer import check_sale
from market.pictures import content_of
from trends.normalize import clean, redact
from trends.payload import mapping, text_of

BASE = "https://open-api.tiktokglobalshop.com"
PRODUCTS = "/product/202309/products"
SEARCH = "/product/202312/products/search"
MOST_PICTURES = 9
MOST_SKU = 50
LATER_S = 60
TOO_OFTEN = frozenset({36009002, 36009006})
BROKEN = frozenset({36009001, 36009003, 36009004, 36009005})
"""Something went wrong on their side."""
KEYS = range(105000, 107000)
"""Tokens (105...) and signatures (106...)."""
STATES: Mapping[str, State] = {
    "DRAFT": "draft", "PENDING": "draft", "FAILED": "draft", "ACTIVATE": "live",
    "SELLER_DEACTIVATED": "ended", "PLATFORM_DEACTIVATED": "ended", "FREEZE": "ended",
}  # fmt: skip
_NOT_THERE = re.compile(r"product.{0,40}(not (found|exist)|does ?n.t exist|deleted)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TikTokApp:
    """The app that the seller lets in."""

    app_key: SecretStr
    app_secret: SecretStr


@dataclass(frozen=True, slots=True)
class TikTokShop:
    """One shop of a seller."""

    shop_cipher: str
    warehouse_id: str
    currency: str
    categories: Mapping[str, str]
    """Category id (a leaf) by product format."""
    weights_kg: Mapping[str, str]
    """Of a packed product, by product format: {"shirt": "0.2"}."""
    languages: tuple[str, ...] = ("en",)
    options: Mapping[str, str] = field(default_factory=lambda: {"size": "Size", "colour": "Color"})
    """Names of our options as the shop's categories call them."""


class TikTok:
    """Puts products up in a TikTok shop."""

    name = "tiktok_shop"

    def __init__(self, client: Client, app: TikTokApp, shop: TikTokShop, now: Callable[[], float] = time.time) -> None:
        """`client` asks BASE with a token in x-tts-access-token (`tts`)."""
        self._client, self._app, self._shop, self._now = client, app, shop, now

    async def find(self, key: str) -> Standing | None:
        """The product that has a SKU of this key and was not deleted; one for sale before others."""
        asked = {"status": "ALL", "seller_skus": [key]}
        told = await self._ask("POST", SEARCH, {"page_size": "100"}, asked, changes=False)
        found = [mapping(each) for each in told.get("products") or ()]
        if not all(key in _skus(each) for each in found):
            raise MarketDown("TikTok answers a search for one SKU with products that do not have it")
        mine = sorted(filter(_state, found), key=lambda each: _state(each) != "live")
        return self._standing(await self._get(text_of(mine[0].get("id")))) if mine else None

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        """Makes a draft where nothing stands, then makes it the listing and puts it up."""
        self._check(listing)
        native = standing.native_id if standing is not None else ""
        before = await self._get(native) if native else None
        images = [await self._upload(picture, files) for picture in listing.pictures]
        body = self._product(listing, images)
        if before is None:
            made = await self._ask("POST", PRODUCTS, body={**body, "save_mode": "AS_DRAFT"})
            native = text_of(made.get("product_id"))
            if not native:
                raise Unconfirmed("TikTok made a product and did not say which")
            before = await self._get(native)
        has = _skus(before)
        skus = [{"id": has[sku["seller_sku"]], **sku} if sku["seller_sku"] in has else sku for sku in body["skus"]]
        whole = {**body, "skus": skus, "save_mode": "LISTING"}
        await self._ask("PUT", _path(native), body=whole, kind="publish")
        if _state(before) == "ended":
            await self._act("activate", native)
        return self._standing(await self._get(native))

    async def end(self, standing: Standing) -> Standing:
        """Takes it off sale; it can be put up again."""
        if _state(await self._get(standing.native_id)) != "ended":
            await self._act("deactivate", standing.native_id)
        return self._standing(await self._get(standing.native_id))

    async def issues(self, key: str) -> list[str]:
        """What TikTok found when it looked at the product; empty where it found nothing, or has not looked."""
        standing = await self.find(key)
        product = await self._get(standing.native_id) if standing is not None else {}
        found = map(mapping, product.get("audit_failed_reasons") or ())
        return [_clean(words) for each in found for words in each.get("reasons") or ()]

    # What is sent -----------------------------------------------------------------------------------------------------

    def _check(self, listing: Listing) -> None:
        """MarketRefused or NotConfigured where the shop cannot show the listing."""
        shop = self._shop
        check_sale(listing, "the TikTok shop", (shop.currency,))
        if listing.locale.partition("-")[0] not in shop.languages:
            raise MarketRefused(f"the TikTok shop is in {', '.join(shop.languages)}, the listing in {listing.locale!r}")
        if len(listing.pictures) > MOST_PICTURES:
            raise MarketRefused(f"TikTok shows {MOST_PICTURES} pictures, the listing has {len(listing.pictures)}")
        for sku in (listing.key, *(variant.key for variant in listing.variants)):
            if len(sku) > MOST_SKU:
                raise MarketRefused(f"TikTok takes SKUs of {MOST_SKU} characters, {sku!r} has {len(sku)}")
        for name, known in (("category", shop.categories), ("weight", shop.weights_kg)):
            if listing.product_format not in known:
                raise NotConfigured(f"no TikTok {name} is set for {listing.product_format!r}")

    def _product(self, listing: Listing, images: Sequence[str]) -> dict[str, Any]:
        variants = listing.variants or (Variant(listing.key, {}, listing.price_cents),)
        return {
            "title": listing.title,
            "description": to_html(body_of(listing)),
            "category_id": self._shop.categories[listing.product_format],
            "main_images": [{"uri": uri} for uri in images],
            "package_weight": {"value": self._shop.weights_kg[listing.product_format], "unit": "KILOGRAM"},
            "skus": [self._sku(listing, variant, first=at == 0) for at, variant in enumerate(variants)],
        }

    def _sku(self, listing: Listing, variant: Variant, first: bool) -> dict[str, Any]:
        options = [
            {"name": self._shop.options.get(name, name.title()), "value_name": value}
            for name, value in variant.options.items()
        ]
        return {
            "seller_sku": listing.key if first else variant.key,
            "external_sku_id": variant.key,
            "price": {"amount": decimal_of(variant.price_cents, listing.currency), "currency": listing.currency},
            "inventory": [{"warehouse_id": self._shop.warehouse_id, "quantity": listing.quantity}],
            **({"sales_attributes": options} if options else {}),
        }

    # Requests ---------------------------------------------------------------------------------------------------------

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, **how: Any
    ) -> Mapping[str, Any]:
        """The data in an answer; what `code` says is wrong as an error of ours."""
        asked = {"app_key": self._app.app_key.get_secret_value(), "timestamp": str(int(self._now())), **(query or {})}
        asked |= {"shop_cipher": self._shop.shop_cipher} if not how.get("parts") else {}
        secret = self._app.app_secret.get_secret_value()
        ask = Ask(method, path, {**asked, "sign": sign(secret, path, asked, _sent(body))}, json=body, **how)
        told = mapping(await self._client.ask(ask))
        changes = ask.changes if ask.changes is not None else method != "GET"
        if told.get("code") != 0:
            raise _error(path, told, changes)
        return mapping(told.get("data"))

    async def _get(self, product: str) -> Mapping[str, Any]:
        found = await self._ask("GET", _path(product))
        if not _state(found):
            raise ListingGone(f"TikTok's product {product} was deleted")
        return found

    async def _act(self, act: str, product: str) -> None:
        told = await self._ask("POST", f"{PRODUCTS}/{act}", body={"product_ids": [product]}, kind="publish")
        for fault in map(mapping, told.get("errors") or ()):
            raise _error(f"{PRODUCTS}/{act}", fault, changes=True)

    async def _upload(self, picture: Picture, files: Files) -> str:
        """Its uri. A picture that no product shows is nothing that was changed."""
        part = {"data": (picture.name, await content_of(picture.sha256, picture.name, files), picture.media_type)}
        form = {"use_case": "MAIN_IMAGE"}
        told = await self._ask("POST", "/product/202309/images/upload", parts=part, form=form, changes=False)
        if not told.get("uri"):
            raise MarketRefused(f"TikTok took {picture.name} and gave it no name")
        return text_of(told["uri"])

    def _standing(self, product: Mapping[str, Any]) -> Standing:
        native, state = text_of(product.get("id")), _state(product) or "ended"
        skus = [mapping(each) for each in product.get("skus") or ()]
        shown: dict[str, Any] = {
            "title": text_of(product.get("title")), "description": to_text(text_of(product.get("description"))),
            "pictures": len(product.get("main_images") or ()), **_offered(skus),
        }  # fmt: skip
        url = f"https://shop.tiktok.com/view/product/{native}" if state == "live" else ""
        return Standing(native, state, url, shown)


# Signatures and answers -----------------------------------------------------------------------------------------------


def sign(secret: str, path: str, query: Mapping[str, str], body: bytes = b"") -> str:
    """The signature of a request; a body of parts is not signed."""
    told = "".join(f"{name}{query[name]}" for name in sorted(query) if name not in ("sign", "access_token"))
    text = secret.encode() + path.encode() + told.encode() + body + secret.encode()
    return hmac.new(secret.encode(), text, sha256).hexdigest()


def tts(token: Headers) -> Headers:
    """As TikTok Shop wants a bearer token: in a header of its own."""

    async def headers() -> Mapping[str, str]:
        return {"x-tts-access-token": (await token())["Authorization"].removeprefix("Bearer ")}

    return headers


def _sent(body: Any) -> bytes:
    """A body as the client will write it: what is signed is what is sent."""
    return httpx2.Request("POST", BASE, json=body).read() if body is not None else b""


def _error(path: str, told: Mapping[str, Any], changes: bool) -> MarketError:
    code, words = told.get("code"), _clean(told.get("message"))
    said = f"TikTok's {path} answers {code}: {words or 'it does not say why'}"
    if not isinstance(code, int) or code in BROKEN:
        return (Unconfirmed if changes else MarketDown)(said)
    if code in TOO_OFTEN:
        return MarketBusy(said, datetime.now(UTC) + timedelta(seconds=LATER_S))
    if code in KEYS:
        return KeyRefused(said)
    return (ListingGone if _NOT_THERE.search(words) else MarketRefused)(said)


def _clean(words: object) -> str:
    return redact(clean(text_of(words)))[:MOST_WORDS]


def _path(product: str) -> str:
    return f"{PRODUCTS}/{quote(product, safe='')}"


def _state(product: Mapping[str, Any]) -> State | None:
    """None where it was deleted."""
    return STATES.get(text_of(product.get("status")))


def _offered(skus: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The lowest price, its currency, and how many there are of the first."""
    asked = [mapping(each.get("price")) for each in skus]
    amounts = [(each.get("sale_price", each.get("amount")), text_of(each.get("currency"))) for each in asked]
    prices = [price for amount in amounts if (price := find_price(*amount)) is not None]
    if not prices:
        return {}
    stock = sum(int(mapping(each).get("quantity") or 0) for each in skus[0].get("inventory") or ())
    return {"price_cents": min(prices), "currency": amounts[0][1], "quantity": stock}


def _skus(product: Mapping[str, Any]) -> dict[str, str]:
    """Ids of its SKUs by our own."""
    skus = map(mapping, product.get("skus") or ())
    return {text_of(each.get("seller_sku")): text_of(each.get("id")) for each in skus}
