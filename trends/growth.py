"""Growth: how fast an idea gains or loses attention, and where in its life it stands. Pure functions.

Every function has a stated minimum of days; below it the answer is None, never a guess. A series holds one entry a
calendar day, oldest first, without gaps, in counts (mentions, views gained); it is compared on the log1p scale, so that
a day without anything is a low day and not a hole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trends.idea import Evidence

Floats = NDArray[np.float64]
Observation = tuple[datetime, Mapping[str, float]]
"""When something was known, and what was measured."""
Thing = tuple[Sequence[Observation], datetime | None]
"""The observations of one thing, oldest first, and when it was published."""

INTERACTIONS = ("likes", "dislikes", "comments", "shares", "score")
DAY_MINUTES = 1440.0

GROWTH_DAYS = 4
"""Fewest days for a growth rate."""
ACCELERATION_DAYS = 6
"""Fewest days for an acceleration: three before, three after."""
PHASE_DAYS = 5
"""Fewest days for a phase."""
HALF_LIFE_DAYS = 3
"""Fewest days after the peak for a half-life."""
WINDOW_DAYS = 7
"""A growth rate holds the last week against the week before, which also levels out the days of the week."""
OUT_OF_SILENCE = 0.01
"""A window before of less than a hundredth of the last one counts as a hundredth: out of silence no rate is exact."""
DECAY = 2.0
"""What a thing gains a day falls with the square of the days it has been seen: attention to one thing dies as a power
of its age, not exponentially."""
PERSISTENCE = 0.3
"""Of what a thing did better or worse than that, three tenths come again."""
CHART = 100.0
"""The middle of a chart of two hundred: the rank at which a place on the chart says nothing for or against."""
NOTHING = 1e-6
"""Attention below it is none: counts are whole, levels run to 100."""
STEADY = 0.05
"""Growth within plus or minus 5 % a day is no movement."""


class Phase(StrEnum):
    """Where an idea stands in its life."""

    EMERGING = "emerging"
    RISING = "rising"
    PEAK = "peak"
    FADING = "fading"


@dataclass(frozen=True, slots=True)
class Trend:
    """What the daily series of one idea say; None where a minimum is not met."""

    days: int
    growth_per_day: float | None
    """Relative change a day between the week before and the last: 0.1 is ten per cent more each day."""
    acceleration: float | None
    """Growth (log) a day of the later half of the last six days less that of the earlier half."""
    half_life_days: float | None
    """Days in which attention halves since its peak; None while it does not fall."""
    phase: Phase | None
    hours_since_peak: float | None


def trend(evidence: Evidence) -> Trend:
    """The trend of an idea's attention, of its mentions where nobody measured attention."""
    series = attention(evidence)
    return Trend(
        days=len(series),
        growth_per_day=growth_per_day(series),
        acceleration=acceleration(series),
        half_life_days=half_life_days(series),
        phase=phase(series),
        hours_since_peak=hours_since_peak(evidence),
    )


def attention(evidence: Evidence) -> tuple[float, ...]:
    """The series an idea is judged by: attention gained a day, or mentions a day where no attention was measured."""
    return evidence.attention_by_day if any(evidence.attention_by_day) else evidence.mentions_by_day


def growth_per_day(series: Sequence[float]) -> float | None:
    """`(last / before) ** (1 / w) - 1`: what the last `w` days carried against the `w` before, a day.

    `w` is seven, or half the series where it is shorter. None under four days, with nothing in the last seven days, or
    with nothing to speak of in both windows.
    """
    if len(series) < GROWTH_DAYS or not any(series[-WINDOW_DAYS:]):
        return None
    window = min(WINDOW_DAYS, len(series) // 2)
    last, before = sum(series[-window:]), sum(series[-2 * window : -window])
    if last + before < NOTHING:
        return None
    ratio = max(last, OUT_OF_SILENCE * before) / max(before, OUT_OF_SILENCE * last)
    return float(ratio ** (1 / window) - 1)


def week_ratio(series: Sequence[float]) -> float | None:
    """What the last seven days carried, as a multiple of the seven before; None under 14 days or after silence."""
    if len(series) < 2 * WINDOW_DAYS:
        return None
    before = sum(series[-2 * WINDOW_DAYS : -WINDOW_DAYS])
    return sum(series[-WINDOW_DAYS:]) / before if before > NOTHING else None


def acceleration(series: Sequence[float]) -> float | None:
    """Change of the mean log level's step: the last three days against the three before; None under six days."""
    if len(series) < ACCELERATION_DAYS or not any(series[-ACCELERATION_DAYS:]):
        return None
    return _slope(series[-3:]) - _slope(series[-6:-3])


def half_life_days(series: Sequence[float]) -> float | None:
    """Days in which attention halves since its peak; None with under three days after the peak or while it holds."""
    if not any(series):
        return None
    since = series[_peak(series) :]
    if len(since) <= HALF_LIFE_DAYS:
        return None
    slope = _slope(since)
    return math.log(2) / -slope if slope < 0 else None


def phase(series: Sequence[float]) -> Phase | None:
    """Emerging (growing out of silence), rising, peak (near its highest, steady) or fading; None under five days.

    Fading is what falls within the last week, however strong that week was, and what stands under half of its highest.
    """
    growth = growth_per_day(series)
    if len(series) < PHASE_DAYS or growth is None:
        return None
    if _drift(series[-WINDOW_DAYS:]) < -STEADY:
        return Phase.FADING
    level, highest = float(np.mean(series[-3:])), float(max(series))
    earlier = float(np.mean(series[: max(len(series) - WINDOW_DAYS, len(series) // 2)]))
    if growth > STEADY:
        return Phase.EMERGING if earlier <= 0.1 * level else Phase.RISING
    return Phase.PEAK if level >= highest / 2 else Phase.FADING


def hours_since_peak(evidence: Evidence) -> float | None:
    """Hours from the end of the day of most attention (the latest of equals) to `as_of`; None without a series."""
    series = attention(evidence)
    if not any(series):
        return None
    day = evidence.days[_peak(series)]
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)
    return max((evidence.as_of - end).total_seconds() / 3600, 0.0)


def expected_change(days_seen: Floats, last_gain: Floats, previous_gain: Floats) -> Floats:
    """Logarithm of the next day's gain over the last day's, element by element.

    `days_seen` counts the days from the first sight to now, both included, so at least 2. `previous_gain` is NaN where
    there is none yet. Power-law ageing plus a part of the last surprise:
    `-DECAY ln(1 + 1/d) + PERSISTENCE (ln(last / previous) + DECAY ln(1 + 1/(d - 1)))`.
    """
    days = np.maximum(np.asarray(days_seen, dtype=float), 2.0)
    change = np.log1p(np.maximum(last_gain, 0.0)) - np.log1p(np.maximum(previous_gain, 0.0))
    surprise = change + DECAY * np.log1p(1 / (days - 1))
    expected: Floats = -DECAY * np.log1p(1 / days) + PERSISTENCE * np.nan_to_num(surprise)
    return expected


def expected_gain(days_seen: Floats, last_gain: Floats, previous_gain: Floats) -> Floats:
    """What the next day is expected to bring: the last gain, aged (`expected_change`)."""
    gain: Floats = np.maximum(last_gain, 0.0) * np.exp(expected_change(days_seen, last_gain, previous_gain))
    return gain


def promise(level: Floats, rank: Floats, recent_gain: Floats) -> Floats:
    """What is still to come for a thing over the next days, up to a common factor, element by element.

    What it reached; weighed by the inverse of the place it was given on a chart (attention to places is Zipf's); and by
    the root of what it gained lately, for a level without movement is a past one. NaN in `rank` or `recent_gain` means
    unknown: it says nothing for or against.
    """
    place = CHART / np.where(np.isnan(rank), CHART, np.maximum(rank, 1.0))
    movement = np.sqrt(1 + np.maximum(np.nan_to_num(recent_gain), 0.0))
    come: Floats = np.maximum(level, 0.0) * place * movement
    return come


def interactions(metrics: Mapping[str, float]) -> float | None:
    """Reactions to a thing: likes, dislikes, comments, shares, score; its views where none of them was counted."""
    found = [metrics[name] for name in INTERACTIONS if name in metrics]
    return sum(found) if found else metrics.get("views")


def expected_rates(things: Sequence[Thing]) -> Floats:
    """Interactions a minute to be expected over the next day, shape (len(things),); NaN where nothing was counted.

    Seen twice or more: what it gained lately, aged (`expected_change`). Seen once: what it has over the minutes since
    it was published, or over one day where nobody says when that was, by its place on the chart (`promise`).
    """
    moves = np.array([_movement(*thing) for thing in things], dtype=float).reshape(-1, 5)
    days, last, previous, level, rank = moves.T
    once = promise(level, rank, np.full(len(moves), math.nan))
    rates: Floats = np.where(np.isnan(last), once, expected_gain(days, last, previous) / DAY_MINUTES)
    return rates


def _movement(
    observed: Sequence[Observation], published_at: datetime | None
) -> tuple[float, float, float, float, float]:
    """Days seen, last and previous gain a day; of a thing seen once its mean rate a minute and its rank. NaN: none."""
    known = [(at, count) for at, metrics in observed if (count := interactions(metrics)) is not None]
    if not known:
        return math.nan, math.nan, math.nan, math.nan, math.nan
    if len(known) == 1:
        at, count = known[0]
        minutes = DAY_MINUTES if published_at is None else max((at - published_at).total_seconds() / 60, 60.0)
        return math.nan, math.nan, math.nan, count / minutes, observed[-1][1].get("rank", math.nan)
    gains = [
        max(later - earlier, 0.0) * DAY_MINUTES / max((after - before).total_seconds() / 60, 1.0)
        for (before, earlier), (after, later) in pairwise(known[-3:])
    ]
    days = max((known[-1][0] - known[0][0]).days + 1, 2)
    return days, gains[-1], gains[-2] if len(gains) > 1 else math.nan, math.nan, math.nan


def _peak(series: Sequence[float]) -> int:
    """Index of the highest day, the latest of equals."""
    return len(series) - 1 - int(np.argmax(np.asarray(series, dtype=float)[::-1]))


def _drift(series: Sequence[float]) -> float:
    """Least-squares slope a day of the logarithm, a tenth of the mean added: a day without anything is a low day."""
    level = np.asarray(series, dtype=float)
    return _slope(level / max(float(level.mean()) / 10, 1e-9))


def _slope(series: Sequence[float] | Floats) -> float:
    """Least-squares slope a day of log1p(series)."""
    level = np.log1p(np.maximum(np.asarray(series, dtype=float), 0.0))
    day = np.arange(len(level)) - (len(level) - 1) / 2
    return float(day @ level / (day @ day))
