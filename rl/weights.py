"""Weights: the score's five proposed from what past ideas did, and the gate that weights and an outlook must pass.

Rankings have no propensities of their own, so no off-policy estimate decides here. A set goes on only if an out-of-time
backtest, day by day beside the one that is live, is better by the lower bound of a paired bootstrap over days, and the
explored share (ideas that were chosen by chance, whose outcomes no ranking picked) agrees.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import t as student

from trends.score_table import TERMS, Weights

FEWEST_ROWS = 20
"""A day with fewer ideas proposes nothing."""
FEWEST_DAYS = 14
"""With fewer days to compare on, nothing goes on."""
FEWEST_EXPLORED_DAYS = 5
ROWS_A_DAY = 100.0
"""However many ideas a day has, it weighs as much as so many: they share the day's weather."""
HELD = 100.0
"""The prior, in ideas: a weight that leaves its prior by .1 costs as much as one idea misjudged by one nat."""
DECAY = 0.98
"""A day weighs so much less than the one after it."""
STEEP, STEEP_HELD = 4.0, 0.1
"""What a score of 1 against 0 is worth in log-odds before anything was seen, and how firmly, in ideas."""
RESAMPLES = 2000
LOWER = 0.025

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PastDay:
    """The ideas scored on one day, and what came of them since."""

    on: date
    terms: Floats
    """Shape (ideas, 5), in the order of TERMS, in [0, 1]; NaN: missing."""
    came: Floats
    """Shape (ideas,): what the trend did; only its order counts. No NaN."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Five weights, their sum 1, in the form of the store's table; the prior where there is nothing to learn from."""

    five: Mapping[str, float]
    days: int
    ideas: int

    @property
    def reason(self) -> str:
        """What stands in the history of weights."""
        return f"learned from {self.ideas:,} ideas of {self.days} days whose outcome is known"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a comparison day by day says, and why."""

    go: bool
    why: str
    days: int
    gain: float
    """Mean of candidate less live; NaN without days."""
    lower: float
    """Lower bound (one-sided 97.5 %) of that; NaN without days."""


def propose(past: Sequence[PastDay], held_to: Weights | None = None) -> Proposal:
    """The weights under which the score best tells each day's top quarter from the rest.

    Maximum a posteriori of a logistic model of the score itself (missing terms give their weight to the others, as the
    score does), weights in [0, 1], normal prior around `held_to`. A pure function of the days, in whatever order.
    """
    prior = np.array((held_to or Weights()).values, dtype=float)
    prior = prior / prior.sum()
    days = sorted((day for day in past if _teaches(day)), key=lambda day: day.on)
    if not days:
        return Proposal(_five(prior), 0, 0)
    newest = days[-1].on
    terms = np.concatenate([day.terms for day in days]).astype(float)
    top = np.concatenate([_top_quarter(day.came) for day in days]).astype(float)
    counts = [min(len(day.came), ROWS_A_DAY) / len(day.came) * DECAY ** (newest - day.on).days for day in days]
    weight = np.repeat(counts, [len(day.came) for day in days])
    return Proposal(_five(_fitted(terms, top, weight, prior)), len(days), len(top))


def totals(terms: Floats, five: Mapping[str, float]) -> Floats:
    """The score of each idea under five weights, shape (ideas,): what `trends.score_table` makes of the same terms."""
    weights = np.array([five[name] for name in TERMS], dtype=float)
    known = np.isfinite(terms)
    have = known @ weights
    total: Floats = np.where(known, terms, 0.0) @ weights / np.where(have > 0, have, 1.0)
    return total


def compare(
    candidate: Sequence[float] | Floats,
    live: Sequence[float] | Floats,
    block_days: int = 1,
    seed: int = 7,
    fewest: int = FEWEST_DAYS,
) -> Ruling:
    """Whether a candidate beats what is live on the same days, a figure a day, larger is better.

    Paired bootstrap over days, in circular blocks of `block_days` where outcomes of neighbouring days overlap (Politis
    and Romano 1992). Days on which either figure is unknown (NaN) are left out.

    Raises:
        ValueError: not as many days of one as of the other.
    """
    if len(candidate) != len(live):
        raise ValueError(f"{len(candidate)} days of the candidate against {len(live)} of the live one")
    gains = np.asarray(candidate, dtype=float) - np.asarray(live, dtype=float)
    gains = gains[np.isfinite(gains)]
    days = len(gains)
    if not days:
        return Ruling(False, "there is no day to compare on", 0, math.nan, math.nan)
    gain, lower = float(gains.mean()), _lower(gains, block_days, seed)
    if days < fewest:
        return Ruling(False, f"{days} days are too few: {fewest} are needed", days, gain, lower)
    said = f"{gain:+.4f} a day over {days} days, lower bound {lower:+.4f}"
    if lower > 0:
        return Ruling(True, f"better: {said}", days, gain, lower)
    return Ruling(False, f"{'worse' if gain < 0 else 'not surely better'}: {said}", days, gain, lower)


def gate(backtest: Ruling, explored: Ruling | None) -> Ruling:
    """Go only where the backtest says so and the explored share, on days enough, points the same way."""
    if not backtest.go:
        return backtest
    if explored is None or explored.days < FEWEST_EXPLORED_DAYS:
        days = 0 if explored is None else explored.days
        why = f"the explored share knows {days} days: {FEWEST_EXPLORED_DAYS} are needed"
    elif not explored.gain > 0:
        why = f"the explored share does not agree: {explored.gain:+.4f} a day over {explored.days} days"
    else:
        why = f"{backtest.why}; the explored share agrees: {explored.gain:+.4f} a day over {explored.days} days"
        return Ruling(True, why, backtest.days, backtest.gain, backtest.lower)
    return Ruling(False, why, backtest.days, backtest.gain, backtest.lower)


def _lower(gains: Floats, block_days: int, seed: int) -> float:
    """The lower bound of the mean: its standard error by resampling blocks of days in a circle, times Student's t.

    A plain quantile of the resampled means is too near where blocks are few. Corrected as Hesterberg has it (2015, The
    American Statistician 69, 371): by sqrt(m / (m - 1)) and t of m - 1 degrees, m = days / block_days.
    """
    days, block = len(gains), max(1, min(block_days, len(gains)))
    starts = np.random.default_rng(seed).integers(0, days, (RESAMPLES, -(-days // block)))
    drawn = (starts[:, :, None] + np.arange(block)).reshape(RESAMPLES, -1)[:, :days] % days
    independent = days / block
    if independent <= 1:
        return -math.inf
    spread = float(gains[drawn].mean(axis=1).std()) * math.sqrt(independent / (independent - 1))
    return float(gains.mean()) - float(student.ppf(1 - LOWER, independent - 1)) * spread


def _teaches(day: PastDay) -> bool:
    """Whether a day has ideas enough, of two kinds; ValueError where it is no day at all."""
    if day.terms.shape != (len(day.came), len(TERMS)) or not np.isfinite(day.came).all():
        raise ValueError(f"{day.on}: {len(TERMS)} terms and one finite outcome an idea are needed")
    return len(day.came) >= FEWEST_ROWS and bool(_top_quarter(day.came).any())


def _fitted(terms: Floats, top: Floats, weight: Floats, prior: Floats) -> Floats:
    """The mode in weights, steepness and intercept; the weights of it, their sum 1."""
    known = np.isfinite(terms).astype(float)
    values = np.where(known > 0, terms, 0.0)

    def loss(at: Floats) -> tuple[float, Floats]:
        weights, steep = at[:5], at[5]
        have = known @ weights + 1e-9
        score = values @ weights / have
        odds = at[6] + steep * score
        wrong = weight * (1 / (1 + np.exp(-np.clip(odds, -30, 30))) - top)
        by_weight = steep * (wrong @ ((values - score[:, None] * known) / have[:, None]))
        off, bend = weights - prior, steep - STEEP
        slope = np.concatenate([by_weight + 2 * HELD * off, [wrong @ score + 2 * STEEP_HELD * bend, wrong.sum()]])
        fit = float((weight * (np.logaddexp(0, odds) - top * odds)).sum())
        return fit + HELD * float(off @ off) + STEEP_HELD * bend * bend, slope

    bounds = [(0.0, 1.0)] * 5 + [(0.5, 40.0), (-40.0, 20.0)]
    found = minimize(loss, np.concatenate([prior, [STEEP, -3.0]]), jac=True, method="L-BFGS-B", bounds=bounds).x[:5]
    weights: Floats = found / found.sum() if found.sum() > 0 else prior
    return weights


def _five(weights: Floats) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in zip(TERMS, weights, strict=True)}


def _top_quarter(came: Floats) -> NDArray[np.bool_]:
    top: NDArray[np.bool_] = came > np.quantile(came, 0.75)
    return top
