"""Names: file names and web addresses out of texts that anybody wrote, safe on Windows, macOS, Linux and in a shop."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from trends.normalize import clean

MOST_CHARS = 80
MOST_BYTES = 200
"""Of a file's name in UTF-8: most systems take 255, and an ending has to fit."""
_UNSAFE = re.compile(r"[^\w.-]+")
_DASHES = re.compile(r"[-_.]*-[-_.]*")
_NOT_ASCII = re.compile(r"[^a-z0-9]+")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\.|\Z)", re.IGNORECASE)
"""What Windows takes for a device, whatever ending follows."""


def file_name(text: str, otherwise: str = "design") -> str:
    """The text as a name of a file or folder without its ending: letters and digits of any script, dots and dashes.

    Never empty, never hidden, never a device of Windows, no dot at its end, at most MOST_BYTES in UTF-8. NFC, and what
    NFKC would turn into a separator is none.
    """
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", clean(text)))
    plain = _DASHES.sub("-", _UNSAFE.sub("-", plain)).strip("-_. ")[:MOST_CHARS]
    while len(plain.encode()) > MOST_BYTES:
        plain = plain[:-1]
    plain = plain.strip("-_. ")
    if not plain:
        return otherwise
    return f"_{plain}" if _RESERVED.match(plain) else plain


def handle(text: str, otherwise: str = "design") -> str:
    """The text as the last part of a shop's address: a to z, 0 to 9 and single dashes."""
    bare = unicodedata.normalize("NFKD", clean(text)).encode("ascii", "ignore").decode().casefold()
    return _NOT_ASCII.sub("-", bare).strip("-")[:MOST_CHARS].strip("-") or otherwise


def apart(names: Iterable[str]) -> list[str]:
    """The names in their order, each its own whatever the case: the second of a name is called NAME-2."""
    taken: set[str] = set()
    found: list[str] = []
    for name in names:
        at, own = 1, name
        while unicodedata.normalize("NFKC", own).casefold() in taken:
            at += 1
            own = f"{name}-{at}"
        taken.add(unicodedata.normalize("NFKC", own).casefold())
        found.append(own)
    return found
