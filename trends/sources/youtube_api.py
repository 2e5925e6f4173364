"""Raw YouTube Data API v3 bodies: videos, search results and playlist items are signals; the rest is reference.

A body does not say when it was fetched, so its rows are known when the recording says, else at the newest time in the
body.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trends.payload import (
    Document,
    NothingObserved,
    Read,
    Rejected,
    mapping,
    measured,
    newest_time,
    of_documents,
    text_of,
)
from trends.signal import Signal, SignalKind, author_hash
from trends.sources.youtube_categories import CATEGORIES
from trends.when import parse_moment

SOURCE = "youtube"
_TIMES = ("publishedAt", "videoPublishedAt", "actualStartTime")
_OBSERVED = frozenset({"youtube#video", "youtube#searchResult", "youtube#playlistItem"})


def matches(payload: Document) -> bool:
    """A `kind` that begins with `youtube#`."""
    return text_of(mapping(payload.body).get("kind")).startswith("youtube#")


def read(payload: Document) -> Read:
    """One signal a video; NothingObserved for channels, categories and other answers without one."""
    body = mapping(payload.body)
    items = body["items"] if isinstance(body.get("items"), list) else [body]
    if not items:
        raise NothingObserved("an answer without items", empty=True)
    if not any(_video_id(mapping(item)) for item in items):
        kind = text_of(body["kind"]).removeprefix("youtube#")
        raise NothingObserved(f"{kind}: {len(items)} records that describe, none of them a video that was observed")
    known_at = payload.recorded or newest_time(body, _TIMES)
    for row, item in enumerate(items, 1):
        yield _signal(row, mapping(item), known_at)


def _video_id(item: Mapping[str, Any]) -> str | None:
    """The id of the video an item is about; None where it is about a channel, a playlist or a category."""
    kind, identity = text_of(item.get("kind")), item.get("id")
    if kind not in _OBSERVED:
        return None
    if kind == "youtube#video":
        found = text_of(identity)
    elif kind == "youtube#searchResult":
        found = text_of(mapping(identity).get("videoId"))
    else:
        found = text_of(mapping(mapping(item.get("snippet")).get("resourceId")).get("videoId"))
    return found or None


def _signal(row: int, item: Mapping[str, Any], known_at: datetime | None) -> Signal | Rejected:
    snippet, counted = mapping(item.get("snippet")), mapping(item.get("statistics"))
    video, title = _video_id(item), text_of(snippet.get("title"))
    if video is None:
        return Rejected(row, f"{text_of(item.get('kind')) or 'an item'} without a video id: not a video", title)
    if known_at is None:
        return Rejected(row, "no time anywhere in the answer", title)
    listed = item.get("kind") == "youtube#playlistItem"
    published = mapping(item.get("contentDetails")).get("videoPublishedAt") if listed else snippet.get("publishedAt")
    channel = text_of((listed and snippet.get("videoOwnerChannelId")) or snippet.get("channelId"))
    tags = snippet.get("tags")
    return Signal(
        source=SOURCE,
        kind=SignalKind.ITEM,
        text=title,
        known_at=known_at,
        native_id=video,
        category=CATEGORIES.get(text_of(snippet.get("categoryId"))),
        author_hash=author_hash(SOURCE, channel) if channel else None,
        tags=tuple(text_of(tag) for tag in tags) if isinstance(tags, list) else (),
        url=f"https://www.youtube.com/watch?v={video}",
        locale=text_of(snippet.get("defaultAudioLanguage") or snippet.get("defaultLanguage")) or None,
        published_at=parse_moment(published),
        metrics=measured(
            views=counted.get("viewCount"),
            likes=counted.get("likeCount"),
            dislikes=counted.get("dislikeCount"),
            comments=counted.get("commentCount"),
        ),
        row=row,
    )


YOUTUBE_API = of_documents("youtube data api", matches, read)
