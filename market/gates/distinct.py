"""Distinct: whether a name says whose it is, or is a word that everybody needs.

"Adidas" means one maker wherever it stands; "apple" mostly means the fruit. An ordinary word is one that WordNet has as
a common noun, verb, adjective or adverb, a word of function, a first name, a place, or one of a short list of words
younger than WordNet. An ordinary phrase is one that WordNet has, or whose words are so frequent that they meet by
chance. What is registered besides (a million rows hold most of the dictionary) does not make a word less ordinary.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import lru_cache
from math import prod
from pathlib import Path

from market.gates.unfold import words_of
from trends.words import Noun, find_noun, frequencies, singular, word_list

TABLES = Path(__file__).parents[1] / "tables"
BY_CHANCE = 1e-7
"""Two or more words that meet more often than once in ten million are an ordinary phrase."""
FOUND_BY_CHANCE = 5e-6
"""Words that make up a name when they are joined, and meet more often than this, meet without meaning it."""
RARE = 1e-9
FUNCTION = 1e-4
"""Words of no dictionary from this frequency on are words of function ("the", "with")."""
FAMILIAR = 1e-6
"""What occurs once in a million words is a word, and no misspelling of another."""
_MADE = frozenset("rdf")
"""WordNet's letters of artifacts, drinks and foods: a lone sense there that nobody used is a brand's name."""
_ENDINGS = ("ing", "ed", "er", "ers", "est", "ly", "y", "ish", "less", "ful", "ness")
_LANGUAGES = ("de", "es", "fr", "it", "pt", "nl")


@lru_cache(maxsize=200_000)
def is_ordinary(word: str) -> bool:
    """Whether a word (small letters) is one that everybody needs."""
    if len(word) <= 2 or word.isdigit():
        return True
    if word in names():
        return False
    if word in word_list("first_names") or word in word_list("places") or word in young_words():
        return True
    forms = dict.fromkeys((word, singular(word), *_stems(word)))
    return any(_is_in_dictionary(form) for form in forms) or (
        find_noun(word) is None and frequencies().get(word, 0.0) >= FUNCTION and word not in word_list("licensed")
    )


def _is_in_dictionary(word: str) -> bool:
    noun = find_noun(word)
    if noun is None or len(word) < 2:
        return False
    used = max(noun.noun, noun.verb, noun.adjective, noun.adverb) > 0
    if noun.senses and set(noun.senses) <= {"O", "L"}:
        return True  # a place and nothing else
    if word in word_list("licensed") and not used:
        return not (len(noun.senses) == 1 and noun.senses in _MADE) and _is_common(noun)
    return _is_common(noun)


def _is_common(noun: Noun) -> bool:
    common = any(sense.islower() for sense in noun.senses)
    return common or noun.verb >= 0 or noun.adjective >= 0 or noun.adverb >= 0 or "L" in noun.senses


def _stems(word: str, endings: Sequence[str] = ("ing", "ed", "er", "est", "ly")) -> list[str]:
    """What an inflected or derived word may be of."""
    found = []
    for ending in endings:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 3:
            found += [stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem]
    return found


@lru_cache(maxsize=1)
def young_words() -> frozenset[str]:
    """Ordinary words that are younger than WordNet 3.0, and words of shops."""
    lines = (TABLES / "young_words.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Of the starter list, what stands in a dictionary and is nevertheless read as a name ("Frisbee"); squeezed."""
    with (TABLES / "marks.csv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return frozenset("".join(words_in(row["mark"])) for row in rows if row["reads_as"] == "name")


@lru_cache(maxsize=100_000)
def is_ordinary_phrase(words: tuple[str, ...]) -> bool:
    """Whether several words together are what people say without meaning anybody."""
    if len(words) == 1:
        return is_ordinary(words[0])
    text = " ".join(words)
    if "".join(words) in names():
        return False
    noun = find_noun(text)
    if noun is not None and not noun.senses[:1].isupper():
        return True
    return all(is_ordinary(word) for word in words) and chance(words) >= BY_CHANCE


def chance(words: Sequence[str]) -> float:
    """How often words stand together if they meet by chance alone."""
    return prod(frequencies().get(word, RARE) for word in words)


@lru_cache(maxsize=200_000)
def may_be(word: str, locale: str = "en") -> int:
    """How much a word may be a name in other letters: 0 not at all, 1 by the same sound, 2 by being nearly it.

    What people use and a dictionary has is itself; what only one of them knows may still be written for its sound.
    """
    used = word in frequencies() or (locale != "en" and word in _vocabulary(locale))
    forms = (word, singular(word), *(stem for stem in _stems(word, _ENDINGS) if len(stem) > 3))
    known = word in young_words() or word in word_list("first_names") or any(find_noun(form) for form in forms)
    return 0 if word.isdigit() or (used and known) else 2 - (used or known)


@lru_cache(maxsize=200_000)
def is_familiar(word: str, locale: str = "en") -> bool:
    """Whether a word stands in a dictionary or is used, so that it is no misspelling of a name."""
    if word.isdigit() or frequencies().get(word, 0.0) >= FAMILIAR:
        return True
    if find_noun(word) is not None or find_noun(singular(word)) is not None or word in young_words():
        return True
    return word in word_list("first_names") or (locale != "en" and word in _vocabulary(locale))


@lru_cache(maxsize=100_000)
def is_accented_word(raw: str) -> bool:
    """Whether a word with accents is one of a language that writes it so ("café", "señor")."""
    word = raw.casefold()
    return any(word in _vocabulary(language) for language in ("en", *_LANGUAGES))


@lru_cache(maxsize=16)
def _vocabulary(locale: str) -> frozenset[str]:
    from wordfreq import available_languages, get_frequency_dict

    language = locale.split("-")[0].split("_")[0].lower()
    if language not in available_languages("small"):
        return frozenset()
    return frozenset(get_frequency_dict(language, wordlist="small"))


def words_in(mark: str) -> tuple[str, ...]:
    """The words of a mark, as they are compared."""
    return tuple(word.text for word in words_of(mark))
