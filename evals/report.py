"""Report: how every eval and bench says what it measured: a table for people, one JSON object as the last line."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent

ACROSS = 5
"""Columns of a grid."""

Figure = float | int | str | bool | None | list[float]


@dataclass(frozen=True, slots=True)
class Asked:
    """The least or the most that a figure may be."""

    least: float | None = None
    most: float | None = None

    def is_met(self, figure: Figure) -> bool:
        """Whether a figure is what was asked; one that is unknown is not."""
        if not isinstance(figure, int | float) or math.isnan(figure):
            return False
        return (self.least is None or figure >= self.least) and (self.most is None or figure <= self.most)

    def __str__(self) -> str:
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"


@dataclass(frozen=True, slots=True)
class Result:
    """What one suite measured, and what the baseline in the same run did; the last two are printed, not in the JSON."""

    name: str
    figures: Mapping[str, Figure]
    baseline: Mapping[str, Figure]
    data: str
    seed: int
    notes: tuple[str, ...] = field(default=())
    asked: Mapping[str, Asked] = field(default_factory=dict)
    """What a figure is asked to be; empty where the size measured is not the one it is asked of."""
    rows: tuple[str, ...] = ()
    """Names that many figures begin with (`pricing_changed`): people read those as one table, a line a name."""


def emit(result: Result, stream: TextIO | None = None, quiet: bool = False) -> None:
    """Prints the table and the notes (unless quiet), then one JSON object as the last line."""
    console = Console(file=stream, highlight=False, soft_wrap=True)
    if not quiet:
        console.print(_table(result))
        for grid in _grids(result):
            console.print(grid)
        for note in result.notes:
            console.print(note, markup=False)
    console.file.write(last_line(result) + "\n")
    console.file.flush()


def last_line(result: Result) -> str:
    """The JSON object of a result, on one line. No NaN: what is unknown is null."""
    body = {
        "name": result.name,
        "figures": {key: _plain(value) for key, value in result.figures.items()},
        "baseline": {key: _plain(value) for key, value in result.baseline.items()},
        "data": result.data,
        "seed": result.seed,
        "commit": find_commit(),
    }
    return json.dumps(body, ensure_ascii=False, allow_nan=False)


def find_commit(root: Path = ROOT) -> str | None:
    """The commit that is checked out, `+` appended where files differ from it; None outside a git checkout."""
    if not (root / ".git").exists():
        return None
    try:
        head = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+" if changed else "")


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, timeout=20, check=True)
    return done.stdout.strip()


def _plain(value: Figure) -> Figure:
    """Rounded to six significant digits; NaN and infinities become None."""
    if isinstance(value, list):
        return [float(f"{item:.6g}") for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _table(result: Result) -> Table:
    table = Table(title=f"{result.name}  ({result.data}, seed {result.seed})", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("baseline", justify="right")
    if result.asked:
        table.add_column("asked")
    in_grid = {f"{row}_{column}" for row in result.rows for column in _columns(result)}
    for key in dict.fromkeys([*result.figures, *result.baseline]):
        if key in in_grid:
            continue
        asked = [_verdict(result, key)] if result.asked else []
        table.add_row(key, _cell(result.figures, key), _cell(result.baseline, key), *asked)
    return table


def _grids(result: Result) -> Iterator[Table]:
    """The figures of each name side by side, as many in a table as fit on a narrow terminal."""
    columns = _columns(result)
    for start in range(0, len(columns), ACROSS):
        table = Table()
        table.add_column("", no_wrap=True)
        some = columns[start : start + ACROSS]
        for column in some:
            table.add_column(column.replace("_", " "), justify="right")
        for row in result.rows:
            table.add_row(row, *(_short(result.figures[f"{row}_{column}"]) for column in some))
        yield table


def _columns(result: Result) -> list[str]:
    """What is told of every name."""
    first, *others = result.rows or ("",)
    found = [key.removeprefix(f"{first}_") for key in result.figures if first and key.startswith(f"{first}_")]
    return [each for each in found if all(f"{other}_{each}" in result.figures for other in others)]


def _verdict(result: Result, key: str) -> str:
    """What was asked of a figure, and whether it falls short; empty where nothing was."""
    asked = result.asked.get(key)
    if asked is None or key not in result.figures:
        return ""
    return str(asked) if asked.is_met(result.figures[key]) else f"{asked}: falls short"


def _short(figure: Figure) -> str:
    value = _plain(figure)
    return f"{value:,.2f}" if isinstance(value, float) else "" if value is None else str(value)


def _cell(figures: Mapping[str, Figure], key: str) -> str:
    if key not in figures:
        return ""
    value = _plain(figures[key])
    if isinstance(value, float):
        return f"{value:,.4f}" if abs(value) < 100 else f"{value:,.0f}"
    return "unknown" if value is None else str(value)
