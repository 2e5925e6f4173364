"""Spikes: a phrase that of a sudden has more voices than its own past explains.

    expected   the phrase's share of each source in the last two days (its three busiest hours counted as the fourth,
               the last two hours left out), or its share around this time yesterday where that was more, times what
               the source brings now
    detector   a scan: the voices of every window of 10 minutes to 6 hours that ends now, against a negative binomial
               with that mean; its dispersion is what hours varied by, and what is not known of the mean
    alarm      a chance under `ALARMS / (windows a day)`: by the union bound at most ALARMS false ones a phrase and
               day, where the past is what it was taken for
    confirmed  by the rows themselves: enough voices that are independent and speak of something new

A CUSUM on the same counts takes buckets for independent, and with it every busy hour for a change: tried, it gave seven
times the false alarms. What a source brings stands on both sides, so its outage and its return are no spike, nor is the
rhythm of the day. Measured beside "three times the mean" by `bellwether eval spikes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom

from store.stream import BUCKET_S, Series
from trends.dedupe import fold

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ALARMS = 1e-3
"""False alarms a phrase and day, at most."""
DAY = 86_400 // BUCKET_S
HOUR = 3_600 // BUCKET_S
FRESH = HOUR
"""Newest buckets in which a window may end: an older one is no news."""
RECENT = 2 * HOUR
"""Newest buckets that are no part of the past."""
AROUND = HOUR
"""Buckets before and after this time yesterday."""
CAPPED_HOURS = 3
FEWEST_HOURS = 12
"""A source that brought something in fewer hours of the past is too new to compare with."""
WINDOWS = (1, 2, 3, 6, 12, 24, 36)
"""Buckets."""
CHANCE = ALARMS / (DAY * len(WINDOWS))
SIZES, ENDS = (part.ravel() for part in np.meshgrid(WINDOWS, np.arange(FRESH)))
"""Every window: its size, and how many buckets before the newest it ends."""
PRIOR = 0.5
"""Voices a phrase is taken to have had, in two days, before it was ever seen."""
LEAST_DISPERSION, MOST_DISPERSION = 0.1, 3.0
VOICES, AUTHORS, SOURCES = 5, 3, 2
"""A spike has so many voices, and so many authors of different texts or so many sources."""
NEW = timedelta(days=1)
"""What was published longer before the onset was only found now."""


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm: since bucket `onset` (of the series) the phrase had `voices`, where `expected` were to be expected."""

    phrase: int
    """Its place in the series."""
    onset: int
    voices: int
    expected: float
    size: float
    """Of the negative binomial that such counts follow: one over its dispersion."""

    @property
    def ratio(self) -> float:
        return self.voices / max(self.expected, 1e-9)

    def chance(self, voices: int) -> float:
        """The chance of at least so many voices where nothing has changed."""
        return float(nbinom.sf(voices - 1, self.size, self.size / (self.size + self.expected)))


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that holds a phrase."""

    source: str
    text: str
    author_hash: str | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Voices:
    """Who is behind a change: distinct voices, authors of different texts, sources."""

    voices: int
    authors: int
    sources: tuple[str, ...]

    def doubt(self, change: Change) -> str:
        """Why they make no spike; empty where they do."""
        if self.voices < VOICES:
            return f"{self.voices} of the {VOICES} independent voices needed"
        if self.authors < AUTHORS and len(self.sources) < SOURCES:
            return f"{self.authors} of the {AUTHORS} authors of different texts needed in one source"
        if change.chance(self.voices) > CHANCE:
            return f"{self.voices} independent voices are no more than chance brings"
        return ""


def detect(series: Series) -> list[Change]:
    """The phrases that have more voices than expected now, or had within the last hour."""
    known = _known(series.totals)
    counts, totals = series.counts[:, known].astype(float), series.totals[known].astype(float)
    if not counts.size:
        return []
    voices, expected, size = _windows(counts, totals)
    chance = np.where(voices >= VOICES, nbinom.sf(voices - 1, size, size / (size + expected)), 1.0)
    first = counts.shape[2] - ENDS - SIZES
    changes = []
    for phrase in np.flatnonzero(chance.min(axis=1) < CHANCE).tolist():
        best = int(chance[phrase].argmin())
        heard, due = int(voices[phrase, best]), float(expected[phrase, best])
        changes.append(Change(phrase, int(first[best]), heard, due, float(size[phrase, 0])))
    return changes


def independent(said: Sequence[Said], onset: datetime) -> Voices:
    """Who is behind these things: an account counts once, a text that many repeat once, what is old not at all."""
    new = [one for one in said if one.published_at is None or one.published_at >= onset - NEW]
    folds = fold([one.text for one in new]).tolist() if new else []
    people = {one.author_hash or f"text {label}" for one, label in zip(new, folds, strict=True)}
    authors = min(len(people), len(set(folds)))
    return Voices(len(people), authors, tuple(sorted({one.source for one in new})))


def _known(totals: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Sources that brought something in enough hours of the past, shape (sources,)."""
    active: NDArray[np.bool_] = (_hours(totals[:, :-RECENT]) > 0).sum(axis=-1) >= FEWEST_HOURS
    return active


def _hours(buckets: NDArray[np.int64] | Floats) -> Floats:
    """Sums of six buckets, the last axis a sixth as long."""
    whole: Floats = buckets.reshape(*buckets.shape[:-1], buckets.shape[-1] // HOUR, HOUR).sum(axis=-1).astype(float)
    return whole


def _windows(counts: Floats, totals: Floats) -> tuple[Floats, Floats, Floats]:
    """Voices and expected voices of every window, shape (phrases, windows), and the size of their distribution."""
    share, known = _share(counts, totals)
    due = _expected(counts, totals, share)
    recent = due.shape[1]
    start, end = recent - ENDS - SIZES, recent - ENDS
    # What the past lets one know of the mean is itself a gamma: both dispersions add up.
    size = 1 / (_dispersion(counts, totals, share) + 1 / known)[:, None]
    return _sums(counts[:, :, -recent:].sum(axis=1), start, end), _sums(due, start, end), size


def _share(counts: Floats, totals: Floats) -> tuple[Floats, Floats]:
    """The phrases' shares of each source in the past, shape (phrases, sources), and the voices behind them."""
    said = _capped(_hours(counts[:, :, :-RECENT]), CAPPED_HOURS).sum(axis=-1)
    brought = np.maximum(totals[:, :-RECENT].sum(axis=-1), 1.0)
    share: Floats = (said + PRIOR * brought / brought.sum()) / brought
    return np.minimum(share, 0.5), said.sum(axis=1) + PRIOR


def _expected(counts: Floats, totals: Floats, share: Floats) -> Floats:
    """Voices to be expected in each of the newest buckets, shape (phrases, WINDOWS[-1] + FRESH)."""
    newest = WINDOWS[-1] + FRESH
    yesterday = _around(counts, newest) / np.maximum(_around(totals, newest), 1.0)
    usual = np.maximum(share[:, :, None], np.minimum(yesterday, 0.5))
    said, brought = counts[:, :, -newest:], totals[:, -newest:]
    # A spike is part of what its source brings: what others bring says how busy the source is.
    others = np.maximum(brought - said, brought / 2)
    due: Floats = (usual / (1 - usual) * others).sum(axis=1)
    return due


def _around(buckets: Floats, newest: int) -> Floats:
    """Sums around the same time a day before each of the newest buckets."""
    middle = np.arange(buckets.shape[-1] - newest, buckets.shape[-1]) - DAY
    return _sums(buckets, middle - AROUND, middle + AROUND + 1)


def _sums(buckets: Floats, start: Ints, end: Ints) -> Floats:
    """Sums of the last axis from each start up to its end."""
    sums = np.cumsum(np.concatenate([np.zeros((*buckets.shape[:-1], 1)), buckets], axis=-1), axis=-1)
    found: Floats = sums[..., end] - sums[..., start]
    return found


def _dispersion(counts: Floats, totals: Floats, share: Floats) -> Floats:
    """How much more than Poisson each phrase varies, from hour to hour or from bucket to bucket, the larger:
    variance = mean + dispersion * mean**2."""
    said = counts[:, :, :-RECENT].sum(axis=1)
    due = (share[:, :, None] * totals[:, :-RECENT]).sum(axis=1)
    by_hour = _excess(_capped(_hours(said), 1), _hours(due))
    by_bucket = _excess(_capped(said, CAPPED_HOURS * HOUR), due)
    return np.clip(np.maximum(by_hour, by_bucket), LEAST_DISPERSION, MOST_DISPERSION)


def _excess(said: Floats, due: Floats) -> Floats:
    found: Floats = ((said - due) ** 2 - due).sum(axis=-1) / np.maximum((due**2).sum(axis=-1), 1e-9)
    return found


def _capped(values: Floats, most: int) -> Floats:
    """The `most` highest of the last axis as high as the next: one burst does not become what is usual."""
    cap = np.partition(values, -most - 1, axis=-1)[..., -most - 1]
    return np.minimum(values, cap[..., None])
