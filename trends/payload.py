"""What a file holds, before anybody knows whose payload it is: a table of rows, or one JSON document.

A source module says `matches(payload)` and `read(payload)`. A table can be read more than once (a first look for the
newest time in the file, then the rows), so nothing has to be held in memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from trends.signal import Signal
from trends.when import parse_moment

Row = tuple[int, Mapping[str, Any]]

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_HASHTAG = re.compile(r"#(\w{2,80})")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be stored, and why. `excerpt` is what stood there; it is redacted before it is kept."""

    row: int
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """A row of a table that the user brought: a comparable, a cost, a fee."""

    row: int
    kind: str
    body: Mapping[str, Any]
    known_at: datetime


Read = Iterator[Signal | Rejected | ReferenceRow]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns (CSV, JSON Lines, a JSON list of records). Column names are lower case."""

    columns: frozenset[str]
    rows: Callable[[], Iterator[Row | Rejected]]
    """Opens the rows afresh; the first row is number 1."""


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON body. Recorded answers come unwrapped, with where and when they were recorded."""

    body: Any
    uri: str | None = None
    recorded: datetime | None = None


Payload = Table | Document
Shape = TypeVar("Shape", Table, Document)


class NothingObserved(Exception):
    """Recognised, but it carries no observation: the file ends as `reference` or `empty`, with this reason."""

    def __init__(self, reason: str, *, empty: bool = False) -> None:
        super().__init__(reason)
        self.empty = empty


def signals_of(read: Read) -> list[Signal]:
    """The signals of a reading; none where nothing was observed."""
    try:
        return [row for row in read if isinstance(row, Signal)]
    except NothingObserved:
        return []


@dataclass(frozen=True, slots=True)
class Format:
    """One payload family: how it is recognised and how it is read."""

    name: str
    matches: Callable[[Payload], bool]
    read: Callable[[Payload], Read]


def of_tables(name: str, matches: Callable[[Table], bool], read: Callable[[Table], Read]) -> Format:
    """A family whose payloads are tables."""
    return _of(Table, name, matches, read)


def of_documents(name: str, matches: Callable[[Document], bool], read: Callable[[Document], Read]) -> Format:
    """A family whose payloads are documents."""
    return _of(Document, name, matches, read)


def _of(shape: type[Shape], name: str, matches: Callable[[Shape], bool], read: Callable[[Shape], Read]) -> Format:
    def is_one(payload: Payload) -> bool:
        return isinstance(payload, shape) and matches(payload)

    def rows(payload: Payload) -> Read:
        if not isinstance(payload, shape):
            raise TypeError(f"{name} is read from a {shape.__name__}, not a {type(payload).__name__}")
        return read(payload)

    return Format(name, is_one, rows)


def number(value: object) -> float | None:
    """A count or a measure; None where the cell is empty or no finite number."""
    if isinstance(value, bool) or value is None or value == "":
        return None
    try:
        found = float(value) if isinstance(value, int | float) else float(str(value).strip().replace(",", ""))
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < 1e18 else None


def measured(**values: object) -> dict[str, float]:
    """The metrics that have a value."""
    found = {name: number(value) for name, value in values.items()}
    return {name: value for name, value in found.items() if value is not None}


def text_of(value: object) -> str:
    """A cell as text; the empty string where there is none."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def mapping(value: object) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one: payloads leave things out."""
    return value if isinstance(value, Mapping) else _NOTHING


def newest_time(body: object, names: Iterable[str]) -> datetime | None:
    """The newest time under any of these names, anywhere in a JSON body."""
    wanted, newest, stack = frozenset(names), None, [body]
    while stack:
        here = stack.pop()
        if isinstance(here, list):
            stack.extend(here)
        elif isinstance(here, dict):
            stack.extend(value for value in here.values() if isinstance(value, dict | list))
            for name in wanted & here.keys():
                moment = parse_moment(here[name])
                if moment is not None and (newest is None or moment > newest):
                    newest = moment
    return newest


def hashtags_in(text: str) -> tuple[str, ...]:
    """The hashtags of a caption, without the sign, each once."""
    return tuple(dict.fromkeys(_HASHTAG.findall(text)))


def newest_in(table: Table, columns: Iterable[str]) -> datetime | None:
    """The newest time in any of these columns; goes through the table once."""
    present = [name for name in columns if name in table.columns]
    newest_s = 0.0
    last: object = None
    for row in table.rows():
        if isinstance(row, Rejected):
            continue
        for name in present:
            cell = row[1].get(name)
            if cell == last:
                continue  # most files repeat a time, or hold False, in row after row
            last = cell
            moment = parse_moment(cell)
            if moment is not None and (stamp := moment.timestamp()) > newest_s:
                newest_s = stamp
    return datetime.fromtimestamp(newest_s, UTC) if newest_s else None
