"""Ideas: the decided ones as a list, and each with all that its decision rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from store import reading
from store.decisions import load_case
from store.queue import Cursor, Filter, Order, load_queue
from ui.api.access import Looking, Visit, ask
from ui.api.paging import After, Json, Limit, Page, page
from ui.api.problems import Problem, refusals
from ui.api.sessions import plainly
from ui.api.shapes import Case, Decision, Event, Fact, Finding, Listed, Review, Revision, Score, Status, Verdict, only

router = APIRouter(prefix="/ideas", tags=["ideas"])
UNKNOWN = refusals(_404="There is no such idea, or no such decision of it")
Formats = Annotated[list[str] | None, Query(description="Any of these; all if none.", max_length=40)]


@router.get("", response_model=Page[Listed])
async def list_ideas(
    visit: Looking,
    status: Annotated[list[Status] | None, Query(description="Any of these; `pending_review` if none.")] = None,
    verdict: Annotated[list[Verdict] | None, Query(description="Any of these; all if none.")] = None,
    product_format: Formats = None,
    text: Annotated[str, Query(max_length=200, description="Part of a phrase or audience, or a whole id.")] = "",
    sort: Annotated[Order, Query(description="Best score, newest, first deadline or best margin first.")] = "score",
    limit: Limit = 25,
    cursor: After = None,
) -> Json:
    """Decided ideas, a page at a time; a walk sees each once, whatever is decided beneath it."""
    statuses = tuple(status or Filter().statuses)
    wanted = Filter(statuses, tuple(verdict or ()), tuple(product_format or ()), text, sort)
    after = Cursor.read(cursor, sort) if cursor else None
    rows: list[dict[str, Any]] = await ask(visit, load_queue, wanted, limit + 1, after)
    return page(rows, limit, lambda row: Cursor.after(row, sort).write())


@router.get("/{idea_id}", response_model=Case, responses=UNKNOWN)
async def get_idea(visit: Looking, idea_id: UUID) -> Json:
    """An idea with its latest decision and all that it rests on."""
    return Json(case_of(await ask(visit, load_case, idea_id)))


@router.get("/{idea_id}/decisions/{revision}", response_model=Case, responses=UNKNOWN)
async def get_revision(visit: Looking, idea_id: UUID, revision: Revision) -> Json:
    """The same of an earlier decision."""
    return Json(case_of(await decided(visit, idea_id, revision)))


@router.get("/{idea_id}/facts", response_model=list[Fact], responses=UNKNOWN)
async def list_facts(
    visit: Looking,
    idea_id: UUID,
    revision: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="The latest, if none.")] = None,
    rows: Annotated[int, Query(ge=0, le=50, description="Source rows of each.")] = 3,
) -> Json:
    """The facts of a decision, each with rows that it stands on."""
    case = await (ask(visit, load_case, idea_id) if revision is None else decided(visit, idea_id, revision))
    return Json(await facts_of(visit, case, rows))


async def decided(visit: Visit, idea_id: UUID, revision: int) -> dict[str, Any]:
    """Everything stored of one decision. Problem 404 where there is none."""
    case: dict[str, Any] = await ask(visit, load_case, idea_id, revision)
    if case["decision"] is None or case["decision"]["revision"] != revision:
        raise Problem(404, f"revision {revision} of {case['idea']['phrase']!r} is not decided")
    return case


def case_of(case: Mapping[str, Any]) -> dict[str, Any]:
    """A case as it goes out."""
    return {
        "idea": only(case["idea"], Listed),
        "decision": only(case["decision"], Decision) if case["decision"] else None,
        "score": only(case["score"], Score) if case["score"] else None,
        "findings": [only(row, Finding) for row in case["findings"]],
        "reviews": [only(row, Review) for row in case["reviews"]],
        "events": [only(row, Event) for row in case["events"]],
    }


async def facts_of(visit: Visit, case: Mapping[str, Any], rows: int) -> list[dict[str, Any]]:
    """The facts of a case, each with at most so many of its rows."""
    shown = [reference for fact in case["facts"] for reference in fact["rows"][:rows]]
    traced = await plainly(visit, reading.trace, shown)
    found = {
        reference: {"reference": reference, "file": row.file, "row": row.row, "text": row.text, "figures": row.figures}
        for reference, row in traced.items()
    }
    return [
        {
            **{name: fact[name] for name in Fact.model_fields if name != "sources"},
            "sources": [found[reference] for reference in fact["rows"][:rows] if reference in found],
        }
        for fact in case["facts"]
    ]
