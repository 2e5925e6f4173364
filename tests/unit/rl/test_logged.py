"""Logged decisions: what a row's probabilities are, what the weights are worth, and which logs are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rl.logged import BadLog, effective_sample_size, logged

ACTION, REWARD, PROPENSITY = [0, 1, 1, 2], [1.0, 0.0, 1.0, 0.0], [0.5, 0.25, 0.5, 0.2]
TARGET = [[0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.0, 1.0, 0.0], [0.6, 0.2, 0.2]]
PREDICTED = [[0.5, 0.1, 0.2], [0.4, 0.3, 0.1], [0.2, 0.6, 0.1], [0.3, 0.3, 0.3]]


def test_a_weight_is_how_much_oftener_the_policy_would_have_acted_so() -> None:
    log = logged(ACTION, REWARD, PROPENSITY, TARGET, predicted=PREDICTED)
    assert log.weight.tolist() == pytest.approx([0.4, 3.2, 2.0, 1.0])
    assert log.left.tolist() == pytest.approx([0.5, -0.3, 0.4, -0.3])
    assert log.ess == pytest.approx(6.6**2 / (0.16 + 10.24 + 4 + 1))


def test_the_effective_sample_is_all_rows_at_equal_weights_one_at_a_single_weight_and_none_without() -> None:
    assert effective_sample_size(np.full(50, 3.0)) == pytest.approx(50)
    assert effective_sample_size(np.array([0.0, 9.0, 0.0])) == pytest.approx(1)
    assert effective_sample_size(np.zeros(4)) == 0


def test_the_position_of_a_row_picks_its_probabilities() -> None:
    by_place = np.array([[0.9, 0.2], [0.1, 0.8]])
    log = logged([0, 1, 1], [1, 0, 1], [0.5, 0.5, 0.5], by_place, position=[0, 1, 0])
    assert log.target.tolist() == [[0.9, 0.1], [0.2, 0.8], [0.9, 0.1]]


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"reward": [1.0, float("nan"), 0.0, 1.0]}, "row 1: reward nan is no finite number"),
    ({"reward": [1.0, 0.0, float("inf"), 1.0]}, "row 2: reward inf is no finite number"),
    ({"reward": [1.0, 0.0, 1e150, 1.0]}, r"row 2: weight times reward 2e\+150 is over 1e\+100"),
    ({"reward": [1.0, "much", 0.0, 1.0]}, "reward holds something that is no number"),
    ({"reward": [1.0, 0.0]}, "2 rewards, but 4 values of propensity"),
    ({"reward": [[1.0, 0.0]] * 4}, "reward has 2 dimensions"),
    ({"propensity": [0.5, 0.0, 0.5, 0.2]}, r"row 1: propensity 0 is outside \(0, 1\]"),
    ({"propensity": [0.5, 0.25, 1.5, 0.2]}, r"row 2: propensity 1.5 is outside \(0, 1\]"),
    ({"propensity": [0.5, 0.25, 0.5, float("nan")]}, r"row 3: propensity nan is outside \(0, 1\]"),
    ({"propensity": [0.5, 5e-324, 0.5, 0.2]}, "row 1: weight times reward inf"),
    ({"action": [0, 1, 3, 2]}, r"row 2: action 3 is outside \[0, 3\)"),
    ({"action": [0, -1, 1, 2]}, "row 1: action -1"),
    ({"action": [0, 0.5, 1, 2]}, "row 1: action 0.5 is no whole number"),
    ({"target": [0.5, 0.2, 0.2]}, "row 0: the sum of target 0.9 is not that of probabilities"),
    ({"target": [1.5, -0.5, 0.0]}, "row 0: the sum of target 1 is not that of probabilities"),
    ({"target": TARGET[:2]}, "target has the shape .2, 3., which does not fit 4 rows"),
    ({"predicted": [0.1, 0.2]}, "predicted has 2 actions, target 3"),
    ({"predicted": [0.1, 0.2, float("nan")]}, "row 0: predicted nan"),
    ({"position": [0, 1, 5, 0], "target": np.full((4, 3, 2), 1 / 3)}, r"row 2: position 5 is outside \[0, 2\)"),
    ({"action": [], "reward": [], "propensity": []}, "the log is empty"),
]


@pytest.mark.parametrize(("change", "said"), BROKEN)
def test_a_broken_log_is_refused_with_its_row_and_reason(change: dict[str, Any], said: str) -> None:
    whole = {"action": ACTION, "reward": REWARD, "propensity": PROPENSITY, "target": TARGET, "predicted": PREDICTED}
    with pytest.raises(BadLog, match=said) as refused:
        logged(**{**whole, **change})
    assert "\n" not in str(refused.value)
