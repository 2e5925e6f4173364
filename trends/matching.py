"""Matching: which texts hold a keyword.

By the stem key that ideas have, so plurals and the order of words do not matter; whole words only, next to each other,
inside one sentence. What is written together as one tag or word matches too: "#pumpkincarving", "#PumpkinCarvingIdeas".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from trends.merge import key_of
from trends.phrases import split_words
from trends.words import singular

_STOPS = frozenset(".,;:!?|/()[]{}…—–•·")
"""What a phrase does not reach across; other marks, emoji among them, are as good as a space."""
_TAG = re.compile(r"#(\w+)")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class _Forms:
    """Keywords as they are looked for: their numbers by key and, of several words, by their letters."""

    by_key: Mapping[str, int]
    by_letters: Mapping[str, int]
    stems: frozenset[str]
    sizes: tuple[int, ...]


def words_of(phrase: str) -> tuple[str, ...]:
    """The words of a phrase in lower case; marks, emoji and user names are none."""
    return tuple(word.casefold() for word in split_words(phrase) if word[0].isalnum())


def matches(text: str, keywords: Sequence[str]) -> bool:
    """Whether a text holds one of these phrases."""
    return match_of(text, keywords) is not None


def match_of(text: str, keywords: Sequence[str]) -> int | None:
    """The number of the first of these phrases that a text holds; None where it holds none."""
    forms = _forms(tuple(keywords))
    found = _numbers(text, forms) if forms.by_key else []
    return min(found, default=None)


def preferred(texts: Sequence[str], keywords: Sequence[str]) -> list[int]:
    """The numbers of all texts, those that hold the strongest keyword first; `keywords` come strongest first.

    Equals, and those that hold none, keep their order.
    """
    numbers = [match_of(text, keywords) for text in texts]
    last = len(keywords)
    return sorted(range(len(texts)), key=lambda at: last if (found := numbers[at]) is None else found)


@lru_cache(maxsize=64)
def _forms(keywords: tuple[str, ...]) -> _Forms:
    by_key: dict[str, int] = {}
    by_letters: dict[str, int] = {}
    for number, phrase in enumerate(keywords):
        words = words_of(phrase)
        if not words:
            continue
        by_key.setdefault(key_of(words), number)
        if len(words) > 1:
            by_letters.setdefault("".join(words), number)
            by_letters.setdefault("".join((*words[:-1], singular(words[-1]))), number)
    stems = frozenset(one for key in by_key for one in key.split())
    return _Forms(by_key, by_letters, stems, tuple(sorted({len(key.split()) for key in by_key})))


def _numbers(text: str, forms: _Forms) -> list[int]:
    """The numbers of the keywords in a text."""
    words = [word.casefold() for word in split_words(_apart(text))]
    found = [forms.by_letters[form] for word in words for form in (word, singular(word)) if form in forms.by_letters]
    stems = ["" if word in _STOPS else _stem(word) for word in words if word in _STOPS or word[0].isalnum()]
    for at in (at for at, one in enumerate(stems) if one in forms.stems):
        for size in forms.sizes:
            number = forms.by_key.get(" ".join(sorted(stems[at : at + size])))
            if number is not None:
                found.append(number)
    return found


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return key_of((word,))


def _apart(text: str) -> str:
    """The text with the words of its tags set apart, where their capitals show them: "#PumpkinCarvingIdeas"."""
    if "#" not in text:
        return text
    tags = [_HUMP.sub(" ", tag) for tag in _TAG.findall(text) if _HUMP.search(tag)]
    return " | ".join([text, *tags])
