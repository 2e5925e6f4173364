"""The keyword eval: what counts as a hit, what it is held against, and that nothing later is read."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from evals.keywords import Day, Told, days_of, risen_told, run, tell
from trends.signal import Signal, SignalKind

FIRST = date(2026, 3, 1)


def day(number: int, announced: str = "", top: str = "", frequent: str = "abcdxyz", known: str = "") -> Day:
    """Phrases are single letters; a to d are subjects."""
    subjects = set("abcd")
    return Day(
        FIRST + timedelta(days=number), list(announced), [], list(frequent), subjects, set(top), set(known), set()
    )


def came_of(days: list[Day], at: int) -> list[int | None]:
    return tell([days[at]], days, lambda one: one.announced, lambda one: one.top).leads


def test_a_hit_comes_to_the_top_within_seven_days_and_the_first_day_counts():
    days = [day(0, "abc"), *(day(n) for n in (1, 2)), day(3, top="a"), day(4, top="ab"), day(8, top="c")]
    assert came_of(days, 0) == [3, 4, None]


def test_what_was_at_the_top_that_day_or_in_the_week_before_is_no_hit():
    days = [day(0, top="ad"), day(6, top="b"), day(7, "abcd", top="c"), day(8, top="abcd")]
    assert came_of(days, 2) == [None if key in "bc" else 1 for key in "abcd"]


def test_what_can_be_announced_is_a_subject_that_is_not_known():
    assert day(0, known="bx").open == ["a", "c", "d"]
    assert day(0, known="bx").below == ["a", "c", "d", "y", "z"]


def test_risen_subjects_are_those_below_the_top_for_a_week():
    days = [day(0, "ab"), day(3, "c", top="d"), day(7, top="abdx"), day(9, top="c")]
    assert risen_told(days[2:], days) == (3, 3)
    assert risen_told([days[2]], days[1:]) == (2, 0)


def test_precision_lead_and_interval():
    told = Told()
    assert math.isnan(told.precision) and math.isnan(told.lead_hours)
    for key, lead in (("a", 2), ("a", 4), ("b", None), ("c", None)):
        told.add(key, lead)
    assert (told.precision, told.lead_hours) == (0.5, 72.0)
    low, high = told.interval(7)
    assert 0 <= low < 0.5 < high <= 1
    assert told.interval(7) == [low, high]


def signals(days: int, late: str = "") -> list[Signal]:
    """Every day ten posts of a garden shed, later pumpkin carving too; `late` is said on the last day alone."""
    told = []
    for number in range(days):
        at = datetime(2026, 3, 1, 23, tzinfo=UTC) + timedelta(days=number)
        texts = [f"my garden shed and the {number}{each}th bird feeder" for each in range(10)]
        texts += [f"pumpkin carving take {number}{each}" for each in range(max(number - 11, 0))]
        texts += [f"{late} {each}" for each in range(9)] if late and number == days - 1 else []
        for each, text in enumerate(texts):
            author, group = f"a{number}.{each}", text.split()[0]
            told.append(Signal("posts", SignalKind.ITEM, text, at, f"{number}.{each}", group, author_hash=author))
    return told


def test_what_is_known_later_changes_nothing_of_an_earlier_day():
    short, long = days_of(signals(15)), days_of(signals(17, late="latte art with a foam swan"))
    assert short == long[:15]
    assert any("pumpkin" in key for one in short for key in one.announced)


def test_a_file_of_too_few_days_is_refused_with_what_is_needed(tmp_path: Path):
    path = tmp_path / "short.csv"
    path.write_text("no signals\n")
    with pytest.raises(ValueError, match=r"short\.csv: signals of 0 days; at least 15 are needed"):
        run(path)
