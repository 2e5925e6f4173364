"""Alike: which designs are nearly the same picture, and which look most like a given one.

The same picture is told by a perceptual hash: the signs of the lowest 8 x 8 frequencies of a 32 x 32 grey copy, each
against their median (after Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions"). It
survives another size, another format and small changes of colour. Looks are told by the cosine between vectors that a
descriptor measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn

from studio.brand import Look, Vector
from studio.colours import COLOURS, lab_of
from trends.matching import words_of

Hashes = NDArray[np.int64]
Places = NDArray[np.int64]

SIDE = 32
SKIPPING = 6
"""Times as large as needed that an image is at least of which two pixels of three are skipped: no bit tells."""
LOW = 8
FLAT = 1e-3
"""A frequency weaker than this, on grey levels of 0 to 255, is no frequency: rounding would decide its sign."""
SAME = 6
"""Bits of 64 in which the hashes of one picture may differ."""
BLOCK = 256
"""Rows compared at a time: memory stays under 20 MB for each 10,000 others."""
SPREAD = 15.0
"""CIELAB distance over which a colour counts for its neighbours in the table."""


def phash(image: Image.Image) -> int:
    """64 bits, as the signed integer that PostgreSQL's bigint holds; 0 where nothing is seen.

    Ink of every tone, white too, is seen darker than what is transparent: paper is 255, ink 0 to 127.
    """
    grey = _small(image)
    low = dctn(grey, norm="ortho")[:LOW, :LOW].ravel()
    low[0] = 0.0
    low[np.abs(low) < FLAT] = 0.0
    bits = low > np.median(low[1:])
    if not low.any():
        return 0
    return int(np.packbits(bits).view(">i8")[0])


def _small(image: Image.Image) -> Vector:
    seen, step = image if image.mode == "RGBA" else image.convert("RGBA"), min(image.size) // (8 * SIDE)
    if step >= SKIPPING:
        seen = seen.resize((seen.width // 3, seen.height // 3), Image.Resampling.NEAREST)
        step //= 3
    shrunk = seen.reduce(max(1, step))
    level, cover = np.asarray(shrunk.convert("L"), np.float32), np.asarray(shrunk.getchannel("A"), np.float32) / 255
    paper = Image.fromarray(255 - cover * (255 - level / 2))
    return np.asarray(paper.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float64)


def apart(one: Hashes, others: Hashes) -> NDArray[np.uint8]:
    """(n, m): in how many of 64 bits n hashes differ from m others."""
    differ = one.view(np.uint64)[:, None] ^ others.view(np.uint64)[None, :]
    return np.asarray(np.bitwise_count(differ), dtype=np.uint8)


def duplicates(
    hashes: Sequence[int], within: int = SAME, texts: Sequence[str] | None = None
) -> list[tuple[int, int, int]]:
    """All pairs of places, the earlier first, whose hashes differ in at most `within` bits, and in how many.

    With `texts`, what each letters, only pairs of the same words: of 90 designs in one composition that share a word
    and differ in the other, .7 % of the pairs are within 6 bits (measured; the same design in another size: 5 at most).
    """
    table = np.array(hashes, dtype=np.int64)
    words = None if texts is None else [words_of(text) for text in texts]
    found: list[tuple[int, int, int]] = []
    for start in range(0, len(table), BLOCK):
        bits = apart(table[start : start + BLOCK], table[start:])
        rows, columns = np.nonzero(bits <= within)
        later = columns > rows
        pairs = zip(rows[later], columns[later], bits[rows[later], columns[later]], strict=True)
        found += [(start + int(row), start + int(column), int(bit)) for row, column, bit in pairs]
    return found if words is None else [pair for pair in found if words[pair[0]] == words[pair[1]]]


def twins(one: int, hashes: Sequence[int], within: int = SAME) -> list[tuple[int, int]]:
    """The places of the hashes that differ from `one` in at most `within` bits, and in how many; the nearest first."""
    if not len(hashes):
        return []
    bits = apart(np.array([one], dtype=np.int64), np.array(hashes, dtype=np.int64))[0]
    order = np.argsort(bits, kind="stable")
    return [(int(at), int(bits[at])) for at in order if bits[at] <= within]


def vector_of(look: Look) -> Vector:
    """One vector of length 1 of all that a descriptor saw: its palette spread over a table of colours, then each part.

    Every piece has length 1 before they are joined, so none counts more because its numbers are larger.
    """
    pieces = [
        _spread(look.palette),
        *(np.asarray(look.parts[name], dtype=np.float64).ravel() for name in sorted(look.parts)),
    ]
    joined = np.concatenate([_unit(piece) for piece in pieces])
    return _unit(joined)


def nearest(queries: Vector, library: Vector, most: int = 12) -> tuple[Places, Vector]:
    """For each of m queries the places of its nearest in the library, nearest first, and their cosines: (m, k) both.

    Rows are vectors of length 1; k is `most`, or the size of the library where that is smaller. One product for all.
    """
    found = np.atleast_2d(queries) @ library.T
    kept = min(most, library.shape[0])
    if not kept:
        return np.zeros((len(found), 0), dtype=np.int64), np.zeros((len(found), 0))
    some = np.argpartition(-found, kept - 1, axis=1)[:, :kept]
    order = np.argsort(-np.take_along_axis(found, some, axis=1), axis=1, kind="stable")
    places = np.take_along_axis(some, order, axis=1)
    return places, np.take_along_axis(found, places, axis=1)


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


@lru_cache(maxsize=1)
def _table() -> Vector:
    return np.stack([lab_of(value) for value in COLOURS.values()])


def _spread(palette: Vector) -> Vector:
    """(names of the table,): how much of the palette lies near each."""
    distances = np.linalg.norm(palette[:, None, :3] - _table()[None], axis=2)
    near = np.exp(-0.5 * (distances / SPREAD) ** 2)
    spread: Vector = (palette[:, 3:] * near).sum(axis=0)
    return spread
