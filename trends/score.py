"""Score: how promising each idea is now, in [0, 1], and why. The formula and its explanation are in `score_table`.

What a term reads of an idea: freshness its daily series; engagement the interactions a minute that its things seen in
the last seven days are expected to get, against everything seen of their source; novelty the
embedding of its phrase against the other ideas of its community; community_fit the feature of that name; seasonality
its occasion. Everything is read as it was known at `as_of`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import isnan
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from store.embed import embed
from trends.growth import Thing, expected_rates, hours_since_peak
from trends.idea import Evidence, Idea, Score
from trends.score_table import ScoreInput, Season, Weights, log_rate, score_table

if TYPE_CHECKING:
    from trends.table import Corpus

WINDOW = timedelta(days=7)
FEWEST_RATES = 8
"""With fewer things of a source in the window nothing is usual for it."""
LEAST_SPREAD = 0.25

Rates = Mapping[UUID, float]
Sources = Mapping[UUID, str]


class Scorable(Protocol):
    """What is scored: `trends.mine.Candidate`, or anything shaped like it."""

    @property
    def idea(self) -> Idea: ...
    @property
    def evidence(self) -> Evidence: ...
    @property
    def features(self) -> Mapping[str, float]: ...


def score(
    candidates: Sequence[Scorable],
    weights: Weights,
    as_of: datetime,
    corpus: Corpus,
    season: Season = Season.ORDER_LEAD,
) -> list[Score]:
    """The scores of ideas, in the order given.

    What is usual for a source is read from all that `corpus` saw of it in the last seven days.
    """
    table = score_table(columns_of(candidates, as_of, corpus), weights, season)
    return [table.score(row, weights.version, as_of) for row in range(len(table))]


def columns_of(candidates: Sequence[Scorable], as_of: datetime, corpus: Corpus) -> ScoreInput:
    """The columns that the ideas are scored from."""
    rates, sources = _rates(corpus, as_of)
    names = sorted(set(sources.values()))
    chosen = [_rate(one.evidence, rates) for one in candidates]
    occasions = [one.idea.occasion for one in candidates]
    return ScoreInput(
        hours_since_peak=_column(hours_since_peak(one.evidence) for one in candidates),
        rate=_column(rate for rate, _ in chosen),
        source=np.array([names.index(source) if source in names else -1 for _, source in chosen], dtype=np.int64),
        usual=_usual(rates, sources, names),
        embedding=embed([one.idea.phrase for one in candidates]),
        community=_communities(candidates),
        community_fit=_column(one.features.get("community_fit") for one in candidates),
        days_ahead=_column(None if one is None else one.days_ahead for one in occasions),
        lead_days=_column(None if one is None else (one.on - one.order_by).days for one in occasions),
    )


def _column(values: Iterable[float | None]) -> NDArray[np.float32]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float32)


def _rates(corpus: Corpus, as_of: datetime) -> tuple[Rates, Sources]:
    """Expected rate and source of each thing last seen within the window, from all its observations."""
    things: dict[UUID, tuple[str, Thing]] = {}
    for row, (signal_id, known_at) in enumerate(zip(corpus.ids, corpus.known_at, strict=True)):
        if as_of - WINDOW < known_at <= as_of:
            things[signal_id] = corpus.source[row], (corpus.observed[row], corpus.published_at[row])
    rates = expected_rates([thing for _, thing in things.values()]).tolist()
    known = {signal_id: rate for signal_id, rate in zip(things, rates, strict=True) if not isnan(rate)}
    return known, {signal_id: things[signal_id][0] for signal_id in known}


def _usual(rates: Rates, sources: Sources, names: Sequence[str]) -> NDArray[np.float32]:
    """Median and robust standard deviation (1.4826 MAD) of the log rates of each source, shape (sources, 2)."""
    by_source: dict[str, list[float]] = defaultdict(list)
    for signal_id, rate in rates.items():
        by_source[sources[signal_id]].append(rate)
    usual = np.full((len(names), 2), np.nan, dtype=np.float32)
    for row, name in enumerate(names):
        logarithms = log_rate(np.array(by_source[name], dtype=np.float32))
        if len(logarithms) >= FEWEST_RATES:
            median = np.median(logarithms)
            usual[row] = median, max(1.4826 * np.median(np.abs(logarithms - median)), LEAST_SPREAD)
    return usual


def _rate(evidence: Evidence, rates: Rates) -> tuple[float | None, str | None]:
    """The median rate of an idea's things in their main source, and that source; None where none is in the window."""
    found: dict[str, list[float]] = defaultdict(list)
    for mention in evidence.mentions:
        if mention.signal_id in rates:
            found[mention.source].append(rates[mention.signal_id])
    if not found:
        return None, None
    source = max(sorted(found), key=lambda name: len(found[name]))
    return float(np.median(found[source])), source


def _communities(candidates: Sequence[Scorable]) -> NDArray[np.int64]:
    """The number of each idea's community: where most of its things are from, by community, else by category."""
    homes = []
    for one in candidates:
        counts = Counter(mention.community or mention.category for mention in one.evidence.mentions)
        counts.pop(None, None)
        homes.append(max(sorted(home for home in counts if home), key=lambda home: counts[home], default=None))
    numbers = {home: number for number, home in enumerate(sorted({home for home in homes if home}))}
    return np.array([-1 if home is None else numbers[home] for home in homes], dtype=np.int64)
