"""Off-policy evaluation: what a policy would have earned, read from decisions that another policy made and logged.

Each estimator is a sum of three columns, one row a decision: `mean(direct) + sum(correction) / sum(scale)`.
With importance weights `w = target / propensity` of the action taken, rewards `r`, predicted rewards `q`, and
`dm = sum_a target(a) q(a)`:

ips        w r / n                                    Horvitz and Thompson 1952
snips      w r / sum w                                Swaminathan and Joachims 2015
dm         dm                                         the reward model alone
dr         dm + w (r - q) / n                         Dudik, Langford and Li 2011
sndr       dm + w (r - q) / sum w                     Thomas and Brunskill 2016
switch_dr  dm + w 1[w <= tau] (r - q) / n             Wang, Agarwal and Dudik 2017
dros       dm + (l w / (w^2 + l)) (r - q) / n         Su, Dimakopoulou, Krishnamurthy and Dudik 2020

`tau` and `l`, and which of DR, Switch-DR, DRos and DM is believed, are chosen by the least estimated mean squared error
(`estimated_mse`). Propensities must be exact and predictions out of fold (a row's prediction may not have seen its
reward): neither can be checked here.

Where no reward is negative no estimate is: it is cut at 0 and says so (`clipped`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rl.logged import BadLog, Floats, Log

ESTIMATORS = ("ips", "snips", "dm", "dr", "sndr", "switch_dr", "dros")
NEED_NO_MODEL = ("ips", "snips")
UNBIASED = ("ips", "snips", "dr", "sndr")
"""Those whose intervals hold for large logs whatever the reward model says; only they count at a gate."""
TUNED = ("switch_dr", "dros")
GRID = (1.0, 5.0, 10.0, 50.0, 100.0, 500.0, float("inf"))
"""Thresholds of Switch-DR and strengths of DRos that are tried; at infinity both are DR."""
LEAST_ESS = 100.0
"""Under this effective sample size nothing is concluded."""
RESAMPLES = 1000
CHUNK = 2_000_000
"""Draws of the bootstrap held in memory at a time."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The columns of an estimator, each (n,): `mean(direct) + sum(correction) / sum(scale)`."""

    direct: Floats
    correction: Floats
    scale: Floats

    @property
    def value(self) -> float:
        """The estimate, not yet cut at 0."""
        return float(self.direct.mean() + self.correction.sum() / self.scale.sum())

    @property
    def influence(self) -> Floats:
        """What each row adds, (n,): its mean is the estimate, its variance over n that of the estimate (delta)."""
        ratio = self.correction.sum() / self.scale.sum()
        adds: Floats = self.direct + ratio + (self.correction - ratio * self.scale) / self.scale.mean()
        return adds


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimator's answer: a mean reward a decision, with two-sided intervals at the level asked.

    They take the reward model as given and leave out bias: those of `dm`, `switch_dr` and `dros` are too narrow.
    """

    name: str
    value: float
    lower: float
    upper: float
    """Percentile bootstrap over decisions; holds for large logs."""
    gain_lower: float
    """Lower end for the gain over the logged rewards, resampled in pairs."""
    sure_lower: float
    sure_upper: float
    """Empirical Bernstein (Maurer and Pontil 2009, theorem 4), over the range of what the rows add."""
    clipped: bool
    """Whether the value or the lower end of an interval was negative and is now 0."""
    strength: float | None = None
    """The `tau` or `l` that was chosen."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What every estimator says of a policy, and which one is believed."""

    estimates: Mapping[str, Estimate]
    chosen: str
    logged: float
    """Mean reward of the log itself: what the logging policy earned."""
    ess: float
    rows: int

    @property
    def value(self) -> float:
        """The estimate that is believed."""
        return self.estimates[self.chosen].value

    @property
    def interval(self) -> tuple[float, float]:
        """The interval to quote: that of DR, which is unbiased (of SNIPS where there is no reward model)."""
        of = self.estimates.get("dr", self.estimates["snips"])
        return of.lower, of.upper


@dataclass(frozen=True, slots=True)
class Inconclusive:
    """No conclusion, and why: the effective sample size is under the least."""

    ess: float
    rows: int
    least: float

    @property
    def why(self) -> str:
        """One line for a person."""
        return (
            f"{self.rows:,} logged decisions are worth {self.ess:.1f} of this policy's own, under {self.least:g}: "
            "log more decisions that it would make"
        )


def evaluate(
    log: Log,
    level: float = 0.95,
    seed: int = 7,
    resamples: int = RESAMPLES,
    grid: Sequence[float] = GRID,
    least_ess: float = LEAST_ESS,
) -> Evaluation | Inconclusive:
    """Every estimator that the log allows (without predictions IPS and SNIPS), and the one that is believed.

    Equal logs and seeds give equal bytes. `Inconclusive` where the effective sample size is under `least_ess`.
    """
    if log.ess < least_ess:
        return Inconclusive(log.ess, len(log), least_ess)
    names = NEED_NO_MODEL if log.predicted is None else ESTIMATORS
    tuned = {name: _tuned(log, name, grid) for name in names}
    columns = {name: terms(log, name, strength) for name, strength in tuned.items()}
    draws = resample(log, list(columns.values()), seed, resamples)
    estimates = {
        name: _estimate(log, name, columns[name], draws[:, place], draws[:, -1], level, tuned[name])
        for place, name in enumerate(columns)
    }
    return Evaluation(estimates, _chosen(log, tuned), float(log.reward.mean()), log.ess, len(log))


def terms(log: Log, name: str, strength: float | None = None) -> Terms:
    """The columns of one estimator; `strength` is `tau` of Switch-DR or `l` of DRos, None or infinite for DR's weights.

    Raises:
        BadLog: the estimator needs predicted rewards and the log has none.
        ValueError: there is no such estimator.
    """
    if name not in ESTIMATORS:
        raise ValueError(f"no estimator {name!r}: there are {', '.join(ESTIMATORS)}")
    weight, nothing, ones = log.weight, np.zeros(len(log)), np.ones(len(log))
    scale = weight if name in ("snips", "sndr") and weight.any() else ones
    if name in NEED_NO_MODEL:
        return Terms(nothing, weight * log.reward, scale)
    if log.predicted is None:
        raise BadLog(f"{name} needs predicted rewards, and the log has none")
    direct = np.einsum("nk,nk->n", log.target, log.predicted)
    return Terms(direct, _shrunk(weight, name, strength) * log.left, scale)


def _shrunk(weight: Floats, name: str, strength: float | None) -> Floats:
    """The weights that an estimator corrects by: none for DM, all for DR."""
    if name == "dm":
        return np.zeros_like(weight)
    if strength is None or np.isinf(strength) or name not in TUNED:
        return weight
    if name == "switch_dr":
        return np.where(weight <= strength, weight, 0.0)
    shrunk: Floats = strength * weight / (weight**2 + strength)
    return shrunk


def estimated_mse(log: Log, name: str, strength: float | None = None) -> float:
    """Estimated mean squared error of DM, DR, Switch-DR or DRos; the log must have predictions.

    `variance + max(0, |estimate - DR| - chance)^2`: DR has no bias, and what of the distance to it is more than one
    standard error of that distance (`chance`) is taken for bias, after MAGIC (Thomas and Brunskill 2016). Either
    variance is the larger of two: that of the rows, and that of rows whose residuals all have the mean square seen, so
    that a heavy weight that happened to meet no reward still counts as uncertain.
    """
    own, unbiased = terms(log, name, strength), terms(log, "dr")
    used = _shrunk(log.weight, name, strength)
    spread = float(np.mean(log.left**2))
    variance = max(own.influence.var(), own.direct.var() + spread * np.mean(used**2)) / len(log)
    apart = (own.influence - unbiased.influence).var()
    chance = np.sqrt(max(apart, spread * np.mean((log.weight - used) ** 2)) / len(log))
    return float(variance + max(0.0, abs(own.value - unbiased.value) - chance) ** 2)


def _tuned(log: Log, name: str, grid: Sequence[float]) -> float | None:
    """The strength of least estimated error; None for an estimator without one."""
    return min(grid, key=lambda strength: estimated_mse(log, name, strength)) if name in TUNED else None


def _chosen(log: Log, tuned: Mapping[str, float | None]) -> str:
    """The estimator of least estimated error, DR before its equals; SNIPS where there is no reward model."""
    if log.predicted is None:
        return "snips"
    return min(("dr", "switch_dr", "dros", "dm"), key=lambda name: estimated_mse(log, name, tuned[name]))


def resample(log: Log, candidates: Sequence[Terms], seed: int, resamples: int) -> Floats:
    """Bootstrap over decisions (Efron 1979): the estimates on each resample, and the mean logged reward as last column.

    Shape (resamples, candidates + 1). The predictions are resampled with their rows, not fitted again.
    """
    rng, rows = np.random.default_rng(seed), len(log)
    columns = np.stack(
        [one for each in candidates for one in (each.direct, each.correction, each.scale)] + [log.reward], axis=1
    )
    sums = np.empty((resamples, columns.shape[1]))
    block = max(CHUNK // rows, 1)
    for start in range(0, resamples, block):
        some = min(block, resamples - start)
        drawn = rng.integers(rows, size=(some, rows)) + rows * np.arange(some)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=some * rows).reshape(some, rows).astype(np.float64)
        sums[start : start + some] = counts @ columns
    direct, correction, scale = sums[:, 0:-1:3], sums[:, 1:-1:3], sums[:, 2:-1:3]
    share = np.divide(correction, scale, out=np.zeros_like(correction), where=scale > 0)
    return np.column_stack([direct / rows + share, sums[:, -1] / rows])


def bernstein(adds: Floats, level: float = 0.95) -> tuple[float, float]:
    """Empirical Bernstein interval of the mean of `adds`, (n,), n >= 2 (Maurer and Pontil 2009, theorem 4).

    `sqrt(2 V ln(2/d) / n) + 7 R ln(2/d) / (3 (n - 1))` on each side with `d = (1 - level) / 2`; the range `R` is that
    seen, so a value that was never seen and lies outside is not covered.
    """
    rows, bits = len(adds), np.log(4 / (1 - level))
    spread = np.sqrt(2 * adds.var(ddof=1) * bits / rows) + 7 * np.ptp(adds) * bits / (3 * (rows - 1))
    return float(adds.mean() - spread), float(adds.mean() + spread)


def _estimate(
    log: Log, name: str, columns: Terms, draws: Floats, logged: Floats, level: float, strength: float | None
) -> Estimate:
    tail = (1 - level) / 2
    lower, upper = np.quantile(draws, [tail, 1 - tail])
    sure_lower, sure_upper = bernstein(columns.influence, level)
    floor = 0.0 if log.reward.min() >= 0 else -np.inf
    found = [columns.value, float(lower), float(upper), sure_lower, sure_upper]
    value, lower, upper, sure_lower, sure_upper = (max(one, floor) for one in found)
    gain_lower = float(np.quantile(draws - logged, tail))
    clipped = min(found) < floor
    return Estimate(name, value, lower, upper, gain_lower, sure_lower, sure_upper, clipped, strength)
