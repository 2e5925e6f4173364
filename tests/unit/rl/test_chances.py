"""Chances: what the quadrature gives is what the posteriors say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaincc
from scipy.stats import beta

from rl.chances import FINE, QUICK, best_chances

parameters = st.floats(0.05, 1e6)
arms = st.lists(st.tuples(parameters, parameters), min_size=1, max_size=30)


@given(arms, st.sampled_from(["beta", "gamma"]), st.sampled_from([FINE, QUICK]))
@settings(max_examples=60, deadline=None)
def test_chances_are_never_negative_and_add_up_to_one(drawn, family, nodes) -> None:
    shape, other = np.array(drawn).T
    chances = best_chances(family, shape, other, nodes)
    assert (chances >= 0).all()
    assert chances.sum() == pytest.approx(1, abs=1e-12)


@given(arms, st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_arms_changes_no_chance(drawn, shuffler) -> None:
    order = list(range(len(drawn)))
    shuffler.shuffle(order)
    shape, other = np.array(drawn).T
    ordered = best_chances("beta", shape, other)
    # Nodes may move where two contenders tie, so as far as the quadrature is exact.
    assert best_chances("beta", shape[order], other[order]) == pytest.approx(ordered[order], abs=1e-4)


@pytest.mark.parametrize(("a", "b"), [((3, 120), (4, 90)), ((1, 1), (400, 9000)), ((40, 60), (4000, 6100))])
def test_two_betas_agree_with_adaptive_integration(a, b) -> None:
    def density(rate: float) -> float:
        return float(beta.pdf(rate, *a) * beta.cdf(rate, *b))

    middle = [beta.ppf(level, *one) for one in (a, b) for level in (0.001, 0.5, 0.999)]
    exact, _ = quad(density, 0, 1, points=middle, limit=200, epsabs=1e-10)
    assert best_chances("beta", *np.array([a, b], float).T)[0] == pytest.approx(exact, abs=2e-6)


def test_two_gammas_agree_with_the_closed_form() -> None:
    """X / (X + Y) of scaled gammas is beta: P(X > Y) = I(1/2) of the ratio of rates."""
    shape, rate = np.array([3.0, 7.0]), np.array([40.0, 100.0])
    exact = betaincc(shape[0], shape[1], rate[0] / rate.sum())
    assert best_chances("gamma", shape, rate)[0] == pytest.approx(exact, abs=2e-6)


@pytest.mark.parametrize("family", ["beta", "gamma"])
def test_many_arms_agree_with_a_large_sample_within_its_error(family) -> None:
    rng, draws = np.random.default_rng(5), 200_000
    trials = np.exp(rng.uniform(2, 9, 12)).astype(int)
    orders = rng.binomial(trials, rng.beta(3, 100, 12))
    shape, other = 1.0 + orders, 60.0 + trials - orders
    size = (draws, 12)
    drawn = rng.beta(shape, other, size) if family == "beta" else rng.gamma(shape, 1 / other, size)
    wins = np.bincount(drawn.argmax(axis=1), minlength=12) / draws
    exact = best_chances(family, shape, other)
    assert (np.abs(wins - exact) < 4.5 * np.sqrt(exact * (1 - exact) / draws) + 1e-5).all()


def test_rows_are_taken_one_by_one() -> None:
    rng = np.random.default_rng(1)
    shape, other = rng.uniform(1, 50, (2, 3, 4)), rng.uniform(50, 500, (2, 3, 4))
    together = best_chances("beta", shape, other)
    assert together.shape == (2, 3, 4)
    assert together[1, 2] == pytest.approx(best_chances("beta", shape[1, 2], other[1, 2]), abs=1e-12)


def test_equal_arms_are_equally_likely_and_a_single_arm_is_certain() -> None:
    assert best_chances("beta", np.full(300, 2.0), np.full(300, 90.0)) == pytest.approx(1 / 300, abs=1e-9)
    assert best_chances("gamma", [2.0], [3.0]).tolist() == [1.0]


def test_quick_nodes_are_within_a_thousandth() -> None:
    rng = np.random.default_rng(3)
    shape, other = rng.uniform(1, 80, (50, 6)), rng.uniform(60, 4000, (50, 6))
    assert best_chances("beta", shape, other, QUICK) == pytest.approx(best_chances("beta", shape, other), abs=2e-3)
