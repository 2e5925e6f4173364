"""Bench launch: from the end of the undo window to live on the folder marketplace, a hundred approved at once.

A `bellwether worker` in a process of its own does it by its schedule. Each listing has two pictures, large as mock-ups.

p50_s, p95_s    of a listing, from the moment its approval can no longer be taken back to the moment it is live
queue_share     of all that time, what it waited for a worker to take it: our own waiting
baseline        the same put into a folder one after the other, with no outbox, no database and nobody to wait for
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evals.bench.publish import PICTURES, approve_all, left_in, listing_of
from evals.bench.stage import scratch_home, settings_of
from evals.report import Asked, Figure, Result
from graphs.database import prepared_url
from market.marketplaces.folder import FolderMarketplace
from store.assets import Assets
from store.postgres import connect

COUNT, SMALL_COUNT = 100, 10
PICTURE_BYTES = 600_000
UNDO_S = 5.0
READY_S, MOST_S = 12.0, 120.0
"""So long a worker has to open before anything is approved; so long the bench waits for the last listing."""
ASKED = {"p95_s": Asked(most=5.0), "queue_share": Asked(most=0.5), "live": Asked(least=COUNT)}
WORK = "import sys; from ui.cli import main; sys.exit(main(['worker']))"
TIMES = """
SELECT extract(epoch FROM ended_at - undo_until)::float8, extract(epoch FROM first_at - undo_until)::float8
FROM outbox WHERE status = 'live'
"""


def run(seed: int = 7, small: bool = False) -> Result:
    """A hundred listings on a database of their own."""
    count = SMALL_COUNT if small else COUNT
    with scratch_home() as home:
        settings = settings_of(home)
        url, shelf, draw = prepared_url(settings), Assets(settings.home / "assets"), random.Random(seed)
        pictures = [shelf.put(draw.randbytes(PICTURE_BYTES)) for _ in range(PICTURES)]
        plain_s = asyncio.run(_plainly(home / "plain", pictures, shelf, count))
        worker = _worker(settings.home)
        try:
            time.sleep(0 if small else READY_S)
            asyncio.run(approve_all(url, count, pictures, "folder", UNDO_S))
            _await_live(url, worker)
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)
        with connect(url, "default") as connection:
            times = np.array(connection.execute(TIMES).fetchall() or [(np.inf, np.inf)], dtype=float)
    whole, waited = times.T
    figures: dict[str, Figure] = {
        "p50_s": float(np.quantile(whole, 0.5)), "p95_s": float(np.quantile(whole, 0.95)), "live": len(times),
        "queue_share": float(waited.sum() / whole.sum()), "load": os.getloadavg()[0],
    }  # fmt: skip
    data = f"{count} listings with {PICTURES} pictures of {PICTURE_BYTES // 1000} kB, one worker"
    notes = ("the baseline is seconds for all of them together",)
    return Result("launch", figures, {"seconds": plain_s}, data, seed, notes, {} if small else ASKED)


async def _plainly(root: Path, pictures: Sequence[str], shelf: Assets, count: int) -> float:
    """Put as many, one after the other."""
    market, files = FolderMarketplace(root), {digest: shelf.path(digest) for digest in pictures}
    began = time.perf_counter()
    for at in range(count):
        await market.put(listing_of(f"plain-{at:05d}", pictures, "folder"), None, files)
    return time.perf_counter() - began


def _worker(home: Path) -> subprocess.Popen[bytes]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BELLWETHER_")}
    root = Path(__file__).parents[2]
    environment = {**inherited, "BELLWETHER_HOME": str(home), "DATABASE_URL": "", "REDIS_URL": ""}
    told = [sys.executable, "-c", WORK]
    return subprocess.Popen(told, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _await_live(url: str, worker: subprocess.Popen[bytes]) -> None:
    over = time.monotonic() + MOST_S
    while left_in(url) and time.monotonic() < over:
        if worker.poll() is not None:
            raise FileNotFoundError(f"the worker ended with exit code {worker.returncode}")
        time.sleep(0.1)
