"""One module a payload family: it recognises its payloads by content and yields signals.

`recognise(payload)` finds the family; `signals_in(paths)` reads files or folders without a database (for evals).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from trends.opening import open_payload, records
from trends.payload import Document, Format, NothingObserved, Payload, Table
from trends.screen import screened
from trends.signal import Signal
from trends.sources.amazon_catalog import AMAZON_CATALOG
from trends.sources.bestsellers_csv import BESTSELLERS_CSV
from trends.sources.google_trends import GOOGLE_TRENDS
from trends.sources.instagram import INSTAGRAM
from trends.sources.interest_csv import INTEREST_CSV
from trends.sources.market_csv import MARKET_CSV
from trends.sources.phrase_counts import PHRASE_COUNTS
from trends.sources.pinterest import PINTEREST
from trends.sources.posts import POSTS
from trends.sources.ranking_csv import RANKING_CSV
from trends.sources.reddit_csv import REDDIT_CSV
from trends.sources.reddit_json import REDDIT_JSON
from trends.sources.tiktok import TIKTOK
from trends.sources.trends_rss import TRENDS_RSS
from trends.sources.wikimedia import WIKIMEDIA
from trends.sources.youtube_api import YOUTUBE_API
from trends.sources.youtube_csv import YOUTUBE_CSV
from trends.survey import Unreadable, survey

FORMATS: tuple[Format, ...] = (
    YOUTUBE_CSV,
    REDDIT_CSV,
    TIKTOK,
    PHRASE_COUNTS,
    INTEREST_CSV,
    RANKING_CSV,
    MARKET_CSV,
    BESTSELLERS_CSV,
    YOUTUBE_API,
    REDDIT_JSON,
    GOOGLE_TRENDS,
    INSTAGRAM,
    TRENDS_RSS,
    WIKIMEDIA,
    PINTEREST,
    AMAZON_CATALOG,
    POSTS,
)
"""Asked in this order; the first that matches reads the payload."""


def recognise(payload: Payload) -> tuple[Format, Payload]:
    """The family a payload belongs to, and the payload it reads (the records inside a document of no known family).

    NothingObserved where there is no such family.
    """
    for family in FORMATS:
        if family.matches(payload):
            return family, payload
    if isinstance(payload, Document):
        inside = _records_inside(payload)
        if inside is not None:
            return recognise(inside)
        raise NothingObserved("JSON without records that have a text and a time")
    raise NothingObserved("a table without a text and a time")


def _records_inside(document: Document) -> Table | None:
    """The one list of records that a document holds at its top, as a table."""
    if not isinstance(document.body, dict):
        return None
    lists = [value for value in document.body.values() if isinstance(value, list) and value]
    if len(lists) != 1 or not all(isinstance(record, dict) for record in lists[0]):
        return None
    return records(lists[0])


def files_under(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves and those in folders, in order of name; hidden ones are left out."""
    for path in paths:
        if path.is_dir():
            inside = (p for p in path.rglob("*") if p.is_file())
            yield from sorted(p for p in inside if not any(q.startswith(".") for q in p.relative_to(path).parts))
        else:
            yield path


def signals_in(paths: Iterable[Path]) -> Iterator[Signal]:
    """Every signal in these files as the intake would store it; what is rejected, refused or no signal is left out."""
    for path in files_under(paths):
        try:
            family, payload = recognise(open_payload(survey(path)))
            for row in family.read(payload):
                kept = screened(row) if isinstance(row, Signal) else row
                if isinstance(kept, Signal):
                    yield kept
        except (NothingObserved, Unreadable):
            continue
