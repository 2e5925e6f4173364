"""Outlook: the answers of an outlook learned a day at a time, on the rows of the trends backtest.

The answer of day t comes from an outlook that saw what was known by t alone: the gains of days before, the days to come
of a first listing once they are over, until then as far as they went; and it is given for everything that was listed
then, before anybody knows what is listed the day after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np

from evals.ranking import Floats, Judged, judge
from evals.trends import AHEAD, Ints, Listings, firsts, listed_rows, listings_of, moves, still_to_come
from rl.outlook import Outlook, Seen
from trends.growth import Observation, expected_change, expected_gain, promise
from trends.signal import Signal

Relabel = Callable[[Floats], Floats]

LEARNED, HAND = "learned", "hand"


def as_it_is(outcomes: Floats) -> Floats:
    """The outcomes themselves."""
    return outcomes


@dataclass(frozen=True, slots=True)
class Shown:
    """Videos by number: their observations a day (None: not listed), category, and how many of their author began."""

    listings: Listings
    observed: Sequence[Sequence[Observation | None]]
    category: Sequence[str | None]
    author_began: Sequence[Ints]
    """The days on which the author's videos were first listed, its own among them; empty where nobody is named."""
    first: date

    def seen(self, videos: Iterable[int], day: int) -> list[Seen]:
        """The videos as they were known on a day."""
        return [
            Seen(
                [one for one in self.observed[video][: day + 1] if one is not None],
                self.category[video],
                max(int((self.author_began[video] <= day).sum()) - 1, 0),
            )
            for video in videos
        ]

    def on(self, day: int) -> date:
        """The date of a day."""
        return date.fromordinal(self.first.toordinal() + day)


def shown(signals: Sequence[Signal]) -> Shown:
    """The videos of a trending list, numbered as `listings_of` does."""
    rows, listings = listed_rows(signals), listings_of(signals)
    numbers = {thing: number for number, thing in enumerate(dict.fromkeys(thing for thing, _ in rows))}
    first = min(day for _, day in rows)
    observed: list[list[Observation | None]] = [[None] * listings.views.shape[1] for _ in numbers]
    category: list[str | None] = [None] * len(numbers)
    author: list[str | None] = [None] * len(numbers)
    for (thing, ordinal), signal in rows.items():
        number, day = numbers[thing], ordinal - first
        rank = listings.rank[number, day]
        place = {"rank": float(rank)} if np.isfinite(rank) else {}
        known_at = datetime.combine(date.fromordinal(ordinal), time(), tzinfo=UTC)
        observed[number][day] = known_at, {**signal.metrics, **place}
        category[number], author[number] = signal.category, signal.author_hash
    began: dict[str | None, list[int]] = defaultdict(list)
    for number, name in enumerate(author):
        began[name].append(int(np.flatnonzero(np.isfinite(listings.views[number]))[0]))
    by_author = [np.array(began[name] if name else [], dtype=np.int64) for name in author]
    return Shown(listings, observed, category, by_author, date.fromordinal(first))


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said of each row of the three tasks, in the order of `moves` and `firsts`."""

    change: Floats
    gain: Floats
    promise: Floats
    outlook: Outlook
    """What was learned in the end."""


def answers(videos: Shown, relabel: Relabel = as_it_is, start: Outlook | None = None) -> Answers:
    """Goes through the days; `relabel` changes the outcomes that are learned from, a day at a time."""
    listings, outlook = videos.listings, start or Outlook()
    moved, (video, first_day) = moves(listings), firsts(listings)
    change, gain = np.full(len(moved.day), np.nan), np.full(len(moved.day), np.nan)
    come = np.full(len(first_day), np.nan)
    for day in range(listings.views.shape[1]):
        outlook = _learned_moves(outlook, videos, day - 1, relabel)
        outlook = _learned_firsts(outlook, videos, day - AHEAD, AHEAD, relabel)
        rows = np.flatnonzero(moved.day == day)
        if len(rows):
            there = np.flatnonzero(np.isfinite(listings.views[:, day - 1 : day + 1]).all(axis=1))
            at, seen = np.searchsorted(there, moved.video[rows]), videos.seen(there, day)
            change[rows], gain[rows] = outlook.change_odds(seen)[at], outlook.expected_gains(seen)[at]
        rows = np.flatnonzero(first_day == day)
        if len(rows):
            so_far = outlook
            for open_day in range(day - AHEAD + 1, day):
                so_far = _learned_firsts(so_far, videos, open_day, day - open_day, relabel)
            come[rows] = so_far.promise_odds(videos.seen(video[rows], day))
    return Answers(change, gain, come, outlook)


def _learned_moves(outlook: Outlook, videos: Shown, day: int, relabel: Relabel) -> Outlook:
    """With what the day after this one told."""
    moved = moves(videos.listings)
    rows = np.flatnonzero(moved.day == day)
    if day < 1 or not len(rows):
        return outlook
    return outlook.after_moves(videos.on(day), videos.seen(moved.video[rows], day), relabel(moved.next_gain[rows]))


def _learned_firsts(outlook: Outlook, videos: Shown, day: int, ahead: int, relabel: Relabel) -> Outlook:
    """With what came of the day's first listings in the days after it, `ahead` of them."""
    if day < 1:
        return outlook
    video = np.flatnonzero(videos.listings.days_listed[:, day] == 1)
    if not len(video):
        return outlook
    come = still_to_come(videos.listings, video, np.full(len(video), day), ahead)
    return outlook.after_firsts(videos.on(day), videos.seen(video, day), relabel(come))


def tasks(videos: Shown, said: Answers) -> dict[str, Judged]:
    """The three tasks, each with what was learned, what was set by hand, and the naive line asked of it."""
    listings, moved, (video, day) = videos.listings, moves(videos.listings), firsts(videos.listings)
    listed = listings.days_listed[moved.video, moved.day]
    known = listed, moved.gain, moved.previous
    sped_up = np.log1p(np.maximum(moved.next_gain, 0)) - np.log1p(np.maximum(moved.gain, 0))
    now = listings.views[video, day]
    by_hand = promise(now, listings.rank[video, day], np.full(len(now), np.nan))
    return {
        "accel": judge(
            moved.day, sped_up, {LEARNED: said.change, HAND: expected_change(*known), "days_listed": listed}
        ),
        "early": judge(
            day, still_to_come(listings, video, day), {LEARNED: said.promise, HAND: by_hand, "views_so_far": now}
        ),
        "next_day": judge(
            moved.day, moved.next_gain, {LEARNED: said.gain, HAND: expected_gain(*known), "last_gain": moved.gain}
        ),
    }
