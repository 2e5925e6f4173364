"""Audience: who a phrase is for, in words a person would use.

A community or category that is on the shipped table has its label there; an unseen one is read as words
("r/woodcarving" is "wood carving fans"); a phrase without any community is labelled by what it names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log

from trends.kinds import is_franchise
from trends.words import find_noun, frequencies, singular, word_list, word_table

GENERAL = "general audience"
MOST = 0.3
"""Part of a phrase's texts in one community from which it is for that community."""
_FIRST = "DCHBFIMPNAeXZLTkSROEVUGQJ"
"""The order in which the anchors of a noun with several are looked at."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+")


def audience_of(words: Sequence[str], community: str | None, share: float) -> str:
    """The audience of a phrase: of the thing itself where the table knows it, else of its community, else of its sense.

    A community that is named after somebody's franchise, or is a place, lends its name to no audience.
    """
    phrases = _table("phrase")
    lemmas = (*words[:-1], singular(words[-1]))
    for whole in (" ".join(words), " ".join(lemmas), lemmas[-1]):
        if whole in phrases:
            return phrases[whole]
    named = community is not None and not is_franchise(community) and not _is_place(community)
    broad = community is not None and community.casefold() in word_list("broad_communities")
    if community is not None and named and not broad and share >= MOST:
        return label_of(community)
    for run in (" ".join(lemmas[at : at + n]) for n in (2, 1) for at in range(len(lemmas) - n + 1)):
        if run in phrases:
            return phrases[run]
    noun = find_noun(" ".join(lemmas)) or find_noun(lemmas[-1])
    anchors, senses = _table("anchor"), _table("sense")
    known = "" if noun is None else "".join(sorted(noun.anchors, key=_FIRST.find))
    found = next((anchors[letter] for letter in known if letter in anchors), None)
    if found is None and noun is not None:
        found = senses.get(noun.senses[:1])
    if found is not None:
        return found
    return label_of(community) if community is not None and named else GENERAL


def _is_place(community: str) -> bool:
    noun = find_noun(community.casefold())
    return noun is not None and noun.senses[:1] == "L" and community.casefold() not in _table("community")


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
