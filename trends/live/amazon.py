"""Amazon: sales ranks of what is sold for a phrase, by the Selling Partner API. Needs the three AMAZON_ settings.

An entry of the watch list is a phrase (`coffee mug`), looked for in the United States, or a marketplace and a phrase
(`A1F83G8C2ARO7P coffee mug`); the ten strongest keywords follow. An item is known when it was fetched: name, rank in
its department, list price where it is stated (in US dollars). Reviews and ratings are not in this API: bring a CSV.

Login with Amazon gives a token for an hour. Two requests a second, with a burst of two; no limit a day
(searchCatalogItems in Amazon's Catalog Items API 2022-04-01). Europe and the Far East have addresses of their own: set
`base_url` to sellingpartnerapi-eu.amazon.com or sellingpartnerapi-fe.amazon.com.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from trends.live.source import Keys, LiveSource, Reply, Request, Scan
from trends.payload import Document, mapping, text_of
from trends.sources.amazon_catalog import AMAZON_CATALOG

UNITED_STATES = "ATVPDKIKX0DER"
KEYWORDS = 10
_SEARCHED = re.compile(r"(?:(A[A-Z0-9]{9,14}) )?(.+)\Z", re.ASCII | re.DOTALL)


def login(keys: Keys) -> Request:
    """A token for the seller's refresh token."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": keys["amazon_refresh_token"],
        "client_id": keys["amazon_client_id"],
        "client_secret": keys["amazon_client_secret"],
    }
    return Request("login", "https://api.amazon.com/auth/o2/token", form=form)


def first(scan: Scan) -> Iterator[Request]:
    """A search a phrase; a comma would make two of one."""
    headers = {"x-amz-access-token": scan.token}
    for entry in dict.fromkeys((*scan.watch, *scan.keywords[:KEYWORDS])):
        found = _SEARCHED.match(entry.replace(",", " ").strip())
        if found is not None:
            query = {
                "keywords": found[2],
                "marketplaceIds": found[1] or UNITED_STATES,
                "includedData": "summaries,salesRanks,attributes",
                "pageSize": "20",
            }
            yield Request(f"search:{entry}", "/catalog/2022-04-01/items", query, headers)


def after(reply: Reply) -> Request | None:
    """The next page, by its token."""
    token = text_of(mapping(mapping(reply.body).get("pagination")).get("nextToken"))
    return replace(reply.request, query={**reply.request.query, "pageToken": token}) if token else None


AMAZON = LiveSource(
    name="amazon",
    title="Amazon",
    base="https://sellingpartnerapi-na.amazon.com",
    watch=("graphic tee", "coffee mug", "tote bag", "wall art poster", "vinyl sticker", "christmas ornament"),
    first=first,
    after=after,
    read=lambda reply: AMAZON_CATALOG.read(Document(reply.body, recorded=reply.fetched_at)),
    login=login,
    needs=("amazon_client_id", "amazon_client_secret", "amazon_refresh_token"),
    interval=timedelta(hours=3),
    pause_s=0.5,
    most_pages=2,
)
