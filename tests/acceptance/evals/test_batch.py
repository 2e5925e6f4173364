"""The benches of batches, small: they run, and what does not depend on the machine holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from evals.bench import batch, kill

ROOT = Path(__file__).resolve().parents[3]


def test_every_row_is_drawn_once_and_a_rerun_draws_nothing() -> None:
    figures = _bench("batch")
    assert (figures["done"], figures["dead"], figures["rerun_renders"]) == (batch.SMALL_ROWS, 0, 0)
    assert figures["peak_mb"] < 1500


def test_a_batch_that_is_killed_again_and_again_loses_and_doubles_nothing() -> None:
    figures = _bench("kill")
    assert figures["killed"] == kill.SMALL_KILLS
    assert (figures["assets"], figures["lost"], figures["doubled"]) == (kill.SMALL_ROWS, 0, 0)


def _bench(name: str) -> dict[str, Any]:
    """The figures of a bench in a process of its own, as people run it: it measures its own memory too."""
    command = [sys.executable, "-m", "ui.cli", "--json", "bench", name, "--small"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True).stdout
    figures: dict[str, Any] = json.loads(said.splitlines()[-1])["figures"]
    return figures
