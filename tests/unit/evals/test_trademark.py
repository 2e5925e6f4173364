"""The suite of marks: its layout, its halves, what counts as a hit, and its baselines."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.trademark import CASES, Row, edit, exact, found_by, measured, namers, read, run
from market.gates.marks import Mark, Register

MARKS = [Mark("Velmora"), Mark("Tarn Hollow")]
ROWS = [
    Row("Velmora", frozenset({25}), "V3lmora tee", True, "leet"),
    Row("Velmora", frozenset({25}), "Velmora tee", True, "exact"),
    Row("Tarn Hollow", frozenset({25}), "moss tee", True, "none"),
    Row("Velmora", frozenset({25}), "moss and fern tee", False, ""),
    Row("Velmora", frozenset({25}), "tarn hollow at dawn", False, ""),
]


def test_recall_asks_for_the_rows_own_mark_and_a_clean_title_is_blocked_by_any():
    figures = measured(ROWS, found_by(Register(MARKS)))
    assert figures["recall"] == pytest.approx(2 / 3)
    assert (figures["recall_leet"], figures["recall_none"]) == (1.0, 0.0)
    assert figures["false_block_rate"] == 0.5


def test_the_baselines_know_exact_words_and_a_letter_off_alone():
    every = frozenset({25})
    assert exact(MARKS)("a tarn hollow tee", every) == {"tarn hollow"}
    assert exact(MARKS)("a tarnhollow tee", every) == set()
    assert edit(MARKS)("velmoda tee", every) == {"velmora"}
    assert edit(MARKS)("v e l m o r a", every) == set()


def test_titles_that_name_somebody_are_told_by_whole_words_of_lists():
    names_one = namers(["Velmora", "Apple"])
    assert names_one("my velmora's box")
    assert names_one("A Star Wars cake")
    assert not names_one("apple pie")
    assert not names_one("v3lmora")


def test_the_shipped_cases_hold_what_was_asked():
    rows = read(CASES)
    tricks = [row for row in rows if row.infringes]
    assert len(tricks) >= 250
    assert len({row.mark for row in tricks}) >= 80
    assert {row.trick for row in tricks} == {"spacing", "plural", "leet", "homophone", "accent"}
    assert len(rows) - len(tricks) >= 100
    assert len({row.title for row in rows}) == len(rows)


def test_the_suite_meets_what_is_asked_on_the_shipped_cases():
    result = run(None, limit=400)
    for name, asked in result.asked.items():
        assert asked.is_met(result.figures[name]), f"{name} is {result.figures[name]}, asked {asked}"
    assert result.figures["recall_half_2"] > 0.9
    assert result.baseline["recall_edit"] < 0.7


@pytest.mark.parametrize("text", ["mark,title\nX,Y\n", "mark,class,title,infringes\nX,25,Y,maybe\n"])
def test_another_layout_is_refused(tmp_path: Path, text):
    path = tmp_path / "cases.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"columns are missing|infringes is"):
        run(path)
