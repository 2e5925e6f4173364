"""Raw Reddit `Listing` JSON: posts (t3) and comments (t1) with their replies; a listing of communities (t5) is
reference.

A listing does not say when it was fetched, so its rows are known when the recording says, else at the newest time in
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from trends.payload import (
    Document,
    NothingObserved,
    Read,
    Rejected,
    mapping,
    measured,
    of_documents,
    text_of,
)
from trends.signal import Signal, SignalKind, author_hash
from trends.when import parse_moment

SOURCE = "reddit"
_TIMES = ("created_utc", "edited")
_WHAT = {"t2": "an account", "t4": "a message", "t5": "a community", "t6": "an award"}


def matches(payload: Document) -> bool:
    """A `Listing`, a list of them (a post with its comments), or one thing."""
    first = mapping(payload.body[0] if isinstance(payload.body, list) and payload.body else payload.body)
    kind = text_of(first.get("kind"))
    return isinstance(first.get("data"), dict) and (kind == "Listing" or kind in {"t1", "t3", "t5"})


def read(payload: Document) -> Read:
    """One signal a post or comment; NothingObserved for an empty listing or one of communities alone."""
    things = list(_things(payload.body))
    if not things:
        raise NothingObserved("a listing without children", empty=True)
    kinds = {text_of(thing.get("kind")) for thing in things}
    if not kinds & {"t1", "t3"}:
        what = ", ".join(sorted(_WHAT.get(kind, kind or "unnamed") for kind in kinds))
        raise NothingObserved(f"a listing of {len(things)} records ({what}), no post or comment")
    known_at = payload.recorded or _newest(things)
    for row, thing in enumerate(things, 1):
        yield _signal(row, thing, known_at)


def _things(body: Any) -> Iterator[Mapping[str, Any]]:
    """Every thing in the listings, replies included, in reading order; `more` stubs hold nothing."""
    stack = [iter(body if isinstance(body, list) else [body])]
    while stack:
        thing = next(stack[-1], None)
        if thing is None:
            stack.pop()
            continue
        data = mapping(mapping(thing).get("data"))
        if thing.get("kind") == "Listing":
            children = data.get("children")
            stack.append(iter(c for c in children if isinstance(c, dict)) if isinstance(children, list) else iter(()))
        elif thing.get("kind") != "more":
            yield thing
            replies = data.get("replies")
            if isinstance(replies, dict):
                stack.append(iter([replies]))


def _newest(things: list[Mapping[str, Any]]) -> datetime | None:
    """The newest time of the things themselves (what they embed has times of other things)."""
    moments = [parse_moment(mapping(thing.get("data")).get(name)) for thing in things for name in _TIMES]
    return max((moment for moment in moments if moment is not None), default=None)


def _signal(row: int, thing: Mapping[str, Any], known_at: datetime | None) -> Signal | Rejected:
    kind, data = text_of(thing.get("kind")), mapping(thing.get("data"))
    text = text_of(data.get("title") if kind == "t3" else data.get("body"))
    if kind not in {"t1", "t3"}:
        return Rejected(row, f"{_WHAT.get(kind, 'a record')} ({kind}), not a post or comment", text)
    if data.get("over_18") is True:
        return Rejected(row, "nsfw: marked over 18")
    if known_at is None:
        return Rejected(row, "no time anywhere in the listing", text)
    name, author = text_of(data.get("id")), text_of(data.get("author"))
    permalink = text_of(data.get("permalink"))
    return Signal(
        source=SOURCE,
        kind=SignalKind.ITEM,
        text=text,
        known_at=known_at,
        native_id=f"{kind}_{name}" if name else None,
        community=text_of(data.get("subreddit")) or None,
        author_hash=author_hash(SOURCE, author) if author and author != "[deleted]" else None,
        tags=tuple(flair for flair in (text_of(data.get("link_flair_text")).strip(),) if flair and kind == "t3"),
        url=f"https://www.reddit.com{permalink}" if permalink.startswith("/") else None,
        published_at=parse_moment(data.get("created_utc")),
        metrics=measured(
            score=None if data.get("score_hidden") is True else data.get("score"), comments=data.get("num_comments")
        ),
        row=row,
    )


REDDIT_JSON = of_documents("reddit listing", matches, read)
