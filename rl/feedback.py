"""Feedback: from outcomes that come late, twice and restated to what each arm's posterior learns from.

An outcome is what became of some trials: clicks and the orders they led to, or exposure and its revenue. `counted`
keeps the last statement of every key, refuses rows that no posterior may learn from, and goes on with the rest. Older
outcomes weigh less (`half_life_hours`), and trials whose rewards are not due yet count only as far as they are
(`Delay`): else a new arm would look worse than it is (Chapelle 2014).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rl.bandit import BadReward, checked
from rl.chances import Family, Floats


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reward` of `trials` that one arm had at a time, in hours since any fixed moment."""

    key: str
    """Names these trials; a later row with the same key replaces the earlier one."""
    arm: str
    hours: float
    trials: float
    reward: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not learned from."""

    row: int
    """Place among the outcomes, from 1."""
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What the posteriors learn, (arms,) each, and what they do not."""

    rewards: Floats
    trials: Floats
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class Delay:
    """Hours from a trial to its reward: exponential with this mean."""

    mean_hours: float

    def __post_init__(self) -> None:
        if not 0 < self.mean_hours < math.inf:
            raise BadReward(f"a mean delay is over 0 hours, got {self.mean_hours}")

    def due(self, age_hours: ArrayLike) -> Floats:
        """The share of rewards that has come by an age, in [0, 1]."""
        return np.asarray(-np.expm1(-np.maximum(np.asarray(age_hours, float), 0.0) / self.mean_hours))


def fit_delay(waited_hours: ArrayLike, longest_hours: ArrayLike) -> Delay:
    """The mean delay by maximum likelihood, within [.001, 10,000] hours, from rewards that came after `waited_hours`.

    A reward of a trial that is `longest_hours` old can have waited no longer (truncation): slow ones are still to come.
    """
    waited, longest = np.broadcast_arrays(np.asarray(waited_hours, float), np.asarray(longest_hours, float))
    if waited.size == 0 or not (np.isfinite(waited) & (waited >= 0) & (waited <= longest)).all():
        raise BadReward("delays are hours between 0 and the time they could be seen, and there is at least one")
    low, high = math.log(1e-3), math.log(1e4)
    for _ in range(60):
        middle = (low + high) / 2
        rate = math.exp(-middle)
        # The mean of an exponential cut at `longest`: 1 / rate - longest / (exp(rate longest) - 1), rising in 1 / rate.
        scaled = np.maximum(rate * longest, 1e-12)
        expected = 1 / rate - longest / np.expm1(np.minimum(scaled, 700.0))
        low, high = (middle, high) if expected.mean() < waited.mean() else (low, middle)
    return Delay(math.exp((low + high) / 2))


def counted(
    family: Family,
    arms: Sequence[str],
    outcomes: Iterable[Outcome],
    now_hours: float,
    half_life_hours: float | None = None,
    delay: Delay | None = None,
) -> Counted:
    """Sums per arm as of `now_hours`, every key once, in the order of `arms`."""
    place = {arm: number for number, arm in enumerate(arms)}
    kept: dict[str, Outcome] = {}
    refused: list[Refused] = []
    for row, outcome in enumerate(outcomes, 1):
        reason = _fault(family, place, outcome, now_hours)
        if reason:
            refused.append(Refused(row, outcome.key, reason))
        else:
            kept[outcome.key] = outcome
    rewards, trials = np.zeros(len(arms)), np.zeros(len(arms))
    for one in kept.values():
        age = now_hours - one.hours
        weight = 1.0 if half_life_hours is None else 0.5 ** (age / half_life_hours)
        seen = one.trials if delay is None else one.trials * float(delay.due(age))
        # Rewards that came early still have a trial each.
        seen = max(seen, one.reward) if family == "beta" else seen
        rewards[place[one.arm]] += weight * one.reward
        trials[place[one.arm]] += weight * seen
    return Counted(rewards, trials, tuple(refused))


def _fault(family: Family, place: dict[str, int], outcome: Outcome, now_hours: float) -> str:
    """Why an outcome is refused; empty where it is sound."""
    if outcome.arm not in place:
        return f"no arm {outcome.arm!r}"
    if not outcome.hours <= now_hours:
        return f"dated {outcome.hours:g} h, after now ({now_hours:g} h)"
    try:
        checked(family, [outcome.reward], [outcome.trials], [outcome.arm])
    except BadReward as fault:
        return str(fault)
    return ""
