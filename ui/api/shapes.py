"""Shapes: what the API says of ideas, decisions and reviews. Times are RFC 3339, money is in minor units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from graphs.inbox import NOTE_LIMIT

Status = Literal["analysing", "pending_review", "approved", "rejected", "designed", "listed", "live", "archived"]
Verdict = Literal["approve", "review", "reject"]
Answered = Literal["approve", "edit", "reject", "respond", "ignore"]
Revision = Annotated[int, Path(ge=1, le=2**31 - 1)]


def only(row: Mapping[str, Any], shape: type[BaseModel]) -> dict[str, Any]:
    """Those columns of a row that the shape has; they are what a table holds, and not checked again."""
    return {name: row[name] for name in shape.model_fields}


class Occasion(BaseModel):
    """What it is for, and until when an order arrives in time."""

    name: str
    on: date
    days_ahead: int
    order_by: date


class Listed(BaseModel):
    """An idea as lists show it, with figures of its latest decision."""

    id: UUID
    phrase: str
    audience: str
    product_format: str
    kind: str
    status: str
    verdict: Verdict | None
    score: float | None = Field(description="0 to 1.")
    margin_ratio: float | None = Field(description="Of the price; null also where a person set another price.")
    price_cents: int | None
    order_by: date | None
    decided_at: datetime | None
    revision: int
    occasion: Occasion | None


class Decided(BaseModel):
    """What the rule decided of a revision, and why."""

    revision: int
    verdict: Verdict
    advice: Verdict | None = Field(description="The coordinator's.")
    ceiling: Verdict = Field(description="The best that the facts allow.")
    reasons: list[str]
    as_of: datetime
    recorded_at: datetime


class Decision(Decided):
    """A decision with its steps."""

    steps: list[str]


class DecisionRow(Decided):
    """A decision in the list of all."""

    idea_id: UUID
    phrase: str


class Term(BaseModel):
    """One of the five terms of a score."""

    name: str
    value: float | None
    weight: float
    reason: str


class Score(BaseModel):
    """The score that a decision stood on: the sum of value times weight."""

    total: float
    terms: list[Term]
    weights_version: int
    as_of: datetime


class Finding(BaseModel):
    """What one of the twelve agents found."""

    agent: str
    outcome: Literal["opinion", "abstained", "failed", "ungrounded"]
    judged_by: Literal["model", "rule", "nobody"]
    report: dict[str, Any] | None
    reason: str
    model: str | None
    prompt_hash: str | None
    seed: int | None
    fact_ids: list[str]
    input_tokens: int
    output_tokens: int
    cost_micro_usd: int


class Review(BaseModel):
    """What a person answered; `told_at` is when the waiting run had it."""

    id: UUID
    idea_id: UUID
    revision: int
    answer: Answered
    actor: str
    reason: str | None
    edits: dict[str, dict[str, Any]] | None = Field(description="`to` what, and what stood `before`.")
    decided_at: datetime
    undo_until: datetime
    undone_at: datetime | None
    told_at: datetime | None


class ReviewRow(BaseModel):
    """A review in the list of all."""

    id: UUID
    idea_id: UUID
    phrase: str
    status: str
    revision: int
    answer: Answered
    actor: str
    reason: str | None
    edits: dict[str, dict[str, Any]] | None
    decided_at: datetime
    undo_until: datetime
    undone_at: datetime | None


class Event(BaseModel):
    """A change of status."""

    from_status: str | None
    to_status: str
    actor: str
    reason: str
    versions: dict[str, Any]
    recorded_at: datetime


class Case(BaseModel):
    """An idea with all that one decision rests on."""

    idea: Listed
    decision: Decision | None
    score: Score | None
    findings: list[Finding]
    reviews: list[Review]
    events: list[Event]


class Source(BaseModel):
    """A stored row that a fact stands on."""

    reference: str
    file: str | None
    row: int | None
    text: str
    figures: dict[str, Any]


class Fact(BaseModel):
    """A figure, where it comes from and since when it was known."""

    id: str
    agent: str
    label: str
    value: Any
    unit: str
    source: str
    known_at: datetime
    row_count: int
    sources: list[Source] = Field(description="Some of the rows; `row_count` says of how many.")


class Edits(BaseModel):
    """What a person may change; text from a form is read as the field's own type."""

    model_config = ConfigDict(extra="forbid")

    phrase: str | None = Field(default=None, min_length=1, max_length=120)
    audience: str | None = Field(default=None, min_length=1, max_length=120)
    product_format: str | None = Field(default=None, max_length=40)
    price_cents: int | None = Field(default=None, gt=0, le=100_000_000)


class Answer(BaseModel):
    """An answer: a rejection needs a reason, sending back (`respond`) a note, an edit what it changes."""

    model_config = ConfigDict(extra="forbid")

    answer: Answered
    reason: str | None = Field(default=None, max_length=NOTE_LIMIT)
    edits: Edits | None = None


class Item(Answer):
    """One answer of many."""

    idea_id: UUID


class Bulk(BaseModel):
    """Many answers, each for itself."""

    model_config = ConfigDict(extra="forbid")

    items: list[Item] = Field(min_length=1, max_length=500)


class Standing(BaseModel):
    """What stands where somebody was faster."""

    answer: Answered
    actor: str
    decided_at: datetime


class ItemOutcome(BaseModel):
    """What came of one answer: 201 new, 200 it stood already, else why not."""

    idea_id: UUID
    status: int
    review: Review | None
    detail: str | None
    standing: Standing | None


class BulkOutcome(BaseModel):
    """One outcome an item, in their order."""

    outcomes: list[ItemOutcome]
