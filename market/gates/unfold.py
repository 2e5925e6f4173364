"""Unfold: the words of a text as a reader sees them, whatever letters they were written with.

A text has several readings: as it stands; with digits and signs read as letters ("d1$ney", twice where a sign may be i
or l); with letters that look like two others read as those ("rnarvel", "lKEA"); and cut where its letters change case
("StarWars"). Every reading is in small Latin letters and digits, without accents, invisible characters or look-alikes
from other alphabets; letters of writing systems without spaces are words of their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

Trick = Literal["", "accents", "look-alike letters", "digits and signs for letters"]

_ALIKE = {
    # Cyrillic
    "а": "a", "в": "b", "е": "e", "ё": "e", "з": "3", "и": "u", "і": "i", "ї": "i", "ј": "j", "к": "k", "м": "m",
    "н": "h", "о": "o", "п": "n", "р": "p", "с": "c", "т": "t", "у": "y", "ү": "y", "х": "x", "ѕ": "s", "ԁ": "d",
    "ԛ": "q", "ԝ": "w", "һ": "h", "ь": "b", "ѵ": "v", "г": "r", "ӏ": "l", "є": "e", "ѡ": "w", "ґ": "r", "ғ": "f",
    "я": "r", "л": "n", "д": "a", "й": "u", "ц": "u", "ш": "w", "щ": "w", "э": "e", "б": "b",
    # Greek
    "α": "a", "β": "b", "γ": "y", "δ": "d", "ε": "e", "ζ": "z", "η": "n", "ι": "i", "κ": "k", "μ": "u", "ν": "v",
    "ο": "o", "ρ": "p", "σ": "o", "ς": "c", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "ϲ": "c", "ϳ": "j", "λ": "a",
    "ξ": "e", "π": "n",
    # Latin of other shapes, Armenian, Cherokee
    "ı": "i", "ɪ": "i", "ɩ": "i", "ɑ": "a", "ɡ": "g", "ɢ": "g", "ʟ": "l", "ʀ": "r", "ɴ": "n", "ʏ": "y", "ʙ": "b",
    "ʜ": "h", "ᴀ": "a", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e", "ᴊ": "j", "ᴋ": "k", "ᴍ": "m", "ᴏ": "o", "ᴘ": "p", "ᴛ": "t",
    "ᴜ": "u", "ᴠ": "v", "ᴡ": "w", "ᴢ": "z", "ꜱ": "s", "ꜰ": "f", "ǀ": "l", "ɾ": "r", "ʋ": "v", "ʂ": "s", "ƒ": "f",
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "þ": "th", "æ": "ae", "œ": "oe", "ɛ": "e", "ə": "e",
    "ɔ": "o", "ʃ": "s", "ƙ": "k", "ȷ": "j", "ɐ": "a", "ʌ": "a", "օ": "o", "ս": "u", "ռ": "n", "հ": "h", "ց": "g",
    "ѳ": "o", "ө": "o", "ɵ": "o", "ɓ": "b", "ɗ": "d", "ɠ": "g", "ƨ": "s", "ƴ": "y", "ƞ": "n", "ƭ": "t", "ƥ": "p",
    "ꮪ": "s", "ꮇ": "m", "ꭺ": "a", "ꭰ": "d", "ꭱ": "r", "ꭲ": "i", "ꮋ": "h", "ꮮ": "l", "ꮃ": "w", "ꮯ": "c", "ꮲ": "p",
}  # fmt: skip
"""Small letters that are drawn like Latin ones, by their own shape or that of their capital."""
_CAPITALS = {"Η": "h", "Μ": "m", "Ν": "n", "Ρ": "p", "Τ": "t", "Υ": "y", "Χ": "x", "Ζ": "z", "Β": "b", "Κ": "k",
             "Λ": "a", "Σ": "e", "Ω": "o", "В": "b", "Н": "h", "М": "m", "Т": "t", "У": "y", "К": "k", "З": "3",
             "Ь": "b", "Д": "a", "И": "n", "Ш": "w", "Я": "r", "Г": "r"}  # fmt: skip
"""Capitals whose shape is another letter's than that of their small form."""
_USUAL = frozenset("łøđðħŧþæœß")
"""Letters of European alphabets: written so, they are accents and no disguise."""
_SIGNS = {"@": "a", "4": "a", "^": "a", "8": "b", "(": "c", "<": "c", "{": "c", "¢": "c", "©": "c", "3": "e", "€": "e",
          "£": "l", "ƒ": "f", "6": "g", "9": "g", "#": "h", "0": "o", "®": "r", "$": "s", "5": "s", "§": "s", "7": "t",
          "+": "t", "†": "t", "%": "x", "¥": "y", "2": "z", "°": "o", "¡": "i", "*": "", "~": "", "µ": "u",
          "№": "no"}  # fmt: skip
_DRAWINGS = {"()": "o", "[]": "o", "{}": "o", "|-|": "h", "|\\/|": "m", "\\/\\/": "w", "|<": "k", "|)": "d", "|_|": "u",
             "/\\": "a", "\\/": "v", "|2": "r", "|3": "b"}  # fmt: skip
"""Letters drawn with several signs."""
_DRAWN = re.compile("|".join(re.escape(signs) for signs in sorted(_DRAWINGS, key=len, reverse=True)))
_PARTS = re.compile(r"[-/_.,:;…•·]+")
_EITHER = frozenset("1!|")
"""May be i or l."""
_SHORT = {"dr": "doctor", "mr": "mister", "mtn": "mountain", "jr": "junior"}
_LEET = frozenset(_SIGNS) | _EITHER
_STRIP = "".join(sorted(set("()[]{}<>.,;:!?\"“”„«»‘’'`´*~_-–—/\\|…•·™℠®©+#&^°")))
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
                        "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]")  # fmt: skip
_APOSTROPHES = re.compile("['’‘‛′ʼʹ`´ꞌ＇]")
_AND = re.compile(r"(?<=\w)\s*[&＆]\s*(?=\w)")
_WORD = re.compile(r"[^\W_]+")
_CASES = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})|(?<=[A-Za-z]{3})(?=\d)|(?<=\d)(?=[A-Za-z]{3})")
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_BOXES = {
    first + at: chr(ord("a") + at)
    for first in (0x1F1E6, 0x1F130, 0x1F150, 0x1F170, 0x24B6, 0x24D0, 0x1F110, 0x249C)
    for at in range(26)
}
"""Letters in flags, squares, circles and brackets, which count as signs and no letters."""
_SPACELESS = (
    (0x0E00, 0x0EFF), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x31F0, 0x31FF)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a reading."""

    text: str
    """Small Latin letters and digits (or letters of an alphabet that has no look-alike)."""
    raw: str
    """As it was written."""
    trick: Trick = ""
    changed: bool = False
    """Whether it differs from what the first reading has there."""

    @property
    def is_twin(self) -> bool:
        """Whether plain letters were read as others that look like them: not certain enough to look for more."""
        return self.changed and self.trick == "look-alike letters"


def readings(text: str) -> list[list[Word]]:
    """All readings of a text, the plain one first; of the others only those that differ from it."""
    shown = _APOSTROPHES.sub("", _AND.sub(" and ", _INVISIBLE.sub("", _DASHES.sub("-", _spelled(text)))))
    chunks = shown.split()
    found = [_spoken([word for chunk in chunks for word in _plain(chunk)])]
    for other in (_leet_i, _leet_l, _twins, _cases):
        words = _spoken([word for chunk in chunks for word in (other(chunk) or _plain(chunk))])
        if any(word.changed for word in words):
            found.append(words)
    return found


def _spoken(words: list[Word]) -> list[Word]:
    """Short forms as they are spoken: "dr" as "doctor", an n between words as "and"."""
    for at, word in enumerate(words):
        if word.text in _SHORT:
            words[at] = replace(word, text=_SHORT[word.text])
        elif word.text == "n" and all(len(each.text) > 1 for each in words[max(at - 1, 0) : at + 2 : 2]):
            words[at] = replace(word, text="and")
    return words


def _spelled(text: str) -> str:
    """Letters in boxes as letters."""
    return text if text.isascii() else text.translate(_BOXES)


@lru_cache(maxsize=100_000)
def fold(raw: str) -> tuple[str, Trick]:
    """A word in small letters without accents and look-alikes, and by which trick it was not."""
    if raw.isascii():
        return raw.lower(), ""
    trick: Trick = ""
    wide = unicodedata.normalize("NFKC", raw)
    if any(have != was for have, was in zip(wide, unicodedata.normalize("NFC", raw), strict=False)):
        trick = "look-alike letters"
    letters = []
    for char in unicodedata.normalize("NFKD", wide):
        if unicodedata.combining(char):
            trick = trick or "accents"
            continue
        like = _CAPITALS.get(char) or _ALIKE.get(char) or _ALIKE.get(char.lower())
        if like is None:
            letters.append(char.casefold())
            continue
        trick = (trick or "accents") if char.lower() in _USUAL else "look-alike letters"
        letters.append(like)
    plain = "".join(letters)
    if trick == "look-alike letters" and not plain.isascii():
        return unicodedata.normalize("NFC", raw.casefold()), ""  # a word of that alphabet: it has letters of its own
    return plain, trick


def _plain(chunk: str) -> Iterator[Word]:
    bare = chunk.replace("™", " ").replace("℠", " ").replace("®", " ").replace("©", " ")
    for found in _WORD.finditer(bare):
        yield from _cut(found[0])


def _cut(raw: str) -> Iterator[Word]:
    """A word, or its letters one by one where its writing system has no spaces."""
    if not raw.isascii() and any(_is_spaceless(char) for char in raw):
        yield from (Word(char, char) for char in unicodedata.normalize("NFKC", raw).casefold() if char.isalnum())
        return
    text, trick = fold(raw)
    if text:
        yield Word(text, raw, trick)


def _is_spaceless(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _SPACELESS)


def _leet(chunk: str, either: str) -> list[Word]:
    """The chunk with digits and signs read as letters; nothing where that is no reading."""
    drawn = _DRAWN.sub(lambda found: _DRAWINGS[found[0]], chunk)
    signs = sum(char in _LEET for char in drawn)
    opened = "(<" if signs > 1 and not any(char in ")>" for char in drawn) else ""
    inner = drawn.rstrip(_STRIP).lstrip("".join(char for char in _STRIP if char not in opened))
    if drawn == chunk and not (any(char in _LEET for char in inner) and any(char.isalpha() for char in inner)):
        return []
    found: list[Word] = []
    for part in _PARTS.split(inner):
        if not any(char in _LEET for char in part) or not any(char.isalpha() for char in part):
            found += (replace(word, changed=drawn != chunk) for word in _plain(part))
            continue
        letters = "".join(either if char in _EITHER else _SIGNS.get(char, char) for char in part)
        text = "".join(each for each in fold(letters)[0] if each.isalnum())
        if text:
            found.append(Word(text, part, "digits and signs for letters", changed=True))
    return found


def _leet_i(chunk: str) -> list[Word]:
    return _leet(chunk, "i")


def _leet_l(chunk: str) -> list[Word]:
    return _leet(chunk, "l") if any(char in _EITHER for char in chunk) else []


def _twins(chunk: str) -> list[Word]:
    """Letters that look like others: I and l, rn and m, vv and w, cl and d. Only inside words that change by it."""
    found: list[Word] = []
    for word in _plain(chunk):
        raw = word.raw
        if not raw.isascii():
            found.append(word)
            continue
        swapped = re.sub(r"I(?=[a-z])|(?<=[a-z])I", "l", raw) if not raw.isupper() else raw
        swapped = re.sub(r"(?<=[A-Z])l(?=[A-Z])|^l(?=[A-Z]{2})|(?<=[A-Z]{2})l$", "I", swapped)
        text = fold(swapped)[0].replace("rn", "m").replace("vv", "w").replace("uu", "w")
        text = text if text != word.text else word.text.replace("cl", "d")
        same = text == word.text
        found.append(word if same else Word(text, raw, "look-alike letters", changed=True))
    return found if any(word.changed for word in found) else []


def _cases(chunk: str) -> list[Word]:
    """Cut where small letters turn into capitals, and letters into digits."""
    if not any(char.isdigit() or char.isupper() for char in chunk[1:]):
        return []
    found = []
    for word in _plain(chunk):
        pieces = _CASES.split(word.raw)
        found += [
            Word(text, piece, trick, changed=True) for piece in pieces for text, trick in [fold(piece)] if text
        ] if len(pieces) > 1 else [word]  # fmt: skip
    return found if any(word.changed for word in found) else []


def words_of(text: str) -> Sequence[Word]:
    """The plain reading alone."""
    return readings(text)[0]
