"""Reviews: what people answered, and the ways to answer: one idea, many, and taking back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from graphs.people import Deed, Person
from graphs.reviews import Outcome, Verdict
from store.decisions import Decided
from store.queue import UNKNOWN_CURSOR, BadCursor, load_answers_of_late, read_cursor, write_cursor
from ui.api import problems
from ui.api.access import Deciding, Looking, Visit, ask, known, opened
from ui.api.paging import After, Json, Limit, Page, page
from ui.api.problems import refusals
from ui.api.shapes import Answer, Bulk, BulkOutcome, Item, Review, ReviewRow, only

router = APIRouter(tags=["reviews"])
Known = Annotated[Person, Depends(known)]
REFUSED = refusals(_404="There is no such idea", _409="It was decided already (`standing` says by whom), or cannot be")


async def answering(request: Request, person: Known, given: Answer) -> AsyncIterator[Visit]:
    """The visit of somebody who answers: a note takes less than a decision."""
    async with opened(request, person, _deed(given)) as made:
        yield made


async def answering_many(request: Request, person: Known, given: Bulk) -> AsyncIterator[Visit]:
    """The visit of somebody who answers many: the most that one of them takes."""
    deed = Deed.NOTE if all(_deed(each) is Deed.NOTE for each in given.items) else Deed.DECIDE
    async with opened(request, person, deed) as made:
        yield made


@router.get("/reviews", response_model=Page[ReviewRow])
async def list_reviews(visit: Looking, limit: Limit = 50, cursor: After = None) -> Json:
    """Who answered what, when, the latest first; also what was taken back."""
    rows: list[dict[str, Any]] = await ask(visit, load_answers_of_late, limit + 1, _read(cursor) if cursor else None)
    return page([only(row, ReviewRow) for row in rows], limit, lambda row: write_cursor("answered", row["id"]))


@router.post(
    "/ideas/{idea_id}/reviews",
    response_model=Review,
    status_code=201,
    responses={200: {"model": Review, "description": "It stood already"}, **REFUSED},
)
async def answer(visit: Annotated[Visit, Depends(answering)], idea_id: UUID, given: Answer) -> Json:
    """Approve, edit, reject, send back with a note, or put away. The same again finds what stands."""
    review, is_new = await visit.product.reviews.answer(_verdict(idea_id, given), visit.person.handle)
    return Json(only(review, Review), 201 if is_new else 200)


@router.post("/ideas/{idea_id}/undo", response_model=Review, responses=REFUSED)
async def undo(visit: Deciding, idea_id: UUID) -> Json:
    """Take the answer back, while `undo_until` lies ahead and nothing has followed from it."""
    return Json(only(await visit.product.reviews.undo(idea_id, visit.person.handle), Review))


@router.post("/reviews", response_model=BulkOutcome)
async def answer_many(visit: Annotated[Visit, Depends(answering_many)], given: Bulk) -> Json:
    """Answer many; one that cannot be taken does not hold up the others."""
    verdicts = [_verdict(item.idea_id, item) for item in given.items]
    outcomes = await visit.product.reviews.bulk(verdicts, visit.person.handle)
    return Json({"outcomes": [_outcome(each) for each in outcomes]})


def _deed(given: Answer) -> Deed:
    return Deed.NOTE if given.answer == "respond" else Deed.DECIDE


def _verdict(idea_id: UUID, given: Answer | Item) -> Verdict:
    edits = given.edits.model_dump(exclude_none=True) if given.edits else None
    return Verdict(idea_id, given.answer, given.reason, edits)


def _outcome(came: Outcome) -> Mapping[str, Any]:
    refusal = came.refusal
    status = problems.status_of(refusal) if refusal else 201 if came.is_new else 200
    return {
        "idea_id": came.idea_id,
        "status": status,
        "review": only(came.review, Review) if came.review else None,
        "detail": came.error,
        "standing": problems.standing(refusal.review) if isinstance(refusal, Decided) else None,
    }


def _read(text: str) -> UUID:
    """Where the next page begins. BadCursor where it is no cursor of this list."""
    try:
        what, review_id = read_cursor(text)
        if what != "answered":
            raise BadCursor(UNKNOWN_CURSOR)
        return UUID(review_id)
    except (ValueError, TypeError, AttributeError):
        raise BadCursor(UNKNOWN_CURSOR) from None
