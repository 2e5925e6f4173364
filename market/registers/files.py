"""Files of word marks: a CSV (mark, class[, number, owner, register, status, language]) or USPTO records in XML.

XML is the USPTO's case status in ST.96 or ST.66, one record or many. A file is known by its content: the digest of its
bytes is the version that a verdict names, and under which its index is kept.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from defusedxml.ElementTree import ParseError, iterparse

from market.gates import Source
from market.gates.marks import Mark, load_index
from market.gates.trademark import Listed

_NUMBERS = re.compile(r"\d{1,3}")
DEAD_CODES = range(600, 616)
"""USPTO status codes of applications that were abandoned; 700 and up are registrations (TSDR, status code table)."""
DEAD_REGISTERED = frozenset({*range(710, 715), 900, 901, 402})
"""Cancelled, expired, and what is void by order."""


class BadMarks(ValueError):
    """A file holds no word marks that can be read; the message says which and what is missing."""


def load_file(path: Path, cache: Path | None = None) -> Listed:
    """A file of marks with its index. `cache`: a folder in which indexes are kept by content.

    Raises:
        BadMarks: it holds none, or cannot be read.
    """
    try:
        digest = _digest(path)
    except OSError as error:
        raise BadMarks(f"{path} cannot be read: {error.strerror}") from None
    return _loaded(path, digest, cache)


@lru_cache(maxsize=4)
def _loaded(path: Path, digest: str, cache: Path | None) -> Listed:
    marks = [mark for mark in read_marks(path) if not mark.is_dead]
    if not marks:
        raise BadMarks(f"{path.name} holds no living word mark")
    return Listed(Source(path.name, digest[:12], len(marks)), load_index(marks, digest, cache))


def read_marks(path: Path) -> Iterator[Mark]:
    """Every mark of a file, dead ones too."""
    with path.open("rb") as file:
        start = file.read(200).lstrip(b"\xef\xbb\xbf \r\n\t")
    yield from _of_xml(path) if start.startswith(b"<") else _of_csv(path)


def _of_csv(path: Path) -> Iterator[Mark]:
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        names = {name.strip().lower(): name for name in rows.fieldnames or () if name}
        if not {"mark", "class"} <= names.keys() and not {"mark", "classes"} <= names.keys():
            raise BadMarks(f"{path.name} has no columns mark and class: {', '.join(names) or 'it is empty'}")
        for row in rows:
            told = {name: (row.get(column) or "").strip() for name, column in names.items()}
            if told["mark"]:
                yield Mark(
                    told["mark"], classes_in(told.get("class") or told.get("classes", "")), told.get("owner", ""),
                    told.get("register", ""), told.get("number", ""), told.get("status", ""), told.get("language", ""),
                )  # fmt: skip


def classes_in(text: str) -> frozenset[int]:
    """The Nice classes that a cell names: "25", "009 | 042", "IC 025"."""
    return frozenset(number for number in map(int, _NUMBERS.findall(text)) if 1 <= number <= 45)


def _of_xml(path: Path) -> Iterator[Mark]:
    try:
        for _, element in iterparse(path, events=("end",)):
            if _tag(element) in ("Trademark", "TradeMark"):
                mark = _mark_of(element)
                element.clear()
                if mark is not None:
                    yield mark
    except ParseError as fault:
        raise BadMarks(f"{path.name} is no XML that can be read: {fault}") from None


def _mark_of(element: Any) -> Mark | None:
    """One record; None where it is no word mark."""
    told: dict[str, str] = {}
    classes: set[int] = set()
    for each in element.iter():
        tag, text = _tag(each), (each.text or "").strip()
        if tag == "ClassNumber" and text:
            classes |= classes_in(text)
        elif text:
            told.setdefault(tag, text)
    word = told.get("MarkVerbalElementText", "")
    if not word:
        return None
    number = told.get("RegistrationNumber") or told.get("ApplicationNumberText") or told.get("ApplicationNumber", "")
    return Mark(word, frozenset(classes), _owner(told), f"{told.get('RegistrationOfficeCode', 'US')}PTO"
                if told.get("RegistrationOfficeCode", "US") == "US" else told["RegistrationOfficeCode"],
                number, status_of(told.get("MarkCurrentStatusCode", "")))  # fmt: skip


def _owner(told: dict[str, str]) -> str:
    name = told.get("OrganizationStandardName") or told.get("EntityName", "")
    return "" if name == "REDACTED" else name


def status_of(code: str) -> str:
    """ "live" or "dead", by the USPTO's status code; empty where there is none."""
    if not code.isdigit():
        return ""
    number = int(code)
    return "dead" if number in DEAD_CODES or number in DEAD_REGISTERED else "live"


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _digest(path: Path) -> str:
    told = sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            told.update(piece)
    return told.hexdigest()
