"""Design shapes: what the API says of designs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

State = Literal["waiting", "drawing", "done", "dead", "cancelled"]


class Tag(BaseModel):
    """A word for it, and how sure that is, 0 to 1."""

    name: str
    confidence: float


class Listed(BaseModel):
    """A design as lists show it; its picture is the file `thumb`."""

    id: UUID
    row_id: str
    version: int
    superseded: bool = Field(description="A later version was asked for.")
    text: str
    keyword: str
    product: str
    category: str
    category_by: Literal["rule", "person"]
    tags: list[Tag]
    score: float | None = Field(description="Likeness to its brand, 0 to 1; null where nothing is compared.")
    brand: str
    brand_version: int
    batch_id: UUID
    batch: str
    idea_id: UUID | None
    renderer: str
    composition: str | None
    tier: Literal["hot", "archive", "cold"]
    ended_at: datetime
    used_at: datetime | None
    deleted_at: datetime | None


class Attempt(BaseModel):
    """One drawing of it, and what was seen in that."""

    nth: int
    renderer: str
    knobs: dict[str, Any]
    checked: dict[str, Any] = Field(description="Likeness, thresholds, misses.")
    passed: bool
    drawn: bool = Field(description="False: what stood already was taken.")
    seconds: float
    recorded_at: datetime


class Version(BaseModel):
    """One version of its row."""

    id: UUID
    version: int
    status: State
    superseded: bool
    deleted: bool
    score: float | None
    reason: str | None
    ended_at: datetime | None


class Event(BaseModel):
    """A change of its status."""

    from_status: str | None
    to_status: str
    actor: str
    reason: str
    recorded_at: datetime


class File(BaseModel):
    """A file of it."""

    sha256: str
    media_type: str
    bytes: int
    tier: Literal["hot", "archive", "cold"]


class Design(Listed):
    """All of one design."""

    row: dict[str, Any] = Field(description="As it stood in the batch.")
    prompt: str
    negative: str
    seed: int
    renderer_version: str
    made_with: dict[str, Any] = Field(description="Composition, faces, palette, model, licences.")
    checked: dict[str, Any]
    safety: dict[str, Any]
    seconds: float
    batch_status: Literal["running", "paused", "cancelled", "finished"]
    idea: str | None
    recorded_at: datetime
    files: dict[str, File]
    licences: dict[str, Any]
    duplicates: list[Similar] = Field(description="Those that are the same drawing.")
    attempts: list[Attempt]
    versions: list[Version]
    events: list[Event]


class Alike(BaseModel):
    """How like another design is."""

    same: bool = Field(description="It is the same drawing.")
    bits: int | None = Field(description="Of 64, in which the hashes of their pictures differ.")
    likeness: float | None = Field(description="Of what was seen of their looks, 0 to 1; null: not comparable.")


class Similar(Listed, Alike):
    """A design beside another."""


class Many(BaseModel):
    """Some designs."""

    items: list[Listed]


class Similars(BaseModel):
    """Designs by how like they are, the likest first."""

    items: list[Similar]


class Groups(BaseModel):
    """Groups of designs that are the same drawing, the oldest of each first."""

    items: list[list[Listed]]


class Product(BaseModel):
    """What a design can be shown on."""

    sides: list[str]
    colourways: dict[str, str] = Field(description="By name, `#rrggbb`.")


class Facets(BaseModel):
    """How many designs a search finds."""

    count: int
    more: bool = Field(description="Counting stopped there.")
    categories: dict[str, int]
    tags: dict[str, int] = Field(description="The commonest.")


class Asked(BaseModel):
    """A design that waits for a worker, or was drawn already."""

    id: UUID
    batch_id: UUID
    status: State
