"""Paging: lists a page at a time: `limit` rows and the cursor of the next page, or null at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Query, Response
from pydantic import BaseModel, Field

from store.queue import CURSOR_LIMIT, UNKNOWN_CURSOR, BadCursor, read_cursor

T = TypeVar("T")
MOST = 200

Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows of a page.")]
After = Annotated[
    str | None,
    Query(alias="cursor", max_length=CURSOR_LIMIT, description="`next` of the page before; left out for the first."),
]


class Page(BaseModel, Generic[T]):
    """Some rows, and where the next ones begin."""

    items: list[T]
    next: str | None = Field(description="The cursor of the next page; null at the end.")


class Json(Response):
    """Rows as they came from the tables, written once: nothing in them is read or checked again."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Times are RFC 3339; what JSON has no word for is text."""
        return orjson.dumps(content, default=str, option=orjson.OPT_NON_STR_KEYS)


def page(rows: Sequence[Mapping[str, Any]], limit: int, cursor: Callable[[Mapping[str, Any]], str]) -> Json:
    """The first `limit` of the rows, which were asked for with one more, so that the end is known."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Json({"items": shown, "next": cursor(shown[-1]) if more else None})


def place(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The moment and the id that a cursor holds; None for the first page. BadCursor where it holds anything else."""
    if cursor is None:
        return None
    try:
        at, identity = read_cursor(cursor)
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise BadCursor(UNKNOWN_CURSOR)
        return moment, UUID(identity)
    except (ValueError, TypeError, AttributeError):
        raise BadCursor(UNKNOWN_CURSOR) from None
