"""Nostalgia: how often people look up things of a dated past, by Wikimedia's pageviews. No key.

Watched: a year and a Wikipedia title (`1985 The Goonies`), or a project (`en.wikipedia.org`): its thousand most viewed
articles of a day. A row of a title has the category `nostalgia 1985`; a title whose age is a multiple of five years has
an anniversary and is asked first. Views are known at the end of their day and published hours later: a day is asked for
once it is over for 12 hours; only days after the last that came, at first 30. Wikimedia allows 100 requests a second to
a user agent that names a contact (wikimedia.org/api/rest_v1); we ask one. Data: CC0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from trends.live.source import LiveSource, Reply, Request, Scan
from trends.matching import matches
from trends.payload import Document, Read, signals_of
from trends.signal import Signal
from trends.sources.wikimedia import WIKIMEDIA
from trends.when import parse_day
from trends.words import word_table

FIRST_DAYS, SETTLED = timedelta(days=29), timedelta(hours=12)


def first(scan: Scan) -> Iterator[Request]:
    """One request an entry with new days: anniversaries, then what matches a keyword, then the rest."""
    until = (scan.now - SETTLED).date() - timedelta(days=1)
    for entry in sorted(scan.watch, key=lambda entry: _turn(entry, scan)):
        last = parse_day(str(scan.cursors.get(entry, {}).get("until"))) or date.min
        since = max(last + timedelta(days=1), until - FIRST_DAYS)
        if since <= until:
            yield Request(entry, _path(entry, since, until))


def read(reply: Reply) -> Read:
    """Views a day; what a row is of says its category."""
    year = reply.request.slot[:4]
    category = f"nostalgia {year}" if year.isdecimal() else None
    for row in WIKIMEDIA.read(Document(reply.body, recorded=reply.fetched_at)):
        yield replace(row, category=category) if isinstance(row, Signal) else row


def keep(reply: Reply) -> Mapping[str, Any]:
    """The last day that came; the one before stays where nothing did."""
    days = [row.known_at.date().isoformat() for row in signals_of(read(reply))]
    return {"until": max(days)} if days else reply.cursor


def anniversary(year: str, today: date) -> int:
    """How many years ago, where that is a multiple of five; else 0."""
    years = today.year - int(year) if year.isdecimal() else 0
    return years if years > 0 and years % 5 == 0 else 0


def _turn(entry: str, scan: Scan) -> int:
    return 0 if anniversary(entry[:4], scan.now.date()) else 1 if matches(entry, scan.keywords) else 2


def _path(entry: str, since: date, until: date) -> str:
    if not entry[:4].isdecimal():
        return f"/pageviews/top/{entry}/all-access/{until:%Y/%m/%d}"
    article = quote(entry[4:].strip().replace(" ", "_"), safe="")
    return f"/pageviews/per-article/en.wikipedia.org/all-access/user/{article}/daily/{since:%Y%m%d}/{until:%Y%m%d}"


TITLES = tuple(f"{year} {title}" for year, title in word_table("dated_titles"))
NOSTALGIA = LiveSource(
    "nostalgia", "Nostalgia (Wikipedia)", "https://wikimedia.org/api/rest_v1/metrics", (*TITLES, "en.wikipedia.org"),
    first, read, keep=keep, interval=timedelta(hours=6), most_pages=1,
)  # fmt: skip
