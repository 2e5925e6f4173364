"""Printful: products of a store of type "Manual order / API", which prints and sends what is ordered elsewhere.

    catalog (v2: what is this number?) -> store product (v1) under an external id that is made of our key

A store product is printed and sent, and shown nowhere: "live" is one that orders can be made of, "ended" one that
Printful ignores. It has a name and prices and no description. Printful fetches files from public addresses: a listing
whose files have none is refused.

The catalog is that of the published specification (v2 beta, 2024-09-11). Store products are v1, of which none is at
hand: shapes assumed from the public reference (developers.printful.com/docs, from memory 2026-11-30), as is that an
external id has 32 characters at most, like that of an order. Printful allows 120 requests a minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from market.blanks import Blank, Chosen, Offered, choose, get_blank, load_default_blanks
from market.client import Ask, Client
from market.errors import ListingGone, MarketRefused, Unconfirmed
from market.listing import Files, Listing, Standing, State
from market.minor import decimal_of, find_price
from market.offer import check_sale
from market.pictures import PublicFiles, url_of
from trends.payload import mapping, text_of

BASE = "https://api.printful.com"
MOST_ID = 32
PAGE = 100
MOST_PAGES = 20
"""Of sizes and colours of one product."""


@dataclass(frozen=True, slots=True)
class PrintfulStore:
    """One store of an account."""

    store_id: str = ""
    """Needed with a token that is good for all stores of an account."""
    currency: str = "USD"
    """What its prices are in."""


class Printful:
    """Puts products into a store at Printful."""

    name = "printful"

    def __init__(
        self, client: Client, store: PrintfulStore, public: PublicFiles | None, blanks: Sequence[Blank] = ()
    ) -> None:
        """`client` asks BASE with a token; `blanks` are the shipped ones, if none are given."""
        self._client, self._store, self._public = client, store, public
        self._blanks = tuple(blanks) or load_default_blanks()

    async def find(self, key: str) -> Standing | None:
        """The product under the external id of this key."""
        try:
            return self._standing(await self._get(f"@{external_id(key)}"))
        except ListingGone:
            return None

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:  # noqa: ARG002 - fetched
        """Makes the product, or makes it what the listing says: variants it has no more go."""
        check_sale(listing, "Printful's store", (self._store.currency,))
        if not listing.print_sha256:
            raise MarketRefused("it has no print file")
        blank = get_blank(self.name, listing.product_format, self._blanks)
        product = {
            "external_id": external_id(listing.key), "name": listing.title, "is_ignored": False,
            "thumbnail": url_of(listing.pictures[0].sha256, self._public, "Printful"),
        }  # fmt: skip
        stands = await self._get(standing.native_id) if standing is not None else {}
        chosen = choose(listing, blank, await self._offered(blank))
        had = {text_of(each.get("external_id")): each["id"] for each in _variants(stands)}
        body = {"sync_product": product, "sync_variants": self._variants(listing, blank, chosen, had)}
        if standing is not None:
            await self._ask(Ask("PUT", _path(standing.native_id), json=body))
            return self._standing(await self._get(standing.native_id))
        made = mapping(await self._ask(Ask("POST", "/store/products", json=body, kind="publish")))
        if not made.get("id"):
            raise Unconfirmed("Printful made a product and did not say which")
        return self._standing(await self._get(text_of(made["id"])))

    async def end(self, standing: Standing) -> Standing:
        """Has Printful ignore it: nothing is made of it until it is put up again."""
        if self._standing(await self._get(standing.native_id)).state != "ended":
            await self._ask(Ask("PUT", _path(standing.native_id), json={"sync_product": {"is_ignored": True}}))
        return self._standing(await self._get(standing.native_id))

    # Requests ---------------------------------------------------------------------------------------------------------

    async def _ask(self, ask: Ask) -> Any:
        """The result in an answer of v1."""
        of_store = {"X-PF-Store-Id": self._store.store_id} if self._store.store_id else {}
        return mapping(await self._client.ask(replace(ask, headers=of_store))).get("result")

    async def _get(self, product: str) -> Mapping[str, Any]:
        return mapping(await self._ask(Ask("GET", _path(product))))

    async def _offered(self, blank: Blank) -> list[Offered]:
        """Sizes and colours that a blank comes in today, page by page."""
        at, offered = f"/v2/catalog-products/{blank.blueprint_id}/catalog-variants", list[Offered]()
        for _ in range(MOST_PAGES):
            query = {"limit": str(PAGE), "offset": str(len(offered))}
            try:
                told = mapping(await self._client.ask(Ask("GET", at, query)))
            except ListingGone:
                break
            rows = [mapping(each) for each in told.get("data") or ()]
            offered += [Offered(int(row["id"]), text_of(row.get("size")), text_of(row.get("color"))) for row in rows]
            if not rows or len(offered) >= int(mapping(told.get("paging")).get("total") or 0):
                break
        return offered

    # What is sent and what stands -------------------------------------------------------------------------------------

    def _variants(self, listing: Listing, blank: Blank, chosen: Chosen, had: Mapping[str, Any]) -> list[dict[str, Any]]:
        print_file = url_of(listing.print_sha256, self._public, "Printful")
        sent = []
        for variant, number in chosen:
            own = external_id(variant.key)
            body = {
                "external_id": own, "variant_id": number, "sku": variant.key, "is_ignored": False,
                "retail_price": decimal_of(variant.price_cents, listing.currency),
                "files": [{"type": blank.position, "url": print_file}],
            }  # fmt: skip
            sent.append({"id": had[own], **body} if own in had else body)
        return sent

    def _standing(self, told: Mapping[str, Any]) -> Standing:
        product = mapping(told.get("sync_product"))
        currency = text_of(next((each.get("currency") for each in _variants(told)), None)) or self._store.currency
        stated = (find_price(each.get("retail_price"), currency) for each in _variants(told))
        prices = [price for price in stated if price is not None]
        shown: dict[str, Any] = {"title": text_of(product.get("name"))}
        shown |= {"price_cents": min(prices), "currency": currency} if prices else {}
        return Standing(text_of(product.get("id")), _state(product, _variants(told)), "", shown)


def external_id(key: str) -> str:
    """The external id of a key: the key, or half of its SHA-256 where it is too long."""
    return key if len(key) <= MOST_ID else sha256(key.encode()).hexdigest()[:MOST_ID]


def _path(product: str) -> str:
    return f"/store/products/{quote(product, safe='@')}"


def _variants(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mapping(each) for each in told.get("sync_variants") or ()]


def _state(product: Mapping[str, Any], variants: Sequence[Mapping[str, Any]]) -> State:
    """A draft has a variant that nothing is known to be printed on."""
    if product.get("is_ignored"):
        return "ended"
    return "live" if variants and all(each.get("synced", True) for each in variants) else "draft"
