"""Eval pacing: a day's budget over its hours, with rewards that come late: never exceeded, and what it earns.

A world made up by seed: 1,000 shops of six listings, ten days each. An hour has an audience (two peaks, another shape
each shop); spending `s` in it brings Poisson clicks of mean audience x (1 - exp(-s / (cost x audience))). A click
orders with the listing's own rate, drawn about a common mean, and an order is known after a geometric delay of eight
hours in the mean. Of what is reserved for an hour 80 to 100 %, at random, is spent, and that is known an hour later.

    overspends        days in which spent and reserved together were above the budget after any hour, of 10,000
    revenue_cents     a day, of `bandit`: hours by the traffic seen so far (`rl.pacing`), listings by gamma-Poisson
                      Thompson sampling of revenue (`rl.bandit`) with clicks counted as far as their orders are due
    oracle_share      of what the oracle earns: it knows every audience and every rate
    over_<name>_lower the lower end of the 95 % interval of the difference in cents a day, by resampling shops

Baselines of the same run, in the same world: `uniform` (even over hours and listings), `greedy` (even over hours, all
to the listing with the highest revenue per click known so far), `early` (the same listing, each hour a quarter of what
is free), `even_hours` (the product's listings, even over hours) and `oracle`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evals.bandit import spread_out
from evals.report import Asked, Figure, Result
from rl.bandit import Ints, Posteriors, Thompson
from rl.chances import QUICK, Floats
from rl.pacing import HOURS, Purse, hour_cents, hour_weights
from rl.prior import Prior, fit_prior

SHOPS, DAYS, LISTINGS = 1_000, 10, 6
SMALL_SHOPS = 50
BUDGET_CENTS = 3_000
COST_CENTS = 25.0
AUDIENCE = 100.0
"""Clicks a day that unlimited money would buy, in the mean of the shops."""
VISITS_PER_CLICK = 10.0
DELAY_HOURS, LONGEST = 8.0, 48
EARLIER = 400
"""Listings of the past that the prior is fitted to."""
RESAMPLES = 2000
ASKED = {"overspends": Asked(most=0), "over_uniform_lower": Asked(least=1e-9), "over_greedy_lower": Asked(least=1e-9)}


@dataclass(frozen=True, slots=True)
class World:
    """What is true of each shop: audience of an hour (shops, 24), order rate and price in cents (shops, listings)."""

    audience: Floats
    rates: Floats
    prices: Floats
    prior: Prior
    """Fitted to earlier listings of the same kind."""

    @property
    def worth(self) -> Floats:
        """Revenue of a click, in cents."""
        return np.asarray(self.rates * self.prices)


@dataclass(slots=True)
class Campaign:
    """What a policy sees: orders that are known, clicks by age in hours, visits by hour."""

    prices: Floats
    prior: Prior
    known: Floats
    clicks: Floats
    """(shops, listings, LONGEST + 1): by hours since, the last column all that are older."""
    visits: Floats
    hour: int = 0
    day: int = 0

    @property
    def left(self) -> float:
        return 1 - (self.day * HOURS + self.hour) / (DAYS * HOURS)


@dataclass(slots=True)
class Ledger:
    """What a run did, by shop: revenue in cents, and days over budget; kept apart from the purse."""

    revenue: Floats
    overspends: int = 0
    spent: list[Floats] = field(default_factory=list)


Hourly = Callable[[Campaign, World, Purse], Ints]
Listed = Callable[[Campaign, World], Floats]


def run(data: Path | None = None, seed: int = 7, small: bool = False) -> Result:
    """Simulates every policy in one world; `data` is not read."""
    if data is not None:
        raise ValueError("this suite makes its world by seed: leave --data out")
    world = made(SMALL_SHOPS if small else SHOPS, np.random.default_rng(seed))
    told = {name: simulate(world, *policy, np.random.default_rng(seed + 1)) for name, policy in POLICIES.items()}
    days = len(world.rates) * DAYS
    earned = {name: float(one.revenue.sum() / days) for name, one in told.items()}
    ours = told["bandit"]
    figures: dict[str, Figure] = {
        "days": days,
        "overspends": sum(one.overspends for one in told.values()),
        "spent_ratio": float(np.mean(ours.spent) / BUDGET_CENTS),
        "revenue_cents": earned["bandit"],
        "oracle_share": earned["bandit"] / earned["oracle"],
    }
    for name in ("uniform", "greedy", "early", "even_hours"):
        figures[f"over_{name}_lower"] = _lower((ours.revenue - told[name].revenue) / DAYS, seed)
    baseline: dict[str, Figure] = {f"revenue_cents_{name}": one for name, one in earned.items() if name != "bandit"}
    baseline |= {
        f"spent_ratio_{name}": float(np.mean(told[name].spent) / BUDGET_CENTS) for name in told if name != "bandit"
    }
    notes = (
        f"{len(world.rates):,} shops x {DAYS} days, {BUDGET_CENTS / 100:.2f} USD a day; overspends: of all policies",
    )
    return Result("pacing", figures, baseline, "made-up shops", seed, notes, {} if small else ASKED)


def made(shops: int, rng: np.random.Generator) -> World:
    """Draws shops: two-peaked hours, rates Gamma-spread about 4 % with a prior fitted to earlier listings, prices."""
    hours = np.arange(HOURS)
    peaks = rng.normal([[11.0, 20.0]], 1.5, (shops, 2))
    heights = rng.uniform(0.4, 1.6, (shops, 2))
    away = np.minimum(np.abs(hours - peaks[..., None]), HOURS - np.abs(hours - peaks[..., None]))
    shape = 0.08 + (heights[..., None] * np.exp(-0.5 * (away / 2.5) ** 2)).sum(axis=1)
    size = AUDIENCE * rng.lognormal(0, 0.4, (shops, 1))
    audience = size * shape / shape.sum(axis=1, keepdims=True)
    rates, earlier = rng.gamma(3, 0.04 / 3, (shops, LISTINGS)), rng.gamma(3, 0.04 / 3, EARLIER)
    tried = rng.integers(50, 500, EARLIER).astype(float)
    prior = fit_prior("gamma", rng.poisson(earlier * tried), tried)
    return World(audience, np.minimum(rates, 0.5), rng.uniform(1500, 4000, (shops, LISTINGS)), prior)


def simulate(world: World, hourly: Hourly, listed: Listed, rng: np.random.Generator) -> Ledger:
    """Ten days of every shop under one policy; BadBounds where a policy asks for more than is free."""
    shops = len(world.rates)
    nothing = np.zeros(world.rates.shape)
    seen = Campaign(
        world.prices, world.prior, nothing, np.zeros((*nothing.shape, LONGEST + 1)), np.zeros((shops, HOURS))
    )
    due = np.zeros((*nothing.shape, LONGEST + 1))
    ledger = Ledger(np.zeros(shops))
    for seen.day in range(DAYS):
        purse, waiting, over = (
            Purse.of(np.full(shops, BUDGET_CENTS)),
            np.zeros((2, shops), np.int64),
            np.zeros(shops, bool),
        )
        handed = np.zeros(shops)
        for seen.hour in range(HOURS):
            purse = purse.settle(*waiting)
            amount = hourly(seen, world, purse)
            purse = purse.reserve(amount)
            used = np.floor(amount * rng.uniform(0.8, 1.0, shops)).astype(np.int64)
            waiting = np.stack([amount, used])
            handed += used
            over |= (handed > BUDGET_CENTS) | (purse.spent + purse.reserved > BUDGET_CENTS)
            ledger.revenue += _hour(world, seen, due, listed(seen, world), used, rng)
        ledger.overspends += int(over.sum())
        ledger.spent.append(handed)
    return ledger


def _hour(world: World, seen: Campaign, due: Floats, shares: Floats, used: Ints, rng: np.random.Generator) -> Floats:
    """One hour: clicks and their orders (which come later), what becomes known; revenue in cents, (shops,)."""
    audience = world.audience[:, seen.hour]
    clicks = rng.poisson(audience * -np.expm1(-used / (COST_CENTS * audience)))
    given = spread_out(shares, clicks.astype(float), rng)
    orders = rng.binomial(given, world.rates)
    due += rng.multinomial(orders, _delays())
    seen.known = seen.known + due[..., 0]
    due[..., :-1], due[..., -1] = due[..., 1:].copy(), 0
    seen.clicks[..., -1] += seen.clicks[..., -2]
    seen.clicks[..., 1:-1] = seen.clicks[..., :-2].copy()
    seen.clicks[..., 0] = given
    seen.visits[:, seen.hour] += rng.poisson(audience * VISITS_PER_CLICK)
    return np.asarray((orders * world.prices).sum(axis=1))


def _delays() -> Floats:
    """The chance of each delay of 0 to LONGEST hours: geometric, cut."""
    chance = (1 - 1 / (DELAY_HOURS + 1)) ** np.arange(LONGEST + 1)
    return np.asarray(chance / chance.sum())


def by_traffic(seen: Campaign, _: World, purse: Purse) -> Ints:
    """The product: by the visits of each hour so far."""
    return hour_cents(purse.free, hour_weights(seen.visits), seen.hour)


def even_hours(seen: Campaign, _: World, purse: Purse) -> Ints:
    """The same for every hour that is left."""
    return hour_cents(purse.free, np.ones(HOURS), seen.hour)


def a_quarter(_: Campaign, __: World, purse: Purse) -> Ints:
    """A quarter of what is free, so that most is gone by the morning."""
    return np.asarray(purse.free // 4)


def by_audience(seen: Campaign, world: World, purse: Purse) -> Ints:
    """The optimum: by the true audience."""
    return hour_cents(purse.free, world.audience, seen.hour)


def by_thompson(seen: Campaign, _: World) -> Floats:
    """The product: revenue per click, orders late, sharper the less of the ten days is left."""
    return Thompson.ending(seen.left, QUICK).shares(revenue(seen))


def revenue(seen: Campaign) -> Posteriors:
    """The posterior of each listing's revenue per click: clicks count as far as their orders are due."""
    arrived = seen.clicks @ np.append(np.cumsum(_delays())[:-1], 1.0)
    shape, other = seen.prior.parameters(arms=LISTINGS)
    prior = (np.broadcast_to(each, seen.known.shape) for each in (shape, other))
    arms = tuple(str(number) for number in range(LISTINGS))
    rate = Posteriors("gamma", arms, *prior).learned(seen.known, arrived)
    return Posteriors("gamma", arms, rate.shape, rate.other / seen.prices)


def evenly(seen: Campaign, _: World) -> Floats:
    """Every listing alike."""
    return np.full(seen.prices.shape, 1 / LISTINGS)


def by_mean(seen: Campaign, _: World) -> Floats:
    """All to the highest revenue per click so far, orders per click taken as they are known; untried ones first."""
    clicks = seen.clicks.sum(axis=-1)
    mean = np.where(clicks > 0, seen.known / np.maximum(clicks, 1), np.inf) * seen.prices
    return np.asarray(np.eye(LISTINGS)[mean.argmax(axis=1)])


def by_worth(_: Campaign, world: World) -> Floats:
    """The optimum: all to the highest true revenue per click."""
    return np.asarray(np.eye(LISTINGS)[world.worth.argmax(axis=1)])


def _lower(more: Floats, seed: int) -> float:
    """The 2.5 % quantile of the mean over resampled shops."""
    drawn = np.random.default_rng(seed).integers(0, len(more), (RESAMPLES, len(more)))
    return float(np.quantile(more[drawn].mean(axis=1), 0.025))


POLICIES: Mapping[str, tuple[Hourly, Listed]] = {
    "bandit": (by_traffic, by_thompson),
    "uniform": (even_hours, evenly),
    "greedy": (even_hours, by_mean),
    "early": (a_quarter, by_mean),
    "even_hours": (even_hours, by_thompson),
    "oracle": (by_audience, by_worth),
}
