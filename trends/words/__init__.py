"""The shipped word lists, read once: WordNet's nouns, names, news, formats, events. `SOURCES.md` says whose they
are."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

_LONG_HYPHEN = re.compile(r"(?<=\w\w\w)-(?=\w\w\w)")
"""Where `phrases.split_words` parts a word in two."""


@dataclass(frozen=True, slots=True)
class Noun:
    """What WordNet says of a lemma: its noun senses and the anchors above them (letters: `build_wordnet`), its
    tagged uses."""

    senses: str
    noun: int
    verb: int
    adjective: int
    adverb: int
    anchors: str

    @property
    def is_noun(self) -> bool:
        return self.noun >= 0

    @property
    def noun_share(self) -> float:
        """Of its tagged uses (each part of speech it can be counts one more) the part as a noun, 0..1."""
        counts = [count + 1 for count in (self.noun, self.verb, self.adjective, self.adverb)]
        return counts[0] / max(sum(counts), 1)


@lru_cache(maxsize=1)
def _wordnet() -> tuple[dict[str, str], dict[str, str]]:
    entries: dict[str, str] = {}
    irregular: dict[str, str] = {}
    with gzip.open(FOLDER / "nouns.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            lemma, tab, rest = line.rstrip("\n").partition("\t")
            if tab:
                entries[lemma] = rest
            else:
                plural, _, one = lemma.partition("=")
                irregular[plural] = one
    return entries, irregular


@lru_cache(maxsize=50_000)
def find_noun(lemma: str) -> Noun | None:
    """WordNet's entry of a word or of several (apart by one space), or None."""
    entry = _wordnet()[0].get(lemma)
    if entry is None:
        return None
    senses, counts, anchors = entry.split("\t")
    noun, verb, adjective, adverb = (-1 if count == "-" else int(count) for count in counts.split())
    return Noun(senses, noun, verb, adjective, adverb, anchors)


@lru_cache(maxsize=200_000)
def singular(word: str) -> str:
    """The word without its plural, where WordNet (or the plain rule for words it lacks) knows one."""
    entries, irregular = _wordnet()
    if word in irregular:
        return irregular[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is", "'s")):
        return word
    if word in entries and not entries[word].startswith("\t"):
        own = find_noun(word)
        if own is not None and own.noun > 0:
            return word
    for ending, stem in (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("es", ""), ("s", "")):
        if word.endswith(ending):
            one = word[: -len(ending)] + stem
            found = find_noun(one)
            if found is not None and found.is_noun and len(one) > 2:
                return one
    return word if word in entries else word[:-1]


@lru_cache(maxsize=1)
def frequencies() -> Mapping[str, float]:
    """How much of English each word is (wordfreq, the small list: what is rarer than one in a million is absent)."""
    from wordfreq import get_frequency_dict

    return get_frequency_dict("en", wordlist="small")


@lru_cache(maxsize=64)
def word_list(name: str) -> frozenset[str]:
    """Entries of `<name>.txt`, one a line, in lower case; lines that begin with # are remarks."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    entries = (line for line in lines if line.strip() and not line.startswith("#"))
    return frozenset(_LONG_HYPHEN.sub(" ", " ".join(entry.casefold().split())) for entry in entries)


@lru_cache(maxsize=16)
def word_table(name: str) -> tuple[tuple[str, ...], ...]:
    """Rows of `<name>.tsv`, as many cells as each line has; lines that begin with # are remarks."""
    lines = (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(tuple(line.split("\t")) for line in lines if line.strip() and not line.startswith("#"))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Snowball's English stem."""
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")
