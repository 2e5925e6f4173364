"""Opening: a surveyed file as a `Table` (CSV, JSON Lines, a list of records) or a `Document` (one JSON body, a feed).

Lines, cells and documents are bounded: a row that is too long or broken is rejected by itself, and the rest goes on.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO, Any

import orjson

from trends.feed import MAX_FEED, feed_of, is_feed
from trends.payload import Document, NothingObserved, Payload, Rejected, Row, Table, text_of
from trends.survey import Survey, Unreadable, open_bytes, open_text
from trends.when import parse_moment

MAX_LINE = 1 << 20
"""Characters in a line, and in a cell: a longer one is rejected, not read."""
MAX_DOCUMENT = 64 << 20
"""Bytes of one JSON document: it is held in memory whole."""
SAMPLE_LINES = 20
WORD_LENGTH = 25
"""Text whose lines are mostly shorter than this is a list of words, not prose."""
_BLANK = "\ufeff \t\r\n\x00"
XSSI = ")]}'"
"""What Google puts in front of JSON so that no script can include it."""


def open_payload(found: Survey) -> Payload:
    """The table or document that the file holds; Unreadable or NothingObserved where it holds none."""
    with open_text(found) as stream:
        head = stream.read(1 << 16)
    start = head.lstrip(_BLANK)
    if not start:
        raise NothingObserved("the file is empty", empty=True)
    if start.startswith("<"):
        return _open_feed(found, start)
    if start[0] in "{[" or start.startswith(XSSI):
        return _open_json(found, start)
    return _open_csv(found, head)


# Comma-separated values ----------------------------------------------------------------------------------------------


def _open_csv(found: Survey, head: str) -> Table:
    lines = head.splitlines()
    if len(head) == 1 << 16:
        lines = lines[:-1] or lines
    start, delimiter = _header_line(lines)
    header = [name.strip().lower() for name in next(csv.reader([lines[start]], delimiter=delimiter))]
    if header and not header[0]:
        header[0] = "#"  # pandas writes its index without a name
    return Table(frozenset(header), lambda: _csv_rows(found, start, delimiter, header))


def _header_line(lines: list[str]) -> tuple[int, str]:
    """Which line is the header, and the delimiter: the first line that splits into as many cells as those after it."""
    sample = lines[: SAMPLE_LINES * 4]
    for start, line in enumerate(sample[:12]):
        if not line.strip() or line.startswith("# "):
            continue
        for delimiter in sorted(",;\t|", key=line.count, reverse=True):
            if delimiter not in line:
                break
            if _consistent(sample[start:], delimiter):
                return start, delimiter
    if _is_taxonomy(sample):
        raise NothingObserved("a list of categories: nothing in it was observed at a time")
    lengths = sorted(len(line) for line in sample if line.strip())
    if len(lengths) > 2 and lengths[len(lengths) // 2] <= WORD_LENGTH:
        raise NothingObserved("a list of words or numbers, without a time")
    raise Unreadable("text without columns: bring a CSV with a header, JSON or JSON Lines")


def _consistent(lines: list[str], delimiter: str) -> bool:
    """Whether the first line names columns, and at least half of the lines after it have as many cells."""
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        rows = []
    names = next(csv.reader(lines[:1], delimiter=delimiter))
    if len(names) < 2 or not all(name.strip() for name in names[1:]):
        return False
    after = [row for row in rows[1:] if row]
    alike = sum(len(row) == len(names) for row in after)
    plain = [line for line in lines[1:] if line.strip()]  # an unclosed quote swallows rows: count the lines as well
    alike_lines = sum(line.count(delimiter) + 1 == len(names) for line in plain)
    return not plain or 2 * alike >= max(len(after), 1) or 2 * alike_lines >= len(plain)


def _is_taxonomy(lines: list[str]) -> bool:
    return len(lines) > 2 and sum(" > " in line for line in lines) > 0.5 * len(lines)


class _Lines:
    """Lines of bounded length: of a longer one only an empty line is left, and a note that it was cut."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream, self.cut = stream, False

    def __iter__(self) -> Iterator[str]:
        rest = ""
        while block := self.stream.read(MAX_LINE):
            lines = (rest + block).split("\n")
            rest = lines.pop()
            yield from (line + "\n" for line in lines)
            if len(rest) >= MAX_LINE:
                rest = self._skipped()
                yield "\n"
        if rest:
            yield rest

    def _skipped(self) -> str:
        """Goes on to the end of the line; what follows it."""
        self.cut = True
        while block := self.stream.read(MAX_LINE):
            _, end, rest = block.partition("\n")
            if end:
                return rest
        return ""


def _csv_rows(found: Survey, start: int, delimiter: str, header: list[str]) -> Iterator[Row | Rejected]:
    csv.field_size_limit(MAX_LINE)
    width = len(header)
    with open_text(found) as stream:
        lines = _Lines(stream)
        reader = csv.reader(islice(lines, start, None), delimiter=delimiter)
        next(reader, None)
        count = 0
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                count += 1
                yield Rejected(count, f"line {start + reader.line_num}: {error} (an unclosed quote?)")
                continue
            if cells is None:
                return
            if lines.cut:
                lines.cut = False
                count += 1
                yield Rejected(count, f"line {start + reader.line_num} is longer than {MAX_LINE:,} characters")
            elif cells:
                count += 1
                if len(cells) == width:
                    yield count, dict(zip(header, cells, strict=True))
                else:
                    reason = f"line {start + reader.line_num} has {len(cells)} cells, the header {width}"
                    yield Rejected(count, reason, delimiter.join(cells)[:400])


# JSON ----------------------------------------------------------------------------------------------------------------


def parse_json(text: str | bytes) -> Any:
    """JSON with a bound on depth; lone surrogates are let through (the cleaning of text drops them)."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "recursion" in str(error).lower():
            raise Unreadable("JSON nested too deep") from error
    try:
        return json.loads(text if isinstance(text, str) else text.decode("utf-8", "replace"))
    except RecursionError as error:
        raise Unreadable("JSON nested too deep") from error
    except ValueError as error:
        where = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise Unreadable(f"broken JSON at {where}: {what}" if where else f"broken JSON: {what}") from error


def _open_json(found: Survey, head: str) -> Payload:
    if _is_lines(head) or ("\n" not in head and _has_second_object(found)):
        return _lines_table(found)
    if found.size > MAX_DOCUMENT:
        raise Unreadable(f"one JSON document of {found.size >> 20} MB (at most {MAX_DOCUMENT >> 20}): bring JSON Lines")
    if found.encoding == "utf-8" and not head.startswith(XSSI):
        with open_bytes(found) as stream:  # as bytes: a text of wide characters would take four times the memory
            return payload_of(parse_json(stream.read().strip(b" \t\r\n\x00")))
    with open_text(found) as text:
        return payload_of(parse_json(without_prefix(text.read())))


def _open_feed(found: Survey, head: str) -> Payload:
    if not is_feed(head):
        raise Unreadable("XML or HTML: bring it as RSS, CSV or JSON")
    if found.size > 4 * MAX_FEED:
        raise Unreadable(f"a feed of {found.size >> 20} MB: bring it as CSV or JSON")
    with open_text(found) as text:
        return payload_in(text.read())


def payload_in(text: str) -> Payload:
    """What a whole text holds: an RSS feed, or JSON with Google's prefix or without it.

    Raises:
        Unreadable: It is neither.
        NothingObserved: It is empty, or an empty list.
    """
    start = text.lstrip(_BLANK)
    if not start:
        raise NothingObserved("an empty answer", empty=True)
    if not start.startswith("<"):
        return payload_of(parse_json(without_prefix(start)))
    if not is_feed(start):
        raise Unreadable("XML or HTML, neither a feed nor JSON")
    return Document(feed_of(start.rstrip(_BLANK)))


def without_prefix(text: str) -> str:
    """JSON without what stands in front of it so that no script can include it."""
    start = text.lstrip(_BLANK)
    return start[len(XSSI) :].lstrip(",").lstrip() if start.startswith(XSSI) else start


def _is_lines(head: str) -> bool:
    """More than one line, each an object of its own (the first or the second one whole)."""
    lines = [line for line in head.split("\n", 8)[:8] if line.strip()]
    if len(lines) < 2 or not all(line.lstrip().startswith("{") for line in lines[:2]):
        return False
    for line in lines[:2]:
        try:
            if isinstance(orjson.loads(line), dict):
                return True
        except orjson.JSONDecodeError:
            continue
    return len(lines[0]) > 2 and not lines[0].rstrip().endswith(("{", "[", ","))


def _has_second_object(found: Survey) -> bool:
    """Whether an object of its own follows a first line that is longer than what was looked at."""
    with open_text(found) as stream:
        second = next(islice(_Lines(stream), 1, None), "")
    try:
        return isinstance(orjson.loads(second), dict)
    except orjson.JSONDecodeError:
        return False


def _lines_table(found: Survey) -> Table:
    columns: set[str] = set()
    for index, row in enumerate(_json_rows(found)):
        if not isinstance(row, Rejected):
            columns.update(row[1])
        if index >= SAMPLE_LINES:
            break
    return Table(frozenset(columns), lambda: _json_rows(found))


def _json_rows(found: Survey) -> Iterator[Row | Rejected]:
    count = 0
    with open_text(found) as stream:
        lines = _Lines(stream)
        for line in lines:
            if lines.cut:
                lines.cut = False
                count += 1
                yield Rejected(count, f"line {count} is longer than {MAX_LINE:,} characters")
            elif line.strip(_BLANK):
                count += 1
                yield _json_row(count, line)


def _json_row(count: int, line: str) -> Row | Rejected:
    try:
        record = parse_json(line.strip(_BLANK))
    except Unreadable as error:
        return Rejected(count, str(error), line[:400])
    if not isinstance(record, dict):
        return Rejected(count, "not a JSON object", line[:400])
    return count, _lowered(record)


def _lowered(record: Mapping[str, Any]) -> dict[str, Any]:
    return {text_of(key).strip().lower(): value for key, value in record.items()}


def payload_of(body: Any) -> Payload:
    """A list of records is a table; anything else a document, taken out of the cassette it was recorded in."""
    if isinstance(body, dict):
        if isinstance(body.get("body_text"), str):
            return _unwrapped(body)
        return Document(body)
    if isinstance(body, list):
        if not body:
            raise NothingObserved("an empty list", empty=True)
        if all(isinstance(record, dict) for record in body):
            return Document(body) if all({"kind", "data"} <= record.keys() for record in body) else records(body)
        if any(isinstance(record, dict) for record in body):
            return Document(body)
        raise Unreadable("a JSON list without records: a text and a time are needed")
    raise Unreadable("a single JSON value: records with a text and a time are needed")


def records(body: list[dict[str, Any]]) -> Table:
    """A table of records that are already in memory."""
    columns = {text_of(key).strip().lower() for record in body[:SAMPLE_LINES] for key in record}
    return Table(frozenset(columns), lambda: ((n, _lowered(record)) for n, record in enumerate(body, 1)))


def _unwrapped(cassette: Mapping[str, Any]) -> Document:
    text = cassette["body_text"].lstrip(_BLANK)
    recorded = cassette.get("recorded")
    stamp = recorded[0] if isinstance(recorded, list) and recorded else recorded
    uri = cassette.get("uri")
    if not text:
        raise NothingObserved("a recorded answer without a body", empty=True)
    body = parse_json(without_prefix(text))
    return Document(body, uri if isinstance(uri, str) else None, parse_moment(stamp))
