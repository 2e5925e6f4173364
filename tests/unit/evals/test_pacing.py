"""Pacing over made-up days: the order of the policies, and that the world is what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals import pacing
from evals.pacing import BUDGET_CENTS, DAYS, POLICIES, by_thompson, made, run, simulate
from rl.bandit import BadBounds


def test_the_bandit_earns_more_than_its_baselines_less_than_the_oracle_and_never_overspends() -> None:
    result = run(small=True)
    earned = result.baseline
    assert result.figures["overspends"] == 0
    assert result.figures["days"] == pacing.SMALL_SHOPS * DAYS
    assert earned["revenue_cents_uniform"] < result.figures["revenue_cents"] < earned["revenue_cents_oracle"]
    assert result.figures["over_greedy_lower"] > 0
    assert 0.95 < result.figures["spent_ratio"] <= 1


def test_a_policy_that_asks_for_more_than_is_free_is_stopped() -> None:
    world = made(3, np.random.default_rng(1))
    with pytest.raises(BadBounds, match="cannot be reserved"):
        simulate(world, lambda seen, world, purse: purse.free + 1, by_thompson, np.random.default_rng(2))


def test_orders_come_late_and_all_of_them_once() -> None:
    world = made(20, np.random.default_rng(3))
    known: list[float] = []

    def watched(seen, world):
        known.append(float((seen.known * seen.prices).sum()))
        return POLICIES["uniform"][1](seen, world)

    ledger = simulate(world, POLICIES["uniform"][0], watched, np.random.default_rng(4))
    whole = float(ledger.revenue.sum())
    assert known == sorted(known)
    assert 0.8 * whole < known[-1] < whole


def test_unlimited_money_buys_no_more_than_the_audience(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made(20, np.random.default_rng(5))
    worth = (world.audience.sum(axis=1) * world.worth.max(axis=1)).mean() * DAYS
    monkeypatch.setattr(pacing, "BUDGET_CENTS", BUDGET_CENTS * 1000)
    ledger = simulate(world, *POLICIES["oracle"], np.random.default_rng(6))
    assert ledger.revenue.mean() == pytest.approx(worth, rel=0.1)


def test_data_is_refused() -> None:
    with pytest.raises(ValueError, match="leave --data out"):
        run(Path("days.csv"))
