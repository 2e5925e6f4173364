"""Simulated campaigns: their money, their dice, their oracle, and the environment in Gymnasium's form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.optimize import minimize

from rl.campaigns import TRAINING, UNSEEN, Ranges, draw
from rl.dividing import fill, likeliest, thompson
from rl.dynamics import PARTS, Estimate, shipped
from rl.oracle import plan, revenue_of, worth_of
from rl.promotion_env import PromotionEnv
from rl.promotions import EVEN, OBSERVED, Market

SHORT = Ranges(days=(3, 6), listings=3)


def market(ranges: Ranges = TRAINING, count: int = 16, seed: int = 1) -> Market:
    return Market(shipped(), ranges, thompson, count, np.random.default_rng(seed))


def episode(environment: PromotionEnv, seed: int, actions: np.ndarray) -> list[Any]:
    seen, info = environment.reset(seed=seed)
    told: list[Any] = [seen.tolist(), info]
    for action in actions:
        seen, reward, over, cut, info = environment.step(action)
        told.append((seen.tolist(), reward, over, cut, info))
        if over:
            break
    return told


def test_the_environment_is_what_gymnasium_asks() -> None:
    check_env(PromotionEnv(), skip_render_check=True)


def test_the_same_seed_and_actions_give_the_same_episode_and_another_seed_another() -> None:
    actions = np.random.default_rng(0).uniform(-1, 1, (28, 2)).astype(np.float32)
    assert episode(PromotionEnv(), 3, actions) == episode(PromotionEnv(), 3, actions)
    assert episode(PromotionEnv(), 3, actions) != episode(PromotionEnv(), 4, actions)


def test_environments_are_stepped_side_by_side_by_gymnasium() -> None:
    several = gymnasium.vector.SyncVectorEnv([lambda: PromotionEnv(ranges=SHORT)] * 3)
    seen, _ = several.reset(seed=1)
    assert seen.shape == (3, len(OBSERVED))
    for _ in range(8):
        seen, rewards, *_ = several.step(np.zeros((3, 2), np.float32))
    assert rewards.shape == (3,)
    several.close()


def test_an_action_that_is_no_number_is_refused_and_so_is_a_step_before_reset() -> None:
    environment = PromotionEnv()
    with pytest.raises(RuntimeError, match="reset"):
        environment.step(np.zeros(2, np.float32))
    environment.reset(seed=1)
    with pytest.raises(ValueError, match="two finite numbers"):
        environment.step(np.array([np.nan, 0], np.float32))


@settings(max_examples=25)
@given(
    some.integers(0, 10_000), some.lists(some.tuples(some.floats(-9, 9), some.floats(-9, 9)), min_size=1, max_size=6)
)
def test_no_budget_is_exceeded_whatever_the_actions(seed: int, actions: list[tuple[float, float]]) -> None:
    held = market(SHORT, 8, seed)
    for action in [*actions, *[(1.0, 1.0)] * 6]:
        held.day(np.tile(action, (8, 1)))
        assert (held.books.spent <= held.campaigns.budget).all()
        assert (held.left >= 0).all()


def test_a_divider_that_gives_away_too_much_does_not_exceed_the_budget_either() -> None:
    held = Market(shipped(), SHORT, lambda evidence, _: np.full(evidence.value.shape, 5.0), 8, np.random.default_rng(1))
    held.play(lambda seen: np.ones((len(seen), 2)))
    assert (held.books.spent <= held.campaigns.budget).all()


def test_even_pacing_spends_the_whole_budget_in_even_shares() -> None:
    held = market(count=8)
    held.day(np.tile(EVEN, (8, 1)))
    assert held.books.spent == pytest.approx(held.campaigns.budget / held.campaigns.days)
    held.play(lambda seen: np.tile(EVEN, (len(seen), 1)))
    assert held.books.spent == pytest.approx(held.campaigns.budget)


def test_orders_arrive_late_and_all_of_them_with_the_last_day() -> None:
    early, late = (market(replace(UNSEEN, delay_days=(days, days)), 64) for days in (0.1, 20.0))
    for held in (early, late):
        held.day(np.tile(EVEN, (64, 1)))
    assert late.books.arrived.sum() < 0.2 * early.books.arrived.sum()
    for held in (early, late):
        held.play(lambda seen: np.tile(EVEN, (len(seen), 1)))
        assert held.books.pending.sum() == 0


def test_what_is_expected_of_the_spending_is_what_arrives_in_the_mean() -> None:
    revenue, expected = market(SHORT, 4000).play(lambda seen: np.tile(EVEN, (len(seen), 1)))
    error = (revenue - expected).std() / np.sqrt(len(revenue))
    assert abs((revenue - expected).mean()) < 3 * error


def test_observations_stay_in_their_space_and_name_no_hidden_truth() -> None:
    held = market(count=64)
    space = PromotionEnv().observation_space
    rng = np.random.default_rng(2)
    for _ in range(28):
        assert all(space.contains(seen) for seen in held.observe())
        held.day(rng.uniform(-1, 1, (64, 2)))
    one, two = market(count=4), market(count=4)
    two.campaigns.orders_per_click[:] *= 2
    two.campaigns.peak_day[:] += 5
    assert (one.observe() == two.observe()).all()


def test_ranges_of_training_and_evaluation_do_not_touch() -> None:
    assert TRAINING.budget_usd[1] < UNSEEN.budget_usd[0]
    assert TRAINING.delay_days[1] < UNSEEN.delay_days[0]
    with pytest.raises(ValueError, match="budget_usd"):
        Ranges(budget_usd=(5.0, 1.0))
    with pytest.raises(ValueError, match="at least 1 over 2"):
        Ranges(listings=0)


def test_water_filling_earns_as_much_as_a_general_optimiser() -> None:
    rng = np.random.default_rng(3)
    worth, kappa, budget = rng.uniform(0.1, 4, 5), rng.uniform(2, 30, 5), np.array(40.0)
    ours = fill(worth, kappa, budget)
    assert ours.sum() == pytest.approx(40)
    found = minimize(
        lambda s: -(worth * s / (1 + s / kappa)).sum(),
        np.full(5, 8.0),
        bounds=[(0, 40)] * 5,
        constraints={"type": "eq", "fun": lambda s: s.sum() - 40},
    )
    assert (worth * ours / (1 + ours / kappa)).sum() >= -found.fun - 1e-4


def test_the_bandit_moves_the_budget_to_what_sells() -> None:
    held = market(count=200)
    for divider in (thompson, likeliest):
        evidence = held.evidence(np.full(200, 30.0))
        evidence.exposure[:], evidence.orders[:] = 400.0, 40.0
        evidence.orders[:, 2] = 120.0
        evidence.value[:] = 20.0
        shares = divider(evidence, np.random.default_rng(1))
        assert shares.sum(axis=1) == pytest.approx(np.ones(200))
        assert (shares[:, 2] > 1.5 * shares[:, 0]).all()


def test_the_oracles_gradient_is_the_slope_of_its_revenue() -> None:
    dynamics, rng = shipped(), np.random.default_rng(4)
    campaigns = draw(dynamics, SHORT, 2, rng)
    worth = worth_of(campaigns, dynamics)
    amounts = rng.uniform(0, 10, worth.shape)
    _, gradient = revenue_of(amounts, worth, campaigns, dynamics)
    for at in [(0, 0, 0), (1, 5, 2), (0, 7, 1)]:
        up, down = amounts.copy(), amounts.copy()
        up[at] += 1e-4
        down[at] -= 1e-4
        two = [revenue_of(each, worth, campaigns, dynamics)[0].sum() for each in (up, down)]
        assert gradient[at] == pytest.approx((two[0] - two[1]) / 2e-4, rel=1e-4)


def test_without_fatigue_the_oracle_is_water_filling_over_all_parts_and_listings() -> None:
    rested = replace(shipped(), fatigue_share=Estimate((1e-9,), None, "share", "test"))
    campaigns = draw(rested, SHORT, 4, np.random.default_rng(5))
    worth = worth_of(campaigns, rested)
    amounts, revenue, gap = plan(campaigns, rested)
    kappa = np.broadcast_to(campaigns.kappa[:, None, :], worth.shape).reshape(4, -1)
    filled = fill(np.maximum(worth.reshape(4, -1), 1e-12), kappa, campaigns.budget).reshape(worth.shape)
    best = revenue_of(filled, worth, campaigns, rested)[0]
    assert revenue == pytest.approx(best, rel=2e-3)
    assert (gap < 0.01 * revenue).all()
    assert amounts.sum(axis=(1, 2)) == pytest.approx(campaigns.budget)


def test_the_oracle_earns_more_than_even_pacing_and_spends_nothing_after_the_end() -> None:
    held = market(TRAINING, 32)
    amounts, revenue, _ = plan(held.campaigns, held.dynamics, 50)
    for one, days in enumerate(held.campaigns.days):
        assert (amounts[one, PARTS * days :] == 0).all()
    even = held.play(lambda seen: np.tile(EVEN, (len(seen), 1)))[1]
    assert (revenue > even).all()
