"""Reddit top CSVs: one row a post, with its score as counted when the dump was made.

The dump names no date of its own, so every row is known at the newest time anywhere in the file: a total counted in
2013 was not known in 2012, whenever the post was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trends.payload import Read, Rejected, Table, measured, newest_in, of_tables, text_of
from trends.signal import Signal, SignalKind, author_hash
from trends.when import parse_moment

SOURCE = "reddit"
_TRUE = frozenset({"true", "1"})


def matches(payload: Table) -> bool:
    """Subreddit, title, score and creation time."""
    return {"subreddit", "created_utc", "score", "title"} <= payload.columns


def read(payload: Table) -> Read:
    """One signal a row; the file is gone through once for its newest time, then once for its rows."""
    newest = newest_in(payload, ("retrieved_on", "created_utc", "edited"))
    for row in payload.rows():
        if isinstance(row, Rejected):
            yield row
        elif newest is None:
            yield Rejected(row[0], "no time anywhere in the file: created_utc is empty", text_of(row[1]["title"]))
        else:
            yield _signal(*row, newest)


def _signal(row: int, cells: Mapping[str, Any], newest: datetime) -> Signal | Rejected:
    title = text_of(cells["title"]).strip()
    if text_of(cells.get("over_18")).lower() in _TRUE:
        return Rejected(row, "nsfw: the post is marked over 18")
    created = parse_moment(cells["created_utc"])
    if created is None:
        return Rejected(row, f"created_utc {text_of(cells['created_utc'])[:30]!r} is no time", title)
    author = text_of(cells.get("author")).strip()
    post = text_of(cells.get("id")).strip()
    permalink = text_of(cells.get("permalink")).strip()
    return Signal(
        source=SOURCE,
        kind=SignalKind.ITEM,
        text=title,
        known_at=parse_moment(cells.get("retrieved_on")) or newest,
        native_id=f"t3_{post.removeprefix('t3_')}" if post else None,
        community=text_of(cells["subreddit"]).strip() or None,
        author_hash=author_hash(SOURCE, author) if author and author != "[deleted]" else None,
        tags=tuple(flair for flair in (text_of(cells.get("link_flair_text")).strip(),) if flair),
        url=f"https://www.reddit.com{permalink}" if permalink.startswith("/") else permalink or None,
        published_at=created,
        metrics=measured(score=cells["score"], comments=cells.get("num_comments")),
        row=row,
    )


REDDIT_CSV = of_tables("reddit top csv", matches, read)
