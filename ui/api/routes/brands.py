"""Brands: styles learnt from one to five images; each as it is in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from graphs.batches import MOST_BRAND
from store.batches import UnknownBrand
from store.queue import UNKNOWN_CURSOR, BadCursor, read_cursor, write_cursor
from studio.brand import MOST_REFERENCES
from studio.errors import BadReference
from ui.api.access import Drawing, Looking
from ui.api.paging import After, Json, Limit, Page, page
from ui.api.problems import refusals
from ui.api.shapes import only
from ui.api.upload import ONE_FILE, filled, form_of

router = APIRouter(prefix="/brands", tags=["brands"])
Name = Annotated[str, Path(min_length=1, max_length=MOST_BRAND)]


class Listed(BaseModel):
    """A brand as lists show it."""

    id: UUID
    name: str
    version: int
    images: int = Field(description="How many it was learnt from; the house's own has none.")
    palette: list[str] = Field(description="`#rrggbb`, the most used first.")
    terms: list[str]
    actor: str
    recorded_at: datetime


class Brand(Listed):
    """A brand with what was measured of it."""

    descriptor: str
    parameters: dict[str, Any]
    locked: list[str] = Field(description="What a refinement may not change.")
    lines: dict[str, Any] = Field(description="From where on a drawing is of it, and what that costs.")
    prompt_lines: dict[str, Any] = Field(description="The same of prompts.")


class Wanted(BaseModel):
    """What a style is to be called."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MOST_BRAND)
    descriptor: Literal["classical", "clip"] = Field("classical", description="Who measures; clip needs its weights.")


IMAGES = {"type": "array", "items": ONE_FILE, "minItems": 1, "maxItems": MOST_REFERENCES}


@router.get("", response_model=Page[Listed])
async def list_brands(
    visit: Looking,
    name: Annotated[str, Query(max_length=MOST_BRAND, description="Part of it.")] = "",
    limit: Limit = 50,
    cursor: After = None,
) -> Json:
    """Every brand as it is in force, by name."""
    after = _name(cursor) if cursor else ""
    brands = sorted(await visit.product.batches.brands(), key=lambda each: str(each["name"]))
    rows = [each for each in brands if each["name"] > after and name.casefold() in each["name"].casefold()]
    return page([only(row, Listed) for row in rows[: limit + 1]], limit, lambda row: write_cursor(row["name"]))


@router.post(
    "",
    status_code=201,
    response_model=Brand,
    responses={200: {"model": Brand, "description": "It was learnt from these images already"}},
    openapi_extra=form_of(Wanted, images=IMAGES),
)
async def add_brand(request: Request, visit: Drawing) -> Json:
    """Learn a style from images, at most 80 megapixels together; a name that there is gets its next version."""
    batches = visit.product.batches.by(visit.person.handle)
    async with filled(request, Wanted, "images", MOST_REFERENCES) as form, request.app.state.turns:
        try:
            stood = (await batches.brand(form.fields.name))["version"]
        except (UnknownBrand, BadReference):  # one that must be added again is
            stood = 0
        row = await batches.add_brand(form.fields.name, form.files, form.fields.descriptor)
    return Json(_shown(row), 200 if row["version"] == stood else 201)


@router.get("/{name}", response_model=Brand, responses=refusals(_404="No such brand"))
async def show_brand(visit: Looking, name: Name) -> Json:
    """One brand: palette, terms, parameters."""
    return Json(_shown(await visit.product.batches.brand(name)))


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    profile = row["profile"]
    parameters = {name: value for name, value in profile["parameters"].items() if name != "references"}
    told = {name: profile[name] for name in ("palette", "terms", "descriptor", "locked")}
    return only({**row, **told, "parameters": parameters, "images": len(row["images"])}, Brand)


def _name(cursor: str) -> str:
    found = read_cursor(cursor)
    if len(found) != 1 or not isinstance(found[0], str):
        raise BadCursor(UNKNOWN_CURSOR)
    return found[0]
