"""Outlook: what a trend does next, learned day by day from what trends did; it begins as `trends.growth` says it does.

Three questions, each of the things that are looked at together:

    change_odds       which are in the quarter that speeds up most by tomorrow        begins as `expected_change`
    expected_gains    what tomorrow brings, up to a common factor                     begins as `expected_gain`
    promise_odds      of things seen for the first time, which are in the quarter     begins as `promise`
                      that gains most in the days to come

Columns are logarithms of what was known by then: gains, their changes, the place on the chart and its move, likes
beside views, how often an author was seen, and the source's category. Nothing is learned from a day that was learned
from already, so learning twice changes nothing. Errors: `BadOutlook` for a body that is none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rl.belief import BadBelief, Belief, prior
from trends.growth import DAY_MINUTES, Observation, expected_change, interactions, promise

VERSION = 1
FEWEST = 8
"""Of fewer things no quarter is told apart: such a day teaches nothing."""
DECAY = 0.98
"""A day's weight falls by so much with each later day that is learned from: half after five weeks."""
LARGEST_SURPRISE = 1.5
"""A gain that was more than e^1.5 times larger or smaller counts as that: a few counters that jump teach nothing."""
CATEGORY_TIGHTNESS = 4.0
MOST_CATEGORIES = 48
"""Categories beyond these have no coefficient of their own."""

CHANGE = {"expected": 1.0} | dict.fromkeys(
    ("gain", "new", "change", "change_before", "place", "place_change", "gain_share", "likes_change", "likes_lead"), 0.0
)
PROMISE = {"expected": 1.0} | dict.fromkeys(("level", "place", "author_seen"), 0.0)
CHANGE_TIGHTNESS, GAIN_TIGHTNESS, PROMISE_TIGHTNESS = 1.0, 30.0, 10.0

Floats = NDArray[np.float64]
Columns = dict[str, Floats]


class BadOutlook(ValueError):
    """This body is no outlook of this version: one line."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing as it is known now."""

    observed: Sequence[Observation]
    """Oldest first."""
    category: str | None = None
    author_seen: int = 0
    """Other things of its author that were seen by now."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is believed about one question, and the last day it was learned from."""

    belief: Belief
    until: date | None = None
    days: int = 0

    def is_new(self, on: date) -> bool:
        """Whether nothing was learned yet from this day or a later one."""
        return self.until is None or on > self.until

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"until": self.until and self.until.isoformat(), "days": self.days, "belief": self.belief.to_json()}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Head:
        """What `to_json` made."""
        until = body["until"]
        return cls(Belief.from_json(body["belief"]), until and date.fromisoformat(until), int(body["days"]))


@dataclass(frozen=True, slots=True)
class Outlook:
    """The three heads."""

    change: Head = Head(prior(CHANGE, CHANGE_TIGHTNESS))
    gain: Head = Head(prior(CHANGE, GAIN_TIGHTNESS))
    promise: Head = Head(prior(PROMISE, PROMISE_TIGHTNESS))

    def change_odds(self, things: Sequence[Seen]) -> Floats:
        """Log-odds, up to a common term, of each thing (seen twice or more) to speed up; shape (things,)."""
        return self.change.belief.line(moving(things))

    def expected_gains(self, things: Sequence[Seen]) -> Floats:
        """What the next day brings each thing (seen twice or more), up to a common factor; shape (things,)."""
        columns = moving(things)
        gains: Floats = np.expm1(columns["gain"]) * np.exp(self.gain.belief.line(columns))
        return gains

    def promise_odds(self, things: Sequence[Seen]) -> Floats:
        """Log-odds, up to a common term, that much is still to come of each thing seen once; shape (things,)."""
        return self.promise.belief.line(fresh(things))

    def after_moves(self, on: date, things: Sequence[Seen], next_gains: Floats) -> Outlook:
        """Learns from a day: its things as they were known then, and what the day after brought each (no NaN)."""
        _check(things, next_gains)
        if not self.change.is_new(on) or len(things) < FEWEST:
            return self
        columns = moving(things)
        moved = np.log1p(np.maximum(next_gains, 0.0)) - columns["gain"]
        change, gain = self.change.belief, self.gain.belief
        change, gain = (
            belief.widened(_categories(columns, belief.names), tightness)
            for belief, tightness in ((change, CATEGORY_TIGHTNESS), (gain, GAIN_TIGHTNESS))
        )
        change = change.after_choice(columns, _top_quarter(moved), DECAY)
        gain = gain.after_amount(columns, np.clip(moved, -LARGEST_SURPRISE, LARGEST_SURPRISE), DECAY)
        return replace(self, change=Head(change, on, self.change.days + 1), gain=Head(gain, on, self.gain.days + 1))

    def after_firsts(self, on: date, things: Sequence[Seen], came: Floats) -> Outlook:
        """Learns from the things first seen on a day, as they were known then, and what came of each since (no NaN).

        A day whose days to come are not over may be learned from for an answer, in an outlook that is not kept.
        """
        _check(things, came)
        if not self.promise.is_new(on) or len(things) < FEWEST:
            return self
        columns = fresh(things)
        belief = self.promise.belief
        belief = belief.widened(_categories(columns, belief.names), CATEGORY_TIGHTNESS)
        belief = belief.after_choice(columns, _top_quarter(came), DECAY)
        return replace(self, promise=Head(belief, on, self.promise.days + 1))

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, with its version and, in each head, the last day learned from and how many."""
        return {
            "outlook": VERSION,
            "change": self.change.to_json(),
            "gain": self.gain.to_json(),
            "promise": self.promise.to_json(),
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Outlook:
        """BadOutlook where it is truncated, of another version, or holds what is no number."""
        if body.get("outlook") != VERSION:
            raise BadOutlook(f"an outlook of version {VERSION} is needed, this says {body.get('outlook')!r}")
        try:
            return cls(*(Head.from_json(body[name]) for name in ("change", "gain", "promise")))
        except (BadBelief, KeyError, TypeError, ValueError) as fault:
            raise BadOutlook(f"this outlook cannot be read: {fault}") from fault


def moving(things: Sequence[Seen]) -> Columns:
    """The columns of things seen twice or more, each of shape (things,), NaN where unknown.

    Raises:
        BadOutlook: one was not seen twice.
    """
    known = np.array([_steps(one) for one in things], dtype=float).reshape(-1, 10)
    days, last, previous, earlier, level, place, before, likes, likes_gain, likes_previous = known.T
    if not np.isfinite(last).all():
        raise BadOutlook("a gain needs a thing that was counted twice")
    gain, gain_before = np.log1p(last), np.log1p(previous)
    columns = {
        "expected": expected_change(days, last, previous),
        "gain": gain,
        "new": np.isnan(previous).astype(float),
        "change": gain - gain_before,
        "change_before": gain_before - np.log1p(earlier),
        "place": np.log(place),
        "place_change": np.log(place) - np.log(before),
        "gain_share": gain - np.log1p(level),
        "likes_change": np.log1p(likes_gain) - np.log1p(likes_previous),
        "likes_lead": np.log1p(likes_gain) - np.log1p(likes) - gain + np.log1p(level),
    }
    return columns | _dummies(things)


def fresh(things: Sequence[Seen]) -> Columns:
    """The columns of things by their last observation alone, each of shape (things,), NaN where unknown."""
    level = np.array([_level(one.observed[-1][1]) for one in things], dtype=float)
    place = np.array([_place(one.observed[-1][1]) for one in things], dtype=float)
    columns = {
        "expected": np.log1p(promise(level, place, np.full(len(level), math.nan))),
        "level": np.log1p(np.maximum(level, 0.0)),
        "place": np.log(place),
        "author_seen": np.log1p(np.array([one.author_seen for one in things], dtype=float)),
    }
    return columns | _dummies(things)


def _steps(thing: Seen) -> tuple[float, ...]:
    """Days seen; the last three gains a day; level, place and the one before; likes and their last two gains a day."""
    known = [(at, level, metrics) for at, metrics in thing.observed if not math.isnan(level := _level(metrics))][-4:]
    if not known:
        return (math.nan,) * 10
    days = max((known[-1][0] - thing.observed[0][0]).days + 1, 2)
    per_day = [
        max((after - before).total_seconds() / 60, 1.0) / DAY_MINUTES for (before, *_), (after, *_) in pairwise(known)
    ]
    levels, likes = [level for _, level, _ in known], [metrics.get("likes", math.nan) for *_, metrics in known]
    places = [math.nan, *(_place(metrics) for *_, metrics in known)]
    gains = [math.nan] * 3 + [_gain(*pair) for pair in zip(levels, levels[1:], per_day, strict=False)]
    liked = [math.nan] * 2 + [_gain(*pair) for pair in zip(likes, likes[1:], per_day, strict=False)]
    return days, gains[-1], gains[-2], gains[-3], levels[-1], places[-1], places[-2], likes[-1], liked[-1], liked[-2]


def _gain(before: float, after: float, days: float) -> float:
    """A day's gain, not below 0; NaN where a count is unknown."""
    return math.nan if math.isnan(after - before) else max(after - before, 0.0) / days


def _level(metrics: Mapping[str, float]) -> float:
    """Views, reactions where nobody counted views; NaN where neither was counted."""
    found = metrics.get("views", interactions(metrics))
    return math.nan if found is None else max(found, 0.0)


def _place(metrics: Mapping[str, float]) -> float:
    """The place on a chart, from 1; NaN where there is none."""
    return max(metrics.get("rank", math.nan), 1.0) if "rank" in metrics else math.nan


def _dummies(things: Sequence[Seen]) -> Columns:
    named = [one.category for one in things]
    return {
        f"category:{name}": np.array([float(one == name) for one in named])
        for name in sorted({name for name in named if name})
    }


def _categories(columns: Columns, known: Sequence[str]) -> list[str]:
    """The new categories that still get a coefficient."""
    room = MOST_CATEGORIES - sum(name.startswith("category:") for name in known)
    new = [name for name in columns if name.startswith("category:") and name not in known]
    return new[: max(room, 0)]


def _top_quarter(outcome: Floats) -> NDArray[np.bool_]:
    top: NDArray[np.bool_] = outcome > np.quantile(outcome, 0.75)
    return top


def _check(things: Sequence[Seen], outcome: Floats) -> None:
    if outcome.shape != (len(things),) or not np.isfinite(outcome).all():
        raise ValueError(f"one finite outcome a thing is needed: {len(things)} things, outcomes {outcome.shape}")
