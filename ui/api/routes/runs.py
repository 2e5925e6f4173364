"""Runs: graphs started, followed as they run, answered as an inbox would, gone on with, and judged again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from graphs.people import Deed
from graphs.runs import GraphName
from store.queue import UNKNOWN_CURSOR, BadCursor, read_cursor, write_cursor
from store.spans import After as Place
from store.spans import load_threads
from ui.api.access import Looking, Visit, ask, visit
from ui.api.paging import After, Limit, Page
from ui.api.problems import refusals
from ui.api.streams import STREAM, EventStream, event_stream

router = APIRouter(prefix="/runs", tags=["runs"])
Running = Annotated[Visit, Depends(visit(Deed.RUN))]
Noting = Annotated[Visit, Depends(visit(Deed.NOTE))]

UNKNOWN = refusals(_404="No such thread")
NOT_NOW = refusals(_404="No such thread", _409="The thread is not where that can be done")


class Listed(BaseModel):
    """A thread as lists show it, with what its nodes took added up."""

    id: UUID
    graph: str
    subject: str = Field(description="`idea:<id>:<revision>`, `run:<id>`, `design:<id>` or `listing:<id>`.")
    title: str
    status: Literal["running", "waiting", "finished", "failed"]
    error: str
    started_at: datetime
    last_at: datetime
    nodes: int
    busy_s: float
    input_tokens: int
    output_tokens: int
    cost_micro_usd: int


class Span(BaseModel):
    """One running of a node."""

    id: UUID
    node: str
    outcome: Literal["running", "done", "failed", "waiting"]
    error: str
    began_at: datetime
    ended_at: datetime | None
    seconds: float | None
    input_tokens: int
    output_tokens: int
    cost_micro_usd: int
    model: str | None


class Shown(Listed):
    """A thread with its nodes in order, and what it asks where it waits."""

    spans: list[Span]
    requests: list[dict[str, Any]] = Field(description="As the Agent Inbox shows them; empty where nobody is asked.")


class Start(BaseModel):
    """Which graph, and what it is given."""

    model_config = ConfigDict(extra="forbid")

    graph: GraphName
    input: dict[str, Any] = Field(
        default_factory=dict,
        description="analyze: `idea_id`, `as_of`. discover: `as_of`, `top`. produce: `design_id`, which waits. "
        "launch: `listing_id`, not drawn up yet. "
        "Signals come in by `/signals`.",
    )


class Begun(BaseModel):
    """The thread that runs, and whether it was begun now."""

    id: str
    graph: str
    subject: str
    is_new: bool


class Action(BaseModel):
    """What was asked, with its fields as the person left them."""

    action: str = Field(max_length=200)
    args: dict[str, Any]


class Reply(BaseModel):
    """What a person answers, in the shape that the Agent Inbox sends."""

    type: Literal["accept", "edit", "response", "ignore"]
    args: Action | Annotated[str, Field(max_length=2000)] | None = None


class Answered(BaseModel):
    """The review that stands."""

    id: UUID
    idea_id: UUID
    revision: int
    answer: str
    actor: str
    reason: str | None
    decided_at: datetime
    undo_until: datetime


class Difference(BaseModel):
    """One thing that comes out otherwise; null was, or is, not there."""

    node: str
    what: str
    was: Any
    now: Any


class Replayed(BaseModel):
    """What judging again came to; nothing was changed by it."""

    idea_id: UUID
    revision: int
    as_of: datetime
    verdict_was: str
    verdict: str
    differences: list[Difference]


@router.get("")
async def list_runs(
    visit: Looking,
    graph: Annotated[GraphName | None, Query(description="All if left out.")] = None,
    status: Annotated[
        Literal["running", "waiting", "finished", "failed"] | None, Query(description="All if left out.")
    ] = None,
    limit: Limit = 50,
    cursor: After = None,
) -> Page[Listed]:
    """Threads, the one that moved last first."""
    rows = await ask(visit, load_threads, limit + 1, _place(cursor) if cursor else None, graph, status)
    shown = [Listed(**row) for row in rows[:limit]]
    return Page(items=shown, next=write_cursor(shown[-1].last_at, shown[-1].id) if len(rows) > limit else None)


@router.post("", status_code=202, responses=refusals(_404="No such idea, design or listing", _409="It is over"))
async def start_run(visit: Running, given: Start, request: Request, response: Response) -> Begun:
    """Begin in the background; what runs already is found. `Location` is where it can be followed."""
    thread = await visit.product.runs.start(given.graph, given.input, visit.person.handle)
    response.headers["Location"] = f"{request.url.path}/{thread.id}"
    return Begun(**asdict(thread))


@router.get("/{thread_id}", responses=UNKNOWN)
async def show_run(visit: Looking, thread_id: UUID) -> Shown:
    """A thread, what each of its nodes took, and what it asks."""
    return Shown(**await visit.product.runs.show(thread_id))


@router.get("/{thread_id}/events", response_class=EventStream, responses={**UNKNOWN, **STREAM})
async def follow_run(
    request: Request,
    visit: Looking,
    thread_id: UUID,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=2**63 - 1, description="Only what is newer; browsers send it by themselves.")
    ] = None,
) -> EventStream:
    """Server-sent events: `node`, `thread`, and `end` when it waits, has finished or failed. With the key they end."""
    await visit.product.runs.find(thread_id)
    return event_stream(request, visit.product.runs.events(thread_id, last_event_id))


@router.post("/{thread_id}/answer", responses=NOT_NOW)
async def answer_run(
    visit: Noting,
    request: Request,
    thread_id: UUID,
    reply: Annotated[Reply | Annotated[list[Reply], Field(min_length=1, max_length=1)], Body()],
) -> Answered:
    """Answer what the thread asks; a response is a note, everything else decides."""
    one = reply[0] if isinstance(reply, list) else reply
    if one.type != "response":
        request.state.deed = Deed.DECIDE
        visit.person.check(Deed.DECIDE)
    return Answered(**await visit.product.runs.answer(thread_id, one.model_dump(), visit.person.handle))


@router.post("/{thread_id}/resume", status_code=202, responses=NOT_NOW)
async def resume_run(visit: Running, thread_id: UUID) -> Begun:
    """Go on, in the background, with a thread that failed or was cut short."""
    return Begun(**asdict(await visit.product.runs.resume(thread_id, visit.person.handle)))


@router.post("/{thread_id}/replay", responses=NOT_NOW)
async def replay_run(visit: Running, thread_id: UUID) -> Replayed:
    """Judge the same idea as of the same moment again; nothing is changed by it."""
    return Replayed(**asdict(await visit.product.runs.replay(thread_id)))


def _place(cursor: str) -> Place:
    try:
        moment, thread_id = read_cursor(cursor)
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise BadCursor(UNKNOWN_CURSOR)
        return Place(at, UUID(thread_id))
    except (ValueError, TypeError, AttributeError):
        raise BadCursor(UNKNOWN_CURSOR) from None
