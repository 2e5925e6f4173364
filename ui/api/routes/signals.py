"""Signals: what came in, the newest first; and the ways in: pushed by the webhook, brought as a file, fetched for one.

Signals are shared by all tenants. The file that a tenant brought, and what was quarantined of it, it alone sees.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from graphs import quarantine
from graphs.people import Deed
from graphs.pulls import Unfit
from store.quarantine import Cursor as FileCursor
from store.quarantine import load_quarantine
from store.queue import UNKNOWN_CURSOR, BadCursor, read_cursor, write_cursor
from store.signals import Cursor, cursor_of, find_signal, load_signals
from trends.fetch import SourceBusy, SourceDown, SourceError
from trends.payload import NothingObserved
from trends.public import MOST_CHARS
from trends.survey import Unreadable
from trends.webhook import DELIVERY, SIGNATURE, TIMESTAMP, Refused
from ui.api.access import Looking, Visit, ask, tenants_of, visit
from ui.api.paging import After, Json, Limit, Page, page
from ui.api.problems import Problem, refusals, response
from ui.api.upload import FORM, brought

router = APIRouter(prefix="/signals", tags=["signals"])
Taking = Annotated[Visit, Depends(visit(Deed.TAKE_IN))]
Retrying = Annotated[Visit, Depends(visit(Deed.RETRY))]
MOST_ROWS = 10_000
HELD = refusals(_404="The tenant sees no such file", _409="Its content is not kept: bring it again")
PUSHED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"description": "Records, or any payload that a source has."}}},
    }
}


class Signal(BaseModel):
    """Something that was seen, as it was last observed."""

    id: UUID
    source: str
    kind: str
    text: str
    url: str | None
    community: str | None
    category: str | None
    tags: list[str]
    locale: str | None
    published_at: datetime | None
    first_known_at: datetime
    last_known_at: datetime | None
    recorded_at: datetime
    metrics: dict[str, Any]
    ideas: int = Field(description="Ideas of the tenant that rest on it.")


class Observation(BaseModel):
    """What was seen of a signal at one moment."""

    known_at: datetime
    text: str | None = Field(description="Where it differs from the signal's.")
    metrics: dict[str, Any]
    recorded_at: datetime


class PointedAt(BaseModel):
    """An idea that rests on a signal."""

    id: UUID
    phrase: str
    audience: str
    status: str
    verdict: str | None
    score: float | None


class OneSignal(Signal):
    """A signal with its past and what rests on it."""

    observations: list[Observation]
    pointed_at: list[PointedAt]


class Received(BaseModel):
    """What became of a delivery."""

    delivery: str
    stored: int
    repeated: int
    quarantined: int
    reason: str
    signals: list[UUID] = Field(description="Those of which something new was stored.")
    again: bool = Field(description="It came before: this is what it was answered then.")


class Taken(BaseModel):
    """What became of a file; the rows add up."""

    name: str
    format: str | None
    outcome: str
    reason: str
    rows_read: int
    stored: int
    repeated: int
    quarantined: int
    known_at: datetime | None


class Address(BaseModel):
    """What is to be fetched."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=MOST_CHARS, description="http or https, on the public internet.")


class Reason(BaseModel):
    """Why rows were not stored, and one of them, redacted."""

    reason: str
    rows: int
    excerpt: str


class Quarantined(BaseModel):
    """A file with rows that could not be stored."""

    id: UUID
    name: str
    format: str | None
    outcome: str
    rows_read: int
    stored: int
    repeated: int
    quarantined: int
    known_at: datetime | None
    recorded_at: datetime
    kept: bool = Field(description="Its content is there: its rows can be tried again at once.")
    reasons: list[Reason] | None


class QuarantinedRow(BaseModel):
    """A row that could not be stored."""

    file_id: UUID
    row_no: int
    reason: str
    excerpt: str
    recorded_at: datetime


class Again(BaseModel):
    """Which rows are to be tried again."""

    model_config = ConfigDict(extra="forbid")

    rows: list[Annotated[int, Field(ge=0)]] | None = Field(
        default=None, max_length=MOST_ROWS, description="Their numbers; all if none."
    )


class Retried(BaseModel):
    """What became of rows that were tried again; a row may hold several observations."""

    file: str
    tried: int
    stored: int
    repeated: int
    failed: int
    reason: str


@router.get("", response_model=Page[Signal])
async def list_signals(
    visit: Looking,
    source: Annotated[str | None, Query(max_length=100)] = None,
    community: Annotated[str | None, Query(max_length=100)] = None,
    search: Annotated[str, Query(max_length=200, description="All of these words are in the text.")] = "",
    since: Annotated[AwareDatetime | None, Query(description="Stored then or later.")] = None,
    limit: Limit = 50,
    cursor: After = None,
) -> Json:
    """Signals by when they were stored, the newest first."""
    after = Cursor(*_place(cursor)) if cursor else None
    rows = await ask(visit, load_signals, limit + 1, after, source, community, search, since)
    return page(rows, limit, lambda row: write_cursor(*cursor_of(dict(row))))


@router.post(
    "",
    status_code=201,
    response_model=Received,
    responses={200: {"model": Received, "description": "It came before; the first answer."}},
    openapi_extra=PUSHED,
)
async def receive(
    request: Request,
    timestamp: Annotated[str, Header(alias=TIMESTAMP, description="Seconds since 1970.")] = "",
    signature: Annotated[str, Header(alias=SIGNATURE, description="v1= and the HMAC-SHA256 in hex.")] = "",
    delivery: Annotated[str, Header(alias=DELIVERY, description="The sender's id of it.")] = "",
) -> Response:
    """Take a signed delivery of hot signals, for the tenant of the installation. The same one twice is one."""
    request.state.deed = Deed.TAKE_IN
    told = {TIMESTAMP: timestamp, SIGNATURE: signature, DELIVERY: delivery}
    tenants, body = tenants_of(request), await request.body()
    async with tenants.product(tenants.home) as product:
        try:
            received = await asyncio.to_thread(product.pulls.receive, body, told, datetime.now(UTC))
        except Refused as refused:
            return response(refused.status, refused.reason, {"Retry-After": "60"} if refused.status == 503 else None)
    answer = Json(asdict(received))
    answer.status_code = 200 if received.again else 201
    return answer


@router.get("/quarantine", response_model=Page[Quarantined])
async def list_quarantine(visit: Looking, limit: Limit = 50, cursor: After = None) -> Json:
    """Files with rows that could not be stored, the newest first."""
    after = FileCursor(*_place(cursor)) if cursor else None
    rows = await ask(visit, load_quarantine, limit + 1, after)
    return page(rows, limit, lambda row: write_cursor(row["recorded_at"], row["id"]))


@router.get("/quarantine/{file_id}", response_model=Page[QuarantinedRow])
async def list_rows(visit: Looking, file_id: UUID, limit: Limit = 50, cursor: After = None) -> Json:
    """The rows of one file that could not be stored, in the order of the file; none of a file that nobody knows."""
    after = FileCursor(datetime.now(UTC), file_id, _number(cursor)) if cursor else None
    rows = await ask(visit, load_quarantine, limit + 1, after, file_id)
    return page(rows, limit, lambda row: write_cursor(row["row_no"]))


@router.post("/quarantine/{file_id}/retry", responses=HELD)
async def retry(visit: Retrying, file_id: UUID, again: Again) -> Retried:
    """Try rows of a file again, from its content where that is kept."""
    with _told():
        retried = await quarantine.retry(visit.product, file_id, again.rows, visit.person.handle)
    return Retried(**asdict(retried))


@router.post("/quarantine/{file_id}/file", openapi_extra=FORM, responses=HELD)
async def retry_from_file(request: Request, visit: Retrying, file_id: UUID) -> Retried:
    """Try the rows of a file again, which is brought once more, byte for byte."""
    with _told():
        async with brought(request) as path:
            retried = await quarantine.retry(visit.product, file_id, None, visit.person.handle, path)
    return Retried(**asdict(retried))


@router.post("/files", status_code=201, openapi_extra=FORM)
async def take_file(request: Request, visit: Taking) -> Taken:
    """Take in one file, as `bellwether run --from` does: CSV, JSON or what a source exports, also with gzip."""
    with _told():
        async with brought(request) as path:
            count = await asyncio.to_thread(visit.product.pulls.take_file, path)
    return Taken(**asdict(count))


@router.post("/fetch", status_code=201, responses=refusals(_502="It does not answer"))
async def fetch(visit: Taking, address: Address) -> Taken:
    """Take in what an address of the public internet answers, as a file."""
    with _told():
        count = await visit.product.pulls.take_address(address.url)
    return Taken(**asdict(count))


@router.get("/{signal_id}", response_model=OneSignal, responses=refusals(_404="No such signal"))
async def show_signal(visit: Looking, signal_id: UUID) -> Json:
    """One signal with its observations, the newest first, and the ideas that rest on it."""
    row = await ask(visit, find_signal, signal_id)
    if row is None:
        raise Problem(404, f"no signal {signal_id}")
    return Json(row)


@contextmanager
def _told() -> Iterator[None]:
    """What cannot be taken in becomes a problem, in the line that says why."""
    try:
        yield
    except quarantine.UnknownFile as error:
        raise Problem(404, str(error)) from error
    except quarantine.ContentGone as error:
        raise Problem(409, str(error)) from error
    except (SourceBusy, SourceDown) as error:
        raise Problem(502, str(error)) from error
    except (quarantine.OtherFile, SourceError, Unfit, Unreadable, NothingObserved) as error:
        raise Problem(422, str(error)) from error


def _place(cursor: str) -> tuple[datetime, UUID]:
    """The moment and id that a cursor was written with."""
    try:
        at, identity = read_cursor(cursor)
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise BadCursor(UNKNOWN_CURSOR)
        return moment, UUID(identity)
    except (ValueError, TypeError, AttributeError):
        raise BadCursor(UNKNOWN_CURSOR) from None


def _number(cursor: str) -> int:
    found = read_cursor(cursor)
    if len(found) != 1 or type(found[0]) is not int or not 0 <= found[0] < 2**31:
        raise BadCursor(UNKNOWN_CURSOR)
    return found[0]
