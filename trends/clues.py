"""Clues: what is known of a phrase when it is typed, and what the shipped lists say of its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from trends.idea import Kind
from trends.words import find_noun, frequencies, singular, word_list

PROPER = 0.75
"""Part of the uses inside a sentence that are capitalised from which a phrase is a name."""


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known of a phrase when it is typed."""

    words: tuple[str, ...]
    lower: int = 0
    upper: int = 0
    led: float = 0.0
    acted: float = 0.0
    cohesion: float = 0.5
    extended: float = 0.0
    share: float = 0.0
    log_odds: float = 0.0
    community: str | None = None
    """What it is most distinctive of."""
    news: float = 0.0
    """Part of its texts that speak of a tragedy or stand in a news category."""
    media: float = 0.0
    """Part of its texts in a music, film, game, sport or celebrity category."""
    channel: bool = False
    """Whether a source of its texts (a channel) bears its name."""
    counted: bool = False
    """Whether a source already counted the phrase (a search term, a rank): then it was not cut out of titles."""

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def proper(self) -> bool | None:
        """Whether people write it as a name; None where casing says too little."""
        seen = self.lower + self.upper
        return None if seen < 3 else self.upper >= PROPER * seen


@dataclass(frozen=True, slots=True)
class Typed:
    """A kind, why, and how sure (0..1; for a subject also how well it prints)."""

    kind: Kind
    reason: str
    confidence: float


def runs(words: Sequence[str]) -> list[str]:
    """Every run of the words, longest first."""
    size = len(words)
    return [" ".join(words[at : at + n]) for n in range(size, 0, -1) for at in range(size - n + 1)]


@lru_cache(maxsize=1024)
def spellings(words: tuple[str, ...]) -> list[str]:
    """Runs of the words as written, and with the last word (and possessives) in the singular."""
    bare = [word.removesuffix("'s") for word in words]
    lemmas = [singular(word) for word in bare]
    return list(dict.fromkeys(runs(words) + runs(bare) + runs(lemmas)))


def is_common(word: str) -> bool:
    """Whether a word or phrase also names an ordinary thing (so that a list of names alone decides nothing)."""
    noun = find_noun(singular(word)) or find_noun(word)
    if noun is None:
        return False
    return not noun.is_noun or not noun.senses or noun.senses[0].islower() or noun.verb >= 0 or noun.adjective >= 0


def is_known_thing(text: str) -> bool:
    noun = find_noun(text) or find_noun(" ".join(singular(word) for word in text.split()))
    return noun is not None and noun.is_noun and noun.senses[:1].islower()


def is_unheard_of(word: str) -> bool:
    known = frequencies()
    one = singular(word)
    return not (
        word in known
        or one in known
        or find_noun(one)
        or find_noun(word)
        or one in word_list("crafts")
        or "-" in word
        or word in word_list("modifiers")
    )


def is_loved(words: Sequence[str]) -> bool:
    """Whether the whole phrase is on the list of motifs that sell."""
    return " ".join(words) in word_list("loved") or " ".join((*words[:-1], singular(words[-1]))) in word_list("loved")
