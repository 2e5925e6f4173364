"""Records: bytes of a table to text, and text to records of cells, as spreadsheets of the world write them.

A record that is torn (a quote that is never closed, or stands inside a quoted cell undoubled) costs its own line
alone: reading goes on at the next line. The format is RFC 4180, with commas, semicolons, tabs or bars.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from studio.errors import BadBatch

DELIMITERS = ",;\t|"
LONGEST = 20_000
"""Characters of one quoted cell: a quote that is not closed is not looked for any further."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_SEPARATOR = re.compile(r"sep=([,;\t|])(?:\r\n|\r|\n|\Z)", re.IGNORECASE)
_NO_TABLE = {
    b"PK\x03\x04": "an Excel or ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
}


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table: its number, 1 the first, and its cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Torn:
    """A row that cannot be parted into cells."""

    line: int
    why: str


def decoded(content: bytes, where: str) -> str:
    """The text: by its byte order mark, else UTF-16 where every other byte is 0, else UTF-8, else Windows-1252."""
    for mark, what in _NO_TABLE.items():
        if content.startswith(mark):
            raise BadBatch(f"{where} is {what}, no CSV: save it as CSV (UTF-8)")
    try:
        return content.decode(_encoding(content))
    except UnicodeDecodeError as fault:
        if fault.encoding.startswith("utf-16"):
            raise BadBatch(
                f"{where} begins as UTF-16 and is damaged at byte {fault.start:,}: save it as UTF-8"
            ) from None
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as fault:
        raise BadBatch(f"{where} is no text at byte {fault.start:,}: save it as CSV (UTF-8)") from None


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = content[:400]
    if len(head) >= 4 and head[1::2].count(0) > 0.4 * len(head):
        return "utf-16-le"
    if len(head) >= 4 and head[0::2].count(0) > 0.4 * len(head):
        return "utf-16-be"
    return "utf-8-sig"


def records_of(text: str, known: Callable[[str], bool]) -> list[Record | Torn]:
    """All records in order, empty ones among them; empty lines before the first are skipped and counted.

    The delimiter is the one that parts the first line into most headings that are known, then into most cells; a
    line `sep=;` before it, as Excel writes, decides.
    """
    at, line = 0, 1
    told = _SEPARATOR.match(text)
    if told:
        at, line = told.end(), 2
    while at < len(text) and not _line(text, at).strip():
        at, line = at + len(_line(text, at)), line + 1
    if at >= len(text):
        return []
    delimiter = told[1] if told else max(DELIMITERS, key=lambda one: _fits(text, at, one, known))
    return _read(text, at, line, delimiter)


def _line(text: str, at: int) -> str:
    found = _LINE.match(text, at)
    return found[0] if found else ""


def _fits(text: str, at: int, delimiter: str, known: Callable[[str], bool]) -> tuple[int, int]:
    cells = _record(text, at, delimiter)
    return (sum(map(known, cells[0])), len(cells[0])) if isinstance(cells, tuple) else (0, 0)


def _read(text: str, at: int, line: int, delimiter: str) -> list[Record | Torn]:
    records: list[Record | Torn] = []
    while at < len(text):
        read = _record(text, at, delimiter)
        if isinstance(read, str):
            records.append(Torn(line, read))
            at += len(_line(text, at))
        else:
            records.append(Record(line, read[0]))
            at = read[1]
        line += 1
    return records


def _record(text: str, at: int, delimiter: str) -> tuple[tuple[str, ...], int] | str:
    """The cells of the record that begins at `at`, and where the next one begins; else why it is torn."""
    cells: list[str] = []
    quoted, plain = _patterns(delimiter)
    while True:
        found = quoted.match(text, at) or plain.match(text, at)
        if found is None:
            return _torn(text, at)
        inside = found.groupdict().get("inside")
        cells.append(found[0] if inside is None else inside.replace('""', '"'))
        at = found.end()
        if text[at : at + 1] != delimiter:
            break
        at += 1
    return tuple(cells), at + (2 if text.startswith("\r\n", at) else 1)


@lru_cache(maxsize=len(DELIMITERS))
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A quoted cell up to its delimiter or the end of its line, and one that does not begin with a quote."""
    one = re.escape(delimiter)
    inside = rf'(?P<inside>(?:[^"]|""){{0,{LONGEST}}}+)'
    quoted = re.compile(rf'[ ]*"{inside}"[ ]*(?={one}|[\r\n]|\Z)')
    return quoted, re.compile(rf'(?![ ]*")[^{one}\r\n]*')


def _torn(text: str, at: int) -> str:
    start = text.index('"', at) + 1
    closed = re.compile(rf'(?:[^"]|""){{0,{LONGEST}}}+"').match(text, start)
    if closed is None:
        far = f" within {LONGEST:,} characters" if len(text) - start > LONGEST else ""
        return f"a quote is opened and never closed{far}"
    return "after a closing quote stands more text: double the quotes inside a text"
