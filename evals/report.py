"""Report: how every eval and bench says what it measured: a table for people, one JSON object as the last line."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent

Figure = float | int | str | bool | None | list[float]


@dataclass(frozen=True, slots=True)
class Result:
    """What one suite measured, and what the baseline in the same run did. `notes` are printed, not part of the JSON."""

    name: str
    figures: Mapping[str, Figure]
    baseline: Mapping[str, Figure]
    data: str
    seed: int
    notes: tuple[str, ...] = field(default=())


def emit(result: Result, stream: TextIO | None = None, quiet: bool = False) -> None:
    """Prints the table and the notes (unless quiet), then one JSON object as the last line."""
    console = Console(file=stream, highlight=False, soft_wrap=True)
    if not quiet:
        console.print(_table(result))
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
    for key in dict.fromkeys([*result.figures, *result.baseline]):
        table.add_row(key, _cell(result.figures, key), _cell(result.baseline, key))
    return table


def _cell(figures: Mapping[str, Figure], key: str) -> str:
    if key not in figures:
        return ""
    value = _plain(figures[key])
    if isinstance(value, float):
        return f"{value:,.4f}" if abs(value) < 100 else f"{value:,.0f}"
    return "unknown" if value is None else str(value)
