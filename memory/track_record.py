"""Track record: how right each specialist was, against what the trend did and against sales where there are some.

A call is a stance on one idea, from -1 (do not make it) to 1 (make it); (1 + stance) / 2 is taken for its probability
that it comes well. What comes well:

    trend    the week after carried at least HELD of the attention of the week before: known of every idea, rejected too
    sales    at least one order in the first SALES_DAYS: known of what was sold

A person's yes is no outcome. Scores: Brier (1950), log loss, a calibration curve with Wilson's intervals (1927), all
beside those of one who always says how often it comes well. Effect, by leaving one out: the decisions that come out
otherwise, and what the panel's own score loses. Drift: an e-detector, see `Watch`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from statistics import fmean, stdev
from typing import Any

import numpy as np

HELD = 0.5
SALES_DAYS = 28
BINS = 5
SURE = 1.959964
"""Standard errors of a two-sided 95 % interval."""
LEAST_CHANCE = 0.01
"""A probability nearer to 0 or 1 counts as this in the log loss: nobody is that sure."""
FEWEST = 30
"""Of fewer calls with a known outcome nothing is told to the coordinator."""
REFERENCE = 50
"""The first so many calls say how wrong a specialist usually is; before them nothing drifts."""
TOLERANCE = 0.05
"""How much worse than that its mean Brier score may become, at least, before it counts as drift."""
RUN_LENGTH = 1_000
"""False alarms come at most once in so many calls, on average."""
STAKES = (0.25, 0.5, 0.75)

Lean = Callable[[float], str]
"""The verdict that a mean stance leans to."""


class Against(StrEnum):
    """What calls are held against."""

    TREND = "trend"
    SALES = "sales"


@dataclass(frozen=True, slots=True)
class Call:
    """One specialist's stance on one revision of an idea, and what became of it; None: not known."""

    agent: str
    case: str
    """The revision of the idea: calls of one case were made together."""
    at: datetime
    stance: float
    ceiling: str = "approve"
    """The most that the facts allowed: with them a verdict cannot be raised."""
    held: bool | None = None
    sold: bool | None = None

    @property
    def chance(self) -> float:
        """The probability that it comes well, in [0, 1]."""
        return min(max((1 + self.stance) / 2, 0.0), 1.0)

    def came_well(self, against: Against) -> bool | None:
        """Whether it did; None where nobody knows."""
        return self.held if against is Against.TREND else self.sold


@dataclass(frozen=True, slots=True)
class Bin:
    """Of the calls whose probability lay in [low, high): how many, what they said, and how often it came well."""

    low: float
    high: float
    calls: int
    said: float
    came: float
    at_least: float
    """Wilson's 95 % interval of `came`."""
    at_most: float


@dataclass(frozen=True, slots=True)
class Effect:
    """What leaving one specialist out does, on the cases where it had a say."""

    cases: int
    changed: int
    """Verdicts that come out otherwise."""
    brier_change: float | None
    """What the panel's mean Brier score gains without it; positive: it helps. None where it was alone everywhere."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Where the detector stands; `at` is the call at which it first sounded, None while it did not."""

    evidence: float
    at: datetime | None
    usual: float | None
    """Mean Brier score of the first REFERENCE calls; None before."""


@dataclass(frozen=True, slots=True)
class Track:
    """The record of one specialist against one kind of outcome."""

    agent: str
    against: Against
    judged: int
    first: datetime
    last: datetime
    came: float
    """How often it came well."""
    brier: float
    base_brier: float
    """Of one who always says `came`."""
    log_loss: float
    base_log_loss: float
    curve: tuple[Bin, ...]
    effect: Effect
    drift: Drift


def calls_of(rows: Iterable[Mapping[str, Any]]) -> list[Call]:
    """Calls from rows of `store.track_records.load_calls`."""
    return [
        Call(
            row["agent"],
            f"{row['idea_id']}:{row['revision']}",
            row["as_of"],
            float(row["stance"]),
            row["ceiling"],
            held(row["before"], row["after"]),
            None if row["orders"] is None else row["orders"] > 0,
        )
        for row in rows
    ]


def held(before: float | None, after: float | None) -> bool | None:
    """Whether a trend carried on; None where a week was not watched, or there was nothing to carry."""
    if before is None or after is None or before <= 0:
        return None
    return after >= HELD * before


def track_records(calls: Sequence[Call], lean: Lean, against: Against = Against.TREND) -> list[Track]:
    """The record of everybody who made a call whose outcome is known, by name."""
    known = sorted(
        (call for call in calls if call.came_well(against) is not None), key=lambda call: (call.at, call.case)
    )
    cases: dict[str, list[Call]] = {}
    for call in known:
        cases.setdefault(call.case, []).append(call)
    names = sorted({call.agent for call in known})
    return [_track([call for call in known if call.agent == name], cases, lean, against) for name in names]


def _track(calls: Sequence[Call], cases: Mapping[str, Sequence[Call]], lean: Lean, against: Against) -> Track:
    chances = np.array([call.chance for call in calls])
    came = np.array([bool(call.came_well(against)) for call in calls], dtype=float)
    base = np.full(len(came), came.mean())
    return Track(
        calls[0].agent,
        against,
        len(calls),
        calls[0].at,
        calls[-1].at,
        float(came.mean()),
        brier(chances, came),
        brier(base, came),
        log_loss(chances, came),
        log_loss(base, came),
        curve(chances, came),
        effect(calls[0].agent, [cases[case] for case in dict.fromkeys(call.case for call in calls)], lean, against),
        drift([call.at for call in calls], ((chances - came) ** 2).tolist()),
    )


def brier(chances: np.ndarray, came: np.ndarray) -> float:
    """Mean squared difference of what was said and what came, 0 (right and sure) to 1."""
    return float(((chances - came) ** 2).mean())


def log_loss(chances: np.ndarray, came: np.ndarray) -> float:
    """Mean -ln of the probability given to what came, in nats."""
    sure = np.clip(chances, LEAST_CHANCE, 1 - LEAST_CHANCE)
    return float(-np.log(np.where(came > 0, sure, 1 - sure)).mean())


def curve(chances: np.ndarray, came: np.ndarray) -> tuple[Bin, ...]:
    """The bins that hold a call, of BINS of equal width; the last one holds 1 too."""
    places = np.minimum((chances * BINS).astype(int), BINS - 1)
    return tuple(
        Bin(place / BINS, (place + 1) / BINS, int(here.sum()), float(chances[here].mean()), float(came[here].mean()),
            *wilson(int(came[here].sum()), int(here.sum())))
        for place in range(BINS)
        if (here := places == place).any()
    )  # fmt: skip


def wilson(times: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a share seen `times` of `of` (at least 1), in [0, 1]."""
    share, spread = times / of, SURE * SURE / of
    centre, margin = share + spread / 2, SURE * math.sqrt((share * (1 - share) + spread / 4) / of)
    return max((centre - margin) / (1 + spread), 0.0), min((centre + margin) / (1 + spread), 1.0)


def effect(agent: str, cases: Sequence[Sequence[Call]], lean: Lean, against: Against) -> Effect:
    """The panel is the mean of its stances, held under each case's ceiling; without anybody it leans to nothing."""
    changed, gains = 0, []
    for calls in cases:
        whole = [call.stance for call in calls]
        others = [call.stance for call in calls if call.agent != agent]
        if not others:
            continue
        ceiling, came = calls[0].ceiling, float(bool(calls[0].came_well(against)))
        changed += _bounded(lean(fmean(whole)), ceiling) != _bounded(lean(fmean(others)), ceiling)
        gains.append(_squared(fmean(others), came) - _squared(fmean(whole), came))
    return Effect(len(cases), changed, fmean(gains) if gains else None)


def _squared(stance: float, came: float) -> float:
    return ((1 + stance) / 2 - came) ** 2


def _bounded(verdict: str, ceiling: str) -> str:
    order = ("reject", "review", "approve")
    return min(verdict, ceiling, key=order.index)


def drift(moments: Sequence[datetime], losses: Sequence[float]) -> Drift:
    """Whether losses in [0, 1] became larger than they were in the first REFERENCE by more than a tolerance.

    The tolerance is TOLERANCE, or twice the standard error of the reference where that is more.

    An e-detector (Shin, Ramdas and Rinaldo 2022, arXiv:2203.03532) of Shiryaev and Roberts' form: the sum over all
    starts of the capital of one who bets on larger losses, the mean of three stakes. As long as the mean loss is not
    larger than the reference and the tolerance, however losses are distributed and however often one looks, it reaches
    RUN_LENGTH once in RUN_LENGTH calls or less, on average.
    """
    if len(losses) < REFERENCE:
        return Drift(0.0, None, None)
    usual = fmean(losses[:REFERENCE])
    bound = min(usual + max(TOLERANCE, 2 * stdev(losses[:REFERENCE]) / math.sqrt(REFERENCE)), 1.0)
    evidence, sounded = [0.0] * len(STAKES), None
    for moment, loss in zip(moments[REFERENCE:], losses[REFERENCE:], strict=True):
        evidence = [
            (held + 1) * (1 + stake / bound * (loss - bound)) for held, stake in zip(evidence, STAKES, strict=True)
        ]
        if sounded is None and fmean(evidence) >= RUN_LENGTH:
            sounded = moment
    return Drift(fmean(evidence), sounded, usual)


def row_of(track: Track) -> dict[str, Any]:
    """The record as `store.track_records.add_track_records` takes it."""
    alarm = track.drift.at.isoformat() if track.drift.at else None
    plain = ("agent", "judged", "came", "brier", "base_brier", "log_loss", "base_log_loss")
    return {name: getattr(track, name) for name in plain} | {
        "against": track.against.value,
        "first": track.first,
        "last": track.last,
        "curve": [asdict(each) for each in track.curve],
        "effect": asdict(track.effect),
        "drift": {**asdict(track.drift), "at": alarm},
        "told": told(track),
    }


def told(track: Track) -> str:
    """The record in one line; empty where it rests on fewer than FEWEST calls."""
    if track.judged < FEWEST:
        return ""
    beside = "better" if track.brier < track.base_brier else "no better"
    said = (
        f"{track.agent}: Brier {track.brier:.3f} over {track.judged} calls against {track.against}, {beside} than "
        f"always saying {track.came:.0%} ({track.base_brier:.3f})"
    )
    if track.effect.cases:
        said += f"; without it {track.effect.changed} of {track.effect.cases} verdicts change"
    return said + (f"; it drifts since {track.drift.at:%Y-%m-%d}" if track.drift.at else "")
