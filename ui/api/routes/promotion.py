"""Promotion: how each day's money is divided over live listings, with the exact chance of every share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ui.api.access import Launching, Looking
from ui.api.paging import Json
from ui.api.problems import Problem, refusals
from ui.api.shapes import only

router = APIRouter(prefix="/promotion", tags=["promotion"])
UNKNOWN = refusals(_404="Nothing was divided that day")


class Share(BaseModel):
    """What one listing gets of a day."""

    listing_id: UUID
    key: str
    title: str
    marketplace: str
    status: str = Field(description="Of the listing, today.")
    cents: int
    propensity: float = Field(description="The chance that any one cent went to it; those of a day add up to one.")
    successes: float = Field(description="What was counted until then; older counts weigh less.")
    trials: float
    mean: float = Field(description="The rate that was expected of it.")
    version: str = Field(description="The rule and what it knew.")


class Divided(BaseModel):
    """A day's division."""

    id: UUID
    day: date
    budget_cents: int
    outcome: str = Field(description="What succeeds, of what.")
    rule: str
    prior: dict[str, Any] = Field(description="What was believed of a listing before anything was counted of it.")
    seed: int
    actor: str
    recorded_at: datetime


class Whole(Divided):
    """With its shares, the largest first."""

    shares: list[Share]


class Brief(Divided):
    """With how many shares there are, and how much they come to."""

    listings: int
    cents: int


class Days(BaseModel):
    """The newest first."""

    items: list[Brief]


class Wanted(BaseModel):
    """Which day."""

    model_config = ConfigDict(extra="forbid")

    day: date | None = Field(default=None, description="Today in UTC, if none.")


@router.post(
    "",
    status_code=201,
    response_model=Whole,
    responses={200: {"model": Whole, "description": "It was divided already"}},
)
async def divide(visit: Launching, wanted: Wanted) -> Json:
    """Divide a day's money over what is live. A day is divided once."""
    found, is_new = await visit.product.promotion.by(visit.person.handle).divide(wanted.day)
    return Json(_whole(found), 201 if is_new else 200)


@router.get("", response_model=Days)
async def list_days(visit: Looking, limit: Annotated[int, Query(ge=1, le=200)] = 30) -> Json:
    """Days that were divided, the newest first."""
    return Json({"items": [only(row, Brief) for row in await visit.product.promotion.days(limit)]})


@router.get("/{day}", response_model=Whole, responses=UNKNOWN)
async def show_day(visit: Looking, day: date) -> Json:
    """How one day was divided."""
    found = await visit.product.promotion.of_day(day)
    if found is None:
        raise Problem(404, f"nothing was divided on {day}")
    return Json(_whole(found))


def _whole(found: dict[str, Any]) -> dict[str, Any]:
    return {**only(found, Divided), "shares": [only(share, Share) for share in found["shares"]]}
