"""Rankings of phrases by period: year, rank and what is ranked (costumes, searches), with a place where there is one.

A periodic table: the ranking of 2017 is known at the end of 2017.
"""

from __future__ import annotations

from trends.payload import Read, Rejected, Table, number, of_tables, text_of
from trends.signal import Signal, SignalKind
from trends.when import period_end

SOURCE = "ranking"
_PERIODS = ("year", "month", "week", "day", "date")
_WORDS = ("costume", "keyword", "term", "query", "topic", "phrase", "search", "theme")
_PLACES = ("state", "region", "country", "geo", "city")


def matches(payload: Table) -> bool:
    """A period, a rank and a ranked phrase."""
    return "rank" in payload.columns and all(
        any(name in payload.columns for name in names) for names in (_PERIODS, _WORDS)
    )  # fmt: skip


def read(payload: Table) -> Read:
    """One signal a row, its rank as the metric; what is ranked is its category."""
    period = next(name for name in _PERIODS if name in payload.columns)
    word = next(name for name in _WORDS if name in payload.columns)
    place = next((name for name in _PLACES if name in payload.columns), "")
    for row in payload.rows():
        if isinstance(row, Rejected):
            yield row
            continue
        cells = row[1]
        phrase, where = text_of(cells.get(word)).strip(), text_of(cells.get(place)).strip()
        known_at, rank = period_end(text_of(cells.get(period))), number(cells.get("rank"))
        if known_at is None or rank is None:
            what = f"{period} {text_of(cells.get(period))[:20]!r}, rank {text_of(cells.get('rank'))[:20]!r}"
            yield Rejected(row[0], f"no period or no rank: {what}", phrase)
            continue
        yield Signal(
            source=SOURCE,
            kind=SignalKind.TERM,
            text=phrase,
            known_at=known_at,
            native_id=f"{word}:{where}:{phrase}",
            community=where or None,
            category=word,
            metrics={"rank": rank},
            row=row[0],
        )


RANKING_CSV = of_tables("ranking csv", matches, read)
