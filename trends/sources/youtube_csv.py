"""YouTube trending CSVs: the 2017 layout (`date_raw` or `date` as dd.mm) and the 2018 layout (`trending_date` as
yy.dd.mm).

One row is one video on one day's list; the views were read that day, so a row is known at the end of its day. Ids that
a spreadsheet turned into `#NAME?` are read from the thumbnail link. A dd.mm without a year takes the year that lies
nearest to the file's complete dates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from trends.payload import Read, Rejected, Table, measured, of_tables, text_of
from trends.signal import Signal, SignalKind, author_hash
from trends.sources.youtube_categories import CATEGORIES
from trends.when import end_of_day, nearest_year, parse_day_month, parse_moment, parse_trending_date

SOURCE = "youtube"
_ID = re.compile(r"[\w-]{11}\Z", re.ASCII)
_THUMBNAIL = re.compile(r"/vi(?:_webp)?/([\w-]{11})/", re.ASCII)
_DATES = ("trending_date", "date_raw", "date")
_DAMAGED_TAGS = frozenset({"[none]", "#NAME?"})


def matches(payload: Table) -> bool:
    """A video id, a title, views and a date."""
    return (
        {"video_id", "title"} <= payload.columns
        and bool({"views", "view_count"} & payload.columns)
        and bool(set(_DATES) & payload.columns)
    )


def read(payload: Table) -> Read:
    """One signal a row."""
    span: tuple[date, date] | None = None
    looked = False
    for row in payload.rows():
        if isinstance(row, Rejected):
            yield row
            continue
        number, cells = row
        day = _full_day(cells)
        if day is None and not looked and _day_month(cells) is not None:
            span, looked = _span(payload), True
        if day is None:
            day = _completed(cells, span)
        yield _signal(number, cells, day) if day is not None else _undated(number, cells)


def _full_day(cells: Mapping[str, Any]) -> date | None:
    for column in _DATES:
        day = parse_trending_date(text_of(cells.get(column)))
        if day is not None:
            return day
    return None


def _day_month(cells: Mapping[str, Any]) -> tuple[int, int] | None:
    return parse_day_month(text_of(cells.get("date_raw") or cells.get("date")))


def _span(table: Table) -> tuple[date, date] | None:
    """First and last complete date of the file."""
    days = {_full_day(row[1]) for row in table.rows() if not isinstance(row, Rejected)} - {None}
    known = sorted(day for day in days if day is not None)
    return (known[0], known[-1]) if known else None


def _completed(cells: Mapping[str, Any], span: tuple[date, date] | None) -> date | None:
    found = _day_month(cells)
    return None if found is None or span is None else nearest_year(*found, *span)


def _undated(row: int, cells: Mapping[str, Any]) -> Rejected:
    written = " ".join(text_of(cells.get(column)) for column in _DATES if cells.get(column))
    if _day_month(cells) is not None:
        reason = f"date {written!r} has no year, and no complete date in the file tells it: add a trending_date column"
    else:
        reason = f"no date: {written!r} is neither yyyy-mm-dd, yy.dd.mm nor dd.mm" if written else "no date"
    return Rejected(row, reason, text_of(cells.get("title")))


def _video_id(cells: Mapping[str, Any]) -> str | None:
    video = text_of(cells["video_id"]).strip()
    if _ID.match(video):
        return video
    found = _THUMBNAIL.search(text_of(cells.get("thumbnail_link")))
    return found[1] if found else None


def _signal(row: int, cells: Mapping[str, Any], day: date) -> Signal | Rejected:
    title = text_of(cells["title"]).strip()
    video = _video_id(cells)
    if video is None:
        return Rejected(row, f"no video id: {text_of(cells['video_id'])[:20]!r}, and no thumbnail link tells it", title)
    channel = text_of(cells.get("channelid") or cells.get("channel_title") or cells.get("channeltitle")).strip()
    tags = text_of(cells.get("tags"))
    return Signal(
        source=SOURCE,
        kind=SignalKind.ITEM,
        text=title,
        known_at=end_of_day(day),
        native_id=video,
        category=CATEGORIES.get(text_of(cells.get("category_id") or cells.get("categoryid")).split(".")[0]),
        author_hash=author_hash(SOURCE, channel) if channel else None,
        tags=() if tags in _DAMAGED_TAGS else tuple(tag.strip(' "') for tag in tags.split("|") if tag.strip(' "')),
        url=f"https://www.youtube.com/watch?v={video}",
        locale=text_of(cells.get("country") or cells.get("region")).strip() or None,
        published_at=parse_moment(cells.get("publishedat") or cells.get("publish_time")),
        metrics=measured(
            views=cells.get("views", cells.get("view_count")),
            likes=cells.get("likes"),
            dislikes=cells.get("dislikes"),
            comments=cells.get("comment_total", cells.get("comment_count")),
        ),
        row=row,
    )


YOUTUBE_CSV = of_tables("youtube trending csv", matches, read)
