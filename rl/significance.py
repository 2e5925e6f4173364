"""Significance that may be looked at any time: does an arm earn clicks at another rate than the control?

Visitors are assigned to the arm with probability `s` and to the control else. Of the clicks, in the order they happen,
each is the arm's with probability `s r / (s r + 1 - s)`, where `r` is the ratio of the two click rates, whatever the
rates themselves do by day and hour. So `L(r) = product (s r)^arm (1 - s)^control / (s r + 1 - s)^both` over periods of
constant `s`, and for a normal prior of `log r` the mixture `E(r0) = integral L(r) / L(r0)` is a martingale of mean 1 if
r0 is true (Robbins 1970; Lindon and Malek 2022, "Anytime-valid inference for multinomial count data"). By Ville's
inequality it ever reaches 1/alpha with probability alpha at most: stopping on what is seen costs nothing.

E(1) is the e-value, 1 / max E(1) over the looks the always-valid p-value, and {r0: E(r0) < 1/alpha} the always-valid
interval (Howard, Ramdas, McAuliffe and Sekhon 2021). Exact where `share` is the share by design; where it is left out
the observed share of the impressions stands for it, which errs on the safe side (given it, clicks vary less).

Counts that come late change nothing while both arms are late alike. Restated counts are taken as if they had always
been known: the answer is a function of the totals as they are now, and what it guarantees is about that corrected path;
a decision that was taken on the wrong ones is not made right. Where the share changed, the totals at each change are
needed (`history`): totals alone would confuse a good day with a good arm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, expm1, inf, isfinite, log, log1p, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

ALPHA = 0.05
PRIOR = 0.4
"""Standard deviation of log r before anything is seen: most arms are within half and double of the control."""
EFFECT = 0.2
"""The relative lift that is planned for unless told."""
POWER = 0.8
FURTHEST = 40.0
"""|log r| beyond which nothing is looked for."""
NODES = 801


class BadCounts(ValueError):
    """Counts that cannot be: the message says which."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What an arm was given and earned: `clicked` of `shown`.

    Raises:
        BadCounts: no whole numbers, negative, or more clicks than impressions.
    """

    shown: int
    clicked: int

    def __post_init__(self) -> None:
        for name, count in (("impressions", self.shown), ("clicks", self.clicked)):
            if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 0:
                raise BadCounts(f"{name} are a whole number from 0, got {count!r}")
        if self.clicked > self.shown:
            raise BadCounts(f"{self.clicked} clicks of {self.shown} impressions")

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.shown + other.shown, self.clicked + other.clicked)


@dataclass(frozen=True, slots=True)
class Significance:
    """An arm against the control, at level `alpha`."""

    lift: float | None
    """Most likely rate of the arm over that of the control, less 1; None without clicks of the control."""
    lower: float
    upper: float
    """Always-valid interval of the lift, in [-1, inf]."""
    e_value: float
    """Evidence against equal rates now: a bet's winnings per unit staked, 1 before anything is seen."""
    p_value: float
    """Always-valid, in [0, 1]: the largest evidence of all looks counts."""
    alpha: float
    detectable: float | None
    """The least lift that as many clicks find with probability `POWER`; None without clicks."""
    needed: int | None
    """Further impressions, of both together at this share, until the planned effect would be found; None without
    clicks."""

    @property
    def is_significant(self) -> bool:
        """Whether the rates differ."""
        return self.p_value <= self.alpha

    @property
    def is_signal(self) -> bool:
        """Whether the arm is better."""
        return self.is_significant and self.lift is not None and self.lift > 0


@dataclass(frozen=True, slots=True)
class Period:
    """Clicks of a time in which the share of the arm did not change."""

    share: float
    arm: int
    control: int


def significance(
    control: Counts,
    arm: Counts,
    share: float | None = None,
    alpha: float = ALPHA,
    effect: float = EFFECT,
    history: Sequence[tuple[Counts, Counts]] = (),
) -> Significance:
    """What the totals say of an arm.

    `share` in (0, 1) is the arm's part of both by design, where that never changed. `history` holds earlier totals
    (control, arm), oldest first, as known now: each counts as a look, and without `share` it is read anew between them.

    Raises:
        BadCounts: totals that fall along the history, or a share, level or effect out of range.
    """
    for name, value in (("share", share), ("alpha", alpha), ("effect", min(effect, 0.5))):
        if value is not None and not 0 < value < 1:
            raise BadCounts(f"{name} is over 0{'' if name == 'effect' else ' and under 1'}, got {value}")
    periods = _periods([*history, (control, arm)], share)
    looks = [_evidence(periods[: until + 1]) for until in range(len(periods))]
    likeliest = _likeliest(periods)
    lower, upper = _interval(periods, likeliest, looks[-1] if looks else 0.0, alpha)
    detectable, needed = _plan(control, arm, share, alpha, effect)
    return Significance(
        lift=None if likeliest is None or likeliest >= FURTHEST else expm1(likeliest),
        lower=lower,
        upper=upper,
        e_value=_grown(looks[-1] if looks else 0.0),
        p_value=min(1.0, exp(-max(looks, default=0.0))),
        alpha=alpha,
        detectable=detectable,
        needed=needed,
    )


def compare(
    arms: Mapping[str, Counts], control: str, alpha: float = ALPHA, effect: float = EFFECT
) -> dict[str, Significance]:
    """Every other arm against the control, each at `alpha` over their number (Bonferroni): one false alarm in all.

    Raises:
        BadCounts: there is no such control, or nothing to compare it with.
    """
    if control not in arms or len(arms) < 2:
        raise BadCounts(f"{control!r} and at least one more arm are needed, got {', '.join(arms) or 'none'}")
    level = alpha / (len(arms) - 1)
    return {
        name: significance(arms[control], counts, alpha=level, effect=effect)
        for name, counts in arms.items()
        if name != control
    }


def _periods(totals: Sequence[tuple[Counts, Counts]], share: float | None) -> list[Period]:
    """What came between the totals; periods without impressions or without one of the two say nothing."""
    nothing = (Counts(0, 0), Counts(0, 0))
    periods = []
    for (control, arm), (control_then, arm_then) in pairwise([nothing, *totals]):
        new = [_between(control, control_then), _between(arm, arm_then)]
        if new[0].shown and new[1].shown:
            of_arm = share if share is not None else new[1].shown / (new[0].shown + new[1].shown)
            periods.append(Period(of_arm, new[1].clicked, new[0].clicked))
    return periods


def _between(earlier: Counts, later: Counts) -> Counts:
    if later.shown < earlier.shown or later.clicked < earlier.clicked:
        raise BadCounts(
            f"totals fall from {earlier.clicked} of {earlier.shown} to {later.clicked} of {later.shown}: "
            "restate the history too"
        )
    return Counts(later.shown - earlier.shown, later.clicked - earlier.clicked)


def _log_likelihood(x: NDArray[np.float64], periods: Sequence[Period]) -> NDArray[np.float64]:
    """log L at log r = x, less log L at r = 1, element by element."""
    found = np.zeros_like(x)
    for one in periods:
        found += one.arm * x - (one.arm + one.control) * np.logaddexp(log(one.share) + x, log1p(-one.share))
    return found


def _slope(x: float, periods: Sequence[Period]) -> float:
    """The derivative of `_log_likelihood`; falls in x."""
    odds = [one.share / (one.share + (1 - one.share) * exp(-x)) for one in periods]
    return sum(one.arm - (one.arm + one.control) * part for one, part in zip(periods, odds, strict=True))


def _evidence(periods: Sequence[Period]) -> float:
    """log E(1): the likelihood ratio averaged over the prior, by the trapezoid rule around the peak of the product."""
    if not any(one.arm + one.control for one in periods):
        return 0.0
    peak = brentq(lambda x: _slope(x, periods) - x / PRIOR**2, -FURTHEST, FURTHEST)
    parts = [1 / (1 + (1 - one.share) / one.share * exp(-peak)) for one in periods]
    curve = sum((one.arm + one.control) * part * (1 - part) for one, part in zip(periods, parts, strict=True))
    reach = 10 / sqrt(curve + 1 / PRIOR**2)
    x = np.linspace(peak - reach, peak + reach, NODES)
    heights = _log_likelihood(x, periods) - x**2 / (2 * PRIOR**2) - log(PRIOR * sqrt(2 * np.pi))
    return float(np.logaddexp.reduce(heights) + log(2 * reach / (NODES - 1)))


def _likeliest(periods: Sequence[Period]) -> float | None:
    """The log r of the highest likelihood, at most `FURTHEST` away, minus infinity without clicks of the arm."""
    arm, control = sum(one.arm for one in periods), sum(one.control for one in periods)
    if not arm + control:
        return None
    if not (arm and control):
        return FURTHEST if arm else -inf
    return float(brentq(_slope, -FURTHEST, FURTHEST, args=(periods,)))


def _interval(periods: Sequence[Period], likeliest: float | None, evidence: float, alpha: float) -> tuple[float, float]:
    """Lifts whose E is under 1 / alpha: where the log-likelihood is over `evidence + log alpha`."""
    if likeliest is None:
        return -1.0, inf
    top = max(likeliest, -FURTHEST)

    def over(x: float) -> float:
        return float(_log_likelihood(np.array([x]), periods)[0]) - evidence - log(alpha)

    lower = expm1(brentq(over, -FURTHEST, top)) if over(-FURTHEST) < 0 else -1.0
    upper = expm1(brentq(over, top, FURTHEST)) if over(FURTHEST) < 0 else inf
    return lower, upper


def _plan(
    control: Counts, arm: Counts, share: float | None, alpha: float, effect: float
) -> tuple[float | None, int | None]:
    """The detectable lift, and the further impressions that `effect` needs, at the click rate seen so far."""
    both = control + arm
    if not (both.clicked and control.shown and arm.shown):
        return None, None
    part = share if share is not None else arm.shown / both.shown
    information = both.clicked * part * (1 - part)
    wanted = log1p(effect)
    most = brentq(lambda bits: _detectable(exp(bits), alpha) - wanted, -5.0, 60.0)
    clicks = exp(most) / (part * (1 - part))
    needed = max(0, round(clicks / (both.clicked / both.shown)) - both.shown)
    found = expm1(_detectable(information, alpha))
    return found if isfinite(found) else None, needed


def _detectable(information: float, alpha: float) -> float:
    """The |log r| found with probability `POWER`: `(b + z) / sqrt(information)`.

    With `b` the normal mixture's boundary in standard errors, `b^2 = (1 + 1/u) ln((1 + u) / alpha^2)` at
    `u = information * PRIOR^2` (Robbins 1970), and `z` the normal quantile of the power.
    """
    scaled = information * PRIOR**2
    boundary = sqrt((1 + 1 / scaled) * (log1p(scaled) - 2 * log(alpha)))
    return float((boundary + NormalDist().inv_cdf(POWER)) / sqrt(information))


def _grown(evidence: float) -> float:
    return exp(evidence) if evidence < 700 else inf
