"""Research: one sale by hand, five forces where they can be measured, and the potential they make."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.research import RESEARCH
from agents.specialist import Abstain
from market.costs import CostTable
from tests.desks import ETSY, SHIRT, brief, comparable, facts_of


def test_one_sale_adds_up() -> None:
    facts = facts_of(RESEARCH, brief())
    price, cost, shipping, fees, left = (
        int(facts.number(f"research.{name}_cents")) for name in ("price", "cost", "shipping", "fees", "margin")
    )
    assert (price, cost, shipping, fees, left) == (2500, 1000, 400, 283, 817)
    # (1400 + 45) / (1 - .095) = 1596.7
    assert facts["research.break_even_price_cents"].value == 1597


def test_forces_without_data_are_absent_and_not_zero() -> None:
    facts = facts_of(RESEARCH, brief())
    assert facts["research.suppliers_pressure"].value == 1.0
    assert not {f"research.{force}_pressure" for force in ("rivalry", "entrants", "buyers", "substitutes")} & set(facts)


def test_the_five_forces_and_the_potential_by_hand() -> None:
    sticker = replace(SHIRT, product_format="sticker", retail_price_cents=500)
    second = replace(SHIRT, provider="other", base_cost_cents=1100)
    rows = [comparable(n, 2300 + 100 * n, reviews=10 * n) for n in range(5)]
    facts = facts_of(RESEARCH, brief(comparables=rows, costs=CostTable((SHIRT, second, sticker), (ETSY,))))
    forces = {"suppliers": 0.5, "substitutes": 0.8, "rivalry": 5 / 60, "buyers": 0.4, "entrants": 0.4}
    for name, value in forces.items():
        assert facts[f"research.{name}_pressure"].value == pytest.approx(value, abs=1e-4), name
    pressure = sum(forces.values()) / 5
    potential = 100 * (0.6 * 0.3268 / 0.40 + 0.4 * (1 - pressure))
    assert facts["research.profit_potential"].value == round(potential)


def test_a_loss_is_called_a_loss() -> None:
    report = RESEARCH.rule(facts_of(RESEARCH, brief(comparables=[comparable(1, 1200)])))
    assert report.summary.startswith("One sale loses $3.59")
    assert report.stance < 0


def test_it_abstains_where_nobody_makes_the_format() -> None:
    with pytest.raises(Abstain, match="bring a CSV of costs"):
        RESEARCH.facts(brief(product_format="spoon"))
