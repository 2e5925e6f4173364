"""Library: what a design is called, what it is of, and which others look like it.

Tags come from what is known (the product, the shape, the composition, the colours that were measured) and from the
row's own words; the confidence is written beside each rule below. At least five stand for every design, whatever the
row says: product, shape, maker, main colour, temperature and strength of the colours are always known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from PIL import Image

from studio.brand import Profile, Vector
from studio.colours import name_of
from studio.descriptors.colour import palette_of, to_hex, to_lab
from studio.drawing import Drawing, Row
from studio.opposites import against
from trends.matching import words_of
from trends.normalize import clean, is_nsfw
from trends.words import find_noun, singular, word_list, word_table

MOST_TAGS = 24
TAG_CHARS = 40
MADE_OF = {"typographic": "lettering"}
"""What a renderer's drawings are called, where that is not its name."""
WARM, COOL = (20.0, 100.0), (160.0, 315.0)
"""Hues of CIELAB in degrees: red to yellow, and blue-green to violet-blue."""
GREY = 8.0
"""Chroma under which a colour has no temperature."""
VIVID = 40.0
"""Mean chroma of the colours (white, black and greys left out) from which they are vivid."""
MOODS: Mapping[str, frozenset[str]] = {
    "funny": frozenset(("funny", "joke", "sarcastic", "weird", "ironic", "lol", "pun", "silly", "allegedly")),
    "cozy": frozenset(("cozy", "cosy", "home", "tea", "cocoa", "autumn", "blanket", "snug", "slow")),
    "adventurous": frozenset(("adventure", "wild", "explore", "mountain", "trail", "summit", "outdoors", "wander")),
    "romantic": frozenset(("love", "heart", "valentine", "kiss", "bride", "wedding", "together", "darling")),
    "spooky": frozenset(("spooky", "ghost", "witch", "haunted", "skull", "bat", "skeleton", "boo", "pumpkin")),
    "proud": frozenset(("proud", "best", "champion", "queen", "king", "legend", "boss", "pride")),
    "calm": frozenset(("calm", "quiet", "peace", "breathe", "zen", "stillness", "gentle", "rest")),
}
_NOSTALGIC = re.compile(
    r"\b(?:est|since|established|retro|vintage|throwback)\b|\b(?:19|20)\d\d\b|\b\d0s\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Tag:
    """A word that a design is found by, in lower case, and how sure it is, in [0, 1]."""

    name: str
    confidence: float


def tags_of(row: Row, drawing: Drawing, profile: Profile) -> list[Tag]:
    """At least five tags, the surest first, each once: what is measured 1 to .7, what the row says .95 to .6.

    A term of the brand has .75, and none where the pixels say the contrary.
    """
    known, surest = list(_known(row, drawing)), dict[str, float]()
    seen = {name for name, _ in known}
    terms = ((term, 0.75) for term in profile.terms if not against(term) & seen)
    for name, confidence in (*known, *_said(row), *terms):
        plain = clean(name).casefold()
        if 0 < len(plain) <= TAG_CHARS and not is_nsfw(plain):
            surest[plain] = max(confidence, surest.get(plain, 0.0))
    ranked = sorted(surest.items(), key=lambda one: (-one[1], one[0]))
    return [Tag(name, confidence) for name, confidence in ranked[:MOST_TAGS]]


def _known(row: Row, drawing: Drawing) -> Iterator[tuple[str, float]]:
    """What needs no reading: the product, the shape, who made it and how, the colours."""
    yield row.product_format.replace("_", " "), 1.0
    yield _shape(*drawing.image.size), 1.0
    yield MADE_OF.get(drawing.renderer, drawing.renderer), 1.0
    composition = drawing.made_with.get("composition")
    if isinstance(composition, str):
        yield composition.replace("_", " "), 0.95
    palette = palette_in(drawing.image)
    for at, lab in enumerate(palette[:4]):
        yield name_of(to_hex(lab[:3])), round(1.0 - 0.1 * at, 2)
    yield from ((mood, 0.97) for mood in _moods_of(palette))


def _said(row: Row) -> Iterator[tuple[str, float]]:
    """What the row's words say: its keyword and audience whole, nouns surer than other words, occasions, moods."""
    yield row.keyword, 0.95
    yield row.audience, 0.9
    words = words_of(f"{row.text} {row.keyword}")
    yield from ((name, 0.9) for name in occasions_in(words))
    yield from ((mood, 0.7) for mood, signs in MOODS.items() if signs & {singular(word) for word in words})
    if _NOSTALGIC.search(f"{row.text} {row.hook}"):
        yield "nostalgic", 0.8
    for word in words:
        if len(word) > 2 and not word.isdigit() and word not in word_list("edges"):
            lemma = singular(word)
            noun = find_noun(lemma)
            yield lemma, 0.85 if noun is not None and noun.noun_share >= 0.5 else 0.6


def _shape(width: int, height: int) -> str:
    ratio = width / height
    return "square" if 0.95 <= ratio <= 1.05 else "portrait" if ratio < 1 else "landscape"


def palette_in(image: Image.Image) -> Vector:
    """(k, 4): the colours of an image as in `Look.palette`, by 96 x 96 of its pixels; nothing at all is white paper."""
    small = np.asarray(image.convert("RGBA").resize((96, 96), Image.Resampling.NEAREST))
    weight = small[..., 3].astype(np.float32) / np.float32(255)
    if not weight.any():
        return np.array([[100.0, 0.0, 0.0, 1.0]])
    rgb = np.ascontiguousarray(small[..., :3])
    return palette_of(rgb, to_lab(rgb), weight)


def _moods_of(palette: Vector) -> tuple[str, str]:
    """Warm, cool or neutral by where most of the coloured ink lies; vivid or muted by its mean chroma."""
    chroma, hue = np.hypot(palette[:, 1], palette[:, 2]), np.degrees(np.arctan2(palette[:, 2], palette[:, 1])) % 360
    ink = np.where(chroma >= GREY, palette[:, 3], 0.0)
    if ink.sum() < 0.02:
        return "neutral", "muted"
    warm = ink[(hue >= WARM[0]) & (hue <= WARM[1])].sum()
    cool = ink[(hue >= COOL[0]) & (hue <= COOL[1])].sum()
    mean = float((chroma * ink).sum() / ink.sum())
    temperature = "neutral" if warm == cool else "warm" if warm > cool else "cool"
    return temperature, "vivid" if mean >= VIVID else "muted"


# Categories ---------------------------------------------------------------------------------------------------------

_ANCHORS: Mapping[str, str] = {
    **dict.fromkeys("DCBHFI", "animals"), **dict.fromkeys("LTV", "plants"), **dict.fromkeys("PAY", "sport and games"),
    **dict.fromkeys("UEORSkm", "food and drink"), **dict.fromkeys("Nf", "crafts"), **dict.fromkeys("Me", "music"),
    "Q": "vehicles", "Z": "nature", "J": "fantasy", "o": "fantasy", "c": "technology", "w": "work", "q": "family",
    "X": "art",
}  # fmt: skip
"""By what WordNet puts a noun under; the letters are those of `trends/words/build_wordnet.py`."""
_SENSES: Mapping[str, str] = {
    "a": "animals", "n": "plants", "d": "food and drink", "h": "nature", "o": "nature", "l": "places", "p": "people",
    "c": "activities", "f": "feelings",
}  # fmt: skip
"""By the lexical file of its commonest sense, where nothing else is known."""
KIN = frozenset(("mom", "mum", "mother", "dad", "father", "grandpa"))
VAGUE = frozenset(("people", "activities", "feelings", "work", "family"))
"""What many phrases are beside what they are of: "latte art lover" is of art."""
CATEGORIES: tuple[str, ...] = tuple(
    dict.fromkeys(("holidays", *_ANCHORS.values(), *_SENSES.values(), "nostalgia", "sayings"))
)


def category_of(row: Row, override: str = "") -> str:
    """What a design is of: what a person says, else by its words.

    An occasion first, then a noun of the keyword, then of the text, from the last to the first: what is named at the
    end of a phrase is what it is of. A noun of a VAGUE kind counts where there is no other; then a year or a place in
    time; what says none of that is a saying.
    """
    if named := clean(override).casefold()[:TAG_CHARS]:
        return named
    if occasions_in(words_of(f"{row.text} {row.keyword}")):
        return "holidays"
    kinds = [kind for phrase in (row.keyword, row.text) for one in reversed(_lemmas(phrase)) if (kind := _kind(one))]
    if kinds:
        return next((kind for kind in kinds if kind not in VAGUE), kinds[0])
    return "nostalgia" if _NOSTALGIC.search(f"{row.text} {row.hook}") else "sayings"


def _lemmas(phrase: str) -> list[str]:
    """The words of a phrase and its pairs of words, singular, in order of where they end."""
    words = [singular(word) for word in words_of(phrase)]
    pairs = ["", *(" ".join(pair) for pair in pairwise(words))]
    ordered = [one for ending in zip(words, pairs, strict=False) for one in ending if one]
    return [one for one in ordered if one not in word_list("edges")]


def _kind(lemma: str) -> str:
    noun = find_noun(lemma)
    if noun is None or (" " not in lemma and noun.noun_share < 0.5):
        return ""
    by_anchor = next((_ANCHORS[letter] for letter in noun.anchors if letter in _ANCHORS), "")
    return by_anchor or _SENSES.get(noun.senses[:1], "")


@lru_cache(maxsize=1)
def _occasions() -> tuple[tuple[str, frozenset[str]], ...]:
    rows = word_table("occasions")
    return tuple((name.casefold(), frozenset(words.split("|")) | {name.casefold()}) for name, _, words in rows)


def occasions_in(words: Sequence[str]) -> tuple[str, ...]:
    """The occasions that these words call for, in the order of the year; "mom" alone calls for no Mother's Day."""
    lemmas = [singular(word) for word in words]
    runs = {" ".join(part[at : at + n]) for part in (list(words), lemmas) for n in (1, 2, 3) for at in range(len(part))}
    return tuple(name for name, called in _occasions() if (runs - KIN) & called)
