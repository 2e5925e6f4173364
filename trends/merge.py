"""Merge: phrases that mean one thing become one.

Three ways, each of which needs a shared word or the same letters: equal stems in any order ("trail running",
"running trails"), equal letters ("board game", "boardgame"), and neighbours in embedding space ("knit hat", "knitted
hat"). A shorter phrase goes into the longer one that most of its texts hold ("retriever" into "golden retriever").
Merging never makes an idea.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from store.embed import embed
from trends.words import singular, stem

NEAR = 0.86
"""Cosine from which two phrases that share a word mean one thing."""
SWALLOWED = 0.6
"""Part of a short phrase's texts in a longer one from which only the longer one is an idea."""


def key_of(words: Sequence[str]) -> str:
    """The stemmed, sorted form that makes two spellings one idea."""
    return " ".join(sorted(stem(singular(word.removesuffix("'s"))) for word in words))


def merge_labels(
    phrases: Sequence[Sequence[str]], rows: Sequence[frozenset[int]], same: Callable[[int, int], bool]
) -> list[int]:
    """For each phrase the number of the phrase it belongs to (its own where it stands alone).

    `phrases` come most promising first, so that the first of a group names it; `same(a, b)` says whether two phrases
    may be one at all (a subject never swallows a name).
    """
    label = list(range(len(phrases)))
    for group in _alike(phrases).values():
        for at in group[1:]:
            if same(group[0], at):
                label[at] = group[0]
    stems = [set(key_of(words).split()) for words in phrases]
    by_stem: dict[str, list[int]] = defaultdict(list)
    for at, found in enumerate(stems):
        for one in found:
            by_stem[one].append(at)
    vectors = embed([" ".join(words) for words in phrases])
    for at in range(len(phrases)):
        if label[at] == at:
            label[at] = _home(at, phrases, rows, stems, by_stem, vectors, label, same)
    return [_root(label, at) for at in range(len(label))]


def _alike(phrases: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    canonical: dict[str, str] = {}
    for at, words in enumerate(phrases):
        key = key_of(words)
        letters = "".join(singular(word) for word in words).replace("-", "").replace("'", "")
        groups[canonical.setdefault(letters, key)].append(at)
        canonical.setdefault(key, canonical[letters])
    joined: dict[str, list[int]] = defaultdict(list)
    for letters_key, members in groups.items():
        joined[canonical.get(letters_key, letters_key)] += members
    return {key: sorted(members) for key, members in joined.items()}


def _home(
    at: int,
    phrases: Sequence[Sequence[str]],
    rows: Sequence[frozenset[int]],
    stems: Sequence[set[str]],
    by_stem: dict[str, list[int]],
    vectors: np.ndarray,
    label: Sequence[int],
    same: Callable[[int, int], bool],
) -> int:
    near = sorted({other for one in stems[at] for other in by_stem[one] if other != at and label[other] == other})
    for other in near:
        longer = len(phrases[other]) > len(phrases[at]) and stems[at] < stems[other]
        if longer and same(other, at) and len(rows[at] & rows[other]) >= SWALLOWED * len(rows[at]):
            return other
    earlier = [other for other in near if other < at]
    if earlier:
        closeness = vectors[earlier] @ vectors[at]
        best = int(closeness.argmax())
        if closeness[best] >= NEAR and same(earlier[best], at):
            return earlier[best]
    return at


def _root(label: Sequence[int], at: int) -> int:
    for _ in range(len(label)):
        if label[at] == at:
            break
        at = label[at]
    return at
