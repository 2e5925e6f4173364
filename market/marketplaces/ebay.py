"""eBay: the Sell Inventory API. Our key is the SKU of the item, or the key of the group where there are variants.

    pictures -> items (PUT by SKU) -> group (PUT by key) -> offers (looked up by SKU, then made or set) -> publish

Items and groups are put by a name that is ours, so a repeat changes nothing. A group takes only items that are there
(error 25701), and those have SKUs of their own: until it is made, an item under our key stands for it, so that a
look-up finds what was begun. An offer is made once for a SKU: one that exists is found. eBay does not say of an
unpublished offer whether it ever was published: what was ended has none in stock, which tells it from a draft. Pictures
are sent to eBay's Media API, which gives them an address (createImageFromFile and "Managing image media",
developer.ebay.com, 2026-11-30: 50 in 5 seconds); those that no listing shows are dropped after 30 days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from market.client import Ask, Client
from market.errors import KeyRefused, ListingGone, MarketRefused, NotConfigured, Unconfirmed
from market.listing import Files, Listing, Picture, Standing, State, Variant, body_of
from market.markup import to_html, to_text
from market.minor import decimal_of, find_price
from market.offer import check_sale
from market.pictures import content_of
from trends.payload import mapping, text_of

BASE = "https://api.ebay.com/sell/inventory/v1"
MEDIA_BASE = "https://apim.ebay.com/commerce/media/v1_beta"
MOST_SKU = 50
OPTIONS = {
    "en": {"size": "Size", "colour": "Colour"},
    "en-US": {"size": "Size", "colour": "Color"},
    "de": {"size": "Größe", "colour": "Farbe"},
    "fr": {"size": "Taille", "colour": "Couleur"},
    "es": {"size": "Talla", "colour": "Color"},
    "it": {"size": "Taglia", "colour": "Colore"},
}
"""What a site calls what a buyer chooses, by its language; a category may call it something else."""
ON_SALE = frozenset({"ACTIVE", "OUT_OF_STOCK", "INACTIVE"})
"""Listing states (ListingStatusEnum) of what can be bought, or could if there were more or eBay allowed it."""
_OF_ITS_OWN = frozenset({"sku", "locale", "groupIds", "inventoryItemGroupKeys"})
"""Fields of an item that eBay tells and does not take."""


@dataclass(frozen=True, slots=True)
class Site:
    """One of eBay's sites: where buyers look, what it is paid in, which languages it takes."""

    host: str
    currency: str
    languages: tuple[str, ...]


SITES = {
    "EBAY_US": Site("www.ebay.com", "USD", ("en-US",)),
    "EBAY_GB": Site("www.ebay.co.uk", "GBP", ("en-GB",)),
    "EBAY_DE": Site("www.ebay.de", "EUR", ("de-DE",)),
    "EBAY_FR": Site("www.ebay.fr", "EUR", ("fr-FR",)),
    "EBAY_ES": Site("www.ebay.es", "EUR", ("es-ES",)),
    "EBAY_IT": Site("www.ebay.it", "EUR", ("it-IT",)),
    "EBAY_NL": Site("www.ebay.nl", "EUR", ("nl-NL",)),
    "EBAY_IE": Site("www.ebay.ie", "EUR", ("en-IE",)),
    "EBAY_AT": Site("www.ebay.at", "EUR", ("de-AT",)),
    "EBAY_BE": Site("www.ebay.be", "EUR", ("fr-BE", "nl-BE")),
    "EBAY_CH": Site("www.ebay.ch", "CHF", ("de-CH",)),
    "EBAY_PL": Site("www.ebay.pl", "PLN", ("pl-PL",)),
    "EBAY_CA": Site("www.ebay.ca", "CAD", ("en-CA", "fr-CA")),
    "EBAY_AU": Site("www.ebay.com.au", "AUD", ("en-AU",)),
}
"""By marketplace id, of those whose listings the API makes (developer.ebay.com, marketplace ids; memory 2026-11-30)."""


@dataclass(frozen=True, slots=True)
class EbayShop:
    """A seller's account: ids of the policies and of the location it has at eBay, and a category for each format."""

    marketplace_id: str
    fulfillment_policy_id: str
    payment_policy_id: str
    return_policy_id: str
    location_key: str
    categories: Mapping[str, str]
    """Category id by product format: {"shirt": "15687"}."""
    aspects: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"Brand": ("Unbranded",)})
    """Item specifics that every product has, by their names on that site."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Names of our options on that site, where its category wants others than OPTIONS."""

    def named(self, option: str, language: str) -> str:
        """What the site calls an option: "colour" is "Color" on ebay.com and "Farbe" on ebay.de."""
        known = {**OPTIONS.get(language.partition("-")[0], {}), **OPTIONS.get(language, {}), **self.options}
        return known.get(option, option[:1].upper() + option[1:])

    @property
    def site(self) -> Site:
        """Which of eBay's sites it sells on."""
        if self.marketplace_id not in SITES:
            raise NotConfigured(f"eBay marketplace {self.marketplace_id!r} is none of {', '.join(SITES)}")
        return SITES[self.marketplace_id]


class Ebay:
    """Puts listings up on eBay."""

    name = "ebay"

    def __init__(self, client: Client, media: Client, shop: EbayShop) -> None:
        """`client` asks BASE, `media` asks MEDIA_BASE; both with a seller's token (scope sell.inventory)."""
        self._client, self._media, self._shop = client, media, shop

    async def find(self, key: str) -> Standing | None:
        """The group or the item of this key, with its offers."""
        group, item, skus = await self._found(key)
        if item is None:
            return None
        offers = [offer for sku in skus if (offer := await self._find_offer(sku))]
        text = group or mapping(item.get("product"))
        return Standing(key, _state(item, offers), _url(self._shop.site, offers), _shown(text, item, offers))

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        """Sets pictures, items, group and offers, then publishes what is not published."""
        language = self._language(listing)
        category = self._category(listing)
        if standing is not None:
            await self._stands(listing.key)
        pictures = [await self._upload(picture, files) for picture in listing.pictures]
        variants = listing.variants or (Variant(listing.key, {}, listing.price_cents),)
        if listing.variants and standing is None:
            whole = Variant(listing.key, {}, listing.price_cents)
            await self._put(_item(listing.key), self._item_of(listing, whole, pictures, language), language)
        for variant in variants:
            await self._put(_item(variant.key), self._item_of(listing, variant, pictures, language), language)
        if listing.variants:
            await self._put(_group(listing.key), self._group_of(listing, pictures, language), language)
            if await self._look(_item(listing.key)):
                await self._client.ask(Ask("DELETE", _item(listing.key)))
        offers = [
            await self._offer(variant.key, self._terms(listing, variant, category), language) for variant in variants
        ]
        if not all(_on_sale(offer) for offer in offers):
            await self._publish(listing, offers[0])
        return await self._stands(listing.key)

    async def end(self, standing: Standing) -> Standing:
        """Withdraws what is published, then leaves none in stock of the first item, which says that it was ended."""
        key = standing.native_id
        group, item, skus = await self._found(key)
        if item is None:
            raise ListingGone(f"eBay has no item {key}")
        offers = [offer for sku in skus if (offer := await self._find_offer(sku))]
        if any(_on_sale(offer) for offer in offers):
            await self._withdraw(key if group else None, offers[0])
        if _stock(item):
            language = text_of(item.get("locale") or self._shop.site.languages[0]).replace("_", "-")
            kept = {name: value for name, value in item.items() if name not in _OF_ITS_OWN}
            none = {"availability": {"shipToLocationAvailability": {"quantity": 0}}}
            await self._put(_item(text_of(item.get("sku"))), {**kept, **none}, language)
        return await self._stands(key)

    # What is sent -----------------------------------------------------------------------------------------------------

    def _language(self, listing: Listing) -> str:
        """The site's own variety of the listing's language; MarketRefused where the site cannot show the listing."""
        site = self._shop.site
        check_sale(listing, self._shop.marketplace_id, (site.currency,))
        for sku in (listing.key, *(variant.key for variant in listing.variants)):
            if len(sku) > MOST_SKU:
                raise MarketRefused(f"eBay takes SKUs of {MOST_SKU} characters, {sku!r} has {len(sku)}")
        found = next(
            (each for each in site.languages if each.partition("-")[0] == listing.locale.partition("-")[0]), None
        )
        if found is None:
            told = ", ".join(site.languages)
            raise MarketRefused(f"{self._shop.marketplace_id} is in {told}, the listing is in {listing.locale!r}")
        return found

    def _category(self, listing: Listing) -> str:
        if listing.product_format not in self._shop.categories:
            raise NotConfigured(f"no eBay category is set for {listing.product_format!r}")
        return self._shop.categories[listing.product_format]

    def _item_of(self, listing: Listing, variant: Variant, pictures: Sequence[str], language: str) -> dict[str, Any]:
        own = {self._shop.named(name, language): [value] for name, value in variant.options.items()}
        product = {
            "title": listing.title,
            "description": to_html(body_of(listing)),
            "aspects": {**{name: list(values) for name, values in self._shop.aspects.items()}, **own},
            "imageUrls": list(pictures),
        }
        stock = {"shipToLocationAvailability": {"quantity": listing.quantity}}
        return {"availability": stock, "condition": "NEW", "product": product}

    def _group_of(self, listing: Listing, pictures: Sequence[str], language: str) -> dict[str, Any]:
        names = list(dict.fromkeys(name for variant in listing.variants for name in variant.options))
        values = {name: [each.options[name] for each in listing.variants if name in each.options] for name in names}
        varies = [
            {"name": self._shop.named(name, language), "values": list(dict.fromkeys(values[name]))} for name in names
        ]
        return {
            "title": listing.title,
            "description": to_html(body_of(listing)),
            "aspects": {name: list(each) for name, each in self._shop.aspects.items()},
            "imageUrls": list(pictures),
            "variantSKUs": [variant.key for variant in listing.variants],
            "variesBy": {"specifications": varies},
        }

    def _terms(self, listing: Listing, variant: Variant, category: str) -> dict[str, Any]:
        shop = self._shop
        return {
            "availableQuantity": listing.quantity,
            "categoryId": category,
            "listingDuration": "GTC",
            "listingPolicies": {
                "fulfillmentPolicyId": shop.fulfillment_policy_id,
                "paymentPolicyId": shop.payment_policy_id,
                "returnPolicyId": shop.return_policy_id,
            },
            "merchantLocationKey": shop.location_key,
            "pricingSummary": {
                "price": {"currency": listing.currency, "value": decimal_of(variant.price_cents, listing.currency)}
            },
        }

    # Requests ---------------------------------------------------------------------------------------------------------

    async def _look(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        try:
            found = await self._client.ask(Ask("GET", path, query or {}))
        except ListingGone:
            return None
        return found if isinstance(found, dict) else None

    async def _found(self, key: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None, list[str]]:
        """The group of a key, the first item that is there, and the SKUs that it should have."""
        group = await self._look(_group(key))
        skus = [text_of(sku) for sku in group.get("variantSKUs") or ()] if group else [key]
        for sku in skus:
            if item := await self._look(_item(sku)):
                return group, {**item, "sku": sku}, skus
        return group, None, skus

    async def _stands(self, key: str) -> Standing:
        found = await self.find(key)
        if found is None:
            raise ListingGone(f"eBay has no item {key} any more")
        return found

    async def _put(self, path: str, body: Mapping[str, Any], language: str) -> None:
        await self._client.ask(Ask("PUT", path, json=body, headers={"Content-Language": language}))

    async def _find_offer(self, sku: str) -> dict[str, Any] | None:
        """The fixed-price offer of a SKU on this site."""
        query = {"sku": sku, "marketplace_id": self._shop.marketplace_id, "format": "FIXED_PRICE"}
        told = await self._look("/offer", query) or {}
        mine = (each for each in told.get("offers", ()) if each.get("marketplaceId") == self._shop.marketplace_id)
        return next(mine, None)

    async def _offer(self, sku: str, terms: Mapping[str, Any], language: str) -> dict[str, Any]:
        """The offer of this SKU under these terms, made where there is none; as it stood before."""
        found = await self._find_offer(sku)
        if found is None:
            made = {**terms, "sku": sku, "marketplaceId": self._shop.marketplace_id, "format": "FIXED_PRICE"}
            try:
                headers = {"Content-Language": language}
                told = mapping(await self._client.ask(Ask("POST", "/offer", json=made, headers=headers)))
                if not told.get("offerId"):
                    raise Unconfirmed(f"eBay made an offer of {sku} and did not say which")
                return {"status": "UNPUBLISHED", **told}
            except (KeyRefused, ListingGone):
                raise
            except MarketRefused:  # maybe because there is one by now
                found = await self._find_offer(sku)
                if found is None:
                    raise
        await self._put(f"/offer/{quote(found['offerId'], safe='')}", terms, language)
        return found

    async def _publish(self, listing: Listing, offer: Mapping[str, Any]) -> None:
        if listing.variants:
            told = {"inventoryItemGroupKey": listing.key, "marketplaceId": self._shop.marketplace_id}
            ask = Ask("POST", "/offer/publish_by_inventory_item_group", json=told, kind="publish")
        else:
            ask = Ask("POST", f"/offer/{quote(offer['offerId'], safe='')}/publish", kind="publish")
        await self._client.ask(ask)

    async def _withdraw(self, group: str | None, offer: Mapping[str, Any]) -> None:
        if group is not None:
            told = {"inventoryItemGroupKey": group, "marketplaceId": self._shop.marketplace_id}
            await self._client.ask(Ask("POST", "/offer/withdraw_by_inventory_item_group", json=told))
        else:
            await self._client.ask(Ask("POST", f"/offer/{quote(offer['offerId'], safe='')}/withdraw"))

    async def _upload(self, picture: Picture, files: Files) -> str:
        """Its address at eBay. A picture that no listing shows is nothing that was changed."""
        content = await content_of(picture.sha256, picture.name, files)
        part = {"image": (picture.name, content, picture.media_type)}
        told = await self._media.ask(Ask("POST", "/image/create_image_from_file", parts=part, changes=False))
        address = text_of(mapping(told).get("imageUrl"))
        if not address.startswith("https://"):
            raise MarketRefused(f"eBay took {picture.name} and gave it no address")
        return address


# What stands ----------------------------------------------------------------------------------------------------------


def _item(sku: str) -> str:
    return f"/inventory_item/{quote(sku, safe='')}"


def _group(key: str) -> str:
    return f"/inventory_item_group/{quote(key, safe='')}"


def _on_sale(offer: Mapping[str, Any]) -> bool:
    return (
        offer.get("status") == "PUBLISHED" and mapping(offer.get("listing")).get("listingStatus", "ACTIVE") in ON_SALE
    )


def _stock(item: Mapping[str, Any]) -> int:
    return int(mapping(mapping(item.get("availability")).get("shipToLocationAvailability")).get("quantity") or 0)


def _state(item: Mapping[str, Any], offers: Sequence[Mapping[str, Any]]) -> State:
    if any(_on_sale(offer) for offer in offers):
        return "live"
    return "draft" if _stock(item) else "ended"


def _url(site: Site, offers: Sequence[Mapping[str, Any]]) -> str:
    listed = (text_of(mapping(offer.get("listing")).get("listingId")) for offer in offers if _on_sale(offer))
    found = next(filter(None, listed), "")
    return f"https://{site.host}/itm/{found}" if found else ""


def _shown(text: Mapping[str, Any], item: Mapping[str, Any], offers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    shown: dict[str, Any] = {"quantity": _stock(item), "pictures": len(text.get("imageUrls", ()))}
    shown |= {"title": text["title"]} if "title" in text else {}
    shown |= {"description": to_text(text["description"])} if "description" in text else {}
    asked = [price for offer in offers if (price := mapping(mapping(offer.get("pricingSummary")).get("price")))]
    prices = [
        minor for each in asked if (minor := find_price(each.get("value"), str(each.get("currency")))) is not None
    ]
    return {**shown, "price_cents": min(prices), "currency": asked[0]["currency"]} if prices else shown
