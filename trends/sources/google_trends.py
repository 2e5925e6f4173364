"""Raw trends.google.com answers: interest over time, several ranges, by region, related queries, trending, top charts.

The address an answer was fetched from names its keywords. Interest over time is a periodic table: a point is known at
the end of its step, and never after the answer was recorded. Everything else is known when it was recorded, else at the
end of the time range in its address. `explore` answers hold widgets and tokens: reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

from trends.payload import (
    Document,
    NothingObserved,
    Read,
    Rejected,
    mapping,
    number,
    of_documents,
    text_of,
)
from trends.signal import Signal, SignalKind
from trends.when import end_of_day, from_epoch, parse_day, period_end

SOURCE = "google_trends"
_WORDY_DATE = "%b %d, %Y"
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
_HOLDERS = ("timelineData", "geoMapData", "rankedList", "trendingSearchesDays", "topics")


def matches(payload: Document) -> bool:
    """One of the shapes that Google Trends answers with."""
    body = mapping(payload.body)
    return (
        any(name in mapping(body.get("default")) for name in _HOLDERS)
        or {"storySummaries", "trendingStoryIds"} <= body.keys()
        or isinstance(body.get("topCharts"), list)
        or (isinstance(body.get("widgets"), list) and {"keywords", "timeRanges", "shareText"} & body.keys() != set())
    )


def read(payload: Document) -> Read:
    """Signals of kind TERM; NothingObserved for answers that only describe."""
    body, default = mapping(payload.body), mapping(mapping(payload.body).get("default"))
    asked = Asked.of(payload)
    if "timelineData" in default:
        yield from _timeline(default["timelineData"], asked)
    elif "geoMapData" in default:
        yield from _regions(default["geoMapData"], asked)
    elif "rankedList" in default:
        yield from _related(default["rankedList"], asked)
    elif "trendingSearchesDays" in default:
        yield from _daily(default["trendingSearchesDays"], asked)
    elif "storySummaries" in body:
        yield from _realtime(body, asked)
    elif "topCharts" in body:
        yield from _charts(body["topCharts"], asked)
    else:
        what = "explore answer: widgets and their tokens" if "widgets" in body else "suggested topics"
        raise NothingObserved(f"{what}, no observations")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of an answer says: keywords with their places, time range, service, when it was recorded."""

    keywords: tuple[tuple[str, str | None], ...]
    until: datetime | None
    service: str | None
    """Which search: images, news, youtube, froogle; None for the web."""
    geo: str | None
    recorded: datetime | None

    @classmethod
    def of(cls, payload: Document) -> Asked:
        """Read from the query of the address; empty where there is none."""
        query = parse_qs(urlsplit(payload.uri or "").query)
        request = _json(query.get("req", [""])[0])
        items = request.get("comparisonItem") or ([request["restriction"]] if "restriction" in request else [])
        geo = query.get("geo", [""])[0] or None
        ranges = [text_of(mapping(item).get("time")) for item in items] + [text_of(request.get("time"))]
        stated = query.get("date", [""])[0]
        options = mapping(request.get("requestOptions"))
        return cls(
            keywords=tuple(_keyword(mapping(item), mapping(request.get("geo"))) for item in items),
            until=_until(ranges) or period_end(stated),
            service=text_of(options.get("property")) or None,
            geo=geo,
            recorded=payload.recorded,
        )

    @property
    def known_at(self) -> datetime | None:
        """When the answer as a whole was known."""
        return self.recorded or self.until

    def no_later(self, moment: datetime) -> datetime:
        """The moment, or the recording where that was earlier (a period that had not ended yet)."""
        return moment if self.recorded is None or moment < self.recorded else self.recorded


def _json(text: str) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _keyword(item: Mapping[str, Any], fallback: Mapping[str, Any]) -> tuple[str, str | None]:
    words = mapping(item.get("complexKeywordsRestriction")).get("keyword")
    text = " + ".join(text_of(mapping(word).get("value")) for word in words) if isinstance(words, list) else ""
    places = list(mapping(item.get("geo")).values()) or list(fallback.values())
    return text, text_of(places[0]) if places else None


def _until(ranges: Sequence[str]) -> datetime | None:
    days = [parse_day(part[:10]) for text in ranges for part in text.split()]
    known = [day for day in days if day is not None]
    return end_of_day(max(known)) if known else None


def _term(row: int, text: str, known_at: datetime, native: str, metrics: Mapping[str, float], **more: Any) -> Signal:
    return Signal(SOURCE, SignalKind.TERM, text, known_at, native_id=native, metrics=metrics, row=row, **more)


def _timeline(points: Any, asked: Asked) -> Read:
    cells = list(_cells(points))
    if not cells:
        raise NothingObserved("interest over time without a point", empty=True)
    step = _step(cells)
    for row, (column, start, value) in enumerate(cells, 1):
        keyword, geo = asked.keywords[column] if column < len(asked.keywords) else ("", None)
        if not keyword:
            yield Rejected(row, "the answer does not name its keyword: keep the address (uri) it was fetched from")
        elif start is None or value is None:
            yield Rejected(row, "a point without a time or a value", keyword)
        else:
            known = asked.no_later(start + step - timedelta(seconds=1))
            native = f"interest:{keyword}:{geo or ''}:{asked.service or ''}"
            yield _term(row, keyword, known, native, {"level": value}, community=geo, category=asked.service)


def _cells(points: Any) -> Iterator[tuple[int, datetime | None, float | None]]:
    """(column, start, value) of every cell that has data, in both shapes of interest over time."""
    for point in points if isinstance(points, list) else ():
        columns = mapping(point).get("columnData")
        if isinstance(columns, list):
            for column, cell in enumerate(columns):
                yield column, _epoch(mapping(cell)), number(mapping(cell).get("value"))
            continue
        values, has = mapping(point).get("value"), mapping(point).get("hasData")
        for column, value in enumerate(values if isinstance(values, list) else ()):
            if not isinstance(has, list) or column >= len(has) or has[column]:
                yield column, _epoch(mapping(point)), number(value)


def _epoch(cell: Mapping[str, Any]) -> datetime | None:
    seconds = number(cell.get("time"))
    return None if seconds is None else from_epoch(seconds)


def _step(cells: list[tuple[int, datetime | None, float | None]]) -> timedelta:
    """The length of a point: the smallest gap between two of one column, a day where there is only one."""
    starts = sorted({start for column, start, _ in cells if column == 0 and start is not None})
    gaps = [after - before for before, after in pairwise(starts)]
    return min(gaps, default=timedelta(days=1))


def _regions(regions: Any, asked: Asked) -> Read:
    row = 0
    for region in regions if isinstance(regions, list) else ():
        values, has = mapping(region).get("value"), mapping(region).get("hasData")
        name = text_of(mapping(region).get("geoName"))
        for column, value in enumerate(values if isinstance(values, list) else ()):
            if isinstance(has, list) and column < len(has) and not has[column]:
                continue  # the region has no data for it: not an observation
            row += 1
            keyword = asked.keywords[column][0] if column < len(asked.keywords) else ""
            level = number(value)
            if not keyword or level is None or asked.known_at is None:
                yield Rejected(row, "no keyword, time or value: keep the address (uri) it was fetched from", name)
            else:
                native = f"region:{keyword}:{name}:{asked.service or ''}"
                yield _term(row, keyword, asked.known_at, native, {"level": level}, community=name or None)
    if row == 0:
        raise NothingObserved("interest by region without data for any region", empty=True)


def _related(lists: Any, asked: Asked) -> Read:
    row = 0
    seed = asked.keywords[0][0] if asked.keywords else ""
    for which, ranked in enumerate(lists if isinstance(lists, list) else ()):
        words = mapping(ranked).get("rankedKeyword")
        for rank, entry in enumerate(words if isinstance(words, list) else (), 1):
            row += 1
            text = text_of(mapping(entry).get("query") or mapping(mapping(entry).get("topic")).get("title"))
            if asked.known_at is None:
                yield Rejected(row, "no time: keep the address (uri) the answer was fetched from", text)
                continue
            metrics = {"rank": float(rank)}
            level = number(mapping(entry).get("value"))
            if which == 0 and level is not None:  # the second list, rising, holds growth in percent: no level
                metrics["level"] = level
            native = f"related:{'rising' if which else 'top'}:{seed}:{text}"
            yield _term(row, text, asked.known_at, native, metrics, tags=(seed,) if seed else ())
    if row == 0:
        raise NothingObserved("no related queries", empty=True)


def _daily(days: Any, asked: Asked) -> Read:
    row = 0
    for day in days if isinstance(days, list) else ():
        found = _COMPACT.match(text_of(mapping(day).get("date")))
        stated = parse_day("-".join(found.groups())) if found else None
        known_at = asked.no_later(end_of_day(stated)) if stated else asked.known_at
        searches = mapping(day).get("trendingSearches")
        for rank, search in enumerate(searches if isinstance(searches, list) else (), 1):
            row += 1
            text = text_of(mapping(mapping(search).get("title")).get("query"))
            if known_at is None:
                yield Rejected(row, "no date", text)
            else:
                yield _term(row, text, known_at, f"daily:{asked.geo or ''}:{text}", {"rank": float(rank)})


def _realtime(body: Mapping[str, Any], asked: Asked) -> Read:
    stories = mapping(body["storySummaries"]).get("trendingStories")
    if not isinstance(stories, list) or not stories:
        raise NothingObserved("no trending stories", empty=True)
    known_at = asked.recorded or _wordy(text_of(body.get("date")))
    row = 0
    for rank, story in enumerate(stories, 1):
        names = mapping(story).get("entityNames")
        for name in names if isinstance(names, list) else ():
            row += 1
            text = text_of(name)
            if known_at is None:
                yield Rejected(row, "no date in the answer", text)
                continue
            native = f"realtime:{asked.geo or ''}:{text}"
            yield _term(row, text, known_at, native, {"rank": float(rank)}, locale=asked.geo)


def _wordy(text: str) -> datetime | None:
    try:
        return end_of_day(datetime.strptime(text, _WORDY_DATE).date())
    except ValueError:
        return None


def _charts(charts: list[Any], asked: Asked) -> Read:
    """Top charts of a year: a periodic table."""
    known_at = asked.until or asked.recorded
    row = 0
    for chart in charts:
        title, items = text_of(mapping(chart).get("listTitle")), mapping(chart).get("listItems")
        for rank, item in enumerate(items if isinstance(items, list) else (), 1):
            row += 1
            text = text_of(mapping(item).get("title"))
            if known_at is None:
                yield Rejected(row, "no year: keep the address (uri) the answer was fetched from", text)
                continue
            native = f"chart:{title}:{asked.geo or ''}:{text}"
            yield _term(row, text, known_at, native, {"rank": float(rank)}, category=title or None, locale=asked.geo)
    if row == 0:
        raise NothingObserved("top charts without an item", empty=True)


GOOGLE_TRENDS = of_documents("google trends answer", matches, read)
