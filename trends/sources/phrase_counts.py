"""Counts of phrases somebody already made: `phrase,day,source,community,items,authors,views`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trends.payload import Read, Rejected, Table, measured, of_tables, text_of
from trends.signal import Signal, SignalKind
from trends.when import parse_moment


def matches(payload: Table) -> bool:
    """A phrase, a day, a source and the number of items behind it."""
    return {"phrase", "day", "source", "items"} <= payload.columns


def read(payload: Table) -> Read:
    """One signal a row, known at the end of its day."""
    for row in payload.rows():
        yield row if isinstance(row, Rejected) else _signal(*row)


def _signal(row: int, cells: Mapping[str, Any]) -> Signal | Rejected:
    phrase, source = text_of(cells["phrase"]).strip(), text_of(cells["source"]).strip().lower()
    community, known_at = text_of(cells.get("community")).strip(), parse_moment(cells["day"])
    if known_at is None:
        return Rejected(row, f"day {text_of(cells['day'])[:30]!r} is no date", phrase)
    if not source:
        return Rejected(row, "no source", phrase)
    metrics = measured(items=cells["items"], authors=cells.get("authors"), views=cells.get("views"))
    if "items" not in metrics:
        return Rejected(row, f"items {text_of(cells['items'])[:20]!r} is no number", phrase)
    return Signal(
        source=source,
        kind=SignalKind.TERM,
        text=phrase,
        known_at=known_at,
        native_id=f"phrase:{community}:{phrase}",
        community=community or None,
        metrics=metrics,
        row=row,
    )


PHRASE_COUNTS = of_tables("phrase counts", matches, read)
