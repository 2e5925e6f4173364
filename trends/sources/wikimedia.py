"""Wikimedia pageviews: an article's views day by day, and the most viewed articles of a project on a day.

A day's count is a periodic table: known at the day's last second, and never after the answer was recorded. Pages of the
site itself (its main page, searches, help) are no subjects and are rejected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from trends.payload import (
    Document,
    NothingObserved,
    Read,
    Rejected,
    mapping,
    measured,
    number,
    of_documents,
    text_of,
)
from trends.signal import Signal, SignalKind
from trends.when import end_of_day, month_end, plausible

SOURCE = "wikimedia"
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{2})?\Z", re.ASCII)
_PROJECT = re.compile(r"[a-z-]{2,20}\.wiki[a-z]{2,12}(?:\.org)?\Z", re.ASCII)
_QUALIFIER = re.compile(r" \([^()]{1,60}\)\Z")
"""What tells two articles of one name apart ("Titanic (1997 film)") is no part of the name."""
_TWO = re.compile(r"\d{1,2}\Z", re.ASCII)
_OWN = re.compile(
    r"(?:Special|Wikipedia|Portal|Help|File|User|Template|Category|Talk|Draft|MediaWiki|Module)(?:_talk)?:",
    re.IGNORECASE,
)
_OWN_PAGES = frozenset({"Main_Page", "-", ""})


def matches(payload: Document) -> bool:
    """Items of an article with a timestamp and views, or of a project with its articles."""
    items = mapping(payload.body).get("items")
    if not isinstance(items, list) or not items:
        return False
    first = mapping(items[0])
    return "project" in first and ({"article", "timestamp", "views"} <= first.keys() or "articles" in first)


def read(payload: Document) -> Read:
    """One signal of kind TERM an article and day."""
    items = mapping(payload.body)["items"]
    row = 0
    for item in map(mapping, items):
        articles = item.get("articles")
        if not isinstance(articles, list):
            row += 1
            yield _daily(row, item, payload.recorded)
            continue
        known_at = _ranked_at(item, payload.recorded)
        for entry in articles:
            row += 1
            yield _signal(row, text_of(item.get("project")), mapping(entry), known_at)
    if row == 0:
        raise NothingObserved("pageviews without an article", empty=True)


def _daily(row: int, item: Mapping[str, Any], recorded: datetime | None) -> Signal | Rejected:
    found = _STAMP.match(text_of(item.get("timestamp")))
    monthly = item.get("granularity") == "monthly"
    known_at = _end(found[1], found[2], found[3], monthly, recorded) if found else None
    return _signal(row, text_of(item.get("project")), item, known_at)


def _ranked_at(item: Mapping[str, Any], recorded: datetime | None) -> datetime | None:
    year, month, day = (text_of(item.get(name)) for name in ("year", "month", "day"))
    monthly = day == "all-days"
    return _end(year, month, "1" if monthly else day, monthly, recorded)


def _end(year: str, month: str, day: str, monthly: bool, recorded: datetime | None) -> datetime | None:
    """The last second of the day (or its month), or the recording where that was earlier; None for no date."""
    if not (re.fullmatch(r"\d{4}", year, re.ASCII) and _TWO.match(month) and _TWO.match(day)):
        return None
    try:
        counted = date(int(year), int(month), int(day))
    except ValueError:
        return None
    ended = month_end(counted) if monthly else end_of_day(counted)
    if recorded is not None and counted > recorded.date():
        return None  # a day that had not begun when the answer came was not counted
    return min(ended, recorded) if recorded is not None else plausible(ended)


def _signal(row: int, project: str, entry: Mapping[str, Any], known_at: datetime | None) -> Signal | Rejected:
    article = text_of(entry.get("article")).strip()
    if article in _OWN_PAGES or _OWN.match(article):
        return Rejected(row, "a page of the site itself, or no title: no subject", article)
    if known_at is None:
        return Rejected(row, "no day that is over: year, month and day, or a timestamp like 2026112000", article)
    views = number(entry.get("views"))
    if views is None or views < 0:
        return Rejected(row, f"views {text_of(entry.get('views'))[:20]!r} is no count", article)
    return Signal(
        source=SOURCE,
        kind=SignalKind.TERM,
        text=_QUALIFIER.sub("", article.replace("_", " ")),
        known_at=known_at,
        native_id=f"pageviews:{project}:{article}",
        url=f"https://{project.removesuffix('.org')}.org/wiki/{quote(article)}" if _PROJECT.match(project) else None,
        metrics=measured(views=views, rank=entry.get("rank")),
        row=row,
    )


WIKIMEDIA = of_documents("wikimedia pageviews", matches, read)
