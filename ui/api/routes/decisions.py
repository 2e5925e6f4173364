"""Decisions: what was decided, the latest first, and one with the facts it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from store.queue import LATEST, UNKNOWN_CURSOR, BadCursor, load_decided, read_cursor, write_cursor
from ui.api.access import Looking, ask
from ui.api.paging import After, Json, Limit, Page, page
from ui.api.routes.ideas import UNKNOWN, case_of, decided, facts_of
from ui.api.shapes import Case, DecisionRow, Fact, Revision

router = APIRouter(prefix="/decisions", tags=["decisions"])


class DecisionWhole(Case):
    """A decision with everything, its facts too."""

    facts: list[Fact]


@router.get("", response_model=Page[DecisionRow])
async def list_decisions(visit: Looking, limit: Limit = 50, cursor: After = None) -> Json:
    """Every decision, the latest first."""
    after = _read(cursor) if cursor else LATEST
    rows: list[dict[str, Any]] = await ask(visit, load_decided, limit + 1, after)
    return page(rows, limit, _cursor_of)


@router.get("/{idea_id}/{revision}", response_model=DecisionWhole, responses=UNKNOWN)
async def get_decision(
    visit: Looking,
    idea_id: UUID,
    revision: Revision,
    rows: Annotated[int, Query(ge=0, le=50, description="Source rows of each fact.")] = 3,
) -> Json:
    """One decision with the facts it stands on."""
    case = await decided(visit, idea_id, revision)
    return Json({**case_of(case), "facts": await facts_of(visit, case, rows)})


def _cursor_of(row: Mapping[str, Any]) -> str:
    return write_cursor("decided", row["recorded_at"], row["idea_id"], row["revision"])


def _read(text: str) -> tuple[datetime, UUID, int]:
    """Where the next page begins. BadCursor where it is no cursor of this list."""
    try:
        what, moment, idea_id, revision = read_cursor(text)
        if what != "decided" or not isinstance(revision, int) or not 0 <= revision < 2**31:
            raise BadCursor(UNKNOWN_CURSOR)
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise BadCursor(UNKNOWN_CURSOR)
        return at, UUID(idea_id), revision
    except (ValueError, TypeError, AttributeError):
        raise BadCursor(UNKNOWN_CURSOR) from None
