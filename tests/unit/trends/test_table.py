"""The corpus in memory: one row a signal, as last known, from nothing later than `as_of`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trends.signal import Signal, SignalKind
from trends.table import Corpus, corpus_of

NOON = datetime(2017, 10, 5, 12, tzinfo=UTC)


def seen(days: int, views: float, text: str = "An owl", name: str = "v1") -> Signal:
    known_at = NOON + timedelta(days=days)
    return Signal("youtube", SignalKind.ITEM, text, known_at, native_id=name, metrics={"views": views})


def test_observations_of_one_thing_fold_into_one_row_oldest_first_whatever_order_they_came_in() -> None:
    corpus = corpus_of([seen(2, 30, "Renamed"), seen(0, 10), seen(1, 20)], NOON + timedelta(days=9))
    assert len(corpus) == 1
    assert [metrics["views"] for _, metrics in corpus.observed[0]] == [10, 20, 30]
    assert (corpus.first_metrics[0], corpus.metrics[0]) == ({"views": 10}, {"views": 30})
    assert (corpus.first_known_at[0], corpus.known_at[0]) == (NOON, NOON + timedelta(days=2))
    assert corpus.text == ["Renamed"]


def test_nothing_that_was_known_later_is_read() -> None:
    rows = [seen(0, 10), seen(1, 20, "Renamed"), seen(2, 5, name="v2")]
    corpus = corpus_of(rows, NOON)
    assert (corpus.text, corpus.metrics) == (["An owl"], [{"views": 10}])
    assert corpus_of(rows, NOON - timedelta(seconds=1)) == Corpus()


def test_of_two_observations_of_one_thing_at_one_time_the_first_counts() -> None:
    assert corpus_of([seen(0, 10), seen(0, 11)], NOON).observed == [[(NOON, {"views": 10})]]


def test_rows_are_in_order_of_first_sight() -> None:
    corpus = corpus_of([seen(1, 1, name="b"), seen(0, 1, name="c"), seen(2, 1, name="a")], NOON + timedelta(days=9))
    assert corpus.first_known_at == sorted(corpus.first_known_at)
