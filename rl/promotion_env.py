"""PromotionEnv: one campaign in Gymnasium's form; what paces it acts once a day.

    action       Box(-1, 1, (2,))    pace: 6 ** a even shares of what is left of the budget; (0 is even pacing)
                                     lean: how far the day leans to its strong hours (-1 is not at all)
    observation  Box(-5, 5, (17,))   `rl.promotions.OBSERVED`: what a seller knows, scaled to about one
    reward       the revenue that arrives today over `scale` (about what such a campaign brings); an order arrives days
                 after the spending that made it, all that are on their way arrive with the last day
    episode      14 to 28 days by the ranges; never truncated
    info         USD: spent, left, revenue (arrived today), expected (the mean of what today's spending brings)

A campaign is drawn at `reset` from `Ranges` by the seed; same seed and actions, same episode. No budget is ever
exceeded.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rl.campaigns import TRAINING, Ranges
from rl.dividing import thompson
from rl.dynamics import Dynamics, shipped
from rl.promotions import OBSERVED, Divider, Market

Observation = NDArray[np.float32]


def observation_space() -> spaces.Box[np.float32]:
    """What is observed of one campaign."""
    return spaces.Box(-5.0, 5.0, (len(OBSERVED),), np.float32)


def action_space() -> spaces.Box[np.float32]:
    """Pace and lean."""
    return spaces.Box(-1.0, 1.0, (2,), np.float32)


class PromotionEnv(gymnasium.Env[Observation, NDArray[np.float32]]):
    """One campaign, a day a step; the divider (a bandit) shares each day's budget among the listings."""

    metadata = {"render_modes": []}  # noqa: RUF012  # Gymnasium's own name and type

    def __init__(
        self, dynamics: Dynamics | None = None, ranges: Ranges = TRAINING, divider: Divider = thompson
    ) -> None:
        self.observation_space = observation_space()
        self.action_space = action_space()
        self.dynamics, self.ranges, self.divider = dynamics or shipped(), ranges, divider
        self._market: Market | None = None

    @property
    def market(self) -> Market:
        """The campaign under way; RuntimeError before the first reset."""
        if self._market is None:
            raise RuntimeError("reset() comes before the first step()")
        return self._market

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """A new campaign, before its first day."""
        super().reset(seed=seed, options=options)
        self._market = Market(self.dynamics, self.ranges, self.divider, 1, self.np_random)
        return self._market.observe()[0], self._info(0.0)

    def step(self, action: NDArray[np.float32]) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Spends a day; ValueError for an action that is no two finite numbers."""
        market, chosen = self.market, np.asarray(action, float)
        if chosen.shape != (2,) or not np.isfinite(chosen).all():
            raise ValueError(f"an action is two finite numbers, pace and lean, got {action!r}")
        revenue = float(market.day(chosen[None])[0])
        return market.observe()[0], revenue / float(market.scale[0]), bool(market.over[0]), False, self._info(revenue)

    def _info(self, revenue: float) -> dict[str, Any]:
        market = self.market
        return {
            "spent": float(market.books.spent[0]),
            "left": float(market.left[0]),
            "revenue": revenue,
            "expected": float(market.expected[0]),
        }
