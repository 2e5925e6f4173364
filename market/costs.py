"""Costs: what a product costs to make and to sell, from a dated table of base costs, shipping, lead times and fees.

The shipped tables (`tables/costs.csv`, `tables/fees.csv`) are defaults; a seller's own rows replace them format by
format and marketplace by marketplace. A table has days: `in_force` takes the newest row of each provider known on a
day, and for a day before the oldest table that oldest one, marked as later than the day.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from market.reference import BadReference, Reference, get_day, get_integer, get_ratio, get_text

TABLES = Path(__file__).parent / "tables"


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

    @property
    def row(self) -> str:
        """How a fact names this row."""
        return f"cost:{self.provider}/{self.product_format}"

    @property
    def landed_cost_cents(self) -> int:
        """What the seller pays for one order before fees: base cost and seller-paid shipping."""
        return self.base_cost_cents + self.seller_shipping_cents

    @property
    def lead_days(self) -> int:
        """Days from an order to its arrival."""
        return self.production_days + self.shipping_days


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

    @property
    def row(self) -> str:
        """How a fact names this row."""
        return f"fee:{self.marketplace}"

    def fees_cents(self, price_cents: int) -> int:
        """All fees on one sale at this price, in minor units, rounded half up."""
        share = (self.transaction_ratio + self.payment_ratio) * price_cents
        return self.listing_fee_cents + self.payment_fixed_cents + int(share + 0.5)


@dataclass(frozen=True, slots=True)
class CostTable:
    """Formats and fee schedules, of all days. A headline margin is computed with the first schedule."""

    products: tuple[ProductCost, ...]
    fees: tuple[FeeSchedule, ...]


def margin_ratio(price_cents: int, cost_cents: int, seller_shipping_cents: int, fees_cents: int) -> float:
    """`(price - cost - seller-paid shipping - fees) / price`. ValueError where the price is not positive."""
    if price_cents <= 0:
        raise ValueError(f"a price must be positive, got {price_cents}")
    return (price_cents - cost_cents - seller_shipping_cents - fees_cents) / price_cents


def margin_at(price_cents: int, product: ProductCost, fees: FeeSchedule) -> float:
    """The margin at this price with this provider on this marketplace."""
    return margin_ratio(
        price_cents, product.base_cost_cents, product.seller_shipping_cents, fees.fees_cents(price_cents)
    )


@lru_cache(maxsize=1)
def load_default_costs() -> CostTable:
    """The shipped table, all its days. Etsy's fees come first."""
    return CostTable(
        products=tuple(product_of(row) for row in _records(TABLES / "costs.csv")),
        fees=tuple(fee_of(row) for row in _records(TABLES / "fees.csv")),
    )


def read_costs(rows: Iterable[Reference], default: CostTable | None = None) -> CostTable:
    """The table with the seller's own rows in place of ours, per format and per marketplace.

    Rows of other kinds and rows that do not hold what their kind needs are passed over: the intake quarantines them.
    """
    base = default if default is not None else load_default_costs()
    products, fees = [], []
    for row in rows:
        try:
            if row.kind == "cost":
                products.append(product_of(row.body, row.known_at.date()))
            elif row.kind == "fee":
                fees.append(fee_of(row.body, row.known_at.date()))
        except BadReference:
            continue
    formats = {product.product_format for product in products}
    markets = {fee.marketplace for fee in fees}
    return CostTable(
        products=(*products, *(each for each in base.products if each.product_format not in formats)),
        fees=(*(each for each in base.fees if each.marketplace not in markets), *fees),
    )


def _slug(marketplace: str) -> str:
    return marketplace.strip().lower().replace(" ", "_")


def knows(table: CostTable, marketplace: str) -> bool:
    """Whether the table has this marketplace's fees, however its name is written."""
    return any(fee.marketplace == _slug(marketplace) for fee in table.fees)


def prefer(table: CostTable, marketplace: str) -> CostTable:
    """The same table with this marketplace's fees first; unchanged where it has none."""
    marketplace = _slug(marketplace)
    return replace(table, fees=tuple(sorted(table.fees, key=lambda fee: fee.marketplace != marketplace)))


def in_force(table: CostTable, on: date) -> CostTable:
    """One row for each provider and format, and for each marketplace: the newest known on that day, else the oldest."""
    return CostTable(
        products=_newest(table.products, on, lambda row: (row.provider, row.product_format)),
        fees=_newest(table.fees, on, lambda row: row.marketplace),
    )


Dated = TypeVar("Dated", ProductCost, FeeSchedule)


def _newest(rows: Sequence[Dated], on: date, key: Callable[[Dated], object]) -> tuple[Dated, ...]:
    chosen: dict[object, Dated] = {}
    for row in rows:
        held = chosen.get(key(row))
        if held is None or _rank(row.known_on, on) > _rank(held.known_on, on):
            chosen[key(row)] = row
    return tuple(chosen.values())


def _rank(known_on: date, on: date) -> tuple[bool, int]:
    """Known by the day beats later; among known ones the newest, among later ones the oldest."""
    known = known_on <= on
    return known, known_on.toordinal() if known else -known_on.toordinal()


def providers_of(table: CostTable, product_format: str) -> tuple[ProductCost, ...]:
    """Who makes this format, cheapest first (base cost and seller-paid shipping together), then the faster."""
    rows = (row for row in table.products if row.product_format == product_format)
    return tuple(sorted(rows, key=lambda row: (row.landed_cost_cents, row.lead_days, row.provider)))


def moment(day: date) -> datetime:
    """The day a table is known on, as the moment a fact carries."""
    return datetime.combine(day, time(), UTC)


def dated(table: str, day: date, as_of: datetime) -> str:
    """How a fact says which table it used."""
    later = ", used for an earlier day" if day > as_of.date() else ""
    return f"{table} of {day.isoformat()}{later}"


def product_of(body: Mapping[str, Any], known_on: date | None = None) -> ProductCost:
    """A cost row from a record of the cost table's columns; BadReference names what is missing or wrong."""
    return ProductCost(
        product_format=get_text(body, "product_format").lower().replace(" ", "_"),
        provider=get_text(body, "provider"),
        base_cost_cents=get_integer(body, "base_cost_cents", least=0),
        seller_shipping_cents=get_integer(body, "seller_shipping_cents", least=0, default=0),
        retail_price_cents=get_integer(body, "retail_price_cents", least=1),
        currency=get_text(body, "currency", default="USD").upper(),
        production_days=get_integer(body, "production_days", least=0),
        shipping_days=get_integer(body, "shipping_days", least=0),
        variants=get_integer(body, "variants", least=1, default=1),
        regions=tuple(part.strip() for part in get_text(body, "regions", default="US").split(";") if part.strip()),
        known_on=get_day(body, "known_on", default=known_on),
        source=get_text(body, "source", default="the seller's own table"),
    )


def fee_of(body: Mapping[str, Any], known_on: date | None = None) -> FeeSchedule:
    """A fee schedule from a record of the fee table's columns; BadReference names what is missing or wrong."""
    return FeeSchedule(
        marketplace=_slug(get_text(body, "marketplace")),
        listing_fee_cents=get_integer(body, "listing_fee_cents", least=0, default=0),
        transaction_ratio=get_ratio(body, "transaction_ratio"),
        payment_ratio=get_ratio(body, "payment_ratio", default=0.0),
        payment_fixed_cents=get_integer(body, "payment_fixed_cents", least=0, default=0),
        currency=get_text(body, "currency", default="USD").upper(),
        known_on=get_day(body, "known_on", default=known_on),
        source=get_text(body, "source", default="the seller's own table"),
    )


def _records(path: Path) -> Iterable[Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))
