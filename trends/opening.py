"""Opening a file that nobody vouches for: what it is made of, and whether it can be read at all.

`survey` goes through the whole file once, in pieces: its gzip layers (checked to the last byte, bounded),
encoding. `open_payload` then gives a `Table` or a `Document`. What cannot be read is `Unreadable`, with one line that
says what, where and how to mend it.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import orjson

from trends.payload import Document, NothingObserved, Payload, Rejected, Row, Table, text_of
from trends.when import parse_moment

CHUNK = 1 << 18
MAX_LINE = 1 << 20
"""Characters in a line, and in a cell: a longer one is rejected, not read."""
MAX_DOCUMENT = 64 << 20
"""Bytes of one JSON document: it is held in memory whole."""
MAX_LAYERS = 3
BOMB_BYTES = 1 << 28
BOMB_RATIO = 200
"""A gzip that grows past BOMB_BYTES and more than this many times its size is refused."""
SAMPLE_LINES = 20
WORD_LENGTH = 25
"""Text whose lines are mostly shorter than this is a list of words, not prose."""
GZIP = b"\x1f\x8b"
_ASCII = bytes(range(128))
_UNDECODED = re.compile("[\udc80-\udcff]")
_BLANK = "\ufeff \t\r\n\x00"
XSSI = ")]}'"
"""What Google puts in front of JSON so that no script can include it."""
MAGIC = {
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"RIFF": "a picture or sound (RIFF)",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"\x93NUMPY": "a numpy array",
    b"SQLite format 3": "an SQLite database",
    b"PAR1": "a Parquet file: export it as CSV",
    b"\x28\xb5\x2f\xfd": "a zstd archive: unpack it first",
    b"BZh": "a bzip2 archive: unpack it first",
    b"\xfd7zXZ": "an xz archive: unpack it first",
    b"\x7fELF": "a program",
}


class Unreadable(Exception):
    """The file as a whole cannot be read: it is refused, with this line."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a file found."""

    path: Path
    layers: int
    """gzip layers around the text."""
    size: int
    """Bytes once unpacked."""
    encoding: str


class _Counted(io.RawIOBase):
    """A raw stream that counts what is read through it."""

    def __init__(self, inner: IO[bytes]) -> None:
        self.inner, self.count = inner, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self.inner.read(len(buffer))
        buffer[: len(found)] = found
        self.count += len(found)
        return len(found)


class _Decoding:
    """Watches bytes go by and says in the end which encoding they are in."""

    def __init__(self, head: bytes) -> None:
        self.known = _marked_encoding(head)
        self.decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self.wide, self.damaged = 0, 0

    def feed(self, piece: bytes) -> None:
        if self.known is not None or (piece.isascii() and not self.decoder.getstate()[0]):
            return
        self.wide += len(piece.translate(None, _ASCII))
        self._count(self.decoder.decode(piece))

    def _count(self, text: str) -> None:
        try:
            text.encode()
        except UnicodeEncodeError:
            self.damaged += len(_UNDECODED.findall(text))

    def verdict(self) -> str:
        """UTF-8 where more of it reads as UTF-8 than does not (a few bad bytes are damage, not another encoding)."""
        if self.known is not None:
            return self.known
        self._count(self.decoder.decode(b"", True))
        return "cp1252" if self.damaged > 0.1 * self.wide else "utf-8"


def hash_of(path: Path) -> str:
    """SHA-256 (hex) of the file's bytes."""
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def survey(path: Path) -> Survey:
    """One pass over the file. Unreadable where it is empty of text: binary, damaged gzip, too large once unpacked."""
    with path.open("rb") as raw:
        counted = _Counted(raw)
        stream: IO[bytes] = io.BufferedReader(counted, CHUNK)
        layers = 0
        while _peek(stream)[:2] == GZIP:
            layers += 1
            if layers > MAX_LAYERS:
                raise Unreadable(f"gzip inside gzip inside gzip: more than {MAX_LAYERS} layers")
            stream = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=stream, mode="rb")), CHUNK)
        head = _peek(stream)[:4096]
        _refuse_binary(head)
        decoding = _Decoding(head)
        size = _drain(stream, decoding, counted)
        return Survey(path, layers, size, decoding.verdict())


def _drain(stream: IO[bytes], decoding: _Decoding, counted: _Counted) -> int:
    size = 0
    try:
        while piece := stream.read(CHUNK):
            size += len(piece)
            if size > BOMB_BYTES and size > BOMB_RATIO * max(counted.count, 1):
                raise Unreadable(f"unpacks to over {BOMB_RATIO} times its size: not read any further")
            decoding.feed(piece)
    except EOFError as error:
        raise Unreadable(f"the gzip stream ends early, after {size:,} bytes of text: fetch the file again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise Unreadable(f"damaged gzip after {size:,} bytes of text ({error}): fetch the file again") from error
    return size


def _peek(stream: IO[bytes]) -> bytes:
    try:
        return cast(io.BufferedReader, stream).peek(4096)
    except EOFError as error:
        raise Unreadable("the gzip stream ends early, before any text: fetch the file again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise Unreadable(f"damaged gzip ({error}): fetch the file again") from error


def _marked_encoding(head: bytes) -> str | None:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0:512:2].count(0), head[1:512:2].count(0)
    half = max(len(head[:512]) // 2, 1)
    if odd > 0.7 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _refuse_binary(head: bytes) -> None:
    for magic, what in MAGIC.items():
        if head.startswith(magic):
            raise Unreadable(f"{what}, not a table or JSON")
    if _marked_encoding(head) is not None:
        return
    control = sum(1 for byte in head if byte < 32 and byte not in b"\t\n\r\x0b\x0c\x00\x1b")
    if control > 0.1 * len(head) or head.count(0) > 0.3 * len(head):
        raise Unreadable("binary data, not text")


@contextmanager
def open_text(found: Survey) -> Iterator[IO[str]]:
    """The file's text from its first character, unpacked and decoded; every line ends with a line feed."""
    with _open_bytes(found) as stream, io.TextIOWrapper(stream, encoding=found.encoding, errors="replace") as text:
        yield text


@contextmanager
def _open_bytes(found: Survey) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked."""
    with found.path.open("rb") as raw:
        stream: IO[bytes] = raw
        for _ in range(found.layers):
            stream = cast(IO[bytes], gzip.GzipFile(fileobj=stream, mode="rb"))
        yield stream


def open_payload(found: Survey) -> Payload:
    """The table or document that the file holds; Unreadable or NothingObserved where it holds none."""
    with open_text(found) as stream:
        head = stream.read(1 << 16)
    start = head.lstrip(_BLANK)
    if not start:
        raise NothingObserved("the file is empty", empty=True)
    if start.startswith("<"):
        raise Unreadable("XML or HTML: bring it as CSV or JSON")
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
    if _is_lines(head):
        return _lines_table(found)
    if found.size > MAX_DOCUMENT:
        raise Unreadable(f"one JSON document of {found.size >> 20} MB (at most {MAX_DOCUMENT >> 20}): bring JSON Lines")
    if found.encoding == "utf-8" and not head.startswith(XSSI):
        with _open_bytes(found) as stream:  # as bytes: a text of wide characters would take four times the memory
            return payload_of(parse_json(stream.read().strip(b" \t\r\n\x00")))
    with open_text(found) as text:
        return payload_of(parse_json(_without_prefix(text.read())))


def _without_prefix(text: str) -> str:
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
    body = parse_json(_without_prefix(text))
    return Document(body, uri if isinstance(uri, str) else None, parse_moment(stamp))
