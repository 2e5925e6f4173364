"""Eval keywords: does what is announced today come to the top within a week, and how long before?

Walks through the days of a file of signals (a YouTube trending CSV). As of each day the corpus of the thirty days
before is mined and the twenty strongest keywords are announced by the product's own function; nothing later is read.

    at the top   on a day: the attention that a phrase's things gained in seven days lies above the third quartile of
                 all phrases mined that day
    a hit        an announced phrase that was not at the top that day nor on the six before, and is on one of the seven
                 after: one that falls out of the top and comes back is no news
    precision    hits among announcements. A phrase announced on several days counts on each, so the 95 % interval is
                 drawn by phrase, not by announcement
    lead         hours from the announcement to the first day at the top, the median of the hits
    risen_told   of the subjects that came to the top so, those announced in the seven days before

The first week and the last are not judged: what stands in the file's first rows began earlier. Beside it, counted
alike: `frequent`, the twenty most frequent phrases of each day; `frequent_open`, what is asked of a keyword (a subject,
not at the top in the last week) ranked by frequency, as many a day as were announced; `random_open`, the same at
random; `random`, any phrase (both exact expectations).

`any_kind_*`: the formula alone, on more than a few subjects: of phrases of every kind that were not at the top in the
last week, the twenty strongest against the twenty most frequent. `by_score_*`: "at the top" by the product's own score
of that day, above the third quartile of its subjects. The score sees growth on the very day that a keyword is
announced, so many are at its top already (`by_score_already`): there is little left to announce.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np

from evals.ranking import RESAMPLES
from evals.report import Figure, Result
from graphs.keywords import WINDOW
from store.keywords import MOST
from trends.idea import Kind
from trends.keywords import TOP, announce, drift_of, known_phrases, strength_of, week_of
from trends.mine import Candidate, mine
from trends.score import score
from trends.score_table import Weights
from trends.signal import Signal
from trends.sources import signals_in
from trends.table import corpus_of

AHEAD = 7
FEWEST_DAYS = 15

Keys = Sequence[str]


@dataclass(frozen=True, slots=True)
class Day:
    """What one day showed, all of it known on that day."""

    on: date
    announced: Keys
    """The strongest, strongest first."""
    strong: Keys
    """Phrases of every kind that are not known, strongest first."""
    frequent: Keys
    """All phrases, the most frequent first."""
    subjects: AbstractSet[str]
    top: AbstractSet[str]
    """Phrases at the top by attention."""
    known: AbstractSet[str]
    """Those that were so on one of the last seven days, as far as that day could tell."""
    best: AbstractSet[str]
    """Subjects at the top by score."""

    @property
    def open(self) -> list[str]:
        """What could be announced: subjects that are not known, the most frequent first."""
        return [key for key in self.below if key in self.subjects]

    @property
    def below(self) -> list[str]:
        """Phrases of every kind that are not known, the most frequent first."""
        return [key for key in self.frequent if key not in self.known]


@dataclass(frozen=True, slots=True)
class Told:
    """Announcements and what came of them: per announcement its phrase and the days to the top, None for no hit."""

    keys: list[str] = field(default_factory=list)
    leads: list[int | None] = field(default_factory=list)

    def add(self, key: str, lead: int | None) -> None:
        self.keys.append(key)
        self.leads.append(lead)

    @property
    def precision(self) -> float:
        return sum(lead is not None for lead in self.leads) / len(self.leads) if self.leads else float("nan")

    @property
    def lead_hours(self) -> float:
        hits = [lead for lead in self.leads if lead is not None]
        return 24.0 * median(hits) if hits else float("nan")

    def interval(self, seed: int) -> list[float]:
        """The 95 % interval of the precision, by resampling phrases with all their announcements."""
        by_key: dict[str, list[bool]] = defaultdict(list)
        for key, lead in zip(self.keys, self.leads, strict=True):
            by_key[key].append(lead is not None)
        if not by_key:
            return [float("nan"), float("nan")]
        hits, counts = (np.array([size(one) for one in by_key.values()]) for size in (sum, len))
        drawn = np.random.default_rng(seed).integers(0, len(by_key), (RESAMPLES, len(by_key)))
        shares = hits[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
        return [float(edge) for edge in np.quantile(shares, (0.025, 0.975))]


def run(data: Path, seed: int = 7) -> Result:
    """Measures one file; ValueError where it does not hold signals of two weeks."""
    days = days_of(list(signals_in([data])))
    if len(days) < FEWEST_DAYS:
        raise ValueError(f"{data.name}: signals of {len(days)} days; at least {FEWEST_DAYS} are needed")
    week = timedelta(days=AHEAD)
    judged = [day for day in days if days[0].on + week <= day.on <= days[-1].on - week]
    ours = tell(judged, days, lambda day: day.announced, _at_top)
    strong = tell(judged, days, lambda day: day.strong[:MOST], _at_top)
    scored = tell(judged, days, lambda day: day.announced, _at_best)
    risen, told = risen_told(judged, days)
    figures: dict[str, Figure] = {
        "precision": ours.precision,
        "precision_interval": ours.interval(seed),
        "lead_hours": ours.lead_hours,
        "announcements": len(ours.keys),
        "keywords": len(set(ours.keys)),
        "days": len(judged),
        "risen": risen,
        "risen_told": told / risen if risen else float("nan"),
        "any_kind_precision": strong.precision,
        "any_kind_interval": strong.interval(seed),
        "by_score_precision": scored.precision,
        "by_score_lead_hours": scored.lead_hours,
        "by_score_already": _share(key in day.best for day in judged for key in day.announced),
    }
    notes = [f"{day.on}: {', '.join(day.announced) or 'nothing'}" for day in judged]
    return Result("keywords", figures, _baseline(judged, days, seed), data.name, seed, tuple(notes))


def _baseline(judged: Sequence[Day], days: Sequence[Day], seed: int) -> dict[str, Figure]:
    frequent = tell(judged, days, lambda day: day.frequent[:MOST], _at_top)
    alike = tell(judged, days, lambda day: day.open[: len(day.announced)], _at_top)
    below = tell(judged, days, lambda day: day.below[: len(day.strong[:MOST])], _at_top)
    scored = tell(judged, days, lambda day: day.open[: len(day.announced)], _at_best)
    return {
        "frequent_precision": frequent.precision,
        "frequent_lead_hours": frequent.lead_hours,
        "frequent_open_precision": alike.precision,
        "frequent_open_interval": alike.interval(seed),
        "frequent_open_lead_hours": alike.lead_hours,
        "random_open_precision": _expected(judged, days, lambda day: day.open),
        "random_precision": _expected(judged, days, lambda day: day.frequent),
        "any_kind_frequent_precision": below.precision,
        "any_kind_frequent_interval": below.interval(seed),
        "by_score_frequent_open_precision": scored.precision,
    }


def days_of(signals: Sequence[Signal]) -> list[Day]:
    """Every day of the signals, as it looked at its end; looked back on are the thirty days before."""
    ends: dict[date, datetime] = {}
    for signal in signals:
        on = signal.known_at.date()
        ends[on] = max(ends.get(on, signal.known_at), signal.known_at)
    return [_day(signals, ends[on]) for on in sorted(ends)]


def _day(signals: Sequence[Signal], as_of: datetime) -> Day:
    corpus = corpus_of([one for one in signals if as_of - WINDOW < one.known_at <= as_of], as_of)
    candidates = mine(corpus, as_of)
    scores = score(candidates, Weights(), as_of, corpus) if candidates else []
    known = known_phrases(candidates)
    frequent = sorted(candidates, key=lambda one: (-one.features["support"], one.idea.key))
    subjects = [at for at, one in enumerate(candidates) if one.idea.kind is Kind.SUBJECT]
    return Day(
        as_of.date(),
        [one.key for one in announce(candidates, corpus, as_of).keywords[:MOST]],
        _strong([one for one in candidates if one.idea.key not in known], drift_of(corpus, as_of)),
        list(dict.fromkeys(one.idea.key for one in frequent)),
        {candidates[at].idea.key for at in subjects},
        _above(candidates, [week_of(one.evidence) for one in candidates]),
        known,
        _above([candidates[at] for at in subjects], [scores[at].total for at in subjects]),
    )


def _strong(candidates: Sequence[Candidate], drift: float) -> list[str]:
    """The keys of those that grow, strongest first."""
    strengths = [(strength_of(one, drift), one.idea.key) for one in candidates]
    return list(
        dict.fromkeys(key for strength, key in sorted(strengths, key=lambda one: (-one[0], one[1])) if strength)
    )


def _above(candidates: Sequence[Candidate], values: Sequence[float]) -> set[str]:
    """The keys of those above the third quartile."""
    if not values:
        return set()
    bar = float(np.quantile(values, TOP))
    return {one.idea.key for one, value in zip(candidates, values, strict=True) if value > bar}


def _at_top(day: Day) -> AbstractSet[str]:
    return day.top


def _at_best(day: Day) -> AbstractSet[str]:
    return day.best


def tell(
    judged: Iterable[Day],
    days: Sequence[Day],
    chosen: Callable[[Day], Keys],
    top: Callable[[Day], AbstractSet[str]],
) -> Told:
    """What came of what is chosen each day."""
    told = Told()
    for day in judged:
        for key in chosen(day):
            told.add(key, _days_to(key, day.on, days, top))
    return told


def _days_to(key: str, on: date, days: Sequence[Day], top: Callable[[Day], AbstractSet[str]]) -> int | None:
    """Days to the first of the next seven on which a phrase is at the top; None where it was in the week before."""
    waits = [(day.on - on).days for day in days if abs((day.on - on).days) <= AHEAD and key in top(day)]
    known = any(-AHEAD < wait <= 0 for wait in waits)
    return None if known else min((wait for wait in waits if wait > 0), default=None)


def _expected(judged: Sequence[Day], days: Sequence[Day], pool: Callable[[Day], Keys]) -> float:
    """The precision to be expected of a random choice out of the pool, as many a day as were announced."""
    weighted = [(len(day.announced), tell([day], days, pool, _at_top).precision) for day in judged if pool(day)]
    total = sum(count for count, _ in weighted)
    return sum(count * share for count, share in weighted) / total if total else float("nan")


def risen_told(judged: Iterable[Day], days: Sequence[Day]) -> tuple[int, int]:
    """Subjects that were below the top for a week and came to it, and how many of them were announced in that week."""
    risen = told = 0
    for day in judged:
        week = [one for one in days if 0 < (day.on - one.on).days <= AHEAD]
        for key in day.top & day.subjects:
            if not any(key in one.top for one in week):
                risen += 1
                told += any(key in one.announced for one in week)
    return risen, told


def _share(flags: Iterable[bool]) -> float:
    told = list(flags)
    return sum(told) / len(told) if told else float("nan")
