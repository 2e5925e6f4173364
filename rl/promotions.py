"""Promotions: many simulated campaigns side by side, one budget each, in numpy.

A step is a day of every campaign. A policy says how much of what is left is spent and how far it leans to the strong
hours (`spend_of`); a divider, told what a seller would know (`Evidence`), says each listing's share; the market answers
as `rl.dynamics` says. Clicks are known at the day's end, orders when they arrive; what is still on its way after the
last day is settled with it. Arrays of campaigns are of shape (E,), of listings (E, L), of parts of a day (E, 4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from rl.campaigns import Bools, Ints, Ranges, demand_of, draw
from rl.dynamics import PARTS, WEEK, Dynamics, Floats, kept_a_part, response

MOST_PACE = 6.0
"""The most and (inverted) the least that a day may get, in even shares of what is left."""
MOST_LEAN = 4.0
"""The largest power of the parts' multipliers by which a day is spread over its parts."""
LAYOUT = 1
"""Version of the observation; it goes into policy files."""
OBSERVED = (
    "days_left", "days_gone", "budget_left", "budget_a_day_to_audience", "weekday_sin", "weekday_cos",
    "weekday_multiplier", "demand_yesterday", "demand_lately", "demand_to_its_best", "days_to_forecast_peak",
    "stock_to_audience", "revenue_a_usd", "orders_arrived", "orders_yesterday", "concentration", "pace_yesterday",
)  # fmt: skip
EVEN = (0.0, -1.0)
"""The action of even pacing: an even share of what is left, spread evenly over the day."""


@dataclass(slots=True)
class Books:
    """What has happened in E campaigns so far; money in USD."""

    today: Ints
    """Days that are over."""
    spent: Floats
    arrived: Floats
    pace: Floats
    """What the last day got, in even shares of what was left."""
    crowd: Floats
    """Sum of squared shares of the last division, times the listings: 1 is equal."""
    last_demand: Floats
    late_clicks: Floats
    usual_clicks: Floats
    """Clicks of the last days and what would have been usual for their hours, each day before weighing .6 as much."""
    best_demand: Floats
    last_orders: Floats
    stock: Floats
    """(E, L), as all below: recent spending on each audience."""
    clicks: Floats
    orders: Floats
    """That have arrived."""
    pending: Floats
    """Orders on their way."""
    ripe: Floats
    unripe: Floats
    """Exposure whose orders should have arrived by now, and the rest."""

    @classmethod
    def blank(cls, count: int, listings: int) -> Books:
        """Before the first day."""
        none = [np.zeros(count) for _ in range(7)]
        wide = [np.zeros((count, listings)) for _ in range(6)]
        spent, arrived, last_demand, late, usual, last_orders, best = none
        once = np.ones(count), np.ones(count)
        return cls(
            np.zeros(count, np.int64), spent, arrived, *once, last_demand, late, usual, best - 5, last_orders, *wide
        )

    def put(self, which: Bools, others: Books) -> None:
        """Replaces the marked ones by others, in their order."""
        for field in fields(self):
            getattr(self, field.name)[which] = getattr(others, field.name)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a seller knows when a day is divided; (E, L) where nothing else is said."""

    budget: Floats
    """(E,): USD to divide."""
    fresh: Floats
    """How untired its audience is by its recent spending, 1 at first, as far as the usual parameters tell."""
    kappa: Floats
    """USD a day at which saturation halves the worth, by the usual parameters."""
    value: Floats
    clicks: Floats
    orders: Floats
    """That have arrived."""
    exposure: Floats
    """Clicks, each weighed by how untired its audience was and how likely its order would have arrived by now."""
    orders_per_click: float
    """What is usual, and the shape of the gamma distribution around it: the prior."""
    prior_shape: float


Divider = Callable[[Evidence, np.random.Generator], Floats]
"""Shares of a day's budget, (E, L), each row at least 0 and 1 in sum."""
Pacer = Callable[[NDArray[np.float32]], Floats]
"""From observations (E, 17) to actions (E, 2)."""


class Market:
    """E campaigns under way. `begin` starts the marked ones anew; `day` spends one day of all."""

    def __init__(
        self, dynamics: Dynamics, ranges: Ranges, divider: Divider, count: int, rng: np.random.Generator
    ) -> None:
        self.dynamics, self.ranges, self.divider, self.rng = dynamics, ranges, divider, rng
        self.count = count
        self.campaigns = draw(dynamics, ranges, count, rng)
        self.books = Books.blank(count, ranges.listings)
        self.expected = np.zeros(count)
        """(E,): the mean in USD of what the last day's spending brings, whenever it arrives; no seller knows it."""
        self._kept = float(kept_a_part(dynamics.recovery_days.one))

    def begin(self, which: Bools) -> None:
        """Starts the marked campaigns anew, drawn from the ranges."""
        drawn = draw(self.dynamics, self.ranges, int(np.count_nonzero(which)), self.rng)
        self.campaigns.put(which, drawn)
        self.books.put(which, Books.blank(len(drawn.budget), self.ranges.listings))

    @property
    def left(self) -> Floats:
        """(E,): USD not spent."""
        return np.maximum(self.campaigns.budget - self.books.spent, 0.0)

    def spend_of(self, actions: Floats) -> Floats:
        """(E, 4): what each part of today gets. Actions (E, 2) in [-1, 1]; a day never gets more than is left.

        The first is the pace: 6 ** a even shares of what is left. The second leans the day to its strong parts:
        shares go as the usual multipliers to the power 2 (a + 1).
        """
        actions = np.clip(actions, -1.0, 1.0)
        days_left = np.maximum(self.campaigns.days - self.books.today, 1)
        amount = np.minimum(self.left, self.left / days_left * MOST_PACE ** actions[:, 0])
        lean = np.array(self.dynamics.part.value) ** (MOST_LEAN * (actions[:, 1:] + 1) / 2)
        return np.asarray(amount[:, None] * lean / lean.sum(axis=1, keepdims=True))

    def evidence(self, budget: Floats) -> Evidence:
        """What a divider may know."""
        shape, dynamics = self.books.stock.shape, self.dynamics
        return Evidence(
            budget,
            1 / (1 + self.books.stock / dynamics.audience_usd),
            np.full(shape, PARTS * dynamics.kappa_usd),
            self.campaigns.value,
            self.books.clicks,
            self.books.orders,
            self.books.ripe,
            dynamics.orders_per_click.one,
            dynamics.prior_shape,
        )

    def day(self, actions: Floats) -> Floats:
        """Spends today as the policy and the divider say; (E,): the revenue in USD that arrives."""
        parts = self.spend_of(actions)
        parts[self.over] = 0.0
        total = parts.sum(axis=1)
        shares = self.divider(self.evidence(total), self.rng)
        return self.spend(parts[:, :, None] * shares[:, None, :])

    def spend(self, amounts: Floats) -> Floats:
        """Spends amounts (E, 4, L), whoever chose them; (E,): the revenue in USD that arrives at the end of today.

        Amounts that come to more than is left are cut in proportion, so that no budget is ever exceeded.
        """
        own, dynamics = self.campaigns, self.dynamics
        amounts = amounts * np.minimum(1.0, self.left / np.maximum(amounts.sum(axis=(1, 2)), 1e-12))[:, None, None]
        demand = demand_of(own, dynamics, self.books.today)
        week = np.array(dynamics.weekday.value)[(own.weekday + self.books.today) % WEEK, None]
        usual = week * np.array(dynamics.part.value)
        rate, overlap = dynamics.clicks_per_usd.one, dynamics.overlap.one
        kappa, audience = dynamics.kappa_usd, dynamics.audience_usd
        clicked, untired, sold = (np.zeros_like(self.books.stock) for _ in range(3))
        self.expected = np.zeros(self.count)
        for part in range(PARTS):
            given = amounts[:, part]
            clicks = self.rng.poisson(rate * given * demand[:, part, None]).astype(float)
            self.books.stock *= self._kept
            tired = response(given, self.books.stock, own.kappa, own.audience) / np.maximum(given, 1e-12)
            sold += self.rng.binomial(clicks.astype(np.int64), np.minimum(own.orders_per_click * tired, 1.0))
            worth = rate * demand[:, part, None] * own.orders_per_click * own.value
            self.expected += (worth * given * tired).sum(axis=1)
            untired += clicks * response(given, self.books.stock, kappa, audience) / np.maximum(given, 1e-12)
            clicked += clicks
            self.books.stock += given + overlap * (given.sum(axis=1, keepdims=True) - given)
        self._note_demand(amounts, clicked, usual * rate)
        self._note_spend(amounts)
        self.books.clicks += clicked
        self._ripen(untired)
        return self._hear(sold)

    def _note_demand(self, amounts: Floats, clicked: Floats, usual: Floats) -> None:
        """Logarithms of clicks against what is usual for the hours: yesterday's, lately's, the best so far."""
        expected = (amounts.sum(axis=2) * usual).sum(axis=1)
        heard = clicked.sum(axis=1)
        self.books.usual_clicks = 0.6 * self.books.usual_clicks + expected
        self.books.late_clicks = 0.6 * self.books.late_clicks + heard
        self.books.last_demand = np.log((heard + 2) / (expected + 2))
        self.books.best_demand = np.maximum(self.books.best_demand, self.late_demand)

    @property
    def late_demand(self) -> Floats:
        """(E,): the logarithm of the demand of the last days, those before weighing .6 as much a day."""
        return np.asarray(np.log((self.books.late_clicks + 2) / (self.books.usual_clicks + 2)))

    def _note_spend(self, amounts: Floats) -> None:
        total = amounts.sum(axis=(1, 2))
        even = self.left / np.maximum(self.campaigns.days - self.books.today, 1)
        self.books.pace = total / np.maximum(even, 1e-9)
        shares = amounts.sum(axis=1) / np.maximum(total, 1e-9)[:, None]
        self.books.crowd = np.square(shares).sum(axis=1) * shares.shape[1]
        self.books.spent = np.minimum(self.books.spent + total, self.campaigns.budget)

    def _ripen(self, untired: Floats) -> None:
        """Exposure ripens as orders are usually told; how late they are in this campaign nobody knows."""
        share = 1 - np.exp(-1 / self.dynamics.delay_days.one)
        self.books.unripe += untired
        self.books.ripe += share * self.books.unripe
        self.books.unripe *= 1 - share

    def _hear(self, sold: Floats) -> Floats:
        """Orders that arrive at the end of today; at the end of the last day all that are on their way."""
        self.books.today += 1
        self.books.pending += sold
        share = 1 - np.exp(-1 / self.campaigns.delay_days)
        share = np.where(self.books.today >= self.campaigns.days, 1.0, share)
        arriving = self.rng.binomial(self.books.pending.astype(np.int64), share[:, None]).astype(float)
        self.books.pending -= arriving
        self.books.orders += arriving
        self.books.last_orders = arriving.sum(axis=1)
        revenue = (arriving * self.campaigns.value).sum(axis=1)
        self.books.arrived += revenue
        return np.asarray(revenue)

    def play(self, policy: Pacer) -> tuple[Floats, Floats]:
        """Every campaign to its end: its revenue, and the mean of it given the spending, both (E,) in USD."""
        revenue, expected = np.zeros(self.count), np.zeros(self.count)
        while not self.over.all():
            live = ~self.over
            arriving = self.day(policy(self.observe()))
            revenue += np.where(live, arriving, 0.0)
            expected += np.where(live, self.expected, 0.0)
        return revenue, expected

    @property
    def scale(self) -> Floats:
        """(E,): about what a campaign of that budget brings in USD; rewards are told in it."""
        dynamics, audience = self.dynamics, 2 * self.dynamics.life_kappa_usd.one * self.books.stock.shape[1]
        each = dynamics.clicks_per_usd.one * dynamics.orders_per_click.one * dynamics.order_value_usd.one
        return np.asarray(each * self.campaigns.budget / (1 + self.campaigns.budget / audience))

    @property
    def over(self) -> Bools:
        """(E,): whether the last day is done."""
        return self.books.today >= self.campaigns.days

    def observe(self) -> NDArray[np.float32]:
        """(E, 17): `OBSERVED`, all within [-5, 5], all known to a seller."""
        own, dynamics = self.campaigns, self.dynamics
        days_left = np.maximum(own.days - self.books.today, 0)
        weekday = (own.weekday + self.books.today) % WEEK
        angle = 2 * np.pi * weekday / WEEK
        audience = dynamics.audience_usd * self.books.stock.shape[1]
        columns = (
            days_left / 28,
            self.books.today / 28,
            self.left / own.budget,
            np.log(np.maximum(self.left / np.maximum(days_left, 1), 1e-3) / (0.2 * audience)),
            np.sin(angle),
            np.cos(angle),
            10 * (np.array(dynamics.weekday.value)[weekday] - 1),
            self.books.last_demand,
            self.late_demand,
            np.maximum(self.late_demand - self.books.best_demand, -5.0) * (self.books.today > 0),
            (own.forecast_day - self.books.today) / 7,
            self.books.stock.sum(axis=1) / audience,
            np.log1p(self.books.arrived / np.maximum(self.books.spent, 1.0)),
            np.log1p(self.books.orders.sum(axis=1)) / 3,
            np.log1p(self.books.last_orders) / 3,
            self.books.crowd - 1,
            np.log(np.maximum(self.books.pace, 1e-3)) / np.log(MOST_PACE),
        )
        seen: NDArray[np.float32] = np.clip(np.column_stack(columns), -5, 5).astype(np.float32)
        return seen
