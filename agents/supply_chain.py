"""Supply chain: who can make it, for what, and when it arrives."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agents.brief import Brief
from agents.figures import Figures, clamp, idea_rows, money, named, plural, stance
from agents.sale import cost_rows, costs_of
from agents.specialist import Report, Specialist
from trends.fact import Fact, Facts

GOOD_PROVIDERS = 2
"""With a second provider an order does not hang on one."""
LONG_LEAD_DAYS = 14
"""A lead time above it is limited: buyers of printed gifts expect two weeks at most."""


class SupplyChainReport(Report):
    """Whether it can be made and delivered."""

    feasibility: Literal["good", "limited", "poor"] = Field(
        description="good: two or more providers, arrives in two weeks; poor: it arrives after its occasion."
    )
    lead_days: int = Field(ge=0, description="Days from order to arrival, copied from supply_chain.lead_days.")


def facts(brief: Brief) -> list[Fact]:
    """Providers, base cost, shipping, lead time, variants, reach, and the days to spare before the occasion."""
    _, products = costs_of(brief)
    cheapest = products[0]
    figures = Figures("supply_chain")
    one, every = cost_rows([cheapest], brief.as_of), cost_rows(products, brief.as_of)
    regions = sorted({region for product in products for region in product.regions})
    figures.add("providers", len(products), "count", "providers who make this product", every)
    figures.add("provider", named(cheapest.provider), "text", "cheapest provider, shipping included", one)
    figures.add("base_cost_cents", cheapest.base_cost_cents, "cents", "base cost at the cheapest provider", one)
    figures.add("shipping_cents", cheapest.seller_shipping_cents, "cents", "shipping that the seller pays", one)
    dearest = products[-1].landed_cost_cents
    figures.add("dearest_cost_cents", dearest, "cents", "base cost and shipping at the dearest provider", every)
    figures.add("production_days", cheapest.production_days, "days", "days to make it", one)
    figures.add("lead_days", cheapest.lead_days, "days", "days from order to arrival", one)
    fastest = min(product.lead_days for product in products)
    figures.add("fastest_lead_days", fastest, "days", "days from order to arrival at the fastest provider", every)
    figures.add("variants", cheapest.variants, "count", "sizes and colours at the cheapest provider", one)
    figures.add("regions", ", ".join(regions), "text", "where it can be made and shipped to without customs", every)
    figures.add("region_count", len(regions), "count", "regions reached", every)
    age = abs((brief.as_of.date() - cheapest.known_on).days)
    figures.add("table_age_days", age, "days", "days between the cost table and this day", one)
    occasion = brief.idea.occasion
    if occasion is not None:
        slack = (occasion.on - brief.as_of.date()).days - cheapest.lead_days
        label = "days to spare between an arrival and the occasion (negative: too late)"
        figures.add("slack_days", slack, "days", label, one + idea_rows(brief))
    return figures.facts


def rule(facts: Facts) -> SupplyChainReport:
    """Good with two providers and two weeks; limited with less; poor once an order arrives after the occasion."""
    providers, lead = int(facts.number("supply_chain.providers")), facts.number("supply_chain.lead_days")
    cost = facts.number("supply_chain.base_cost_cents")
    slack = facts.find_number("supply_chain.slack_days")
    used = ["supply_chain.providers", "supply_chain.lead_days", "supply_chain.base_cost_cents"]
    feasibility: Literal["good", "limited", "poor"] = "good"
    if providers < GOOD_PROVIDERS or lead > LONG_LEAD_DAYS:
        feasibility = "limited"
    note = ""
    if slack is not None:
        used.append("supply_chain.slack_days")
        if slack < 0:
            feasibility, note = "poor", " An order made now arrives after the occasion."
        else:
            note = f" {plural(slack, 'day')} to spare before the occasion."
    value = {"good": 0.5, "limited": 0.1, "poor": -1.0}[feasibility]
    spare = 0.2 * clamp(1 - lead / LONG_LEAD_DAYS)
    name = facts.text("supply_chain.provider")
    return SupplyChainReport(
        summary=(
            f"{plural(providers, 'provider')} can make it; {name} asks {money(cost)} and an order arrives in "
            f"{plural(lead, 'day')}.{note}"
        ),
        stance=stance(value + (spare if feasibility == "good" else 0)),
        facts=used,
        feasibility=feasibility,
        lead_days=int(lead),
    )


SUPPLY_CHAIN = Specialist("supply_chain", tier="instant", facts=facts, report=SupplyChainReport, rule=rule)
