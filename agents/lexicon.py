"""Lexicon: our own small word lists for feelings, appeals, hooks and claims, and how texts are matched against them.

English only, about 480 words (`words/feelings.txt`): a coarse instrument, and `matched` says how many texts it could
read at all. A list counts once a text; a feeling within three words after a negator is turned round.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from trends.idea import Mention

FILE = Path(__file__).parent / "words" / "feelings.txt"
MOST_TEXTS = 500
"""Texts that are read, the newest: more do not change a share by more than a point or two."""
MOST_CHARS = 400
"""Characters of a text that are read."""
NEGATED_WORDS = 3
EMOTIONS = ("joy", "love", "awe", "fear", "anger", "sadness")
HOOKS = ("address", "howto", "superlatives")
APPEALS = ("humour", "nostalgia", "identity", "craft", "gift", "cosy", "outdoors", "beauty", "food")

_words = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@lru_cache(maxsize=1)
def lists() -> Mapping[str, frozenset[str]]:
    """The word lists by name."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    found: dict[str, set[str]] = {}
    for line in lines:
        if line.endswith(":"):
            words = found.setdefault(line[:-1], set())
        else:
            words.add(line)
    return {name: frozenset(words) for name, words in found.items()}


@lru_cache(maxsize=1)
def _names_by_word() -> Mapping[str, tuple[str, ...]]:
    by_word: dict[str, list[str]] = {}
    for name, words in lists().items():
        for word in words:
            by_word.setdefault(word, []).append(name)
    return {word: tuple(names) for word, names in by_word.items()}


def read(text: str) -> list[str]:
    """The words of a text in lower case."""
    return _words.findall(text[:MOST_CHARS].lower().replace("’", "'"))


@dataclass(frozen=True, slots=True)
class Known:
    """What the lists know of one text."""

    words: frozenset[str]
    names: frozenset[str]
    """The lists that hold one of its words."""
    tone: float | None
    """(positive - negative) / (positive + negative) words; None where there are neither."""


@lru_cache(maxsize=8192)
def known(text: str) -> Known:
    """What the lists know of a text; kept, for three desks ask about the same texts."""
    words = read(text)
    by_word, distinct = _names_by_word(), frozenset(words)
    names = frozenset(name for word in distinct & by_word.keys() for name in by_word[word])
    toned = "positive" in names or "negative" in names
    return Known(distinct, names, _tone(words) if toned else None)


def _tone(words: Sequence[str]) -> float:
    good, bad, negators = (lists()[name] for name in ("positive", "negative", "negators"))
    balance = size = negated = 0
    for word in words:
        negated = NEGATED_WORDS + 1 if word in negators else negated
        sign = (word in good) - (word in bad)
        if sign:
            balance += -sign if negated else sign
            size += 1
        negated = max(negated - 1, 0)
    return balance / size if size else 0.0


def texts_of(mentions: Sequence[Mention]) -> list[str]:
    """The distinct texts of the newest mentions that hold any word."""
    newest = mentions if len(mentions) <= MOST_TEXTS else sorted(mentions, key=lambda m: m.known_at)[-MOST_TEXTS:]
    return [text for text in dict.fromkeys(mention.text[:MOST_CHARS] for mention in newest) if text.strip()]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the lists say of some texts."""

    texts: int
    matched: int
    """Texts that hold a positive or negative word."""
    sentiment: float | None
    """Mean over the matched texts of (positive - negative) / (positive + negative); None where none is matched."""
    shares: Mapping[str, float]
    """Share of texts that hold a word of each list."""


def reading(texts: Iterable[str]) -> Reading:
    """The sentiment of texts, and the share of them that each list matches."""
    held = [known(text) for text in texts]
    counts = Counter(name for one in held for name in one.names)
    tones = [one.tone for one in held if one.tone is not None]
    return Reading(
        texts=len(held),
        matched=len(tones),
        sentiment=sum(tones) / len(tones) if tones else None,
        shares={name: counts[name] / len(held) if held else 0.0 for name in lists()},
    )
