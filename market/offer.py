"""Offer: whether a listing can be sold at all."""

from __future__ import annotations

from collections.abc import Sequence

from market.errors import MarketRefused
from market.listing import Listing


def check_sale(listing: Listing, who: str, currencies: Sequence[str] = ()) -> None:
    """MarketRefused where it cannot be sold: no picture, a price or a quantity of nothing, another currency."""
    prices = [listing.price_cents, *(variant.price_cents for variant in listing.variants)]
    if min(prices) <= 0:
        raise MarketRefused(f"a price must be positive, got {min(prices)}")
    if listing.quantity <= 0:
        raise MarketRefused(f"a quantity must be positive, got {listing.quantity}")
    if not listing.pictures:
        raise MarketRefused("it has no picture")
    if currencies and listing.currency not in currencies:
        raise MarketRefused(f"{who} sells in {' or '.join(currencies)}, the listing is in {listing.currency}")
