"""Plain posts: any table (CSV, JSON, JSON Lines) with a text and a time, under the names that people give such columns.

A column that says when a row was captured (`captured_at`, `known_at`, ...) is when it was known. Any other time is
taken for a publication time, and then everything is known at the newest time in the file: counts date from the dump.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trends.payload import Read, Rejected, Table, hashtags_in, measured, newest_in, of_tables, text_of
from trends.signal import Signal, SignalKind, author_hash
from trends.when import parse_moment

_TEXTS = ("text", "title", "caption", "message", "body", "content", "headline", "tweet", "post", "description")
CAPTURED = ("known_at", "captured_at", "capture_date", "observed_at", "fetched_at", "retrieved_at", "scraped_at",
            "snapshot_date", "trending_date", "recorded_at", "collected_at")  # fmt: skip
_PUBLISHED = ("created_at", "published_at", "publishedat", "posted_at", "created_utc", "created", "published",
              "timestamp", "datetime", "date", "time", "day", "createtime", "pubdate")  # fmt: skip
_IDS = ("id", "post_id", "status_id", "tweet_id", "video_id", "native_id")
_AUTHORS = ("author", "user", "username", "account", "author_id", "channel", "channel_title", "user_id", "handle")
_COMMUNITIES = ("community", "subreddit", "group", "board", "forum")
_METRICS = {
    "views": ("views", "view_count", "playcount", "impressions", "plays"),
    "likes": ("likes", "like_count", "favorites", "favourites", "favorite_count", "num_likes"),
    "comments": ("comments", "comment_count", "replies", "num_comments", "reply_count", "comments_count"),
    "shares": ("shares", "retweets", "share_count", "retweet_count", "num_shares", "reposts"),
    "score": ("score", "upvotes", "points"),
}


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which of a table's columns plays which part."""

    text: str
    captured: str | None
    published: str | None
    id: str | None
    author: str | None
    community: str | None
    metrics: dict[str, str]

    @classmethod
    def of(cls, columns: frozenset[str]) -> _Columns | None:
        """None where there is no text or no time."""

        def first(names: tuple[str, ...]) -> str | None:
            return next((name for name in names if name in columns), None)

        text, captured, published = first(_TEXTS), first(CAPTURED), first(_PUBLISHED)
        if text is None or (captured is None and published is None):
            return None
        metrics = {metric: found for metric, names in _METRICS.items() if (found := first(names)) is not None}
        return cls(text, captured, published, first(_IDS), first(_AUTHORS), first(_COMMUNITIES), metrics)


def matches(payload: Table) -> bool:
    """A text and a time."""
    return _Columns.of(payload.columns) is not None


def read(payload: Table) -> Read:
    """One signal a row."""
    columns = _Columns.of(payload.columns)
    assert columns is not None  # noqa: S101 - matches() said so
    newest = newest_in(payload, [name for name in (columns.captured, columns.published) if name is not None])
    for row in payload.rows():
        yield row if isinstance(row, Rejected) else _signal(columns, row[0], row[1], newest)


def _signal(columns: _Columns, row: int, cells: Mapping[str, Any], newest: datetime | None) -> Signal | Rejected:
    text = text_of(cells.get(columns.text))
    captured = parse_moment(cells.get(columns.captured)) if columns.captured is not None else None
    published = parse_moment(cells.get(columns.published)) if columns.published is not None else None
    if newest is None or (captured is None and published is None):
        name = columns.captured or columns.published or ""
        return Rejected(row, f"{name} {text_of(cells.get(name))[:30]!r} is no time", text)
    source = text_of(cells.get("source") or cells.get("platform")).strip().lower()[:40] or "posts"
    author = text_of(cells.get(columns.author)).strip() if columns.author is not None else ""
    community = text_of(cells.get(columns.community)).strip() if columns.community is not None else ""
    return Signal(
        source=source,
        kind=SignalKind.ITEM,
        text=text,
        known_at=captured or newest,
        native_id=(text_of(cells.get(columns.id)).strip() or None) if columns.id is not None else None,
        community=community or None,
        category=text_of(cells.get("category")).strip() or None,
        author_hash=author_hash(source, author) if author else None,
        tags=_tags(cells.get("tags", cells.get("hashtags"))) or hashtags_in(text),
        url=text_of(cells.get("url") or cells.get("permalink") or cells.get("link")).strip() or None,
        locale=text_of(cells.get("locale") or cells.get("lang") or cells.get("language")).strip()[:20] or None,
        published_at=published,
        metrics=measured(**{metric: cells.get(name) for metric, name in columns.metrics.items()}),
        row=row,
    )


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(text_of(tag).strip().lstrip("#") for tag in value if isinstance(tag, str) and tag.strip())
    text = text_of(value)
    separator = next((mark for mark in "|;," if mark in text), None)
    return tuple(tag.strip().lstrip("#") for tag in text.split(separator) if tag.strip()) if text else ()


POSTS = of_tables("posts", matches, read)
