"""Audience: who a phrase is for, in words a person would use.

A community or category that is on the shipped table has its label there; an unseen one is read as words
("r/woodcarving" is "wood carving fans"); a phrase without any community is labelled by what it names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log

from trends.words import find_noun, frequencies, singular, word_table

GENERAL = "general audience"
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+")


def audience_of(words: Sequence[str], community: str | None, share: float) -> str:
    """The audience of a phrase: of the thing itself where the table knows it, else of its community, else of its
    sense."""
    lemmas = [singular(word) for word in words]
    runs = [" ".join(lemmas[at : at + n]) for n in range(len(lemmas), 0, -1) for at in range(len(lemmas) - n, -1, -1)]
    for run in (" ".join(words), *words, *runs):
        if run in _table("phrase"):
            return _table("phrase")[run]
    if community is not None and share >= 0.25:
        return label_of(community)
    noun = find_noun(" ".join(lemmas)) or find_noun(lemmas[-1])
    for letter in noun.anchors + noun.senses[:1] if noun is not None else "":
        if letter in _table("anchor"):
            return _table("anchor")[letter]
    return label_of(community) if community is not None else GENERAL


def label_of(community: str) -> str:
    """Readable label of a community or category, known or not."""
    known = _table("community").get(community.casefold())
    if known is not None:
        return known
    return f"{' '.join(split_name(community))} fans"


@lru_cache(maxsize=4096)
def split_name(community: str) -> tuple[str, ...]:
    """The words of a name written together: "boardgames" is ("board", "games")."""
    parts = [part.casefold() for part in _CAMEL.split(community) if part]
    return tuple(word for part in parts for word in (_segment(part) if part.isalpha() else (part,)))


def _segment(name: str) -> tuple[str, ...]:
    """The likeliest split by word frequency (Viterbi); a name that no words make stays whole."""
    known = frequencies()
    best: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
    for end in range(1, min(len(name), 40) + 1):
        options = []
        for begin in range(max(0, end - 16), end):
            piece = name[begin:end]
            chance = known.get(piece, 0.0) if len(piece) > 2 or piece in ("of", "my", "to", "in", "a") else 0.0
            cost = best[begin][0] + (-log(chance) if chance else 12.0 + 3.0 * len(piece))
            options.append((cost, (*best[begin][1], piece)))
        best.append(min(options))
    words = best[-1][1]
    return words if all(word in known for word in words) else (name,)


@lru_cache(maxsize=4)
def _table(part: str) -> Mapping[str, str]:
    return {key: label for kind, keys, label in word_table("audiences") if kind == part for key in keys.split("|")}
