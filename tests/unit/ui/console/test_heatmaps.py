from __future__ import annotations

from datetime import UTC, datetime, timedelta

from graphs.heat import Cell, Heat, end_of
from ui.console.heatmaps import heatmap, name_of, table

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HEAT = Heat(
    NOON - 47 * HOUR, NOON + HOUR,
    (Cell("reddit", NOON, 4), Cell("reddit", NOON - HOUR, 9), Cell("youtube", NOON, 20), Cell(None, NOON, 90),
     Cell("", NOON, 1), Cell("x" * 90, NOON, 2)),
)  # fmt: skip


def test_the_largest_row_is_on_top_and_what_has_no_name_comes_last() -> None:
    drawn = heatmap(HEAT, "hour", "signals")
    order = drawn.spec["encoding"]["y"]["sort"]
    assert order[:2] == ["youtube", "reddit"]
    assert order[-2:] == ["all others", "not stated"]
    assert max(len(name) for name in order) <= 28


def test_the_words_name_the_largest_and_the_hottest() -> None:
    told = heatmap(HEAT, "hour", "signals").told
    assert "Largest: all others 90, youtube 20, reddit 13." in told
    assert "all others, 20 Nov 12:00 UTC (90)" in told


def test_nothing_seen_is_said() -> None:
    assert heatmap(Heat(NOON, NOON + HOUR, ()), "hour", "gained").told == "Nothing was seen in this time."


def test_the_table_has_the_newest_first_and_a_nought_where_nothing_came() -> None:
    frame = table(HEAT, "hour")
    assert list(frame.index) == ["20 Nov 12:00", "20 Nov 11:00"]
    assert frame.loc["20 Nov 11:00", "youtube"] == 0
    assert frame.loc["20 Nov 12:00", name_of(Cell(None, NOON, 0))] == 90


def test_a_time_ends_with_the_hour_or_the_day_that_its_last_moment_is_in() -> None:
    late = NOON + timedelta(minutes=59, seconds=59)
    assert end_of("hour", late) == NOON + HOUR
    assert end_of("day", late) == datetime(2026, 11, 21, tzinfo=UTC)
