"""Etsy by its Open API v3: a draft first, its pictures, its inventory, then active.

No field of a draft takes a key of ours before its inventory is set, and no look-up takes a SKU. So the key travels in
the very first request as the last line of the description, under a dash: "Ref. KEY", and once the pictures are up
"Ref. KEY/PICTURES" with a hash of them, which tells whether they are those of the listing. A look-up goes through the
shop's listings state by state, 100 a request, the way a listing passes through the states, so that none slips by.

That AI helped has no field either (specification of 2026-07): it is said above the reference. SKUs are the keys of the
variants. Tags and numbers of a form are parted by commas, as the specification words it.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from market.client import Ask, Client, Headers
from market.errors import ListingGone, MarketDown, MarketRefused, NotConfigured, Unconfirmed
from market.listing import Files, Listing, Standing, State, Variant, body_of
from market.marketplaces.preview import words_of
from market.minor import decimal_of, decimals_of
from market.offer import check_sale
from market.pictures import content_of
from trends.payload import mapping, text_of

BASE = "https://openapi.etsy.com"
STATES: Mapping[str, State] = {
    "draft": "draft", "inactive": "ended", "active": "live", "sold_out": "ended", "expired": "ended"
}  # fmt: skip
"""In the order in which a listing passes through them, and what each is to us."""
PAGE, MOST_LISTINGS = 100, 20_000
"""Of one state of a shop; a look-up that would need more does not say that nothing stands."""
OWN_PROPERTIES = (513, 514)
"""Etsy's two properties for options that a seller names (Etsy's tutorial on listings, from memory, 2026-11-30)."""
MARK = "\n\n—\n"
TABLE = Path(__file__).resolve().parents[1] / "tables" / "etsy_taxonomy.csv"


@dataclass(frozen=True, slots=True)
class EtsyShop:
    """What a shop has set up: numbers that Etsy gave."""

    shop_id: int
    shipping_profile_id: int
    readiness_state_id: int
    """A processing profile: from order to dispatch."""
    return_policy_id: int | None = None
    """None only for shops of the EU, which need none."""
    taxonomy: Mapping[str, int] = field(default_factory=dict)
    """Category by product format, before ours."""


class Etsy:
    """One shop. `client` asks BASE, its headers are `etsy_headers`."""

    name = "etsy"

    def __init__(self, client: Client, shop: EtsyShop) -> None:
        self.client, self.shop = client, shop

    async def find(self, key: str) -> Standing | None:
        """What stands under our key, whatever its state."""
        for state in STATES:
            async for listing in self._listings(state):
                if _read(listing)[1] == key:
                    pictures = await self._pictures(str(listing["listing_id"]))
                    return _standing(listing, len(pictures))
        return None

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        """The listing, active."""
        check_sale(listing, "Etsy")
        texts = await self._texts(listing)
        contents = [await content_of(each.sha256, each.name, files) for each in listing.pictures]
        _products(listing, self.shop)
        stands = await self._draft(listing, texts) if standing is None else await self._get(standing.native_id)
        native_id = str(stands["listing_id"])
        await self._show(native_id, listing, contents, _read(stands)[2])
        await self._stock(native_id, listing)
        if listing.disclosures.digital:
            await self._attach(native_id, listing, files)
        tail = _tail(listing, f"Ref. {listing.key}/{_hash_of(listing)}")
        told = {**texts, "description": body_of(listing) + tail, "state": "active"}
        return _standing(await self._change(native_id, told), len(contents))

    async def end(self, standing: Standing) -> Standing:
        """Inactive: off sale, kept in the shop."""
        stands = await self._get(standing.native_id)
        if STATES.get(text_of(stands.get("state"))) == "live":
            stands = await self._change(standing.native_id, {"state": "inactive"})
        elif stands.get("state") == "draft":
            await self.client.ask(Ask("DELETE", f"/v3/application/listings/{standing.native_id}"))
            return Standing(standing.native_id, "ended", "", standing.shown)
        return _standing(stands, len(await self._pictures(standing.native_id)))

    def _path(self, native_id: str = "", more: str = "") -> str:
        at = f"/v3/application/shops/{self.shop.shop_id}/listings"
        return f"{at}/{native_id}{more}" if native_id else at

    async def _get(self, native_id: str) -> Mapping[str, Any]:
        if not native_id.isascii() or not native_id.isdigit():
            raise ListingGone(f"{native_id[:40]!r} is no number of a listing of Etsy's")
        told = await self.client.ask(Ask("GET", f"/v3/application/listings/{native_id}"))
        return _listing(told, MarketDown)

    async def _change(self, native_id: str, told: Mapping[str, str]) -> Mapping[str, Any]:
        return _listing(await self.client.ask(Ask("PATCH", self._path(native_id), form=told)), Unconfirmed)

    async def _listings(self, state: str) -> AsyncIterator[Mapping[str, Any]]:
        for offset in range(0, MOST_LISTINGS, PAGE):
            query = {"state": state, "limit": str(PAGE), "offset": str(offset)}
            page = await self.client.ask(Ask("GET", self._path(), query))
            if not isinstance(page, Mapping) or not isinstance(page.get("results"), list):
                raise MarketDown("Etsy answers a look-up with no list of listings")
            for each in page["results"]:
                yield each
            if len(page["results"]) < PAGE:
                return
        raise MarketDown(f"the shop has over {MOST_LISTINGS} listings that are {state}: look-ups read no more")

    async def _texts(self, listing: Listing) -> dict[str, str]:
        """What both a draft and an update are told."""
        told = {
            "title": listing.title, "tags": ",".join(listing.tags), "who_made": "i_did", "when_made": "made_to_order",
            "is_supply": "false", "taxonomy_id": str(taxonomy_of(listing.product_format, self.shop)),
            "type": "download" if listing.disclosures.digital else "physical",
        }  # fmt: skip
        if not listing.disclosures.digital:
            told["shipping_profile_id"] = str(self.shop.shipping_profile_id)
        if self.shop.return_policy_id is not None:
            told["return_policy_id"] = str(self.shop.return_policy_id)
        if listing.disclosures.production_partner:
            told["production_partner_ids"] = str(await self._partner(listing.disclosures.production_partner))
        return told

    async def _partner(self, name: str) -> int:
        """The number under which the shop has told Etsy of who prints it."""
        told = await self.client.ask(Ask("GET", f"/v3/application/shops/{self.shop.shop_id}/production-partners"))
        for each in mapping(told).get("results") or ():
            if text_of(each.get("partner_name")).casefold() == name.casefold():
                return int(each["production_partner_id"])
        raise MarketRefused(f"the shop has told Etsy of no production partner {name!r}: add it in Etsy's shop manager")

    async def _draft(self, listing: Listing, texts: Mapping[str, str]) -> Mapping[str, Any]:
        told = {
            **texts, "quantity": str(listing.quantity), "price": decimal_of(listing.price_cents, listing.currency),
            "description": body_of(listing) + _tail(listing, f"Ref. {listing.key}"),
            "readiness_state_id": str(self.shop.readiness_state_id),
        }  # fmt: skip
        return _listing(await self.client.ask(Ask("POST", self._path(), form=told)), Unconfirmed)

    async def _pictures(self, native_id: str) -> list[Mapping[str, Any]]:
        told = await self.client.ask(Ask("GET", f"/v3/application/listings/{native_id}/images"))
        return sorted(mapping(told).get("results") or (), key=lambda each: int(each.get("rank") or 0))

    async def _show(self, native_id: str, listing: Listing, contents: Sequence[bytes], shown: str) -> None:
        """All pictures at their ranks, where those that are up are not the listing's; those beyond go."""
        up = await self._pictures(native_id)
        if shown == _hash_of(listing) and len(up) == len(contents):
            return
        if shown:  # until the others are up nothing says that these are
            unsaid = body_of(listing) + _tail(listing, f"Ref. {listing.key}")
            await self._change(native_id, {"description": unsaid})
        for rank, (picture, content) in enumerate(zip(listing.pictures, contents, strict=True), 1):
            form = {"rank": str(rank), "overwrite": "true", "alt_text": picture.alt[:500]}
            parts = {"image": (picture.name, content, picture.media_type)}
            await self.client.ask(Ask("POST", self._path(native_id, "/images"), form=form, parts=parts))
        for each in up[len(contents) :]:
            await self.client.ask(Ask("DELETE", self._path(native_id, f"/images/{each['listing_image_id']}")))

    async def _stock(self, native_id: str, listing: Listing) -> None:
        """Variants with their SKUs and prices."""
        told = _products(listing, self.shop)
        await self.client.ask(Ask("PUT", f"/v3/application/listings/{native_id}/inventory", json=told))

    async def _attach(self, native_id: str, listing: Listing, files: Files) -> None:
        """The file that is sold, where none is there yet."""
        told = await self.client.ask(Ask("GET", self._path(native_id, "/files")))
        if mapping(told).get("results"):
            return
        content = await content_of(listing.print_sha256, "print.png", files)
        form, parts = {"name": "print.png", "rank": "1"}, {"file": ("print.png", content, "image/png")}
        await self.client.ask(Ask("POST", self._path(native_id, "/files"), form=form, parts=parts))


def etsy_headers(keystring: SecretStr, shared_secret: SecretStr, token: Callable[[], Awaitable[str]]) -> Headers:
    """Etsy wants the app's key and secret beside the seller's token."""

    async def headers() -> Mapping[str, str]:
        pair = f"{keystring.get_secret_value()}:{shared_secret.get_secret_value()}"
        return {"x-api-key": pair, "Authorization": f"Bearer {await token()}"}

    return headers


def taxonomy_of(product_format: str, shop: EtsyShop) -> int:
    """Etsy's category; NotConfigured where neither the shop nor our table has one."""
    found = shop.taxonomy.get(product_format) or _table().get(product_format)
    if found is None:
        raise NotConfigured(f"no category of Etsy's is set for {product_format!r}: its taxonomy_id")
    return found


@cache
def _table() -> dict[str, int]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {row["product_format"]: int(row["taxonomy_id"]) for row in rows}


def _listing(told: Any, lost: type[Unconfirmed] | type[MarketDown]) -> Mapping[str, Any]:
    if not str(mapping(told).get("listing_id") or "").isdigit():
        raise lost("Etsy answers with what is no listing")
    return mapping(told)


def _products(listing: Listing, shop: EtsyShop) -> dict[str, Any]:
    """The inventory: one product a variant, under one or two properties of the seller's own naming."""
    names = list(dict.fromkeys(name for variant in listing.variants for name in variant.options))
    if len(names) > len(OWN_PROPERTIES):
        raise MarketRefused(f"Etsy takes two options, the listing has {len(names)}: {', '.join(names)[:80]}")
    numbers = dict(zip(names, OWN_PROPERTIES, strict=False))
    variants = listing.variants or (Variant(listing.key, {}, listing.price_cents),)
    ids = list(numbers.values())
    return {
        "products": [
            {
                "sku": variant.key,
                "property_values": [
                    {"property_id": numbers[name], "property_name": name.capitalize(), "value_ids": [],
                     "values": [value.translate({ord("("): "[", ord(")"): "]"})]}
                    for name, value in variant.options.items()
                ],
                "offerings": [{
                    "price": float(decimal_of(variant.price_cents, listing.currency)), "quantity": listing.quantity,
                    "is_enabled": True, "readiness_state_id": shop.readiness_state_id,
                }],
            }
            for variant in variants
        ],
        "price_on_property": ids if len({variant.price_cents for variant in variants}) > 1 else [],
        "quantity_on_property": [],
        "sku_on_property": ids,
    }  # fmt: skip


def _tail(listing: Listing, reference: str) -> str:
    """What stands under the text: that AI helped, where it did, and our reference."""
    helped = listing.disclosures.designed_by == "seller with AI"
    said = f"{words_of(listing.locale)['seller with AI']}\n" if helped else ""
    return f"{MARK}{said}{reference}"


def _read(stands: Mapping[str, Any]) -> tuple[str, str, str]:
    """The text without its tail, our key, and the hash of the pictures; empty where there is none."""
    body, marked, tail = text_of(stands.get("description")).rpartition(MARK)
    reference = tail.rpartition("\n")[2]
    if not marked or not reference.startswith("Ref. "):
        return text_of(stands.get("description")), "", ""
    key, _, pictures = reference.removeprefix("Ref. ").partition("/")
    return body, key.strip(), pictures.strip()


def _hash_of(listing: Listing) -> str:
    """Of its pictures, in their order, with what is said of them."""
    told = "".join(f"{each.sha256}{each.alt}\0" for each in listing.pictures)
    return sha256(told.encode()).hexdigest()[:10]


def _standing(stands: Mapping[str, Any], pictures: int) -> Standing:
    state = STATES.get(text_of(stands.get("state")), "ended")
    shown: dict[str, Any] = {
        "title": text_of(stands.get("title")), "description": _read(stands)[0], "tags": list(stands.get("tags") or ()),
        "pictures": pictures,
    }  # fmt: skip
    price = mapping(stands.get("price"))
    currency = text_of(price.get("currency_code"))
    if currency and price.get("divisor"):
        scale = 10 ** decimals_of(currency)
        shown |= {"currency": currency, "price_cents": int(price["amount"]) * scale // int(price["divisor"])}
    if not stands.get("has_variations"):
        shown["quantity"] = stands.get("quantity")
    return Standing(str(stands["listing_id"]), state, text_of(stands.get("url")) if state == "live" else "", shown)
