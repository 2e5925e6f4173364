"""Feedback: every outcome once, as far as it is due, less the older it is; what cannot be is set aside."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl.bandit import BadReward, allocate
from rl.feedback import Delay, Outcome, counted, fit_delay
from rl.prior import fit_prior

ARMS = ("mug", "poster")


def outcome(key: str, arm: str = "mug", hours: float = 0.0, trials: float = 10, reward: float = 1) -> Outcome:
    return Outcome(key, arm, hours, trials, reward)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 5)), max_size=20), st.integers(1, 3))
def test_outcomes_that_come_again_are_counted_once_as_last_stated(stated, times) -> None:
    rows = [outcome(key, reward=reward) for key, reward in stated]
    last = dict(stated)
    found = counted("beta", ARMS, rows * times, now_hours=1)
    assert found.rewards.tolist() == [sum(last.values()), 0]
    assert found.trials.tolist() == [10 * len(last), 0]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (outcome("x", trials=-1), "is negative"),
        (outcome("x", trials=1, reward=3), "has more rewards than trials: 3 in 1"),
        (outcome("x", reward=math.nan), "is not a number"),
        (outcome("x", reward=1e300, trials=1e301), r"is over 1e+15"),
        (outcome("x", arm="hat"), "no arm 'hat'"),
        (outcome("x", hours=9), "dated 9 h, after now (5 h)"),
        (outcome("x", hours=math.nan), "dated nan h"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_reason_and_the_rest_is_learned(wrong, reason) -> None:
    found = counted("beta", ARMS, [outcome("a"), wrong, outcome("b", "poster")], now_hours=5)
    (refused,) = found.refused
    assert (refused.row, refused.key) == (2, "x")
    assert reason in refused.reason
    assert found.rewards.tolist() == [1, 1]


def test_evidence_halves_with_its_half_life() -> None:
    rows = [outcome("old", hours=0, trials=80, reward=8), outcome("new", hours=48, trials=10, reward=1)]
    found = counted("beta", ARMS, rows, now_hours=48, half_life_hours=24)
    assert found.trials[0] == pytest.approx(80 / 4 + 10)
    assert found.rewards[0] == pytest.approx(8 / 4 + 1)


def test_trials_count_as_far_as_their_rewards_are_due() -> None:
    rows = [outcome("young", hours=9, trials=1000, reward=0), outcome("old", "poster", hours=-1000, trials=1000)]
    found = counted("beta", ARMS, rows, now_hours=10, delay=Delay(10))
    assert found.trials[0] == pytest.approx(1000 * (1 - math.exp(-0.1)))
    assert found.trials[1] == pytest.approx(1000)


def test_a_reward_that_came_at_once_still_has_a_trial() -> None:
    found = counted("beta", ARMS, [outcome("a", hours=10, trials=5, reward=2)], now_hours=10, delay=Delay(10))
    assert found.trials[0] == found.rewards[0] == 2


def test_a_mean_delay_is_found_again_where_slow_rewards_cannot_be_seen_yet() -> None:
    rng = np.random.default_rng(1)
    longest = rng.uniform(0, 30, 40_000)
    waited = rng.exponential(12, 40_000)
    seen = waited <= longest
    assert waited[seen].mean() < 8
    assert fit_delay(waited[seen], longest[seen]).mean_hours == pytest.approx(12, rel=0.1)


@pytest.mark.parametrize(("waited", "longest"), [([], []), ([5], [4]), ([-1], [4]), ([math.nan], [4])])
def test_delays_that_cannot_be_are_refused(waited, longest) -> None:
    with pytest.raises(BadReward, match="delays are hours"):
        fit_delay(waited, longest)


def test_a_mean_delay_is_over_zero() -> None:
    with pytest.raises(BadReward, match="over 0 hours, got 0"):
        Delay(0)


def test_a_night_from_outcomes_to_allocations_changes_nothing_when_it_runs_twice() -> None:
    prior = fit_prior("beta", [3, 9, 4, 1], [100, 120, 90, 80])
    rows = [outcome("a", trials=50, reward=4), outcome("b", "poster", trials=60, reward=1), outcome("c", reward=-1)]

    def night(stated):
        found = counted("beta", ARMS, stated, now_hours=30, half_life_hours=240, delay=Delay(6))
        known = prior.posteriors(ARMS, found.rewards, found.trials)
        return allocate(known, 5000, floors=100, caps=4000, rng=np.random.default_rng(8), seed=8)

    assert night(rows) == night(rows * 2)
    assert [each.arm for each in night(rows)] == list(ARMS)
    assert sum(each.propensity for each in night(rows)) == pytest.approx(1)
