"""Cut: texts made shorter without breaking what a reader reads as one: a character, a word, a sentence.

A character is a grapheme (Unicode annex 29). A word is a run of letters, marks and digits with what joins them
("t-shirt", "don't", "24,99"); in Japanese, which has no spaces, a run of kanji with the kana that inflect it, of
katakana, or of hiragana. `tokens_of` counts as a cautious tokeniser would.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import regex

_CJK = r"\p{Han}\p{Hiragana}\p{Katakana}ー々"
_WORD = regex.compile(
    r"[\p{Katakana}ー]+|\p{Han}[\p{Han}々]*\p{Hiragana}*|\p{Hiragana}+"
    rf"|[[\p{{L}}\p{{M}}\p{{N}}]--[{_CJK}]]+(?:['’.,&/_\-‐–][[\p{{L}}\p{{M}}\p{{N}}]--[{_CJK}]]+)*",
    regex.V1,
)
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]", regex.V1)
_SENTENCE = regex.compile(r"(?<=[.!?…][”»\")]*)\s+|(?<=[。！？][」』]*)(?![」』])")
_TOKEN = regex.compile(rf"[{_CJK}]|\p{{N}}+|[\p{{L}}\p{{M}}--[{_CJK}]]+|[^\p{{L}}\p{{M}}\p{{N}}\s]|\n", regex.V1)
_LOOSE = " \t\n,;:–—-|/&+・、｜ \u3000\u00a0\u202f"
PAIRS = {"“": "”", "„": "“", "«": "»", "「": "」", "『": "』", "(": ")", "（": "）", "[": "]"}


def graphemes(text: str) -> list[str]:
    """The text's characters as a reader counts them: an emoji with its modifiers is one."""
    found: list[str] = regex.findall(r"\X", text)
    return found


def tokens_of(text: str) -> int:
    """Tokens of a text, counted cautiously: a third of the letters of a plain Latin word, rounded up, half of those of
    any other; a number one more than its digits; one for each kana, kanji, sign and line break.

    It is no model's own count. For a whole listing in Latin script it is not under that of a small vocabulary (32,000,
    Llama 2); in Japanese that one, which knows few kanji, counts up to a quarter more.
    """
    return sum(map(_weight, _TOKEN.findall(text)))


def _weight(piece: str) -> int:
    if piece.isdigit():
        return 1 + len(piece)
    return -(-len(piece) // (3 if piece.isascii() else 2))


def cut(text: str, most: int, dangling: Collection[str] = ()) -> str:
    """The text in at most `most` characters (code points): cut between words, no pair of signs left open, no comma and
    none of the words in `dangling` ("for", "und") left at the end.

    Empty where even the first word is longer, except in scripts without spaces, which are cut between graphemes.
    """
    text = text.strip()
    if len(text) <= most:
        return text
    ends = [end for end in _ends(text) if end <= most]
    inside = {at for word in _WORD.finditer(text) for at in range(word.start() + 1, word.end())}
    for end in reversed(ends):
        if end not in inside and (kept := _tidy(text[:end], dangling)):
            return kept
    return _tidy(text[: ends[-1]], ()) if ends and _UNSPACED.match(text) else ""


def _ends(text: str) -> Iterator[int]:
    """Where each grapheme ends."""
    end = 0
    for one in graphemes(text):
        end += len(one)
        yield end


def _tidy(text: str, dangling: Collection[str]) -> str:
    """Without what hangs at its end."""
    while True:
        before, text = text, _closed(text.rstrip(_LOOSE))
        head, _, last = text.rpartition(" ")
        if last.casefold() in dangling:
            text = head
        if text == before:
            return text


def _closed(text: str) -> str:
    """The text up to the first pair of signs that is not closed in it."""
    waiting: list[tuple[int, str]] = []
    for at, sign in enumerate(text):
        if waiting and sign == waiting[-1][1]:
            waiting.pop()
        elif sign in PAIRS:
            waiting.append((at, PAIRS[sign]))
    return text[: waiting[0][0]] if waiting else text


def sentences(text: str) -> list[str]:
    """The text's sentences, each with its own end."""
    return [one.strip() for one in _SENTENCE.split(text) if one and one.strip()]


def shortened(text: str, most: int, dangling: Collection[str] = ()) -> str:
    """As many whole sentences from the start as fit into `most` characters; the first one cut where none does."""
    if len(text) <= most:
        return text
    kept = ""
    for paragraph, one in _told(text):
        more = f"{kept}{paragraph}{one}" if kept else one
        if len(more) > most:
            break
        kept = more
    return kept or cut(text, most, dangling)


def _told(text: str) -> Iterator[tuple[str, str]]:
    """Each sentence with the space before it: a blank line where it begins a paragraph."""
    for paragraph in text.split("\n\n"):
        for at, one in enumerate(sentences(paragraph)):
            spaced = "" if _UNSPACED.match(one) else " "
            yield (spaced if at else "\n\n"), one
