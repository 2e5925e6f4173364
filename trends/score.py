"""Score: S = w . (freshness, engagement, novelty, community_fit, seasonality), each in [0, 1]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trends.growth import hours_since_peak
from trends.idea import Evidence, Idea, Score, Term

TERMS = ("freshness", "engagement", "novelty", "community_fit", "seasonality")


class Scorable(Protocol):
    """What is scored: `trends.mine.Candidate`, or anything shaped like it."""

    @property
    def idea(self) -> Idea: ...
    @property
    def evidence(self) -> Evidence: ...
    @property
    def features(self) -> Mapping[str, float]: ...


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
        if min(self.values) < 0 or sum(self.values) <= 0:
            raise ValueError(f"weights must not be negative and not all zero, got {self.values}")

    @property
    def values(self) -> tuple[float, float, float, float, float]:
        """In the order of TERMS."""
        return (self.freshness, self.engagement, self.novelty, self.community_fit, self.seasonality)


def score(candidates: Sequence[Scorable], weights: Weights, as_of: datetime) -> list[Score]:
    """The scores of real ideas, in the order given. Reads the feature `community_fit` in [0, 1] where there is one."""
    return [_score(candidate, weights, as_of) for candidate in candidates]


def _score(candidate: Scorable, weights: Weights, as_of: datetime) -> Score:
    hours = hours_since_peak(candidate.evidence)
    values = {
        "freshness": None if hours is None else 1 / (1 + hours / 72),
        "community_fit": candidate.features.get("community_fit"),
    }
    have = sum(w for name, w in zip(TERMS, weights.values, strict=True) if values.get(name) is not None)
    terms = tuple(
        Term(name, values.get(name), weight / have if have and values.get(name) is not None else 0.0, "")
        for name, weight in zip(TERMS, weights.values, strict=True)
    )
    total = sum((term.value or 0.0) * term.weight for term in terms)
    return Score(total, terms, weights.version, as_of)
