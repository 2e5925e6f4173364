"""Titles: a batch's rows as sellers would write them, out of what the product itself shortlists on public data.

    python -m evals.titles            writes evals/cases/studio.csv

For some dates of the development data: mined, scored and shortlisted as `eval ideas` does it, nothing known later. A
row is a phrase of a shortlist with the occasion it is for; each phrase stands once for each occasion.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

from evals.ideas import signal_files
from trends.idea import Idea
from trends.mine import mine, shortlist
from trends.score import score
from trends.score_table import Weights
from trends.signal import Signal
from trends.sources import signals_in
from trends.table import corpus_of

CASES = Path(__file__).parent / "cases" / "studio.csv"
COLUMNS = ("id", "text", "keyword", "hook", "audience", "product")
DATES = tuple(date(2017, month, day) for month, day in ((10, 20), (10, 5), (9, 28), (10, 12), (9, 21), (9, 14)))
SHORTLISTED = 150
ROWS = 300


def ideas_of(known: Iterable[Signal], dates: Iterable[date]) -> Iterator[Idea]:
    """The shortlist of each date."""
    for day in dates:
        as_of = datetime.combine(day, time(23, 59, 59), tzinfo=UTC)
        corpus = corpus_of(known, as_of)
        candidates = mine(corpus, as_of)
        for at in shortlist(candidates, score(candidates, Weights(), as_of, corpus), SHORTLISTED):
            yield candidates[at].idea


def rows_of(ideas: Iterable[Idea], most: int = ROWS) -> list[tuple[str, ...]]:
    """A line for each phrase and occasion, as `COLUMNS` name them."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for idea in ideas:
        if len(found) == most:
            break
        hook = idea.occasion.name if idea.occasion else ""
        told = (idea.phrase, idea.phrase, hook, idea.audience, idea.product_format)
        found.setdefault((idea.phrase, hook), told)
    return [(str(number), *told) for number, told in enumerate(found.values(), 1)]


def main() -> None:
    """Mines, writes, and says how many."""
    rows = rows_of(ideas_of(list(signals_in(signal_files(CASES))), DATES))
    with CASES.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    print(f"{len(rows)} rows in {CASES}")


if __name__ == "__main__":
    main()
