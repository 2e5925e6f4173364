"""Pacing: no purse is overspent, and hours get what their traffic says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rl.bandit import BadBounds, BadReward
from rl.pacing import HOURS, Purse, hour_cents, hour_weights

share = st.floats(0, 1)


@given(st.integers(0, 10**9), st.lists(st.tuples(share, share, st.integers(0, 5)), min_size=HOURS, max_size=HOURS))
@settings(max_examples=60, deadline=None)
def test_a_budget_is_never_exceeded_however_late_spending_is_known(budget, hours) -> None:
    purse, waiting = Purse.of(budget), []
    handed = 0
    for hour, (weight, used, late) in enumerate(hours):
        for due in [each for each in waiting if each[0] <= hour]:
            purse = purse.settle(due[1], due[2])
            waiting.remove(due)
        amount = int(hour_cents(purse.free, np.full(HOURS, 0.1 + weight), hour))
        purse = purse.reserve(amount)
        spent = int(amount * used)
        waiting.append((hour + 1 + late, amount, spent))
        handed += spent
        assert handed <= budget
        assert int(purse.spent + purse.reserved) <= budget
    for _, amount, spent in waiting:
        purse = purse.settle(amount, spent)
    assert int(purse.spent) == handed
    assert int(purse.reserved) == 0


def test_more_than_is_free_cannot_be_reserved_nor_more_than_was_reserved_be_spent() -> None:
    purse = Purse.of([100, 50]).reserve([80, 10])
    assert purse.free.tolist() == [20, 40]
    with pytest.raises(BadBounds, match="cannot be reserved: 20 are free"):
        purse.reserve([21, 0])
    with pytest.raises(BadBounds, match="cannot be reserved"):
        purse.reserve([-1, 0])
    with pytest.raises(BadReward, match="more than was promised"):
        purse.settle([80, 10], [81, 0])
    with pytest.raises(BadReward, match="more than was promised"):
        purse.settle([81, 0], [1, 0])
    with pytest.raises(BadBounds, match="0 cents or more, got -1"):
        Purse.of(-1)


def test_hours_get_cents_by_weight_and_the_last_gets_the_rest() -> None:
    weights = np.array([1.0, 3.0, 6.0])
    assert int(hour_cents(1000, weights, 0)) == 100
    assert int(hour_cents(900, weights, 1)) == 300
    assert int(hour_cents(601, weights, 2)) == 601


@pytest.mark.parametrize("weights", [[1.0, 0.0], [1.0, np.nan], [1.0, -2.0], [1.0, np.inf]])
def test_a_weight_that_is_no_weight_is_refused(weights) -> None:
    with pytest.raises(BadBounds, match="finite and over 0"):
        hour_cents(100, weights, 0)


def test_weights_start_as_usual_and_come_to_what_was_seen() -> None:
    usual = np.array([0.5, 0.3, 0.2])
    assert hour_weights([0, 0, 0], usual) == pytest.approx(usual)
    assert hour_weights([0, 0, 0]) == pytest.approx(1 / 3)
    assert hour_weights([1e6, 2e6, 1e6], usual) == pytest.approx([0.25, 0.5, 0.25], abs=1e-3)
    with pytest.raises(BadReward, match="counts of 0 or more"):
        hour_weights([1, -1, 0])
