"""Subjects: how much speaks for a phrase being a thing that people would wear or give.

Evidence is positive or the phrase waits: what WordNet says of its last word, what the words before it add, whether it
holds together, whether one community is fond of it; against it, every sign of a verb, half a phrase, a name, a fitting.
"""

from __future__ import annotations

from trends.clues import Clues, Typed, is_loved
from trends.idea import Kind
from trends.words import Noun, find_noun, frequencies, singular, word_list, word_table

SUBJECT_AT = 0.5
"""Confidence from which a phrase is a subject; below, code cannot tell."""

MEDIA_TEXTS = 0.3
"""Part of a phrase's texts about works, matches and makers from which a word may be a name of theirs."""

COMMON_WORD = 3.2e-5
"""Share of English from which a single word is too broad to print (about that of "espresso" times ten)."""

PRINTABLE = {
    "a": 1.0, "n": 0.9, "d": 0.6, "o": 0.7, "r": 0.45, "c": 0.25, "h": 0.5, "k": 0.35, "z": 0.4, "p": 0.3, "e": 0.2,
    "m": 0.1, "u": 0.1, "g": 0.15, "y": 0.1, "l": 0.1,
}  # fmt: skip
"""How printable a thing of each WordNet supersense is (0 where absent: time, state, feeling, quantity ...)."""

ANCHORED = {
    "D": 0.2, "C": 0.2, "B": 0.15, "H": 0.15, "L": 0.15, "M": 0.35, "J": 0.5, "Z": 0.3, "S": 0.15, "k": 0.15, "E": 0.1,
    "Q": 0.25, "Y": 0.2, "N": 0.5, "P": 0.45, "e": 0.3, "A": 0.2, "X": 0.35,
    "G": -0.2, "K": -0.3, "n": -0.2, "s": -0.15, "d": -0.5, "i": -0.5, "r": -0.5, "v": -0.5, "z": -0.3, "p": -0.3,
    "u": -0.4, "q": -0.3, "y": -0.2, "m": -0.15,
}  # fmt: skip
"""What standing under one of WordNet's anchors adds to that (letters: `words/build_wordnet.py`)."""

SENSE_WEIGHTS = (0.6, 0.28, 0.12)


def subject_or_unknown(clues: Clues) -> Typed:
    """A subject where its confidence reaches SUBJECT_AT, else unknown; with what speaks for it."""
    confidence, why = _single(clues) if len(clues.words) == 1 else _compound(clues)
    confidence += 0.1 * min(max(clues.log_odds, 0.0) / 8, 1.0) + 0.05 * min(clues.led / 0.4, 1.0)
    confidence -= _doubts(clues)
    confidence = min(max(confidence, 0.0), 1.0)
    if confidence >= SUBJECT_AT:
        return Typed(Kind.SUBJECT, why, confidence)
    return Typed(Kind.UNKNOWN, "too little evidence of a thing that people would wear or give", confidence)


def _doubts(clues: Clues) -> float:
    """What speaks against a subject: used as a verb, half a phrase, capitalised, out of titles of works, unloved."""
    seen = clues.lower + clues.upper
    doubts = 0.5 * clues.acted
    if clues.extended >= 0.6:
        doubts += 0.15
    if seen >= 3:
        doubts += 0.3 * max(clues.upper / seen - 0.3, 0.0)
    elif not clues.counted:
        doubts += 0.03 if is_loved(clues.words) else 0.08
    if clues.media > MEDIA_TEXTS and not is_loved(clues.words):
        doubts += 0.25 * (clues.media - MEDIA_TEXTS) + (0.1 if clues.lower < 3 else 0.0)
    lemmas = (*clues.words[:-1], singular(clues.words[-1]))
    if " ".join(lemmas) in word_list("weak"):
        doubts += 0.3
    elif lemmas[-1] in word_list("weak"):
        doubts += 0.15
    if "and" in clues.words and not is_loved(clues.words):
        doubts += 0.12
    return doubts


def _single(clues: Clues) -> tuple[float, str]:
    word = clues.words[0]
    noun = find_noun(singular(word)) or find_noun(word)
    if word in word_list("crafts"):
        return 0.6, "a hobby"
    if is_loved(clues.words):
        return 0.58, "a motif that sells year after year"
    if noun is None:
        known = clues.proper is False and clues.lower >= 5 and clues.share > 0.6
        return (0.3 if known else 0.1), "a word of one community, written in lower case"
    value = printable(noun)
    common = max(frequencies().get(word, 0.0), frequencies().get(singular(word), 0.0))
    if noun.senses[:1] not in tuple("andorhp") or common > COMMON_WORD:
        value *= 0.4
    return 0.55 * value, f"a single {_sense_name(noun)}"


def _compound(clues: Clues) -> tuple[float, str]:
    words, lemmas = clues.words, (*clues.words[:-1], singular(clues.words[-1]))
    if clues.text in word_list("crafts"):
        return 0.75, "a hobby"
    if is_loved(words):
        return 0.72, "a motif that sells year after year"
    cohesion = min(max(clues.cohesion, 0.0) / 0.4, 1.0)
    one = min(max((clues.share - 0.2) / 0.4, 0.0), 1.0)
    whole = find_noun(" ".join(lemmas)) or find_noun(clues.text)
    if whole is not None and whole.is_noun and whole.senses[:1].islower():
        value = 0.12 + 0.5 * printable(whole) + 0.06 * cohesion + 0.06 * one
        return value, f"a known {_sense_name(whole)}"
    head, kind = _head(words[-1], lemmas[-1])
    first = max((_modifies(word) for word in words[:-1]), default=0.0)
    value = 0.4 * head + 0.2 * first + 0.12 * cohesion + 0.12 * one
    return value, f"a kind of {lemmas[-1]} ({kind}), {clues.share:.0%} of its texts in one community"


def _head(word: str, lemma: str) -> tuple[float, str]:
    """How printable the last word of a phrase is, and what it is."""
    if word in word_list("crafts") or lemma in word_list("crafts"):
        return 0.9, "hobby"
    if lemma in word_list("loved") or word in word_list("loved"):
        return 1.0, "motif"
    noun = find_noun(lemma)
    if noun is None or noun.noun_share < 0.3 or (word.endswith("ed") and noun.noun < 1):
        return 0.0, "word"
    return printable(noun), _sense_name(noun)


def _modifies(word: str) -> float:
    """How much a word before a noun says what kind of thing it is, 0..1."""
    if word in word_list("crafts") or word in word_list("modifiers") or word in word_list("demonyms"):
        return 1.0
    one = singular(word)
    if one in word_list("loved"):
        return 0.9 if one == word else 0.4
    noun = find_noun(one)
    if noun is None:
        return 0.4 if word.endswith("ed") else 0.2
    if one != word and not word.endswith("'s"):
        return 0.0
    common = frequencies().get(word, 0.0) > 3e-4
    return max(printable(noun), 0.3 if noun.adjective >= 0 else 0.0) * (0.6 if common else 1.0)


def _sense_name(noun: Noun | None) -> str:
    names = {row[0]: row[1] for row in word_table("senses")}
    return names.get(noun.senses[:1].lower(), "thing") if noun is not None else "thing"


def printable(noun: Noun | None) -> float:
    """How printable a thing a noun names, 0..1, by its commonest senses and what it stands under."""
    if noun is None or not noun.is_noun or not noun.senses:
        return 0.0
    weights = SENSE_WEIGHTS[: len(noun.senses)]
    value = sum(PRINTABLE.get(sense, 0.0) * weight for sense, weight in zip(noun.senses, weights, strict=False))
    value = value / sum(weights) + max((ANCHORED.get(letter, 0.0) for letter in noun.anchors), default=0.0)
    value += min((ANCHORED.get(letter, 0.0) for letter in noun.anchors if ANCHORED.get(letter, 0.0) < 0), default=0.0)
    return min(max(value, 0.0), 1.0) * (0.35 + 0.65 * noun.noun_share)
