"""Lexicon: our own small word lists for feelings, appeals, hooks and claims, and how texts are matched against them.

English only, about 700 words (`words/feelings.txt`): a coarse instrument, and `matched` says how many texts it could read at
all. A word counts once a text; a feeling within three words after a negator is turned round.
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
APPEALS = ("humour", "nostalgia", "identity", "craft", "gift", "cosy", "outdoors", "beauty", "food")

_words = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@lru_cache(maxsize=1)
def lists() -> Mapping[str, frozenset[str]]:
    """The word lists by name."""
    found = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, words = line.partition(":")
            found[name] = frozenset(words.split())
    return found


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


def texts_of(mentions: Sequence[Mention]) -> list[str]:
    """The distinct texts of the newest mentions that hold any word."""
    newest = mentions if len(mentions) <= MOST_TEXTS else sorted(mentions, key=lambda m: m.known_at)[-MOST_TEXTS:]
    return [text for text in dict.fromkeys(mention.text for mention in newest) if text.strip()]


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
    names, negators = _names_by_word(), lists()["negators"]
    counts: Counter[str] = Counter()
    total, tones = 0, []
    for text in texts:
        total += 1
        words = read(text)
        found = {name for word in words if word in names for name in names[word]}
        counts.update(found)
        if "positive" in found or "negative" in found:
            tones.append(_tone(words, names, negators))
    return Reading(
        texts=total,
        matched=len(tones),
        sentiment=sum(tones) / len(tones) if tones else None,
        shares={name: counts[name] / total if total else 0.0 for name in lists()},
    )


def _tone(words: Sequence[str], names: Mapping[str, tuple[str, ...]], negators: frozenset[str]) -> float:
    balance = size = 0
    negated = 0
    for word in words:
        if word in negators:
            negated = NEGATED_WORDS + 1
        held = names.get(word, ())
        sign = ("positive" in held) - ("negative" in held)
        if sign:
            balance += -sign if negated else sign
            size += 1
        negated = max(negated - 1, 0)
    return balance / size if size else 0.0
