"""Google Trends: what is searched for right now, from its public feed, without a key.

Asked per place (`US`, `GB`, `US-NY`): `/trending/rss?geo=US`, about ten to twenty phrases with roughly how often each
was searched. An entry `realtime:US` asks the older realtime answer instead (JSON behind `)]}'`), for where it is still
given. Known when it was fetched: Google dates the rise of a phrase, not its count.

No quota is published: one request a place and hour, and robots.txt is obeyed. Google documents the feed with the export
menu of trends.google.com/trending; the realtime answer is undocumented.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

from trends.live.source import LiveSource, Reply, Request, Scan
from trends.opening import payload_in
from trends.payload import Document, Read
from trends.sources.google_trends import GOOGLE_TRENDS as ANSWER
from trends.sources.trends_rss import TRENDS_RSS
from trends.survey import Unreadable

REALTIME = {"hl": "en-US", "tz": "0", "cat": "all", "fi": "0", "fs": "0", "ri": "300", "rs": "20", "sort": "0"}


def first(scan: Scan) -> Iterator[Request]:
    """One request a watched place."""
    for watched in scan.watch:
        what, _, place = watched.rpartition(":")
        if what == "realtime":
            query = {**REALTIME, "geo": place}
            yield Request(watched, "/trends/api/realtimetrends", query, answers="text")
        else:
            yield Request(f"rss:{place}", "/trending/rss", {"geo": place}, answers="text")


def read(reply: Reply) -> Read:
    """The phrases of the feed, or of the realtime answer."""
    payload = payload_in(reply.body)
    if not isinstance(payload, Document):
        raise Unreadable("a list, neither a feed nor an answer of Google Trends")
    address = f"{reply.request.path}?{urlencode(reply.request.query)}"
    payload = replace(payload, uri=address, recorded=reply.fetched_at)
    family = next((family for family in (TRENDS_RSS, ANSWER) if family.matches(payload)), None)
    if family is None:
        raise Unreadable("neither the feed nor an answer of Google Trends")
    yield from family.read(payload)


GOOGLE_TRENDS = LiveSource(
    name="google_trends",
    title="Google Trends",
    base="https://trends.google.com",
    watch=("US",),
    first=first,
    read=read,
    obeys_robots=True,
    pause_s=2.0,
    most_pages=1,
)
