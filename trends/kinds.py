"""Kinds: what a phrase is, decided before it is ranked.

The order is that of harm: a tragedy is never a subject, whatever else it is; then names that belong to somebody;
then formats and fillers; and only what shows evidence of a printable thing is a subject. Everything else is unknown
and waits.

A list alone never decides where a word is also a common one: "angel" is a name only where people capitalise it inside a
sentence, and "halloween" is capitalised although it belongs to nobody.
"""

from __future__ import annotations

import re
from functools import lru_cache

from trends.clues import (
    Clues,
    Typed,
    is_common,
    is_known_thing,
    is_loved,
    is_unheard_of,
    spellings,
)
from trends.idea import Kind
from trends.subjects import MEDIA_TEXTS, subject_or_unknown
from trends.words import find_noun, singular, word_list

INSIDE = frozenset({"of", "and", "the", "on", "in", "n", "a"})
"""Function words that may stand inside a name of a thing ("oil on canvas")."""

NEWS_TEXTS = 0.34
"""Part of a phrase's texts that speak of a tragedy from which the phrase does too."""

MOSTLY = 0.55
"""The same for a phrase that people write as an ordinary thing."""

_LETTERS = re.compile(r"[a-z0-9/]+")


def kind_of(clues: Clues) -> Typed:
    """The kind of one phrase."""
    for rule in (_listed, _grim, _event, _owned, _person, _told_in_the_news, _generic, _named, _ambiguous):
        typed = rule(clues)
        if typed is not None:
            return typed
    return subject_or_unknown(clues)


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
    return frozenset(_squeeze(name) for name in names if not is_common(name)) | word_list("owned_communities")


def _listed(clues: Clues) -> Typed | None:
    """Names of several words are what they are, even where a word of theirs is a grim one ("star wars")."""
    for run in spellings(clues.words):
        if " " in run and run in word_list("licensed") and (not is_common(run) or clues.proper is not False):
            return Typed(Kind.LICENSED, f"“{run}” is on the list of licensed names", 0.95)
    return None


def _grim(clues: Clues) -> Typed | None:
    if clues.text in word_list("harmless"):
        return None
    for name, what in (("tragedy", "tragedy or crime"), ("politics", "politics")):
        for run in spellings(clues.words):
            if run in word_list(name):
                return Typed(Kind.NEWS, f"“{run}” is a word of {what}", 0.95)
    return None


def _told_in_the_news(clues: Clues) -> Typed | None:
    limit = NEWS_TEXTS if clues.proper is not False and not is_known_thing(clues.text) else MOSTLY
    if clues.news < limit or clues.text in word_list("harmless"):
        return None
    return Typed(Kind.NEWS, f"{clues.news:.0%} of its texts speak of news, a tragedy or a crime", 0.7)


def _event(clues: Clues) -> Typed | None:
    if clues.text in word_list("events"):
        return Typed(Kind.SUBJECT, "an occasion that belongs to nobody", 0.6)
    return None


def _owned(clues: Clues) -> Typed | None:
    names = word_list("licensed")
    for run in spellings(clues.words):
        if run not in names:
            continue
        whole = run in (clues.text, " ".join(singular(word) for word in clues.words))
        if not is_common(run) or (whole and (clues.proper or is_franchise(clues.community) or " " in run)):
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
    for run in spellings(clues.words):
        if run in persons and (" " in run or not is_common(run) or clues.proper):
            return Typed(Kind.PERSON, f"“{run}” is on the list of persons", 0.95)
    noun = find_noun(clues.text)
    if noun is not None and noun.senses[:1] == "P" and clues.proper is not False and not is_loved(clues.words):
        return Typed(Kind.PERSON, "WordNet knows it as one particular person", 0.8)
    if clues.channel and clues.proper is not False and not is_known_thing(clues.text):
        return Typed(Kind.PERSON, "a channel of its sources bears this name", 0.7)
    first = clues.words[0].removesuffix("'s")
    if first in word_list("first_names") and (
        clues.proper or (clues.proper is None and (len(clues.words) == 1 or not is_common(first)))
    ):
        return Typed(Kind.PERSON, f"“{first}” is a first name, and nothing shows that it is a thing here", 0.75)
    return None


def _generic(clues: Clues) -> Typed | None:
    words, lemmas = clues.words, tuple(singular(word) for word in clues.words)
    if clues.text in word_list("generic_phrases"):
        return Typed(Kind.GENERIC, "a format or a phrase of the platform", 0.95)
    if is_loved(clues.words) or clues.text in word_list("harmless"):
        return None
    for word in (words[-1], lemmas[-1]):
        if word in word_list("generic_heads"):
            return Typed(Kind.GENERIC, f"“{word}” names a format or nothing to print", 0.85)
    if len(words) == 1 and words[0] in word_list("generic_modifiers"):
        return Typed(Kind.GENERIC, f"“{words[0]}” says nothing of a thing", 0.8)
    if is_known_thing(clues.text) and words[0] not in word_list("numbers"):
        return None
    for word in (*words[:-1], *lemmas[:-1]):
        if word in word_list("generic_modifiers"):
            return Typed(Kind.GENERIC, f"“{word}” says nothing of a thing", 0.8)
    return None


def _named(clues: Clues) -> Typed | None:
    """Proper names that no list knows: places, brands, titles. Never a subject without a person's eye."""
    words = clues.words
    if any(run in word_list("places") for run in spellings(words)) and not is_loved(words):
        return Typed(Kind.UNKNOWN, "a city, region or part of its name", 0.5)
    if words[-1] in word_list("landmarks") and len(words) > 1 and clues.proper and clues.log_odds > 2:
        return Typed(Kind.SUBJECT, "a landmark people travel to", 0.55)
    for run in spellings(words):
        noun = find_noun(run)
        particular = noun is not None and (noun.senses.isupper() or (run == clues.text and noun.senses[:1].isupper()))
        if noun is not None and particular and run not in word_list("demonyms"):
            landmark = noun.senses[0] == "O" and run == clues.text and " " in run
            if landmark:
                return Typed(Kind.SUBJECT, "a landmark people travel to", 0.55)
            if not is_loved(words):
                return Typed(Kind.UNKNOWN, f"“{run}” is one particular place, person or thing", 0.5)
    if clues.proper and not is_known_thing(clues.text) and not is_loved(words):
        if words[0] in word_list("demonyms") and is_known_thing(words[-1]):
            return None
        return Typed(Kind.UNKNOWN, "written as a name, but on no list", 0.5)
    if any(word in word_list("edges") and word not in INSIDE for word in words[1:-1]):
        return Typed(Kind.UNKNOWN, "a piece of a sentence", 0.4)
    if any(is_unheard_of(word) for word in words) and len(words) > 1:
        return Typed(Kind.UNKNOWN, "a word in it is in no dictionary: perhaps a name", 0.4)
    return None


def _ambiguous(clues: Clues) -> Typed | None:
    """Words of works, matches and makers that may be a name, where nothing shows how people write them."""
    if clues.proper is not None or clues.counted or clues.media <= MEDIA_TEXTS:
        return None
    for run in spellings(clues.words):
        if run in word_list("licensed") or run in word_list("persons"):
            return Typed(Kind.UNKNOWN, f"“{run}” may be a licensed name here: casing says too little", 0.4)
    if len(clues.words) == 1 and clues.media >= 0.6:
        return Typed(Kind.UNKNOWN, "out of titles of works and matches: it may be a name", 0.4)
    return None
