"""Printify: products of a shop, which it puts up in the sales channel that the shop is connected to. API v1.

    print file -> product (its variants' SKUs hold our key) -> publish -> the channel shows it, minutes later

Our key is in the SKU of every variant, not in the description: buyers do not see it, it stays when somebody edits the
text, and it comes back with each order. Printify looks nothing up by SKU: a look-up reads the shop's products page by
page, and once more where some went away meanwhile (one could have moved to a page that was read). Pictures are
Printify's own mock-ups; the print file alone is sent, and is known by its name where it is there already.

Limits (developers.printify.com, 2026-11-30): 600 requests a minute, 200 publishes per 30 minutes (kind "publish"). No
specification is at hand: the shapes are those of the public reference, from memory. What was ended is not visible.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from market.blanks import Blank, Chosen, Offered, choose, get_blank, load_default_blanks
from market.client import Ask, Client
from market.errors import ListingGone, MarketBusy, MarketRefused, Unconfirmed
from market.listing import Files, Listing, Standing, State, Variant, body_of
from market.markup import to_html, to_text
from market.offer import check_sale
from market.pictures import PublicFiles, content_of
from trends.payload import mapping, text_of

BASE = "https://api.printify.com/v1"
PAGE = 50
MOST_PAGES = 400
"""20,000 products; a shop with more cannot be looked through."""
LOOKS = 3
LOCKED_S = 60
"""How long to leave a product alone that Printify is publishing."""
PARTS = ("title", "description", "images", "variants", "tags", "keyFeatures", "shipping_template")
"""Of a product, that a channel is told."""


@dataclass(frozen=True, slots=True)
class PrintifyShop:
    """One shop of an account."""

    shop_id: str
    currency: str = "USD"
    """What its prices are in."""
    product_address: str = ""
    """Of a shop without a channel, whose pages are the seller's: where a product is shown, with {key} in it. Then we
    tell Printify that it is published; a channel does that by itself."""


class Printify:
    """Puts products up in a shop at Printify."""

    name = "printify"

    def __init__(
        self, client: Client, shop: PrintifyShop, blanks: Sequence[Blank] = (), public: PublicFiles | None = None
    ) -> None:
        """`client` asks BASE with a token; `blanks` are the shipped ones, if none are given.

        With `public` Printify fetches print files itself, which it advises for those over 5 MB.
        """
        self._client, self._shop, self._public = client, shop, public
        self._blanks = tuple(blanks) or load_default_blanks()

    async def find(self, key: str) -> Standing | None:
        """The product one of whose SKUs is ours."""
        for _ in range(LOOKS):
            found, whole = await self._look_through(key)
            if found is not None:
                return self._standing(found)
            if whole:
                return None
        raise MarketBusy("Printify's products change while they are read", _soon())

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        """Makes or changes the product and publishes it, again too: Printify does not say what the channel was told."""
        check_sale(listing, f"Printify shop {self._shop.shop_id}", (self._shop.currency,))
        if not listing.print_sha256:
            raise MarketRefused("it has no print file")
        blank = get_blank(self.name, listing.product_format, self._blanks)
        product = await self._unlocked(standing.native_id) if standing is not None else {}
        chosen = choose(listing, blank, await self._offered(blank))
        image = _image(product, _file_name(listing)) or await self._upload(listing, files)
        if standing is None:
            product = await self._make(listing, blank, chosen, image)
        elif changed := _changed(product, _product(listing, blank, chosen, image)):
            await self._client.ask(Ask("PUT", self._path(standing.native_id), json=changed))
        await self._publish(text_of(product["id"]), listing.key)
        return self._standing(await self._get(text_of(product["id"])))

    async def end(self, standing: Standing) -> Standing:
        """Takes it out of the channel; the product stays, and is not visible."""
        product = await self._unlocked(standing.native_id)
        if _state(product) == "live":
            await self._client.ask(Ask("POST", self._path(standing.native_id, "unpublish"), json={}))
        if product.get("visible") is not False:
            await self._client.ask(Ask("PUT", self._path(standing.native_id), json={"visible": False}))
        return self._standing(await self._get(standing.native_id))

    # Requests ---------------------------------------------------------------------------------------------------------

    def _path(self, product: str = "", act: str = "") -> str:
        parts = "/".join(quote(part, safe="") for part in (self._shop.shop_id, "products", product, act) if part)
        return f"/shops/{parts}.json"

    async def _look_through(self, key: str) -> tuple[Mapping[str, Any] | None, bool]:
        """The product of this key; and whether all were seen, where it is None."""
        first, total = None, None
        for page in range(1, MOST_PAGES + 1):
            told = mapping(await self._client.ask(Ask("GET", self._path(), {"page": str(page), "limit": str(PAGE)})))
            found = next((each for each in told.get("data") or () if _is(each, key)), None)
            if found is not None:
                return found, True
            total = int(told.get("total") or 0)
            first = total if first is None else first
            if page >= int(told.get("last_page") or 1):
                return None, total >= first
        raise MarketRefused(f"Printify shop {self._shop.shop_id} has more than {PAGE * MOST_PAGES} products")

    async def _get(self, product: str) -> Mapping[str, Any]:
        return mapping(await self._client.ask(Ask("GET", self._path(product))))

    async def _unlocked(self, product: str) -> Mapping[str, Any]:
        found = await self._get(product)
        if found.get("is_locked"):
            raise MarketBusy(f"Printify is publishing product {product}", _soon())
        return found

    async def _offered(self, blank: Blank) -> list[Offered]:
        """Sizes and colours that a blank comes in today."""
        at = f"/catalog/blueprints/{blank.blueprint_id}/print_providers/{blank.print_provider_id}/variants.json"
        try:
            told = mapping(await self._client.ask(Ask("GET", at, kind="catalog")))
        except ListingGone:
            raise MarketRefused(f"Printify has no {at[1:-14]} for {blank.product_format!r}: correct its row") from None
        offered = []
        for each in map(mapping, told.get("variants") or ()):
            options = mapping(each.get("options"))
            size = text_of(options.get("size")) or text_of(each.get("title"))
            offered.append(Offered(int(each["id"]), size, text_of(options.get("color"))))
        return offered

    async def _upload(self, listing: Listing, files: Files) -> str:
        """The image's id. One that no product shows is nothing that was changed."""
        name = _file_name(listing)
        if self._public is not None:
            told: dict[str, str] = {"file_name": name, "url": self._public.url_of(listing.print_sha256)}
        else:
            content = await content_of(listing.print_sha256, "the print", files)
            told = {"file_name": name, "contents": base64.b64encode(content).decode("ascii")}
        image = mapping(await self._client.ask(Ask("POST", "/uploads/images.json", json=told, changes=False)))
        if not image.get("id"):
            raise MarketRefused("Printify took the print file and gave it no number")
        return text_of(image["id"])

    async def _make(self, listing: Listing, blank: Blank, chosen: Chosen, image: str) -> Mapping[str, Any]:
        made = {"blueprint_id": blank.blueprint_id, "print_provider_id": blank.print_provider_id}
        body = {**_product(listing, blank, chosen, image), **made}
        product = mapping(await self._client.ask(Ask("POST", self._path(), json=body)))
        if not product.get("id"):
            raise Unconfirmed("Printify made a product and did not say which")
        return product

    async def _publish(self, product: str, key: str) -> None:
        await self._client.ask(
            Ask("POST", self._path(product, "publish"), json=dict.fromkeys(PARTS, True), kind="publish")
        )
        if self._shop.product_address:
            address = self._shop.product_address.replace("{key}", quote(key, safe=""))
            told = {"external": {"id": key, "handle": address}}
            await self._client.ask(Ask("POST", self._path(product, "publishing_succeeded"), json=told))

    def _standing(self, product: Mapping[str, Any]) -> Standing:
        state, address = _state(product), text_of(mapping(product.get("external")).get("handle"))
        prices = [int(each["price"]) for each in _enabled(product) if each.get("price") is not None]
        shown: dict[str, Any] = {
            "title": text_of(product.get("title")), "description": to_text(text_of(product.get("description")))
        }  # fmt: skip
        shown |= {"price_cents": min(prices), "currency": self._shop.currency} if prices else {}
        url = address if state == "live" and address.startswith("http") else ""
        return Standing(text_of(product.get("id")), state, url, shown)


# What is sent and what stands -----------------------------------------------------------------------------------------


def sku_of(listing: Listing, variant: Variant) -> str:
    """The SKU of a variant: begins with our key, whatever the variant's own is."""
    return variant.key if _begins(variant.key, listing.key) else f"{listing.key}-{variant.key}"


def _begins(sku: str, key: str) -> bool:
    return sku == key or sku.startswith(f"{key}-")


def _is(product: object, key: str) -> bool:
    return any(_begins(text_of(each.get("sku")), key) for each in mapping(product).get("variants") or ())


def _product(listing: Listing, blank: Blank, chosen: Chosen, image: str) -> dict[str, Any]:
    placed = [{"id": image, "x": 0.5, "y": 0.5, "scale": 1, "angle": 0}]
    return {
        "title": listing.title,
        "description": to_html(body_of(listing)),
        "tags": list(listing.tags),
        "variants": [
            {"id": number, "sku": sku_of(listing, variant), "price": variant.price_cents, "is_enabled": True}
            for variant, number in chosen
        ],
        "print_areas": [{
            "variant_ids": [number for _, number in chosen],
            "placeholders": [{"position": blank.position, "images": placed}],
        }],
    }  # fmt: skip


def _changed(product: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What a product has to be told, of what it should be: variants it had and has no more are switched off."""
    changed = {name: wanted[name] for name in ("title", "description") if product.get(name) != wanted[name]}
    changed |= {"tags": wanted["tags"]} if not set(wanted["tags"]) <= set(product.get("tags") or ()) else {}
    changed |= {"visible": True} if product.get("visible") is False else {}
    parts = ("id", "sku", "price", "is_enabled")
    has = {each.get("id"): {part: each.get(part) for part in parts} for each in _enabled(product)}
    should = {each["id"]: each for each in wanted["variants"]}
    image = wanted["print_areas"][0]["placeholders"][0]["images"][0]["id"]
    if has != should or image not in _images(product).values():
        gone = [{**each, "is_enabled": False} for number, each in has.items() if number not in should]
        every = [each["id"] for each in (*wanted["variants"], *gone)]
        areas = [{**wanted["print_areas"][0], "variant_ids": every}]
        changed |= {"variants": [*wanted["variants"], *gone], "print_areas": areas}
    return changed


def _enabled(product: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in map(mapping, product.get("variants") or ()) if each.get("is_enabled")]


def _images(product: Mapping[str, Any]) -> dict[str, str]:
    """Ids of the images that it is printed with, by the names they were sent under."""
    areas = map(mapping, product.get("print_areas") or ())
    placed = (place for area in areas for place in map(mapping, area.get("placeholders") or ()))
    images = (image for place in placed for image in map(mapping, place.get("images") or ()))
    return {text_of(image.get("name")): text_of(image.get("id")) for image in images}


def _image(product: Mapping[str, Any], name: str) -> str:
    return _images(product).get(name, "")


def _file_name(listing: Listing) -> str:
    return f"{listing.print_sha256}.png"


def _state(product: Mapping[str, Any]) -> State:
    if product.get("visible") is False:
        return "ended"
    return "live" if mapping(product.get("external")).get("id") else "draft"


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=LOCKED_S)
