"""Logged decisions: what a policy chose, with what probability, and what came of it; checked row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST = 1e100
"""Products of weights and rewards above it would overflow when squared."""
TOLERANCE = 1e-6
"""How far probabilities may be from a sum of 1."""


class BadLog(ValueError):
    """A log that cannot be evaluated; the message names the first row that is wrong, counted from 0."""


@dataclass(frozen=True, slots=True)
class Log:
    """Decisions of a logging policy, one row each; made by `logged`, which checks them.

    `action` (n,) in [0, k); `reward` (n,); `propensity` (n,) in (0, 1], of the action taken; `target` (n, k), the
    probabilities of the policy that is evaluated, rows summing to 1; `predicted` (n, k) or None, rewards expected of
    every action, out of fold.
    """

    action: Ints
    reward: Floats
    propensity: Floats
    target: Floats
    predicted: Floats | None = None

    def __len__(self) -> int:
        return len(self.reward)

    @property
    def weight(self) -> Floats:
        """Importance weight of each action taken, shape (n,)."""
        weight: Floats = self.target[np.arange(len(self)), self.action] / self.propensity
        return weight

    @property
    def left(self) -> Floats:
        """What the predictions leave of each reward, shape (n,); the rewards themselves where there are none."""
        if self.predicted is None:
            return self.reward
        left: Floats = self.reward - self.predicted[np.arange(len(self)), self.action]
        return left

    @property
    def ess(self) -> float:
        """Effective sample size (`effective_sample_size`) of the weights."""
        return effective_sample_size(self.weight)


def effective_sample_size(weight: Floats) -> float:
    """Kish 1965: `(sum w)^2 / sum w^2`, in [0, n]; 0 where every weight is."""
    largest = weight.max(initial=0.0)
    if largest <= 0:
        return 0.0
    shares = weight / largest
    return float(shares.sum() ** 2 / (shares @ shares))


def logged(
    action: ArrayLike,
    reward: ArrayLike,
    propensity: ArrayLike,
    target: ArrayLike,
    position: ArrayLike | None = None,
    predicted: ArrayLike | None = None,
) -> Log:
    """A checked log.

    `target` and `predicted` are (n, k), or (k,) where they are the same in every row; with `position` (n,) in [0, p)
    they may also be (k, p) or (n, k, p), of which each row's position is taken ((k, p) needs k other than n).

    Raises:
        BadLog: empty; lengths differ; a reward that is no finite number; a propensity outside (0, 1]; an action that
            is none of the k; probabilities that are none; a weight times a reward over `LARGEST`.
    """
    rewards, propensities, actions = (
        _column("reward", reward),
        _column("propensity", propensity),
        _whole("action", action),
    )
    places = None if position is None else _whole("position", position)
    for name, column in (("propensity", propensities), ("action", actions), ("position", places)):
        if column is not None and len(column) != len(rewards):
            raise BadLog(f"{len(rewards)} rewards, but {len(column)} values of {name}")
    if not len(rewards):
        raise BadLog("the log is empty")
    _refuse("reward", rewards, ~np.isfinite(rewards), "is no finite number")
    _refuse("propensity", propensities, ~((propensities > 0) & (propensities <= 1)), "is outside (0, 1]")
    wanted = _probabilities(_per_row("target", target, len(rewards), places))
    _refuse("action", actions, (actions < 0) | (actions >= wanted.shape[1]), f"is outside [0, {wanted.shape[1]})")
    expected = None if predicted is None else _per_row("predicted", predicted, len(rewards), places)
    log = Log(actions, rewards, propensities, wanted, _predictions(expected, wanted))
    _refuse_overflow(log)
    return log


def _probabilities(target: Floats) -> Floats:
    sums = target.sum(axis=1)
    inside = ((target >= 0) & (target <= 1)).all(axis=1)
    _refuse("the sum of target", sums, ~(inside & (np.abs(sums - 1) <= TOLERANCE)), "is not that of probabilities")
    return target


def _predictions(predicted: Floats | None, target: Floats) -> Floats | None:
    if predicted is None:
        return None
    if predicted.shape != target.shape:
        raise BadLog(f"predicted has {predicted.shape[1]} actions, target {target.shape[1]}")
    least = predicted.min(axis=1)
    _refuse("predicted", least, ~np.isfinite(predicted).all(axis=1), "beside something that is no finite number")
    return predicted


def _refuse_overflow(log: Log) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        weight = log.weight
        largest = np.abs(log.reward)
        if log.predicted is not None:
            largest = np.maximum(largest, np.abs(log.predicted).max(axis=1))
        size = np.maximum(weight, 1.0) * np.maximum(largest, 1.0)
    _refuse("weight times reward", size, ~(size <= LARGEST), f"is over {LARGEST:g} and would overflow")


def _column(name: str, values: ArrayLike) -> Floats:
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadLog(f"{name} holds something that is no number: {error}") from error
    if column.ndim != 1:
        raise BadLog(f"{name} has {column.ndim} dimensions, not one")
    return column


def _whole(name: str, values: ArrayLike) -> Ints:
    column = _column(name, values)
    _refuse(name, column, ~(np.isfinite(column) & (column == np.floor(column))), "is no whole number")
    return column.astype(np.int64)


def _per_row(name: str, values: ArrayLike, rows: int, position: Ints | None) -> Floats:
    """A table (n, k) of what may be given once for all rows, or for every position."""
    table = np.asarray(values, dtype=np.float64)
    if position is not None and (table.ndim == 3 or (table.ndim == 2 and table.shape[0] != rows)):
        places = table.shape[-1]
        _refuse("position", position, (position < 0) | (position >= places), f"is outside [0, {places})")
        table = table[np.arange(rows), :, position] if table.ndim == 3 else table.T[position]
    if table.ndim == 1:
        table = np.broadcast_to(table, (rows, len(table)))
    if table.ndim != 2 or table.shape[0] != rows or not table.shape[1]:
        raise BadLog(f"{name} has the shape {np.shape(values)}, which does not fit {rows} rows")
    return table


def _refuse(name: str, column: NDArray[Any], wrong: ArrayLike, why: str) -> None:
    """Raises BadLog at the first row that is wrong."""
    if np.any(wrong):
        row = int(np.argmax(wrong))
        raise BadLog(f"row {row}: {name} {column[row]:.6g} {why}")
