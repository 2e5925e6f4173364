"""One module a payload family: it recognises its payloads by content and yields signals.

`recognise(payload)` finds the family; `signals_in(paths)` reads files or folders without a database (for evals).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from trends.signal import Signal
from trends.sources.opening import Survey, Unreadable, open_payload, survey
from trends.sources.payload import (
    Document,
    Format,
    NothingObserved,
    Payload,
    Read,
    ReferenceRow,
    Rejected,
    Table,
)
from trends.sources.reddit_csv import REDDIT_CSV
from trends.sources.youtube_csv import YOUTUBE_CSV

__all__ = [
    "FORMATS",
    "Document",
    "Format",
    "NothingObserved",
    "Payload",
    "Read",
    "ReferenceRow",
    "Rejected",
    "Survey",
    "Table",
    "Unreadable",
    "files_under",
    "open_payload",
    "recognise",
    "signals_in",
    "survey",
]

FORMATS: tuple[Format, ...] = (YOUTUBE_CSV, REDDIT_CSV)
"""Asked in this order; the first that matches reads the payload."""


def recognise(payload: Payload) -> Format:
    """The family a payload belongs to; NothingObserved where it is a table or document of no known family."""
    for family in FORMATS:
        if family.matches(payload):
            return family
    raise NothingObserved("a table without a text and a time: nothing in it was observed at a time")


def files_under(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves and those in folders, in order of name; hidden ones are left out."""
    for path in paths:
        if path.is_dir():
            inside = (p for p in path.rglob("*") if p.is_file())
            yield from sorted(p for p in inside if not any(q.startswith(".") for q in p.relative_to(path).parts))
        else:
            yield path


def signals_in(paths: Iterable[Path]) -> Iterator[Signal]:
    """Every signal in these files; what is rejected, refused or no signal is passed over in silence."""
    for path in files_under(paths):
        try:
            payload = open_payload(survey(path))
            for row in recognise(payload).read(payload):
                if isinstance(row, Signal):
                    yield row
        except (NothingObserved, Unreadable):
            continue
