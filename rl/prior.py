"""Priors: where a new arm starts, from what arms like it did; fitted to counts by marginal maximum likelihood.

    fit_prior(family, rewards, trials)                 one prior for all arms
    fit_prior(family, rewards, trials, features)       its mean moves with score and category: a new arm starts from
                                                       its like
    fit_hierarchy(successes, trials, group)            rates differ between groups, and less between the arms of one

The likelihoods are those of the counts with the rates integrated out: beta-binomial (`beta`: rewards are successes in
trials) and gamma-Poisson (`gamma`: rewards are counts, or revenue in mean order values, in exposure). `TooLittle`, a
ValueError, where no arm was ever tried twice over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import betaln, digamma, expit, gammaln, logit, logsumexp

from rl.bandit import Posteriors, checked
from rl.chances import Family, Floats

STRENGTH = (1.0, 1e6)
"""The range of a prior's strength: pseudo-trials of a Beta, the shape of a Gamma."""
PULL = 1.0
"""Standard deviation of the normal prior on a weight, in logits or logarithms: it pulls a rare category to the mean."""
STEPS = 32
"""Nodes of a group's mean, over five standard deviations on either side of its estimate."""


class TooLittle(ValueError):
    """Fewer than two arms (or groups) were tried: there is nothing that a spread could be read off."""


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior of an arm with features x (d,): mean rate expit(w0 + w x) or exp(w0 + w x), and one strength."""

    family: Family
    weights: Floats
    """(1 + d,): the intercept first."""
    strength: float

    def parameters(self, features: ArrayLike | None = None, arms: int = 1) -> tuple[Floats, Floats]:
        """Shape and other of each arm, (arms,): Beta(strength m, strength (1 - m)), or Gamma(strength) / other."""
        line = _design(features, arms) @ self.weights
        if self.family == "beta":
            return self.strength * expit(line), self.strength * expit(-line)
        return np.full(len(line), self.strength), self.strength * np.exp(-line)

    def posteriors(
        self, arms: Sequence[str], rewards: ArrayLike, trials: ArrayLike, features: ArrayLike | None = None
    ) -> Posteriors:
        """What is known of each arm after its own outcomes."""
        return Posteriors(self.family, tuple(arms), *self.parameters(features, len(arms))).learned(rewards, trials)


def fit_prior(family: Family, rewards: ArrayLike, trials: ArrayLike, features: ArrayLike | None = None) -> Prior:
    """Fits intercept, weights and strength to arms (n,), with features (n, d) if given; untried arms are left out."""
    gained, seen = checked(family, rewards, trials, [str(number) for number in range(np.size(rewards))])
    tried = seen > 0
    if tried.sum() < 2:
        raise TooLittle(f"a prior is fitted to two arms that were tried or more, got {int(tried.sum())}")
    design = _design(features, len(gained))[tried]
    gained, seen = gained[tried], seen[tried]
    pooled = (gained.sum() + 0.5) / (seen.sum() + 1)
    start = np.zeros(design.shape[1] + 1)
    start[0] = logit(min(pooled, 1 - 1e-9)) if family == "beta" else np.log(pooled)
    start[-1] = np.log(100.0 if family == "beta" else 2.0)
    bounds = [(start[0] - 10, start[0] + 10)] + [(-10.0, 10.0)] * (len(start) - 2) + [np.log(STRENGTH)]
    found = minimize(_loss, start, (family, gained, seen, design), method="L-BFGS-B", jac=True, bounds=bounds)
    return Prior(family, found.x[:-1], float(np.exp(found.x[-1])))


def _loss(at: Floats, family: Family, gained: Floats, seen: Floats, design: Floats) -> tuple[float, Floats]:
    """Minus the marginal log-likelihood, penalised, and its gradient in (weights, log strength)."""
    weights, strength = at[:-1], np.exp(at[-1])
    line = design @ weights
    if family == "beta":
        value, by_line, by_strength = _beta_terms(expit(line), strength, gained, seen)
    else:
        value, by_line, by_strength = _gamma_terms(np.exp(line), strength, gained, seen)
    pull = np.concatenate([[0.0], weights[1:]]) / PULL**2
    gradient = np.append(pull - design.T @ by_line, -strength * by_strength.sum())
    return float(0.5 * weights[1:] @ pull[1:] - value.sum()), gradient


def _beta_terms(mean: Floats, strength: float, gained: Floats, seen: Floats) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood of each arm, and its derivatives by the logit of the mean and by the strength."""
    a, b, lost = strength * mean, strength * (1 - mean), seen - gained
    value = betaln(a + gained, b + lost) - betaln(a, b)
    whole = digamma(strength) - digamma(strength + seen)
    by_a, by_b = digamma(a + gained) - digamma(a) + whole, digamma(b + lost) - digamma(b) + whole
    return value, strength * mean * (1 - mean) * (by_a - by_b), mean * by_a + (1 - mean) * by_b


def _gamma_terms(mean: Floats, shape: float, gained: Floats, seen: Floats) -> tuple[Floats, Floats, Floats]:
    """The same of a gamma-Poisson arm, by the logarithm of the mean and by the shape; a constant is left out."""
    expected = mean * seen
    value = gammaln(shape + gained) - gammaln(shape) + shape * np.log(shape / (shape + expected))
    value += gained * np.log(expected / (shape + expected))
    by_shape = digamma(shape + gained) - digamma(shape) + np.log(shape / (shape + expected))
    by_shape += (expected - gained) / (shape + expected)
    return value, shape * (gained - expected) / (shape + expected), by_shape


def _design(features: ArrayLike | None, arms: int) -> Floats:
    """Features (arms, d) with a column of ones before them."""
    given = np.zeros((arms, 0)) if features is None else np.asarray(features, float)
    return np.column_stack([np.ones(len(given)), given])


@dataclass(frozen=True, slots=True)
class Likeness:
    """What makes arms alike: the score, standardised, and the category, one column each."""

    categories: tuple[str, ...]
    middle: float
    spread: float

    @classmethod
    def of(cls, scores: ArrayLike, categories: Sequence[str]) -> Likeness:
        """From the arms that priors are fitted to."""
        known = np.asarray(scores, float)
        return cls(tuple(sorted(set(categories))), float(np.nanmean(known)), float(np.nanstd(known)) or 1.0)

    def features(self, scores: ArrayLike, categories: Sequence[str]) -> Floats:
        """(arms, 1 + categories); a missing score (NaN) is the mean, an unknown category the mean of all."""
        score = np.nan_to_num((np.asarray(scores, float) - self.middle) / self.spread, nan=0.0)
        member = np.array([[each == category for category in self.categories] for each in categories], float)
        return np.column_stack([score, member.reshape(len(score), -1)])


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Rates of two levels: a group's mean m is Beta(shape, other), an arm's rate Beta(strength m, strength (1 - m))."""

    shape: float
    other: float
    strength: float

    def means(self, successes: Floats, trials: Floats) -> Floats:
        """The expected mean of each group from its own arms, (..., arms) to (...): each arm counts by its precision.

        An arm's rate observed in n trials tells of m with precision n / (n + strength) in units of strength + 1; the
        level's own precision is shape + other + 1 in trials.
        """
        weight = trials / (trials + self.strength)
        own = (self.shape + self.other + 1) / (self.strength + 1)
        rate = successes / np.maximum(trials, 1)
        level = self.shape / (self.shape + self.other)
        return np.asarray(((weight * rate).sum(axis=-1) + own * level) / (weight.sum(axis=-1) + own))

    def parameters(self, successes: Floats, trials: Floats) -> tuple[Floats, Floats]:
        """The prior of an arm of each group, (...): where a new arm of the group starts."""
        mean = self.means(successes, trials)
        return self.strength * mean, self.strength * (1 - mean)


def fit_hierarchy(successes: ArrayLike, trials: ArrayLike, group: ArrayLike) -> Hierarchy:
    """Fits both levels to arms (n,) of numbered groups; the mean of each group is integrated out on a grid."""
    gained, seen = checked("beta", successes, trials, [str(number) for number in range(np.size(successes))])
    tried = seen > 0
    _, number = np.unique(np.asarray(group)[tried], return_inverse=True)
    order = np.argsort(number, kind="stable")
    gained, seen, number = gained[tried][order], seen[tried][order], number[order]
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    if len(starts) < 2:
        raise TooLittle(f"a hierarchy is fitted to two groups or more, got {len(starts)}")
    middle = _grid(gained, seen, starts)
    found = minimize(
        _hierarchy_loss, np.log([2.0, 100.0, 1000.0]), (gained, seen, number, starts, middle), method="Nelder-Mead",
        bounds=[np.log([0.05, 1e5])] * 3, options={"xatol": 0.005, "fatol": 0.1},
    )  # fmt: skip
    return Hierarchy(*np.exp(found.x).tolist())


def _grid(gained: Floats, seen: Floats, starts: NDArray[np.int64]) -> Floats:
    """Logits around each group's pooled rate, (groups, STEPS)."""
    arms = np.diff(starts, append=len(seen))
    hits, whole = np.add.reduceat(gained, starts), np.add.reduceat(seen, starts)
    middle, spread = logit((hits + 1) / (whole + 60)), np.sqrt(1 / (hits + 1) + 0.1 / arms)
    return np.asarray(middle[:, None] + spread[:, None] * np.linspace(-5, 5, STEPS))


def _hierarchy_loss(
    at: Floats, gained: Floats, seen: Floats, number: NDArray[np.int64], starts: NDArray[np.int64], middle: Floats
) -> float:
    shape, other, strength = np.exp(at)
    a, b = strength * expit(middle), strength * expit(-middle)
    arms = betaln(a[number] + gained[:, None], b[number] + (seen - gained)[:, None]) - betaln(a, b)[number]
    step = np.log(middle[:, 1] - middle[:, 0])
    level = shape * np.log(expit(middle)) + other * np.log(expit(-middle)) - betaln(shape, other)
    return -float((logsumexp(np.add.reduceat(arms, starts) + level, axis=1) + step).sum())
