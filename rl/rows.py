"""Rows: a seller's own campaigns as they were kept, and the simulator's parameters fitted to them.

A row is a listing and an hour: listing, hour (ISO, or whole hours since any midnight of a Monday), spend in USD,
impressions, clicks, orders (told by the hour of their click) and revenue in USD. `fit_rows` replaces what such rows can
tell: clicks a USD, the calendar, orders a click, saturation, fatigue, recovery and the price of an order. `BadRows`
names the first row that is wrong. Delays need orders by the day on which they were told (`rl.fitting.fit_delay`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from rl.dynamics import PARTS, WEEK, Dynamics, Estimate, Floats, kept_a_part
from rl.fitting import FEWEST, TooLittle

HOURS = 24 // PARTS
RESAMPLED = 20
ROUNDS = 10
"""Of iterative scaling; three nearly independent margins settle in a few."""
MOST = 1e12

Ints = NDArray[np.int64]


class BadRows(ValueError):
    """A row that no campaign can have had."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of shape (n,)."""

    listing: NDArray[Any]
    hour: Ints
    """Whole hours since the midnight that began some Monday."""
    spend: Floats
    impressions: Floats
    clicks: Floats
    orders: Floats
    revenue: Floats

    def __post_init__(self) -> None:
        for field in fields(self)[2:]:
            values = getattr(self, field.name)
            wrong = ~np.isfinite(values) | (values < 0) | (values > MOST)
            if wrong.any():
                at = int(np.argmax(wrong))
                raise BadRows(f"row {at + 1}: {field.name} is {values[at]}: a number from 0 to {MOST:g} is needed")
        for less, more in (("clicks", "impressions"), ("orders", "clicks")):
            wrong = getattr(self, less) > getattr(self, more)
            if wrong.any():
                raise BadRows(f"row {int(np.argmax(wrong)) + 1}: more {less} than {more}")


def read_rows(path: Path) -> Rows:
    """Rows of a CSV with the columns of `Rows`; BadRows where one is missing or no number."""
    import pandas

    table = pandas.read_csv(path)
    missing = [field.name for field in fields(Rows) if field.name not in table.columns]
    if missing:
        raise BadRows(f"{path.name} has no column {missing[0]!r}")
    numbers = []
    for field in fields(Rows)[2:]:
        values = pandas.to_numeric(table[field.name], errors="coerce").to_numpy(float)
        numbers.append(values)
    hour = table["hour"]
    if pandas.api.types.is_numeric_dtype(hour):
        hours = hour.to_numpy(float)
    else:
        when = pandas.to_datetime(hour, errors="coerce", utc=True, format="ISO8601")
        # 1970-01-05 was a Monday.
        hours = ((when - pandas.Timestamp("1970-01-05", tz="UTC")) / pandas.Timedelta(hours=1)).to_numpy(float)
    if not np.isfinite(hours).all():
        raise BadRows(
            f"row {int(np.argmin(np.isfinite(hours))) + 1}: hour {hour.iloc[int(np.argmin(np.isfinite(hours)))]!r}"
        )
    return Rows(table["listing"].to_numpy(str), np.floor(hours).astype(np.int64), *numbers)


def fit_rows(rows: Rows, dynamics: Dynamics, source: str, seed: int = 7) -> Dynamics:
    """The dynamics with what the rows tell in place of what was there; TooLittle where they are too few."""
    part, (spend, clicks, orders, revenue) = _grid(rows)
    used = spend > 0
    if len(spend) < 2 or used.sum() < FEWEST or orders.sum() == 0:
        found = f"{len(spend)} listings, {int(used.sum())} parts of days with spend, {orders.sum():g} orders"
        raise TooLittle(f"{found}: 2, {FEWEST} and 1 are needed")
    weekday, day = fit_calendar(spend, clicks, part, source, seed)
    kappa, audience, recovery, per_click = fit_fatigue(spend, clicks, orders, source, seed)
    life = dynamics.life_days.one * PARTS
    kept = float(kept_a_part(recovery.one))
    share = kappa.one / (kappa.one + audience.one * (1 - kept))
    whole = kappa.one * (1 - share) * life
    told = "of kappa, audience and recovery of the same rows"
    return replace(
        dynamics,
        clicks_per_usd=Estimate(
            (float(clicks.sum() / spend.sum()),), _error(clicks, spend, seed), "clicks/USD", source, int(used.sum())
        ),
        weekday=weekday,
        part=day,
        orders_per_click=per_click,
        recovery_days=recovery,
        life_kappa_usd=replace(kappa, value=(whole,), error=(whole * _relative(kappa),), unit="USD"),
        fatigue_share=Estimate(
            (share,),
            (share * (1 - share) * math.hypot(*(_relative(one) for one in (kappa, audience))),),
            "share",
            f"{source}; {told}",
            kappa.rows,
        ),
        order_value_usd=Estimate(
            (float(revenue.sum() / orders.sum()),), _error(revenue, orders, seed), "USD", source, int(orders.sum())
        ),
    )


def fit_calendar(spend: Floats, clicks: Floats, part: Ints, source: str, seed: int = 7) -> tuple[Estimate, Estimate]:
    """Multipliers of weekdays and of parts of a day, by Poisson likelihood of clicks; arrays (listings, parts).

    Clicks are expected as spend * listing * weekday * part, fitted by iterative scaling (Deming & Stephan,
    1940). Errors are bootstrap ones over listings.
    """
    slot = part // PARTS % WEEK * PARTS + part % PARTS
    sums = [np.stack([np.bincount(slot, row, WEEK * PARTS) for row in each]) for each in (spend, clicks)]
    spent, heard = (np.asarray(each.reshape(-1, WEEK, PARTS), float) for each in sums)
    if (spent.sum(axis=(0, 2)) == 0).any() or (spent.sum(axis=(0, 1)) == 0).any():
        raise TooLittle("a weekday or a part of the day has no spend at all")

    def fitted(rows: Ints) -> Floats:
        level, week, day = np.ones((len(rows), 1, 1)), np.ones((1, WEEK, 1)), np.ones((1, 1, PARTS))
        for _ in range(ROUNDS):
            level = _scaled(heard[rows], spent[rows] * week * day, (1, 2))
            week = _scaled(heard[rows], spent[rows] * level * day, (0, 2))
            day = _scaled(heard[rows], spent[rows] * level * week, (0, 1))
        return np.concatenate([(week / week.mean()).ravel(), (day / day.mean()).ravel()])

    count, rng = len(spend), np.random.default_rng(seed)
    value = fitted(np.arange(count))
    error = np.std([fitted(rng.integers(0, count, count)) for _ in range(RESAMPLED)], axis=0, ddof=1)
    rows = int((spend > 0).sum())
    ends = (slice(0, WEEK), slice(WEEK, None))
    units = ("multiplier a weekday", "multiplier a part of the day")
    weekday, day = (
        Estimate(tuple(value[end].tolist()), tuple(error[end].tolist()), unit, source, rows)
        for end, unit in zip(ends, units, strict=True)
    )
    return weekday, day


def fit_fatigue(
    spend: Floats, clicks: Floats, orders: Floats, source: str, seed: int = 7
) -> tuple[Estimate, Estimate, Estimate, Estimate]:
    """kappa (USD a part), audience (USD), recovery (days) and orders a click, by likelihood; arrays (listings, parts).

    Orders are Poisson around clicks * rate_i / (1 + spend / kappa) / (1 + stock / audience), each listing's rate at its
    own best; how much listings tire each other (`overlap`) is not told apart. Errors are bootstrap ones over listings.
    """

    def loss(logs: Floats, rows: Ints) -> float:
        kappa, audience, recovery = np.exp(np.clip(logs, -6, 12))
        fresh = clicks[rows] / (1 + spend[rows] / kappa) / (1 + stock_of(spend[rows], recovery) / audience)
        rate = orders[rows].sum(axis=1) / np.maximum(fresh.sum(axis=1), 1e-9)
        expected = np.maximum(rate[:, None] * fresh, 1e-12)
        return float((expected - orders[rows] * np.log(expected)).sum())

    def fitted(rows: Ints) -> Floats:
        usual = float(np.mean(spend[spend > 0]))
        start = np.log(np.array([usual * 2, usual * 20, 2.0]))
        found = minimize(loss, start, args=(rows,), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-3})
        kappa, audience, recovery = np.exp(np.clip(found.x, -6, 12))
        fresh = clicks[rows] / (1 + spend[rows] / kappa) / (1 + stock_of(spend[rows], recovery) / audience)
        return np.array([kappa, audience, recovery, orders[rows].sum() / fresh.sum()])

    count = len(spend)
    value, rng = fitted(np.arange(count)), np.random.default_rng(seed)
    drawn = np.array([fitted(rng.integers(0, count, count)) for _ in range(RESAMPLED)])
    # Of logarithms: a rate or a scale is as likely half as double.
    error = value * np.std(np.log(drawn), axis=0, ddof=1)
    units, rows = ("USD a part", "USD", "days", "orders/click"), int((spend > 0).sum())
    kappa, audience, recovery, rate = (
        Estimate((float(value[at]),), (float(error[at]),), unit, source, rows) for at, unit in enumerate(units)
    )
    return kappa, audience, recovery, rate


def _scaled(heard: Floats, expected: Floats, axes: tuple[int, int]) -> Floats:
    """What brings the expected margin to the one that was heard."""
    sums = np.maximum(expected.sum(axis=axes, keepdims=True), 1e-9)
    return np.asarray(heard.sum(axis=axes, keepdims=True) / sums)


def stock_of(spend: Floats, recovery_days: float) -> Floats:
    """(listings, parts): the stock of recent spending before each part."""
    kept, stock, stocks = float(kept_a_part(recovery_days)), np.zeros(len(spend)), np.empty_like(spend)
    for part in range(spend.shape[1]):
        stocks[:, part] = stock = kept * stock
        stock = stock + spend[:, part]
    return stocks


def _grid(rows: Rows) -> tuple[Ints, list[Floats]]:
    """Sums by listing and part, (listings, parts) from the first part to the last."""
    listings, which = np.unique(rows.listing, return_inverse=True)
    part = rows.hour // HOURS
    first, last = int(part.min()), int(part.max())
    wide = last - first + 1
    cell = which * wide + part - first
    columns = (rows.spend, rows.clicks, rows.orders, rows.revenue)
    sums = [np.asarray(np.bincount(cell, column, len(listings) * wide).reshape(-1, wide), float) for column in columns]
    return np.arange(first, last + 1, dtype=np.int64), sums


def _relative(estimate: Estimate) -> float:
    """The error of one number as a share of it."""
    return estimate.error[0] / estimate.one if estimate.error else 0.0


def _error(tops: Floats, bottoms: Floats, seed: int) -> tuple[float, ...]:
    """The bootstrap standard error of a ratio of sums, over cells."""
    flat, under = tops.ravel(), bottoms.ravel()
    drawn = np.random.default_rng(seed).integers(0, len(flat), (100, len(flat)))
    return (float((flat[drawn].sum(axis=1) / np.maximum(under[drawn].sum(axis=1), 1e-9)).std(ddof=1)),)
