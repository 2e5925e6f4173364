"""Priors: what is fitted to made-up arms is what they were made from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from rl.bandit import BadReward
from rl.prior import Likeness, TooLittle, _design, _loss, fit_hierarchy, fit_prior


def test_a_beta_prior_is_found_again() -> None:
    rng = np.random.default_rng(1)
    trials = rng.integers(50, 2000, 3000)
    successes = rng.binomial(trials, rng.beta(2, 60, 3000))
    shape, other = fit_prior("beta", successes, trials).parameters()
    assert shape[0] == pytest.approx(2, rel=0.1)
    assert other[0] == pytest.approx(60, rel=0.1)


def test_a_gamma_prior_is_found_again() -> None:
    rng = np.random.default_rng(2)
    exposure = rng.uniform(5, 300, 3000)
    counts = rng.poisson(rng.gamma(3, 1 / 40, 3000) * exposure)
    shape, other = fit_prior("gamma", counts, exposure).parameters()
    assert shape[0] == pytest.approx(3, rel=0.1)
    assert other[0] == pytest.approx(40, rel=0.1)


def test_a_new_listing_starts_from_its_like() -> None:
    rng = np.random.default_rng(3)
    scores, categories = rng.normal(60, 10, 2000), rng.choice(["mug", "poster"], 2000)
    mean = 0.03 * np.exp(0.3 * (scores - 60) / 10) * np.where(categories == "mug", 2, 1)
    trials = rng.integers(50, 500, 2000)
    successes = rng.binomial(trials, rng.beta(100 * mean, 100 * (1 - mean)))
    like = Likeness.of(scores, categories)
    prior = fit_prior("beta", successes, trials, like.features(scores, categories))
    shape, other = prior.parameters(like.features([60, 60, 80, np.nan, 60], ["mug", "poster", "mug", "mug", "lamp"]))
    start = shape / (shape + other)
    assert start[0] == pytest.approx(0.06, rel=0.1)
    assert start[1] == pytest.approx(0.03, rel=0.1)
    assert start[2] > 1.5 * start[0]
    assert start[3] == pytest.approx(start[0], rel=0.05), "a listing without a score starts from the mean score"
    assert start[1] < start[4] < start[0], "one of an unknown category from between them"


def test_a_category_of_one_listing_is_pulled_to_the_mean() -> None:
    trials, successes = np.array([1000] * 20 + [30]), np.array([30] * 20 + [0])
    like = Likeness.of(np.zeros(21), ["mug"] * 20 + ["lamp"])
    features = like.features(np.zeros(21), ["mug"] * 20 + ["lamp"])
    shape, other = fit_prior("beta", successes, trials, features).parameters(features[-1:])
    assert 0.005 < shape[0] / (shape[0] + other[0]) < 0.03


def test_posteriors_of_a_prior_have_learned_each_arms_own_counts() -> None:
    prior = fit_prior("beta", [3, 9, 4, 1], [100, 120, 90, 80])
    known = prior.posteriors(["a", "b"], [2, 0], [10, 0])
    shape, other = prior.parameters(arms=2)
    assert known.shape == pytest.approx(shape + np.array([2, 0]))
    assert known.other == pytest.approx(other + np.array([8, 0]))


@pytest.mark.parametrize("family", ["beta", "gamma"])
def test_the_gradient_is_that_of_the_likelihood(family) -> None:
    rng = np.random.default_rng(4)
    trials, features = rng.integers(5, 50, 40).astype(float), rng.normal(size=(40, 2))
    gained = rng.binomial(trials.astype(int), 0.2).astype(float)
    at, design = np.array([-1.0, 0.3, -0.2, 1.5]), _design(features, 40)
    slope = approx_fprime(at, lambda where: _loss(where, family, gained, trials, design)[0], 1e-6)
    assert _loss(at, family, gained, trials, design)[1] == pytest.approx(slope, rel=1e-3, abs=1e-3)


def test_both_levels_of_a_hierarchy_are_found_again() -> None:
    rng = np.random.default_rng(5)
    means = rng.beta(3, 200, 600)
    group = np.repeat(np.arange(600), 5)
    rates = rng.beta(1500 * means[group], 1500 * (1 - means[group]))
    trials = rng.integers(1000, 5000, 3000)
    found = fit_hierarchy(rng.binomial(trials, rates), trials, group)
    assert found.shape == pytest.approx(3, rel=0.2)
    assert found.other == pytest.approx(200, rel=0.2)
    assert found.strength == pytest.approx(1500, rel=0.25)


def test_a_group_starts_at_the_level_of_all_and_comes_to_its_own() -> None:
    rng = np.random.default_rng(6)
    trials = np.full(200, 2000)
    group = np.repeat(np.arange(50), 4)
    found = fit_hierarchy(rng.binomial(trials, rng.beta(2, 100, 50)[group]), trials, group)
    level = found.shape / (found.shape + found.other)
    means = found.means(np.array([[0, 0], [500, 700]]), np.array([[0, 0], [10_000, 10_000]]))
    assert means[0] == pytest.approx(level)
    assert means[1] == pytest.approx(0.06, rel=0.1)


@pytest.mark.parametrize("trials", [[0, 0, 0], [5, 0, 0]])
def test_a_prior_needs_two_arms_that_were_tried(trials) -> None:
    with pytest.raises(TooLittle, match="two arms"):
        fit_prior("beta", [0, 0, 0], trials)
    with pytest.raises(TooLittle, match="two groups"):
        fit_hierarchy([0, 0, 0], trials, [0, 1, 2])


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadReward, match="more rewards than trials"):
        fit_prior("beta", [3, 1], [2, 5])


def test_arms_that_never_earned_give_a_prior_near_zero_and_no_error() -> None:
    shape, other = fit_prior("beta", [0, 0, 0], [100, 100, 100]).parameters()
    assert 0 < shape[0] / (shape[0] + other[0]) < 0.01
