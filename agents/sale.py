"""Sale: one sale of an idea's product: who makes it, what it is sold for, what the marketplace keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agents.brief import Brief
from agents.figures import MOST_ROWS, Rows, clean_text, comparable_rows
from agents.specialist import Abstain
from market.comparables import Comparable
from market.costs import CostTable, FeeSchedule, ProductCost, dated, in_force, moment, providers_of
from market.price import Asking, asking_price


@dataclass(frozen=True, slots=True)
class Sale:
    """The cheapest provider, the fees a headline margin is computed with, the price to ask, and the rows of each."""

    table: CostTable
    product: ProductCost
    fees: FeeSchedule
    comparables: tuple[Comparable, ...]
    """Those whose prices can be compared with the product's cost."""
    asking: Asking
    costs: Rows
    """What base cost and fees were read from."""
    priced: Rows
    """The same and the comparables, where there are some: what the asking price rests on."""

    @property
    def fees_cents(self) -> int:
        """Fees of one sale at the asking price."""
        return self.fees.fees_cents(self.asking.price_cents)

    @property
    def margin_cents(self) -> int:
        """Left of one sale at the asking price."""
        return self.asking.price_cents - self.product.landed_cost_cents - self.fees_cents


def sale_of(brief: Brief) -> Sale:
    """One sale of the idea's format; Abstain where nobody makes it or no marketplace's fees are known."""
    table, products = costs_of(brief)
    if not table.fees:
        raise Abstain("no marketplace's fees are known; bring a CSV of fees")
    product, fees = products[0], table.fees[0]
    comparables = tuple(
        row for row in brief.comparables.rows if row.currency == product.currency and row.price_cents > 0
    )
    costs = cost_rows([product], brief.as_of) + fee_rows([fees], brief.as_of)
    priced = comparable_rows(comparables, brief.as_of) + costs if comparables else costs
    return Sale(table, product, fees, comparables, asking_price(product, fees, comparables), costs, priced)


def costs_of(brief: Brief) -> tuple[CostTable, tuple[ProductCost, ...]]:
    """The table in force and who makes the idea's format, cheapest first; Abstain where nobody does."""
    table = in_force(brief.costs, brief.as_of.date())
    products = providers_of(table, brief.idea.product_format)
    if not products:
        known = ", ".join(sorted({row.product_format for row in table.products})) or "none"
        raise Abstain(
            f"no provider's cost is known for a {clean_text(brief.idea.product_format, 40)!r} (known: {known}); "
            "bring a CSV of costs"
        )
    return table, products


def cost_rows(products: Sequence[ProductCost], as_of: datetime) -> Rows:
    """Rows of the cost table; the source says which day's table, and whether it is used for an earlier day."""
    return _table_rows("cost table", products, as_of)


def fee_rows(fees: Sequence[FeeSchedule], as_of: datetime) -> Rows:
    """Rows of the fee table; the source says which day's table, and whether it is used for an earlier day."""
    return _table_rows("fee table", fees, as_of)


def _table_rows(table: str, rows: Sequence[ProductCost | FeeSchedule], as_of: datetime) -> Rows:
    newest = max(row.known_on for row in rows)
    sources = "; ".join(dict.fromkeys(row.source for row in rows[:3]))
    return Rows(
        tuple(clean_text(row.row) for row in rows[:MOST_ROWS]),
        len(rows),
        clean_text(f"{dated(table, newest, as_of)} ({sources})"),
        moment(newest),
    )
