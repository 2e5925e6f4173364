"""Google's feed of what is trending now: one search phrase an item, with roughly how often it was searched.

`views` is the stated lower bound of those searches ("2000+", "50K+"); the order of the items is that of their times, no
rank. A phrase is known when the feed was recorded, else at the newest time in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
from trends.signal import Signal, SignalKind
from trends.sources.google_trends import SOURCE
from trends.when import parse_moment

_TRAFFIC = re.compile(r"(\d[\d,.]{0,15})\s*([KMB]?)\s*\+?\Z", re.IGNORECASE)
_TIMES = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}


def matches(payload: Document) -> bool:
    """A feed of Google Trends, or one whose items state their approximate traffic."""
    body = mapping(payload.body)
    items = body.get("items")
    if not isinstance(items, list):
        return False
    host = urlsplit(text_of(body.get("link"))).netloc.casefold()
    return host == "trends.google.com" or any("approx_traffic" in mapping(item) for item in items)


def read(payload: Document) -> Read:
    """One signal of kind TERM an item."""
    body = mapping(payload.body)
    items = body["items"]
    if not items:
        raise NothingObserved("a feed without items", empty=True)
    known_at = payload.recorded or newest_time(items, ("pubDate",))
    place = _place(payload.uri) or _place(text_of(body.get("link")))
    for row, item in enumerate(items, 1):
        yield _signal(row, mapping(item), known_at, place)


def _place(address: str | None) -> str | None:
    return parse_qs(urlsplit(address or "").query).get("geo", [""])[0][:20] or None


def searches(stated: str) -> float | None:
    """`200+`, `2,000+`, `50K+`, `1.5M+` as a number; None where it is none of these."""
    found = _TRAFFIC.match(stated.strip())
    if found is None:
        return None
    digits = found[1].replace(",", "")
    try:
        return float(digits) * _TIMES[found[2].upper()]
    except ValueError:
        return None


def _signal(row: int, item: Mapping[str, Any], known_at: datetime | None, place: str | None) -> Signal | Rejected:
    text = text_of(item.get("title")).strip()
    if known_at is None:
        return Rejected(row, "no time anywhere in the feed: an item has a pubDate", text)
    return Signal(
        source=SOURCE,
        kind=SignalKind.TERM,
        text=text,
        known_at=known_at,
        native_id=f"trending:{place or ''}:{text}",
        locale=place,
        url=text_of(mapping(item.get("news_item")).get("news_item_url")) or None,
        published_at=parse_moment(item.get("pubDate")),
        metrics=measured(views=searches(text_of(item.get("approx_traffic")))),
        row=row,
    )


TRENDS_RSS = of_documents("google trends feed", matches, read)
