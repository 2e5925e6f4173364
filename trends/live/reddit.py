"""Reddit: what is hot, on top and rising in the watched communities, and what is new about the strongest keywords.

With an app's id and secret (client credentials) it is asked at oauth.reddit.com; without them the public listings are,
as far as robots.txt lets us. The answers are the same.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

from trends.live.source import Keys, LiveSource, Reply, Request, Scan
from trends.payload import Document, Read, mapping
from trends.signal import content_hash
from trends.sources.reddit_json import matches
from trends.sources.reddit_json import read as read_listing

LISTINGS = ("hot", "rising", "top")
SEARCHES = 5


def login(keys: Keys) -> Request | None:
    """A token of the app's own; without an app, none."""
    app, secret = keys.get("reddit_client_id"), keys.get("reddit_client_secret")
    if not app or not secret:
        return None
    basic = base64.b64encode(f"{app}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials"}
    path = "https://www.reddit.com/api/v1/access_token"
    return Request("login", path, headers={"Authorization": f"Basic {basic}"}, form=form)


def first(scan: Scan) -> Iterator[Request]:
    """Every listing of every community, then the keywords."""
    headers, end = ({"Authorization": f"Bearer {scan.token}"}, "") if scan.token else ({}, ".json")
    common = {"limit": "100", "raw_json": "1"}
    for listing in LISTINGS:
        for community in scan.watch:
            query = {**common, "t": "day"} if listing == "top" else common
            yield Request(f"{listing}/{community}", f"/r/{community}/{listing}{end}", query, headers)
    for keyword in scan.keywords[:SEARCHES]:
        query = {**common, "q": f'"{keyword}"', "sort": "new", "t": "week"}
        yield Request(f"search/{content_hash(keyword)[:16]}", f"/search{end}", query, headers)


def after(reply: Reply) -> Request | None:
    """The next page of what is hot or on top."""
    name = mapping(mapping(reply.body).get("data")).get("after")
    if not isinstance(name, str) or not name or reply.request.slot.startswith(("rising/", "search/")):
        return None
    return replace(reply.request, query={**reply.request.query, "after": name})


def read(reply: Reply) -> Read:
    """Posts, observed when they were fetched."""
    listing = Document(reply.body, recorded=reply.fetched_at)
    if not matches(listing):
        raise ValueError("no listing")
    return read_listing(listing)


REDDIT = LiveSource(
    name="reddit",
    title="Reddit listings",
    base="https://www.reddit.com",
    signed_in_base="https://oauth.reddit.com",
    watch=("crafts", "DIY", "Etsy", "BuyItForLife", "gifts", "funny"),
    first=first,
    after=after,
    read=read,
    login=login,
    uses=("reddit_client_id", "reddit_client_secret"),
    pause_s=2.0,
    most_pages=2,
    obeys_robots=True,
)
