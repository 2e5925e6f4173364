"""Headlines: the tests of a file in the layout of the Upworthy archive, a row an arm, and what is left out of them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from rl.chances import Floats

COLUMNS = ("clickability_test_id", "impressions", "clicks")
UNSOUND_WEEKS = (201326, 201402)
"""Arms were not shown at random from the first to the last of them, says the archive."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One headline test: what each arm was shown and clicked."""

    name: str
    shown: Floats
    clicked: Floats

    @property
    def half(self) -> int:
        return sha256(self.name.encode()).digest()[0] % 2


def read(path: Path) -> tuple[list[Trial], dict[str, int]]:
    """The tests of two arms or more, and how much was left out, by reason."""
    found: dict[str, list[tuple[float, float]]] = {}
    left_out = {"week": 0, "refused": 0, "alone": 0}
    for row in _rows(path):
        if UNSOUND_WEEKS[0] <= _number(row.get("test_week")) <= UNSOUND_WEEKS[1]:
            left_out["week"] += 1
            continue
        arm = _arm(row)
        if arm is None:
            left_out["refused"] += 1
        elif arm[0] > 0:
            found.setdefault(row[COLUMNS[0]], []).append(arm)
    tests = [Trial(name, *np.array(arms).T) for name, arms in found.items() if len(arms) > 1]
    left_out["alone"] = len(found) - len(tests)
    return tests, left_out


def _rows(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(10_000_000)
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    opened = gzip.open if packed else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as lines:
        table = csv.DictReader(lines)
        missing = set(COLUMNS) - set(table.fieldnames or ())
        if missing:
            raise ValueError(f"columns are missing: {', '.join(sorted(missing))}")
        yield from table


def _arm(row: Mapping[str, str]) -> tuple[float, float] | None:
    """Impressions and clicks; None where they cannot be true."""
    shown, clicked = _number(row["impressions"]), _number(row["clicks"])
    return (shown, clicked) if 0 <= clicked <= shown < 1e12 else None


def _number(cell: str | None) -> float:
    """A cell as a number; NaN where it is none."""
    try:
        return float(cell or "nan")
    except ValueError:
        return float("nan")
