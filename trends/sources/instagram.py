"""Instagram Graph API bodies that list media: hashtag top and recent media, a user's media, business discovery.

Hashtag media often come without a timestamp; the permalink's short code tells when a post was made (its id carries
milliseconds since 2011). The body is known at the newest time in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trends.payload import (
    Document,
    NothingObserved,
    Read,
    Rejected,
    hashtags_in,
    mapping,
    measured,
    of_documents,
    text_of,
)
from trends.signal import Signal, SignalKind, author_hash
from trends.when import from_epoch, parse_moment

SOURCE = "instagram"
_SHORTCODE = re.compile(r"instagram\.com/(?:p|reel|tv)/([\w-]{10,11})(?:/|\Z)", re.ASCII)
_ALPHABET = {
    char: n for n, char in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}  # fmt: skip
_EPOCH_MS = 1314220021721
"""Instagram's own epoch: ids are milliseconds since it, shifted left by 23 bits (their engineering blog, 2012)."""
_MEDIA = frozenset({"media_type", "like_count", "comments_count", "permalink", "caption"})


def matches(payload: Document) -> bool:
    """Records with Instagram's media fields, wherever its API puts them."""
    return bool(_media(payload.body))


def _media(body: Any) -> list[Mapping[str, Any]]:
    """The media of a body: `data`, business discovery, a dictionary by id, or one object."""
    found = mapping(body)
    discovered = mapping(mapping(found.get("business_discovery")).get("media"))
    for holder in (discovered.get("data"), mapping(found.get("media")).get("data"), found.get("data")):
        if isinstance(holder, list) and holder and all(_is_media(item) for item in holder):
            return holder
    if _is_media(found):
        return [found]
    values = list(found.values())
    return values if values and all(_is_media(value) for value in values) else []


def _is_media(item: Any) -> bool:
    return isinstance(item, dict) and "id" in item and len(_MEDIA & item.keys()) >= 2


def read(payload: Document) -> Read:
    """One signal a post that has a caption."""
    media = _media(payload.body)
    if not any("caption" in item or "like_count" in item for item in media):
        raise NothingObserved(f"{len(media)} media files without caption or counts")
    moments = [_posted(item) for item in media]
    known_at = payload.recorded or max((moment for moment in moments if moment is not None), default=None)
    for row, item in enumerate(media, 1):
        yield _signal(row, item, known_at)


def _posted(item: Mapping[str, Any]) -> datetime | None:
    stated = parse_moment(item.get("timestamp"))
    if stated is not None:
        return stated
    found = _SHORTCODE.search(text_of(item.get("permalink")))
    if found is None:
        return None
    number = 0
    for char in found[1]:
        number = number * 64 + _ALPHABET[char]
    return from_epoch(((number >> 23) + _EPOCH_MS) / 1000)


def _signal(row: int, item: Mapping[str, Any], known_at: datetime | None) -> Signal | Rejected:
    caption = text_of(item.get("caption"))
    if not caption.strip():
        return Rejected(row, "a post without a caption: no text")
    if known_at is None:
        return Rejected(row, "no time anywhere in the answer: ask the API for `timestamp` or `permalink`", caption)
    author = text_of(mapping(item.get("owner")).get("id") or item.get("username"))
    return Signal(
        source=SOURCE,
        kind=SignalKind.ITEM,
        text=caption,
        known_at=known_at,
        native_id=text_of(item["id"]) or None,
        author_hash=author_hash(SOURCE, author) if author else None,
        tags=hashtags_in(caption),
        url=text_of(item.get("permalink")) or None,
        published_at=_posted(item),
        metrics=measured(likes=item.get("like_count"), comments=item.get("comments_count")),
        row=row,
    )


INSTAGRAM = of_documents("instagram graph api", matches, read)
