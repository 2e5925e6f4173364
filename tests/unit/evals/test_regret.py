"""Regret: the line, the bounds, and the bandit beside its baselines on a short run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals.regret import INSTANCES, RULES, divergence, highest, line, over_line, run


def test_the_line_of_the_even_instance_is_the_one_by_hand() -> None:
    kl = 0.4 * np.log(0.4 / 0.5) + 0.6 * np.log(0.6 / 0.5)
    assert line(np.array(INSTANCES["even"])) == pytest.approx(9 * 0.1 / kl)


def test_playing_evenly_loses_the_mean_gap_every_round() -> None:
    rates = np.array([INSTANCES["sparse"]])
    lost = 1000 * (0.1 - rates.mean())
    assert over_line(rates, np.full((1, 10), 100.0))[0] == pytest.approx(lost / (line(rates[0]) * np.log(1000)))


def test_the_highest_rate_is_as_far_as_allowed() -> None:
    mean, allowed = np.array([0.1, 0.5, 0.9, 0.0]), np.array([0.05, 0.01, 0.02, 0.1])
    bound = highest(mean, allowed)
    assert divergence(np.clip(mean, 1e-9, 1), bound) == pytest.approx(allowed, abs=1e-4)
    assert (bound > mean).all()


@pytest.mark.parametrize("name", RULES)
def test_every_rule_plays_every_round_and_learns(name) -> None:
    rates = np.repeat(np.array([[0.8, 0.2, 0.2]]), 20, axis=0)
    plays = RULES[name](rates, 400, np.random.default_rng(1))
    assert plays.sum(axis=1).tolist() == [400] * 20
    assert plays[:, 0].mean() > 250


def test_a_short_run_says_every_figure_and_asks_nothing() -> None:
    result = run(small=True)
    assert result.asked == {}
    assert result.figures["ratio"] < result.baseline["ratio_kl_ucb"] < result.baseline["ratio_ucb1"]
    assert result.figures["worst_ratio"] >= result.figures["ratio"]


def test_data_is_refused() -> None:
    with pytest.raises(ValueError, match="leave --data out"):
        run(Path("arms.csv"))
