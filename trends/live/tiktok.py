"""TikTok: trending videos from an address of your own, `TIKTOK_FEED_URL`. TikTok publishes no open API for them.

The address answers JSON: `{"collector": [...]}`, or the items alone as a list, as collectors write them (`id`, `text`,
`createTime`, `playCount`, `diggCount`, `shareCount`, `commentCount`, `authorMeta`, `hashtags`). Known when it was
fetched. A video that is seen again is a new observation: its views an hour and likes a view follow from those.

No quota but the owner's of that address, whose terms apply; one request an hour. Nobody specifies the shape: it is that
of such files (`trends/sources/tiktok.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from trends.live.source import LiveSource, Reply, Request, Scan
from trends.payload import Document, NothingObserved, Read, mapping
from trends.sources.tiktok import TIKTOK as COLLECTOR
from trends.survey import Unreadable


def first(scan: Scan) -> Iterator[Request]:
    """The address; the slot says nothing of it, for it may hold a key."""
    yield Request("feed", scan.keys["tiktok_feed_url"])


def read(reply: Reply) -> Read:
    """One signal a video."""
    items = reply.body if isinstance(reply.body, list) else mapping(reply.body).get("collector")
    if not isinstance(items, list):
        raise Unreadable("no collector: a list of videos under `collector`, or alone")
    if not items:
        raise NothingObserved("a collector without items", empty=True)
    yield from COLLECTOR.read(Document({"collector": items}, recorded=reply.fetched_at))


TIKTOK = LiveSource(
    name="tiktok",
    title="TikTok",
    base="",
    watch=(),
    first=first,
    read=read,
    needs=("tiktok_feed_url",),
    most_pages=1,
)
