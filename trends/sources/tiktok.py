"""TikTok trending payloads: `collector` JSON, or the same items as a list or JSON Lines.

The payload does not say when it was collected, so its rows are known at the newest time in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from trends.payload import (
    Document,
    Format,
    NothingObserved,
    Payload,
    Read,
    Rejected,
    Table,
    hashtags_in,
    mapping,
    measured,
    text_of,
)
from trends.signal import Signal, SignalKind, author_hash
from trends.when import parse_moment

SOURCE = "tiktok"


def matches(payload: Payload) -> bool:
    """A `collector` list, or records with TikTok's own names."""
    if isinstance(payload, Table):
        return {"text", "createtime", "playcount"} <= payload.columns
    return isinstance(mapping(payload.body).get("collector"), list)


def read(payload: Payload) -> Read:
    """One signal a video."""
    if isinstance(payload, Document):
        items = mapping(payload.body)["collector"]
        if not items:
            raise NothingObserved("a collector without items", empty=True)
        newest = payload.recorded or _newest(mapping(item) for item in items)
        for row, item in enumerate(items, 1):
            lowered = {text_of(key).lower(): value for key, value in mapping(item).items()}
            yield _signal(row, lowered, newest)
        return
    newest = _newest(row[1] for row in payload.rows() if not isinstance(row, Rejected))
    for found in payload.rows():
        yield found if isinstance(found, Rejected) else _signal(*found, newest)


def _newest(items: Iterable[Mapping[str, Any]]) -> datetime | None:
    moments = (parse_moment(item.get("createTime", item.get("createtime"))) for item in items)
    return max((moment for moment in moments if moment is not None), default=None)


def _signal(row: int, item: Mapping[str, Any], known_at: datetime | None) -> Signal | Rejected:
    text, video = text_of(item.get("text")), text_of(item.get("id"))
    if known_at is None:
        return Rejected(row, "no time anywhere in the payload", text)
    author = mapping(item.get("authormeta"))
    name = text_of(author.get("id") or author.get("name"))
    marked = item.get("hashtags")
    named = [text_of(mapping(tag).get("name")) for tag in marked] if isinstance(marked, list) else []
    return Signal(
        source=SOURCE,
        kind=SignalKind.ITEM,
        text=text,
        known_at=known_at,
        native_id=video or None,
        author_hash=author_hash(SOURCE, name) if name else None,
        tags=tuple(tag for tag in named if tag) or hashtags_in(text),
        url=f"https://www.tiktok.com/embed/v2/{video}" if video.isdigit() else None,
        published_at=parse_moment(item.get("createtime")),
        metrics=measured(
            views=item.get("playcount"),
            likes=item.get("diggcount"),
            shares=item.get("sharecount"),
            comments=item.get("commentcount"),
        ),
        row=row,
    )


TIKTOK = Format("tiktok collector", matches, read)
