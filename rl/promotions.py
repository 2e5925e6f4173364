"""Promotions: many simulated campaigns side by side, one budget each, in numpy.

A step is a day of every campaign. A policy says how much of what is left is spent and how far it leans to the strong
hours (`spend_of`); a divider, told what a seller would know (`Evidence`), says each listing's share; the market answers as
`rl.dynamics` says. Clicks are known at the day's end, orders when they arrive; what is still on its way after the last
day is settled with it. Arrays of campaigns are of shape (E,), of listings (E, L), of parts of a day (E, 4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from rl.dynamics import PARTS, WEEK, Dynamics, Floats, kept_a_part, novelty, response

MOST_PACE = 6.0
"""The most and (inverted) the least that a day may get, in even shares of what is left."""
MOST_LEAN = 4.0
"""The largest power of the parts' multipliers by which a day is spread over its parts."""
LAYOUT = 1
"""Version of the observation; it goes into policy files."""
OBSERVED = (
    "days_left", "days_gone", "budget_left", "budget_a_day_to_audience", "weekday_sin", "weekday_cos", "weekday_multiplier",
    "demand_yesterday", "demand_lately", "demand_to_its_best", "days_to_forecast_peak", "stock_to_audience", "revenue_a_usd", "orders_arrived", "orders_yesterday",
    "concentration", "pace_yesterday",
)  # fmt: skip
EVEN = (0.0, -1.0)
"""The action of even pacing: an even share of what is left, spread evenly over the day."""

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ranges:
    """Where campaigns are drawn from, evenly in the logarithm; those of training and evaluation can be disjoint."""

    budget_usd: Range = (250.0, 800.0)
    delay_days: Range = (0.5, 3.0)
    days: tuple[int, int] = (14, 28)
    novelty_days: Range = (4.0, 16.0)
    evergreen: Range = (0.05, 0.4)
    peak: Range = (0.1, 0.9)
    """When attention is highest, as a share of the days: early signals are promoted while a trend still rises."""
    listings: int = 6

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name == "listings":
                continue
            low, high = getattr(self, field.name)
            if not 0 < low <= high:
                raise ValueError(f"{field.name} = {(low, high)}: a range above 0, low end first, is needed")
        if self.listings < 1 or self.days[0] < 2:
            raise ValueError(f"{self.listings} listings over {self.days[0]} days: at least 1 over 2 are needed")


TRAINING = Ranges()
UNSEEN = Ranges(budget_usd=(900.0, 1600.0), delay_days=(3.5, 6.0))
"""Budgets and delays above all of training's."""


@dataclass(frozen=True, slots=True)
class Campaigns:
    """What is true of E campaigns and hidden from policies, but for budget and days."""

    budget: Floats
    days: Ints
    weekday: Ints
    """Of the first day, 0 is Monday."""
    delay_days: Floats
    novelty_days: Floats
    evergreen: Floats
    peak_day: Floats
    forecast_day: Floats
    """When the trend's forecast expects the peak: known before the first day, and off."""
    orders_per_click: Floats
    """(E, L), on an untired audience."""
    kappa: Floats
    """(E, L)"""
    audience: Floats
    """(E, L)"""
    value: Floats
    """(E, L): USD an order."""
    week: Floats
    """(E, 7)"""
    parts: Floats
    """(E, 4)"""

    def put(self, which: Bools, others: Campaigns) -> None:
        """Replaces the marked campaigns by others, in their order."""
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
    spread_shape: float


Divider = Callable[[Evidence, np.random.Generator], Floats]
"""Shares of a day's budget, (E, L), each row at least 0 and 1 in sum."""


def draw(dynamics: Dynamics, ranges: Ranges, count: int, rng: np.random.Generator) -> Campaigns:
    """Campaigns drawn from ranges: rates gamma around what is usual, audiences and prices lognormal, calendars jittered."""
    shape, usual = (count, ranges.listings), dynamics.spread_shape.one
    days = rng.integers(ranges.days[0], ranges.days[1] + 1, count)
    peak = days * rng.uniform(*ranges.peak, count)
    return Campaigns(
        budget=_log_even(ranges.budget_usd, count, rng),
        days=days,
        weekday=rng.integers(0, WEEK, count),
        delay_days=_log_even(ranges.delay_days, count, rng),
        novelty_days=_log_even(ranges.novelty_days, count, rng),
        evergreen=_log_even(ranges.evergreen, count, rng),
        peak_day=peak,
        forecast_day=peak + dynamics.forecast_error_days.one * rng.standard_normal(count),
        orders_per_click=dynamics.orders_per_click.one * rng.gamma(usual, 1 / usual, shape),
        kappa=dynamics.kappa_usd * rng.lognormal(0, 0.3, shape),
        audience=dynamics.audience_usd * rng.lognormal(0, 0.3, shape),
        value=dynamics.order_value_usd.one * rng.lognormal(0, 0.2, shape),
        week=_jittered(dynamics.weekday.value, count, rng),
        parts=_jittered(dynamics.part.value, count, rng),
    )


class Market:
    """E campaigns under way. `begin` starts the marked ones anew; `day` spends one day of all."""

    def __init__(
        self, dynamics: Dynamics, ranges: Ranges, divider: Divider, count: int, rng: np.random.Generator
    ) -> None:
        self.dynamics, self.ranges, self.divider, self.rng = dynamics, ranges, divider, rng
        self.count = count
        self._kept = float(kept_a_part(dynamics.recovery_days.one))
        self.begin(np.ones(count, bool), draw(dynamics, ranges, count, rng))

    def begin(self, which: Bools, campaigns: Campaigns | None = None) -> None:
        """Starts the marked campaigns anew, drawn from the ranges if they are not given."""
        if which.all() and campaigns is not None:
            self.campaigns = campaigns
            self._clear()
            return
        self.campaigns.put(
            which, campaigns or draw(self.dynamics, self.ranges, int(np.count_nonzero(which)), self.rng)
        )
        for name in self._state:
            getattr(self, name)[which] = self._zero[name]

    def _clear(self) -> None:
        count, listings = self.campaigns.orders_per_click.shape
        self._zero = {"today": 0, "spent": 0.0, "arrived": 0.0, "pace": 1.0, "crowd": 1.0, "last_demand": 0.0}
        self._zero |= {"usual_clicks": 0.0, "late_clicks": 0.0, "best_demand": -5.0, "last_orders": 0.0}
        self._zero |= dict.fromkeys(("stock", "clicks", "orders", "pending", "ripe", "unripe"), 0.0)
        self._state = tuple(self._zero)
        self.today: Ints = np.zeros(count, np.int64)
        for name in self._state[1:]:
            wide = name in ("stock", "clicks", "orders", "pending", "ripe", "unripe")
            setattr(self, name, np.full((count, listings) if wide else count, self._zero[name], float))

    expected: Floats
    """(E,): the mean in USD of what today's spending brings, whenever it arrives; no seller knows it."""
    spent: Floats
    arrived: Floats
    pace: Floats
    crowd: Floats
    last_demand: Floats
    last_orders: Floats
    usual_clicks: Floats
    late_clicks: Floats
    best_demand: Floats
    stock: Floats
    clicks: Floats
    orders: Floats
    pending: Floats
    ripe: Floats
    unripe: Floats

    @property
    def left(self) -> Floats:
        """(E,): USD not spent."""
        return np.maximum(self.campaigns.budget - self.spent, 0.0)

    def spend_of(self, actions: Floats) -> Floats:
        """(E, 4): what each part of today gets. Actions (E, 2) in [-1, 1]; a day never gets more than is left.

        The first is the pace: 6 ** a even shares of what is left. The second leans the day to its strong parts: shares go
        as the usual multipliers to the power 2 (a + 1).
        """
        actions = np.clip(actions, -1.0, 1.0)
        days_left = np.maximum(self.campaigns.days - self.today, 1)
        amount = np.minimum(self.left, self.left / days_left * MOST_PACE ** actions[:, 0])
        lean = np.array(self.dynamics.part.value) ** (MOST_LEAN * (actions[:, 1:] + 1) / 2)
        return np.asarray(amount[:, None] * lean / lean.sum(axis=1, keepdims=True))

    def evidence(self, budget: Floats) -> Evidence:
        """What a divider may know."""
        shape, dynamics = self.stock.shape, self.dynamics
        return Evidence(
            budget,
            1 / (1 + self.stock / dynamics.audience_usd),
            np.full(shape, PARTS * dynamics.kappa_usd),
            self.campaigns.value,
            self.clicks,
            self.orders,
            self.ripe,
            dynamics.orders_per_click.one,
            dynamics.spread_shape.one,
        )

    def day(self, actions: Floats) -> Floats:
        """Spends today as the policy and the divider say; (E,): the revenue in USD that arrives."""
        parts = self.spend_of(actions)
        total = parts.sum(axis=1)
        shares = self.divider(self.evidence(total), self.rng)
        return self.spend(parts[:, :, None] * shares[:, None, :])

    def spend(self, amounts: Floats) -> Floats:
        """Spends amounts (E, 4, L), whoever chose them; (E,): the revenue in USD that arrives at the end of today."""
        own, dynamics = self.campaigns, self.dynamics
        demand = demand_of(own, dynamics, self.today)
        usual = np.array(dynamics.weekday.value)[(own.weekday + self.today) % WEEK, None] * np.array(dynamics.part.value)
        rate, overlap = dynamics.clicks_per_usd.one, dynamics.overlap.one
        kappa, audience = dynamics.kappa_usd, dynamics.audience_usd
        clicked, untired, sold = (np.zeros_like(self.stock) for _ in range(3))
        self.expected = np.zeros(self.count)
        for part in range(PARTS):
            given = amounts[:, part]
            clicks = self.rng.poisson(rate * given * demand[:, part, None]).astype(float)
            self.stock *= self._kept
            tired = response(given, self.stock, own.kappa, own.audience) / np.maximum(given, 1e-12)
            sold += self.rng.binomial(clicks.astype(np.int64), np.minimum(own.orders_per_click * tired, 1.0))
            worth = rate * demand[:, part, None] * own.orders_per_click * own.value
            self.expected += (worth * given * tired).sum(axis=1)
            untired += clicks * response(given, self.stock, kappa, audience) / np.maximum(given, 1e-12)
            clicked += clicks
            self.stock += given + overlap * (given.sum(axis=1, keepdims=True) - given)
        self._note_demand(amounts, clicked, usual * rate)
        self._note_spend(amounts)
        self.clicks += clicked
        self._ripen(untired)
        return self._hear(sold)

    def _note_demand(self, amounts: Floats, clicked: Floats, usual: Floats) -> None:
        """Clicks against what is usual for the hours, in logarithms: yesterday's, lately (.6 a day), the best so far."""
        expected = (amounts.sum(axis=2) * usual).sum(axis=1)
        heard = clicked.sum(axis=1)
        self.usual_clicks = 0.6 * self.usual_clicks + expected
        self.late_clicks = 0.6 * self.late_clicks + heard
        self.last_demand = np.log((heard + 2) / (expected + 2))
        self.best_demand = np.maximum(self.best_demand, self.late_demand)

    @property
    def late_demand(self) -> Floats:
        """(E,): the logarithm of the demand of the last days, those before weighing .6 as much a day."""
        return np.asarray(np.log((self.late_clicks + 2) / (self.usual_clicks + 2)))

    def _note_spend(self, amounts: Floats) -> None:
        total = amounts.sum(axis=(1, 2))
        even = self.left / np.maximum(self.campaigns.days - self.today, 1)
        self.pace = total / np.maximum(even, 1e-9)
        shares = amounts.sum(axis=1) / np.maximum(total, 1e-9)[:, None]
        self.crowd = np.square(shares).sum(axis=1) * shares.shape[1]
        self.spent = np.minimum(self.spent + total, self.campaigns.budget)

    def _ripen(self, untired: Floats) -> None:
        """Exposure ripens as orders are usually told; how late they are in this campaign nobody knows."""
        share = 1 - np.exp(-1 / self.dynamics.delay_days.one)
        self.unripe += untired
        self.ripe += share * self.unripe
        self.unripe *= 1 - share

    def _hear(self, sold: Floats) -> Floats:
        """Orders that arrive at the end of today; at the end of the last day all that are on their way."""
        self.today += 1
        self.pending += sold
        share = 1 - np.exp(-1 / self.campaigns.delay_days)
        share = np.where(self.today >= self.campaigns.days, 1.0, share)
        arriving = self.rng.binomial(self.pending.astype(np.int64), share[:, None]).astype(float)
        self.pending -= arriving
        self.orders += arriving
        self.last_orders = arriving.sum(axis=1)
        revenue = (arriving * self.campaigns.value).sum(axis=1)
        self.arrived += revenue
        return np.asarray(revenue)

    @property
    def scale(self) -> Floats:
        """(E,): about what a campaign of that budget brings in USD; rewards are told in it."""
        dynamics, audience = self.dynamics, 2 * self.dynamics.life_kappa_usd.one * self.stock.shape[1]
        each = dynamics.clicks_per_usd.one * dynamics.orders_per_click.one * dynamics.order_value_usd.one
        return each * self.campaigns.budget / (1 + self.campaigns.budget / audience)

    @property
    def over(self) -> Bools:
        """(E,): whether the last day is done."""
        return self.today >= self.campaigns.days

    def observe(self) -> NDArray[np.float32]:
        """(E, 17): `OBSERVED`, all within [-5, 5], all known to a seller."""
        own, dynamics = self.campaigns, self.dynamics
        days_left = np.maximum(own.days - self.today, 0)
        weekday = (own.weekday + self.today) % WEEK
        angle = 2 * np.pi * weekday / WEEK
        audience = dynamics.audience_usd * self.stock.shape[1]
        columns = (
            days_left / 28,
            self.today / 28,
            self.left / own.budget,
            np.log(np.maximum(self.left / np.maximum(days_left, 1), 1e-3) / (0.2 * audience)),
            np.sin(angle),
            np.cos(angle),
            10 * (np.array(dynamics.weekday.value)[weekday] - 1),
            self.last_demand,
            self.late_demand,
            np.maximum(self.late_demand - self.best_demand, -5.0) * (self.today > 0),
            (own.forecast_day - self.today) / 7,
            self.stock.sum(axis=1) / audience,
            np.log1p(self.arrived / np.maximum(self.spent, 1.0)),
            np.log1p(self.orders.sum(axis=1)) / 3,
            np.log1p(self.last_orders) / 3,
            self.crowd - 1,
            np.log(np.maximum(self.pace, 1e-3)) / np.log(MOST_PACE),
        )
        return np.clip(np.column_stack(columns), -5, 5).astype(np.float32)


def demand_of(own: Campaigns, dynamics: Dynamics, day: Ints | int) -> Floats:
    """(E, 4): the true demand multipliers of a day."""
    count = np.arange(len(own.budget))
    week = own.week[count, (own.weekday + day) % WEEK]
    fresh = novelty(np.abs(day - own.peak_day), dynamics.novelty_power.one, own.novelty_days, own.evergreen)
    return np.asarray((week * fresh)[:, None] * own.parts)


def _log_even(ends: Range, count: int, rng: np.random.Generator) -> Floats:
    return np.exp(rng.uniform(np.log(ends[0]), np.log(ends[1]), count))


def _jittered(profile: tuple[float, ...], count: int, rng: np.random.Generator) -> Floats:
    drawn = np.array(profile) * rng.lognormal(0, 0.05, (count, len(profile)))
    return np.asarray(drawn / drawn.mean(axis=1, keepdims=True))
