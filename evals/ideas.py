"""Eval ideas: is what enters the shortlist something a seller would print, and nothing that nobody may.

The cases are phrases labelled by hand (phrase, as_of, kind). For each `as_of` in them the corpus is built from the
signal files (those beside the cases, else the development data), with nothing known later; it is mined, scored and
shortlisted as the product does it. `precision_at_20`: of the first twenty, the share labelled subject, on the worst
date; a phrase without a label counts as wrong and is printed. `recall`: of the labelled subjects, the share the
typing keeps, on the worst date. `tragedies`: of the first fifty, how many are labelled news or hold a word of
tragedy, over all dates.

The shipped cases were labelled by one strict hand that did not see the typing: phrases drawn from the mined
candidates of three dates (the shortlists, those that grow fastest, a random part) and some more that such a hand
would expect. So recall says what the typing keeps of what was mined, not of everything that was written, and an only-
labelled-by-one precision is an estimate: data that nobody tuned to decides.

Beside it, on the same corpus: phrases ranked by growth alone, and titles clustered by embedding (k-means), the
clusters ranked by growth and named by their most central title. A cluster counts as right where its title holds a
labelled subject and no labelled name or news: a title itself is never a subject, so this is generous.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from evals.report import Asked, Figure, Result
from graphs.settings import Settings
from store.embed import embed
from trends.idea import Kind
from trends.merge import key_of
from trends.mine import Candidate, mine, shortlist
from trends.phrases import split_words
from trends.score import score
from trends.score_table import Weights
from trends.signal import Signal
from trends.sources import files_under, signals_in
from trends.table import Corpus, corpus_of
from trends.words import word_list

FIRST, FIFTY = 20, 50
CLUSTERS = 120
CLUSTERED = 12_000
"""Newest titles that are clustered: a blob of everything since 2008 would be an unfair baseline."""
ASKED = {"precision_at_20": Asked(least=0.80), "recall": Asked(least=0.60), "tragedies": Asked(most=0)}
SHARED = (
    "youtube_trending_2017/*.csv.gz",
    "reddit_top_2013/*.csv.gz",
    "google_trends/halloween_*.csv.gz",
)
"""Under the development data: what is read where no signal file lies beside the cases."""

Labels = Mapping[str, str]


class NoSignals(ValueError):
    """Neither beside the cases nor in the development data lies a file of signals."""


@dataclass(frozen=True, slots=True)
class Case:
    """What one date showed."""

    precision: float
    recall: float
    tragedies: int
    growth_alone: float
    clustering: float
    notes: tuple[str, ...]


def run(data: Path, seed: int = 7, signals: Sequence[Path] = (), top: int = FIRST) -> Result:
    """Measures every date of the cases; ValueError where the file or its signals cannot be read."""
    labels = read_labels(data)
    paths = list(signals) or signal_files(data)
    known = list(signals_in(paths))
    if not known:
        raise NoSignals(f"no signals in {', '.join(str(path) for path in paths) or 'no file'}: give `signals`")
    cases = {day: measure(labels[day], known, day, seed, top) for day in sorted(labels)}
    figures: dict[str, Figure] = {
        "precision_at_20": min(case.precision for case in cases.values()),
        "recall": min(case.recall for case in cases.values()),
        "tragedies": sum(case.tragedies for case in cases.values()),
        "labelled": len({phrase for of_day in labels.values() for phrase in of_day}),
    }
    baseline: dict[str, Figure] = {
        "growth_alone_precision_at_20": max(case.growth_alone for case in cases.values()),
        "clustering_precision_at_20": max(case.clustering for case in cases.values()),
    }
    notes = [f"signals: {len(known):,} observations in {len(paths)} files; the baselines show their best date"]
    for day, case in cases.items():
        figures[f"precision_at_20_{day}"], figures[f"recall_{day}"] = case.precision, case.recall
        baseline[f"growth_alone_{day}"], baseline[f"clustering_{day}"] = case.growth_alone, case.clustering
        notes += case.notes
    return Result("ideas", figures, baseline, data.name, seed, tuple(notes), ASKED)


def read_labels(path: Path) -> dict[date, dict[str, str]]:
    """For each date the kind of each labelled phrase, by the phrase's key."""
    labels: dict[date, dict[str, str]] = defaultdict(dict)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), 2):
            try:
                phrase, kind, day = row["phrase"], Kind(row["kind"].strip()), date.fromisoformat(row["as_of"][:10])
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                problem = f"{path.name}, line {number}: needs phrase, as_of (date) and kind, got {row}"
                raise ValueError(problem) from error
            labels[day][_key(phrase)] = kind.value
    if not labels:
        raise ValueError(f"{path.name}: no labelled phrase")
    return dict(labels)


def signal_files(data: Path) -> list[Path]:
    """Files beside the cases, else those of the development data."""
    beside = [path for path in files_under([data.parent]) if path.resolve() != data.resolve()]
    if beside and any(True for _ in signals_in(beside)):
        return beside
    shared = Settings().shared / "data"
    return sorted(path for pattern in SHARED for path in shared.glob(pattern))


def measure(labels: Labels, known: Iterable[Signal], day: date, seed: int, top: int = FIRST) -> Case:
    """One date: only what was known at its end is read."""
    as_of = datetime.combine(day, time(23, 59, 59), tzinfo=UTC)
    corpus = corpus_of(known, as_of)
    candidates = mine(corpus, as_of)
    scores = score(candidates, Weights(), as_of, corpus)
    fifty = [candidates[at] for at in shortlist(candidates, scores, FIFTY)]
    first = [candidates[at] for at in shortlist(candidates, scores, top)]
    kinds = [labels.get(one.idea.key, "unlabelled") for one in first]
    grim = [one.idea.phrase for one in fifty if labels.get(one.idea.key) == Kind.NEWS or _holds_tragedy(one)]
    growing = sorted(candidates, key=lambda one: (-one.features["growth"], -one.features["support"], one.idea.key))
    shown = "; ".join(f"{one.idea.phrase} [{kind}]" for one, kind in zip(first, kinds, strict=True))
    wrong = [f"{one.idea.phrase} [{kind}]" for one, kind in zip(first, kinds, strict=True) if kind != Kind.SUBJECT]
    clusters = cluster_titles(corpus, as_of, seed)
    return Case(
        precision=sum(kind == Kind.SUBJECT for kind in kinds) / top,
        recall=recall_of(candidates, labels),
        tragedies=len(grim),
        growth_alone=sum(labels.get(one.idea.key) == Kind.SUBJECT for one in growing[:top]) / top,
        clustering=sum(_title_is_right(title, labels) for title in clusters[:top]) / top,
        notes=(
            f"{day}: {shown}",
            f"{day}, wrong or unlabelled: {', '.join(wrong) or 'none'}; tragedies: {', '.join(grim) or 'none'}",
            f"{day}, growth alone: {', '.join(one.idea.phrase for one in growing[:top])}",
        ),
    )


def recall_of(candidates: Sequence[Candidate], labels: Labels) -> float:
    """Of the labelled subjects, the share that is a subject among the candidates."""
    kept = {one.idea.key for one in candidates if one.idea.kind is Kind.SUBJECT}
    subjects = [key for key, kind in labels.items() if kind == Kind.SUBJECT]
    return sum(key in kept for key in subjects) / len(subjects) if subjects else 0.0


def cluster_titles(corpus: Corpus, as_of: datetime, seed: int) -> list[str]:
    """The most central title of each cluster of the newest titles, the fastest growing cluster first."""
    from sklearn.cluster import MiniBatchKMeans

    rows = sorted(range(len(corpus)), key=lambda row: corpus.first_known_at[row])[-CLUSTERED:]
    vectors = embed([corpus.text[row] for row in rows])
    count = min(CLUSTERS, len(rows))
    if count == 0:
        return []
    model = MiniBatchKMeans(count, random_state=seed, n_init=1, batch_size=2048).fit(vectors)
    centres = model.cluster_centers_ / np.maximum(np.linalg.norm(model.cluster_centers_, axis=1, keepdims=True), 1e-9)
    named: list[tuple[float, str]] = []
    for number in range(count):
        inside = np.flatnonzero(model.labels_ == number)
        if len(inside):
            new = sum(corpus.first_known_at[rows[at]] > as_of - timedelta(days=3) for at in inside.tolist())
            central = int(inside[(vectors[inside] @ centres[number]).argmax()])
            named.append((new / (len(inside) - new + 1), corpus.text[rows[central]]))
    return [title for _, title in sorted(named, key=lambda item: (-item[0], item[1]))]


def _title_is_right(title: str, labels: Labels) -> bool:
    words = [word.casefold() for word in split_words(title) if word[0].isalnum()]
    runs = {_key(" ".join(words[at : at + size])) for size in (1, 2, 3) for at in range(len(words) - size + 1)}
    kinds = {labels[run] for run in runs if run in labels}
    return Kind.SUBJECT in kinds and not kinds & {Kind.LICENSED, Kind.PERSON, Kind.NEWS}


def _holds_tragedy(candidate: Candidate) -> bool:
    phrase = candidate.idea.phrase
    return phrase not in word_list("harmless") and not word_list("tragedy").isdisjoint(phrase.split())


def _key(phrase: str) -> str:
    return key_of([word.casefold() for word in split_words(phrase) if word[0].isalnum()])
