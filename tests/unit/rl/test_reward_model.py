"""The reward model: what it has seen, what it says with little, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from rl.logged import BadLog, Floats, Ints
from rl.reward_model import predict_rewards


def shown(rows: int, seed: int = 1) -> tuple[Floats, Ints, Floats, Floats]:
    """Contexts, actions, rewards and rates of a world in which the better of two actions depends on the context."""
    rng = np.random.default_rng(seed)
    context = rng.integers(0, 2, size=(rows, 1)).astype(np.float64)
    action = rng.integers(0, 2, size=rows)
    rate = np.where(context == np.array([[0.0, 1.0]]), 0.3, 0.05)
    reward = (rng.random(rows) < rate[np.arange(rows), action]).astype(np.float64)
    return context, action, reward, rate


def test_a_slope_of_its_own_for_each_action_is_found_where_there_is_one() -> None:
    context, action, reward, rate = shown(4000)
    found = predict_rewards(context, action, reward, 2, forms=((False, 1.0), (True, 1.0)))
    assert np.abs(found - rate).mean() < 0.03
    additive = predict_rewards(context, action, reward, 2, forms=((False, 1.0),))
    assert np.abs(additive - rate).mean() > 0.1


def test_no_row_has_seen_its_own_reward() -> None:
    context, action, reward, _ = shown(60)
    once = predict_rewards(context, action, reward, 2, forms=((False, 1.0),))
    for row in range(5):
        other = reward.copy()
        other[row] = 1 - other[row]
        again = predict_rewards(context, action, other, 2, forms=((False, 1.0),))
        assert again[row].tolist() == once[row].tolist()
        assert again.tolist() != once.tolist()


def test_few_rewards_are_shrunk_to_their_mean() -> None:
    rng = np.random.default_rng(2)
    reward = np.zeros(1000)
    reward[:4] = 1
    predicted = predict_rewards(rng.random((1000, 2)), rng.integers(0, 20, size=1000), reward, 20)
    assert predicted.min() > 0.002 and predicted.max() < 0.008


def test_rewards_that_are_all_equal_are_predicted_by_a_smoothed_mean() -> None:
    predicted = predict_rewards(np.zeros((9, 1)), np.zeros(9, dtype=np.int64), np.zeros(9), 2)
    assert predicted == pytest.approx(np.full((9, 2), 1 / 8))


def test_rewards_that_are_no_yes_or_no_and_logs_of_too_few_rows_are_refused() -> None:
    nothing = np.zeros(3, dtype=np.int64)
    with pytest.raises(BadLog, match="0 and 1 only"):
        predict_rewards(np.zeros((3, 1)), nothing, np.array([0.0, 0.5, 1.0]), 2)
    with pytest.raises(BadLog, match="2 rows cannot be cut into 3 folds"):
        predict_rewards(np.zeros((2, 1)), nothing[:2], np.zeros(2), 2)
