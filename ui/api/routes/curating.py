"""Curating: what people do with finished designs: compare, show on products, name, delete, draw anew, hand on."""

from __future__ import annotations

import asyncio
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from graphs.library import MOST_EXPORTED, MOST_OWN_TAGS, MOST_SIMILAR, products
from store.designs import files_bytes
from studio.library import TAG_CHARS
from ui.api.access import Drawing, Looking, Visit, ask
from ui.api.design_shapes import Asked, Groups, Listed, Many, Product, Similar, Similars
from ui.api.paging import Json
from ui.api.problems import Problem, refusals
from ui.api.routes.batches import EXPORT_BYTES, ZIP, Why
from ui.api.routes.designs import UNKNOWN, download
from ui.api.shapes import only
from ui.api.streams import Download, packed, packing

router = APIRouter(prefix="/designs", tags=["designs"])
Word = Annotated[str, Field(min_length=1, max_length=TAG_CHARS)]
Given = Annotated[Why | None, Body()]
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {"image/png": {}}},
    206: {"description": "A range of it.", "content": {"image/png": {}}},
    **UNKNOWN,
    **refusals(_416="No such range"),
}


class Called(BaseModel):
    """What a person says it is of."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=TAG_CHARS, description="Empty: what the rule says.")


class Category(BaseModel):
    """What it is of now."""

    category: str


class Words(BaseModel):
    """Tags that a person is sure of."""

    model_config = ConfigDict(extra="forbid")

    names: list[Word] = Field(min_length=1, max_length=MOST_OWN_TAGS)


class Added(BaseModel):
    """The tags that are new."""

    names: list[str]


class Other(Why):
    """By which seed it is drawn anew."""

    seed: int | None = Field(default=None, ge=0, le=2**31 - 1, description="Another than before, if none.")


class Chosen(BaseModel):
    """Which designs are handed on, and how."""

    model_config = ConfigDict(extra="forbid")

    ids: list[UUID] = Field(min_length=1, max_length=MOST_EXPORTED)
    form: Literal["zip"] = "zip"
    name: str = Field(default="designs", min_length=1, max_length=80)


@router.get("/duplicates", response_model=Groups)
async def list_duplicates(visit: Looking, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Json:
    """Groups of designs that are the same drawing, the oldest of each first."""
    groups = await visit.product.library.duplicates(limit)
    return Json({"items": [[only(row, Listed) for row in group] for group in groups]})


@router.get("/ready", response_model=Many)
async def list_ready(visit: Looking, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Json:
    """Designs of approved ideas that wait to be listed, the oldest first."""
    return Json({"items": [only(row, Listed) for row in await visit.product.library.ready_to_launch(limit)]})


@router.get("/products", response_model=dict[str, Product])
async def list_products(visit: Looking) -> Json:  # noqa: ARG001 - only members look
    """What a design can be shown on, with sides and colourways."""
    return Json(await asyncio.to_thread(products))


@router.post("/export", response_class=Download, responses={**UNKNOWN, **ZIP})
async def export(request: Request, visit: Drawing, chosen: Chosen) -> Download:
    """These designs as one ZIP with a manifest: prompt, seed, licences and SHA-256 of every file."""
    held = await ask(visit, files_bytes, chosen.ids)
    if held > EXPORT_BYTES:
        raise Problem(409, f"{held:,} bytes, and {EXPORT_BYTES:,} are the most: choose fewer")
    library = visit.product.library.by(visit.person.handle)
    async with packing(request) as folder:
        [path] = await library.export(chosen.ids, chosen.form, FilePath(folder.name), chosen.name)
    return packed(path, folder)


@router.get("/{design_id}/similar", response_model=Similars, responses=UNKNOWN)
async def list_similar(
    visit: Looking, design_id: UUID, limit: Annotated[int, Query(ge=1, le=100)] = MOST_SIMILAR
) -> Json:
    """Designs that look most like it, the same drawing first."""
    rows = await visit.product.library.similar(design_id, limit)
    return Json({"items": [only(row, Similar) for row in rows]})


@router.get("/{design_id}/mockup", response_class=Download, responses=PICTURE)
async def show_on(
    request: Request,
    visit: Looking,
    design_id: UUID,
    product: Annotated[str, Query(max_length=40, description="Its own, where it can be drawn; else a shirt.")] = "",
    side: Annotated[str, Query(max_length=40)] = "front",
    colourway: Annotated[str, Query(max_length=40, description="The one most like its ground, if none.")] = "",
) -> Download:
    """A picture of it on a product (`/designs/products` says which there are)."""
    library = visit.product.library.by(visit.person.handle)
    async with request.app.state.turns:
        return download(await library.mock_up(design_id, product, side, colourway))


@router.put("/{design_id}/category", responses=UNKNOWN)
async def set_category(visit: Drawing, design_id: UUID, called: Called) -> Category:
    """Say what it is of; no rule changes that any more."""
    return Category(category=await visit.product.library.by(visit.person.handle).set_category(design_id, called.name))


@router.post("/{design_id}/tags", responses=UNKNOWN)
async def add_tags(visit: Drawing, design_id: UUID, words: Words) -> Added:
    """Tags that a person is sure of."""
    return Added(names=await visit.product.library.by(visit.person.handle).add_tags(design_id, words.names))


@router.delete("/{design_id}/tags/{name}", status_code=204, responses=UNKNOWN)
async def remove_tag(visit: Drawing, design_id: UUID, name: Annotated[str, Path(max_length=TAG_CHARS)]) -> None:
    """Take a tag away."""
    if not await visit.product.library.by(visit.person.handle).remove_tag(design_id, name):
        raise Problem(404, f"the design has no tag {name!r}")


@router.delete("/{design_id}", status_code=204, responses=UNKNOWN)
async def delete(
    visit: Drawing, design_id: UUID, reason: Annotated[str, Query(max_length=500, description="Why.")] = ""
) -> None:
    """Show it no more; it can be restored. Deleted again, nothing happens."""
    await visit.product.library.by(visit.person.handle).delete(design_id, reason)


@router.post("/{design_id}/restore", response_model=Asked, responses=UNKNOWN)
async def restore(visit: Drawing, design_id: UUID, why: Given = None) -> Json:
    """Show it again, or let an older version stand for the newer."""
    await visit.product.library.by(visit.person.handle).restore(design_id, why.reason if why else "")
    return await _standing(visit, design_id)


@router.post("/{design_id}/redraw", response_model=Asked, responses=UNKNOWN)
async def redraw(visit: Drawing, design_id: UUID, other: Other) -> Json:
    """Have the next version of its row drawn, by another seed."""
    library = visit.product.library.by(visit.person.handle)
    return Json(only(await library.redraw(design_id, other.seed, other.reason), Asked))


async def _standing(visit: Visit, design_id: UUID) -> Json:
    found = await visit.product.library.show(design_id)
    return Json({"id": found["id"], "batch_id": found["batch_id"], "status": "done"})
