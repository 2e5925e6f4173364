"""Bench dedupe: 200,000 titles folded by us and by datasketch, on the same words, in the same run.

The titles are recombined, seeded, from pieces of two words of real titles (of the development data where it is there,
else of frequent English words), so that they use words as titles do without being anybody's. 2 % of them get the seven
edits of `eval dedupe`, which tells the recall of both. Timed, for both: reading the words, signatures, candidates, pair
checks, grouping.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from time import perf_counter

import wordfreq

from evals.dedupe import EDITS, Cases, Labels, cases_of, measure, sketch_fold, titles_in
from evals.report import Asked, Result
from graphs.settings import Settings
from trends.dedupe import fold

TITLES = 200_000
SMALL = 3_000
PIECE = 2
ASKED = {"speedup": Asked(least=4)}


def run(seed: int = 7, small: bool = False, data: Path | None = None) -> Result:
    """Times both; ModuleNotFoundError where datasketch is not installed: there is nothing to compare with then."""
    titles, name = _real_titles(data, seed)
    cases = bench_cases(titles, SMALL if small else TITLES, seed)
    fold(cases.texts[:100])
    ours, seconds = _timed(fold, cases.texts)
    theirs, sketch_seconds = _timed(sketch_fold, cases.texts)
    found, sketch_found = measure(cases, ours), measure(cases, theirs)
    count = len(cases.texts)
    figures = {
        "speedup": sketch_seconds / seconds,
        "titles_per_s": count / seconds,
        "recall": found["recall"],
        "precision": found["precision"],
        "titles": count,
        "seconds": seconds,
    }
    baseline = {
        "titles_per_s": count / sketch_seconds,
        "recall": sketch_found["recall"],
        "precision": sketch_found["precision"],
        "seconds": sketch_seconds,
    }
    return Result(
        "dedupe",
        figures,
        baseline,
        name,
        seed,
        ("baseline: datasketch, MinHash of 128 and LSH",),
        {} if small else ASKED,
    )


def bench_cases(titles: Sequence[str], count: int, seed: int) -> Cases:
    """`count` texts: recombined titles, one in fifty of them with its family of edits."""
    families = count // 50 // len(EDITS)
    distinct = count - families * len(EDITS)
    made = recombined(titles, distinct + distinct // 50, seed)
    return cases_of(made, seed, distinct, families)


def recombined(titles: Sequence[str], count: int, seed: int) -> list[str]:
    """Titles as long as real ones, made of pieces of two words in a row of other real ones."""
    rng = random.Random(seed)
    split = [words for words in (title.split() for title in titles) if len(words) >= PIECE]
    made = []
    for _ in range(count):
        length = max(len(rng.choice(split)), 4)
        words: list[str] = []
        while len(words) < length:
            source = rng.choice(split)
            start = rng.randrange(len(source) - PIECE + 1)
            words += source[start : start + PIECE]
        made.append(" ".join(words[:length]))
    return made


def _real_titles(data: Path | None, seed: int) -> tuple[list[str], str]:
    """The titles to recombine and where they are from."""
    folder = data if data is not None else Settings().shared / "data" / "reddit_top_2013"
    titles = titles_in(folder) if folder.exists() else []
    if titles:
        return titles, f"recombined from {folder.name}"
    return word_list_titles(seed), "frequent English words"


def word_list_titles(seed: int, count: int = 20_000) -> list[str]:
    """Titles of 4 to 16 words drawn as often as English uses them."""
    rng = random.Random(seed)
    words = wordfreq.top_n_list("en", 30_000)
    weights = [wordfreq.word_frequency(word, "en") for word in words]
    drawn = iter(rng.choices(words, weights, k=count * 16))
    return [" ".join(islice(drawn, rng.randint(4, 16))) for _ in range(count)]


def _timed(work: Callable[[Sequence[str]], Labels], texts: Sequence[str]) -> tuple[Labels, float]:
    start = perf_counter()
    labels = work(texts)
    return labels, perf_counter() - start
