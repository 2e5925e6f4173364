"""Pricing: what it could sell for, and what would be left."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from agents.brief import Brief
from agents.decision import APPROVE_MARGIN
from agents.figures import Figures, comparable_rows, money, named, percent, plural, slug, stance
from agents.sale import Sale, cost_rows, fee_rows, sale_of
from agents.specialist import Report, Specialist
from market.costs import margin_at
from market.price import LEAST_MARGIN, least_price_cents
from trends.fact import Fact, Facts

QUANTILES = (("lowest", 0.0), ("lower_quartile", 0.25), ("median", 0.5), ("upper_quartile", 0.75), ("highest", 1.0))


class PricingReport(Report):
    """The price to ask and what is left of it."""

    price_cents: int = Field(
        gt=0, description="Asking price in cents: the value of pricing.price_cents or of a price quantile fact."
    )
    margin_ratio: float = Field(
        le=1,
        description="What is left of that price after cost, shipping and fees, copied from the fact for that price.",
    )
    basis: str = Field(max_length=60, description="What the price rests on, copied from pricing.basis.")


def facts(brief: Brief) -> list[Fact]:
    """Price quantiles of the comparables, fees per marketplace, and the margin at each quantile."""
    sale = sale_of(brief)
    asking, rows = sale.asking, sale.priced
    figures = Figures("pricing")
    figures.add("price_cents", asking.price_cents, "cents", "asking price", rows)
    figures.add("margin_ratio", asking.margin_ratio, "ratio", "margin at the asking price", rows)
    figures.add("margin_cents", sale.margin_cents, "cents", "left of one sale at the asking price", rows)
    figures.add("basis", asking.basis, "text", "what the asking price rests on", rows)
    figures.add("raised", asking.raised, "bool", "raised above the median to keep a margin of 20%", rows)
    figures.add("comparables", len(sale.comparables), "count", "comparables with a price in this currency", rows)
    figures.add("marketplace", named(sale.fees.marketplace), "text", "whose fees the margin is computed with", rows)
    figures.add("currency", sale.product.currency, "text", "currency of every amount", sale.costs)
    least = least_price_cents(sale.product, sale.fees)
    figures.add("least_price_cents", least, "cents", "lowest price at which the margin is 20%", sale.costs)
    if sale.comparables:
        _quantiles(figures, sale, brief)
    other = len(brief.comparables.rows) - len(sale.comparables)
    if other:
        figures.add("left_out", other, "count", "comparables left out for their currency", rows)
    _marketplaces(figures, sale, brief)
    return figures.facts


def _quantiles(figures: Figures, sale: Sale, brief: Brief) -> None:
    rows = comparable_rows(sale.comparables, brief.as_of)
    asked = np.array([row.price_cents for row in sale.comparables], dtype=float)
    prices = np.quantile(asked, [share for _, share in QUANTILES])
    for (name, _), price in zip(QUANTILES, prices, strict=True):
        cents, label = int(price + 0.5), name.replace("_", " ")
        figures.add(f"{name}_price_cents", cents, "cents", f"{label} price of the comparables", rows)
        margin = margin_at(cents, sale.product, sale.fees)
        figures.add(f"{name}_margin_ratio", margin, "ratio", f"margin at the {label} price", rows + sale.costs)


def _marketplaces(figures: Figures, sale: Sale, brief: Brief) -> None:
    price_cents = sale.asking.price_cents
    for fees in sale.table.fees:
        name = slug(fees.marketplace)
        if fees.currency != sale.product.currency or not name:
            continue
        rows = cost_rows([sale.product], brief.as_of) + fee_rows([fees], brief.as_of)
        label = f"fees of one sale on {fees.marketplace}"
        figures.add(f"{name}_fees_cents", fees.fees_cents(price_cents), "cents", label, rows)
        margin = margin_at(price_cents, sale.product, fees)
        figures.add(f"{name}_margin_ratio", margin, "ratio", f"margin on {fees.marketplace}", rows)


def rule(facts: Facts) -> PricingReport:
    """The asking price of the facts; for it above a margin of 20%, against it below."""
    price, margin = int(facts.number("pricing.price_cents")), facts.number("pricing.margin_ratio")
    basis, market = facts.text("pricing.basis"), facts.text("pricing.marketplace")
    count = int(facts.number("pricing.comparables"))
    rests = (
        f"from {plural(count, 'comparable')}" if count else "the usual price of this product: no comparables are known"
    )
    verdict = (
        "That is a healthy margin."
        if margin > APPROVE_MARGIN
        else "That is thin: check costs before going on."
        if margin >= LEAST_MARGIN
        else "That is too little to live on."
    )
    return PricingReport(
        summary=f"Ask {money(price)} ({rests}): {percent(margin)} is left after cost and {market} fees. {verdict}",
        stance=stance((margin - LEAST_MARGIN) / LEAST_MARGIN),
        facts=["pricing.price_cents", "pricing.margin_ratio", "pricing.basis", "pricing.comparables"],
        price_cents=price,
        margin_ratio=margin,
        basis=basis,
    )


PRICING = Specialist("pricing", tier="instant", facts=facts, report=PricingReport, rule=rule)
