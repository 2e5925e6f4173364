"""Eval regret: what learning costs the bandit over a long time, beside the least that any consistent rule can cost.

Ten Bernoulli arms, 100,000 rounds, 100 seeds, on two instances: `sparse` {.1, three .05, three .02, three .01} and
`even` {.5, nine .4}. Regret is expected: plays x gap, summed. The line is Lai and Robbins' (1985): the sum over worse
arms of gap / KL(arm, best), times the logarithm of the rounds; it is asymptotic, so a finite run may stay under it.

    ratio          mean regret over the line, mean of the two instances
    worst_ratio    the same of the worse instance; worst_seed: of the worst single seed of either

The bandit is the product's (`rl.bandit.Thompson`, sharpness 1, from Beta(1, 1)), nothing told of the horizon. It learns
in batches, as the product does: a batch is as large as a fiftieth of the rounds so far, divided by its exact shares.

Baselines play and learn round by round: `ucb1` (Auer 2002), `kl_ucb` (Garivier and Cappe 2011; bounds of arms not
played are renewed whenever the rounds have grown by a hundredth) and `epsilon_greedy` (a tenth even).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from evals.bandit import spread_out
from evals.report import Asked, Figure, Result
from rl.bandit import Ints, Posteriors, Thompson
from rl.chances import QUICK, Floats

INSTANCES: Mapping[str, tuple[float, ...]] = {
    "sparse": (0.1, 0.05, 0.05, 0.05, 0.02, 0.02, 0.02, 0.01, 0.01, 0.01),
    "even": (0.5,) + (0.4,) * 9,
}
ROUNDS, SEEDS = 100_000, 100
SMALL = 2_000, 10
BATCH_RATIO = 0.02
EPSILON = 0.1
HALVINGS = 20
RENEWED = 1.01
ASKED = {"ratio": Asked(most=0.70), "worst_ratio": Asked(most=1.0)}

Rule = Callable[[Floats, int, np.random.Generator], Floats]
"""Plays per arm, (rows, arms), from true rates (rows, arms) and the number of rounds."""
Chosen = Callable[[Floats, Floats, int], Ints]
"""The arm of each row, (rows,), from rewards and plays so far, (rows, arms), and the number of rounds played."""


def run(data: Path | None = None, seed: int = 7, small: bool = False) -> Result:
    """Plays both instances with every rule; `data` is not read: the arms are the ones above."""
    if data is not None:
        raise ValueError("this suite plays arms of its own: leave --data out")
    rounds, seeds = SMALL if small else (ROUNDS, SEEDS)
    rates = np.repeat(np.array(list(INSTANCES.values())), seeds, axis=0)
    told = {name: over_line(rates, rule(rates, rounds, np.random.default_rng(seed))) for name, rule in RULES.items()}
    figures, baseline = _figures(told.pop("bandit"), seeds), dict[str, Figure]()
    for name, ratios in told.items():
        baseline |= {f"{key}_{name}": value for key, value in _figures(ratios, seeds).items()}
    lines = ", ".join(f"{name} {line(np.array(one)) * np.log(rounds):.0f}" for name, one in INSTANCES.items())
    notes = (f"{rounds:,} rounds, {seeds} seeds; the line in lost rewards: {lines}",)
    return Result("regret", figures, baseline, "ten Bernoulli arms", seed, notes, {} if small else ASKED)


def _figures(ratios: Floats, seeds: int) -> dict[str, Figure]:
    means = dict(zip(INSTANCES, ratios.reshape(-1, seeds).mean(axis=1).tolist(), strict=True))
    figures: dict[str, Figure] = {"ratio": float(np.mean(list(means.values()))), "worst_ratio": max(means.values())}
    return figures | {f"ratio_{name}": mean for name, mean in means.items()} | {"worst_seed": float(ratios.max())}


def line(rates: Floats) -> float:
    """What the logarithm of the rounds is multiplied with: the sum of gap / KL over the worse arms of (arms,)."""
    best = rates.max()
    worse = rates[rates < best]
    return float(((best - worse) / divergence(worse, np.full(worse.shape, best))).sum())


def divergence(p: Floats, q: Floats) -> Floats:
    """The Kullback-Leibler divergence of Bernoulli p from q, both inside (0, 1), in nats."""
    return np.asarray(p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)))


def over_line(rates: Floats, plays: Floats) -> Floats:
    """Each row's regret over its line, (rows,)."""
    lost = (plays * (rates.max(axis=1, keepdims=True) - rates)).sum(axis=1)
    return np.asarray(lost / np.array([line(row) * np.log(plays.sum() / len(plays)) for row in rates]))


def bandit(rates: Floats, rounds: int, rng: np.random.Generator) -> Floats:
    """The product, in batches that grow with what was played."""
    plays, won = np.zeros(rates.shape), np.zeros(rates.shape)
    rule, arms, played = Thompson(nodes=QUICK), tuple(map(str, range(rates.shape[1]))), 0
    start = Posteriors("beta", arms, np.ones(rates.shape), np.ones(rates.shape))
    while played < rounds:
        batch = min(max(1, int(played * BATCH_RATIO)), rounds - played)
        given = spread_out(rule.shares(start.learned(won, plays)), np.full(len(rates), float(batch)), rng)
        won, plays, played = won + rng.binomial(given, rates), plays + given, played + batch
    return plays


def by_round(
    rates: Floats, rounds: int, rng: np.random.Generator, chosen: Callable[[Floats, Floats, int], Ints]
) -> Floats:
    """Plays one arm a row and round; every arm once first."""
    rows = np.arange(len(rates))
    plays, won = np.ones(rates.shape), (rng.random(rates.shape) < rates).astype(float)
    for played in range(rates.shape[1], rounds):
        arm = chosen(won, plays, played)
        plays[rows, arm] += 1
        won[rows, arm] += rng.random(len(rows)) < rates[rows, arm]
    return plays


def ucb1(rates: Floats, rounds: int, rng: np.random.Generator) -> Floats:
    """To the highest mean + sqrt(2 log t / n)."""

    def chosen(won: Floats, plays: Floats, played: int) -> Ints:
        return np.asarray((won / plays + np.sqrt(2 * np.log(played) / plays)).argmax(axis=1))

    return by_round(rates, rounds, rng, chosen)


def epsilon_greedy(rates: Floats, rounds: int, rng: np.random.Generator) -> Floats:
    """To the highest mean, in a tenth of the rounds to any arm."""
    rows, arms = rates.shape

    def chosen(won: Floats, plays: Floats, _: int) -> Ints:
        explores = rng.random(rows) < EPSILON
        return np.asarray(np.where(explores, rng.integers(0, arms, rows), (won / plays).argmax(axis=1)))

    return by_round(rates, rounds, rng, chosen)


def kl_ucb(rates: Floats, rounds: int, rng: np.random.Generator) -> Floats:
    """To the highest rate that the arm's plays do not rule out at log t."""
    rows, bound = np.arange(len(rates)), np.ones(rates.shape)
    renewed, last = 0.0, np.zeros(len(rates), np.int64)

    def chosen(won: Floats, plays: Floats, played: int) -> Ints:
        nonlocal renewed, last
        if played >= renewed * RENEWED:
            bound[:], renewed = highest(won / plays, np.log(played) / plays), played
        else:
            one = plays[rows, last]
            bound[rows, last] = highest(won[rows, last] / one, np.log(played) / one)
        last = np.asarray(bound.argmax(axis=1))
        return last

    return by_round(rates, rounds, rng, chosen)


def highest(mean: Floats, allowed: Floats) -> Floats:
    """The highest q with KL(mean, q) <= allowed, by halving; elementwise."""
    mean = np.clip(mean, 1e-9, 1 - 1e-9)
    low, high = mean, np.minimum(mean + np.sqrt(allowed / 2), 1 - 1e-9)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        within = divergence(mean, middle) <= allowed
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    return np.asarray(low)


RULES: Mapping[str, Rule] = {one.__name__: one for one in (bandit, ucb1, kl_ucb, epsilon_greedy)}
