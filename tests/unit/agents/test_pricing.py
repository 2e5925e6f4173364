"""Pricing: the price by its rule, the margin by hand, and what is said where costs come from a later table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.pricing import PRICING
from agents.specialist import Abstain
from market.costs import CostTable, load_default_costs
from tests.desks import ETSY, SHIRT, TABLE, brief, comparable, facts_of


def test_price_and_margin_are_those_of_the_hand_checked_example() -> None:
    facts = facts_of(PRICING, brief(comparables=[comparable(n, cents) for n, cents in enumerate((2000, 2500, 4000))]))
    assert facts["pricing.price_cents"].value == 2500
    assert facts["pricing.margin_cents"].value == 2500 - 1000 - 400 - 283
    assert facts["pricing.margin_ratio"].value == pytest.approx(0.3268)
    assert [facts[f"pricing.{name}_price_cents"].value for name in ("lowest", "median", "highest")] == [
        2000,
        2500,
        4000,
    ]
    assert facts["pricing.highest_margin_ratio"].value == pytest.approx((4000 - 1400 - 425) / 4000)


def test_every_marketplace_of_the_same_currency_states_its_fees() -> None:
    facts = facts_of(PRICING, brief(costs=CostTable((SHIRT,), load_default_costs().fees)))
    assert facts["pricing.shopify_fees_cents"].value == 30 + 73
    assert facts["pricing.ebay_fees_cents"].value == 40 + 340
    assert "pricing.tiktok_shop_margin_ratio" in facts


def test_figures_are_traced_to_comparables_costs_and_fees() -> None:
    fact = facts_of(PRICING, brief(comparables=[comparable(n) for n in range(30)]))["pricing.margin_ratio"]
    assert len(fact.rows) == 20
    assert fact.row_count == 32
    assert {"cost:acme/shirt", "fee:etsy", comparable(0).row} <= set(fact.rows)


def test_without_comparables_it_says_so() -> None:
    given = brief()
    facts = facts_of(PRICING, given)
    assert facts["pricing.basis"].value == "usual retail price"
    assert "no comparables are known" in PRICING.rule(facts).summary
    assert "pricing.median_price_cents" not in facts


def test_a_later_table_is_named_as_such() -> None:
    earlier = brief(as_of=brief().as_of.replace(year=2017))
    assert "used for an earlier day" in facts_of(PRICING, earlier)["pricing.price_cents"].source


def test_prices_in_another_currency_are_left_out_and_counted() -> None:
    facts = facts_of(PRICING, brief(comparables=[comparable(1), comparable(2, 9900, currency="EUR")]))
    assert facts["pricing.left_out"].value == 1
    assert facts["pricing.comparables"].value == 1


def test_it_abstains_where_nobody_makes_the_format_and_says_what_is_known() -> None:
    with pytest.raises(Abstain, match=r"'spoon'.*known: shirt.*CSV of costs"):
        PRICING.facts(brief(product_format="spoon"))


def test_it_abstains_without_fees() -> None:
    with pytest.raises(Abstain, match="CSV of fees"):
        PRICING.facts(brief(costs=CostTable((SHIRT,), ())))


@pytest.mark.parametrize(("price", "sign"), [(1700, -1), (2600, 1)])
def test_the_rule_is_for_a_margin_above_twenty_per_cent_and_against_one_below(price: int, sign: int) -> None:
    report = PRICING.rule(facts_of(PRICING, brief(comparables=[comparable(1, price)])))
    assert report.stance * sign > 0


def test_a_margin_in_between_is_called_thin() -> None:
    report = PRICING.rule(facts_of(PRICING, brief(comparables=[comparable(1, 2150)])))
    assert "thin" in report.summary


def test_marketplaces_of_one_slug_state_their_fees_once() -> None:
    fees = (
        ETSY,
        replace(ETSY, marketplace="My Shop"),
        replace(ETSY, marketplace="my-shop"),
        replace(ETSY, marketplace="!"),
    )
    ids = [fact.id for fact in PRICING.facts(brief(costs=replace(TABLE, fees=fees)))]
    assert ids.count("pricing.my_shop_fees_cents") == 1
    assert len(ids) == len(set(ids))
