"""Instagram: the most popular posts of a hashtag, by the Graph API. Needs INSTAGRAM_TOKEN and INSTAGRAM_USER_ID.

An account may look at 30 different hashtags in seven days; asking again for one that counts costs nothing. So a cursor
keeps a hashtag's number (it never changes: asked for once) and since when it counts; watched hashtags come first, then
the strongest keywords as hashtags, and the thirty-first waits. One page of 50 posts a hashtag, without authors (the API
names none), known when it was fetched. developers.facebook.com, Instagram Platform, Hashtag Search; no OpenAPI exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from trends.live.source import LiveSource, Reply, Request, Scan
from trends.payload import Document, NothingObserved, Read, mapping, text_of
from trends.sources.instagram import INSTAGRAM as MEDIA
from trends.when import EARLIEST, parse_moment

MOST_HASHTAGS, WINDOW, SEARCH = 30, timedelta(days=7), "/ig_hashtag_search"
FIELDS = "id,caption,media_type,permalink,timestamp,like_count,comments_count"


def first(scan: Scan) -> Iterator[Request]:
    """A request a hashtag, as many as the seven days still allow: its number first, where it is not known."""
    headers = {"Authorization": f"Bearer {scan.keys['instagram_token']}"}
    counting = {slot for slot, kept in scan.cursors.items() if _counts(kept, scan.now)}
    hashtags = (re.sub(r"[\W_]+", "", phrase.casefold())[:80] for phrase in (*scan.watch, *scan.keywords))
    for slot in dict.fromkeys(filter(None, hashtags)):
        if slot in counting or len(counting) < MOST_HASHTAGS:
            counting.add(slot)
            search = Request(slot, SEARCH, {"user_id": scan.keys["instagram_user_id"], "q": slot}, headers)
            number = text_of(scan.cursors.get(slot, {}).get("id"))
            yield _top_media(search, number) if number.isdigit() else search


def after(reply: Reply) -> Request | None:
    """The posts of the hashtag whose number was asked for."""
    number = _number(reply) if reply.request.path == SEARCH else ""
    return _top_media(reply.request, number) if number.isdigit() else None


def read(reply: Reply) -> Read:
    """The posts; a number alone holds none."""
    if not mapping(reply.body).get("data"):
        raise NothingObserved("a hashtag that is not there, or has no posts", empty=True)
    if reply.request.path != SEARCH:
        yield from MEDIA.read(Document(reply.body, recorded=reply.fetched_at))


def keep(reply: Reply) -> Mapping[str, Any]:
    """The hashtag's number, and since when it counts."""
    since = reply.cursor.get("since") if _counts(reply.cursor, reply.fetched_at) else reply.fetched_at.isoformat()
    return {"id": _number(reply), "since": since}


def _counts(kept: Mapping[str, Any], now: datetime) -> bool:
    return now - (parse_moment(kept.get("since")) or EARLIEST) < WINDOW


def _top_media(request: Request, number: str) -> Request:
    query = {"user_id": request.query["user_id"], "fields": FIELDS, "limit": "50"}
    return replace(request, path=f"/{number}/top_media", query=query)


def _number(reply: Reply) -> str:
    found = mapping(reply.body).get("data")
    if reply.request.path != SEARCH:
        return reply.request.path.split("/")[1]
    return text_of(mapping(found[0]).get("id")) if isinstance(found, list) and found else ""


INSTAGRAM = LiveSource(
    "instagram", "Instagram", "https://graph.facebook.com/v23.0",
    ("pumpkincarving", "handmadegifts", "cottagecore", "plantlover", "vintagetee", "catlovers", "bookish"),
    first, read, after, keep, needs=("instagram_token", "instagram_user_id"), interval=timedelta(hours=3), most_pages=2,
)  # fmt: skip
