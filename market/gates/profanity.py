"""Profanity: words that no shop would print, in ten languages, however they are disguised.

Words are compared whole, so that Scunthorpe is a town. A text is read in every reading of `market.gates.unfold`: digits
and signs for letters, look-alikes, letters that stand apart or are doubled, letters behind stars. Lists of the user's
own (one word or phrase a line, a file for each language named `<language>.txt`) count beside ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from market.gates import Artwork, Evidence, Outcome, Source, Verdict, key_of, texts_of, told
from market.gates.distinct import TABLES, chance, is_familiar
from market.gates.sound import once
from market.gates.unfold import Word, fold, readings, words_of
from market.listing import Listing
from trends.normalize import is_nsfw

NAME = "profanity"
VERSION = "1"
LANGUAGES = ("de", "en", "es", "fr", "hi", "it", "ja", "ko", "nl", "pt")
RARELY = 1e-9
"""Two pieces that meet more rarely than this are one word cut in two."""
_KATAKANA = re.compile(r"[\u30a0-\u30ff]+\Z")
_STARRED = re.compile(r"(?<![\w*#%])[^\W\d_][\w@$!]*[*#%_.\-]+[\w*#%@$!]*|(?<![\w*])[*#]+\w+")
_SIGNS = re.compile(r"[*#%@$!_.\-]")


@dataclass(frozen=True, slots=True)
class Words:
    """One list of one language."""

    language: str
    whole: frozenset[str]
    begins: tuple[str, ...]
    phrases: tuple[str, ...]
    """Several words, or words of a writing system without spaces: looked for as they stand."""
    own: bool = False
    """Whether they count in listings of that language alone."""


@lru_cache(maxsize=1)
def shipped() -> tuple[Words, ...]:
    """Our own lists."""
    lines = (TABLES / "swears.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return tuple(_list(language, words.split(), where == "own") for language, where, words in rows)


def load_lists(folder: Path) -> tuple[tuple[Words, ...], Source]:
    """A folder of lists; OSError where it cannot be read, ValueError where it holds none."""
    paths = sorted(path for path in folder.iterdir() if path.suffix == ".txt")
    if not paths:
        raise ValueError(f"{folder} holds no list named as “en.txt”")
    digest, found, size = sha256(), [], 0
    for path in paths:
        text = path.read_text("utf-8")
        digest.update(path.name.encode() + text.encode())
        entries = [line.strip() for line in text.splitlines() if line.strip()]
        size += len(entries)
        found.append(_list(path.stem.lower(), entries, own=path.stem.lower() != "en"))
    return tuple(found), Source(f"lists of {folder.name}", digest.hexdigest()[:12], size)


def _list(language: str, entries: Sequence[str], own: bool) -> Words:
    bare = [entry.casefold() for entry in entries]
    spaceless = {entry for entry in bare if " " in entry or (len(words_of(entry)) > 1)}
    words = [entry for entry in bare if entry not in spaceless]
    return Words(
        language,
        frozenset(fold(word)[0] for word in words if not word.endswith("*")),
        tuple(fold(word[:-1])[0] for word in words if word.endswith("*")),
        tuple(sorted(spaceless)),
        own,
    )


class Profanity:
    """The gate."""

    name = NAME

    def __init__(self, lists: Sequence[Words] = (), sources: Sequence[Source] = ()) -> None:
        """Lists of the user's own, and what they are called (`load_lists`)."""
        self.lists = (*shipped(), *lists)
        size = sum(len(each.whole) + len(each.begins) + len(each.phrases) for each in shipped())
        self.sources = (Source("our list of ten languages", VERSION, size), *sources)

    def key(self, listing: Listing, artwork: Artwork, _: datetime, /) -> str:
        return key_of(NAME, VERSION, listing, artwork, self.sources)

    async def judge(self, listing: Listing, artwork: Artwork, now: datetime) -> Verdict:
        """Blocked where a word of the lists stands in a text."""
        texts = texts_of(listing, artwork)
        evidence = tuple(
            Evidence(where, word, word, f"{language}: a word that no shop would print")
            for where, text in texts
            for language, word in sorted(set(self.found(text, listing.locale)))
        )
        languages = ", ".join(LANGUAGES)
        why = f"no word of the lists is used ({languages})"
        if evidence:
            why = f"“{evidence[0].written}” in the {evidence[0].where} is profane ({evidence[0].how.partition(':')[0]})"
        outcome: Outcome = "blocked" if evidence else "clear"
        key = self.key(listing, artwork, now)
        return Verdict(NAME, outcome, why, told(texts), self.sources, now, key, evidence)

    def found(self, text: str, locale: str) -> Iterator[tuple[str, str]]:
        """(language, what is written) of each profane word."""
        lists = [each for each in self.lists if not each.own or each.language == locale[:2].lower()]
        plain = text.casefold()
        for each in lists:
            yield from ((each.language, phrase) for phrase in each.phrases if _stands(phrase, plain))
        for written, letters in _written(text):
            yield from ((each.language, written) for each in lists if _is_on(letters, each))
        for found in _STARRED.finditer(plain):
            shown = found[0].strip("!?.-")
            for each in lists:
                whole = any(_is_starred(shown, word) for word in each.whole)
                if whole or any(_is_starred(shown[: len(stem)], stem) for stem in each.begins):
                    yield each.language, found[0]
        if is_nsfw(text):
            yield "en", text[:60]


def _stands(phrase: str, text: str) -> bool:
    """Whether a phrase stands in a text: between words, or anywhere where words are not parted by spaces."""
    if " " in phrase or phrase.isascii():
        return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None
    if _KATAKANA.match(phrase):
        return re.search(rf"(?<![\u30a0-\u30ff]){phrase}(?![\u30a0-\u30ff])", text) is not None
    return phrase in text


def _is_starred(shown: str, word: str) -> bool:
    """Whether a word of four letters or more is behind signs that stand for one letter each, or for none."""
    if len(word) < 4 or shown[:1] not in ("*", "#", word[:1]):
        return False
    return re.fullmatch(_SIGNS.sub("[a-z]?", re.sub(r"[^\w*#%@$!.-]", ".", shown)), word) is not None


def _is_on(letters: str, words: Words) -> bool:
    return letters in words.whole or any(letters.startswith(stem) for stem in words.begins)


def _written(text: str) -> Iterator[tuple[str, str]]:
    """(as written, letters) of all words of all readings, of letters that stand apart, of words cut in two."""
    for number, words in enumerate(readings(text)):
        for word in words:
            if number == 0 or word.changed:
                yield word.raw, word.text
                if once(word.text) != word.text and not is_familiar(word.text):
                    yield word.raw, once(word.text)
        yield from _joined(words)


def _joined(words: Sequence[Word]) -> Iterator[tuple[str, str]]:
    run: list[Word] = []
    for word in (*words, Word("..", "")):
        if len(word.text) == 1 and word.text.isalpha():
            run.append(word)
            continue
        for start in range(len(run)):
            for end in range(start + 3, len(run) + 1):
                letters = "".join(each.text for each in run[start:end])
                yield " ".join(each.raw for each in run[start:end]), letters
        run = []
    for one, other in pairwise(words):
        short = 1 < len(one.text) < 6 and 1 < len(other.text) < 6
        if short and chance((one.text, other.text)) < RARELY:
            yield f"{one.raw} {other.raw}", one.text + other.text
