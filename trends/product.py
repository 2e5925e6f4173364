"""Product: the format that fits a phrase, so that cost, price and margin are its own.

The first line of `products.tsv` whose words, anchors or audience fit decides; what fits none becomes a shirt.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from trends.idea import Occasion
from trends.words import find_noun, singular, word_table

FORMATS = (
    "shirt", "hoodie", "mug", "poster", "tote", "sticker", "ornament", "pillow", "phone_case", "hat", "notebook",
    "apron", "blanket",
)  # fmt: skip
"""Every format a phrase can be given; the cost table has a line for each."""


def format_of(words: Sequence[str], audience: str, occasion: Occasion | None) -> str:
    """The product format of a phrase: by the phrase or its last word, a word marked `*` anywhere in it, its sense."""
    lemmas = (*words[:-1], singular(words[-1]))
    known = {" ".join(words), " ".join(lemmas), words[-1], lemmas[-1], *(f"*{word}" for word in (*words, *lemmas))}
    if occasion is not None:
        known.add(f"@{occasion.name.casefold()}")
    noun = find_noun(" ".join(lemmas)) or find_noun(lemmas[-1])
    anchors = set(noun.anchors) if noun is not None else set()
    for format_name, wanted, under, audiences in _rules():
        if known & wanted or anchors & under or audience in audiences:
            return format_name
    return "shirt"


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[str, frozenset[str], frozenset[str], frozenset[str]], ...]:
    rows = ((*row, "", "", "") for row in word_table("products"))
    return tuple(
        (row[0], frozenset(row[1].split("|")) - {""}, frozenset(row[2]), frozenset(row[3].split("|")) - {""})
        for row in rows
    )
