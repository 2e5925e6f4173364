"""Listing shapes: what the API says of listings and marketplaces. Money is in minor units of `currency`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from ui.api.shapes import Decided

Status = Literal[
    "drafting", "blocked", "waiting", "declined", "queued", "pushing", "unconfirmed", "live", "refused", "dead", "ended"
]
Pushed = Literal["queued", "pushing", "unconfirmed", "live", "ended", "refused", "dead", "withdrawn"]


class Standing(BaseModel):
    """What stood at the marketplace when it was last seen."""

    id: str = Field(description="The marketplace's own.")
    state: Literal["draft", "live", "ended"]
    url: str = Field(description="Where a buyer sees it; empty where nobody can yet.")


class Listed(BaseModel):
    """A listing as lists show it; its picture is the file `thumb` of its design."""

    id: UUID
    key: str = Field(description="What the marketplace is told.")
    design_id: UUID
    idea_id: UUID | None
    marketplace: str
    locale: str
    status: Status
    title: str
    price_cents: int | None
    currency: str
    native: Standing | None
    seen_at: datetime | None
    error: str = Field(description="What went wrong with the last push; else empty.")
    recorded_at: datetime
    changed_at: datetime


class Picture(BaseModel):
    """One image of it."""

    sha256: str
    media_type: str
    name: str
    alt: str


class Variant(BaseModel):
    """What a buyer chooses."""

    key: str
    options: dict[str, str]
    price_cents: int


class Claim(BaseModel):
    """Something that the text says is so, and the fact or row that it is said by."""

    text: str
    fact: str


class Disclosures(BaseModel):
    """What marketplaces want to be told of how it came about."""

    designed_by: str
    production_partner: str
    digital: bool


class Body(BaseModel):
    """The draft, or what was approved, word for word."""

    title: str
    bullets: list[str]
    description: str
    tags: list[str]
    product_format: str
    price_cents: int
    currency: str
    quantity: int
    variants: list[Variant]
    pictures: list[Picture]
    disclosures: Disclosures
    claims: list[Claim]


class Gate(BaseModel):
    """What a gate said of the draft, and who let it pass."""

    name: str
    outcome: Literal["clear", "blocked", "could not run"]
    verdict: dict[str, Any] = Field(description="`why`, what was `checked`, `against` what, `when`, `evidence`.")
    checked_at: datetime
    passed_by: str | None
    passed_why: str | None
    passed_at: datetime | None


class Push(BaseModel):
    """A row of the outbox: what was approved, and what came of it."""

    id: UUID
    verb: Literal["put", "end"]
    nth: int = Field(description="Of the draft.")
    digest: str
    status: Pushed
    takes: int
    tries: int
    error: str
    actor: str = Field(description="Who approved.")
    reason: str
    recorded_at: datetime
    first_at: datetime | None = Field(description="When a worker first had it.")
    ended_at: datetime | None


class OpenPush(Push):
    """The same, with when it goes on."""

    due_at: datetime
    undo_until: datetime
    deadline_at: datetime


class Event(BaseModel):
    """A change of its status."""

    from_status: str | None
    to_status: str
    actor: str
    reason: str
    recorded_at: datetime


class Listing(Listed):
    """All of one listing."""

    nth: int = Field(description="Of the draft; 0: there is none yet.")
    digest: str = Field(description="Of the draft: what an approval names.")
    written_by: str = Field(description="`rule`, a model, or who changed it.")
    remark: str
    body: Body | None
    gates: list[Gate]
    pushes: list[OpenPush] = Field(description="The newest last.")
    events: list[Event] = Field(description="The newest last.")


class Begun(BaseModel):
    """A listing, and whether it was begun now."""

    listing: Listing
    is_new: bool


class Launched(BaseModel):
    """One listing for each way, in their order."""

    items: list[Begun]


class Change(BaseModel):
    """A field that a push would change."""

    name: str
    before: Any = Field(description="What stands; null: nothing does, or it does not say.")
    after: Any


class Changes(BaseModel):
    """What a push would do now."""

    id: UUID
    key: str
    marketplace: str
    changes: list[Change] = Field(description="Empty: the marketplace shows all of it already.")


class Origin(BaseModel):
    """From a listing back to where it came from."""

    listing: Listed
    approved_by: str | None = Field(description="Who approved what went out last; null: nobody has.")
    approved_at: datetime | None
    gates: list[Gate]
    pushes: list[Push]
    design: OfDesign
    idea: OfIdea | None = Field(description="Null, like all that hangs on it, where the design came from a file.")
    sources: list[OfSource]
    facts: list[OfFact]
    decision: OfDecision | None
    approvals: list[Approval]


class OfDesign(BaseModel):
    """How the design was made."""

    id: UUID
    text: str
    product: str
    category: str
    score: float | None
    batch_id: UUID
    batch: str
    brand: str
    brand_version: int
    renderer: str
    version: str
    seed: int
    prompt: str
    made_with: dict[str, Any]
    safety: dict[str, Any]
    files: dict[str, str] = Field(description="SHA-256 by kind.")


class OfIdea(BaseModel):
    """The idea, as it stands now."""

    id: UUID
    phrase: str
    audience: str
    occasion: dict[str, Any] | None
    product_format: str
    kind: str
    status: str
    revision: int
    price_cents: int | None


class OfSource(BaseModel):
    """How many signals of a source stand behind the idea."""

    source: str
    signals: int
    first_known_at: datetime


class OfFact(BaseModel):
    """A figure that the decision and the texts may stand on."""

    id: str
    agent: str
    label: str
    value: Any
    unit: str
    source: str
    known_at: datetime
    row_count: int


class OfDecision(Decided):
    """What was decided of the revision that the listing is of."""

    steps: list[str]


class Approval(BaseModel):
    """What a person answered to the idea."""

    answer: str
    actor: str
    reason: str | None
    edits: dict[str, Any] | None
    decided_at: datetime


class Outcome(BaseModel):
    """What came of one approval: 200, else why not."""

    listing: str
    status: int
    detail: str | None
    undo_until: datetime | None = Field(description="Until then it can be withdrawn.")


class Outcomes(BaseModel):
    """One outcome an item, in their order."""

    outcomes: list[Outcome]


class Takes(BaseModel):
    """What a marketplace takes of a listing; null: no bound that we know of."""

    title_most: int
    description_most: int
    bullets: int | None
    tags: int | None
    tag_most: int | None
    pictures_most: int
    variants: int | None
    currencies: list[str] = Field(description="`*`: any.")
    source: str
    known_on: date


class Market(BaseModel):
    """Where listings can go."""

    name: str
    ready: bool
    lacks: str = Field(description="What it needs before anything can be pushed there; empty: nothing.")
    takes: Takes | None


class Markets(BaseModel):
    """All of them, and the languages that listings are written in."""

    items: list[Market]
    locales: list[str]
