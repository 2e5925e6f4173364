"""Survey: what a file is made of, before anything in it is believed.

One pass over the whole file, in pieces: its gzip layers (checked to the last byte, bounded), its size once unpacked,
its encoding. What is no text is `Unreadable`, with one line that says what, where and how to mend it.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

CHUNK = 1 << 18
MAX_LAYERS = 3
BOMB_BYTES = 1 << 28
BOMB_RATIO = 200
"""A gzip that grows past BOMB_BYTES and more than this many times its size is refused."""
GZIP = b"\x1f\x8b"
_ASCII = bytes(range(128))
_UNDECODED = re.compile("[\udc80-\udcff]")
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
    b"BZh9": "a bzip2 archive: unpack it first",
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
    with open_bytes(found) as stream, io.TextIOWrapper(stream, encoding=found.encoding, errors="replace") as text:
        yield text


@contextmanager
def open_bytes(found: Survey) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked."""
    with found.path.open("rb") as raw:
        stream: IO[bytes] = raw
        for _ in range(found.layers):
            stream = cast(IO[bytes], gzip.GzipFile(fileobj=stream, mode="rb"))
        yield stream
