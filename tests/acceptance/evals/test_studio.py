"""The studio's KPIs, small: real titles through the real batches, and foreign styles are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals import studio
from evals.drawn import drawn


def test_a_small_batch_of_real_titles_ends_and_what_is_foreign_is_refused() -> None:
    result = studio.run(small=True)
    assert (result.figures["rows"], result.figures["foreign_rows"]) == (studio.SMALL_ROWS, studio.SMALL_FOREIGN)
    assert (result.figures["completed"], result.figures["dead"]) == (1.0, 0.0)
    assert result.figures["foreign_refused"] == 1.0
    assert "foreign_refused" in result.baseline


def test_the_cases_are_three_hundred_titles_that_a_batch_takes() -> None:
    rows = studio.rows_in(studio.CASES)
    assert len(rows) == studio.ROWS
    assert any(row.hook for row in rows)
    assert len({(row.text, row.hook) for row in rows}) == studio.ROWS


def test_a_folder_brings_foreign_styles_of_at_most_five_references(tmp_path: Path) -> None:
    lines = ["path,style,concept"]
    for case in drawn(5, [1], 6, members=2):
        path = f"{case.style}-{case.subject}.png"
        case.image.save(tmp_path / path)
        lines.append(f"{path},{case.style},{case.subject}")
    (tmp_path / "index.csv").write_text("\n".join(lines), "utf-8")
    found = list(studio.styles_in(tmp_path))
    assert [len(style.profile.looks) for style in found] == [5, 5]


def test_a_file_that_is_no_batch_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    path.write_text("colour\nred\n", "utf-8")
    with pytest.raises(ValueError, match=r"none\.csv"):
        studio.rows_in(path)
