"""Near repeats among short texts: one or two words changed, emoji, punctuation, case, order.

A text is read as a set of words; a word weighs `ln(1 + texts / texts that use it)`. Two texts repeat each other where

    the words they share weigh over half of the words they use together (weighted Jaccard of at least 0.52), so that
    a changed filler counts little and a changed subject much: "my first scarf" is not "my first chair";
    what they share weighs more than chance would have them share among so many texts;
    they do not contradict each other in numbers: the thread of 16 July is not the thread of 18 June.

A group has a leader, its first text, and all its members repeat the leader: no chains from one thing to the next.

How: texts with equal sets are one. The rest get MinHash signatures by exponential clocks (each word draws a seeded
clock at the rate of its weight, a text keeps the earliest; two texts agree with the probability of their weighted
similarity), bands of three make candidates, and every candidate is checked exactly.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

SIMILARITY = 0.52
"""Weighted Jaccard from which two texts are one: on random halves of the subreddits of `eval dedupe` the least value of
both precision (.981) and recall (.970) keeps a margin over what is asked."""
CHANCE = 1.25
"""What two texts share must weigh at least so many times the logarithm of the number of texts."""
BANDS = 24
ROWS = 3
"""Signatures of BANDS x ROWS clocks: a pair of similarity .52 becomes a candidate with probability .97, of .6: .997."""
REACH = 48
"""Within one bucket a text meets at most so many neighbours: a bucket of thousands costs no square of it."""
SEED = 7

_LINK = re.compile(r"(?:https?://|www\.)[^\s]+", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_APOSTROPHES = "'’‘`´ʼ"

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


def fold(texts: Sequence[str]) -> Ints:
    """Group labels, shape (len(texts),): near repeats share one, the index of the group's first member.

    A text without a word (only emoji, say) repeats only its exact equal.
    """
    if not texts:
        return np.empty(0, dtype=np.int64)
    sets = word_sets(texts)
    same = _equal_sets(sets)
    members = distinct(same)
    left, right, similarity = near_pairs(sets.take(members))
    led = lead(len(members), left, right, similarity)
    return members[led[np.searchsorted(members, same)]]


@dataclass(frozen=True, slots=True)
class WordSets:
    """Texts as sets of word numbers: text `i` holds `words[starts[i]:starts[i + 1]]`, ascending."""

    words: Ints
    starts: Ints
    weights: Floats
    """Of each word."""
    numeric: NDArray[np.bool_]
    """Whether the word holds a digit."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> Ints:
        """How many words each text holds."""
        return np.diff(self.starts)

    @property
    def totals(self) -> Floats:
        """The weight of all words of each text, shape (len,)."""
        sums = np.concatenate(([0.0], np.cumsum(self.weights[self.words], dtype=np.float64)))
        return (sums[self.starts[1:]] - sums[self.starts[:-1]]).astype(np.float32)

    def take(self, rows: Ints) -> WordSets:
        """The sets of some texts, in that order."""
        sizes = self.sizes[rows]
        starts = np.concatenate(([0], np.cumsum(sizes)))
        where = np.repeat(self.starts[rows] - starts[:-1], sizes) + np.arange(starts[-1])
        return WordSets(self.words[where], starts, self.weights, self.numeric)

    def numbers(self) -> WordSets:
        """Only the words that hold a digit, each of weight one."""
        kept = self.numeric[self.words]
        starts = np.concatenate(([0], np.cumsum(kept)))[self.starts]
        return WordSets(self.words[kept], starts, np.ones_like(self.weights), self.numeric)


def word_sets(texts: Sequence[str]) -> WordSets:
    """Reads texts as sets of words: no case, links, punctuation or emoji. A wordless text is one odd word."""
    lines = _plain(texts)
    split = [line.split() or ["\0" + text] for line, text in zip(lines, texts, strict=True)]
    flat = list(chain.from_iterable(split))
    number_of = {word: number for number, word in enumerate(dict.fromkeys(flat))}
    size = max(len(number_of), 1)
    words = np.fromiter(map(number_of.__getitem__, flat), dtype=np.int64, count=len(flat))
    keys = distinct(np.repeat(np.arange(len(split)), [len(line) for line in split]) * size + words)
    row, words = keys // size, keys % size
    weights = np.log1p(len(split) / np.maximum(np.bincount(words, minlength=len(number_of)), 1)).astype(np.float32)
    numeric = np.fromiter((_DIGIT.search(word) is not None for word in number_of), dtype=bool, count=len(number_of))
    return WordSets(words, np.searchsorted(row, np.arange(len(split) + 1)), weights, numeric)


def near_pairs(sets: WordSets) -> tuple[Ints, Ints, Floats]:
    """Pairs (left < right) of texts that repeat each other, with their similarity."""
    left, right = candidates(signatures(sets))
    totals = sets.totals
    smaller, larger = np.minimum(totals[left], totals[right]), np.maximum(totals[left], totals[right])
    left, right = _where(smaller >= SIMILARITY * larger, left, right)
    shared = shared_weight(sets, left, right)
    together = totals[left] + totals[right] - shared
    near = (shared >= SIMILARITY * together) & (shared >= CHANCE * np.log(max(len(sets), 2)))
    similarity = shared[near] / together[near]
    left, right = _where(near, left, right)
    agree = _numbers_agree(sets.numbers(), left, right)
    return left[agree], right[agree], similarity[agree]


def signatures(sets: WordSets, seed: int = SEED) -> NDArray[np.uint32]:
    """MinHash by exponential clocks, shape (len(sets), BANDS * ROWS): the bits of each earliest clock."""
    clocks = np.random.default_rng(seed).standard_exponential((len(sets.weights), BANDS * ROWS), dtype=np.float32)
    clocks /= sets.weights[:, None]
    earliest = np.empty((len(sets), BANDS * ROWS), dtype=np.float32)
    for start in range(0, len(sets), 4096):
        stop = min(start + 4096, len(sets))
        first = sets.starts[start]
        words = sets.words[first : sets.starts[stop]]
        np.minimum.reduceat(clocks[words], sets.starts[start:stop] - first, axis=0, out=earliest[start:stop])
    return earliest.view(np.uint32)


def candidates(signature: NDArray[np.uint32]) -> tuple[Ints, Ints]:
    """Pairs (left < right), each once, that agree in all clocks of at least one band."""
    count = len(signature)
    keys = distinct(np.concatenate([left * count + right for left, right in map(_bucket_pairs, _bands(signature))]))
    return keys // count, keys % count


def shared_weight(sets: WordSets, left: Ints, right: Ints, chunk: int = 1 << 16) -> Floats:
    """The weight of the words that both texts of each pair use, shape (len(left),)."""
    shared = np.empty(len(left), dtype=np.float32)
    for start in range(0, len(left), chunk):
        part = slice(start, start + chunk)
        shared[part] = _shared(sets, left[part], right[part])
    return shared


def lead(count: int, left: Ints, right: Ints, similarity: Floats) -> Ints:
    """For each of `count` texts its leader: the most similar earlier text that leads itself, or the text itself."""
    order = np.lexsort((left, -similarity, right))
    leader = list(range(count))
    for one, two in zip(left[order].tolist(), right[order].tolist(), strict=True):
        if leader[two] == two and leader[one] == one:
            leader[two] = one
    return np.array(leader, dtype=np.int64)


def distinct(keys: Ints) -> Ints:
    """The keys, ascending, each once; by sorting, several times faster than the hashing of np.unique."""
    ascending = np.sort(keys)
    first = np.ones(len(keys), dtype=bool)
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return ascending[first]


def _where(kept: NDArray[np.bool_], left: Ints, right: Ints) -> tuple[Ints, Ints]:
    return left[kept], right[kept]


def _numbers_agree(numbers: WordSets, left: Ints, right: Ints) -> NDArray[np.bool_]:
    """Whether one text's numbers are all among the other's."""
    fewer = np.minimum(numbers.sizes[left], numbers.sizes[right])
    agree: NDArray[np.bool_] = shared_weight(numbers, left, right) >= fewer
    return agree


def _shared(sets: WordSets, left: Ints, right: Ints) -> Floats:
    """Sorts the words of both texts of each pair together: what both use stands there twice in a row."""
    one, two = sets.take(left), sets.take(right)
    pair = np.concatenate((np.repeat(np.arange(len(left)), one.sizes), np.repeat(np.arange(len(right)), two.sizes)))
    keys = np.sort(pair * len(sets.weights) + np.concatenate((one.words, two.words)))
    twice = keys[1:][keys[1:] == keys[:-1]]
    found = np.bincount(twice // len(sets.weights), sets.weights[twice % len(sets.weights)], minlength=len(left))
    return found.astype(np.float32)


def _bands(signature: NDArray[np.uint32]) -> Iterator[NDArray[np.uint64]]:
    """One 64-bit key a text for each band."""
    odd = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
    for band in range(BANDS):
        rows = signature[:, band * ROWS : (band + 1) * ROWS].astype(np.uint64)
        key = (rows * odd[:ROWS]).sum(axis=1, dtype=np.uint64)
        yield key ^ (key >> np.uint64(29))


def _bucket_pairs(keys: NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """Pairs (left < right) of texts with one key, each text with its next REACH neighbours in the bucket."""
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    lefts, rights = [], []
    here = np.arange(len(keys))
    for step in range(1, REACH + 1):
        here = here[here + step < len(keys)]
        here = here[sorted_keys[here] == sorted_keys[here + step]]
        if not len(here):
            break
        lefts.append(order[here])
        rights.append(order[here + step])
    if not lefts:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    # A stable sort keeps equal keys in the order of the texts, so left < right.
    return np.concatenate(lefts), np.concatenate(rights)


def _equal_sets(sets: WordSets) -> Ints:
    """For each text the first text with the same set of words."""
    rng = np.random.default_rng(SEED)
    marks = rng.integers(0, 1 << 63, size=(len(sets.weights), 2), dtype=np.uint64)
    sums = np.concatenate((np.zeros((1, 2), dtype=np.uint64), np.cumsum(marks[sets.words], axis=0, dtype=np.uint64)))
    prints = sums[sets.starts[1:]] - sums[sets.starts[:-1]]
    _, first, which = np.unique(prints, axis=0, return_index=True, return_inverse=True)
    labels: Ints = first[which.reshape(-1)]
    return labels


def _plain(texts: Sequence[str]) -> list[str]:
    """The texts in lower case with only words left, a space between them; all at once, for speed."""
    whole = "\n".join(text.replace("\n", " ").replace("\r", " ") for text in texts)
    if "&" in whole:
        # An entity must not bring a line break into the text: one line is one text.
        whole = re.sub(r"&(?:#\w+|\w+);", lambda found: html.unescape(found[0]).replace("\n", " "), whole)
    whole = unicodedata.normalize("NFKC", _LINK.sub(" ", whole)).casefold()
    return whole.translate({ord(char): _spaced(char) for char in set(whole)}).split("\n")


def _spaced(char: str) -> str:
    """What a character becomes: nothing, a space, itself, or (in scripts without spaces) a word of its own."""
    if char == "\n" or (char.isascii() and char.isalnum()):
        return char
    if char in _APOSTROPHES:
        return ""
    if "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff":
        return f" {char} "
    mark = unicodedata.category(char).startswith("M") and char != "\ufe0f"
    return char if char.isalnum() or mark else " "
