"""Kinds: what a phrase is, decided before it is ranked.

The order is that of harm: a tragedy is never a subject, whatever else it is; then names that belong to somebody;
then formats and fillers; and only what shows evidence of a printable thing is a subject. Everything else is unknown
and waits.

A list alone never decides where a word is also a common one: "angel" is a name only where people capitalise it inside a
sentence, and "halloween" is capitalised although it belongs to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from trends.idea import Kind
from trends.words import Noun, find_noun, frequencies, singular, word_list, word_table

SUBJECT_AT = 0.5
"""Confidence from which a phrase is a subject; below, code cannot tell."""
NEWS_TEXTS = 0.34
"""Part of a phrase's texts that speak of a tragedy from which the phrase does too."""
PROPER = 0.75
"""Part of the uses inside a sentence that are capitalised from which a phrase is a name."""
COMMON_WORD = 3.2e-5
"""Share of English from which a single word is too broad to print (about that of "espresso" times ten)."""

PRINTABLE = {
    "a": 1.0, "n": 1.0, "d": 1.0, "o": 0.8, "r": 0.7, "c": 0.45, "h": 0.55, "k": 0.45, "z": 0.5, "p": 0.35, "e": 0.25,
    "m": 0.15, "u": 0.1, "g": 0.15, "y": 0.1, "l": 0.15,
}  # fmt: skip
"""How printable a thing of each WordNet supersense is (0 where absent: time, state, feeling, quantity ...)."""
SENSE_WEIGHTS = (0.6, 0.28, 0.12)


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


def kind_of(clues: Clues) -> Typed:
    """The kind of one phrase."""
    for rule in (_listed, _news, _event, _owned, _person, _generic, _named):
        typed = rule(clues)
        if typed is not None:
            return typed
    return _subject(clues)


def is_franchise(community: str | None) -> bool:
    """Whether a community is named after somebody's franchise, brand or band: "harrypotter", "TheSimpsons"."""
    return community is not None and _squeeze(community) in _squeezed_names()


def tells_of_tragedy(words: Sequence[str]) -> bool:
    """Whether a text speaks of death, disaster, crime or war."""
    return any(word in word_list("tragedy") for word in words)


def _squeeze(name: str) -> str:
    plain = "".join(letter for letter in name.casefold() if letter.isalnum())
    return plain.removeprefix("the") if len(plain) > 6 else plain


@lru_cache(maxsize=1)
def _squeezed_names() -> frozenset[str]:
    return frozenset(_squeeze(name) for name in word_list("licensed")) | word_list("media_communities_owned")


def _runs(words: Sequence[str]) -> list[str]:
    """Every run of the words, longest first."""
    size = len(words)
    return [" ".join(words[at : at + n]) for n in range(size, 0, -1) for at in range(size - n + 1)]


def _spellings(words: Sequence[str]) -> list[str]:
    """Runs of the words as written, and with the last word (and possessives) in the singular."""
    bare = [word.removesuffix("'s") for word in words]
    lemmas = [singular(word) for word in bare]
    return list(dict.fromkeys(_runs(words) + _runs(bare) + _runs(lemmas)))


def _is_common(word: str) -> bool:
    """Whether a word or phrase also names an ordinary thing (so that a list of names alone decides nothing)."""
    noun = find_noun(singular(word)) or find_noun(word)
    if noun is None:
        return False
    return not noun.is_noun or not noun.senses or noun.senses[0].islower() or noun.verb >= 0 or noun.adjective >= 0


def _listed(clues: Clues) -> Typed | None:
    """Names of several words are what they are, even where a word of theirs is a grim one ("star wars")."""
    for run in _spellings(clues.words):
        if " " in run and run in word_list("licensed") and (not _is_common(run) or clues.proper is not False):
            return Typed(Kind.LICENSED, f"“{run}” is on the list of licensed names", 0.95)
    return None


def _news(clues: Clues) -> Typed | None:
    if clues.text in word_list("harmless"):
        return None
    for word in clues.words:
        if word in word_list("tragedy") or singular(word) in word_list("tragedy"):
            return Typed(Kind.NEWS, f"“{word}” is a word of tragedy or crime", 0.95)
    for word in clues.words:
        if word in word_list("politics") or singular(word) in word_list("politics"):
            return Typed(Kind.NEWS, f"“{word}” is a word of politics", 0.85)
    if clues.news >= NEWS_TEXTS:
        return Typed(Kind.NEWS, f"{clues.news:.0%} of its texts speak of news, a tragedy or a crime", 0.7)
    return None


def _event(clues: Clues) -> Typed | None:
    if clues.text in word_list("events"):
        return Typed(Kind.SUBJECT, "an occasion that belongs to nobody", 0.6)
    return None


def _owned(clues: Clues) -> Typed | None:
    names = word_list("licensed")
    for run in _spellings(clues.words):
        if run not in names:
            continue
        whole = run in (clues.text, " ".join(singular(word) for word in clues.words))
        if not _is_common(run) or (whole and (clues.proper or is_franchise(clues.community) or " " in run)):
            return Typed(Kind.LICENSED, f"“{run}” is on the list of licensed names", 0.95)
        if not whole and clues.proper and clues.upper >= 3:
            return Typed(Kind.LICENSED, f"“{run}” is a licensed name and is capitalised here", 0.8)
    if is_franchise(clues.community) and clues.log_odds > 2.5 and not _everyday(clues):
        return Typed(Kind.LICENSED, f"distinctive of {clues.community}, which is named after a licensed name", 0.75)
    return None


def _everyday(clues: Clues) -> bool:
    """A thing that a fan community may speak of without owning it: most of its uses are elsewhere."""
    return clues.share < 0.35


def _person(clues: Clues) -> Typed | None:
    persons = word_list("persons")
    for run in _spellings(clues.words):
        if run in persons and (" " in run or not _is_common(run) or clues.proper):
            return Typed(Kind.PERSON, f"“{run}” is on the list of persons", 0.95)
    noun = find_noun(clues.text)
    if noun is not None and noun.senses[:1] == "P" and clues.proper is not False:
        return Typed(Kind.PERSON, "WordNet knows it as one particular person", 0.8)
    if clues.channel and clues.proper is not False and not _wordnet_thing(clues.text):
        return Typed(Kind.PERSON, "a channel of its sources bears this name", 0.7)
    first = clues.words[0].removesuffix("'s")
    if first in word_list("first_names") and (clues.proper or (clues.proper is None and not _is_common(first))):
        return Typed(Kind.PERSON, f"“{first}” is a first name and is used as one", 0.75)
    return None


def _wordnet_thing(text: str) -> bool:
    noun = find_noun(text) or find_noun(" ".join(singular(word) for word in text.split()))
    return noun is not None and noun.is_noun and noun.senses[:1].islower()


def _generic(clues: Clues) -> Typed | None:
    words, lemmas = clues.words, tuple(singular(word) for word in clues.words)
    if clues.text in word_list("generic_phrases"):
        return Typed(Kind.GENERIC, "a format or a phrase of the platform", 0.95)
    if clues.text in word_list("harmless"):
        return None
    for word in (words[-1], lemmas[-1]):
        if word in word_list("generic_heads"):
            return Typed(Kind.GENERIC, f"“{word}” names a format or nothing to print", 0.85)
    if len(words) == 1 and words[0] in word_list("generic_modifiers"):
        return Typed(Kind.GENERIC, f"“{words[0]}” says nothing of a thing", 0.8)
    if _wordnet_thing(clues.text):
        return None
    for word in (*words[:-1], *lemmas[:-1]):
        if word in word_list("generic_modifiers"):
            return Typed(Kind.GENERIC, f"“{word}” says nothing of a thing", 0.8)
    return None


def _named(clues: Clues) -> Typed | None:
    """Proper names that no list knows: places, brands, titles. Never a subject without a person's eye."""
    noun = find_noun(clues.text)
    if noun is not None and noun.senses[:1].isupper():
        landmark = noun.senses[0] == "O" and len(clues.words) > 1
        if not landmark:
            return Typed(Kind.UNKNOWN, "one particular place or thing", 0.5)
        return Typed(Kind.SUBJECT, "a landmark people travel to", 0.55)
    if clues.proper and not _wordnet_thing(clues.text):
        if clues.words[0] in word_list("demonyms") and _wordnet_thing(clues.words[-1]):
            return None
        return Typed(Kind.UNKNOWN, "written as a name, but on no list", 0.5)
    return None


def printable(noun: Noun | None) -> float:
    """How printable a thing a noun names, 0..1, by its commonest senses."""
    if noun is None or not noun.is_noun or not noun.senses:
        return 0.0
    weights = SENSE_WEIGHTS[: len(noun.senses)]
    value = sum(PRINTABLE.get(sense, 0.0) * weight for sense, weight in zip(noun.senses, weights, strict=False))
    return value / sum(weights) * (0.35 + 0.65 * noun.noun_share)


def _subject(clues: Clues) -> Typed:
    if len(clues.words) == 1:
        confidence, why = _single(clues)
    else:
        confidence, why = _compound(clues)
    confidence += 0.1 * min(clues.log_odds / 8, 1.0) + 0.05 * min(clues.led / 0.4, 1.0) - 0.5 * clues.acted
    confidence -= 0.25 * max(clues.media - 0.3, 0.0)
    confidence = min(max(confidence, 0.0), 1.0)
    if confidence >= SUBJECT_AT:
        return Typed(Kind.SUBJECT, why, confidence)
    return Typed(Kind.UNKNOWN, "too little evidence of a thing that people would wear or give", confidence)


def _single(clues: Clues) -> tuple[float, str]:
    word = clues.words[0]
    noun = find_noun(singular(word)) or find_noun(word)
    common = max(frequencies().get(word, 0.0), frequencies().get(singular(word), 0.0))
    if word in word_list("crafts"):
        return 0.6, "a hobby"
    if noun is None:
        known = clues.proper is False and clues.lower >= 5 and clues.share > 0.6
        return (0.35 if known else 0.1), "a word of one community, written in lower case"
    value = printable(noun)
    if noun.senses[:1] not in tuple("andorhp") or common > COMMON_WORD:
        value *= 0.4
    return 0.6 * value, f"a single {_sense_name(noun)}"


def _compound(clues: Clues) -> tuple[float, str]:
    words, lemmas = clues.words, tuple(singular(word) for word in clues.words)
    whole = find_noun(" ".join(lemmas)) or find_noun(clues.text)
    if whole is not None and whole.is_noun and whole.senses[:1].islower():
        return 0.2 + 0.55 * printable(whole) + 0.1 * max(clues.cohesion, 0.0), f"WordNet knows it: {_sense_name(whole)}"
    head = find_noun(lemmas[-1])
    if words[-1] in word_list("crafts") or lemmas[-1] in word_list("crafts"):
        head_value, kind = 0.9, "hobby"
    else:
        head_value, kind = printable(head), _sense_name(head)
    first = max((_modifies(word) for word in words[:-1]), default=0.0)
    cohesion = min(max(clues.cohesion, 0.0) / 0.4, 1.0)
    one = min(max((clues.share - 0.2) / 0.4, 0.0), 1.0)
    value = 0.38 * head_value + 0.22 * first + 0.14 * cohesion + 0.12 * one
    return value, f"a kind of {lemmas[-1]} ({kind}), {clues.share:.0%} of its texts in one community"


def _modifies(word: str) -> float:
    """How much a word before a noun says what kind of thing it is, 0..1."""
    if word in word_list("crafts") or word in word_list("modifiers") or word in word_list("demonyms"):
        return 1.0
    noun = find_noun(singular(word))
    if noun is None:
        return 0.5 if word.endswith("ed") else 0.3
    common = frequencies().get(word, 0.0) > 3e-4
    return max(printable(noun), 0.35 if noun.adjective >= 0 else 0.0) * (0.6 if common else 1.0)


def _sense_name(noun: Noun | None) -> str:
    names = {row[0]: row[1] for row in word_table("senses")}
    return names.get(noun.senses[:1].lower(), "thing") if noun is not None else "thing"
