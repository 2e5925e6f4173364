"""Figures: what a text for buyers states in numbers, and whether each of them is said by a fact.

A figure is a run of digits with its separators ("4.500", "24,99", half-width or full), any other sign that stands for a
number ("½"), and a number word of the language ("three", "drei", "三日"). It is traced where it stands in the text of a
claim whose fact has that value.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import regex

from market.listing import Claim
from trends.fact import Value

Grounds = Mapping[str, tuple[Value, ...]]
"""What each fact or row that a buyer may be told of says, by its id: numbers, or texts."""

_FIGURE = regex.compile(r"\p{Nd}+(?:[.,'\u00a0\u202f ]\p{Nd}{3}(?!\p{Nd}))*(?:[.,]\p{Nd}+)?|[\p{No}\p{Nl}]+")
_COUNTED = regex.compile(
    r"[一二三四五六七八九十百千万]+(?=(?:日|週|か月|ヶ月|色|種|枚|個|年|倍|円|時間|点|割|名|人|サイズ))"
)
_GROUPED = regex.compile(r"\p{Nd}{1,3}(?:[.,]\p{Nd}{3})+")
NUMBERS: Mapping[str, str] = {
    "en": "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty seventy "
    "eighty ninety hundred thousand million dozen",
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf fünfzehn zwanzig dreißig vierzig fünfzig sechzig "
    "siebzig achtzig neunzig hundert tausend dutzend",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce quince veinte treinta cuarenta cincuenta sesenta "
    "setenta ochenta noventa cien ciento mil docena",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze quinze vingt trente quarante cinquante soixante "
    "cent mille douzaine",
    "ja": "",
}
"""Words from two on; "one" is an article in most of these languages, and 7 in French ("sept") is a month elsewhere."""
_VALUES: Mapping[str, int] = {
    word: value
    for words, values in (
        (words, (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 20, 30, 40, 50, 60)) for words in NUMBERS.values()
    )
    for word, value in zip(words.split(), values, strict=False)
}


def figures_in(text: str, language: str) -> list[str]:
    """The figures of a text as they stand in it, in order."""
    return [found[0] for found in _found(_folded(text), language)]


def _found(text: str, language: str) -> Iterator[regex.Match[str]]:
    yield from _FIGURE.finditer(text)
    if language == "ja":
        yield from _COUNTED.finditer(text)
    elif language in NUMBERS:
        yield from _words(language).finditer(text)


@lru_cache(maxsize=8)
def _words(language: str) -> regex.Pattern[str]:
    return regex.compile(rf"(?<![\p{{L}}-])(?:{'|'.join(NUMBERS[language].split())})(?!\p{{L}})")


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def untraced(texts: Iterable[str], claims: Sequence[Claim], grounds: Grounds, language: str) -> tuple[str, ...]:
    """What of the texts no fact says, one line each: figures outside of every claim, claims that their facts deny."""
    folded = [_folded(text) for text in texts]
    faults = [fault for claim in claims for fault in _unfounded(claim, folded, grounds)]
    by_text: dict[str, list[str]] = {}
    for claim in claims:
        by_text.setdefault(_folded(claim.text), []).append(claim.fact)
    for said, ids in by_text.items():
        values = [value for one in ids for value in grounds.get(one, ())]
        rest = _masked(said, [other for other in by_text if other != said and other in said])
        stray = [figure for figure in figures_in(rest, language) if not _says(values, figure, language)]
        faults += [f"“{figure}” in the claim “{said}”: {' and '.join(ids)} does not say so" for figure in stray]
    masked = [_masked(text, by_text) for text in folded]
    faults += [f"“{figure}” stands in no claim" for text in masked for figure in figures_in(text, language)]
    return tuple(dict.fromkeys(faults))


def _unfounded(claim: Claim, texts: Collection[str], grounds: Grounds) -> Iterator[str]:
    said = _folded(claim.text)
    if not said or not any(said in text for text in texts):
        yield f"the claim “{claim.text}” stands in no text"
    if claim.fact not in grounds:
        yield f"the claim “{claim.text}” names {claim.fact!r}, which is no fact that a buyer is told"


def _masked(text: str, claims: Iterable[str]) -> str:
    """The text without what its claims say; a claim that is a part of a longer word or number masks nothing."""
    for said in sorted((said for said in claims if said), key=len, reverse=True):
        text = regex.sub(rf"(?<!\p{{Nd}}[.,]?){regex.escape(said)}(?![.,]?\p{{Nd}})", " ; ", text)
    return text


def _says(values: Iterable[Value], figure: str, language: str) -> bool:
    """Whether one of the values is this figure, or is a text in which it stands."""
    for value in values:
        if isinstance(value, str):
            if figure in figures_in(value, language):
                return True
        elif not isinstance(value, bool) and float(value) in _readings(figure):
            return True
    return False


def _readings(figure: str) -> set[float]:
    """The numbers that a figure can stand for: "4.500" is 4500 in German and 4.5 in English."""
    if figure in _VALUES:
        return {float(_VALUES[figure])}
    plain = regex.sub(r"['\u00a0\u202f ]", "", figure)
    head, sign, tail = max(plain.rpartition("."), plain.rpartition(","), key=lambda parts: len(parts[0]))
    whole = regex.sub(r"[.,]", "", plain)
    written = [f"{regex.sub(r'[.,]', '', head)}.{tail}"] if sign else [whole]
    written += [whole] if _GROUPED.fullmatch(plain) else []
    return {float(one) for one in written if regex.fullmatch(r"\d+(?:\.\d+)?", one)}
