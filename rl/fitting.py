"""Fitting: the parameters of the simulator from data, each with its standard error and what it saves on held-out rows.

What can be fitted depends on what is at hand:

    spend and orders of many ads      saturation, orders a USD, how unlike ads are       `fit_saturation`
    trials and wins of variants       how unlike variants of one idea are                `fit_spread`
    attention by age of many things   how novelty ends, and the weekday's multipliers    `fit_novelty`, `fit_weekday`
    anything counted by the clock     multipliers of the four parts of a day             `fit_parts`
    clicks and orders day by day      the delay from click to order                      `fit_delay`

Errors are bootstrap standard errors over ads, things, posts or days; `gain` is cross-validated in five folds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import gammaln

from rl.dynamics import PARTS, WEEK, Estimate, Floats

FOLDS = 5
RESAMPLED = 100
FEWEST = 20
"""Rows under which nothing is fitted."""

Ints = NDArray[np.int64]


class TooLittle(ValueError):
    """Rows too few, or all alike: nothing can be fitted to them."""


def fit_saturation(spend: Floats, orders: Floats, source: str, seed: int = 7) -> tuple[Estimate, Estimate, Estimate]:
    """Orders a USD of an untired audience, kappa (USD), and the gamma shape of ads' rates, by likelihood.

    The counts are negative binomial around rate * spend / (1 + spend / kappa).

    `spend` in USD and `orders` are totals of one ad each, over its life, both of shape (n,), spend over 0. `gain` is
    the share of the held-out Poisson deviance that the curve saves over a straight line.
    """
    spend, orders = np.asarray(spend, float), np.asarray(orders, float)
    used = spend > 0
    spend, orders = spend[used], orders[used]
    _enough(len(spend), "ads with spend")
    if orders.sum() == 0:
        raise TooLittle("no orders at all")

    def fitted(rows: Ints) -> Floats:
        start = [np.log(orders[rows].sum() / spend[rows].sum() + 1e-9), np.log(np.median(spend[rows]) * 3), 0.7]
        found = minimize(_binomial_loss, start, args=(spend[rows], orders[rows]), method="Nelder-Mead")
        return np.asarray(np.exp(np.clip(found.x, -12, 12)))

    def saved(train: Ints, test: Ints) -> tuple[float, float]:
        rate, kappa, _ = fitted(train)
        line = orders[train].sum() / spend[train].sum()
        curve = rate * spend[test] / (1 + spend[test] / kappa)
        return _deviance(orders[test], curve), _deviance(orders[test], line * spend[test])

    value, error = fitted(np.arange(len(spend))), _error(fitted, len(spend), seed)
    gain = _gain(saved, len(spend), seed)
    units = ("orders/USD", "USD", "shape")
    rate, kappa, shape = (
        Estimate((float(value[at]),), (float(error[at]),), unit, source, len(spend), gain if at == 1 else None)
        for at, unit in enumerate(units)
    )
    return rate, kappa, shape


def fit_spread(test: NDArray[Any], trials: Floats, wins: Floats, source: str, seed: int = 7) -> Estimate:
    """The shape of the gamma distribution around their test's mean that variants' rates are drawn from, by moments.

    `test` names each row's test; `trials` and `wins` are its counts; all of shape (n,). Of a variant with n of its
    test's N trials and e wins expected by the pooled rate, (wins - e)^2 is in the mean
    e (1 - n / N) + e^2 (1 - 2 n / N + sum n^2 / N^2) / shape. The error is over tests.
    """
    group = np.unique(test, return_inverse=True)[1]
    whole, won = np.bincount(group, trials), np.bincount(group, wins)
    counted = np.bincount(group)
    used = (counted[group] > 1) & (won[group] > 0) & (trials > 0)
    _enough(int(used.sum()), "variants")
    share = trials / np.maximum(whole[group], 1)
    expected = share * won[group]
    beyond = (np.square(wins - expected) - expected * (1 - share)) * used
    weight = np.square(expected) * (1 - 2 * share + np.bincount(group, np.square(share))[group]) * used
    tops, bottoms = np.bincount(group, beyond), np.bincount(group, weight)

    def fitted(rows: Ints) -> Floats:
        return np.array([bottoms[rows].sum() / max(tops[rows].sum(), 1e-9 * bottoms[rows].sum())])

    value, error = fitted(np.arange(len(tops))), _error(fitted, len(tops), seed)
    return Estimate((float(value[0]),), (float(error[0]),), "shape", source, int(used.sum()))


def fit_novelty(age: Ints, gain: Floats, thing: Ints, source: str, seed: int = 7) -> Estimate:
    """The power p of gain ~ (1 + age) ** -p, from how the logarithm of a thing's gain changes from day to day.

    `age` in days (1 is the first day after the first), `gain` over 0, `thing` a number; all of shape (n,). The
    estimate's `gain` is the share of held-out squared error saved over an exponential end.
    """
    order = np.lexsort((age, thing))
    age, gain, thing = np.asarray(age)[order], np.asarray(gain, float)[order], np.asarray(thing)[order]
    after = np.flatnonzero((np.diff(thing) == 0) & (np.diff(age) == 1) & (gain[1:] > 0) & (gain[:-1] > 0))
    _enough(len(after), "pairs of days of one thing")
    change = np.log(gain[after + 1] / gain[after])
    step = np.log((2.0 + age[after]) / (1.0 + age[after]))

    def fitted(rows: Ints) -> Floats:
        return np.array([-(change[rows] * step[rows]).sum() / np.square(step[rows]).sum()])

    def saved(train: Ints, test: Ints) -> tuple[float, float]:
        power = np.square(change[test] + fitted(train)[0] * step[test]).sum()
        return float(power), float(np.square(change[test] - change[train].mean()).sum())

    value, error = fitted(np.arange(len(after))), _error(fitted, len(after), seed)
    return Estimate(
        (float(value[0]),), (float(error[0]),), "power of 1 + days", source, len(after), _gain(saved, len(after), seed)
    )


def fit_weekday(day: Ints, amount: Floats, group: Ints, source: str, seed: int = 7) -> Estimate:
    """Seven multipliers, from Monday (0), of amounts over 0 against the geometric mean of their group."""
    return _profile(day, amount, group, WEEK, "multiplier a weekday", source, seed)


def fit_parts(part: Ints, amount: Floats, group: Ints, source: str, seed: int = 7) -> Estimate:
    """Four multipliers, from midnight, of amounts over 0 against the geometric mean of their group."""
    return _profile(part, amount, group, PARTS, "multiplier a part of the day", source, seed)


def fit_delay(clicks: Floats, orders: Floats, source: str, seed: int = 7) -> Estimate:
    """The mean days from click to order, exponential, by Poisson likelihood of daily orders given the clicks so far.

    `clicks` and `orders` are of shape (campaigns, days), days in a row. `gain` is the deviance saved over no delay on
    held-out campaigns; with one campaign there is nothing to hold out and it is unknown.
    """
    clicks, orders = np.atleast_2d(np.asarray(clicks, float)), np.atleast_2d(np.asarray(orders, float))
    _enough(clicks.size, "days")

    def loss(log_delay: float, rows: Ints) -> float:
        expected = told(clicks[rows], float(np.exp(log_delay)))
        return _deviance(orders[rows], expected * orders[rows].sum() / max(expected.sum(), 1e-9))

    def fitted(rows: Ints) -> Floats:
        found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(60.0)), args=(rows,), method="bounded")
        return np.array([np.exp(found.x)])

    def saved(train: Ints, test: Ints) -> tuple[float, float]:
        return loss(float(np.log(fitted(train)[0])), test), loss(np.log(0.05), test)

    count = len(clicks)
    error = _error(fitted, count, seed) if count > 1 else np.array([np.nan])
    gain = _gain(saved, count, seed) if count >= FOLDS else None
    value = fitted(np.arange(count))
    return Estimate((float(value[0]),), (float(error[0]),), "days", source, clicks.size, gain)


def told(clicks: Floats, delay_days: float) -> Floats:
    """Clicks by the day on which the orders they lead to are told: shape (campaigns, days), the delay exponential."""
    pending, heard = np.zeros(len(clicks)), np.zeros_like(clicks)
    share = 1 - np.exp(-1 / delay_days)
    for day in range(clicks.shape[1]):
        pending = pending + clicks[:, day]
        heard[:, day] = pending * share
        pending = pending - heard[:, day]
    return heard


def _profile(slot: Ints, amount: Floats, group: Ints, slots: int, unit: str, source: str, seed: int) -> Estimate:
    slot, amount = np.asarray(slot, np.int64), np.asarray(amount, float)
    used = amount > 0
    slot, group = slot[used], np.unique(np.asarray(group)[used], return_inverse=True)[1]
    _enough(len(slot), "amounts over 0")
    if len(np.unique(slot)) < slots:
        raise TooLittle(f"{len(np.unique(slot))} of {slots} slots have rows")
    level = np.log(amount[used])
    level = level - (np.bincount(group, level) / np.bincount(group))[group]

    def fitted(rows: Ints) -> Floats:
        seen = np.bincount(slot[rows], minlength=slots)
        means = np.bincount(slot[rows], level[rows], slots) / np.maximum(seen, 1)
        profile = np.exp(means)
        return np.asarray(profile / profile.mean())

    def saved(train: Ints, test: Ints) -> tuple[float, float]:
        logs = np.log(fitted(train))
        away = level[test] - (logs - logs[slot[train]].mean())[slot[test]]
        return float(np.square(away).sum()), float(np.square(level[test]).sum())

    value, error = fitted(np.arange(len(slot))), _error(fitted, len(slot), seed)
    return Estimate(
        tuple(value.tolist()), tuple(error.tolist()), unit, source, len(slot), _gain(saved, len(slot), seed)
    )


def _binomial_loss(logs: Floats, spend: Floats, orders: Floats) -> float:
    """Negative log-likelihood of negative binomial orders, up to a constant."""
    rate, kappa, shape = np.exp(np.clip(logs, -12, 12))
    mean = rate * spend / (1 + spend / kappa)
    likely = gammaln(orders + shape) - gammaln(shape) + shape * np.log(shape / (shape + mean))
    return float(-(likely + orders * np.log(mean / (shape + mean))).sum())


def _deviance(counts: Floats, expected: Floats) -> float:
    """Poisson deviance."""
    expected = np.maximum(expected, 1e-9)
    logs = np.where(counts > 0, counts * np.log(np.where(counts > 0, counts, 1) / expected), 0.0)
    return float(2 * (logs - (counts - expected)).sum())


def _error(fitted: Callable[[Ints], Floats], count: int, seed: int) -> Floats:
    """Bootstrap standard errors of what `fitted` finds on rows."""
    rng = np.random.default_rng(seed)
    found = [fitted(rng.integers(0, count, count)) for _ in range(RESAMPLED)]
    return np.asarray(np.std(found, axis=0, ddof=1))


def _gain(saved: Callable[[Ints, Ints], tuple[float, float]], count: int, seed: int) -> float:
    """The share of held-out loss that is saved, over five folds drawn by the seed."""
    fold = np.random.default_rng(seed).permutation(count) % FOLDS
    pairs = [saved(np.flatnonzero(fold != one), np.flatnonzero(fold == one)) for one in range(FOLDS)]
    ours, theirs = np.sum(pairs, axis=0)
    return float(1 - ours / theirs) if theirs > 0 else 0.0


def _enough(count: int, what: str) -> None:
    if count < FEWEST:
        raise TooLittle(f"{count} {what}, {FEWEST} are needed")
