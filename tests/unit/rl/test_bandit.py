"""The bandit: shares, bounds, whole cents, and what it refuses to learn from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rl.bandit import BadBounds, BadReward, Posteriors, Thompson, allocate, choose, rounded, top_two, within


def beta(*counts: tuple[float, float]) -> Posteriors:
    shape, other = np.array(counts, float).T
    return Posteriors("beta", tuple(f"listing {number}" for number in range(len(counts))), shape, other)


posteriors = st.lists(st.tuples(st.floats(0.5, 5e3), st.floats(0.5, 5e4)), min_size=1, max_size=12).map(
    lambda counts: beta(*counts)
)


@given(posteriors, st.integers(0, 10**7), st.data())
@settings(max_examples=60, deadline=None)
def test_cents_stay_within_floors_caps_and_budget_and_propensities_add_up_to_one(known, budget, data) -> None:
    number = len(known.arms)
    floors = data.draw(st.lists(st.integers(0, budget // number), min_size=number, max_size=number))
    caps = [floor + data.draw(st.integers(0, budget)) for floor in floors]
    given_out = allocate(known, budget, floors, caps, np.random.default_rng(1))
    assert sum(each.cents for each in given_out) == min(budget, sum(min(cap, budget) for cap in caps))
    assert all(floor <= each.cents <= cap for floor, each, cap in zip(floors, given_out, caps, strict=True))
    assert sum(each.propensity for each in given_out) == pytest.approx(1, abs=1e-9)
    assert sum(each.share for each in given_out) == pytest.approx(1 if sum(each.cents for each in given_out) else 0)


def test_without_bounds_propensities_are_the_chances_and_cents_follow_them() -> None:
    known = beta((20, 400), (30, 400), (2, 60))
    chances = Thompson().shares(known)
    given_out = allocate(known, 10_000, rng=np.random.default_rng(2))
    assert [each.propensity for each in given_out] == pytest.approx(chances.tolist(), abs=1e-9)
    assert all(abs(each.cents - 10_000 * each.propensity) < 1 for each in given_out)


def test_one_budget_divides_one_row_of_posteriors() -> None:
    rows = Posteriors("gamma", ("a", "b"), np.ones((3, 2)), np.ones((3, 2)))
    with pytest.raises(BadBounds, match=r"one row of posteriors, got shape \(3, 2\)"):
        allocate(rows, 100)


def test_rounding_is_exact_in_the_mean() -> None:
    shares, rng = np.array([0.21, 0.33, 0.46]), np.random.default_rng(4)
    mean = np.mean([rounded(shares, 7, rng.random()) for _ in range(20_000)], axis=0)
    assert mean == pytest.approx(7 * shares, abs=0.02)


@pytest.mark.parametrize(
    ("budget", "floors", "caps", "told"),
    [
        (100, [60, 60], None, "floors of 120 cents are more than the budget of 100"),
        (100, [30, 0], [20, 50], "arm 0: a floor lies between 0 and the cap, got 30 of 20"),
        (-1, 0, None, "a budget is 0 cents or more, got -1"),
        (100, [-5, 0], None, "arm 0: a floor lies between 0"),
        (100, 0.5, None, "floors and caps are whole cents, one for all or one for each of 2 arms, got 0.5"),
        (100, 0, [1, 2, 3], "floors and caps are whole cents"),
    ],
)
def test_bounds_that_nothing_respects_are_refused_in_one_line(budget, floors, caps, told) -> None:
    with pytest.raises(BadBounds, match=told):
        allocate(beta((1, 9), (1, 9)), budget, floors, caps)


@pytest.mark.parametrize(
    ("rewards", "trials", "told"),
    [
        ([1, math.nan], [5, 5], "arm 'listing 1' is not a number: nan in 5"),
        ([math.inf, 1], [5, 5], "arm 'listing 0' is not a number"),
        ([1, -2], [5, 5], "arm 'listing 1' is negative: -2 in 5"),
        ([6, 1], [5, 5], "arm 'listing 0' has more rewards than trials: 6 in 5"),
        ([1, 1], [1e300, 5], r"arm 'listing 0' is over 1e\+15"),
        ([1, 1, 1], [5, 5, 5], "2 arms, but rewards of shape"),
    ],
)
def test_rewards_that_cannot_be_are_refused_with_arm_and_reason(rewards, trials, told) -> None:
    with pytest.raises(BadReward, match=told):
        beta((1, 9), (1, 9)).learned(rewards, trials)


def test_learning_in_two_parts_is_learning_at_once() -> None:
    start = beta((1, 9), (2, 8))
    parts = start.learned([1, 2], [10, 20]).learned([3, 0], [30, 5])
    assert parts.version == start.learned([4, 2], [40, 25]).version
    assert parts.version != start.version
    assert parts.mean == pytest.approx([5 / 50, 4 / 35])


def test_a_sharper_rule_gives_the_leader_more_and_a_campaign_at_its_end_nearly_all() -> None:
    known = beta((30, 970), (40, 960), (35, 965))
    leader = [float(rule.shares(known)[1]) for rule in (Thompson(), Thompson.ending(1.0), Thompson.ending(0.02))]
    assert leader == sorted(leader)
    assert leader[-1] > 0.99


def test_top_two_plays_the_leader_that_often_and_adds_up_to_one() -> None:
    shares = top_two(np.array([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0]]), 0.5)
    # By hand: .35 + .5 (.2 x .7 / .8 + .1 x .7 / .9)
    assert shares[0, 0] == pytest.approx(0.35 + 0.5 * (0.2 * 0.7 / 0.8 + 0.1 * 0.7 / 0.9))
    assert shares.sum(axis=1) == pytest.approx(1)
    assert shares[1].tolist() == [1, 0, 0]


def test_a_choice_tells_its_propensity_its_version_and_its_seed_and_can_be_drawn_again() -> None:
    known = beta((3, 97), (5, 95))
    choice = choose(known, np.random.default_rng(9), seed=9)
    assert choice == choose(known, np.random.default_rng(9), seed=9)
    assert choice.propensity == pytest.approx(Thompson().shares(known)[known.arms.index(choice.arm)])
    assert choice.version == f"thompson-1 sharpness=1 challenge=0 {known.version}"
    assert choice.seed == 9


def test_arms_are_chosen_as_often_as_their_propensity_says() -> None:
    known, rng = beta((3, 97), (5, 95), (2, 98)), np.random.default_rng(11)
    drawn = [known.arms.index(choose(known, rng).arm) for _ in range(1500)]
    assert np.bincount(drawn, minlength=3) / 1500 == pytest.approx(Thompson().shares(known), abs=0.05)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.data())
@settings(max_examples=60, deadline=None)
def test_shares_within_bounds_keep_their_order_where_no_bound_holds_them(raw, data) -> None:
    number = len(raw)
    shares = (np.array(raw) + 1e-6) / (sum(raw) + 1e-6 * number)
    least = np.array(data.draw(st.lists(st.floats(0, 1 / number), min_size=number, max_size=number)))
    most = np.array(data.draw(st.lists(st.floats(1 / number, 1), min_size=number, max_size=number)))
    inside = within(shares, least, most)
    assert inside.sum() == pytest.approx(1, abs=1e-12)
    assert (inside >= least - 1e-9).all()
    assert (inside <= most + 1e-9).all()
    free = (inside > least + 1e-6) & (inside < most - 1e-6)
    ratio = inside[free] / shares[free]
    assert ratio == pytest.approx(np.full(free.sum(), ratio[:1].mean() if free.any() else 0), rel=1e-4)


@pytest.mark.parametrize("settings_", [{"sharpness": 0}, {"sharpness": math.nan}, {"challenge": 1.5}])
def test_a_rule_with_impossible_settings_is_refused(settings_) -> None:
    with pytest.raises(BadBounds):
        Thompson(**settings_)


@pytest.mark.parametrize("left", [0, 1.01, math.nan])
def test_what_is_left_of_a_campaign_is_a_share(left) -> None:
    with pytest.raises(BadBounds, match="share in"):
        Thompson.ending(left)


def test_posteriors_are_finite_over_zero_and_one_an_arm() -> None:
    with pytest.raises(BadReward, match="finite and over 0"):
        beta((0, 1))
    with pytest.raises(BadReward, match="1 arms, but"):
        Posteriors("beta", ("a",), np.ones(2), np.ones(2))
    with pytest.raises(BadReward, match="no arm"):
        Posteriors("beta", (), np.ones(0), np.ones(0))
