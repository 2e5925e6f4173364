"""Dividing: within a day, from what is known of each listing to its share of the day's budget."""

from __future__ import annotations

import numpy as np

from rl.dynamics import Floats
from rl.promotions import Evidence

DRAWS = 16
FLOOR = 0.02


def fill(worth: Floats, kappa: Floats, budget: Floats) -> Floats:
    """The amounts that maximise sum(worth * s / (1 + s / kappa)) under sum(s) = budget: water-filling.

    At the optimum all that get something have one marginal worth, worth / (1 + s / kappa) ** 2. Listings are ordered by
    their marginal worth at s = 0, and that level has a closed form for each number of them. Arrays (..., L), budget (...);
    all over 0.
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
    """Shares by Thompson sampling of each listing's order rate (gamma-Poisson), averaged over 16 draws, floor 2 %."""
    shape = evidence.spread_shape + evidence.orders
    scale = 1 / (evidence.spread_shape / evidence.orders_per_click + evidence.exposure)
    rate = rng.gamma(shape, scale, (DRAWS, *shape.shape))
    budget = np.maximum(evidence.budget, 1e-6)
    amounts = fill(rate * evidence.value * evidence.fresh, evidence.kappa, np.broadcast_to(budget, rate.shape[:-1]))
    shares = amounts.mean(axis=0) / budget[:, None]
    shares = np.maximum(shares, FLOOR)
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))
