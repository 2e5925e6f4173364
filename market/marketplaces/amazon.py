"""Amazon: Listings Items API 2021-08-01. Our key is the SKU, or the parent's SKU where there are variants.

Everything is put by SKU: a repeat changes nothing, and the parent, which is told our key, is put first. Amazon answers
ACCEPTED or INVALID at once and shows the item minutes later: until its status is BUYABLE it is a draft here, and
`issues` says what keeps it from being bought. What was ended has none in stock. Pictures are fetched by Amazon from
public addresses: a listing whose files have none is refused. There are no drafts; `preview` asks without putting.

A SKU has 40 characters at most (sellercentral.amazon.com, from memory 2026-11-30): the key of a variant that is longer
is cut and told apart by its hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import quote

from market.client import MOST_WORDS, Ask, Client, Headers
from market.errors import ListingGone, MarketBusy, MarketRefused, NotConfigured, Unconfirmed
from market.listing import Files, Listing, Standing, State, Variant
from market.minor import decimal_of, decimals_of, find_price
from market.offer import check_sale
from market.pictures import PublicFiles, urls_of
from trends.normalize import clean, redact
from trends.payload import mapping, text_of

BASES = {
    "na": "https://sellingpartnerapi-na.amazon.com",
    "eu": "https://sellingpartnerapi-eu.amazon.com",
    "fe": "https://sellingpartnerapi-fe.amazon.com",
}
ITEMS = "/listings/2021-08-01/items"
TYPES = "/definitions/2020-09-01/productTypes"
MOST_SKU = 40
MOST_PICTURES = 9
"""The main one and eight others."""
PAGE = 20
MOST_PAGES = 50
"""Of variants; Amazon pages through 1,000 items at most."""
LATER_S = 300
"""How long variants that were just put take to be shown."""
INCLUDED = "summaries,attributes,issues"


@dataclass(frozen=True, slots=True)
class Store:
    """One of Amazon's stores: where buyers look, which address answers for it, its money and its languages."""

    host: str
    region: Literal["na", "eu", "fe"]
    currency: str
    languages: tuple[str, ...]


STORES = {
    "ATVPDKIKX0DER": Store("www.amazon.com", "na", "USD", ("en_US", "es_US")),
    "A2EUQ1WTGCTBG2": Store("www.amazon.ca", "na", "CAD", ("en_CA", "fr_CA")),
    "A1AM78C64UM0Y8": Store("www.amazon.com.mx", "na", "MXN", ("es_MX",)),
    "A1F83G8C2ARO7P": Store("www.amazon.co.uk", "eu", "GBP", ("en_GB",)),
    "A1PA6795UKMFR9": Store("www.amazon.de", "eu", "EUR", ("de_DE", "en_GB")),
    "A13V1IB3VIYZZH": Store("www.amazon.fr", "eu", "EUR", ("fr_FR",)),
    "APJ6JRA9NG5V4": Store("www.amazon.it", "eu", "EUR", ("it_IT",)),
    "A1RKKUPIHCS9HS": Store("www.amazon.es", "eu", "EUR", ("es_ES",)),
    "A1805IZSGTT6HS": Store("www.amazon.nl", "eu", "EUR", ("nl_NL",)),
    "A1C3SOZRARQ6R3": Store("www.amazon.pl", "eu", "PLN", ("pl_PL",)),
    "A2NODRKZP88ZB9": Store("www.amazon.se", "eu", "SEK", ("sv_SE",)),
    "A1VC38T7YXB528": Store("www.amazon.co.jp", "fe", "JPY", ("ja_JP", "en_US")),
    "A39IBJ37TRP1C6": Store("www.amazon.com.au", "fe", "AUD", ("en_AU",)),
}
"""By marketplace id (developer-docs.amazon.com/sp-api, marketplace ids; from memory 2026-11-30)."""


@dataclass(frozen=True, slots=True)
class AmazonProduct:
    """What Amazon calls one of our formats, and what else it wants to be told of it (its product type definition)."""

    product_type: str
    """"SHIRT"; `product_types` looks it up."""
    theme: str = ""
    """By what variants differ: "COLOR/SIZE"."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Names of our options as Amazon's attributes: {"size": "size", "colour": "color"}."""
    attributes: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Attributes that each listing has, as Amazon writes them."""


@dataclass(frozen=True, slots=True)
class AmazonSeller:
    """A seller's account in one store."""

    seller_id: str
    marketplace_id: str
    brand: str
    products: Mapping[str, AmazonProduct]
    """By product format."""

    @property
    def store(self) -> Store:
        """Where it sells."""
        if self.marketplace_id not in STORES:
            raise NotConfigured(f"Amazon marketplace {self.marketplace_id!r} is none of {', '.join(STORES)}")
        return STORES[self.marketplace_id]

    def product(self, product_format: str) -> AmazonProduct:
        """What Amazon calls this format."""
        if product_format not in self.products:
            raise NotConfigured(f"no Amazon product type is set for {product_format!r}")
        return self.products[product_format]


class Amazon:
    """Puts listings up on Amazon."""

    name = "amazon"

    def __init__(self, client: Client, seller: AmazonSeller, public: PublicFiles | None) -> None:
        """`client` asks the base of the store's region, with a token in x-amz-access-token (`lwa`)."""
        self._client, self._seller, self._public = client, seller, public

    async def find(self, key: str) -> Standing | None:
        """The item of this SKU, with its variants."""
        item = await self._look(key)
        if item is None:
            return None
        children = await self._children(key) if _attribute(item, "parentage_level") == "parent" else [item]
        url = _url(self._seller.store, item, children)
        return Standing(key, _state(children), url, _shown(item, children))

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:  # noqa: ARG002 - fetched
        """Puts the item, or the parent and then its variants; none is left of a variant that it has no more."""
        bodies = self._bodies(listing)
        if standing is not None:
            await self._stands(listing.key)
        for sku, body in bodies.items():
            told = await self._client.ask(Ask("PUT", self._path(sku), self._query(), json=body, kind="publish"))
            _check_accepted(told, listing.title)
        if standing is not None and listing.variants:
            await self._empty(each for each in await self._children(listing.key) if each["sku"] not in bodies)
        return await self._stands(listing.key)

    async def end(self, standing: Standing) -> Standing:
        """Leaves none in stock of the item or of any variant."""
        key = standing.native_id
        item = await self._look(key)
        if item is None:
            raise ListingGone(f"Amazon has no item {key}")
        items = await self._children(key) if _attribute(item, "parentage_level") == "parent" else [item]
        if not items:
            later = datetime.now(UTC) + timedelta(seconds=LATER_S)
            raise MarketBusy(f"Amazon does not show the variants of {key} yet: none can be taken off sale", later)
        await self._empty(items)
        return await self._stands(key)

    # Beside the protocol ----------------------------------------------------------------------------------------------

    async def preview(self, listing: Listing) -> list[str]:
        """What Amazon would say to this listing, put and not put: errors, warnings, restrictions of what it matches."""
        query = {**self._query(), "mode": "VALIDATION_PREVIEW", "includedData": "identifiers,issues"}
        said: list[str] = []
        for sku, body in self._bodies(listing).items():
            told = mapping(await self._client.ask(Ask("PUT", self._path(sku), query, json=body, changes=False)))
            said += _words(told.get("issues", ()), ("ERROR", "WARNING"))
            for match in told.get("identifiers", ()):
                said += await self.restrictions(text_of(match.get("asin"))) if match.get("asin") else []
        return list(dict.fromkeys(said))

    async def restrictions(self, asin: str) -> list[str]:
        """Why this seller may not list what Amazon sells under this number; empty where it may."""
        query = {"asin": asin, "sellerId": self._seller.seller_id, "marketplaceIds": self._seller.marketplace_id,
                 "conditionType": "new_new"}  # fmt: skip
        told = mapping(await self._client.ask(Ask("GET", "/listings/2021-08-01/restrictions", query)))
        reasons = (reason for each in told.get("restrictions", ()) for reason in each.get("reasons", ()))
        return [_clean(reason.get("message")) for reason in reasons]

    async def product_types(self, keywords: Sequence[str]) -> list[str]:
        """Names of product types for these words, for whoever sets `AmazonProduct`."""
        query = {"keywords": ",".join(keywords), "marketplaceIds": self._seller.marketplace_id}
        told = mapping(await self._client.ask(Ask("GET", TYPES, query)))
        return [text_of(each.get("name")) for each in told.get("productTypes", ())]

    async def issues(self, key: str) -> list[str]:
        """What keeps the item, or a variant, from being bought."""
        item = await self._look(key)
        told = [item, *(await self._children(key))] if item else []
        return list(dict.fromkeys(words for each in told for words in _words(each.get("issues", ()), ("ERROR",))))

    # What is sent -----------------------------------------------------------------------------------------------------

    def _bodies(self, listing: Listing) -> dict[str, dict[str, Any]]:
        """What is put under which SKU, in order; MarketRefused where the store cannot show the listing."""
        store, product = self._seller.store, self._seller.product(listing.product_format)
        check_sale(listing, f"Amazon {self._seller.marketplace_id}", (store.currency,))
        if len(listing.key) > MOST_SKU:
            raise MarketRefused(f"Amazon takes SKUs of {MOST_SKU} characters, {listing.key!r} has {len(listing.key)}")
        if len(listing.pictures) > MOST_PICTURES:
            raise MarketRefused(f"Amazon shows {MOST_PICTURES} pictures, the listing has {len(listing.pictures)}")
        text = self._text(listing, self._language(listing, store), urls_of(listing, self._public, "Amazon"))
        if not listing.variants:
            whole = Variant(listing.key, {}, listing.price_cents)
            return {listing.key: self._body(product, {**text, **self._offer(listing, whole)})}
        parent = {"parentage_level": self._told("parent"), "variation_theme": [{"name": product.theme}]}
        family = {listing.key: self._body(product, {**text, **parent})}
        for variant in listing.variants:
            of = {"child_relationship_type": "variation", "parent_sku": listing.key}
            child = {
                "parentage_level": self._told("child"), "variation_theme": [{"name": product.theme}],
                "child_parent_sku_relationship": [{**of, "marketplace_id": self._seller.marketplace_id}],
                **self._options(product, variant), **self._offer(listing, variant),
            }  # fmt: skip
            family[sku_of(variant.key)] = self._body(product, {**text, **child})
        return family

    def _language(self, listing: Listing, store: Store) -> str:
        spoken = {language.partition("_")[0]: language for language in reversed(store.languages)}
        found = spoken.get(listing.locale.partition("-")[0])
        if found is None:
            raise MarketRefused(
                f"{store.host} is in {', '.join(store.languages)}, the listing is in {listing.locale!r}"
            )
        return found

    def _body(self, product: AmazonProduct, attributes: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: [dict(each) for each in values] for name, values in product.attributes.items()}
        return {
            "productType": product.product_type, "requirements": "LISTING", "attributes": {**given, **attributes}
        }  # fmt: skip

    def _text(self, listing: Listing, language: str, urls: Sequence[str]) -> dict[str, Any]:
        def told(value: str) -> dict[str, str]:
            return {"value": value, "language_tag": language, "marketplace_id": self._seller.marketplace_id}

        names = ["main_product_image_locator", *(f"other_product_image_locator_{n}" for n in range(1, MOST_PICTURES))]
        shown = {"marketplace_id": self._seller.marketplace_id}
        texts = {
            "item_name": [told(listing.title)],
            "product_description": [told(listing.description)],
            "bullet_point": [told(bullet) for bullet in listing.bullets],
            "generic_keyword": [told(";".join(listing.tags))] if listing.tags else [],
            "brand": [told(self._seller.brand)],
            "condition_type": self._told("new_new"),
            **{name: [{**shown, "media_location": url}] for name, url in zip(names, urls, strict=False)},
        }
        return {name: values for name, values in texts.items() if values}

    def _told(self, value: str) -> list[dict[str, str]]:
        return [{"value": value, "marketplace_id": self._seller.marketplace_id}]

    def _options(self, product: AmazonProduct, variant: Variant) -> dict[str, Any]:
        unknown = sorted(set(variant.options) - set(product.options))
        if unknown or not product.theme:
            missing = f"options {unknown}" if unknown else "a variation theme"
            raise NotConfigured(f"no Amazon attribute is set for {missing} of {product.product_type}")
        return {product.options[name]: self._told(value) for name, value in variant.options.items()}

    def _offer(self, listing: Listing, variant: Variant) -> dict[str, Any]:
        amount = decimal_of(variant.price_cents, listing.currency)
        price = float(amount) if decimals_of(listing.currency) else int(amount)
        return {
            "purchasable_offer": [{
                "marketplace_id": self._seller.marketplace_id, "currency": listing.currency, "audience": "ALL",
                "our_price": [{"schedule": [{"value_with_tax": price}]}],
            }],
            "fulfillment_availability": [{"fulfillment_channel_code": "DEFAULT", "quantity": listing.quantity}],
        }  # fmt: skip

    # Requests ---------------------------------------------------------------------------------------------------------

    def _path(self, sku: str) -> str:
        return f"{ITEMS}/{quote(self._seller.seller_id, safe='')}/{quote(sku, safe='')}"

    def _query(self) -> dict[str, str]:
        return {"marketplaceIds": self._seller.marketplace_id}

    async def _look(self, sku: str) -> dict[str, Any] | None:
        try:
            found = await self._client.ask(Ask("GET", self._path(sku), {**self._query(), "includedData": INCLUDED}))
        except ListingGone:
            return None
        return found if isinstance(found, dict) else None

    async def _children(self, key: str) -> list[dict[str, Any]]:
        """All variants of a parent."""
        path = f"{ITEMS}/{quote(self._seller.seller_id, safe='')}"
        query = {**self._query(), "variationParentSku": key, "includedData": INCLUDED, "pageSize": str(PAGE),
                 "sortBy": "sku", "sortOrder": "ASC"}  # fmt: skip
        found: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            told = mapping(await self._client.ask(Ask("GET", path, query)))
            found += told.get("items", ())
            token = text_of(mapping(told.get("pagination")).get("nextToken"))
            if not token:
                break
            query["pageToken"] = token
        return found

    async def _empty(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Leaves none in stock of these."""
        value = [{"fulfillment_channel_code": "DEFAULT", "quantity": 0}]
        patch = {"op": "replace", "path": "/attributes/fulfillment_availability", "value": value}
        for item in filter(_stock, items):
            body = {"productType": _product_type(item), "patches": [patch]}
            told = await self._client.ask(Ask("PATCH", self._path(item["sku"]), self._query(), json=body))
            _check_accepted(told, item["sku"])

    async def _stands(self, key: str) -> Standing:
        found = await self.find(key)
        if found is None:
            raise ListingGone(f"Amazon has no item {key} any more")
        return found


def sku_of(key: str) -> str:
    """The SKU of a variant: its key, or what fits of it with its hash."""
    return key if len(key) <= MOST_SKU else f"{key[: MOST_SKU - 11]}-{sha256(key.encode()).hexdigest()[:10]}"


def lwa(token: Headers) -> Headers:
    """As the Selling Partner API wants a bearer token: in a header of its own."""

    async def headers() -> Mapping[str, str]:
        return {"x-amz-access-token": (await token())["Authorization"].removeprefix("Bearer ")}

    return headers


# What Amazon says -----------------------------------------------------------------------------------------------------


def _check_accepted(told: Any, what: str) -> None:
    status = mapping(told).get("status")
    if status == "INVALID":
        words = "; ".join(_words(mapping(told).get("issues", ()), ("ERROR",))) or "it does not say why"
        raise MarketRefused(f"Amazon does not take {what!r}: {words}"[: 2 * MOST_WORDS])
    if status != "ACCEPTED":
        raise Unconfirmed(f"Amazon does not say whether it took {what!r}")


def _words(issues: Sequence[Mapping[str, Any]], severities: Sequence[str]) -> list[str]:
    return [_clean(issue.get("message")) for issue in issues if issue.get("severity") in severities]


def _clean(words: object) -> str:
    return redact(clean(text_of(words)))[:MOST_WORDS]


def _attribute(item: Mapping[str, Any], name: str, key: str = "value") -> Any:
    """The first value of an attribute; None where it has none."""
    values = mapping(item.get("attributes")).get(name) or [{}]
    return mapping(values[0]).get(key)


def _stock(item: Mapping[str, Any]) -> int:
    return int(_attribute(item, "fulfillment_availability", "quantity") or 0)


def _summary(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(next(iter(item.get("summaries") or ()), None))


def _product_type(item: Mapping[str, Any]) -> str:
    return text_of(_summary(item).get("productType")) or "PRODUCT"


def _state(items: Sequence[Mapping[str, Any]]) -> State:
    if any("BUYABLE" in _summary(item).get("status", ()) and _stock(item) for item in items):
        return "live"
    return "draft" if not items or any(map(_stock, items)) else "ended"


def _url(store: Store, item: Mapping[str, Any], children: Sequence[Mapping[str, Any]]) -> str:
    """The page of the parent, or of the first that has one, where shoppers can see any of them."""
    seen = [each for each in (item, *children) if set(_summary(each).get("status", ())) & {"BUYABLE", "DISCOVERABLE"}]
    asin = next((text_of(_summary(each)["asin"]) for each in seen if _summary(each).get("asin")), "")
    return f"https://{store.host}/dp/{asin}" if asin else ""


def _shown(item: Mapping[str, Any], children: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    attributes = mapping(item.get("attributes"))
    bullets = "\n".join(f"• {text_of(each.get('value'))}" for each in attributes.get("bullet_point", ()))
    tags = text_of(_attribute(item, "generic_keyword"))
    shown: dict[str, Any] = {
        "title": text_of(_attribute(item, "item_name")),
        "description": f"{bullets}\n\n{text_of(_attribute(item, 'product_description'))}".strip(),
        "tags": tags.split(";") if tags else [],
        "pictures": sum(1 for name in attributes if name.startswith(("main_product_image", "other_product_image"))),
    }
    priced = [mapping(each) for child in children for each in _attribute(child, "purchasable_offer", "our_price") or ()]
    currency = text_of(next((_attribute(child, "purchasable_offer", "currency") for child in children), None))
    asked = (mapping(next(iter(each.get("schedule") or ()), None)).get("value_with_tax") for each in priced)
    prices = [cents for amount in asked if (cents := find_price(amount, currency)) is not None]
    shown |= {"price_cents": min(prices), "currency": currency} if prices else {}
    return {**shown, "quantity": _stock(children[0])} if children else shown
