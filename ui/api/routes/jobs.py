"""Jobs: the queues of the tenant's work, and what failed for good, to be tried again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel

from graphs.people import Deed
from store.jobs import dead_letters, queue_rows, retry_dead
from store.queue import UNKNOWN_CURSOR, BadCursor, read_cursor, write_cursor
from ui.api.access import Looking, Visit, visit
from ui.api.paging import After, Limit, Page
from ui.api.problems import Problem, refusals
from ui.api.sessions import plainly

router = APIRouter(prefix="/jobs", tags=["jobs"])
Retrying = Annotated[Visit, Depends(visit(Deed.RETRY))]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
MOST = 1_000
"""Dead letters that a list goes through, the oldest first: who has more has another problem."""


class Queue(BaseModel):
    """How one queue stands."""

    queue: str
    todo: int
    doing: int
    failed: int
    oldest_s: float | None
    done_last_hour: int


class Queues(BaseModel):
    """The queues in use."""

    items: list[Queue]


class Dead(BaseModel):
    """A job that failed for good, and why."""

    job_id: int
    queue: str
    task: str
    args: dict[str, Any]
    error: str
    digest: str
    at: datetime


class Raised(BaseModel):
    """A dead job that is queued anew."""

    job_id: int
    task: str
    args: dict[str, Any]


class AllRaised(BaseModel):
    """The dead jobs that are queued anew."""

    items: list[Raised]


@router.get("")
async def list_queues(visit: Looking) -> Queues:
    """How much waits, runs and died in each queue, and since when the oldest waits."""
    return Queues(items=[Queue(**row) for row in await plainly(visit, queue_rows)])


@router.get("/dead")
async def list_dead(visit: Looking, limit: Limit = 50, cursor: After = None) -> Page[Dead]:
    """What failed for good and was not tried again, the oldest first."""
    letters = await plainly(visit, dead_letters, MOST)
    place = _place(cursor) if cursor else None
    rows = [each for each in letters if place is None or (each["at"], each["job_id"]) > place]
    shown = [Dead(**row) for row in rows[:limit]]
    return Page(items=shown, next=write_cursor(shown[-1].at, shown[-1].job_id) if len(rows) > limit else None)


@router.post("/dead/retry")
async def retry_all(visit: Retrying) -> AllRaised:
    """Queue everything that died anew. What waits already is not queued twice."""
    return AllRaised(items=[Raised(**row) for row in await plainly(visit, retry_dead)])


@router.post("/dead/{job_id}/retry", responses=refusals(_404="No such dead letter"))
async def retry_one(visit: Retrying, job_id: Number) -> Raised:
    """Queue one dead job anew."""
    raised = await plainly(visit, retry_dead, job_id)
    if not raised:
        raise Problem(404, f"no dead letter of job {job_id}")
    return Raised(**raised[0])


def _place(cursor: str) -> tuple[datetime, int]:
    try:
        at, job_id = read_cursor(cursor)
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or type(job_id) is not int:
            raise BadCursor(UNKNOWN_CURSOR)
        return moment, job_id
    except (ValueError, TypeError):
        raise BadCursor(UNKNOWN_CURSOR) from None
