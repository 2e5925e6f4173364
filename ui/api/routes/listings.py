"""Listings: designs put up for sale: drawn up, looked at, changed, approved, taken back; and where they can go."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from graphs import launch
from graphs.drafting import read_ways
from graphs.inbox import BadAnswer
from graphs.launches import Launches
from graphs.progress import follow_listing
from market.bounds import Bounds, load_bounds
from market.errors import NotConfigured
from market.words import LANGUAGES
from store.decisions import get_idea
from store.gallery import check_known
from store.listings import ListingError
from store.queue import write_cursor
from ui.api import listing_shapes as shapes
from ui.api.access import Launching, Looking, Visit, Waiving, ask
from ui.api.listing_shapes import Changes, Launched, Listed, Listing, Markets, Origin, Outcomes, Status
from ui.api.paging import After, Json, Limit, Page, page, place
from ui.api.problems import refusals, status_of
from ui.api.routes.batches import Why
from ui.api.shapes import only
from ui.api.streams import STREAM, EventStream, event_stream

router = APIRouter(tags=["listings"])
MOST_WAYS = 20
MOST_APPROVED = 100
Key = Annotated[str, Field(pattern=r"^bw-[a-z2-7]{16}$")]
Name = UUID | Key
"""A listing by its id, or by the key that its marketplace was told."""
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Of the draft that was looked at.")]
Given = Annotated[Why | None, Body()]
Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]

UNKNOWN = refusals(_404="No such listing")
NOT_NOW = refusals(_404="No such listing", _409="As it stands this cannot be done")
NO_SUBJECT = refusals(_404="No such idea or design", _409="It has no finished design")
AT_MARKET = refusals(
    _404="No such listing", _409="It has no draft, or the marketplace lacks its account", _502="It does not answer"
)


class Way(BaseModel):
    """Where it goes, and in which language."""

    model_config = ConfigDict(extra="forbid")

    marketplace: str = Field(pattern=r"^[a-z_]{1,40}$", description="As `/marketplaces` names it.")
    locale: str = Field(default="en", pattern=r"^[a-z]{2}(-[A-Z]{2})?$")


class Wanted(BaseModel):
    """An idea, whose newest finished design is taken, or a design; and where it goes."""

    model_config = ConfigDict(extra="forbid")

    idea_id: UUID | None = None
    design_id: UUID | None = None
    ways: list[Way] = Field(default=[], max_length=MOST_WAYS, description="Where all go by themselves, if none.")

    @model_validator(mode="after")
    def _is_of_one(self) -> Wanted:
        if (self.idea_id is None) == (self.design_id is None):
            raise ValueError("one of idea_id and design_id, not both")
        return self


class Edit(launch.Edits):
    """What is changed; what is left out stays."""

    digest: Digest | None = None


class Approval(BaseModel):
    """A yes to what was looked at."""

    model_config = ConfigDict(extra="forbid")

    digest: Digest
    reason: str = Field(default="", max_length=500)


class Item(Approval):
    """One approval of many."""

    listing: Name


class Approvals(BaseModel):
    """Many approvals, each for itself."""

    model_config = ConfigDict(extra="forbid")

    items: list[Item] = Field(min_length=1, max_length=MOST_APPROVED)


class No(BaseModel):
    """Why it is not wanted."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class Passing(No):
    """Which gates may be passed, and why; kept for good."""

    gates: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(min_length=1, max_length=20)


class Up(BaseModel):
    """Where buyers see a package that was uploaded by hand."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(min_length=1, max_length=2_000)


@router.get("/marketplaces", response_model=Markets)
async def list_marketplaces(visit: Looking) -> Json:
    """Where listings can go, what each lacks and what it takes."""
    bounds, told = load_bounds(), await asyncio.to_thread(visit.product.shops.told)
    items = [{**each, "ready": not each["lacks"], "takes": _takes(bounds.get(each["name"]))} for each in told]
    return Json({"items": items, "locales": LANGUAGES})


@router.get("/listings", response_model=Page[Listed])
async def list_listings(
    visit: Looking,
    status: Annotated[list[Status] | None, Query(description="Any of these; all if none.")] = None,
    marketplace: Annotated[str | None, Query(max_length=40)] = None,
    idea_id: UUID | None = None,
    limit: Limit = 50,
    cursor: After = None,
) -> Json:
    """Listings, the one that changed last first."""
    rows = await visit.product.launches.page(
        limit + 1, after=place(cursor), statuses=status, marketplace=marketplace, idea_id=idea_id
    )
    shown = [_listed(row) for row in rows]
    return page(shown, limit, lambda row: write_cursor(row["changed_at"], row["id"]))


@router.post(
    "/listings",
    status_code=201,
    response_model=Launched,
    responses={200: {"model": Launched, "description": "They were begun already"}, **NO_SUBJECT},
)
async def begin(visit: Launching, wanted: Wanted) -> Json:
    """Draw listings up and have every gate look at them; the same again is found. Nothing goes out."""
    ways, launches = _ways(wanted), _launches(visit)
    if wanted.idea_id is not None:
        await ask(visit, get_idea, wanted.idea_id)
        made = await launches.begin_idea(wanted.idea_id, ways)
    else:
        await ask(visit, check_known, wanted.design_id)
        made = await launches.begin([wanted.design_id] if wanted.design_id else [], ways)
    items = [{"listing": _shown(row), "is_new": is_new} for row, is_new in made]
    return Json({"items": items}, 201 if any(each["is_new"] for each in items) else 200)


@router.get("/listings/counts")
async def count_listings(visit: Looking) -> dict[Status, int]:
    """How many there are of each status."""
    return await visit.product.launches.counts()  # type: ignore[return-value]  # of STATUSES, each of them


@router.post("/listings/approve", response_model=Outcomes)
async def approve_many(visit: Launching, given: Approvals) -> Json:
    """Approve many; one that cannot be approved does not hold up the others."""
    launches = _launches(visit)
    return Json({"outcomes": [await _approved(launches, each) for each in given.items]})


@router.get("/listings/{listing}", response_model=Listing, responses=UNKNOWN)
async def show_listing(visit: Looking, listing: Name) -> Json:
    """All of one: texts with their claims, what each gate found, what went out, what happened."""
    return Json(_shown(await visit.product.launches.show(listing)))


@router.get("/listings/{listing}/origin", response_model=Origin, responses=UNKNOWN)
async def show_origin(visit: Looking, listing: Name) -> Json:
    """Where it comes from: idea, signals, decision, facts, design, gates, who approved what went out."""
    return Json(_origin(await visit.product.launches.provenance(listing)))


@router.get("/listings/{listing}/changes", response_model=Changes, responses=AT_MARKET)
async def show_changes(visit: Looking, listing: Name) -> Json:
    """What a push would change at the marketplace now; it is looked at, nothing goes out."""
    found, differ = await visit.product.launches.diff(listing)
    changes = [{"name": each.name, "before": each.before, "after": each.after} for each in differ]
    return Json({**{name: found[name] for name in ("id", "key", "marketplace")}, "changes": changes})


@router.get("/listings/{listing}/events", response_class=EventStream, responses={**UNKNOWN, **STREAM})
async def follow(request: Request, visit: Looking, listing: Name) -> EventStream:
    """Server-sent events: `listing` (how it stands, as that changes), and `end` when nothing more comes by itself."""
    found = await visit.product.launches.show(listing)
    return event_stream(request, follow_listing(visit.product.launches, found["id"]))


@router.patch("/listings/{listing}", response_model=Listing, responses=NOT_NOW)
async def change(visit: Launching, listing: Name, edit: Edit) -> Json:
    """Change the draft; the gates look at it again, and it waits for an approval again."""
    given = edit.model_dump(exclude_none=True, exclude={"digest"})
    return Json(_shown(await _launches(visit).edit(listing, given, edit.digest)))


@router.post("/listings/{listing}/approve", response_model=Listing, responses=NOT_NOW)
async def approve(visit: Launching, listing: Name, given: Approval) -> Json:
    """Yes to this draft: it goes out when its undo window is over. A draft that was changed since is 409."""
    row = await _launches(visit).approve(listing, given.digest, given.reason)
    return await _standing(visit, row["listing_id"])


@router.post("/listings/{listing}/decline", response_model=Listing, responses=NOT_NOW)
async def decline(visit: Launching, listing: Name, no: No) -> Json:
    """No, and why. Declined again, nothing happens."""
    await _launches(visit).decline(listing, no.reason)
    return await _standing(visit, listing)


@router.post("/listings/{listing}/withdraw", response_model=Listing, responses=NOT_NOW)
async def withdraw(visit: Launching, listing: Name) -> Json:
    """Take an answer back: a yes while `undo_until` lies ahead and no worker has it, a no for as long after it."""
    await _launches(visit).withdraw(listing)
    return await _standing(visit, listing)


@router.post("/listings/{listing}/retry", response_model=Listing, responses=NOT_NOW)
async def retry(visit: Launching, listing: Name, why: Given = None) -> Json:
    """Push again what is dead or refused, as it was approved; what stands is looked at first."""
    await _launches(visit).retry(listing, why.reason if why else "")
    return await _standing(visit, listing)


@router.post("/listings/{listing}/end", response_model=Listing, responses=NOT_NOW)
async def end(visit: Launching, listing: Name, why: Given = None) -> Json:
    """Take it off sale, soon."""
    await _launches(visit).end(listing, why.reason if why else "")
    return await _standing(visit, listing)


@router.post("/listings/{listing}/pass", response_model=Listing, responses=NOT_NOW)
async def let_pass(visit: Waiving, listing: Name, given: Passing) -> Json:
    """Let gates pass that block this draft. What the marketplace itself would refuse (`bounds`) nobody lets pass."""
    await _launches(visit).let_pass(listing, given.gates, given.reason)
    return await _standing(visit, listing)


@router.post("/listings/{listing}/up", response_model=Listing, responses=AT_MARKET)
async def say_up(visit: Launching, listing: Name, up: Up) -> Json:
    """Say that a package was uploaded by hand, and where buyers see it."""
    return Json(_shown(await _launches(visit).say_up(listing, up.address)))


def _launches(visit: Visit) -> Launches:
    return visit.product.launches.by(visit.person.handle)


def _ways(wanted: Wanted) -> list[tuple[str, str]]:
    """What is wanted, checked; BadAnswer names what there is none of."""
    try:
        return read_ways([f"{each.marketplace}:{each.locale}" for each in wanted.ways])
    except NotConfigured as unknown:
        raise BadAnswer(str(unknown)) from None


async def _standing(visit: Visit, listing: Name) -> Json:
    return Json(_shown(await visit.product.launches.show(listing)))


async def _approved(launches: Launches, item: Item) -> dict[str, Any]:
    told: dict[str, Any] = {"listing": str(item.listing), "status": 200, "detail": None, "undo_until": None}
    try:
        row = await launches.approve(item.listing, item.digest, item.reason)
    except ListingError as refused:
        return {**told, "status": status_of(refused), "detail": str(refused)}
    return {**told, "undo_until": row["undo_until"]}


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    native = row["native"] and only(row["native"], shapes.Standing)
    return only({**row, "native": native}, Listed)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "native": row["native"] and only(row["native"], shapes.Standing),
        "body": row["body"] and only(row["body"], shapes.Body),
        "gates": [only(each, shapes.Gate) for each in row["gates"]],
        "pushes": [only(each, shapes.OpenPush) for each in row["pushes"]],
        "events": [only(each, shapes.Event) for each in row["events"]],
    }
    return only({**row, **told}, Listing)


def _origin(found: Mapping[str, Any]) -> dict[str, Any]:
    puts = [each for each in found["pushes"] if each["verb"] == "put" and each["status"] != "withdrawn"]
    lists: dict[str, type[BaseModel]] = {
        "gates": shapes.Gate, "pushes": shapes.Push, "sources": shapes.OfSource, "facts": shapes.OfFact,
        "approvals": shapes.Approval,
    }  # fmt: skip
    ones: dict[str, type[BaseModel]] = {
        "design": shapes.OfDesign, "idea": shapes.OfIdea, "decision": shapes.OfDecision,
    }  # fmt: skip
    return {
        "listing": _listed(found["listing"]),
        "approved_by": puts[-1]["actor"] if puts else None,
        "approved_at": puts[-1]["recorded_at"] if puts else None,
        **{name: [only(each, shape) for each in found[name]] for name, shape in lists.items()},
        **{name: found[name] and only(found[name], shape) for name, shape in ones.items()},
    }


def _takes(bounds: Bounds | None) -> dict[str, Any] | None:
    return None if bounds is None else {name: getattr(bounds, name) for name in shapes.Takes.model_fields}
