"""Rows of a live answer, held against our clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from trends.arrival import Arrival, gap_of
from trends.fetch import SourceGarbled
from trends.payload import NothingObserved, Read, ReferenceRow, Rejected
from trends.signal import Signal, SignalKind
from trends.survey import Unreadable

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
POST = Signal("stub", SignalKind.ITEM, "Moss frame", NOW, published_at=NOW - timedelta(hours=2))


def arrived(*rows: Signal | Rejected | ReferenceRow) -> tuple[list[Signal | Rejected | ReferenceRow], datetime | None]:
    arrival = Arrival(NOW)
    return list(arrival.rows(lambda: iter(rows))), arrival.newest


def test_rows_are_numbered_from_one_whatever_their_reader_said() -> None:
    rows, _ = arrived(replace(POST, row=7), Rejected(7, "no"), ReferenceRow(7, "event", {}, NOW))
    assert [row.row for row in rows] == [1, 2, 3]


def test_the_newest_time_is_of_publication_else_of_observation_and_never_ahead_of_the_fetch() -> None:
    known = replace(POST, published_at=None, known_at=NOW - timedelta(hours=1))
    assert arrived(POST)[1] == NOW - timedelta(hours=2)
    assert arrived(POST, known)[1] == NOW - timedelta(hours=1)
    assert arrived(replace(POST, published_at=NOW + timedelta(minutes=4)))[1] == NOW
    assert arrived(Rejected(1, "no"))[1] is None


def test_what_is_known_later_than_the_fetch_is_known_at_the_fetch_reference_rows_too() -> None:
    later = NOW + timedelta(days=3)
    rows, _ = arrived(replace(POST, known_at=later), ReferenceRow(2, "event", {}, later))
    assert [row.known_at for row in rows if not isinstance(row, Rejected)] == [NOW, NOW]


def test_what_is_published_ahead_of_our_clock_is_rejected_with_how_far() -> None:
    (row,), newest = arrived(replace(POST, published_at=NOW + timedelta(hours=3)))
    assert isinstance(row, Rejected) and row.reason == "published 3 h ahead of our clock"
    assert newest is None


@pytest.mark.parametrize("error", [KeyError("x"), TypeError(), AttributeError(), ZeroDivisionError(), Unreadable("no")])
def test_a_reader_that_meets_another_shape_ends_in_one_kind_of_error(error: Exception) -> None:
    def read() -> Iterator[Signal]:
        yield POST
        raise error

    with pytest.raises(SourceGarbled):
        list(Arrival(NOW).rows(read))


def test_a_reader_that_fails_before_its_first_row_does_too_and_nothing_observed_passes() -> None:
    def eager() -> Read:
        raise ValueError("no listing")

    def empty() -> Read:
        raise NothingObserved("none", empty=True)

    with pytest.raises(SourceGarbled, match="at row 1"):
        list(Arrival(NOW).rows(eager))
    with pytest.raises(NothingObserved):
        list(Arrival(NOW).rows(empty))


def test_gaps_are_told_in_the_unit_one_would_say_them_in() -> None:
    gaps = [timedelta(minutes=12), timedelta(hours=-3), timedelta(days=30)]
    assert [gap_of(gap) for gap in gaps] == ["12 min", "3 h", "30 days"]
