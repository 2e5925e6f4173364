"""Pinterest: trending search keywords of a region, and pins for the strongest keywords. Needs PINTEREST_TOKEN.

An entry of the watch list is a region (`US`: what grows), a region and a type (`GB+IE/seasonal`; growing, monthly,
yearly, seasonal), or `pins:US`: for each of the five strongest keywords its ten pins of that country (an endpoint in
beta that not every app may use, so nothing is asked of it by default).

The API answers for today alone: history is ours to keep. Weeks that came before are not read again; a trend's place is
known when it was fetched. Trial access allows 1,000 requests a day (developers.pinterest.com, Rate limits; the shapes
are those of Pinterest's own OpenAPI 5.23).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from trends.live.source import LiveSource, Reply, Request, Scan
from trends.payload import Document, Read, mapping, signals_of
from trends.signal import Signal, SignalKind
from trends.sources import pinterest as family
from trends.when import parse_moment

TERMS = 5


def first(scan: Scan) -> Iterator[Request]:
    """A request a region, and one a keyword where pins are watched."""
    headers = {"Authorization": f"Bearer {scan.keys['pinterest_token']}"}
    for watched in scan.watch:
        what, _, country = watched.rpartition(":")
        if what == "pins":
            for term in scan.keywords[:TERMS]:
                query = {"term": term, "country_code": country, "limit": "10"}
                yield Request(f"pins:{country}:{term}", "/search/partner/pins", query, headers)
        else:
            region, _, kind = watched.partition("/")
            path = f"/trends/keywords/{quote(region, safe='')}/top/{kind or 'growing'}"
            yield Request(watched, path, {"limit": "50"}, headers)


def read(reply: Reply) -> Read:
    """Places, the weeks that are new, pins."""
    since = parse_moment(reply.cursor.get("week"))
    for row in _rows(reply):
        is_known = isinstance(row, Signal) and _is_week(row) and since is not None and row.known_at <= since
        if not is_known:
            yield row


def keep(reply: Reply) -> Mapping[str, Any]:
    """The newest week that came."""
    weeks = [row.known_at.isoformat() for row in signals_of(_rows(reply)) if _is_week(row)]
    return {"week": max(weeks)} if weeks else reply.cursor


def _rows(reply: Reply) -> Read:
    if not {"trends", "items"} & mapping(reply.body).keys():
        raise ValueError("neither trends nor pins")
    return family.PINTEREST.read(Document(reply.body, reply.request.path, reply.fetched_at))


def _is_week(row: Signal) -> bool:
    return row.kind is SignalKind.TERM and "rank" not in row.metrics


PINTEREST = LiveSource(
    "pinterest", "Pinterest", "https://api.pinterest.com/v5", ("US", "US/seasonal"), first, read, keep=keep,
    needs=("pinterest_token",), interval=timedelta(hours=12), quota=1_000, most_pages=1,
)  # fmt: skip
