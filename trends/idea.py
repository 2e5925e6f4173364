"""Idea: a subject phrase with an audience and, where there is one, an occasion.

An idea is named by its phrase, never by a post's title. `Evidence` is everything that was known of it at `as_of`: what
the scores, the facts and the agents are computed from. `Brief` (in `agents/brief.py`) adds the market to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from trends.signal import NO_METRICS


class Kind(StrEnum):
    """What a phrase is; decided before it is ranked. Only subjects enter a shortlist."""

    SUBJECT = "subject"
    LICENSED = "licensed"
    PERSON = "person"
    NEWS = "news"
    GENERIC = "generic"
    """A format, a filler or a word of the platform: "official trailer", "makeup tutorial", "full episode"."""
    UNKNOWN = "unknown"
    """Code cannot tell: waits for a model or a person."""


class Status(StrEnum):
    """Where an idea stands. Every change is an event."""

    DISCOVERED = "discovered"
    ANALYSING = "analysing"
    PENDING_REVIEW = "pending_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    DESIGNED = "designed"
    LISTED = "listed"
    LIVE = "live"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Occasion:
    """A dated event that people buy for, and whether an order made at `as_of` still arrives."""

    name: str
    on: date
    days_ahead: int
    """Days from `as_of` to the event; negative once it is over."""
    order_by: date
    """The event less production plus shipping: the last day on which an order made still arrives."""


@dataclass(frozen=True, slots=True)
class Idea:
    """A subject phrase, typed, with the product it would be printed on."""

    id: UUID
    phrase: str
    key: str
    """The phrase's stemmed, sorted form: what makes two spellings one idea."""
    audience: str
    occasion: Occasion | None
    kind: Kind
    kind_reason: str
    product_format: str
    """A format of the cost table: shirt, mug, poster, tote, sticker, ornament, ..."""
    status: Status = Status.DISCOVERED
    revision: int = 1
    kind_by: Literal["rule", "model"] = "rule"
    """Who typed it. What a model took for a subject, a person must look at."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One signal that points at an idea, as it was last known at `as_of`."""

    signal_id: UUID
    source: str
    text: str
    known_at: datetime
    first_known_at: datetime
    community: str | None = None
    category: str | None = None
    author_hash: str | None = None
    published_at: datetime | None = None
    metrics: Mapping[str, float] = field(default_factory=lambda: NO_METRICS)
    first_metrics: Mapping[str, float] = field(default_factory=lambda: NO_METRICS)
    """The metrics of its first observation: with `metrics`, what was gained between the two."""

    @property
    def row(self) -> str:
        """How a fact names this row."""
        return f"observation:{self.signal_id}@{self.known_at.isoformat()}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was known of an idea at `as_of`.

    `days` and the two series run side by side, one entry a calendar day, oldest first, without gaps, ending at the last
    day anything was observed. `mentions_by_day`: distinct things observed that day. `attention_by_day`: views (where a
    source counts none: score, level or items) gained that day, summed.
    """

    as_of: datetime
    mentions: tuple[Mention, ...]
    days: tuple[date, ...] = ()
    mentions_by_day: tuple[float, ...] = ()
    attention_by_day: tuple[float, ...] = ()
    authors: int = 0
    """Independent authors after near repeats were folded."""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """One of the five terms of a score: its value in [0, 1], or None where there is no data for it."""

    name: str
    value: float | None
    weight: float
    """The weight it really had, after missing terms were left out and the others renormalised."""
    reason: str


@dataclass(frozen=True, slots=True)
class Score:
    """S in [0, 1] with its five terms: `total == sum(term.value * term.weight)` over the terms that have data."""

    total: float
    terms: tuple[Term, ...]
    weights_version: int
    as_of: datetime
