"""The eval and the benches of near repeats and scores, on few titles."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from evals.bench import dedupe as bench_dedupe
from evals.bench import score as bench_score
from evals.dedupe import EDITS, FLOORS, cases_of, hash_fold, measure, run, sketch_fold, titles_in
from trends.dedupe import fold


@pytest.fixture(scope="module")
def titles() -> list[str]:
    return bench_dedupe.recombined(bench_dedupe.word_list_titles(1), 1500, seed=1)


def test_cases_hold_distinct_titles_and_seven_edits_of_some(titles: list[str]) -> None:
    cases = cases_of([*titles, *titles[:50]], seed=2, distinct=900, families=40)
    assert len(cases.texts) == 900 + 40 * 7
    assert len(EDITS) == 7
    assert len(set(hash_fold(cases.texts[:900]).tolist())) == 900
    assert [cases.edit.count(name) for name in EDITS] == [40] * 7
    assert all(
        cases.texts[family] == text
        for text, family, edit in zip(cases.texts, cases.family, cases.edit, strict=True)
        if edit == "exact"
    )


def test_words_are_changed_in_as_many_places_as_the_edit_says(titles: list[str]) -> None:
    rng = random.Random(1)
    for title in titles[:50]:
        for name, count in (("one_word", 1), ("two_word", 2)):
            changed = EDITS[name](title, rng, ["moss", "frame", "lamp"]).split()
            assert sum(a != b for a, b in zip(title.split(), changed, strict=True)) == count
        assert sorted(EDITS["reorder"](title, rng, []).split()) == sorted(title.split())


def test_precision_counts_pairs_and_recall_the_edits_that_land_with_their_title(titles: list[str]) -> None:
    cases = cases_of(titles, seed=2, distinct=100, families=10)
    perfect = measure(cases, cases.family)
    assert set(perfect.values()) == {1.0}
    apart = measure(cases, np.arange(len(cases.texts)))
    assert (apart["precision"], apart["recall"]) == (1, 0)
    together = measure(cases, np.zeros(len(cases.texts), dtype=np.int64))
    assert together["precision"] == pytest.approx(10 * 28 / (170 * 169 / 2))


def test_too_few_titles_are_refused(titles: list[str]) -> None:
    with pytest.raises(ValueError, match="distinct titles asked"):
        cases_of(titles[:10], seed=1, distinct=20, families=1)


def test_we_find_more_than_a_hash_and_as_much_as_datasketch(titles: list[str]) -> None:
    cases = cases_of(titles, seed=2, distinct=900, families=60)
    ours, sketch, plain = (measure(cases, way(cases.texts)) for way in (fold, sketch_fold, hash_fold))
    assert plain["recall"] == pytest.approx(3 / 7, abs=0.02)
    assert ours["recall"] >= sketch["recall"] - 0.005
    assert ours["precision"] >= 0.98


def test_real_titles_are_told_apart_as_well_as_asked(shared: Path) -> None:
    titles = titles_in(shared / "data" / "reddit_top_2013")
    found = measure(cases := cases_of(titles, 7, 20_000, 1_000), fold(cases.texts))
    assert {name: value for name, value in found.items() if value < FLOORS[name]} == {}


def test_a_run_prints_all_figures_beside_both_baselines(tmp_path: Path, titles: list[str]) -> None:
    file = tmp_path / "top.csv"
    rows = [f'crafts,1368553180,{number},id{number},"{title}"' for number, title in enumerate(titles)]
    file.write_text("\n".join(["subreddit,created_utc,score,id,title", *rows]))
    found = run(file, seed=3, distinct=300, families=20)
    assert {"precision", "recall", *EDITS} == set(found.figures)
    assert {"hash_recall", "datasketch_recall"} <= set(found.baseline)


def test_the_small_dedupe_bench_is_faster_than_datasketch_at_its_recall() -> None:
    found = bench_dedupe.run(small=True, data=Path("no such folder"))
    assert found.figures["titles"] == bench_dedupe.SMALL
    assert float(found.figures["speedup"]) > 2  # type: ignore[arg-type]
    assert float(found.figures["recall"]) >= float(found.baseline["recall"]) - 0.01  # type: ignore[arg-type]


def test_the_small_score_bench_equals_its_reference_and_is_much_faster() -> None:
    found = bench_score.run(small=True)
    assert float(found.figures["largest_difference"]) < bench_score.TOLERANCE  # type: ignore[arg-type]
    assert float(found.figures["speedup"]) > 20  # type: ignore[arg-type]
