"""Words: a row's text by the part each word plays, and its lines of even length."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from studio.drawing import Row
from studio.errors import Failed
from studio.lettering.shaping import without_pictures

LONGEST = 200
"""Characters that still read on a product at arm's length."""
JOINING = """
a an and are as at be but by for from i in into is it its me my no not of off on one or our so that the this to
up us was we were with you your & + der die das und de la le les et el los las y o e il di da du
"""
SMALL = frozenset(JOINING.split())
"""Words that join others; set small, and never left at the end of a line."""
CLOSING = frozenset("、。，．：；！？」』）】〉》”’)]}!?,.:;…%ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
"""Signs that no line begins with."""
WIDE = re.compile("[\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]")
YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")


@dataclass(frozen=True, slots=True)
class Wording:
    """What is lettered: lead + emphasis + tail is the whole text in order; any of lead and tail may be empty."""

    text: str
    lead: str
    emphasis: str
    """The words that carry it: the row's keyword where the text has it, else its weightiest stretch."""
    tail: str
    hook: str
    """A year, a place, a memory ("est. 1986"); empty where the row has none."""
    year: str
    """Of the hook or the text; empty where neither has one."""

    @property
    def words(self) -> tuple[str, ...]:
        """Units between which a line may break: words, or single signs of Chinese and Japanese."""
        return units(self.text)

    @property
    def length(self) -> int:
        return len(self.text)

    @property
    def longest(self) -> int:
        """Letters of the longest word; wide signs count one each."""
        return max(len(word) for word in self.words)

    def lines(self, count: int) -> tuple[str, ...]:
        """The text in at most `count` lines of lengths as even as its words allow, and of its sense."""
        return broken(self.text, count, self.emphasis)

    def best_lines(self, least: int = 1, most: int = 6, letters: float = 10.0) -> tuple[str, ...]:
        """As many lines as bring each near to `letters` wide."""
        count = round(extent(self.text) / letters) or 1
        return self.lines(max(least, min(most, count)))


def wording_of(row: Row) -> Wording:
    """A row's text by its parts.

    Raises:
        Failed: "text", where nothing can be lettered or more is asked than anybody would read.
    """
    text, _ = without_pictures(cleaned(row.text))
    if not any(sign.isalnum() for sign in text):
        raise Failed("text", f"row {row.id}: there is no letter to set in {row.text[:60]!r}")
    if len(text) > LONGEST:
        raise Failed("text", f"row {row.id}: {len(text)} characters are no slogan; {LONGEST} at most can be read")
    hook, _ = without_pictures(cleaned(row.hook))
    start, end = emphasised(text, cleaned(row.keyword))
    start, end = 0 if is_mark(text[:start]) else start, len(text) if is_mark(text[end:]) else end
    year = YEAR.search(hook) or YEAR.search(text)
    return Wording(
        text,
        text[:start].strip(),
        text[start:end].strip(),
        text[end:].strip(),
        hook[:60] if any(sign.isalnum() for sign in hook) else "",
        year.group() if year else "",
    )


def cleaned(text: str) -> str:
    """NFC, control characters as spaces, no more than one space; joiners stay, for they shape."""
    signs = (" " if unicodedata.category(sign) == "Cc" else sign for sign in unicodedata.normalize("NFC", text))
    return " ".join("".join(signs).split())


def emphasised(text: str, keyword: str) -> tuple[int, int]:
    """Where the words that carry the text begin and end, whole words with their signs."""
    at = text.casefold().find(keyword.casefold()) if keyword else -1
    if at >= 0 and len(keyword) < len(text) and len(text.casefold()) == len(text):
        return widened(text, at, at + len(keyword))
    words = list(re.finditer(r"\S+", text))
    if len(words) < 2:
        return 0, len(text)
    best = max(words, key=lambda word: (weight(word.group()), word.start()))
    return best.start(), best.end()


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch with the rest of its first and last word; in scripts without spaces with what closes it."""
    while start > 0 and not text[start - 1].isspace() and not WIDE.match(text[start - 1]):
        start -= 1
    while end < len(text) and not text[end].isspace() and (text[end] in CLOSING or not WIDE.match(text[end])):
        end += 1
    return start, end


def weight(word: str) -> float:
    """How much a word says: its letters, nothing for the small ones."""
    bare = word.strip(".,!?:;\"'()").casefold()
    return 0.0 if bare in SMALL else float(len(bare))


def is_small(word: str) -> bool:
    return word.casefold().strip(".,!?:;") in SMALL


def upper(text: str) -> str:
    """Capitals where the script has them; Greek ones without the accent that only small letters bear."""
    bare = unicodedata.normalize("NFD", text)
    parts = [sign for at, sign in enumerate(bare) if sign != "\u0301" or not "\u0370" <= bare[at - 1] <= "\u03ff"]
    return unicodedata.normalize("NFC", "".join(parts)).upper()


@lru_cache(maxsize=256)
def units(text: str) -> tuple[str, ...]:
    """What a line break may stand between: words, and in Chinese and Japanese single signs with what closes them.

    A dash or a mark that stands alone goes with the word before it, at the very start with the one after it.
    """
    found: list[str] = []
    for word in text.split():
        if found and (is_mark(word) or is_mark(found[-1])):
            found[-1] += f" {word}"
        elif WIDE.search(word):
            found += signs(word)
        else:
            found.append(word)
    return tuple(found)


def is_mark(word: str) -> bool:
    """Whether no letter, figure or ampersand is in it: alone on a line it would be a bar or a dot."""
    return not any(sign.isalnum() or sign in "&+$%#" for sign in word)


def signs(word: str) -> list[str]:
    """A stretch of Chinese or Japanese by its signs, each with what closes it; other letters stay together."""
    found: list[str] = []
    for sign in re.findall(rf"(?:{WIDE.pattern}|[^\u2e80-\u9fff\uf900-\uff60]+)", word):
        if found and (sign in CLOSING or is_mark(sign) or is_mark(found[-1])):
            found[-1] += sign
        else:
            found.append(sign)
    return found


def extent(text: str) -> float:
    """About how many average letters wide a text is."""
    return sum(
        1.9 if WIDE.match(sign) else 0.55 if sign in "iIl1j.,:;!'| " else 1.35 if sign in "mwMW" else 1.0
        for sign in text
    )


@lru_cache(maxsize=1024)
def broken(text: str, count: int, keep: str = "") -> tuple[str, ...]:
    """At most `count` lines whose extents differ least in squares.

    A line that ends in a small word costs more, and so does one that ends amid a word of a script without spaces, or
    amid the stretch to `keep` whole.
    """
    words = units(text)
    spans = spans_of(text, words)
    start_of, kept = text.find(keep) if keep and keep != text else -1, len(keep)
    torn = [start_of >= 0 and start_of < begun < start_of + kept for begun, _ in spans]
    count = min(count, len(words))
    goal = extent(text) / count
    best: dict[tuple[int, int], tuple[float, int]] = {(0, 0): (0.0, 0)}
    for line in range(1, count + 1):
        for end in range(line, len(words) - (count - line) + 1):
            options = (
                (best[line - 1, start][0] + cost(text, spans[start:end], goal) + after(words, end, torn), start)
                for start in range(line - 1, end)
                if (line - 1, start) in best
            )
            best[line, end] = min(options)
    lines, end = [], len(words)
    for line in range(count, 0, -1):
        start = best[line, end][1]
        lines.append(text[spans[start][0] : spans[end - 1][1]])
        end = start
    return tuple(lines[::-1])


def cost(text: str, spans: Sequence[tuple[int, int]], goal: float) -> float:
    """Of one line: how far from the goal, as a share of it, squared."""
    return ((extent(text[spans[0][0] : spans[-1][1]]) - goal) / goal) ** 2


def after(words: tuple[str, ...], end: int, torn: Sequence[bool]) -> float:
    """Of a break before the unit `end`: dear where it leaves a joining word behind, or tears what belongs together."""
    if end == len(words):
        return 0.0
    last, following = words[end - 1], words[end]
    amid = 0.0
    if WIDE.match(following) and WIDE.match(last):
        hiragana = "\u3040" <= following[0] <= "\u309f"
        amid = 0.3 if hiragana else 0.0 if "\u3040" <= last[-1] <= "\u309f" else 0.1
    return amid + (0.3 if torn[end] else 0.0) + (0.08 if is_small(last) else 0.0)


def spans_of(text: str, words: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where each unit begins and ends in the text, whose own spaces are kept between them."""
    at, spans = 0, []
    for word in words:
        begun = text.index(word, at)
        at = begun + len(word)
        spans.append((begun, at))
    return spans
