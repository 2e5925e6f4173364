"""Kinds: what a phrase is, decided before it is ranked.

The order is that of harm: a tragedy is never a subject, whatever else it is; then names that belong to somebody;
then formats and fillers; and only what shows evidence of a printable thing is a subject. Everything else is unknown
and waits.

A list alone never decides where a word is also a common one: "angel" is a name only where people capitalise it inside a
sentence, and "halloween" is capitalised although it belongs to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from trends.idea import Kind
from trends.words import Noun, find_noun, frequencies, singular, word_list, word_table

SUBJECT_AT = 0.5
"""Confidence from which a phrase is a subject; below, code cannot tell."""
INSIDE = frozenset({"of", "and", "the", "on", "in", "n", "a"})
"""Function words that may stand inside a name of a thing ("oil on canvas")."""
NEWS_TEXTS = 0.34
"""Part of a phrase's texts that speak of a tragedy from which the phrase does too."""
MOSTLY = 0.55
"""The same for a phrase that people write as an ordinary thing."""
MEDIA_TEXTS = 0.3
"""Part of a phrase's texts about works, matches and makers from which a word may be a name of theirs."""
PROPER = 0.75
"""Part of the uses inside a sentence that are capitalised from which a phrase is a name."""
COMMON_WORD = 3.2e-5
"""Share of English from which a single word is too broad to print (about that of "espresso" times ten)."""

PRINTABLE = {
    "a": 1.0, "n": 0.9, "d": 0.75, "o": 0.7, "r": 0.45, "c": 0.25, "h": 0.5, "k": 0.35, "z": 0.4, "p": 0.3, "e": 0.2,
    "m": 0.1, "u": 0.1, "g": 0.15, "y": 0.1, "l": 0.1,
}  # fmt: skip
"""How printable a thing of each WordNet supersense is (0 where absent: time, state, feeling, quantity ...)."""
ANCHORED = {
    "D": 0.2, "C": 0.2, "B": 0.15, "H": 0.15, "L": 0.15, "M": 0.35, "J": 0.5, "Z": 0.3, "S": 0.15, "k": 0.15, "E": 0.1,
    "Q": 0.25, "Y": 0.2, "N": 0.5, "P": 0.45, "e": 0.3, "A": 0.2, "X": 0.35, "G": -0.2, "K": -0.3, "n": -0.2, "s":
    -0.15, "d": -0.5, "i": -0.5, "r": -0.5, "v": -0.5, "z": -0.3, "p": -0.3, "u": -0.4, "q": -0.3, "y": -0.2, "m":
    -0.15, }  # fmt: skip
"""What standing under one of WordNet's anchors adds to that (letters: `words/build_wordnet.py`)."""
_LETTERS = re.compile(r"[a-z0-9/]+")
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
    for rule in (_listed, _grim, _event, _owned, _person, _told_in_the_news, _generic, _named, _ambiguous):
        typed = rule(clues)
        if typed is not None:
            return typed
    return _subject(clues)


def is_franchise(community: str | None) -> bool:
    """Whether a community is named after somebody's franchise, brand or band: "harrypotter", "TheSimpsons"."""
    if community is None or community.casefold() in word_list("platform_communities"):
        return False
    return _squeeze(community) in _squeezed_names()


def is_media(community: str | None, category: str | None) -> bool:
    """Whether a community or category is about published works and public persons."""
    if community is not None:
        return community.casefold() in word_list("media_communities")
    return category is not None and category.casefold() in word_list("media_categories")


def tells_of_tragedy(text: str) -> bool:
    """Whether a text speaks of death, disaster, crime or war."""
    return not word_list("tragedy").isdisjoint(_LETTERS.findall(text.casefold()))


def _squeeze(name: str) -> str:
    plain = "".join(letter for letter in name.casefold() if letter.isalnum())
    return plain.removeprefix("the") if len(plain) > 6 else plain


@lru_cache(maxsize=1)
def _squeezed_names() -> frozenset[str]:
    names = word_list("licensed") | word_list("owned_communities")
    return frozenset(_squeeze(name) for name in names if not _is_common(name)) | word_list("owned_communities")


def _runs(words: Sequence[str]) -> list[str]:
    """Every run of the words, longest first."""
    size = len(words)
    return [" ".join(words[at : at + n]) for n in range(size, 0, -1) for at in range(size - n + 1)]


@lru_cache(maxsize=1024)
def _spellings(words: tuple[str, ...]) -> list[str]:
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


def _grim(clues: Clues) -> Typed | None:
    if clues.text in word_list("harmless"):
        return None
    for name, what in (("tragedy", "tragedy or crime"), ("politics", "politics")):
        for run in _spellings(clues.words):
            if run in word_list(name):
                return Typed(Kind.NEWS, f"“{run}” is a word of {what}", 0.95)
    return None


def _told_in_the_news(clues: Clues) -> Typed | None:
    limit = NEWS_TEXTS if clues.proper is not False and not _wordnet_thing(clues.text) else MOSTLY
    if clues.news < limit or clues.text in word_list("harmless"):
        return None
    return Typed(Kind.NEWS, f"{clues.news:.0%} of its texts speak of news, a tragedy or a crime", 0.7)


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
    if first in word_list("first_names") and (
        clues.proper or (clues.proper is None and (len(clues.words) == 1 or not _is_common(first)))
    ):
        return Typed(Kind.PERSON, f"“{first}” is a first name, and nothing shows that it is a thing here", 0.75)
    return None


def _wordnet_thing(text: str) -> bool:
    noun = find_noun(text) or find_noun(" ".join(singular(word) for word in text.split()))
    return noun is not None and noun.is_noun and noun.senses[:1].islower()


def _generic(clues: Clues) -> Typed | None:
    words, lemmas = clues.words, tuple(singular(word) for word in clues.words)
    if clues.text in word_list("generic_phrases"):
        return Typed(Kind.GENERIC, "a format or a phrase of the platform", 0.95)
    if _is_loved(clues.words) or clues.text in word_list("harmless"):
        return None
    for word in (words[-1], lemmas[-1]):
        if word in word_list("generic_heads"):
            return Typed(Kind.GENERIC, f"“{word}” names a format or nothing to print", 0.85)
    if len(words) == 1 and words[0] in word_list("generic_modifiers"):
        return Typed(Kind.GENERIC, f"“{words[0]}” says nothing of a thing", 0.8)
    if _wordnet_thing(clues.text) and words[0] not in word_list("numbers"):
        return None
    for word in (*words[:-1], *lemmas[:-1]):
        if word in word_list("generic_modifiers"):
            return Typed(Kind.GENERIC, f"“{word}” says nothing of a thing", 0.8)
    return None


def _named(clues: Clues) -> Typed | None:
    """Proper names that no list knows: places, brands, titles. Never a subject without a person's eye."""
    words = clues.words
    if any(run in word_list("places") for run in _spellings(words)) and not _is_loved(words):
        return Typed(Kind.UNKNOWN, "a city, region or part of its name", 0.5)
    if words[-1] in word_list("landmarks") and len(words) > 1 and clues.proper and clues.log_odds > 2:
        return Typed(Kind.SUBJECT, "a landmark people travel to", 0.55)
    for run in _spellings(words):
        noun = find_noun(run)
        particular = noun is not None and (noun.senses.isupper() or (run == clues.text and noun.senses[:1].isupper()))
        if noun is not None and particular and run not in word_list("demonyms"):
            landmark = noun.senses[0] == "O" and run == clues.text and " " in run
            if landmark:
                return Typed(Kind.SUBJECT, "a landmark people travel to", 0.55)
            if not _is_loved(words):
                return Typed(Kind.UNKNOWN, f"“{run}” is one particular place, person or thing", 0.5)
    if clues.proper and not _wordnet_thing(clues.text) and not _is_loved(words):
        if words[0] in word_list("demonyms") and _wordnet_thing(words[-1]):
            return None
        return Typed(Kind.UNKNOWN, "written as a name, but on no list", 0.5)
    if any(word in word_list("edges") and word not in INSIDE for word in words[1:-1]):
        return Typed(Kind.UNKNOWN, "a piece of a sentence", 0.4)
    if any(_is_unheard_of(word) for word in words) and len(words) > 1:
        return Typed(Kind.UNKNOWN, "a word in it is in no dictionary: perhaps a name", 0.4)
    return None


def _is_unheard_of(word: str) -> bool:
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


def _is_loved(words: Sequence[str]) -> bool:
    """Whether the whole phrase is on the list of motifs that sell."""
    return " ".join(words) in word_list("loved") or " ".join((*words[:-1], singular(words[-1]))) in word_list("loved")


def printable(noun: Noun | None) -> float:
    """How printable a thing a noun names, 0..1, by its commonest senses and what it stands under."""
    if noun is None or not noun.is_noun or not noun.senses:
        return 0.0
    weights = SENSE_WEIGHTS[: len(noun.senses)]
    value = sum(PRINTABLE.get(sense, 0.0) * weight for sense, weight in zip(noun.senses, weights, strict=False))
    value = value / sum(weights) + max((ANCHORED.get(letter, 0.0) for letter in noun.anchors), default=0.0)
    value += min((ANCHORED.get(letter, 0.0) for letter in noun.anchors if ANCHORED.get(letter, 0.0) < 0), default=0.0)
    return min(max(value, 0.0), 1.0) * (0.35 + 0.65 * noun.noun_share)


def _ambiguous(clues: Clues) -> Typed | None:
    """Words of works, matches and makers that may be a name, where nothing shows how people write them."""
    if clues.proper is not None or clues.counted or clues.media <= MEDIA_TEXTS:
        return None
    for run in _spellings(clues.words):
        if run in word_list("licensed") or run in word_list("persons"):
            return Typed(Kind.UNKNOWN, f"“{run}” may be a licensed name here: casing says too little", 0.4)
    if len(clues.words) == 1 and clues.media >= 0.6:
        return Typed(Kind.UNKNOWN, "out of titles of works and matches: it may be a name", 0.4)
    return None


def _subject(clues: Clues) -> Typed:
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
        doubts += 0.03 if _is_loved(clues.words) else 0.08
    if clues.media > MEDIA_TEXTS and not _is_loved(clues.words):
        doubts += 0.25 * (clues.media - MEDIA_TEXTS) + (0.1 if clues.lower < 3 else 0.0)
    lemmas = (*clues.words[:-1], singular(clues.words[-1]))
    if " ".join(lemmas) in word_list("weak"):
        doubts += 0.3
    elif lemmas[-1] in word_list("weak"):
        doubts += 0.15
    if "and" in clues.words and not _is_loved(clues.words):
        doubts += 0.12
    return doubts


def _single(clues: Clues) -> tuple[float, str]:
    word = clues.words[0]
    noun = find_noun(singular(word)) or find_noun(word)
    if word in word_list("crafts"):
        return 0.6, "a hobby"
    if _is_loved(clues.words):
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
    if _is_loved(words):
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
