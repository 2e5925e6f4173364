"""Costs: what a product costs to make and to sell, from a dated table of base costs, shipping, lead times and fees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ProductCost:
    """What one provider asks for one format. Money in minor units of `currency`."""

    product_format: str
    provider: str
    base_cost_cents: int
    seller_shipping_cents: int
    """Shipping the seller pays; 0 where the buyer does."""
    retail_price_cents: int
    """The price usual for this format: the fallback where there are no comparables."""
    currency: str
    production_days: int
    shipping_days: int
    variants: int
    regions: tuple[str, ...]
    known_on: date
    source: str


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """What a marketplace keeps of a sale: `listing + share * price + fixed`."""

    marketplace: str
    listing_fee_cents: int
    transaction_ratio: float
    payment_ratio: float
    payment_fixed_cents: int
    currency: str
    known_on: date
    source: str

    def fees_cents(self, price_cents: int) -> int:
        """All fees on one sale at this price, in minor units, rounded half up."""
        share = (self.transaction_ratio + self.payment_ratio) * price_cents
        return self.listing_fee_cents + self.payment_fixed_cents + int(share + 0.5)


@dataclass(frozen=True, slots=True)
class CostTable:
    """All formats and fee schedules in force at one day."""

    products: tuple[ProductCost, ...]
    fees: tuple[FeeSchedule, ...]


def margin_ratio(price_cents: int, cost_cents: int, seller_shipping_cents: int, fees_cents: int) -> float:
    """`(price - cost - seller-paid shipping - fees) / price` (SPEC 0). ValueError where the price is not positive."""
    if price_cents <= 0:
        raise ValueError(f"a price must be positive, got {price_cents}")
    return (price_cents - cost_cents - seller_shipping_cents - fees_cents) / price_cents
