"""Weights: what is proposed of past days, and what the gate lets pass."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from rl.weights import FEWEST_DAYS, PastDay, Ruling, compare, gate, propose, totals
from store.weights import check
from trends.score_table import TERMS, Weights

FIRST = date(2026, 1, 5)
SHIPPED = dict(zip(TERMS, Weights().values, strict=True))


def days(which: int, count: int = 20, ideas: int = 60, seed: int = 3) -> list[PastDay]:
    """Days on which one term alone decided, with noise; a tenth of the terms is missing."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        terms = rng.random((ideas, 5))
        came = terms[:, which] + 0.1 * rng.standard_normal(ideas)
        terms[rng.random(terms.shape) < 0.1] = np.nan
        found.append(PastDay(FIRST + timedelta(days=number), terms, came))
    return found


@pytest.mark.parametrize("which", range(5))
def test_the_term_that_decided_gets_the_most_weight(which: int) -> None:
    proposal = propose(days(which))
    assert max(proposal.five, key=lambda name: proposal.five[name]) == TERMS[which]
    assert proposal.five[TERMS[which]] > SHIPPED[TERMS[which]] + 0.2
    assert (proposal.days, proposal.ideas) == (20, 1200)


def test_what_is_proposed_can_be_set() -> None:
    proposal = propose(days(2))
    check(proposal.five, proposal.reason)
    assert sum(proposal.five.values()) == pytest.approx(1, abs=1e-5)
    assert proposal.reason == "learned from 1,200 ideas of 20 days whose outcome is known"


def test_with_nothing_to_learn_from_the_prior_is_proposed() -> None:
    assert propose(()).five == pytest.approx(SHIPPED)
    few = [PastDay(one.on, one.terms[:5], one.came[:5]) for one in days(0)]
    assert propose(few).five == pytest.approx(SHIPPED)
    held = Weights(version=2, freshness=1, engagement=0, novelty=0, community_fit=0, seasonality=1)
    assert propose((), held).five["seasonality"] == 0.5


def test_outcomes_without_a_pattern_move_the_weights_little() -> None:
    rng = np.random.default_rng(5)
    noise = [PastDay(one.on, one.terms, rng.random(len(one.came))) for one in days(0, 10)]
    moved = propose(noise).five
    assert max(abs(moved[name] - SHIPPED[name]) for name in TERMS) < 0.12


def test_the_order_of_the_days_does_not_matter_and_twice_gives_the_same() -> None:
    past = days(3)
    assert propose(past).five == propose(past[::-1]).five == propose(past).five


def test_the_newest_days_weigh_most() -> None:
    turned = [PastDay(one.on + timedelta(days=120), one.terms, one.came) for one in days(1, seed=4)]
    assert propose([*days(0), *turned]).five["engagement"] > propose([*days(0), *turned]).five["freshness"]


def test_a_day_that_is_none_is_refused() -> None:
    one = days(0)[0]
    with pytest.raises(ValueError, match="5 terms"):
        propose([PastDay(one.on, one.terms[:, :4], one.came)])
    with pytest.raises(ValueError, match="finite outcome"):
        propose([PastDay(one.on, one.terms, np.where(one.came > 0.5, np.nan, one.came))])


def test_a_total_gives_the_weight_of_what_is_missing_to_the_others() -> None:
    terms = np.array([[1.0, 0.0, 0.0, 0.0, 0.0], [1.0, np.nan, np.nan, 0.0, np.nan], [np.nan] * 5])
    assert totals(terms, SHIPPED).tolist() == pytest.approx([0.2, 0.4, 0.0])


def test_one_that_is_better_every_day_goes_and_one_that_is_worse_does_not() -> None:
    rng = np.random.default_rng(1)
    live = 0.7 + 0.02 * rng.standard_normal(40)
    assert compare(live + 0.02 + 0.01 * rng.standard_normal(40), live).go
    worse = compare(live - 0.02 + 0.01 * rng.standard_normal(40), live)
    assert (worse.go, worse.why[:5]) == (False, "worse")
    level = compare(live + 0.01 * rng.standard_normal(40), live)
    assert not level.go


def test_too_few_days_decide_nothing_and_days_of_which_one_is_unknown_do_not_count() -> None:
    few = compare([0.9] * (FEWEST_DAYS - 1) + [float("nan")] * 9, [0.1] * (FEWEST_DAYS + 8))
    assert (few.go, few.days) == (False, FEWEST_DAYS - 1)
    assert "too few" in few.why
    assert compare([], []).why == "there is no day to compare on"
    with pytest.raises(ValueError, match="1 days"):
        compare([0.5], [])


def test_what_is_no_better_passes_about_as_seldom_as_it_should_even_where_weeks_overlap() -> None:
    rng = np.random.default_rng(2)
    passed = 0
    for draw in range(200):
        gains = np.convolve(rng.standard_normal(36), np.ones(7) / 7, "valid")
        passed += compare(gains, np.zeros(len(gains)), block_days=7, seed=draw).go
    assert passed <= 18  # 2.5 % are meant; 9 % would show that the days are taken for independent (14 %)


def test_the_gate_asks_the_explored_share_too() -> None:
    better = Ruling(True, "better: by far", 30, 0.02, 0.01)
    assert gate(better, Ruling(False, "not surely", 9, 0.001, -0.1)).go
    assert gate(better, None).why == "the explored share knows 0 days: 5 are needed"
    against = gate(better, Ruling(False, "worse", 9, -0.001, -0.1))
    assert (against.go, against.gain) == (False, 0.02)
    assert "does not agree" in against.why
    worse = Ruling(False, "worse: by far", 30, -0.02, -0.03)
    assert gate(worse, better) is worse
