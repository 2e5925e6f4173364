"""Resemblance: which designs are the same drawing, and which look most like one, of those that a query brings.

A lettering is the same drawing only where its words are; a picture is by its hash alone (`studio.alike`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import acos, radians
from typing import Any
from uuid import UUID

import numpy as np

from graphs.packing import Packed
from graphs.produce import LETTERED
from studio.alike import SAME, duplicates, twins
from trends.matching import words_of

BITS = 64
WIDE = radians(45)
"""An angle between looks from which on nothing is alike."""


def ranked(itself: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> list[Packed]:
    """Others by id, with "same", "bits" and "likeness": the same drawing first, then by looks, then by hash."""
    bits = dict(twins(itself["phash"], [each["phash"] for each in others], BITS))
    told = [_told(itself, each, bits[at]) for at, each in enumerate(others)]
    return sorted(told, key=lambda one: (not one["same"], -_closeness(one), str(one["id"])))


def _told(itself: Mapping[str, Any], other: Mapping[str, Any], bits: int) -> Packed:
    same = bits <= SAME and (LETTERED not in (itself["renderer"], other["renderer"]) or _words(itself) == _words(other))
    return {"id": other["id"], "same": same, "bits": bits, "likeness": _likeness(itself, other)}


def _likeness(one: Mapping[str, Any], other: Mapping[str, Any]) -> float | None:
    """1 less the angle between what one descriptor saw of both, over WIDE; None where there is no such thing.

    Cosines of such vectors are all near 1: their angles tell designs of one composition (1 to 4 degrees) from others.
    """
    if not one["model"] or one["model"] != other["model"] or len(one["vector"]) != len(other["vector"]):
        return None
    cosine = float(np.dot(np.asarray(one["vector"]), np.asarray(other["vector"])))
    return round(max(0.0, 1 - acos(min(1.0, cosine)) / WIDE), 4)


def _closeness(told: Mapping[str, Any]) -> float:
    """Looks where they were measured; else the hash, which for what is not the same drawing says little."""
    likeness: float | None = told["likeness"]
    return 0.5 * (1 - told["bits"] / BITS) if likeness is None else likeness


def _words(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(words_of(row["text"]))


def grouped(rows: Iterable[Mapping[str, Any]]) -> list[list[UUID]]:
    """Groups of the same drawing, in the order of the rows; the largest group first.

    Letterings are compared among those of the same words alone, so a hundred thousand take a second.
    """
    kinds: dict[tuple[str, ...] | None, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        kinds[_words(row) if row["renderer"] == LETTERED else None].append(row)
    groups = [group for kind in kinds.values() if len(kind) > 1 for group in _joined(kind)]
    return sorted(groups, key=lambda group: -len(group))


def _joined(rows: Sequence[Mapping[str, Any]]) -> list[list[UUID]]:
    """What pairs join: of three in a row the first and the last are in one group too."""
    head = list(range(len(rows)))

    def first(at: int) -> int:
        while head[at] != at:
            at = head[at]
        return at

    for one, other, _ in duplicates([row["phash"] for row in rows]):
        low, high = sorted((first(one), first(other)))
        head[high] = low
    groups: dict[int, list[UUID]] = defaultdict(list)
    for at, row in enumerate(rows):
        groups[first(at)].append(row["id"])
    return [group for group in groups.values() if len(group) > 1]
