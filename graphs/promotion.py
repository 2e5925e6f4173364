"""Promotion: each day's money divided over live listings by what is known of them, and written down with its chances.

A day is divided once: asked again, the day finds what stands. What was counted of a listing (orders of its views, each
half-life weighing half) is put on a prior of its like, so that a new listing does not start blind; Thompson sampling
with a challenger divides by the exact chance of each to be the best, within floor and cap. Numbers come from `rl`; who
spends the money reads it from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from psycopg_pool import AsyncConnectionPool
from scipy.special import logit

from graphs.inbox import BadAnswer
from graphs.packing import Packed
from rl.bandit import Posteriors, Thompson, allocate
from rl.prior import Likeness, Prior, TooLittle, fit_prior
from store import promotion, totals
from store.promotion import NewPromotion, Share

OUTCOME = "orders/views"
UNSEEN = Prior("beta", np.array([logit(0.02)]), 50.0)
"""Of a shop of which nothing was counted: an order of fifty views is common in online retail (our own estimate)."""
RULE = Thompson(challenge=0.3)
"""Three of ten cents go to the best of the others: the second best is known sooner, and a wrong leader falls."""
AHEAD = timedelta(days=1)
MOST = 10_000
"""Live listings that a day is divided over."""


@dataclass(frozen=True, slots=True)
class Division:
    """How a day's money may be divided."""

    budget_cents: int
    floor_cents: int = 0
    """Of each listing, where the budget holds it."""
    cap_ratio: float = 0.5
    """The most of the budget that one listing gets."""
    half_life: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Promotion:
    """The promotion of one tenant, in the name of `actor`."""

    pool: AsyncConnectionPool[Any]
    actor: str
    division: Division
    seed: int

    def by(self, actor: str) -> Promotion:
        """The same in another's name."""
        return replace(self, actor=actor)

    async def divide(self, day: date | None = None) -> tuple[Packed, bool]:
        """Divide a day's money, today's if none is named; as it stands, and whether it is new.

        BadAnswer where there is no money to divide, the day is neither today nor tomorrow, or nothing is live.
        """
        today = datetime.now(UTC).date()
        wanted = day or today
        async with self.pool.connection() as connection:
            standing = await promotion.find_promotion(connection, wanted)
            if standing is not None:
                return standing, False
            if not today <= wanted <= today + AHEAD:
                raise BadAnswer(f"{wanted}: today and tomorrow are divided, by what is known just before")
            if not self.division.budget_cents:
                raise BadAnswer("no money to divide: set BELLWETHER_PROMOTION_CENTS")
            live = await promotion.load_live(connection, MOST)
            if not live:
                raise BadAnswer("nothing is live: there is nothing to promote")
            at = datetime.combine(wanted, time(), UTC)
            ids = [row["id"] for row in live]
            counted = await totals.load_decayed(connection, ids, at, self.division.half_life)
            return await promotion.put_promotion(connection, self._divided(wanted, live, counted))

    def _divided(self, day: date, live: Sequence[Packed], counted: dict[Any, dict[str, float]]) -> NewPromotion:
        success, _, trial = OUTCOME.partition("/")
        trials = np.array([counted.get(row["id"], {}).get(trial, 0.0) for row in live])
        gained = np.array([counted.get(row["id"], {}).get(success, 0.0) for row in live])
        trials = np.maximum(trials, gained)  # who bought has seen it, whether the shop counted that or not
        prior, posteriors = known(live, gained, trials)
        rng = np.random.default_rng([self.seed, day.toordinal()])
        shares = allocate(posteriors, self.division.budget_cents, *self._bounds(len(live)), rng, RULE, self.seed)
        return NewPromotion(
            day=day, budget_cents=self.division.budget_cents, outcome=OUTCOME, rule=RULE.version, prior=prior,
            seed=self.seed, actor=self.actor,
            shares=[
                Share(row["id"], each.cents, each.propensity, float(gained[at]), float(trials[at]),
                      float(posteriors.mean[at]), each.version)
                for at, (row, each) in enumerate(zip(live, shares, strict=True))
            ],
        )  # fmt: skip

    def _bounds(self, listings: int) -> tuple[int, int]:
        """Floor and cap in cents: the floor lowered to what the budget holds, the cap raised until all can be spent."""
        budget = self.division.budget_cents
        floor = min(self.division.floor_cents, budget // listings)
        cap = max(int(budget * self.division.cap_ratio), -(-budget // listings), floor)
        return floor, cap

    async def due(self) -> int:
        """Divide today's money where there is some and something is live; how many listings got a share."""
        if not self.division.budget_cents:
            return 0
        try:
            found, is_new = await self.divide()
        except BadAnswer:
            return 0
        return len(found["shares"]) if is_new else 0

    async def of_day(self, day: date | None = None) -> Packed | None:
        """A day's division with its shares, today's if none is named; None where nothing was divided."""
        async with self.pool.connection() as connection:
            return await promotion.find_promotion(connection, day or datetime.now(UTC).date())

    async def days(self, most: int = 30) -> list[Packed]:
        """The newest days that were divided."""
        async with self.pool.connection() as connection:
            return await promotion.load_promotions(connection, most)


def known(
    live: Sequence[Packed], gained: np.ndarray[Any, Any], trials: np.ndarray[Any, Any]
) -> tuple[dict[str, Any], Posteriors]:
    """The prior that was fitted to all live listings, as it is kept, and what is known of each after its own counts.

    A listing's like is its product format and the score of its idea.
    """
    formats = [str(row["product_format"] or "") for row in live]
    scores = [np.nan if row["score"] is None else float(row["score"]) for row in live]
    arms = [str(row["id"]) for row in live]
    if np.isnan(scores).all():
        scores = [0.0] * len(live)
    like = Likeness.of(scores, formats)
    features = like.features(scores, formats)
    try:
        prior = fit_prior("beta", gained, trials, features)
    except TooLittle:
        unseen = {"weights": UNSEEN.weights.tolist(), "strength": UNSEEN.strength, "fitted_to": 0}
        return unseen, UNSEEN.posteriors(arms, gained, trials)
    told: dict[str, Any] = {
        "weights": prior.weights.tolist(),
        "strength": prior.strength,
        "fitted_to": int((trials > 0).sum()),
        "categories": list(like.categories),
        "score": [like.middle, like.spread],
    }
    return told, prior.posteriors(arms, gained, trials, features)
