"""Ideas: the decided ones as a list, and each with all that its decision rests on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from store.queue import Cursor, Filter, Order, load_queue
from ui.api.access import Looking, ask
from ui.api.paging import After, Json, Limit, Page, page

router = APIRouter(prefix="/ideas", tags=["ideas"])

Status = Literal["analysing", "pending_review", "approved", "rejected", "designed", "listed", "live", "archived"]
Verdict = Literal["approve", "review", "reject"]


class Occasion(BaseModel):
    """What it is for, and until when an order arrives in time."""

    name: str
    on: date
    days_ahead: int
    order_by: date


class Listed(BaseModel):
    """An idea as lists show it, with figures of its latest decision."""

    id: UUID
    phrase: str
    audience: str
    product_format: str
    kind: str
    status: str
    verdict: Verdict | None
    score: float | None
    margin_ratio: float | None
    price_cents: int | None
    order_by: date | None
    decided_at: datetime | None
    revision: int
    occasion: Occasion | None


@router.get("", response_model=Page[Listed])
async def list_ideas(
    visit: Looking,
    status: Annotated[list[Status] | None, Query(description="Any of these; `pending_review` if none.")] = None,
    verdict: Annotated[list[Verdict] | None, Query(description="Any of these; all if none.")] = None,
    product_format: Annotated[list[str] | None, Query(description="Any of these; all if none.", max_length=40)] = None,
    search: Annotated[str, Query(max_length=200, description="Part of a phrase or audience, or an id.")] = "",
    sort: Annotated[Order, Query(description="Best score, newest, first deadline or best margin first.")] = "score",
    limit: Limit = 50,
    cursor: After = None,
) -> Json:
    """Decided ideas, a page at a time; a walk sees each once, whatever is decided beneath it."""
    wanted = Filter(tuple(status or Filter().statuses), tuple(verdict or ()), tuple(product_format or ()), search, sort)
    after = Cursor.read(cursor, sort) if cursor else None
    rows: list[dict[str, Any]] = await ask(visit, load_queue, wanted, limit + 1, after)
    return page(rows, limit, lambda row: Cursor.after(row, sort).write())
