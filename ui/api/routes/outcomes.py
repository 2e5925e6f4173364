"""Outcomes: what became of listings, brought row by row or as a CSV; and small tests by e-mail or advertisements."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from store.experiments import Kind
from ui.api.access import Looking, Visit, Vouching
from ui.api.paging import Json
from ui.api.problems import refusals
from ui.api.routes.listings import UNKNOWN, Name
from ui.api.shapes import only
from ui.api.upload import ONE_FILE, filled, form_of

router = APIRouter(tags=["outcomes"])
MOST_ROWS = 5_000
Source = Annotated[str, Field(min_length=1, max_length=60, pattern=r"\S", description="Who counted: etsy, ads, ...")]
Count = Annotated[int | str | None, Field(description="A count; an amount as a decimal text.")]
Limit = Annotated[int, Query(ge=1, le=200)]
NO_EXPERIMENT = refusals(_404="No such experiment")


class Row(BaseModel):
    """One row: whose, when, and what was counted: `metric` and `value`, or a field each."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    listing: str = Field(default="", max_length=200, description="A listing's key or id.")
    arm: str = Field(default="", max_length=250, description="An arm's id, or EXPERIMENT/ARM.")
    start: str = Field(alias="from", max_length=40, description="ISO 8601; a day alone is that day in UTC.")
    to: str = Field(default="", max_length=40)
    metric: str = Field(default="", max_length=40)
    value: Count = None
    variant: str = Field(default="", max_length=200)
    reference: str = Field(default="", max_length=200, description="Of an event at a moment, such as an order.")
    currency: str = Field(default="", max_length=3)
    stated_at: str = Field(default="", max_length=40, description="When this was reported; now, if it is left out.")
    impressions: Count = None
    clicks: Count = None
    views: Count = None
    favorites: Count = None
    carts: Count = None
    orders: Count = None
    refunds: Count = None
    complaints: Count = None
    spend: Count = None
    revenue: Count = None
    refunded: Count = None


class Rows(BaseModel):
    """What is brought at one time; the same again is found and changes nothing."""

    model_config = ConfigDict(extra="forbid")

    source: Source
    rows: list[Row] = Field(min_length=1, max_length=MOST_ROWS)


class FromFile(BaseModel):
    """Beside the file."""

    model_config = ConfigDict(extra="forbid")

    source: Source


class Refused(BaseModel):
    """A row that was not counted."""

    row_no: int
    reason: str
    excerpt: str


class Delivery(BaseModel):
    """What was brought at one time, and what came of it."""

    id: UUID
    source: str
    rows: int
    stored: int = Field(description="Counts that said something new.")
    restated: int = Field(description="Of those, what stood otherwise.")
    repeated: int = Field(description="Counts that stood already.")
    refused: int = Field(description="Rows.")
    actor: str
    recorded_at: datetime


class Brought(Delivery):
    """With the first rows that were refused."""

    refused_rows: list[Refused]


class Deliveries(BaseModel):
    """The newest first."""

    items: list[Delivery]


class RefusedRows(BaseModel):
    """In their order."""

    items: list[Refused]


class Metric(BaseModel):
    """What was counted of one thing."""

    name: str
    amount: int = Field(description="A count, or minor units of the currency.")
    currency: str
    source: str = Field(description="Who counted; of several, who saw most.")


class Outcome(BaseModel):
    """What became of a listing."""

    listing_id: UUID
    metrics: list[Metric]


class NewExperiment(BaseModel):
    """A test of a few arms; the first is the control."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120, pattern=r"^[^/]*\S[^/]*$")
    kind: Kind = "email"
    arms: list[Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^/]*\S[^/]*$")]] = Field(
        min_length=2, max_length=12
    )
    outcome: str = Field(default="", max_length=40, description="What succeeds, of what: clicks/impressions.")
    least_lift: float = Field(default=0.1, gt=0, le=10, description="The lift worth having, a share.")


class Ended(BaseModel):
    """Why it is over."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=500)


class Shows(BaseModel):
    """What an arm shows against the control; it may be looked at, and stopped on, at any time."""

    lift: float | None = Field(description="Its rate over the control's, less 1.")
    lower: float = Field(description="Always-valid interval of the lift.")
    upper: float | None
    p_value: float
    alpha: float
    is_significant: bool
    is_signal: bool = Field(description="Significantly better.")
    needed: int | None = Field(description="Further trials until the lift worth having would be found.")


class Arm(BaseModel):
    """One of what is tried, and what it came to."""

    id: UUID
    name: str
    is_control: bool
    successes: int
    trials: int
    shows: Shows | None = Field(description="None of the control.")


class Experiment(BaseModel):
    """A test, as it stands."""

    id: UUID
    name: str
    kind: Kind
    outcome: str
    least_lift: float
    status: str
    why: str
    actor: str
    recorded_at: datetime
    ended_at: datetime | None
    arms: list[Arm]


class Experiments(BaseModel):
    """The newest first."""

    items: list[Experiment]


@router.post(
    "/outcomes",
    status_code=201,
    response_model=Brought,
    responses={200: {"model": Brought, "description": "It was brought already"}},
)
async def bring(visit: Vouching, given: Rows) -> Json:
    """Keep counts. A row that cannot be is refused alone, with its reason; the others are kept."""
    rows = [row.model_dump(by_alias=True, exclude_defaults=True) for row in given.rows]
    return await _brought(visit, *await visit.product.outcomes.by(visit.person.handle).bring(rows, given.source))


@router.post(
    "/outcomes/files",
    status_code=201,
    response_model=Brought,
    responses={200: {"model": Brought, "description": "It was brought already"}},
    openapi_extra=form_of(FromFile, file=ONE_FILE),
)
async def bring_file(request: Request, visit: Vouching) -> Json:
    """The same of a CSV, as `bellwether outcomes add` reads it."""
    async with filled(request, FromFile, "file") as form:
        (name, content), source = form.files[0], form.fields.source
        outcomes = visit.product.outcomes.by(visit.person.handle)
        return await _brought(visit, *await outcomes.bring_file(content, name, source))


@router.get("/outcomes", response_model=Deliveries)
async def list_deliveries(visit: Looking, limit: Limit = 50) -> Json:
    """What was brought, the newest first."""
    return Json({"items": [only(row, Delivery) for row in await visit.product.outcomes.deliveries(limit)]})


@router.get("/outcomes/{delivery_id}/refused", response_model=RefusedRows)
async def list_refused(visit: Looking, delivery_id: UUID, limit: Limit = 50) -> Json:
    """The rows of a delivery that were refused; none of one that is not known."""
    return Json({"items": await visit.product.outcomes.refused(delivery_id, limit)})


@router.get("/listings/{listing}/outcomes", response_model=Outcome, responses=UNKNOWN)
async def show_outcome(visit: Looking, listing: Name) -> Json:
    """What became of a listing, by what was counted."""
    found = await visit.product.outcomes.of_listing(listing)
    return Json({**found, "metrics": [only(each, Metric) for each in found["metrics"]]})


@router.post(
    "/experiments",
    status_code=201,
    response_model=Experiment,
    responses={200: {"model": Experiment, "description": "It was begun already"}},
)
async def begin(visit: Vouching, new: NewExperiment) -> Json:
    """Begin a test. What its arms count comes by `/outcomes`, as arm NAME/ARM."""
    outcomes = visit.product.outcomes.by(visit.person.handle)
    found, is_new = await outcomes.begin(new.name, new.kind, new.arms, new.outcome, new.least_lift)
    return Json(_shown(await outcomes.experiment(found["id"])), 201 if is_new else 200)


@router.get("/experiments", response_model=Experiments)
async def list_experiments(visit: Looking, limit: Limit = 50) -> Json:
    """The newest first, each with what its arms came to."""
    return Json({"items": [_shown(each) for each in await visit.product.outcomes.experiments(limit)]})


@router.get("/experiments/{experiment_id}", response_model=Experiment, responses=NO_EXPERIMENT)
async def show_experiment(visit: Looking, experiment_id: UUID) -> Json:
    """One, as it stands; it may be looked at any time."""
    return Json(_shown(await visit.product.outcomes.experiment(experiment_id)))


@router.post("/experiments/{experiment_id}/end", response_model=Experiment, responses=NO_EXPERIMENT)
async def end(visit: Vouching, experiment_id: UUID, ended: Ended) -> Json:
    """It is over; what is counted later still counts."""
    return Json(_shown(await visit.product.outcomes.by(visit.person.handle).end(experiment_id, ended.reason)))


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    return {**only(found, Experiment), "arms": [only(arm, Arm) for arm in found["arms"]]}


async def _brought(visit: Visit, delivery: dict[str, Any], is_new: bool) -> Json:
    refused = await visit.product.outcomes.refused(delivery["id"], 20)
    return Json({**only(delivery, Delivery), "refused_rows": refused}, 201 if is_new else 200)
