"""Belief: coefficients of named columns, learned a batch at a time: a normal distribution, kept as mean and precision.

It starts at a prior (what was set by hand), each batch of outcomes narrows it, and the past fades by a factor a batch:
what is not seen again returns to the prior. Logistic steps are Laplace approximations, each exact to the curvature at
its mode (Spiegelhalter and Lauritzen 1990, Networks 20, 579); linear steps are exact (recursive ridge regression).

A batch is what was looked at together (the things of one day), and only its order is learned: columns are centred over
the batch, and its intercept is a nuisance that is not kept. Errors: `BadBelief` for numbers that are no belief.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

NEWTON_STEPS = 25
SETTLED = 1e-8
"""A Newton step no longer than this ends the search."""
LOOSE = 1e-6
"""Prior precision of a batch's own intercept: as good as none."""

Floats = NDArray[np.float64]


class BadBelief(ValueError):
    """These numbers are no belief: one line that says which."""


@dataclass(frozen=True, slots=True)
class Belief:
    """Coefficients by name, k of them."""

    names: tuple[str, ...]
    prior: Floats
    """Shape (k,): the mean before anything was seen."""
    tightness: Floats
    """Shape (k,): the prior's precision, over 0."""
    evidence: Floats
    """Shape (k, k): the precision that outcomes added."""
    pull: Floats
    """Shape (k,): that precision times where it points."""

    @property
    def mean(self) -> Floats:
        """The coefficients, shape (k,)."""
        return np.asarray(np.linalg.solve(self.precision, self.tightness * self.prior + self.pull), dtype=np.float64)

    @property
    def precision(self) -> Floats:
        """Shape (k, k), positive definite."""
        return np.asarray(np.diag(self.tightness) + self.evidence)

    def widened(self, names: Sequence[str], tightness: float) -> Belief:
        """The same with columns for names it does not know, believed to be 0 with this precision."""
        new = [name for name in dict.fromkeys(names) if name not in self.names]
        if not new:
            return self
        more = len(new)
        return Belief(
            (*self.names, *new),
            np.append(self.prior, np.zeros(more)),
            np.append(self.tightness, np.full(more, tightness)),
            np.pad(self.evidence, (0, more)),
            np.append(self.pull, np.zeros(more)),
        )

    def line(self, columns: Mapping[str, Floats]) -> Floats:
        """What is expected of each row, less the mean of all, shape (rows,)."""
        found: Floats = self._matrix(columns) @ self.mean
        return found

    def after_choice(self, columns: Mapping[str, Floats], chosen: NDArray[np.bool_], decay: float = 1.0) -> Belief:
        """The belief after a batch of yes and no; one of a single kind teaches nothing but time."""
        x, y = self._matrix(columns), np.asarray(chosen, dtype=float)
        past = self._faded(decay)
        if not 0 < y.sum() < len(y):
            return past
        mode, curvature = _laplace(past, x, y)
        evidence = past.evidence + curvature
        pull = (np.diag(past.tightness) + evidence) @ mode - past.tightness * past.prior
        return Belief(self.names, self.prior, self.tightness, evidence, pull)

    def after_amount(self, columns: Mapping[str, Floats], amounts: Floats, decay: float = 1.0) -> Belief:
        """The belief after a batch of amounts, which are compared with their mean; unit noise is assumed."""
        x, past = self._matrix(columns), self._faded(decay)
        if not len(amounts):
            return past
        pull = past.pull + x.T @ (amounts - amounts.mean())
        return Belief(self.names, self.prior, self.tightness, past.evidence + x.T @ x, pull)

    def _faded(self, decay: float) -> Belief:
        return Belief(self.names, self.prior, self.tightness, self.evidence * decay, self.pull * decay)

    def _matrix(self, columns: Mapping[str, Floats]) -> Floats:
        """Shape (rows, k), centred; what is unknown (NaN) or not given at all says nothing: it lies at the mean."""
        rows = len(next(iter(columns.values()), ()))
        matrix = np.zeros((rows, len(self.names)))
        for place, name in enumerate(self.names):
            if name in columns and np.isfinite(columns[name]).any():
                matrix[:, place] = np.nan_to_num(columns[name] - np.nanmean(columns[name]))
        return matrix

    def to_json(self) -> dict[str, Any]:
        """Plain lists, which `from_json` reads back to the same bits."""
        arrays = ("prior", "tightness", "evidence", "pull")
        return {"names": list(self.names)} | {name: getattr(self, name).tolist() for name in arrays}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Belief:
        """BadBelief where a part is missing, misshapen or not finite, or the precision is not positive definite."""
        try:
            names = tuple(str(name) for name in body["names"])
            parts = [np.asarray(body[name], dtype=float) for name in ("prior", "tightness", "evidence", "pull")]
        except (KeyError, TypeError, ValueError) as fault:
            raise BadBelief(f"a belief needs names, prior, tightness, evidence and pull: {fault}") from fault
        count = len(names)
        if len(set(names)) != count or [part.shape for part in parts] != [(count,), (count,), (count, count), (count,)]:
            raise BadBelief(f"the parts of a belief of {count} names do not fit together")
        belief = cls(names, *parts)
        if not all(np.isfinite(part).all() for part in parts) or not (belief.tightness > 0).all():
            raise BadBelief("a belief holds finite numbers, and its prior a precision over 0")
        if np.linalg.eigvalsh(belief.precision).min() <= 0:
            raise BadBelief("the precision of a belief must be positive definite")
        return belief


def prior(coefficients: Mapping[str, float], tightness: float) -> Belief:
    """What is believed before anything was seen: these coefficients, all with one precision."""
    count = len(coefficients)
    if not (math.isfinite(tightness) and tightness > 0):
        raise BadBelief(f"a precision must be over 0, got {tightness}")
    mean = np.array(list(coefficients.values()), dtype=float)
    return Belief(tuple(coefficients), mean, np.full(count, tightness), np.zeros((count, count)), np.zeros(count))


def _laplace(past: Belief, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The mode, and the curvature that the batch adds there, its own intercept integrated out."""
    k = len(past.names)
    z = np.column_stack([x, np.ones(len(x))])
    tight = np.zeros((k + 1, k + 1))
    tight[:k, :k], tight[k, k] = past.precision, LOOSE
    start = np.append(past.mean, math.log(y.mean() / (1 - y.mean())))
    at = start.copy()
    for _ in range(NEWTON_STEPS):
        likely = expit(z @ at)
        slope = z.T @ (y - likely) - tight @ (at - start)
        step = np.linalg.solve(tight + _curvature(z, likely), slope)
        at = at + step / max(float(np.abs(step).max()), 1.0)
        if np.abs(step).max() < SETTLED:
            break
    curved = _curvature(z, expit(z @ at))
    own = max(float(curved[k, k]), LOOSE)
    return at[:k], curved[:k, :k] - np.outer(curved[:k, k], curved[k, :k]) / own


def _curvature(z: Floats, likely: Floats) -> Floats:
    found: Floats = z.T @ (z * (likely * (1 - likely))[:, None])
    return found
