"""Oracle: the plan of spending that knows everything about a campaign but its dice, and how far from the best it is.

It maximises the expected revenue over amounts a part of a day and listing, (T, L) with T = 4 * days, under one budget:

    R(s) = sum_t sum_i b_ti g(s_ti) h(u_ti),   b = clicks a USD * demand * orders a click * value
    g(s) = s / (1 + s / kappa),   h(u) = 1 / (1 + u / audience)
    u_t = kept * F_(t-1),   F_ti = u_ti + s_ti + overlap * sum_(j != i) s_tj

by exponentiated gradient on the simplex (Kivinen & Warmuth, "Exponentiated gradient versus gradient descent for linear
predictors", 1997); gradients are exact, by the adjoint of the stock. Where R is concave (always without carry-over) no
plan is better than `plan`'s by more than its Frank-Wolfe gap, budget * max gradient - <gradient, s> (Jaggi, 2013).
"""

from __future__ import annotations

import numpy as np

from rl.campaigns import Campaigns, demand_of
from rl.dividing import fill
from rl.dynamics import PARTS, Dynamics, Floats, kept_a_part, response

STEPS = 150
FIRST_RATE, LAST_RATE = 1.0, 0.05


def plan(campaigns: Campaigns, dynamics: Dynamics, steps: int = STEPS) -> tuple[Floats, Floats, Floats]:
    """The amounts (E, T, L), T for the longest campaign, their expected revenue and the gap, both (E,) in USD.

    The better of two climbs: from even amounts, and from the best plan were there no fatigue (water-filling). With
    fatigue the problem is not concave: where budgets are far above what audiences bear a better plan may exist.
    """
    worth, budget = worth_of(campaigns, dynamics), campaigns.budget[:, None, None]
    usable = worth > 0
    even = np.where(usable, budget / usable.sum(axis=(1, 2), keepdims=True), 0.0)
    flat = np.maximum(worth, 1e-12).reshape(len(worth), -1)
    filled = fill(flat, np.broadcast_to(campaigns.kappa[:, None, :], worth.shape).reshape(flat.shape), campaigns.budget)
    rested = np.where(usable, 0.9 * filled.reshape(worth.shape) + 0.1 * even, 0.0)
    climbs = [climb(start, worth, campaigns, dynamics, steps) for start in (even, rested)]
    better = climbs[1][1] > climbs[0][1]
    best = np.where(better[:, None, None], climbs[1][0], climbs[0][0])
    revenue, gradient = revenue_of(best, worth, campaigns, dynamics)
    most = np.where(usable, gradient, -np.inf).max(axis=(1, 2))
    return best, revenue, np.maximum(campaigns.budget * most - (gradient * best).sum(axis=(1, 2)), 0.0)


def climb(
    amounts: Floats, worth: Floats, campaigns: Campaigns, dynamics: Dynamics, steps: int
) -> tuple[Floats, Floats]:
    """The best amounts that exponentiated gradient meets from a start, and their revenue (E,)."""
    budget = campaigns.budget[:, None, None]
    best, most = amounts, np.full(len(amounts), -np.inf)
    for step in range(steps + 1):
        revenue, gradient = revenue_of(amounts, worth, campaigns, dynamics)
        better = revenue > most
        best, most = np.where(better[:, None, None], amounts, best), np.where(better, revenue, most)
        mean = (gradient * amounts).sum(axis=(1, 2), keepdims=True) / budget
        rate = FIRST_RATE * (LAST_RATE / FIRST_RATE) ** (step / max(steps, 1))
        amounts = amounts * np.exp(np.clip(rate * (gradient / mean - 1), -2, 2))
        amounts *= budget / amounts.sum(axis=(1, 2), keepdims=True)
    return best, most


def worth_of(campaigns: Campaigns, dynamics: Dynamics) -> Floats:
    """(E, T, L): the expected USD of the first USD on an untired audience; 0 after a campaign's last day."""
    days = int(campaigns.days.max())
    demand = np.stack([demand_of(campaigns, dynamics, day) * (day < campaigns.days)[:, None] for day in range(days)], 1)
    each = dynamics.clicks_per_usd.one * campaigns.orders_per_click * campaigns.value
    return demand.reshape(len(each), days * PARTS, 1) * each[:, None, :]


def revenue_of(amounts: Floats, worth: Floats, campaigns: Campaigns, dynamics: Dynamics) -> tuple[Floats, Floats]:
    """The expected revenue (E,) of amounts (E, T, L), and its gradient (E, T, L)."""
    kept, overlap = float(kept_a_part(dynamics.recovery_days.one)), dynamics.overlap.one
    stock, stocks = np.zeros_like(amounts[:, 0]), np.empty_like(amounts)
    for part in range(amounts.shape[1]):
        stocks[:, part] = stock = kept * stock
        given = amounts[:, part]
        stock = stock + given + overlap * (given.sum(axis=1, keepdims=True) - given)
    kappa, audience = campaigns.kappa[:, None, :], campaigns.audience[:, None, :]
    each = worth * response(amounts, stocks, kappa, audience)
    gain = worth / np.square(1 + amounts / kappa) / (1 + stocks / audience)
    loss = each / (audience + stocks)
    later, gradient = np.zeros_like(stock), np.empty_like(amounts)
    for part in reversed(range(amounts.shape[1])):
        gradient[:, part] = gain[:, part] + later + overlap * (later.sum(axis=1, keepdims=True) - later)
        later = kept * (later - loss[:, part])
    return each.sum(axis=(1, 2)), gradient
