"""Words: what listings are written with, one file a language; a wording that needs a thing is only chosen where it is.

A template holds fields in braces (`{product}`): those of `market.fields`. `says` names what a template states, so that
its sentence becomes a claim: "design", "lettering", "colours", "pixels", "style", "made", "production", "shipping",
"options".
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import regex

from market.money import language_of

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "es", "de", "fr", "ja")
PARTS = ("open", "body", "close")
FIELD = regex.compile(r"\{([^{}]*)\}")


class NoWords(ValueError):
    """No listing can be written in a language; the message names those in which it can."""


@dataclass(frozen=True, slots=True)
class Template:
    """One wording: what it needs, and what it states."""

    text: str
    says: tuple[str, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """What it needs."""
        return frozenset(FIELD.findall(self.text))


@dataclass(frozen=True, slots=True)
class Words:
    """All that is needed to write in one language."""

    language: str
    case: Literal["title", "sentence"]
    """How titles are written: "Pumpkin Carving Mug", or as a sentence is."""
    quotes: tuple[str, str]
    between: str
    """Between the parts of a title."""
    space: str
    """Between two sentences."""
    comma: str
    last: str
    """Before the last of a list: " and "."""
    inch: str
    proper: frozenset[str]
    """Words that are written with a capital wherever they stand."""
    upper: frozenset[str]
    """Words that are written in capitals."""
    small: frozenset[str]
    """Words that stay small in a title."""
    dangling: frozenset[str]
    """Words that no cut text ends with."""
    forms: Mapping[str, tuple[str, str]]
    """Of one, and of another number."""
    products: Mapping[str, Mapping[str, Any]]
    audiences: Mapping[str, str]
    occasions: Mapping[str, tuple[str, str]]
    """Its name, and "for it"."""
    colours: Mapping[str, str]
    titles: tuple[tuple[Template, ...], ...]
    parts: Mapping[str, tuple[Template, ...]]
    bullets: Mapping[str, tuple[Template, ...]]
    tags: tuple[str, ...]
    never: regex.Pattern[str]
    """What no listing says: superlatives, guarantees, properties that nobody measured."""


def words_of(locale: str) -> Words:
    """The words of a locale's language. NoWords where there are none."""
    language = language_of(locale)
    if language not in LANGUAGES:
        raise NoWords(f"no listing can be written in {locale!r}; there are words for {', '.join(LANGUAGES)}")
    return _load(language)


@lru_cache(maxsize=len(LANGUAGES))
def _load(language: str) -> Words:
    told = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    style = told["style"]
    few = {name: frozenset(style[name].split()) for name in ("proper", "upper", "small", "dangling")}
    return Words(
        language=language,
        case=style["case"],
        quotes=tuple(style["quotes"]),
        between=style["between"],
        space=style["space"],
        comma=style["comma"],
        last=style["last"],
        inch=style["inch"],
        forms={name: tuple(forms) for name, forms in told["forms"].items()},
        products=told["products"],
        audiences=told["audiences"],
        occasions={name: tuple(forms) for name, forms in told["occasions"].items()},
        colours=told["colours"],
        titles=tuple(tuple(map(_part, parts)) for parts in told["titles"]),
        parts=_templates(told["parts"]),
        bullets=_templates(told["bullets"]),
        tags=tuple(told["tags"]),
        never=regex.compile("|".join(told["never"]), regex.IGNORECASE),
        **few,
    )


def _part(told: str) -> Template:
    """A part of a title: what it states stands after a bar."""
    text, _, says = told.partition("|")
    return Template(text, tuple(filter(None, says.split())))


def _templates(told: Mapping[str, list[list[str]]]) -> dict[str, tuple[Template, ...]]:
    return {part: tuple(Template(text, tuple(says)) for text, *says in each) for part, each in told.items()}
