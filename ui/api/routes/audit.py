"""Audit: who asked what of which door, for admins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from graphs.people import HANDLE, Deed
from store.audit import Door, Outcome, load_audit
from ui.api.access import Visit, ask, visit
from ui.api.paging import Json, Limit, Page, page

router = APIRouter(prefix="/audit", tags=["people"])
Reading = Annotated[Visit, Depends(visit(Deed.READ_AUDIT))]


class Listed(BaseModel):
    """One thing that somebody asked for."""

    id: UUID
    actor: str = Field(description="A handle; empty for whoever could not be named.")
    door: Door
    deed: str
    subject: str
    outcome: Outcome
    detail: dict[str, Any]
    recorded_at: datetime


@router.get("", response_model=Page[Listed])
async def list_entries(
    visit: Reading,
    actor: Annotated[
        str | None, Query(pattern=rf"^({HANDLE.pattern})?$", description="A handle; empty: nobody.")
    ] = None,
    deed: Annotated[str | None, Query(pattern=r"^[a-z ]{1,40}$", description="As entries name it.")] = None,
    limit: Limit = 50,
    cursor: Annotated[UUID | None, Query(description="`next` of the page before; left out for the first.")] = None,
) -> Json:
    """Entries of the tenant, the newest first, a page at a time."""
    rows: list[dict[str, Any]] = await ask(visit, load_audit, cursor, limit + 1, actor, deed)
    return page(rows, limit, lambda row: str(row["id"]))
