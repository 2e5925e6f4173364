"""Weights of the score: their history, and a new version of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from graphs.people import Deed
from store.queue import UNKNOWN_CURSOR, BadCursor, read_cursor, write_cursor
from store.weights import FIVE, MOST, BadWeights, Superseded, add_weights, load_weights
from ui.api.access import Looking, Visit, ask, visit
from ui.api.paging import After, Limit, Page
from ui.api.problems import Problem, refusals

router = APIRouter(prefix="/weights", tags=["weights"])
Setting = Annotated[Visit, Depends(visit(Deed.SET_WEIGHTS))]
Weight = Annotated[float, Field(ge=0, le=MOST, allow_inf_nan=False)]


class Five(BaseModel):
    """How much each term of the score counts; only their proportions do."""

    freshness: Weight
    engagement: Weight
    novelty: Weight
    community_fit: Weight
    seasonality: Weight


class Version(Five):
    """Weights that were set, by whom and why."""

    version: int
    reason: str
    actor: str = Field(description="Empty: they came with the product.")
    known_at: datetime = Field(description="In force from then on.")


class Proposed(Five):
    """Weights to be set."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500, description="Why: the history shows it.")
    based_on: int = Field(ge=1, le=2**31 - 1, description="The newest version that you know.")


@router.get("")
async def list_weights(visit: Looking, limit: Limit = 50, cursor: After = None) -> Page[Version]:
    """Every version that was set, the newest first: the first one with a moment that has come is in force."""
    rows = await ask(visit, load_weights, limit + 1, _before(cursor) if cursor else None)
    shown = [Version(**row) for row in rows[:limit]]
    return Page(items=shown, next=write_cursor(shown[-1].version) if len(rows) > limit else None)


@router.post("", status_code=201, responses=refusals(_409="Another version was set meanwhile: `standing`"))
async def set_weights(visit: Setting, proposed: Proposed) -> Version:
    """Set the weights from now on. Scores that stand keep the version that they were computed with."""
    five, actor = {name: getattr(proposed, name) for name in FIVE}, visit.person.handle
    try:
        row = await ask(visit, add_weights, five, proposed.reason, actor, datetime.now(UTC), proposed.based_on)
    except BadWeights as error:
        raise Problem(422, str(error)) from error
    except Superseded as error:
        standing = Version(**error.standing).model_dump(mode="json")
        raise Problem(409, str(error), standing=standing) from error
    return Version(**row)


def _before(cursor: str) -> int:
    found = read_cursor(cursor)
    if len(found) != 1 or type(found[0]) is not int or not 0 < found[0] < 2**31:
        raise BadCursor(UNKNOWN_CURSOR)
    return found[0]
