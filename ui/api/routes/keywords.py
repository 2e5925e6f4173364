"""Keywords: what scans prefer; found rising, or added by a person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from graphs.people import Deed
from store import keywords
from store.keywords import FoundBy
from store.queue import UNKNOWN_CURSOR, BadCursor, read_cursor, write_cursor
from trends.keywords import own_keyword
from trends.matching import words_of
from trends.merge import key_of
from trends.normalize import clean
from ui.api.access import Looking, Visit, visit
from ui.api.paging import After, Limit, Page
from ui.api.problems import Problem, refusals
from ui.api.sessions import plainly

router = APIRouter(prefix="/keywords", tags=["keywords"])
Keeping = Annotated[Visit, Depends(visit(Deed.KEEP_KEYWORDS))]
MOST_CHARS = 200
Phrase = Annotated[str, Path(max_length=MOST_CHARS)]


class Keyword(BaseModel):
    """A phrase that scans look for."""

    phrase: str
    key: str = Field(description="What spellings of it have in common.")
    category: str
    strength: float = Field(ge=0, le=1, description="When it was last seen.")
    uses: int
    products: list[str]
    urls: list[str]
    found_by: FoundBy
    first_seen_at: datetime
    last_seen_at: datetime
    expires_at: datetime | None = Field(description="Null: until a person takes it away.")


class Wanted(BaseModel):
    """A phrase to be looked for."""

    model_config = ConfigDict(extra="forbid")

    phrase: str = Field(min_length=1, max_length=MOST_CHARS)


@router.get("")
async def list_keywords(visit: Looking, limit: Limit = 50, cursor: After = None) -> Page[Keyword]:
    """Every living keyword, by its key."""
    after = _key(cursor) if cursor else ""
    living = await plainly(visit, keywords.load_keywords, datetime.now(UTC))
    rows = [each for each in living if each.key > after]
    shown = [_shown(each) for each in rows[:limit]]
    return Page(items=shown, next=write_cursor(shown[-1].key) if len(rows) > limit else None)


@router.post("", status_code=201)
async def add_keyword(visit: Keeping, wanted: Wanted) -> Keyword:
    """Let scans look for a phrase until it is taken away. Added again, it stays one."""
    try:
        keyword = own_keyword(wanted.phrase, datetime.now(UTC))
    except ValueError as error:
        raise Problem(422, str(error)) from error
    return _shown(await plainly(visit, keywords.add_keyword, keyword, visit.person.handle))


@router.delete("/{phrase}", status_code=204, responses=refusals(_404="No such keyword lives"))
async def remove_keyword(visit: Keeping, phrase: Phrase) -> None:
    """Look for a phrase no longer, in whatever spelling; what is found rising again begins anew."""
    key = key_of(words_of(clean(phrase)))
    if not await plainly(visit, keywords.remove_keyword, key, datetime.now(UTC), visit.person.handle):
        raise Problem(404, f"no keyword {phrase!r}")


def _shown(keyword: keywords.Keyword) -> Keyword:
    row: dict[str, Any] = {name: getattr(keyword, name) for name in Keyword.model_fields}
    return Keyword(**row)


def _key(cursor: str) -> str:
    found = read_cursor(cursor)
    if len(found) != 1 or not isinstance(found[0], str):
        raise BadCursor(UNKNOWN_CURSOR)
    return found[0]
