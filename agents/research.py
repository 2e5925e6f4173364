"""Research: what one sale leaves, and the forces that press on it.

Porter's five forces as measured proxies, each from 0 (no pressure) to 1 (all of it); one without data is left out:

    rivalry      listings known against 60, where competition is called crowded
    entrants     share of listings with under 20 reviews: how many newcomers there are
    suppliers    1 / providers who make this format: one provider sets the price
    buyers       share of comparables cheaper than the asking price: what buyers can turn to
    substitutes  1 - (usual price of the cheapest other format / asking price): the phrase for less money

`research.profit_potential` = 100 (.6 margin / .40 + .4 (1 - mean pressure)), the first term within 0 and 1.
"""

from __future__ import annotations

from statistics import mean

from pydantic import Field

from agents.brief import Brief
from agents.figures import Figures, clamp, money, percent, stance
from agents.sale import Sale, cost_rows, sale_of
from agents.specialist import Report, Specialist
from market.price import least_price_cents
from trends.fact import Fact, Facts

FULL_MARGIN = 0.40
CROWDED = 60
YOUNG_REVIEWS = 20
FEWEST = 5
"""Fewest comparables for a force that is a share of them."""
FORCES = ("rivalry", "entrants", "suppliers", "buyers", "substitutes")


class ResearchReport(Report):
    """Whether there is money in it."""

    profit_potential: float = Field(
        ge=0,
        le=100,
        description="Your judgement of the profit potential, 0-100; start from research.profit_potential.",
        json_schema_extra={"judgement": True},
    )


def facts(brief: Brief) -> list[Fact]:
    """Unit economics (cost, fees, shipping, price, margin, break-even) and the five forces as measured proxies."""
    sale = sale_of(brief)
    asking, product, priced = sale.asking, sale.product, sale.priced
    made = cost_rows([product], brief.as_of)
    figures = Figures("research")
    figures.add("price_cents", asking.price_cents, "cents", "asking price", priced)
    figures.add("cost_cents", product.base_cost_cents, "cents", "base cost", made)
    shipping = product.seller_shipping_cents
    figures.add("shipping_cents", shipping, "cents", "shipping the seller pays", made)
    figures.add("fees_cents", sale.fees_cents, "cents", f"fees of one sale on {sale.fees.marketplace}", priced)
    figures.add("margin_cents", sale.margin_cents, "cents", "left of one sale", priced)
    figures.add("margin_ratio", asking.margin_ratio, "ratio", "left of one sale, of the price", priced)
    even = least_price_cents(product, sale.fees, margin=0.0)
    figures.add("break_even_price_cents", even, "cents", "price at which nothing is left", sale.costs)
    forces = _forces(sale)
    for name, value in forces.items():
        figures.add(f"{name}_pressure", value, "share", f"pressure of {name}, 0-1", priced)
    pressure = mean(forces.values())
    figures.add("pressure", pressure, "share", f"mean pressure of the {len(forces)} forces that were measured", priced)
    score = 100 * (0.6 * clamp(asking.margin_ratio / FULL_MARGIN) + 0.4 * (1 - pressure))
    label = "profit potential, 0-100: margin and the five forces"
    figures.add("profit_potential", score, "score_0_100", label, priced)
    return figures.facts


def _forces(sale: Sale) -> dict[str, float]:
    """Each force that can be measured; suppliers always can."""
    wanted, price_cents, comparables = sale.product.product_format, sale.asking.price_cents, sale.comparables
    makers = sum(row.product_format == wanted for row in sale.table.products)
    forces = {"suppliers": 1 / makers}
    others = [row.retail_price_cents for row in sale.table.products if row.product_format != wanted]
    if others:
        forces["substitutes"] = clamp(1 - min(others) / price_cents)
    if len(comparables) >= FEWEST:
        forces["rivalry"] = clamp(len(comparables) / CROWDED)
        forces["buyers"] = sum(row.price_cents < price_cents for row in comparables) / len(comparables)
        reviewed = [row.reviews for row in comparables if row.reviews is not None]
        if len(reviewed) >= FEWEST:
            forces["entrants"] = sum(count < YOUNG_REVIEWS for count in reviewed) / len(reviewed)
    return forces


def rule(facts: Facts) -> ResearchReport:
    """For it above half of the full score, against it below."""
    score, left = facts.number("research.profit_potential"), facts.number("research.margin_cents")
    price, even = facts.number("research.price_cents"), facts.find_number("research.break_even_price_cents")
    pressed = {name: value for name in FORCES if (value := facts.find_number(f"research.{name}_pressure")) is not None}
    worst = max(pressed, key=lambda name: pressed[name])
    used = ["research.profit_potential", "research.margin_cents", "research.price_cents", f"research.{worst}_pressure"]
    earned = f"One sale at {money(price)} leaves {money(left)}" if left >= 0 else f"One sale loses {money(-left)}"
    if even is not None:
        used.append("research.break_even_price_cents")
        earned += f"; nothing is left at {money(even)}"
    return ResearchReport(
        summary=f"{earned}. Of what presses on that, {worst} press hardest ({percent(pressed[worst])}).",
        stance=stance((score - 50) / 50),
        facts=used,
        profit_potential=score,
    )


RESEARCH = Specialist("research", tier="reasoning", facts=facts, report=ResearchReport, rule=rule)
