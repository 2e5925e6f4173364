"""Bench kill: a batch whose process is killed again and again, mid-drawing; nothing may be lost or doubled.

`bellwether batch run` draws a file of made-up rows in a process of its own, which is killed with SIGKILL at random
moments, spread over the batch; then it runs once more to its end. Counted is what stands in the tables and in the
folder of assets: `lost` are rows without a design, `doubled` are renders and print files beyond one a row, and files
that no table knows. `begun_again` are rows that were under way when their process was killed.
"""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from evals.bench.batch import rows_of
from evals.bench.stage import scratch_home, settings_of
from evals.report import Asked, Figure, Result
from graphs.database import prepared_url
from store.postgres import connect

ROWS, KILLS, SIZE = 200, 5, "900x1080"
SMALL_ROWS, SMALL_KILLS, SMALL_SIZE = 8, 2, "450x540"
WAIT_S = 900.0
"""How long the bench waits for the next row: then something is wrong."""
ASKED = {"assets": Asked(least=ROWS), "doubled": Asked(most=0), "lost": Asked(most=0)}
RUN = "import sys; from ui.cli import main; sys.exit(main(sys.argv[1:]))"
COUNTS = """
SELECT count(*) AS total, count(*) FILTER (WHERE status = 'done') AS done,
  count(*) FILTER (WHERE status = 'dead') AS dead, count(*) FILTER (WHERE takes > 1) AS begun_again,
  (SELECT count(*) FROM render) AS renders, (SELECT count(DISTINCT key) FROM attempt WHERE passed) AS keys
FROM design WHERE NOT superseded
"""


def run(seed: int = 7, small: bool = False) -> Result:
    """A batch on a database of its own, killed so many times."""
    rows, kills, size = (SMALL_ROWS, SMALL_KILLS, SMALL_SIZE) if small else (ROWS, KILLS, SIZE)
    with scratch_home() as home:
        settings = settings_of(home)
        url, file = prepared_url(settings), _write(home / "rows.csv", rows, seed)
        command = [sys.executable, "-c", RUN, "--json", "batch", "run", str(file), "--size", size]
        killed = _kill_all(command, home, url, rows, kills, random.Random(seed))
        with _process(command, home) as last:
            if last.wait(WAIT_S) != 0:
                raise FileNotFoundError(f"the last run failed with exit code {last.returncode}")
        figures = _figures(url, settings.home / "assets", rows)
    data = f"{rows} made-up slogans, {size}, one machine"
    return Result("kill", {**figures, "killed": killed}, {}, data, seed, asked={} if small else ASKED)


def _write(path: Path, count: int, seed: int) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "hook"])
        writer.writerows([row.id, row.text, row.hook] for row in rows_of(count, seed))
    return path


def _kill_all(command: list[str], home: Path, url: str, rows: int, kills: int, draw: random.Random) -> int:
    """Kill the process once in each stretch of the batch, some moment after a row was filed; how often it was."""
    killed = 0
    for nth in range(kills):
        wanted = 1 + (rows * (2 * nth + 1)) // (2 * kills + 2)
        with _process(command, home) as process:
            _await_done(url, wanted, process)
            time.sleep(draw.uniform(0.0, 1.0))
            killed += process.poll() is None
    return killed


@contextmanager
def _process(command: list[str], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command, killed at the end without a word; its own processes see that and go."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BELLWETHER_")}
    environment = {**inherited, "BELLWETHER_HOME": str(home / "home"), "DATABASE_URL": "", "REDIS_URL": ""}
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        process.wait()


def _await_done(url: str, wanted: int, process: subprocess.Popen[bytes]) -> None:
    over = time.monotonic() + WAIT_S
    while time.monotonic() < over and process.poll() is None:
        if _counts(url)["done"] >= wanted:
            return
        time.sleep(0.1)


def _counts(url: str) -> dict[str, Any]:
    with connect(url, "default") as connection:
        cursor = connection.execute(COUNTS)
        row = cursor.fetchone() or ()
        return dict(zip((each.name for each in cursor.description or ()), row, strict=True))


def _figures(url: str, folder: Path, rows: int) -> dict[str, Figure]:
    counts = _counts(url)
    with connect(url, "default") as connection:
        known = {digest for (digest,) in connection.execute("SELECT sha256 FROM asset")}
    there = {path.name for path in folder.glob("??/??/*")}
    doubled = max(0, counts["renders"] - rows) + abs(counts["keys"] - counts["renders"]) + len(there - known)
    return {
        "assets": counts["done"],
        "lost": rows - counts["done"] + len(known - there),
        "doubled": doubled,
        "dead": counts["dead"],
        "begun_again": counts["begun_again"],
    }
