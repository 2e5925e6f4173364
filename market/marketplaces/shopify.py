"""Shopify by its Admin GraphQL API, 2026-10: a product under a handle of our key, made or changed in one mutation.

`productSet` by handle makes a product where none has the handle and changes it where one has: the same again makes no
second one. It is a draft until it is published to the shop's channel and made active. Pictures go up as staged files,
which are no part of the shop before the mutation that names them; a metafield keeps a hash of them, so that those that
are there are not sent again. What a shop says of tags is in its own order, so that it is not compared.

Shopify answers 200 to nearly everything: THROTTLED is MarketBusy, a refused key KeyRefused, and `userErrors`
MarketRefused in Shopify's words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from market.client import Ask, Client, Headers, no_key, words_of
from market.errors import KeyRefused, ListingGone, MarketBusy, MarketDown, MarketError, MarketRefused, Unconfirmed
from market.listing import Files, Listing, Picture, Standing, State, Variant, body_of
from market.markup import to_html, to_text
from market.minor import decimal_of, find_price
from market.offer import check_sale
from market.pictures import content_of
from trends.fetch import LOOPBACK
from trends.normalize import clean, redact
from trends.payload import mapping, text_of

PATH = "/admin/api/2026-10/graphql.json"
MOST_OPTIONS, MOST_PICTURES = 3, 250
_HANDLE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_KEY_CODES = frozenset({"ACCESS_DENIED", "SHOP_INACTIVE"})
_GONE = frozenset({"PRODUCT_DOES_NOT_EXIST", "NOT_FOUND"})

SHOWN = """
fragment Shown on Product {
  id title descriptionHtml status onlineStoreUrl
  publishedOnPublication(publicationId: $channel)
  priceRangeV2 { minVariantPrice { amount currencyCode } }
  media(first: 250) { nodes { status } }
  metafield(namespace: "bellwether", key: "pictures") { value }
}
"""
FIND = (
    """
query Find($handle: String!, $channel: ID!) { found: productByIdentifier(identifier: {handle: $handle}) { ...Shown } }
"""
    + SHOWN
)
GET = "query Get($id: ID!, $channel: ID!) { found: product(id: $id) { ...Shown } }" + SHOWN
SHOP = "query Shop { shop { currencyCode } }"
STAGE = """
mutation Stage($files: [StagedUploadInput!]!) {
  made: stagedUploadsCreate(input: $files) {
    stagedTargets { url resourceUrl parameters { name value } } userErrors { field message }
  }
}
"""
SET = (
    """
mutation Set($by: ProductSetIdentifiers!, $input: ProductSetInput!, $channel: ID!) {
  made: productSet(identifier: $by, input: $input, synchronous: true) {
    product { ...Shown } userErrors { code field message }
  }
}
"""
    + SHOWN
)
PUBLISH = """
mutation Publish($id: ID!, $channel: ID!) {
  made: publishablePublish(id: $id, input: [{publicationId: $channel}]) { userErrors { field message } }
}
"""
STATUS = (
    """
mutation Status($id: ID!, $status: ProductStatus!, $channel: ID!) {
  made: productUpdate(product: {id: $id, status: $status}) { product { ...Shown } userErrors { field message } }
}
"""
    + SHOWN
)


@dataclass(frozen=True, slots=True)
class ShopifyShop:
    """What a shop has set up, by Shopify's global ids."""

    publication_id: str
    """Of the online store: "gid://shopify/Publication/1"."""
    vendor: str = ""
    location_id: str = ""
    """Where the quantity is kept; empty: it is not counted, for what is printed to order."""


class Shopify:
    """One shop. `client` asks https://NAME.myshopify.com, its headers are `shopify_headers`."""

    name = "shopify"

    def __init__(self, client: Client, shop: ShopifyShop) -> None:
        self.client, self.shop = client, shop

    async def find(self, key: str) -> Standing | None:
        """What stands under our key."""
        told = await self._ask(FIND, {"handle": handle_of(key), "channel": self.shop.publication_id})
        return _standing(mapping(told["found"])) if told.get("found") else None

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        """The listing, active in the online store."""
        stands = None if standing is None else await self._get(standing.native_id)
        currency = text_of(mapping((await self._ask(SHOP, {})).get("shop")).get("currencyCode"))
        check_sale(listing, "the shop", (currency,) if currency else ())
        told = _product(listing, self.shop)
        if stands is None or not _shows(stands, listing):
            told |= {"files": await self._staged(listing, files)}
        live = stands is not None and stands.get("status") == "ACTIVE"
        by = {"id": standing.native_id} if standing is not None else {"handle": handle_of(listing.key)}
        change = {"by": by, "input": told | {"status": "ACTIVE" if live else "DRAFT"}}
        made = await self._change(SET, change | {"channel": self.shop.publication_id})
        if not made.get("publishedOnPublication"):
            published = {"id": made["id"], "channel": self.shop.publication_id}
            await self._ask(PUBLISH, published, changes=True)
        elif made.get("status") == "ACTIVE":
            return _standing(made)
        return _standing(await self._turned(made["id"], "ACTIVE"))

    async def end(self, standing: Standing) -> Standing:
        """Archived: off sale, kept in the shop."""
        stands = await self._get(standing.native_id)
        return _standing(stands if stands.get("status") == "ARCHIVED" else await self._turned(stands["id"], "ARCHIVED"))

    async def _get(self, native_id: str) -> Mapping[str, Any]:
        told = await self._ask(GET, {"id": native_id, "channel": self.shop.publication_id})
        if not told.get("found"):
            raise ListingGone(f"Shopify has no {native_id[:80]}")
        return mapping(told["found"])

    async def _turned(self, native_id: str, status: str) -> Mapping[str, Any]:
        return await self._change(STATUS, {"id": native_id, "status": status, "channel": self.shop.publication_id})

    async def _change(self, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        told = await self._ask(query, variables, changes=True)
        product = mapping(mapping(told["made"]).get("product"))
        if not product.get("id"):
            raise Unconfirmed("Shopify answers with no product")
        return product

    async def _staged(self, listing: Listing, files: Files) -> list[dict[str, str]]:
        """All pictures, sent to where Shopify fetches them from; what it is then told of them."""
        contents = [await content_of(each.sha256, each.name, files) for each in listing.pictures[:MOST_PICTURES]]
        wanted = [
            {"filename": each.name, "mimeType": each.media_type, "resource": "IMAGE", "httpMethod": "POST"}
            for each in listing.pictures[:MOST_PICTURES]
        ]
        made = mapping((await self._ask(STAGE, {"files": wanted}))["made"])
        targets = made.get("stagedTargets") or []
        if len(targets) != len(wanted):
            raise MarketDown("Shopify answers with no place for the pictures")
        return [
            await _sent(picture, content, mapping(target))
            for picture, content, target in zip(listing.pictures, contents, targets, strict=False)
        ]

    async def _ask(self, query: str, variables: Mapping[str, Any], changes: bool = False) -> Mapping[str, Any]:
        """`data` of the answer, of a mutation without errors of ours."""
        told = await self.client.ask(
            Ask("POST", PATH, json={"query": query, "variables": dict(variables)}, changes=changes)
        )
        lost = Unconfirmed if changes else MarketDown
        if not isinstance(told, Mapping):
            raise lost("Shopify answers with what is no answer to a query")
        if told.get("errors"):
            raise _error(told, lost)
        data = mapping(told.get("data"))
        if not data or ("made: " in query and not data.get("made")):
            raise lost("Shopify answers with no data")
        for error in mapping(data.get("made")).get("userErrors") or ():
            gone = error.get("code") in _GONE or "does not exist" in text_of(error.get("message"))
            raise (ListingGone if gone else MarketRefused)(f"Shopify says no: {_said(error)}")
        return data


def shopify_headers(token: SecretStr) -> Headers:
    """An access token of an app of the shop, with write_products, write_publications and write_files."""

    async def headers() -> Mapping[str, str]:
        return {"X-Shopify-Access-Token": token.get_secret_value()}

    return headers


def handle_of(key: str) -> str:
    """The key where it is a handle as Shopify keeps it, else one made of its hash."""
    return key if _HANDLE.fullmatch(key) and len(key) <= 200 else f"bw-{sha256(key.encode()).hexdigest()[:40]}"


async def _sent(picture: Picture, content: bytes, target: Mapping[str, Any]) -> dict[str, str]:
    """One file, sent to the place that Shopify named, with no key of ours."""
    url = text_of(target.get("url"))
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise MarketDown(f"Shopify names a place for pictures that is not safe: {parts.scheme}://{parts.hostname}")
    form = {text_of(each["name"]): text_of(each["value"]) for each in target.get("parameters") or ()}
    sent = {"file": (picture.name, content, picture.media_type)}
    async with Client(url, _no_turn, no_key) as store:
        await store.ask(Ask("POST", "", form=form, parts=sent, changes=False, unread=True))
    return {
        "originalSource": text_of(target.get("resourceUrl")), "alt": picture.alt[:512], "filename": picture.name,
        "contentType": "IMAGE",
    }  # fmt: skip


async def _no_turn(kind: str) -> None:  # noqa: ARG001 - a store of files is no part of the shop's limits
    return


def _product(listing: Listing, shop: ShopifyShop) -> dict[str, Any]:
    """What `productSet` is told, pictures and status apart."""
    names = list(dict.fromkeys(name for variant in listing.variants for name in variant.options)) or ["Title"]
    if len(names) > MOST_OPTIONS:
        raise MarketRefused(f"Shopify takes {MOST_OPTIONS} options, the listing has {len(names)}")
    variants = listing.variants or (Variant(listing.key, {"Title": "Default Title"}, listing.price_cents),)
    mark = {"namespace": "bellwether", "key": "pictures", "type": "single_line_text_field", "value": _hash_of(listing)}
    told = {
        "title": listing.title, "descriptionHtml": to_html(body_of(listing)), "tags": list(listing.tags),
        "handle": handle_of(listing.key), "productType": listing.product_format, "metafields": [mark],
        "productOptions": [
            {"name": name.capitalize(), "position": at, "values": _values(variants, name)}
            for at, name in enumerate(names, 1)
        ],
        "variants": [_variant(variant, listing, shop) for variant in variants],
    }  # fmt: skip
    return told | ({"vendor": shop.vendor} if shop.vendor else {})


def _values(variants: Sequence[Variant], name: str) -> list[dict[str, str]]:
    """What can be chosen of an option, in the order of the variants."""
    return [{"name": value} for value in dict.fromkeys(each.options[name] for each in variants if name in each.options)]


def _variant(variant: Variant, listing: Listing, shop: ShopifyShop) -> dict[str, Any]:
    told: dict[str, Any] = {
        "optionValues": [{"optionName": name.capitalize(), "name": value} for name, value in variant.options.items()],
        "price": decimal_of(variant.price_cents, listing.currency), "sku": variant.key,
        "inventoryItem": {"tracked": bool(shop.location_id), "requiresShipping": not listing.disclosures.digital},
    }  # fmt: skip
    if shop.location_id:
        stock = {"locationId": shop.location_id, "name": "available", "quantity": listing.quantity}
        told["inventoryQuantities"] = [stock]
    return told


def _hash_of(listing: Listing) -> str:
    told = "".join(f"{each.sha256}{each.alt}\0" for each in listing.pictures)
    return sha256(told.encode()).hexdigest()[:32]


def _shown(product: Mapping[str, Any]) -> int:
    """How many pictures it shows or will: one whose processing failed is none."""
    nodes: Sequence[Any] = mapping(product.get("media")).get("nodes") or ()
    return sum(mapping(each).get("status") != "FAILED" for each in nodes)


def _shows(product: Mapping[str, Any], listing: Listing) -> bool:
    mark = text_of(mapping(product.get("metafield")).get("value"))
    return mark == _hash_of(listing) and _shown(product) == len(listing.pictures)


def _standing(product: Mapping[str, Any]) -> Standing:
    status, published = product.get("status"), bool(product.get("publishedOnPublication"))
    state: State = "ended" if status == "ARCHIVED" else "live" if status != "DRAFT" and published else "draft"
    shown: dict[str, Any] = {
        "title": text_of(product.get("title")), "description": to_text(text_of(product.get("descriptionHtml"))),
        "pictures": _shown(product),
    }  # fmt: skip
    price = mapping(mapping(product.get("priceRangeV2")).get("minVariantPrice"))
    currency = text_of(price.get("currencyCode"))
    cents = find_price(price.get("amount"), currency) if currency else None
    if cents is not None:
        shown |= {"price_cents": cents, "currency": currency}
    return Standing(text_of(product.get("id")), state, text_of(product.get("onlineStoreUrl")), shown)


def _error(told: Mapping[str, Any], lost: type[Unconfirmed] | type[MarketDown]) -> MarketError:
    """What the errors of an answer mean."""
    errors = told["errors"] if isinstance(told["errors"], list) else [{"message": words_of(told["errors"])}]
    first = mapping(errors[0]) if errors else {}
    code = text_of(mapping(first.get("extensions")).get("code"))
    if code == "THROTTLED":
        return MarketBusy("Shopify answers THROTTLED", datetime.now(UTC) + timedelta(seconds=_wait_s(told)))
    if code in _KEY_CODES:
        return KeyRefused(f"Shopify does not let us: {_said(first)}")
    if code in ("INTERNAL_SERVER_ERROR", "TIMEOUT"):
        return lost(f"Shopify answers {code}")
    return MarketRefused(f"Shopify says no: {_said(first)}")


def _wait_s(told: Mapping[str, Any]) -> float:
    """Until the bucket holds what the query costs, a second at least."""
    cost = mapping(mapping(told.get("extensions")).get("cost"))
    bucket = mapping(cost.get("throttleStatus"))
    lacks = float(cost.get("requestedQueryCost") or 0) - float(bucket.get("currentlyAvailable") or 0)
    return min(max(1.0, lacks / float(bucket.get("restoreRate") or 50)), 60.0)


def _said(error: Mapping[str, Any]) -> str:
    return redact(clean(words_of(error) or "no reason"))[:200]
