"""Marks: many word marks in one index, and which of them a text uses, however it is spelled.

A text is looked up, not compared: its words, and words that stand together, give keys (the letters; without a plural;
by sound; by consonants; with each letter left out), and the index answers with the marks of the same keys. What keys
bring is then compared letter by letter (`market.gates.likeness`). A mark more costs nothing but memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from market.gates.distinct import is_ordinary_phrase, words_in
from market.gates.sound import bones_of, once, sound_of
from trends.words import singular

VERSION = "1"
"""Of the keys and of the judgement; another version, another verdict."""
LEAST_FUZZY = 4
"""Letters from which a name is recognised by its sound; below that only by its letters."""
LEAST_EDIT = 5
MOST_LETTERS = 48
"""Of a mark that is looked for; longer ones are sentences, looked for by their letters alone."""
_DEAD = ("dead", "abandon", "cancel", "expired", "withdrawn", "refused", "surrendered", "removed", "invalid", "lapsed")

Keys = npt.NDArray[np.uint32]
Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Mark:
    """One registered or applied-for word mark."""

    text: str
    classes: frozenset[int] = frozenset()
    """Nice classes; empty: not known, so it counts in all."""
    owner: str = ""
    register: str = ""
    number: str = ""
    status: str = ""
    language: str = ""
    famous: bool = False
    """Known to everybody, and so protected beyond its classes."""

    @property
    def is_dead(self) -> bool:
        """Whether its status says that it protects nothing any more."""
        return any(word in self.status.lower() for word in _DEAD)


@dataclass(frozen=True, slots=True)
class Name:
    """What is compared of a mark."""

    words: tuple[str, ...]
    letters: str
    sound: str
    is_ordinary: bool
    bare: Name | None = None
    """Without the article in front or the "and" between, where it has one."""


class Register:
    """Word marks and their index."""

    def __init__(self, marks: Iterable[Mark], keys: Keys | None = None, ids: Ids | None = None) -> None:
        """Dead marks are left out. `keys` and `ids`: an index that was built of the same marks before."""
        self.marks: list[Mark] = [mark for mark in marks if not mark.is_dead]
        self._names: dict[int, Name] = {}
        if keys is None or ids is None:
            keys, ids = _built(self.marks)
        self.keys, self.ids = keys, ids

    def __len__(self) -> int:
        return len(self.marks)

    def name(self, at: int) -> Name:
        """What is compared of the mark in that place; made when it is first asked for."""
        found = self._names.get(at)
        if found is None:
            forms = _forms(words_in(self.marks[at].text))
            bare = _named(forms[1]) if len(forms) > 1 else None
            found = self._names[at] = _named(forms[0] if forms else (), bare)
        return found

    def look_up(self, keys: Sequence[int]) -> list[tuple[int, int]]:
        """(place of the key, place of a mark that has it), for each that has it."""
        asked = np.asarray(keys, np.uint32)
        low, high = np.searchsorted(self.keys, asked, "left"), np.searchsorted(self.keys, asked, "right")
        return [(int(at), int(each)) for at in np.flatnonzero(high > low) for each in self.ids[low[at] : high[at]]]


def _named(words: tuple[str, ...], bare: Name | None = None) -> Name:
    letters = "".join(words)
    return Name(words, letters, sound_of(letters), is_ordinary_phrase(words) if words else True, bare)


def load_index(marks: Iterable[Mark], digest: str, folder: Path | None) -> Register:
    """The register of these marks; its index is kept in `folder` under the digest of what they were read from."""
    if folder is None:
        return Register(marks)
    path = folder / f"marks-{VERSION}-{digest}.npz"
    if path.exists():
        with np.load(path) as kept:
            return Register(marks, kept["keys"], kept["ids"])
    register = Register(marks)
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part.npz")
    np.savez(partial, keys=register.keys, ids=register.ids)
    partial.replace(path)
    return register


def digest_of(marks: Iterable[Mark]) -> str:
    """SHA-256 of what the marks say."""
    told = sha256()
    for mark in marks:
        told.update(repr((mark.text, sorted(mark.classes), mark.owner, mark.number, mark.status)).encode())
    return told.hexdigest()


def key(kind: str, letters: str) -> int:
    """A key of the index."""
    return crc32(f"{kind}{letters}".encode())


def plain_stems(words: Sequence[str]) -> list[str]:
    """The letters of the words, and those without a plural or possessive s: of the last word, and of each."""
    letters = "".join(words)
    found = [letters, *(letters[: -len(end)] for end in ("s", "es") if letters.endswith(end) and len(letters) > 3)]
    if letters.endswith("ies") and len(letters) > 5:
        found.append(letters[:-3] + "y")
    last = singular(words[-1]) if words else ""
    last = f"{last[:-2]}an" if last.endswith("men") else last
    found.append("".join(words[:-1]) + last)
    if len(words) > 1:
        found.append("".join(word[:-1] if word.endswith("s") and len(word) > 3 else word for word in words))
    return list(dict.fromkeys(each for each in found if len(each) > 1 or len(letters) < 2))


def shortened(letters: str) -> list[str]:
    """The letters, and the letters with each one left out."""
    return [letters, *(letters[:at] + letters[at + 1 :] for at in range(len(letters)))]


def fuzzy_keys(letters: str, sound: str) -> list[int]:
    """Keys of what is spelled or sounds much the same."""
    found = [key("s", sound), key("o", once(letters))]
    if len(letters) >= LEAST_EDIT:
        found += [key("d", each) for each in shortened(letters)]
        bones = bones_of(sound)
        if len(bones) >= LEAST_FUZZY:
            found.append(key("b", bones))
    if len(sound) >= LEAST_EDIT:
        found += [key("q", each) for each in shortened(sound)]
    return found


def _built(marks: Sequence[Mark]) -> tuple[Keys, Ids]:
    keys: list[int] = []
    counts = np.zeros(len(marks), np.int64)
    for at, mark in enumerate(marks):
        before = len(keys)
        for words in _forms(words_in(mark.text)):
            letters = "".join(words)
            keys += [key("t", each) for each in plain_stems(words)]
            if LEAST_FUZZY <= len(letters) <= MOST_LETTERS:
                keys += fuzzy_keys(letters, sound_of(letters))
        counts[at] = len(keys) - before
    packed = np.asarray(keys, np.uint32)
    order = np.argsort(packed, kind="stable")
    return packed[order], np.repeat(np.arange(len(marks), dtype=np.int32), counts)[order]


def _forms(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The words of a mark, and those without an article in front, or without "and"."""
    if not words:
        return []
    bare = words[1:] if words[0] == "the" else tuple(word for word in words if word != "and")
    return [words, bare] if bare != words and len("".join(bare)) > LEAST_EDIT else [words]


@dataclass(frozen=True, slots=True)
class Use:
    """A mark that a text uses."""

    mark: Mark
    written: str
    """The words of the text that are it."""
    how: str
    """"the same letters", "plural", "sounds alike", ..."""
    score: float
    """How near, in [0, 1]."""
    blocks: bool
    why: str = field(default="")
    """Why it blocks, or is only told."""
