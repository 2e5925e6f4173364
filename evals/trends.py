"""Eval trends: a point-in-time, rolling-origin backtest of what the trend facts and the score predict.

On a YouTube trending CSV, for each day t, from what was listed up to t alone; each task is the top quartile of its day
against the rest, averaged over days, intervals by resampling days:

    next_day   the views gained from t to t+1, among videos listed on t-1, t and t+1      `growth.expected_gain`
    accel      the logarithm of that gain over that of the gain from t-1 to t, same rows   `growth.expected_change`
    early      at a video's first listed day: the most views of its next seven days, less its views now; a video that is
               not listed again gained nothing that was seen. Videos of the file's first day (they began earlier) and
               of its last seven (their week is cut) are left out                          `growth.promise`

`forecast_coverage`: how much of what came lay inside the forecast's 80 % interval (`evals.foresight`).
Beside them the naive lines, and `rate`: the interactions a minute that the score's engagement term expects.
The order of a day's rows is read as the chart's order where it behaves like one (new videos stand high: the correlation
of place and days listed is at least .2 that day); elsewhere there is no rank.

On a file of news shares (IDLink, TS1...TS144: counts every 20 minutes over two days, -1 for not yet seen): the top
quartile of further growth after 6, 12 and 24 hours, among items already seen.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from evals import foresight
from evals.ranking import Floats, Judged, auc, judge, top_quartile
from evals.report import Figure, Result
from trends.growth import Observation, Thing, expected_change, expected_gain, expected_rates, promise
from trends.signal import Signal
from trends.sources import signals_in
from trends.table import corpus_of

AHEAD = 7
CHART_CORRELATION = 0.2
NEWS_HOURS = (6, 12, 24)
STEPS_AN_HOUR = 3
NAIVE = ("views_so_far", "last_gain", "days_listed", "engagement_ratio")
OURS = "ours"

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Listings:
    """Videos by days: NaN where a video was not listed that day."""

    views: Floats
    reactions: Floats
    """Likes, dislikes and comments together."""
    rank: Floats
    """Place on the day's chart, from 1; NaN where the order of the rows is no chart."""
    days_listed: Floats
    """Days from the first listing to this one, both included."""
    rate: Floats
    """`expected_rates` of the video as of this day."""


def run(data: Path, seed: int = 7) -> Result:
    """Backtests on one file; ValueError where it is neither a trending list over days nor a news series."""
    series = news_series(data)
    if series is not None:
        return _news_result(series, data.name, seed)
    signals = list(signals_in([data]))
    listings = listings_of(signals)
    if listings.views.shape[1] < 3:
        raise ValueError(
            f"{data.name}: no views of one thing on three days running; a trending CSV over days is needed"
        )
    tasks = {"next_day": next_day(listings), "accel": acceleration(listings), "early": early(listings)}
    figures, baseline = _figures(tasks, seed)
    notes = [f"{name}: {task.rows:,} rows of {task.days} days" for name, task in tasks.items()]
    charted = int(np.count_nonzero(np.isfinite(listings.rank).sum(axis=0)))
    notes.append(f"rows in the order of a chart on {charted} of {listings.views.shape[1]} days")
    figures |= foresight.measure(foresight.tag_series(corpus_of(signals, max(one.known_at for one in signals))))
    return Result("trends", figures, baseline, data.name, seed, tuple(notes))


def listings_of(signals: Iterable[Signal]) -> Listings:
    """The videos of a trending list by days; of two rows of one video on one day the first counts."""
    rows = listed_rows(signals)
    if not rows:
        return Listings(*(np.empty((0, 0)) for _ in range(5)))
    numbers = {thing: number for number, thing in enumerate(dict.fromkeys(thing for thing, _ in rows))}
    first = min(day for _, day in rows)
    shape = (len(numbers), max(day for _, day in rows) - first + 1)
    views, reactions, order = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    for (thing, day), signal in rows.items():
        at = numbers[thing], day - first
        views[at], order[at] = signal.metrics["views"], signal.row
        reactions[at] = sum(signal.metrics.get(name, 0.0) for name in ("likes", "dislikes", "comments"))
    began = np.where(np.isfinite(views), np.arange(shape[1]), shape[1]).min(axis=1)
    days_listed = np.where(np.isfinite(views), np.arange(shape[1]) - began[:, None] + 1, np.nan)
    rank = chart_ranks(order, days_listed)
    return Listings(views, reactions, rank, days_listed, _rates(views, reactions, rank))


def listed_rows(signals: Iterable[Signal]) -> dict[tuple[object, int], Signal]:
    """The rows that count, by video and day (its ordinal): the first of each that states views, in the order given."""
    rows: dict[tuple[object, int], Signal] = {}
    for signal in signals:
        if "views" in signal.metrics:
            rows.setdefault((signal.id, signal.known_at.toordinal()), signal)
    return rows


def chart_ranks(order: Floats, days_listed: Floats) -> Floats:
    """Places on each day's chart by the order of its rows; NaN on days whose order is none."""
    rank = np.full(order.shape, np.nan)
    for day in range(order.shape[1]):
        here = np.flatnonzero(np.isfinite(order[:, day]))
        places = np.empty(len(here))
        places[np.argsort(order[here, day], kind="stable")] = np.arange(1, len(here) + 1)
        ages = days_listed[here, day]
        if len(np.unique(ages)) > 1 and spearmanr(places, ages).statistic >= CHART_CORRELATION:
            rank[here, day] = places
    return rank


def _rates(views: Floats, reactions: Floats, rank: Floats) -> Floats:
    """What the engagement term of the score expects of each video on each day, from its days so far alone."""
    start, places = datetime(2000, 1, 1), np.nonzero(np.isfinite(views))
    things: list[Thing] = []
    for video, day in zip(*places, strict=True):
        observed: list[Observation] = []
        for one in np.flatnonzero(np.isfinite(views[video, : day + 1])).tolist():
            place = {"rank": rank[video, one]} if np.isfinite(rank[video, one]) else {}
            observed.append((start + timedelta(days=one), {"likes": reactions[video, one], **place}))
        things.append((observed, None))
    rates = np.full(views.shape, np.nan)
    rates[places] = expected_rates(things)
    return rates


@dataclass(frozen=True, slots=True)
class Moves:
    """Videos listed three days running: at day t, the gains before and after it."""

    day: Ints
    video: Ints
    gain: Floats
    next_gain: Floats
    previous: Floats
    """The gain of the day before that; NaN where the video was not listed then."""


def moves(listings: Listings) -> Moves:
    """Every video on every day on which the gain before and the gain after are known."""
    views = listings.views
    gains = np.diff(views, axis=1)
    video, day = np.nonzero(np.isfinite(gains[:, :-1]) & np.isfinite(gains[:, 1:]))
    before = np.where(day > 0, gains[video, np.maximum(day - 1, 0)], np.nan)
    # gains[:, t - 1] leads to day t.
    return Moves(day + 1, video, gains[video, day], gains[video, day + 1], before)


def _naive(listings: Listings, video: Ints, day: Ints, gain: Floats) -> dict[str, Floats]:
    views = listings.views[video, day]
    lines = (views, gain, listings.days_listed[video, day], listings.reactions[video, day] / np.maximum(views, 1))
    return dict(zip(NAIVE, lines, strict=True)) | {"rate": listings.rate[video, day]}


def next_day(listings: Listings) -> Judged:
    """The views gained tomorrow."""
    one = moves(listings)
    listed = listings.days_listed[one.video, one.day]
    lines = {OURS: expected_gain(listed, one.gain, one.previous)} | _naive(listings, one.video, one.day, one.gain)
    return judge(one.day, one.next_gain, lines)


def acceleration(listings: Listings) -> Judged:
    """Tomorrow's gain against today's, in logarithms."""
    one = moves(listings)
    outcome = np.log1p(np.maximum(one.next_gain, 0)) - np.log1p(np.maximum(one.gain, 0))
    listed = listings.days_listed[one.video, one.day]
    lines = {OURS: expected_change(listed, one.gain, one.previous)} | _naive(listings, one.video, one.day, one.gain)
    return judge(one.day, outcome, lines)


def firsts(listings: Listings) -> tuple[Ints, Ints]:
    """Video and day of every first listing whose week is whole."""
    video, day = np.nonzero(listings.days_listed == 1)
    whole = (day > 0) & (day + AHEAD < listings.views.shape[1])
    return video[whole], day[whole]


def still_to_come(listings: Listings, video: Ints, day: Ints, ahead: int = AHEAD) -> Floats:
    """The most views of the days after, `ahead` of them, less the views of the day; 0 for what is not listed again."""
    now = listings.views[video, day]
    later = np.stack([listings.views[video, day + step] for step in range(1, ahead + 1)])
    most = np.where(np.isfinite(later), later, -np.inf).max(axis=0, initial=-np.inf)
    come: Floats = np.maximum(most - now, 0)
    return come


def early(listings: Listings) -> Judged:
    """What comes in the seven days after the first listing."""
    video, day = firsts(listings)
    now = listings.views[video, day]
    nothing = np.full(len(now), np.nan)
    ours = promise(now, listings.rank[video, day], nothing)
    naive = _naive(listings, video, day, nothing)
    lines = {OURS: ours} | {name: line for name, line in naive.items() if name not in ("last_gain", "days_listed")}
    return judge(day, still_to_come(listings, video, day), lines)


def _figures(tasks: Mapping[str, Judged], seed: int) -> tuple[dict[str, Figure], dict[str, Figure]]:
    figures: dict[str, Figure] = {}
    baseline: dict[str, Figure] = {}
    for name, task in tasks.items():
        figures[f"{name}_auc"] = task.mean(OURS)
        figures[f"{name}_interval"] = list(task.interval(OURS, seed))
        figures[f"{name}_rate_auc"] = task.mean("rate")
        figures[f"{name}_days"] = task.days
        naive = {line: task.mean(line) for line in NAIVE if line in task.by_line}
        best = max(naive, key=lambda line: naive[line])
        baseline |= {f"{name}_{line}": value for line, value in naive.items()}
        baseline[f"{name}_best"] = best
        baseline[f"{name}_best_interval"] = list(task.interval(best, seed))
    return figures, baseline


def news_series(data: Path) -> Floats | None:
    """The counts of a news file, shape (items, steps), -1 for not yet seen; None where the file is no such file."""
    with data.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    with gzip.open(data, "rb") if packed else data.open("rb") as stream:
        return _counts(csv.reader(line.decode("utf-8", "replace") for line in stream))


def _counts(rows: Iterator[list[str]]) -> Floats | None:
    header = next(rows, [])
    steps = [place for place, name in enumerate(header) if name.strip().upper() in {f"TS{n}" for n in range(1, 145)}]
    if not header or header[0].strip().lower() != "idlink" or len(steps) < NEWS_HOURS[-1] * STEPS_AN_HOUR + 1:
        return None
    return np.array([[float(row[place]) for place in steps] for row in rows if len(row) == len(header)])


def _news_result(series: Floats, name: str, seed: int) -> Result:
    """Further growth of the items seen by each hour."""
    figures: dict[str, Figure] = {"items": len(series)}
    baseline: dict[str, Figure] = {}
    rng = np.random.default_rng(seed)
    for hours in NEWS_HOURS:
        step = hours * STEPS_AN_HOUR - 1
        seen = series[series[:, step] >= 0]
        now, before = seen[:, step], np.maximum(seen[:, max(step - 6 * STEPS_AN_HOUR, 0)], 0)
        top = top_quartile(seen[:, -1] - now)
        line = promise(now, np.full(len(now), np.nan), now - before)
        drawn = [auc(line[rows], top[rows]) for rows in rng.integers(0, len(now), (200, len(now)))]
        figures[f"further_{hours}h_auc"] = auc(line, top)
        figures[f"further_{hours}h_interval"] = np.nanquantile(drawn, (0.025, 0.975)).tolist()
        figures[f"further_{hours}h_items"] = len(now)
        baseline |= {f"further_{hours}h_level": auc(now, top), f"further_{hours}h_growth": auc(now - before, top)}
    notes = ("level: the count now; growth: what was gained in the last six hours; intervals by resampling items",)
    return Result("trends", figures, baseline, name, seed, notes)
