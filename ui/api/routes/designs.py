"""Designs: what was drawn: searched, shown with all it rests on, its files; and one wanted by its text alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from pydantic import AwareDatetime, Field

from graphs.batches import MOST_BRAND, name_of
from graphs.library import Opened
from store.gallery import Cursor, Wanted, get_files
from studio.errors import BadBatch
from studio.rows import MOST_CHARS, MOST_SEED, rows_of
from ui.api.access import Drawing, Looking, ask
from ui.api.design_shapes import Asked, Design, Facets, Listed
from ui.api.paging import After, Json, Limit, Page
from ui.api.problems import Problem, refusals
from ui.api.routes.batches import NO_BRAND, Priority, Settings
from ui.api.shapes import only
from ui.api.streams import Download

router = APIRouter(prefix="/designs", tags=["designs"])
Word = Annotated[str, Field(max_length=100)]
Kind = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9._-]{1,80}$", description="As `files` names it: print, press, thumb, ...")
]

UNKNOWN = refusals(_404="No such design", _409="It is not finished")
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file; a range of it is 206.", "content": {"*/*": {}}},
    206: {"description": "A range of it.", "content": {"*/*": {}}},
    304: {"description": "It is what you have."},
    **refusals(_404="No such design, or no such file of it", _409="It is not finished", _416="No such range"),
}


class NewDesign(Settings):
    """One design that is wanted."""

    text: str = Field(min_length=1, max_length=MOST_CHARS["text"])
    keyword: str = Field(default="", max_length=MOST_CHARS["keyword"])
    hook: str = Field(default="", max_length=MOST_CHARS["hook"], description="What stands beneath: a year, a place.")
    audience: str = Field(default="", max_length=MOST_CHARS["audience"])
    product: str = Field(default="shirt", max_length=MOST_CHARS["product_format"])
    prompt: str = Field(default="", max_length=MOST_CHARS["prompt"], description="What a picture is to show beside.")
    seed: int = Field(default=7, ge=0, le=MOST_SEED)
    priority: Priority = 0

    def cells(self) -> dict[str, Any]:
        """By the names of a file's fields."""
        names = ("text", "keyword", "hook", "audience", "prompt", "priority")
        return {**{name: getattr(self, name) for name in names}, "product_format": self.product}


def wanted(
    tag: Annotated[list[Word] | None, Query(description="Each must be there.", max_length=12)] = None,
    sure: Annotated[float, Query(ge=0, le=1, description="With at least this confidence.")] = 0.5,
    category: Annotated[str, Query(max_length=100)] = "",
    text: Annotated[str, Query(max_length=200, description="Every word stands in it or its tags; or a whole id.")] = "",
    brand: Annotated[str, Query(max_length=MOST_BRAND, description="In whatever version.")] = "",
    product: Annotated[str, Query(max_length=100)] = "",
    batch_id: Annotated[UUID | None, Query()] = None,
    since: Annotated[AwareDatetime | None, Query(description="Finished then or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Finished before then.")] = None,
    least_score: Annotated[float | None, Query(ge=0, le=1, description="Likeness to its brand.")] = None,
    tier: Annotated[Literal["hot", "archive", "cold"] | None, Query()] = None,
    deleted: Annotated[bool, Query(description="Those that were deleted, instead.")] = False,
    versions: Annotated[bool, Query(description="Older versions too.")] = False,
    sort: Annotated[Literal["newest", "score"], Query(description="Which goes first.")] = "newest",
) -> Wanted:
    """What a search asks for."""
    return Wanted(
        tuple(tag or ()), sure, category, text, brand, batch_id, product, since, until, least_score, tier or "",
        deleted=deleted, superseded=versions, order=sort,
    )  # fmt: skip


Searched = Annotated[Wanted, Depends(wanted)]


@router.get("", response_model=Page[Listed])
async def list_designs(visit: Looking, asked: Searched, limit: Limit = 50, cursor: After = None) -> Json:
    """Finished designs of which every condition holds; without one, all that are not deleted."""
    after = Cursor.read(cursor, asked.order) if cursor else None
    found = await visit.product.library.search(asked, limit, after)
    items = [only(row, Listed) for row in found.designs]
    return Json({"items": items, "next": found.after.write() if found.after else None})


@router.get("/facets", response_model=Facets)
async def count_designs(visit: Looking, asked: Searched) -> Json:
    """How many there are of a search, by category and by tag."""
    return Json(await visit.product.library.facets(asked))


@router.post(
    "",
    status_code=201,
    response_model=Asked,
    responses={200: {"model": Asked, "description": "It was asked for already"}, **NO_BRAND},
)
async def draw(visit: Drawing, given: NewDesign, response: Response) -> Asked:
    """Have one design drawn by a worker, as a batch of one. The same again is found, and drawn anew if it was dead."""
    rows = rows_of([given.cells()], "the design", (1, 1))
    if rows.refused:
        raise BadBatch(f"it cannot be drawn: {rows.refused[0].why}")
    batches = visit.product.batches.by(visit.person.handle)
    begun = await batches.begin(rows.good, name_of(given.text, 80), given.brand, given.plan(), priority=given.priority)
    if not begun.is_new:
        response.status_code = 200
        await batches.retry(begun.id)
    [row] = await batches.rows(begun.id)
    return Asked(id=row["id"], batch_id=begun.id, status=row["status"])


@router.get("/{design_id}", response_model=Design, responses=UNKNOWN)
async def show_design(visit: Looking, design_id: UUID) -> Json:
    """All of one: its row, brand, batch and idea, how it was made, scores, attempts, files, tags, versions, events."""
    return Json(only(await visit.product.library.show(design_id), Design))


@router.get("/{design_id}/files/{kind}", response_class=Download, responses=FILE)
async def get_file(
    visit: Looking,
    design_id: UUID,
    kind: Kind,
    if_none_match: Annotated[str | None, Header(max_length=1_000, description="The ETag of what you have.")] = None,
) -> Response:
    """One of its files, whole or a range; the ETag is its SHA-256."""
    files = (await ask(visit, get_files, design_id))["files"]
    if kind not in files:
        raise Problem(404, f"no file {kind!r} of this design; there are: {', '.join(sorted(files))}")
    headers = {"ETag": f'"{files[kind]["sha256"]}"', "Cache-Control": "private, no-cache"}
    if headers["ETag"] in (each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")):
        return Response(status_code=304, headers=headers)
    return download(await visit.product.library.by(visit.person.handle).open_file(design_id, kind), headers)


def download(opened: Opened, headers: Mapping[str, str] | None = None) -> Download:
    """A file at hand, under the name that it is handed on by; it takes no place of a stream."""
    answer = Download(opened.path, media_type=opened.media_type, filename=opened.name, headers=headers)
    answer.counts = False
    return answer
