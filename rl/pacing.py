"""Pacing: a day's budget over its hours, never exceeded however late what was spent becomes known.

An hour's amount is reserved before it is handed out (`Purse.reserve`) and settled when the spending is known
(`Purse.settle`): what was not spent is free again for the hours to come. Money that is reserved is never free, so spent
and reserved together stay within the budget at every moment. Amounts are whole cents, one purse or arrays of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from rl.bandit import BadBounds, BadReward, Ints
from rl.chances import Floats

HOURS = 24


@dataclass(frozen=True, slots=True)
class Purse:
    """The cents of a day: the whole, what is spent, and what is promised and not yet accounted for."""

    budget: Ints
    spent: Ints
    reserved: Ints

    @classmethod
    def of(cls, budget_cents: ArrayLike) -> Purse:
        """A full purse; BadBounds under 0 cents."""
        budget = np.asarray(budget_cents, np.int64)
        if (budget < 0).any():
            raise BadBounds(f"a budget is 0 cents or more, got {budget.min()}")
        return cls(budget, np.zeros_like(budget), np.zeros_like(budget))

    @property
    def free(self) -> Ints:
        """What may still be promised."""
        return np.asarray(self.budget - self.spent - self.reserved)

    def reserve(self, cents: ArrayLike) -> Purse:
        """With so much more promised; BadBounds where it is more than is free, or under 0."""
        amount = np.asarray(cents, np.int64)
        if (amount < 0).any() or (amount > self.free).any():
            raise BadBounds(f"{amount.max()} cents cannot be reserved: {self.free.min()} are free")
        return replace(self, reserved=self.reserved + amount)

    def settle(self, reserved: ArrayLike, spent: ArrayLike) -> Purse:
        """A reservation ends with `spent` of it spent; BadReward where that is more, or more ends than was reserved."""
        promised, used = np.asarray(reserved, np.int64), np.asarray(spent, np.int64)
        if (used < 0).any() or (used > promised).any() or (promised > self.reserved).any():
            raise BadReward(f"{used.max()} cents spent of {promised.max()} reserved: more than was promised")
        return replace(self, spent=self.spent + used, reserved=self.reserved - promised)


def hour_cents(free: ArrayLike, weights: ArrayLike, hour: int) -> Ints:
    """What to reserve for an hour: the free cents in proportion to its weight among the hours that are left.

    `weights` (..., hours), over 0: where reward grows with spending as weight x f(spending / weight) with f concave,
    spending in proportion to weight is the optimum. The last hour gets all that is free.
    """
    left = np.asarray(weights, float)[..., hour:]
    if not (np.isfinite(left) & (left > 0)).all():
        raise BadBounds("the weights of hours are finite and over 0")
    return np.asarray(np.floor(np.asarray(free) * (left[..., 0] / left.sum(axis=-1))), dtype=np.int64)


def hour_weights(seen: ArrayLike, usual: ArrayLike | None = None, strength: float = 200.0) -> Floats:
    """Each hour's share of a day's traffic, (..., 24), from counts by hour so far.

    Dirichlet: `usual` shares (even, if not given) count like `strength` visits.
    """
    counts = np.asarray(seen, float)
    if not (np.isfinite(counts) & (counts >= 0)).all():
        raise BadReward("visits by hour are counts of 0 or more")
    start = np.full(counts.shape[-1], 1 / counts.shape[-1]) if usual is None else np.asarray(usual, float)
    whole = counts + strength * start
    return np.asarray(whole / whole.sum(axis=-1, keepdims=True))
