"""Figures: how a desk turns rows into facts. Each figure is finite, rounded by its unit, and traced to its rows."""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from agents.brief import Brief
from market.comparables import Comparable
from trends.fact import Fact, Value
from trends.idea import Evidence, Mention

MOST_ROWS = 20
"""A fact names at most this many rows; its `row_count` says how many there were."""
MOST_TEXT = 300
UNNAMED = "an unnamed one"
"""What stands for a name without a letter."""
LARGEST = 1e15
"""A count above this is a broken row, not a measurement."""

Array = npt.NDArray[np.float64]

_not_in_ids = re.compile(r"[^a-z0-9]+")
_DECIMALS = {"cents": 0, "count": 0, "score_0_100": 0, "days": 1, "hours": 1, "ratio": 6}


@dataclass(frozen=True, slots=True)
class Rows:
    """What a figure was computed from: its rows by name, how many, where they come from, when the newest was known."""

    names: tuple[str, ...]
    count: int
    source: str
    known_at: datetime

    def __add__(self, other: Rows) -> Rows:
        half = MOST_ROWS // 2
        mine = self.names[: max(MOST_ROWS - len(other.names), half)]
        return Rows(
            (*mine, *other.names[: MOST_ROWS - len(mine)]),
            self.count + other.count,
            "; ".join(dict.fromkeys((self.source, other.source))),
            max(self.known_at, other.known_at),
        )


def mention_rows(mentions: Sequence[Mention], as_of: datetime) -> Rows:
    """The newest mentions by name."""
    newest = heapq.nlargest(MOST_ROWS, mentions, key=lambda mention: mention.known_at)
    sources = ", ".join(sorted({mention.source for mention in mentions})[:5])
    return Rows(
        tuple(mention.row for mention in newest),
        len(mentions),
        clean_text(f"signals: {sources}"),
        newest[0].known_at if newest else as_of,
    )


def comparable_rows(comparables: Sequence[Comparable], as_of: datetime) -> Rows:
    """The comparables by name, as they are sorted."""
    sources = ", ".join(sorted({row.source for row in comparables})[:5])
    return Rows(
        tuple(row.row for row in comparables[:MOST_ROWS]),
        len(comparables),
        clean_text(f"comparables: {sources}"),
        max((row.known_at for row in comparables), default=as_of),
    )


def idea_rows(brief: Brief) -> Rows:
    """The idea itself, for what is read off its phrase."""
    return Rows((f"idea:{brief.idea.id}",), 1, "the idea's phrase", brief.as_of)


@dataclass
class Figures:
    """The facts of one agent, as they are computed."""

    agent: str
    facts: list[Fact] = field(default_factory=list)

    def add(self, name: str, value: Value | None, unit: str, label: str, rows: Rows) -> None:
        """Keep a figure; one that could not be computed (None, not finite) is left out, never guessed.

        The first of a name stays: two marketplaces of one slug would else be two facts of one id.
        """
        if any(fact.id == f"{self.agent}.{name}" for fact in self.facts):
            return
        if isinstance(value, str):
            value = clean_text(value)
            if not value:
                return
        elif value is None or not math.isfinite(value):
            return
        elif not isinstance(value, bool):
            value = rounded(float(value), unit)
        self.facts.append(
            Fact(
                f"{self.agent}.{name}",
                value,
                unit,
                rows.source,
                rows.known_at,
                clean_text(label),
                rows.names,
                rows.count,
            )
        )


def rounded(value: float, unit: str) -> float | int:
    """A figure as its unit states it: counts and cents whole, days to a tenth, ratios to 6 decimals, else to 4."""
    decimals = _DECIMALS.get(unit, 4)
    if decimals == 0:
        return math.floor(value + 0.5)
    return int(value) if decimals == 1 and value == int(value) else round(value, decimals) + 0.0


def clean_text(text: str, most: int = MOST_TEXT) -> str:
    """One line that any store and console takes: no control characters, no lone surrogates, not too long."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text[: 4 * most])
    return " ".join(text[: 4 * most].split())[:most].rstrip()


class Counts(NamedTuple):
    """What was measured of one mention; None where it was not, or is not finite, or is beyond what can be counted."""

    views: float | None
    likes: float | None
    comments: float | None
    shares: float | None
    score: float | None

    @property
    def interactions(self) -> float | None:
        """Likes, comments, shares and score together; None where none of them was measured."""
        parts = [value for value in self[1:] if value is not None]
        return max(sum(parts), 0.0) if parts else None


def counts_of(mention: Mention) -> Counts:
    """The counts of a mention as it was last known."""
    metrics = mention.metrics
    return Counts(*(_measured(metrics.get(name)) for name in Counts._fields))


def _measured(value: float | None) -> float | None:
    return float(value) if value is not None and -LARGEST <= value <= LARGEST else None


def clean_evidence(evidence: Evidence) -> Evidence:
    """Evidence whose series hold only finite counts from 0 and are as long as its days."""
    size = min(len(evidence.days), len(evidence.mentions_by_day), len(evidence.attention_by_day))
    longest = max(len(evidence.days), len(evidence.mentions_by_day), len(evidence.attention_by_day))
    if size < longest or not all(
        0 <= value <= LARGEST for series in (evidence.mentions_by_day, evidence.attention_by_day) for value in series
    ):
        return replace(
            evidence,
            days=evidence.days[:size],
            mentions_by_day=_counts(evidence.mentions_by_day[:size]),
            attention_by_day=_counts(evidence.attention_by_day[:size]),
        )
    return evidence


def _counts(series: Iterable[float]) -> tuple[float, ...]:
    return tuple(value if 0 <= value <= LARGEST else 0.0 for value in series)


def clamp(value: float, low: float = 0.0, high: float = 1.0) -> float:
    """The value, no lower than `low` and no higher than `high`."""
    return min(max(value, low), high)


def stance(value: float) -> float:
    """A stance in [-1, 1], to a hundredth."""
    return round(clamp(value, -1.0, 1.0), 2) + 0.0


def named(text: str) -> str:
    """The name of a marketplace or provider as people write it: tiktok_shop is Tiktok Shop."""
    name = clean_text(text.replace("_", " ").title())
    return name if any(char.isalpha() for char in name) else UNNAMED


def slug(text: str) -> str:
    """Text as a part of a fact's id: lower-case letters, digits and underscores, at most 40."""
    return _not_in_ids.sub("_", text.lower())[:40].strip("_")


def money(cents: float) -> str:
    """Cents as a seller reads them: $27.99."""
    return f"-${-cents / 100:,.2f}" if cents < 0 else f"${cents / 100:,.2f}"


def percent(ratio: float) -> str:
    """A ratio as a seller reads it: 33.4%."""
    return f"{ratio * 100:.1f}%"


def plural(count: float, noun: str) -> str:
    """A count with its noun: 1 day, 3 days, 1.5 days."""
    return f"{count:g} {noun}" if count == 1 else f"{count:,.10g} {noun}s"
