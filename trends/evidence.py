"""Evidence: the mentions of an idea and its two daily series, out of the rows of a corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from trends.idea import Evidence, Mention
from trends.signal import SignalKind

if TYPE_CHECKING:
    from trends.table import Corpus

FRESH = timedelta(days=3)
"""A thing first seen within this time of its publication gained all it had on that day; an older one gained it
unseen."""
SILENCE = timedelta(days=62)
"""A series begins anew after this long without an observation: longer than two months, so that a monthly one holds."""
ATTENTION = ("views", "score", "level", "items")


@dataclass
class Witness:
    """What every row of a corpus says as of a moment; a row that several ideas share is read once."""

    corpus: Corpus
    as_of: datetime
    _mentions: dict[int, Mention] = field(default_factory=dict)
    _gains: dict[int, list[tuple[date, float]]] = field(default_factory=dict)

    def evidence(self, rows: Sequence[int], authors: int, sources: tuple[str, ...]) -> Evidence:
        """Everything known of the idea that these rows point at."""
        mentions: dict[date, int] = {}
        attention: dict[date, float] = {}
        for row in rows:
            seen_on = None
            for day, gained in self._gains_of(row):
                attention[day] = attention.get(day, 0.0) + gained
                if day != seen_on:
                    mentions[day] = mentions.get(day, 0) + 1
                seen_on = day
        days = _span(mentions)
        return Evidence(
            as_of=self.as_of,
            mentions=tuple(self._mention(row) for row in rows),
            days=days,
            mentions_by_day=tuple(float(mentions.get(day, 0)) for day in days),
            attention_by_day=tuple(attention.get(day, 0.0) for day in days),
            authors=authors,
            sources=sources,
        )

    def _gains_of(self, row: int) -> list[tuple[date, float]]:
        found = self._gains.get(row)
        if found is None:
            found = self._gains[row] = _gains(row, self.corpus, self.as_of)
        return found

    def _mention(self, row: int) -> Mention:
        found = self._mentions.get(row)
        if found is None:
            found = self._mentions[row] = _mention(row, self.corpus)
        return found


def _span(seen: Mapping[date, int]) -> tuple[date, ...]:
    """The days from the last silence on, without gaps: years-old counts of another source are no part of a series."""
    days = sorted(seen)
    if not days:
        return ()
    first = days[0]
    for before, day in pairwise(days):
        if day - before > SILENCE:
            first = day
    return tuple(first + timedelta(days=n) for n in range((days[-1] - first).days + 1))


def _gains(row: int, corpus: Corpus, as_of: datetime) -> list[tuple[date, float]]:
    """(day, attention gained) of each observation known at `as_of`.

    A count of an item runs on, so its gain is the difference to the observation before; a phrase's level or count is
    that of its day alone. What an old item gained before it was first seen is nobody's day and counts as nothing.
    """
    running = corpus.kind[row] is SignalKind.ITEM
    published = corpus.published_at[row]
    gains: list[tuple[date, float]] = []
    before: float | None = None
    for known_at, metrics in corpus.observed[row]:
        if known_at > as_of:
            break
        value = next((metrics[name] for name in ATTENTION if name in metrics), 0.0)
        if not running:
            gained = value
        elif before is None:
            gained = value if published is None or known_at - published <= FRESH else 0.0
        else:
            gained = max(value - before, 0.0)
        gains.append((known_at.date(), gained))
        before = value
    return gains


def _mention(row: int, corpus: Corpus) -> Mention:
    return Mention(
        signal_id=corpus.ids[row],
        source=corpus.source[row],
        text=corpus.text[row],
        known_at=corpus.known_at[row],
        first_known_at=corpus.first_known_at[row],
        community=corpus.community[row],
        category=corpus.category[row],
        author_hash=corpus.author_hash[row],
        published_at=corpus.published_at[row],
        metrics=corpus.metrics[row],
        first_metrics=corpus.first_metrics[row],
    )
