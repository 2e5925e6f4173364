"""Dividing: within a day, from what is known of each listing to its share of the day's budget."""

from __future__ import annotations

import numpy as np

from rl.bandit import Posteriors, Thompson
from rl.dynamics import Floats
from rl.promotions import Evidence

DRAWS = 16
FLOOR = 0.02


def fill(worth: Floats, kappa: Floats, budget: Floats) -> Floats:
    """The amounts that maximise sum(worth * s / (1 + s / kappa)) under sum(s) = budget: water-filling.

    At the optimum all that get something have one marginal worth, worth / (1 + s / kappa) ** 2. Listings are ordered by
    their marginal worth at s = 0, and that level has a closed form for each number of them. Arrays (..., L), budget
    (...); all over 0.
    """
    worth, kappa = np.broadcast_arrays(worth, kappa)
    order = np.argsort(-worth, axis=-1)
    room = np.take_along_axis(kappa, order, -1).cumsum(axis=-1)
    pull = np.take_along_axis(kappa * np.sqrt(worth), order, -1).cumsum(axis=-1)
    root = pull / (room + budget[..., None])
    last = (np.sqrt(np.take_along_axis(worth, order, -1)) > root).sum(axis=-1) - 1
    level = np.take_along_axis(root, np.maximum(last, 0)[..., None], -1)
    amounts = np.maximum(kappa * (np.sqrt(worth) / level - 1), 0.0)
    return np.asarray(amounts * budget[..., None] / np.maximum(amounts.sum(axis=-1, keepdims=True), 1e-12))


def thompson(evidence: Evidence, rng: np.random.Generator) -> Floats:
    """Shares by Thompson sampling of what saturates: a listing's order rate is drawn from its posterior and the day's
    budget is filled in by what each would be worth then; the mean of 16 draws, floor 2 %."""
    rate = posteriors_of(evidence)
    drawn = rng.gamma(rate.shape, 1 / rate.other, (DRAWS, *rate.shape.shape))
    budget = np.broadcast_to(np.maximum(evidence.budget, 1e-6), drawn.shape[:-1])
    amounts = fill(drawn * evidence.value * evidence.fresh, evidence.kappa, budget)
    shares = np.maximum((amounts / budget[..., None]).mean(axis=0), FLOOR)
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def likeliest(evidence: Evidence, _rng: np.random.Generator) -> Floats:
    """Shares by the exact chance that a listing is the best for the next USD, as if nothing saturated; floor 2 %."""
    rate = posteriors_of(evidence)
    worth = Posteriors("gamma", rate.arms, rate.shape, rate.other / (evidence.value * evidence.fresh))
    shares = np.maximum(Thompson().shares(worth), FLOOR)
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def posteriors_of(evidence: Evidence) -> Posteriors:
    """Gamma posteriors of each listing's orders a click on an untired audience, (E, L)."""
    arms = tuple(str(arm) for arm in range(evidence.orders.shape[-1]))
    shape = np.full(evidence.orders.shape, evidence.prior_shape)
    prior = Posteriors("gamma", arms, shape, shape / evidence.orders_per_click)
    return prior.learned(evidence.orders, evidence.exposure)
