"""Bench score: a million ideas with five terms and their explanations, against plain Python of the same formula.

Ideas are drawn, seeded: 256-dimensional unit vectors around 1,000 communities, every term missing for some rows. Timed:
everything from the columns to the explained table, the centroid of each community included. The reference computes the
same, row by row, with lists and `math`: its centroids over all rows of the communities it scores, its rows on a
subsample; its time is scaled per row, and its results must equal ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from evals.report import Asked, Result
from trends.score_table import (
    BEST_DAYS,
    FAR_DAYS,
    FRESH_SPREAD_HOURS,
    HALF_FRESH_HOURS,
    ScoreInput,
    ScoreTable,
    Weights,
    score_table,
)

ROWS, COMMUNITIES, DIMENSION, SOURCES = 1_000_000, 1_000, 256, 6
SMALL_ROWS, SMALL_COMMUNITIES = 20_000, 40
SAMPLED_COMMUNITIES = 3
ROUNDS = 5
TOLERANCE = 2e-3
ASKED = {"speedup": Asked(least=100)}

Row = dict[str, float]


@dataclass(frozen=True, slots=True)
class PlainScore:
    """One row as the reference scores and explains it; None: missing."""

    total: float
    values: list[float | None]
    weights: list[float]
    contributions: list[float]
    reasons: list[int]
    top: int


def run(seed: int = 7, small: bool = False) -> Result:
    """Times both; AssertionError where they differ."""
    rows, communities = (SMALL_ROWS, SMALL_COMMUNITIES) if small else (ROWS, COMMUNITIES)
    columns, weights = draw(rows, communities, seed), Weights()
    sample = np.flatnonzero((columns.community >= 0) & (columns.community < SAMPLED_COMMUNITIES))
    ready = rows_as_numbers(columns, sample)
    seconds, per_row = [], []
    for _ in range(ROUNDS):
        # Side by side, and the best of each: a busy machine shall favour neither.
        start = perf_counter()
        table = score_table(columns, weights)
        between = perf_counter()
        plain = plain_scores(*ready, weights)
        seconds.append(between - start)
        per_row.append((perf_counter() - between) / len(sample))
    difference = largest_difference(table, sample, plain)
    if difference > TOLERANCE:
        raise AssertionError(f"the vectorised table differs from the reference by {difference}")
    best, plain_best = min(seconds), min(per_row)
    figures = {
        "speedup": plain_best * rows / best,
        "rows_per_s": rows / best,
        "seconds": best,
        "rows": rows,
        "largest_difference": difference,
    }
    baseline = {"rows_per_s": 1 / plain_best, "seconds": plain_best * rows, "rows": len(sample)}
    note = f"best of {ROUNDS}; baseline: plain Python, measured on {len(sample):,} rows and scaled"
    return Result(
        "score", figures, baseline, "drawn", seed, (note, "one row: " + _spoken(table, 0)), {} if small else ASKED
    )


def draw(rows: int, communities: int, seed: int) -> ScoreInput:
    """Seeded columns with every term missing for some rows."""
    rng = np.random.default_rng(seed)
    community = rng.integers(-1, communities, rows)
    middle = rng.standard_normal((communities + 1, DIMENSION), dtype=np.float32)
    embedding = rng.standard_normal((rows, DIMENSION), dtype=np.float32)
    embedding += middle[community]
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    embedding[rng.random(rows) < 0.02] = 0

    def some(values: np.ndarray, missing: float) -> np.ndarray:
        return np.where(rng.random(rows) < missing, np.nan, values).astype(np.float32)

    usual = np.column_stack([rng.normal(-2, 1, SOURCES), rng.uniform(0.5, 2, SOURCES)]).astype(np.float32)
    return ScoreInput(
        hours_since_peak=some(rng.exponential(60, rows), 0.1),
        rate=some(rng.lognormal(-2, 2, rows), 0.1),
        source=rng.integers(-1, SOURCES, rows),
        usual=usual,
        embedding=embedding,
        community=community,
        community_fit=some(rng.random(rows), 0.1),
        days_ahead=some(rng.integers(-20, 200, rows), 0.4),
        lead_days=rng.integers(5, 18, rows).astype(np.float32),
    )


def plain_scores(
    rows: Sequence[Row], vectors: Sequence[list[float]], usual: list[list[float]], weights: Weights
) -> list[PlainScore]:
    """The formula of `trends.score_table`, one row at a time."""
    sums: dict[int, list[float]] = {}
    for row, vector in zip(rows, vectors, strict=True):
        home = int(row["community"])
        sums[home] = [a + b for a, b in zip(sums[home], vector, strict=True)] if home in sums else list(vector)
    return [_plain(row, vector, sums, usual, weights) for row, vector in zip(rows, vectors, strict=True)]


def _plain(
    row: Row, vector: list[float], sums: dict[int, list[float]], usual: list[list[float]], weights: Weights
) -> PlainScore:
    hours, days, lead, fit, z = row["hours"], row["days"], row["lead"], row["fit"], _plain_z(row, usual)
    novelty = _plain_novelty(row, vector, sums)
    values = [
        None if math.isnan(hours) else 1 / (1 + math.exp(-(HALF_FRESH_HOURS - hours) / FRESH_SPREAD_HOURS)),
        None if z is None else 1 / (1 + math.exp(-z)),
        novelty,
        None if math.isnan(fit) else min(max(fit, 0.0), 1.0),
        _plain_season(days, lead),
    ]
    reasons = [
        1 + (hours >= 24) + (hours >= HALF_FRESH_HOURS),
        0 if z is None else 1 + (z >= -1) + (z > 1),
        0 if novelty is None else 1 + (novelty >= 1 / 3) + (novelty >= 2 / 3),
        1 + (fit >= 1 / 3) + (fit >= 2 / 3),
        1 if days < 0 else 2 if days <= lead else 3 + (days >= BEST_DAYS[0]) + (days > BEST_DAYS[1]),
    ]
    reasons = [0 if value is None else reason for value, reason in zip(values, reasons, strict=True)]
    have = sum(weight for weight, value in zip(weights.values, values, strict=True) if value is not None)
    used = [0.0 if value is None else weight / have for weight, value in zip(weights.values, values, strict=True)]
    parts = [(value or 0.0) * weight for value, weight in zip(values, used, strict=True)]
    return PlainScore(sum(parts), values, used, parts, reasons, parts.index(max(parts)))


def _plain_z(row: Row, usual: list[list[float]]) -> float | None:
    if row["source"] < 0 or math.isnan(row["rate"]):
        return None
    median, spread = usual[int(row["source"])]
    return (math.log(max(row["rate"], 1 / 10080)) - median) / spread


def _plain_novelty(row: Row, vector: list[float], sums: dict[int, list[float]]) -> float | None:
    rest = [a - b for a, b in zip(sums[int(row["community"])], vector, strict=True)]
    dot = sum(a * b for a, b in zip(rest, vector, strict=True))
    scale = math.sqrt(sum(a * a for a in rest)) * math.sqrt(sum(b * b for b in vector))
    return min(max(1 - dot / scale, 0.0), 1.0) if scale > 1e-6 else None


def _plain_season(days: float, lead: float) -> float | None:
    if math.isnan(days):
        return None
    if days <= lead:
        return 0.0
    first, last = BEST_DAYS
    near = min((days - lead) / (first - lead), 1.0) if lead < first else 1.0
    return near * math.exp(-max(days - last, 0.0) / FAR_DAYS)


def largest_difference(table: ScoreTable, rows: np.ndarray, plain: Sequence[PlainScore]) -> float:
    """The largest difference in totals, values, weights and contributions; infinite where a missing flag or a reason
    differs for more than one row in a thousand (32-bit values may fall on the other side of a threshold)."""
    pairs = (
        (table.total[rows], np.array([one.total for one in plain])),
        (table.weights[:, rows], np.array([one.weights for one in plain]).T),
        (table.contributions[:, rows], np.array([one.contributions for one in plain]).T),
        (
            np.nan_to_num(table.values[:, rows], nan=-1.0),
            np.array([[-1 if v is None else v for v in one.values] for one in plain]).T,
        ),
    )
    reasons = np.array([one.reasons for one in plain]).T
    if (reasons != table.reasons[:, rows]).mean() > 1e-3 or ((reasons == 0) != (table.reasons[:, rows] == 0)).any():
        return math.inf
    if (np.array([one.top for one in plain]) != table.top[rows]).mean() > 1e-3:
        return math.inf
    return max(float(np.abs(ours - theirs).max(initial=0.0)) for ours, theirs in pairs)


def rows_as_numbers(columns: ScoreInput, sample: np.ndarray) -> tuple[list[Row], list[list[float]], list[list[float]]]:
    """The sampled rows that have a community, as Python numbers."""
    names = ("hours", "rate", "source", "community", "fit", "days", "lead")
    parts = (
        columns.hours_since_peak, columns.rate, columns.source, columns.community, columns.community_fit,
        columns.days_ahead, columns.lead_days,
    )  # fmt: skip
    cells = zip(*(part[sample].tolist() for part in parts), strict=True)
    rows = [dict(zip(names, cell, strict=True)) for cell in cells]
    return rows, columns.embedding[sample].tolist(), columns.usual.tolist()


def _spoken(table: ScoreTable, row: int) -> str:
    return "; ".join(f"{term.name}: {term.reason}" for term in table.explain(row))
