"""Bench train: how many days of campaigns a second PPO learns from, beside one campaign at a time in Gymnasium's form.

Both learn with the same network, epochs and batch, and both times include acting, simulating, the bandit and updating.
The simulator alone is timed too: a fleet's days a second, and one environment's.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np

from evals.report import Asked, Result
from rl.campaigns import TRAINING
from rl.dividing import thompson
from rl.dynamics import Dynamics, shipped
from rl.promotions import EVEN, Market

STEPS, ALONE_STEPS, SIMULATED = 107_520, 3_584, 400
SMALL = 8
"""By how much the small size is smaller."""
ASKED = {"speedup": Asked(least=4)}


def run(seed: int = 7, small: bool = False) -> Result:
    """Times both; ModuleNotFoundError without the extra `rl`."""
    from rl.train import Training, train

    dynamics, by = shipped(), SMALL if small else 1
    fleet = Training(steps=STEPS // by, judged=1, judge_every=10**9)
    alone = Training(steps=ALONE_STEPS // by, fleet=1, rollout=448, batch=448, judged=1, judge_every=10**9)
    seconds = []
    for how in (fleet, alone):
        began = perf_counter()
        train(dynamics, seed, how)
        seconds.append(perf_counter() - began)
    rate, alone_rate = fleet.steps / seconds[0], alone.steps / seconds[1]
    figures = {
        "speedup": rate / alone_rate,
        "steps_per_s": rate,
        "simulated_per_s": simulated(dynamics, seed, fleet.fleet, SIMULATED // by),
        "steps": fleet.steps,
        "seconds": seconds[0],
    }
    baseline = {
        "steps_per_s": alone_rate,
        "simulated_per_s": simulated_alone(dynamics, seed, SIMULATED // by),
        "steps": alone.steps,
        "seconds": seconds[1],
    }
    note = f"{fleet.fleet} campaigns side by side in numpy; baseline: one at a time; one thread"
    return Result("train", figures, baseline, "simulated", seed, (note,), {} if small else ASKED)


def simulated(dynamics: Dynamics, seed: int, count: int, days: int) -> float:
    """Days a second of a fleet without learning."""
    market = Market(dynamics, TRAINING, thompson, count, np.random.default_rng(seed))
    actions = np.tile(EVEN, (count, 1))
    began = perf_counter()
    for _ in range(days):
        market.day(actions)
        if market.over.any():
            market.begin(market.over)
        market.observe()
    return count * days / (perf_counter() - began)


def simulated_alone(dynamics: Dynamics, seed: int, days: int) -> float:
    """Days a second of one environment without learning."""
    from rl.promotion_env import PromotionEnv

    environment, action = PromotionEnv(dynamics), np.array(EVEN, np.float32)
    environment.reset(seed=seed)
    began = perf_counter()
    for _ in range(days):
        if environment.step(action)[2]:
            environment.reset()
    return days / (perf_counter() - began)
