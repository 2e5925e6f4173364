"""Page: what the report shows, as values: everything is computed and worded before the template sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row that a fact was computed from: where it stands and what it held."""

    reference: str
    """As the fact names it: `observation:<id>@<time>`, `comparable:<id>`, ..."""
    place: str
    """File and row number, or the table it is in."""
    text: str
    figures: str = ""
    """What was measured, in words: `views 1,204, likes 88`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One fact, ready to read."""

    id: str
    label: str
    text: str
    source: str
    known_at: str
    rows: tuple[SourceRow, ...] = ()
    row_count: int = 0


@dataclass(frozen=True, slots=True)
class Opinion:
    """One agent's report, or why there is none."""

    agent: str
    outcome: str
    judged_by: str
    summary: str
    reason: str = ""
    stance: float | None = None
    fields: tuple[tuple[str, str], ...] = ()
    fact_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreTerm:
    """One of the five terms: where its part of the bar begins and how long it is, in per cent of the whole bar."""

    name: str
    value: str
    weight: str
    start: float
    length: float
    reason: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Spark:
    """A series drawn as a line over a filled area, in a box of `width` x `height`."""

    line: str
    area: str
    end_x: float
    end_y: float
    caption: str
    width: int = 240
    height: int = 56


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of 'why now', with the fact it states."""

    text: str
    fact_id: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One idea of the shortlist."""

    anchor: str
    rank: int
    id: str
    phrase: str
    audience: str
    product: str
    occasion: str | None
    order_by: str | None
    verdict: str
    status: str
    waits: bool
    """Whether it waits for a person."""
    score: str
    terms: tuple[ScoreTerm, ...]
    spark: Spark | None
    margin: str | None
    price: str | None
    why_now: tuple[Claim, ...]
    ceiling: str = ""
    advice: str = ""
    reasons: tuple[str, ...] = ()
    """What bounds the verdict: why it is no lower, or what holds it below approval."""
    asides: tuple[str, ...] = ()
    """Who had no say, or judged by rule, and why."""
    steps: tuple[str, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    figures: tuple[Figure, ...] = ()
    lettering: tuple[str, ...] = ()
    """The phrase broken into at most three lines, as it would stand on the product."""
    lettering_size: float = 12.0
    series: tuple[float, ...] = ()
    """Attention by day, for doors that draw with letters."""
    measured: Mapping[str, Any] = field(default_factory=dict)
    """Format, score, margin, price and occasion as numbers, ISO dates and schema words: for programs."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One phrase that was turned away, and why."""

    phrase: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileLine:
    """What became of one file; `read == stored + repeated + quarantined`."""

    name: str
    format: str
    outcome: str
    reason: str
    read: int
    stored: int
    repeated: int
    quarantined: int

    @property
    def adds_up(self) -> bool:
        return self.read == self.stored + self.repeated + self.quarantined


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the funnel from rows to decisions; `share` of the widest, 0-100."""

    label: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose figures these are."""

    name: str
    licence: str
    what: str


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report."""

    title: str
    as_of: str
    moment: str
    """`as_of` in ISO 8601, for programs."""
    tenant: str
    sample: bool
    label: str
    judged_by: str
    """Who judged: models, or the written rules, in one sentence."""
    shortlist: tuple[Card, ...]
    waiting: tuple[Card, ...]
    """Those of the shortlist and beside it that need a person."""
    rejected: tuple[Card, ...]
    refusals: tuple[Refusal, ...]
    kinds: tuple[tuple[str, int, str], ...]
    """(kind, how many, what it means)."""
    files: tuple[FileLine, ...]
    funnel: tuple[Stage, ...]
    attributions: tuple[Attribution, ...] = ()
    run_id: str = ""
    notes: tuple[str, ...] = field(default=())
