"""Score table: S = w . (freshness, engagement, novelty, community_fit, seasonality) for a million rows, explained.

    freshness      sigmoid((72 - hours since the peak) / 24): .95 at the peak, a half three days after it
    engagement     sigmoid(z): the logarithm of the interactions a minute that are to be expected now, against the
                   median of the same source over seven days, in robust standard deviations
    novelty        1 - cosine(embedding, centroid of its own community), not below 0
    community_fit  given: how much of the community's talk is this and how much of this is the community's
    seasonality    by order lead (default) or plain, see `Season`

A term without data is missing, not 0: its weight goes to the others, in proportion, and the row says so.

An explanation is, for every row and term, stored in columns by the same pass that scores: the value or that it is
missing, the weight it really had, its contribution to the total, a reason code; and for the row the term that carried
most.
`ScoreTable.explain` renders one row of it into sentences with the numbers they speak of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from trends.idea import Score, Term

TERMS = ("freshness", "engagement", "novelty", "community_fit", "seasonality")
HALF_FRESH_HOURS = 72.0
FRESH_SPREAD_HOURS = 24.0
BEST_DAYS = (21.0, 60.0)
"""An event so many days ahead is near, and an order made today still arrives."""
FAR_DAYS = 60.0
"""Beyond the best days, seasonality falls to 1/e in so many days."""
BLOCK = 4096
"""Rows of embeddings that are worked on at once, so that they stay in the processor's cache."""
STRETCH = 16384
"""Rows of everything else, for the same reason."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Codes = NDArray[np.int8]

REASONS: tuple[tuple[str, ...], ...] = (
    ("no daily series", "at its peak now ({since} since)", "peaked {since} ago", "peaked long ago ({since})"),
    (
        "nothing to compare its interactions with",
        "interactions a minute far under what is usual for its source (z {1:+.1f})",
        "interactions a minute as usual for its source (z {1:+.1f})",
        "interactions a minute far over what is usual for its source (z {1:+.1f})",
    ),
    (
        "no community to compare it with",
        "much like the rest of its community",
        "somewhat unlike the rest of its community",
        "unlike the rest of its community",
    ),
    ("no community speaks of it", "hardly anybody's in particular", "partly one community's", "one community's own"),
    (
        "no occasion",
        "the occasion is over ({4:.0f} days)",
        "too late: {4:.0f} days ahead, an order takes {5:.0f}",
        "the last days to order: {4:.0f} days ahead, an order takes {5:.0f}",
        "the time to sell: {4:.0f} days ahead",
        "early: {4:.0f} days ahead",
    ),
)
"""Sentences by term and reason code; code 0: missing. Fields: hours, z, novelty, fit, days ahead, lead days."""


class Season(StrEnum):
    """How seasonality falls with the days to the event."""

    ORDER_LEAD = "order_lead"
    """0 up to production plus shipping, rising to 1 at 21 days, 1 up to 60 days, exp(-(days - 60) / 60) beyond."""
    PLAIN = "plain"
    """1 within 7 days before or after, else exp(-days): it rewards what can no longer be delivered."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of one version; any non-negative numbers, at least one of them positive."""

    version: int = 1
    freshness: float = 0.20
    engagement: float = 0.20
    novelty: float = 0.15
    community_fit: float = 0.30
    seasonality: float = 0.15

    def __post_init__(self) -> None:
        if not (min(self.values) >= 0 and 0 < sum(self.values) < float("inf")):
            raise ValueError(f"weights must be finite, not negative and not all zero, got {self.values}")

    @property
    def values(self) -> tuple[float, float, float, float, float]:
        """In the order of TERMS."""
        return (self.freshness, self.engagement, self.novelty, self.community_fit, self.seasonality)


@dataclass(frozen=True, slots=True)
class ScoreInput:
    """What scores are computed from: one row an idea, one array a column. NaN, -1 and a row of zeros mean: no data."""

    hours_since_peak: Floats
    rate: Floats
    """Interactions a minute to be expected now."""
    source: Ints
    """Row of `usual` that it is compared with; -1: none."""
    usual: Floats
    """Shape (sources, 2): median and robust standard deviation of log rates over seven days; NaN where too few."""
    embedding: Floats
    """Shape (rows, dimension)."""
    community: Ints
    """Number of its community, counted from 0; -1: none."""
    community_fit: Floats
    days_ahead: Floats
    """Days to its occasion, negative once it is over."""
    lead_days: Floats
    """Days that production and shipping take; a number wherever there is an occasion."""
    centroids: Floats | None = None
    """Shape (communities, dimension). None: of the other rows of the same community."""

    def __len__(self) -> int:
        return len(self.hours_since_peak)


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """Scores with their explanations; terms along the first axis, in the order of TERMS."""

    total: Floats
    """Shape (rows,), in [0, 1]; 0 where every term is missing."""
    values: Floats
    """Shape (5, rows), in [0, 1]; NaN: missing."""
    weights: Floats
    """Shape (5, rows): the weights after renormalising; 0 where missing."""
    contributions: Floats
    """Shape (5, rows): value times weight; their sum is the total."""
    reasons: Codes
    """Shape (5, rows): index into REASONS of the term; 0: missing."""
    top: Codes
    """Shape (rows,): the term that contributed most."""
    details: Floats
    """Shape (6, rows): the numbers the sentences speak of: hours, z, novelty, fit, days ahead, lead days."""

    def __len__(self) -> int:
        return len(self.total)

    def explain(self, row: int) -> tuple[Term, ...]:
        """The five terms of one row, each with its sentence."""
        return tuple(
            Term(
                name,
                float(self.values[term, row]) if self.reasons[term, row] else None,
                float(self.weights[term, row]),
                self._sentence(term, row),
            )
            for term, name in enumerate(TERMS)
        )

    def _sentence(self, term: int, row: int) -> str:
        code = int(self.reasons[term, row])
        details = self.details[:, row].tolist()
        said = REASONS[term][code].format(*details, since=_elapsed(details[0]))
        if not code:
            return f"{said}: left out, its weight goes to the others"
        return f"{said}; this carries the score" if self.top[row] == term else said

    def score(self, row: int, weights_version: int, as_of: datetime) -> Score:
        """One row as a `Score`."""
        terms = self.explain(row)
        return Score(sum((term.value or 0.0) * term.weight for term in terms), terms, weights_version, as_of)


def score_table(columns: ScoreInput, weights: Weights, season: Season = Season.ORDER_LEAD) -> ScoreTable:
    """Scores and explains all rows in one pass."""
    count = len(columns)
    values, details = np.empty((5, count), dtype=np.float32), np.empty((6, count), dtype=np.float32)
    details[0], details[1] = columns.hours_since_peak, z_of(columns)
    details[2], details[3] = novelty_of(columns), columns.community_fit
    details[4], details[5] = columns.days_ahead, columns.lead_days
    values[0] = _sigmoid((HALF_FRESH_HOURS - details[0]) / FRESH_SPREAD_HOURS)
    values[1] = _sigmoid(details[1])
    np.clip(details[2], 0, 1, out=values[2])
    np.clip(details[3], 0, 1, out=values[3])
    values[4] = season_of(details[4], details[5], season)
    return _explained(values, details, weights)


def z_of(columns: ScoreInput) -> Floats:
    """How far the logarithm of each rate lies from what is usual for its source, shape (rows,); NaN: no data."""
    if not len(columns.usual):
        return np.full(len(columns), np.nan, dtype=np.float32)
    median, spread = columns.usual[columns.source, 0], columns.usual[columns.source, 1]
    z: Floats = (log_rate(columns.rate) - median) / spread
    z[columns.source < 0] = np.nan
    return z


def log_rate(rate: Floats) -> Floats:
    """Rates are skewed, so they are compared by logarithm; less than one interaction a week counts as one."""
    return np.log(np.maximum(rate, np.float32(1 / 10080))).astype(np.float32, copy=False)


def season_of(days_ahead: Floats, lead_days: Floats, season: Season = Season.ORDER_LEAD) -> Floats:
    """Seasonality in [0, 1], shape (rows,); NaN where there is no occasion."""
    if season is Season.PLAIN:
        away = np.abs(days_ahead)
        return np.where(away <= 7, np.float32(1), np.exp(-away)).astype(np.float32)
    first, last = BEST_DAYS
    lead = np.minimum(lead_days, first - 1)
    near = np.clip((days_ahead - lead) / (first - lead), 0, 1)
    near[days_ahead <= lead_days] = 0
    far = np.exp(-np.maximum(days_ahead - last, 0) / FAR_DAYS)
    return np.asarray(near * far, dtype=np.float32)


def novelty_of(columns: ScoreInput) -> Floats:
    """1 - cosine to the centroid of the row's own community, shape (rows,); NaN: no data.

    Without given centroids a row is compared with the other rows of its community, so that an idea which is alone in
    its community is no copy of itself but has nothing to be compared with.
    """
    novelty = np.full(len(columns), np.nan, dtype=np.float32)
    # One buffer for all: a fresh one for each community would cost more in page faults than all the arithmetic.
    buffer = np.empty((BLOCK, columns.embedding.shape[1]), dtype=np.float32)
    for rows in _communities(columns.community):
        given = None if columns.centroids is None else columns.centroids[columns.community[rows[0]]]
        novelty[rows] = _novelty(columns.embedding, rows, given, buffer)
    return novelty


def _communities(community: Ints) -> Iterator[Ints]:
    """The rows of each community, without those that have none."""
    small = len(community) > 0 and community.max() < np.iinfo(np.int16).max
    # numpy sorts 16-bit numbers by radix, about six times faster.
    order = np.argsort(community.astype(np.int16) if small else community, kind="stable")
    ordered = community[order]
    edges = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    for start, stop in zip([0, *edges.tolist()], [*edges.tolist(), len(order)], strict=True):
        if stop > start and ordered[start] >= 0:
            yield order[start:stop]


def _novelty(embedding: Floats, rows: Ints, given: Floats | None, buffer: Floats) -> Floats:
    blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]

    def held(block: Ints) -> Floats:
        return np.take(embedding, block, axis=0, out=buffer[: len(block)], mode="clip")

    ones = np.ones(min(len(rows), BLOCK), dtype=np.float32)
    total = np.sum([ones[: len(block)] @ held(block) for block in blocks], axis=0) if given is None else given
    dot, square = np.empty(len(rows), dtype=np.float32), np.empty(len(rows), dtype=np.float32)
    for number, block in enumerate(blocks):
        # A community of one block still lies in the buffer from its sum.
        vectors = buffer[: len(block)] if len(blocks) == 1 and given is None else held(block)
        part = slice(number * BLOCK, number * BLOCK + len(block))
        dot[part] = vectors @ total
        square[part] = np.vecdot(vectors, vectors)
    rest = np.full(len(rows), total @ total, dtype=np.float32)
    if given is None:
        # Each row against the others: what it gave to the sum itself is taken out again.
        rest = np.maximum(rest - 2 * dot + square, 0, dtype=np.float32)
        dot -= square
    scale = np.sqrt(square * rest)
    with np.errstate(invalid="ignore", divide="ignore"):
        novelty: Floats = np.where(scale > 1e-6, 1 - dot / scale, np.nan).astype(np.float32)
    return novelty


def _explained(values: Floats, details: Floats, weights: Weights) -> ScoreTable:
    """Weights, contributions, totals and reasons, in stretches of rows that stay in the processor's cache."""
    count = values.shape[1]
    total, top = np.empty(count, dtype=np.float32), np.empty(count, dtype=np.int8)
    used, contributions, reasons = np.empty_like(values), np.empty_like(values), np.empty(values.shape, dtype=np.int8)
    wanted = np.array(weights.values, dtype=np.float32)[:, None]
    for start in range(0, count, STRETCH):
        part = slice(start, start + STRETCH)
        missing = np.isnan(values[:, part])
        weight = np.where(missing, np.float32(0), wanted)
        have = weight.sum(axis=0)
        weight /= np.where(have > 0, have, np.float32(1))
        carried = np.where(missing, np.float32(0), values[:, part]) * weight
        used[:, part], contributions[:, part] = weight, carried
        np.clip(carried.sum(axis=0), 0, 1, out=total[part])
        top[part] = carried.argmax(axis=0)
        reasons[:, part] = np.where(missing, 0, _reasons(values[:, part], details[:, part]))
    return ScoreTable(total, values, used, contributions, reasons, top, details)


def _reasons(values: Floats, details: Floats) -> Codes:
    """Reason codes of all rows; comparisons with NaN are false; the caller sets what is missing to 0."""
    hours, z, days, lead = details[0], details[1], details[4], details[5]
    codes = np.ones(values.shape, dtype=np.int8)
    codes[0] += (hours >= 24).view(np.int8) + (hours >= HALF_FRESH_HOURS).view(np.int8)
    codes[1] += (z >= -1).view(np.int8) + (z > 1).view(np.int8)
    for term in (2, 3):
        codes[term] += (values[term] >= 1 / 3).view(np.int8) + (values[term] >= 2 / 3).view(np.int8)
    arrives = (days >= 0) & (days > lead)
    codes[4] += (days >= 0).view(np.int8) + arrives.view(np.int8)
    codes[4] += (arrives & (days >= BEST_DAYS[0])).view(np.int8) + (arrives & (days > BEST_DAYS[1])).view(np.int8)
    return codes


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))), dtype=np.float32)


def _elapsed(hours: float) -> str:
    """A span as people say it: 12 h, 9 days, 4.1 years."""
    if not hours >= 72:
        return f"{hours:.0f} h"
    days = hours / 24
    return f"{days:.0f} days" if days < 365 else f"{days / 365.25:.1f} years"
