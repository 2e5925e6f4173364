"""YouTube: what is most popular in each watched region, and the newest videos for the strongest keywords.

Data API v3. A page of the chart costs 1 unit of the 10,000 a day, a search 100: of the keywords, strongest first, three
are searched for in a scan, each at most once a day. The key travels as a header, which no log of addresses holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from trends.live.source import LiveSource, Reply, Request, Scan
from trends.payload import Document, Read, mapping
from trends.signal import content_hash
from trends.sources.youtube_api import read as read_videos
from trends.when import parse_moment

SEARCHES = 3
SEARCH_UNITS = 100
SEARCHED_EVERY = timedelta(days=1)


def first(scan: Scan) -> Iterator[Request]:
    """A chart a region, then the keywords whose turn it is."""
    headers = {"X-Goog-Api-Key": scan.keys["youtube_api_key"]}
    for region in scan.watch:
        query = {"part": "snippet,statistics", "chart": "mostPopular", "regionCode": region, "maxResults": "50"}
        yield Request(f"chart/{region}", "/youtube/v3/videos", query, headers)
    since = (scan.now - timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%SZ")
    slots = {f"search/{content_hash(keyword)[:16]}": keyword for keyword in scan.keywords}
    for slot, keyword in [(slot, words) for slot, words in slots.items() if _is_due(scan, slot)][:SEARCHES]:
        query = {"part": "snippet", "type": "video", "order": "viewCount", "maxResults": "50", "safeSearch": "strict"}
        yield Request(
            slot, "/youtube/v3/search", {**query, "q": keyword, "publishedAfter": since}, headers, units=SEARCH_UNITS
        )


def after(reply: Reply) -> Request | None:
    """The next page of a chart; of a search the first page is enough."""
    token = mapping(reply.body).get("nextPageToken")
    if not isinstance(token, str) or not token or reply.request.slot.startswith("search/"):
        return None
    return replace(reply.request, query={**reply.request.query, "pageToken": token})


def keep(reply: Reply) -> Mapping[str, Any]:
    """When a keyword was searched for."""
    return {"searched_at": reply.fetched_at.isoformat()} if reply.request.slot.startswith("search/") else {}


def read(reply: Reply) -> Read:
    """Videos, observed when they were fetched."""
    return read_videos(Document(mapping(reply.body), recorded=reply.fetched_at))


def _is_due(scan: Scan, slot: str) -> bool:
    searched_at = parse_moment(scan.cursors.get(slot, {}).get("searched_at"))
    return searched_at is None or searched_at <= scan.now - SEARCHED_EVERY


YOUTUBE = LiveSource(
    name="youtube",
    title="YouTube Data API v3",
    base="https://www.googleapis.com",
    watch=("US", "GB"),
    first=first,
    after=after,
    keep=keep,
    read=read,
    needs=("youtube_api_key",),
    quota=10_000,
    most_pages=4,
)
