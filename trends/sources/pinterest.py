"""Pinterest API v5: trending keywords with their year by weeks, and pins.

The weeks of a keyword are a periodic table on a scale of its own (its year's peak is 100): a week is known at the last
second of the day that ends it. Its place among the trends is known when the answer was recorded, else at the end of the
newest week in it. What Pinterest predicts is no observation and is not read. Pins of a search carry no time: they are
known when recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from trends.payload import (
    Document,
    NothingObserved,
    Read,
    Rejected,
    hashtags_in,
    mapping,
    measured,
    newest_time,
    number,
    of_documents,
    text_of,
)
from trends.signal import Signal, SignalKind, author_hash
from trends.when import end_of_day, parse_day, parse_moment, plausible

SOURCE = "pinterest"
MAX_WEEKS = 120
"""Weeks of one keyword that are looked at: a year has 53."""
_PIN = frozenset({"media", "board_id", "board_owner", "pin_metrics", "alt_text", "dominant_color", "link"})


def matches(payload: Document) -> bool:
    """Trends with keywords, a list of pins, or one pin."""
    body = mapping(payload.body)
    trends = body.get("trends")
    if isinstance(trends, list):
        return not trends or "keyword" in mapping(trends[0])
    return bool(_pins(body))


def _pins(body: Mapping[str, Any]) -> list[Any]:
    items = body.get("items")
    if isinstance(items, list):
        return items if items and all(_is_pin(item) for item in items) else []
    return [body] if _is_pin(body) else []


def _is_pin(item: Any) -> bool:
    found = mapping(item)
    return {"id", "title", "description"} <= found.keys() and len(_PIN & found.keys()) >= 2


def read(payload: Document) -> Read:
    """Signals of kind TERM for keywords, of kind ITEM for pins."""
    body = mapping(payload.body)
    if "trends" in body:
        yield from _trends(body["trends"], payload)
        return
    pins = _pins(body)
    if not pins:
        raise NothingObserved("no pin was found", empty=True)
    known_at = payload.recorded or newest_time(pins, ("created_at",))
    for row, pin in enumerate(pins, 1):
        yield _pin(row, pin, known_at)


# Keywords -----------------------------------------------------------------------------------------------------------


def _trends(trends: list[Any], payload: Document) -> Read:
    if not trends:
        raise NothingObserved("no trending keyword", empty=True)
    region, kind = _asked(payload.uri)
    newest = payload.recorded or max((day for trend in trends for day, _ in _weeks(mapping(trend))), default=None)
    row = 0
    for rank, trend in enumerate(map(mapping, trends), 1):
        row += 1
        keyword = text_of(trend.get("keyword")).strip()
        if newest is None:
            yield Rejected(row, "no week in the answer, and it does not say when it was recorded", keyword)
            continue
        native, weeks = f"trend:{region or ''}:{kind or ''}:{keyword}", list(_weeks(trend))
        level = weeks[-1][1] if weeks else None
        yield _term(row, keyword, newest, f"{native}:rank", region, measured(rank=rank, level=level))
        for ended, share in weeks:
            if ended <= newest:
                row += 1
                yield _term(row, keyword, ended, native, region, {"level": share})


def _asked(uri: str | None) -> tuple[str | None, str | None]:
    """Region and type of trend, as they stand in `/trends/keywords/US/top/growing`."""
    parts = [unquote(part) for part in urlsplit(uri or "").path.split("/")]
    if "keywords" not in parts or len(parts) < parts.index("keywords") + 4:
        return None, None
    at = parts.index("keywords")
    return parts[at + 1][:40] or None, parts[at + 3][:20] or None


def _weeks(trend: Mapping[str, Any]) -> Iterator[tuple[datetime, float]]:
    """(end, level) of each week that has both, the oldest first."""
    series = mapping(trend.get("time_series"))
    for stated in sorted(map(str, series))[-MAX_WEEKS:]:
        day, level = parse_day(stated), number(series.get(stated))
        ended = plausible(end_of_day(day)) if day is not None else None
        if ended is not None and level is not None:
            yield ended, level


def _term(
    row: int, keyword: str, known_at: datetime, native: str, region: str | None, metrics: Mapping[str, float]
) -> Signal:
    return Signal(
        source=SOURCE,
        kind=SignalKind.TERM,
        text=keyword,
        known_at=known_at,
        native_id=native,
        locale=region,
        metrics=metrics,
        row=row,
    )


# Pins ---------------------------------------------------------------------------------------------------------------


def _pin(row: int, pin: Mapping[str, Any], known_at: datetime | None) -> Signal | Rejected:
    title, about = text_of(pin.get("title")).strip(), text_of(pin.get("description")).strip()
    identity = text_of(pin.get("id"))
    if known_at is None:
        return Rejected(row, "no time: a pin of a search does not say when it was seen", title or about)
    author = text_of(mapping(pin.get("board_owner")).get("username"))
    counted = mapping(mapping(pin.get("pin_metrics")).get("lifetime_metrics"))
    return Signal(
        source=SOURCE,
        kind=SignalKind.ITEM,
        text=title or about or text_of(pin.get("alt_text")),
        known_at=known_at,
        native_id=f"pin:{identity}" if identity else None,
        author_hash=author_hash(SOURCE, author) if author else None,
        tags=hashtags_in(about),
        url=f"https://www.pinterest.com/pin/{identity}/" if identity.isdigit() else None,
        published_at=parse_moment(pin.get("created_at")),
        metrics=measured(
            views=counted.get("impression"),
            likes=counted.get("reaction"),
            shares=counted.get("save"),
            comments=counted.get("comment"),
        ),
        row=row,
    )


PINTEREST = of_documents("pinterest api", matches, read)
