"""Price: what to ask, from comparables where there are some, else the price usual for the format."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from market.comparables import Comparable
from market.costs import FeeSchedule, ProductCost, margin_at

LEAST_MARGIN = 0.20
"""The margin below which a price is raised, where the comparables allow it."""

Basis = Literal["comparables", "usual retail price"]


@dataclass(frozen=True, slots=True)
class Asking:
    """The price to ask. `margin_ratio` is what is left of it with one provider on one marketplace."""

    price_cents: int
    margin_ratio: float
    basis: Basis
    raised: bool
    """Above the median of the comparables, because the margin there is under LEAST_MARGIN."""


def asking_price(product: ProductCost, fees: FeeSchedule, comparables: Sequence[Comparable]) -> Asking:
    """The median of the comparables, unless the margin there is under 20 %; then the lowest price that reaches it.

    Where no comparable reaches it, the median stays and the margin says what it is. Comparables must be in the
    product's currency; without any, the format's usual retail price of the cost table.
    """
    if not comparables:
        price = product.retail_price_cents
        return Asking(price, margin_at(price, product, fees), "usual retail price", raised=False)
    middle = int(median(row.price_cents for row in comparables) + 0.5)
    margin = margin_at(middle, product, fees)
    if margin < LEAST_MARGIN:
        reaching = sorted(
            row.price_cents for row in comparables if margin_at(row.price_cents, product, fees) >= LEAST_MARGIN
        )
        if reaching:
            return Asking(reaching[0], margin_at(reaching[0], product, fees), "comparables", raised=True)
    return Asking(middle, margin, "comparables", raised=False)


def least_price_cents(product: ProductCost, fees: FeeSchedule, margin: float = LEAST_MARGIN) -> int | None:
    """The lowest price at which this margin is left; None where fees and margin together take all of any price."""
    kept = 1 - fees.transaction_ratio - fees.payment_ratio - margin
    if kept <= 0:
        return None
    fixed = product.landed_cost_cents + fees.listing_fee_cents + fees.payment_fixed_cents
    price = max(math.floor(fixed / kept) - 2, 1)
    while margin_at(price, product, fees) < margin:
        price += 1
    return price
