"""Supply chain: who makes it, and whether it arrives before its occasion."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from agents.specialist import Abstain
from agents.supply_chain import SUPPLY_CHAIN
from market.costs import CostTable
from tests.desks import ETSY, SHIRT, TODAY, brief, facts_of, halloween

TWO = CostTable(
    (SHIRT, replace(SHIRT, provider="swift", base_cost_cents=1200, shipping_days=2, regions=("JP",))), (ETSY,)
)


def test_the_cheapest_provider_leads_and_all_are_counted() -> None:
    facts = facts_of(SUPPLY_CHAIN, brief(costs=TWO))
    assert facts["supply_chain.provider"].value == "Acme"
    assert facts["supply_chain.providers"].value == 2
    assert facts["supply_chain.lead_days"].value == 8
    assert facts["supply_chain.fastest_lead_days"].value == 5
    assert facts["supply_chain.dearest_cost_cents"].value == 1600
    assert facts["supply_chain.regions"].value == "EU, JP, US"


def test_an_occasion_leaves_days_to_spare_and_without_one_there_is_no_such_fact() -> None:
    facts = facts_of(SUPPLY_CHAIN, brief(costs=TWO, occasion=halloween(TODAY + timedelta(days=20))))
    assert facts["supply_chain.slack_days"].value == 12
    assert "supply_chain.slack_days" not in facts_of(SUPPLY_CHAIN, brief(costs=TWO))


@pytest.mark.parametrize(("ahead", "feasibility"), [(8, "good"), (7, "poor"), (-3, "poor")])
def test_an_order_that_arrives_on_the_day_is_in_time_and_a_day_later_is_not(ahead: int, feasibility: str) -> None:
    given = brief(costs=TWO, occasion=halloween(TODAY + timedelta(days=ahead)))
    report = SUPPLY_CHAIN.rule(facts_of(SUPPLY_CHAIN, given))
    assert report.model_dump()["feasibility"] == feasibility
    assert (report.stance > 0) is (feasibility == "good")


@pytest.mark.parametrize(("days", "feasibility"), [(14, "good"), (15, "limited")])
def test_more_than_two_weeks_are_limited(days: int, feasibility: str) -> None:
    slow = CostTable(tuple(replace(row, production_days=days, shipping_days=0) for row in TWO.products), (ETSY,))
    assert SUPPLY_CHAIN.rule(facts_of(SUPPLY_CHAIN, brief(costs=slow))).model_dump()["feasibility"] == feasibility


def test_one_provider_alone_is_limited() -> None:
    assert SUPPLY_CHAIN.rule(facts_of(SUPPLY_CHAIN, brief())).model_dump()["feasibility"] == "limited"


def test_it_abstains_where_nobody_makes_the_format() -> None:
    with pytest.raises(Abstain, match="known: shirt"):
        SUPPLY_CHAIN.facts(brief(product_format="spoon"))
