"""Batches: rows that are drawn in a brand's style by the workers: begun, followed, steered, handed on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from graphs.batches import MOST_BRAND
from graphs.produce import Plan
from graphs.progress import follow
from store.batches import NotSo
from store.queue import UNKNOWN_CURSOR, BadCursor, read_cursor, write_cursor
from studio.house import HOUSE
from studio.rows import MOST_CHARS, MOST_PRIORITY, MOST_SEED, Rows, read_rows, rows_of
from ui.api.access import Drawing, Looking, Visit
from ui.api.paging import After, Json, Limit, Page, page, place
from ui.api.problems import Problem, refusals
from ui.api.shapes import only
from ui.api.streams import STREAM, Download, EventStream, event_stream, packed, packing
from ui.api.upload import ONE_FILE, filled, form_of

router = APIRouter(prefix="/batches", tags=["batches"])
Status = Literal["running", "paused", "cancelled", "finished"]
RowStatus = Literal["waiting", "drawing", "done", "dead", "cancelled"]
Renderer = Literal["typographic", "sdxl", "openai"]
Priority = Annotated[int, Field(ge=-MOST_PRIORITY, le=MOST_PRIORITY, description="The higher goes first.")]

MOST_ROWS = 500
EXPORT_BYTES = 1 << 30
"""Of finished files that are handed on at once; `bellwether batch export` takes more."""
UNKNOWN = refusals(_404="No such batch")
NOT_SO = refusals(_404="No such batch", _409="The batch is not where that can be done")
NO_BRAND = refusals(_404="No such brand")
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"description": "The files with a manifest.", "content": {"application/zip": {}}}
}


class Counts(BaseModel):
    """How far a batch has come, in rows."""

    total: int
    waiting: int
    drawing: int
    done: int
    dead: int
    cancelled: int
    retried: int


class Drawn(BaseModel):
    """How a batch is drawn."""

    renderer: str
    fallback: str | None
    width: int
    height: int
    dpi: int
    seed: int


class Listed(Counts):
    """A batch as lists show it."""

    id: UUID
    name: str
    status: Status
    priority: int
    brand: str
    brand_version: int
    plan: Drawn
    score: float | None = Field(description="Mean likeness of what is done to its brand, 0 to 1.")
    idea_id: UUID | None = Field(description="The approved idea that it was begun for.")
    waits_for: str = Field(description="Why it stands: a renderer that does not answer; else empty.")
    actor: str
    recorded_at: datetime
    ended_at: datetime | None


class Refused(BaseModel):
    """A row that cannot be used, and why."""

    line: int = Field(description="As a spreadsheet counts, the headings 1; of rows that came as JSON, the first 1.")
    id: str
    why: str


class Batch(Listed):
    """A batch with the rows that were refused when it was begun."""

    refused: list[Refused]


class Attempt(BaseModel):
    """One drawing of a row, and what was seen in it."""

    nth: int
    renderer: str
    knobs: dict[str, Any]
    checked: dict[str, Any] = Field(description="Likeness, thresholds, misses.")
    passed: bool
    drawn: bool = Field(description="False: what stood already was taken.")
    seconds: float
    recorded_at: datetime


class BatchRow(BaseModel):
    """A row as it stands."""

    id: UUID = Field(description="Of its design.")
    line: int
    row_id: str
    version: int
    text: str
    status: RowStatus
    reason: str | None = Field(description="Why it is dead.")
    error: str
    score: float | None
    category: str
    priority: int
    takes: int
    retries: int
    ended_at: datetime | None
    attempts: list[Attempt]


class Settings(BaseModel):
    """How rows are drawn."""

    model_config = ConfigDict(extra="forbid")

    brand: str = Field(default=HOUSE.name, min_length=1, max_length=MOST_BRAND)
    renderer: Renderer = "typographic"
    fallback: Renderer | None = Field(default=None, description="Who draws where that one stays down.")
    size: str = Field(default="4500x5400", pattern=r"^[0-9]{2,5}x[0-9]{2,5}$", description="Pixels, at 300 DPI.")
    seed: int = Field(default=7, ge=0, le=2**31 - 1, description="Of rows that bring none.")

    def plan(self) -> Plan:
        """The same as the studio takes it."""
        width, height = map(int, self.size.split("x"))
        return Plan(self.renderer, self.fallback, width, height, seed=self.seed)


class FromFile(Settings):
    """What stands beside a file of rows."""

    name: str | None = Field(default=None, min_length=1, max_length=200, description="The file's, if none.")
    priority: Priority = 0


class NewRow(BaseModel):
    """One design that is wanted: a text or a keyword at least."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(default=None, max_length=4_000, description="All rows have one, or none has.")
    text: str = Field(default="", max_length=4_000, description=f"At most {MOST_CHARS['text']} characters.")
    keyword: str = Field(default="", max_length=4_000)
    hook: str = Field(default="", max_length=4_000, description="What stands beneath: a year, a place.")
    audience: str = Field(default="", max_length=4_000)
    product: str = Field(default="", max_length=4_000, description="shirt, mug, poster, tote, ...; shirt if none.")
    prompt: str = Field(default="", max_length=4_000)
    seed: int | None = Field(default=None, ge=0, le=MOST_SEED)
    priority: Priority = 0

    def cells(self) -> dict[str, Any]:
        """By the names of a file's fields."""
        given = self.model_dump()
        return {**given, "product_format": given.pop("product")}


class NewBatch(Settings):
    """Rows, and how they are drawn."""

    name: str = Field(min_length=1, max_length=200)
    priority: Priority = 0
    rows: list[NewRow] = Field(min_length=1, max_length=MOST_ROWS)


class Why(BaseModel):
    """Why somebody does it; kept with the change."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=500)


class Again(Why):
    """Which rows are drawn anew."""

    rows: list[Annotated[str, Field(max_length=MOST_CHARS["id"])]] | None = Field(
        default=None, min_length=1, max_length=MOST_ROWS, description="Their ids, done ones too; all dead ones if none."
    )


class Urgency(BaseModel):
    """What goes before others."""

    model_config = ConfigDict(extra="forbid")

    priority: Priority
    row: str | None = Field(default=None, max_length=MOST_CHARS["id"], description="Only this row, which waits.")


class Renewed(BaseModel):
    """How many rows are queued anew."""

    rows: int


Given = Annotated[Why | None, Body()]


@router.get("", response_model=Page[Listed])
async def list_batches(
    visit: Looking,
    status: Annotated[list[Status] | None, Query(description="Any of these; all if none.")] = None,
    limit: Limit = 50,
    cursor: After = None,
) -> Json:
    """Batches with their counts, the newest first."""
    rows = await visit.product.batches.newest(limit + 1, place(cursor), status)
    return page([_listed(row) for row in rows], limit, lambda row: write_cursor(row["recorded_at"], row["id"]))


@router.post(
    "",
    status_code=201,
    response_model=Batch,
    responses={200: {"model": Batch, "description": "It was begun already"}, **NO_BRAND},
)
async def begin_batch(visit: Drawing, given: NewBatch) -> Json:
    """Queue rows for the workers; the same again is found. Rows that cannot be used are told, the others drawn."""
    rows = rows_of([each.cells() for each in given.rows], "rows", (1, MOST_ROWS))
    return await _begin(visit, rows, given.name, given, given.priority)


@router.post(
    "/files",
    status_code=201,
    response_model=Batch,
    responses={200: {"model": Batch, "description": "It was begun already"}, **NO_BRAND},
    openapi_extra=form_of(FromFile, file=ONE_FILE),
)
async def begin_from_file(request: Request, visit: Drawing) -> Json:
    """The same of a CSV, as `bellwether batch run` reads it: text or keyword, id, hook, audience, product, ..."""
    async with filled(request, FromFile, "file") as form:
        (name, content), given = form.files[0], form.fields
        rows = await asyncio.to_thread(read_rows, content, name)
    return await _begin(visit, rows, given.name or FilePath(name).stem, given, given.priority)


@router.get("/{batch_id}", response_model=Batch, responses=UNKNOWN)
async def show_batch(visit: Looking, batch_id: UUID) -> Json:
    """One batch: how it is drawn, how far it has come, what was refused."""
    return Json(_shown(await visit.product.batches.find(batch_id)))


@router.get("/{batch_id}/rows", response_model=Page[BatchRow], responses=UNKNOWN)
async def list_rows(
    visit: Looking,
    batch_id: UUID,
    status: Annotated[list[RowStatus] | None, Query(description="Any of these; all if none.")] = None,
    limit: Limit = 50,
    cursor: After = None,
) -> Json:
    """Its rows in the order of the file, each with every attempt and its scores."""
    rows = await visit.product.batches.rows(batch_id, status, limit + 1, _line(cursor) if cursor else 0)
    shown = [{**only({**row, "attempts": row["tries"]}, BatchRow)} for row in rows]
    return page(shown, limit, lambda row: write_cursor(row["line"]))


@router.get("/{batch_id}/events", response_class=EventStream, responses={**UNKNOWN, **STREAM})
async def follow_batch(request: Request, visit: Looking, batch_id: UUID) -> EventStream:
    """Server-sent events: `batch` (how it stands), `row` (one that changed since), and `end` when it is over."""
    batches = visit.product.batches
    await batches.find(batch_id)
    return event_stream(request, follow(batches, batch_id))


@router.get("/{batch_id}/export", response_class=Download, responses={**NOT_SO, **ZIP})
async def export_batch(request: Request, visit: Looking, batch_id: UUID) -> Download:
    """What is finished, as one ZIP with a manifest: prompt, seed, licences and SHA-256 of every file."""
    found = await visit.product.batches.find(batch_id)
    held = await visit.product.batches.held_bytes(batch_id)
    if not 0 < held <= EXPORT_BYTES:
        much = f"{held:,} bytes are finished, and {EXPORT_BYTES:,} the most: `bellwether batch export` takes all"
        raise Problem(409, much if held else f"nothing of {found['name']!r} is finished")
    async with packing(request) as folder:
        batches = visit.product.batches.by(visit.person.handle)
        [path] = await batches.export(batch_id, "zip", FilePath(folder.name))
    return packed(path, folder)


@router.post("/{batch_id}/pause", response_model=Batch, responses=NOT_SO)
async def pause(visit: Drawing, batch_id: UUID, why: Given = None) -> Json:
    """Begin no more rows; those under way end."""
    return Json(_shown(await visit.product.batches.by(visit.person.handle).pause(batch_id, _reason(why))))


@router.post("/{batch_id}/resume", response_model=Batch, responses=NOT_SO)
async def resume(visit: Drawing, batch_id: UUID, why: Given = None) -> Json:
    """Go on, and ask a renderer that was down again at once."""
    return Json(_shown(await visit.product.batches.by(visit.person.handle).resume(batch_id, _reason(why))))


@router.post("/{batch_id}/cancel", response_model=Batch, responses=NOT_SO)
async def cancel(visit: Drawing, batch_id: UUID, why: Given = None) -> Json:
    """Give up all that is not done."""
    return Json(_shown(await visit.product.batches.by(visit.person.handle).cancel(batch_id, _reason(why))))


@router.post("/{batch_id}/retry", responses=NOT_SO)
async def retry(visit: Drawing, batch_id: UUID, again: Again) -> Renewed:
    """Queue rows anew, or all that are dead; what is finished of them stays until the new version is."""
    batches = visit.product.batches.by(visit.person.handle)
    count = await batches.retry(batch_id, again.rows, again.reason or "retried")
    if again.rows and not count:
        raise NotSo("none of these is a row of the batch that can be drawn again now")
    return Renewed(rows=count)


@router.post("/{batch_id}/priority", response_model=Batch, responses=NOT_SO)
async def prioritise(visit: Drawing, batch_id: UUID, wanted: Urgency) -> Json:
    """Let it, or one row of it that waits, go before others."""
    batches = visit.product.batches.by(visit.person.handle)
    return Json(_shown(await batches.prioritise(batch_id, wanted.priority, wanted.row)))


async def _begin(visit: Visit, rows: Rows, name: str, given: Settings, priority: int) -> Json:
    batches, refused = visit.product.batches.by(visit.person.handle), [asdict(each) for each in rows.refused]
    begun = await batches.begin(rows.good, name, given.brand, given.plan(), refused, priority)
    return Json(_shown(await batches.find(begun.id)), 201 if begun.is_new else 200)


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    return only({**row, "plan": only({**asdict(Plan()), **row["plan"]}, Drawn)}, Listed)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**_listed(row), "refused": row["refused"]}


def _reason(why: Why | None) -> str:
    return why.reason if why else ""


def _line(cursor: str) -> int:
    found = read_cursor(cursor)
    if len(found) != 1 or type(found[0]) is not int or not 0 <= found[0] < 2**31:
        raise BadCursor(UNKNOWN_CURSOR)
    return found[0]
