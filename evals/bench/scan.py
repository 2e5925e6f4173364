"""Bench scan: from files to scored ideas in PostgreSQL, and how that grows with the rows.

The US 2017 YouTube CSV, the Reddit listings and the TikTok payload of the development data (made-up posts where that
folder is absent) are taken in, mined, scored and shortlisted by the discover graph, each size in a process of its own
and on a database of its own. Larger sizes hold copies: every row under an id of its own, and half of the vocabulary
spelled anew for each copy, so that neither exact nor near repeats make the work easier.

    rows_per_s        rows read over wall time, at 1x, with libraries and tables loaded before
    peak_mb           the largest resident memory of that process (ru_maxrss), at 1x, libraries included
    growth_exponent   slope of log wall time over log rows through all sizes: 1 is linear; `growth_exponent_cpu` is that
                      of the process's own time, which a busy machine disturbs less

Baseline: the same CSV read by `csv` and stored by `executemany` into a plain table: no cleaning, no ideas.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gzip
import json
import math
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from agents.roster import SPECIALISTS
from evals.bench.stage import scratch_home, settings_of, write_posts
from evals.report import ROOT, Asked, Result
from graphs.database import prepared_url
from graphs.discover import Discover, build
from graphs.rehearsal import rehearse
from graphs.settings import Settings
from store.embed import embed
from store.postgres import connect

SIZES, SMALL_SIZES = (1, 4, 16), (1, 2, 4)
SMALL_ROWS = 1200
TOP = 20
IDS = frozenset({"video_id", "id", "name", "parent_id", "link_id", "thumbnail_link", "permalink", "url", "webVideoUrl"})
TEXTS = frozenset({"title", "tags", "selftext", "body", "text", "description", "channel_title", "author", "nickName"})
ASKED = {"peak_mb": Asked(most=700), "growth_exponent": Asked(most=1.1)}


@dataclass(frozen=True, slots=True)
class Scanned:
    """One size: what was read, what came of it, how long it took and what it held."""

    rows: int
    ideas: int
    seconds: float
    cpu_s: float
    peak_mb: float


def run(seed: int = 7, small: bool = False) -> Result:
    """Every size in turn, then the baseline."""
    sizes = SMALL_SIZES if small else SIZES
    with scratch_home() as home:
        sources, data = _sources(home, small)
        scanned = []
        for size in sizes:
            folder = home / f"x{size}"
            folder.mkdir()
            for source in sources:
                copy(source, folder, size)
            scanned.append(_in_child(home, folder, f"scan{size}", seed))
        table = next((each for each in sorted((home / "x1").iterdir()) if ".csv" in each.name), None)
        plain = _plain(home, table) if table else None
    figures: dict[str, Any] = {
        "rows_per_s": scanned[0].rows / scanned[0].seconds,
        "peak_mb": scanned[0].peak_mb,
        "growth_exponent": slope(scanned, "seconds"),
        "growth_exponent_cpu": slope(scanned, "cpu_s"),
        "rows": scanned[0].rows,
        "ideas": scanned[0].ideas,
    }
    for size, each in zip(sizes[1:], scanned[1:], strict=True):
        figures |= {f"rows_per_s_{size}x": each.rows / each.seconds, f"peak_mb_{size}x": each.peak_mb}
    baseline: dict[str, Any] = {"plain_rows_per_s": plain}
    return Result("scan", figures, baseline, data, seed, asked={} if small else ASKED)


def slope(scanned: list[Scanned], time_of: str) -> float:
    """Least squares slope of log time over log rows."""
    rows, seconds = ([math.log(getattr(each, name)) for each in scanned] for name in ("rows", time_of))
    return float(np.polyfit(rows, seconds, 1)[0])


def copy(source: Path, folder: Path, size: int) -> None:
    """The file `size` times over, in its own layout; the first copy as it is."""
    kind = "".join(source.suffixes)
    if ".csv" in kind:
        _copy_csv(source, folder / source.name.removesuffix(".gz"), size)
        return
    text = source.read_text(encoding="utf-8")
    for nth in range(size):
        target = folder / f"{nth:02d}_{source.name}"
        if kind.endswith(".jsonl"):
            lines = (json.dumps(_another(json.loads(line), nth)) for line in text.splitlines())
            target.write_text("\n".join(lines) + "\n", encoding="utf-8")
        else:
            target.write_text(json.dumps(_another(json.loads(text), nth)), encoding="utf-8")


def _copy_csv(source: Path, target: Path, size: int) -> None:
    with target.open("w", encoding="utf-8", newline="") as out:
        writer: csv.DictWriter[str] | None = None
        for nth in range(size):
            for row in _rows(source):
                if writer is None:
                    writer = csv.DictWriter(out, list(row))
                    writer.writeheader()
                writer.writerow(_another(row, nth))


def _rows(source: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open if source.name.endswith(".gz") else open
    with opened(source, "rt", encoding="utf-8", errors="replace", newline="") as lines:
        yield from csv.DictReader(lines)


def _another(value: Any, nth: int, key: str = "") -> Any:
    """The same record as another copy would hold it; copy 0 is the record itself."""
    if nth == 0:
        return value
    if isinstance(value, dict):
        return {name: _another(part, nth, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_another(part, nth, key) for part in value]
    if isinstance(value, str) and key in TEXTS:
        return " ".join(_respelled(word, nth) for word in value.split(" "))
    if isinstance(value, str) and value and key in IDS:
        return _renamed(value, nth)
    return value


def _renamed(value: str, nth: int) -> str:
    """An id of the same shape: its last two characters say which copy it is of."""
    if value.startswith("http"):
        parts = value.split("/")
        return "/".join(part[:-2] + f"{nth:02d}" if len(part) == 11 else part for part in parts)
    return value[:-2] + f"{nth:02d}" if len(value) > 2 and not value.startswith("#") else value


def _respelled(word: str, nth: int) -> str:
    """Half of all words as they are, the others with a syllable of this copy."""
    if not word.isalpha() or zlib.crc32(word.lower().encode()) % 2:
        return word
    return word + "abdefgiklmnoprstu"[nth % 17] + "aeiou"[nth % 5]


def _sources(home: Path, small: bool) -> tuple[list[Path], str]:
    data = Settings().shared / "data"
    if not data.is_dir():
        folder = home / "made_up"
        folder.mkdir()
        return [write_posts(folder / "posts.jsonl")], "made-up posts (no development data here)"
    table = data / "youtube_trending_2017" / "USvideos_2017.csv.gz"
    reddit = sorted((data / "reddit_api_raw").glob("*.json"))
    tiktok = sorted((data / "tiktok_raw").glob("*.json"))
    if not small:
        return [table, *reddit, *tiktok], "US 2017 YouTube CSV, Reddit JSON, TikTok JSON and copies of them"
    part = home / "part.csv"
    with part.open("w", encoding="utf-8", newline="") as out:
        rows = [row for row, _ in zip(_rows(table), range(SMALL_ROWS), strict=False)]
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return [
        part,
        *reddit[:2],
        *tiktok,
    ], f"the first {SMALL_ROWS} rows of the US 2017 YouTube CSV, Reddit and TikTok JSON"


def _in_child(home: Path, folder: Path, database: str, seed: int) -> Scanned:
    command = [sys.executable, "-m", "evals.bench.scan", str(home), str(folder), database, str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"scanning {folder.name} failed: {done.stderr[-2000:]}")
    return Scanned(**json.loads(done.stdout.splitlines()[-1]))


def _plain(home: Path, table: Path) -> float:
    """Rows a second of reading the CSV and storing it as it is."""
    url = prepared_url(settings_of(home, database="plain"))
    with connect(url, "default") as session:
        session.execute("CREATE TABLE plain_row (id text, title text, body text)")
        began = time.perf_counter()
        with table.open(encoding="utf-8", newline="") as lines:
            rows = [(row.get("video_id"), row.get("title"), json.dumps(row)) for row in csv.DictReader(lines)]
        with session.transaction(), session.cursor() as cursor:
            cursor.executemany("INSERT INTO plain_row VALUES (%s, %s, %s)", rows)
        return len(rows) / (time.perf_counter() - began)


def scan(home: Path, folder: Path, database: str, seed: int) -> Scanned:
    """One size, in this process."""
    settings = settings_of(home, database=database, seed=seed)
    url = prepared_url(settings)
    embed(["loaded before the clock starts"])
    rehearse(SPECIALISTS)
    nodes = Discover(partial(connect, url, "default"), "default", "bench", seed, settings.exploration_ratio)
    began, began_cpu = time.perf_counter(), time.process_time()
    state = asyncio.run(build(nodes).compile().ainvoke({"top": TOP, "paths": [str(folder)]}))
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    rows = sum(count["rows_read"] for count in state["files"])
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Scanned(rows, sum(state["kinds"].values()), seconds, cpu_s, peak_mb)


def main() -> None:
    """One size; prints it as JSON."""
    parser = argparse.ArgumentParser(description="Scan a folder into a database and say what it took.")
    parser.add_argument("home", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("database")
    parser.add_argument("seed", type=int)
    told = parser.parse_args()
    scanned = scan(told.home, told.folder, told.database, told.seed)
    sys.stdout.write(json.dumps({name: getattr(scanned, name) for name in Scanned.__slots__}) + "\n")


if __name__ == "__main__":
    main()
