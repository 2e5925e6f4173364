"""Words: a row's text by the part each word plays, and its lines of even length."""

from __future__ import annotations

import re
import unicodedata
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
        return broken(self.text, count)

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
    """Where the words that carry the text begin and end."""
    at = text.casefold().find(keyword.casefold()) if keyword else -1
    if at >= 0 and len(keyword) < len(text) and whole_words(text, at, at + len(keyword)):
        return at, at + len(keyword)
    words = list(re.finditer(r"\S+", text))
    if len(words) < 2:
        return 0, len(text)
    best = max(words, key=lambda word: (weight(word.group()), word.start()))
    return best.start(), best.end()


def whole_words(text: str, start: int, end: int) -> bool:
    """Whether a stretch is not cut out of a longer word."""
    return not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum()


def weight(word: str) -> float:
    """How much a word says: its letters, nothing for the small ones."""
    bare = word.strip(".,!?:;\"'()").casefold()
    return 0.0 if bare in SMALL else float(len(bare))


def is_small(word: str) -> bool:
    return word.casefold().strip(".,!?:;") in SMALL


def upper(text: str) -> str:
    """Capitals where the script has them."""
    return text.upper()


@lru_cache(maxsize=256)
def units(text: str) -> tuple[str, ...]:
    """What a line break may stand between: words, and in Chinese and Japanese single signs with what closes them."""
    found: list[str] = []
    for word in text.split():
        if not WIDE.search(word):
            found.append(word)
            continue
        for sign in re.findall(rf"(?:{WIDE.pattern}|[^\u2e80-\u9fff\uf900-\uff60]+)", word):
            if found and sign in CLOSING:
                found[-1] += sign
            else:
                found.append(sign)
    return tuple(found)


def extent(text: str) -> float:
    """About how many average letters wide a text is."""
    return sum(
        1.9 if WIDE.match(sign) else 0.55 if sign in "iIl1j.,:;!'| " else 1.35 if sign in "mwMW" else 1.0
        for sign in text
    )


@lru_cache(maxsize=1024)
def broken(text: str, count: int) -> tuple[str, ...]:
    """At most `count` lines whose extents differ least in squares; a line that ends in a small word costs more."""
    words = units(text)
    count = min(count, len(words))
    goal = extent(text) / count
    best: dict[tuple[int, int], tuple[float, int]] = {(0, 0): (0.0, 0)}
    for line in range(1, count + 1):
        for end in range(line, len(words) - (count - line) + 1):
            options = (
                (best[line - 1, start][0] + cost(words, start, end, goal), start)
                for start in range(line - 1, end)
                if (line - 1, start) in best
            )
            best[line, end] = min(options)
    lines, end = [], len(words)
    for line in range(count, 0, -1):
        start = best[line, end][1]
        lines.append(together(text, words, start, end))
        end = start
    return tuple(lines[::-1])


def cost(words: tuple[str, ...], start: int, end: int, goal: float) -> float:
    """Of one line: how far from the goal, and whether it ends on a word that leads on."""
    wide = extent(" ".join(words[start:end]) if not WIDE.search(words[start]) else "".join(words[start:end]))
    hanging = 0.08 if end < len(words) and is_small(words[end - 1]) else 0.0
    return ((wide - goal) / goal) ** 2 + hanging


def together(text: str, words: tuple[str, ...], start: int, end: int) -> str:
    """The stretch of the text that these units came from, its own spaces kept."""
    at, spans = 0, []
    for word in words:
        begun = text.index(word, at)
        at = begun + len(word)
        spans.append((begun, at))
    return text[spans[start][0] : spans[end - 1][1]]
