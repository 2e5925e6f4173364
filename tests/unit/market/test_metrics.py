"""Rows of outcomes as sellers and ad platforms write them; what cannot be is refused by its row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.metrics import BadMetrics, metrics_of, read_metrics

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
WIDE = b"Listing,Date,Impressions,Clicks,Views,Orders,Revenue,Currency\nbw-a,2026-11-01,100,3,40,2,39.98,usd\n"
LONG = b"key;metric;value;from;to\nbw-a;sales;1,000;2026-11-01T10:00;2026-11-01T11:00\n"


def test_a_row_with_several_columns_counts_each_of_that_day() -> None:
    brought = read_metrics(WIDE, "shop.csv", NOW)
    assert {each.name: each.amount for each in brought.stated} == {
        "impressions": 100, "clicks": 3, "views": 40, "orders": 2, "revenue": 3998,
    }  # fmt: skip
    first = brought.stated[0]
    assert (first.listing, first.row, first.stated_at, first.currency) == ("bw-a", 1, NOW, "")
    assert first.end - first.start == timedelta(days=1)
    assert brought.stated[-1].currency == "USD"


def test_a_row_may_name_one_metric_and_a_window() -> None:
    [metric] = read_metrics(LONG, "shop.csv", NOW).stated
    assert (metric.name, metric.amount, metric.end - metric.start) == ("orders", 1000, timedelta(hours=1))


def test_rows_of_a_program_are_read_the_same_and_a_moment_has_no_length() -> None:
    row = {"listing": "bw-a", "metric": "orders", "value": 1, "from": "2026-11-01T10:00:00+02:00", "reference": "o-7"}
    [metric] = metrics_of([row], "request", NOW).stated
    assert metric.start == metric.end == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert metric.reference == "o-7"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"value": "-1"}, "views is -1: it cannot be below 0"),
        ({"value": "NaN"}, "views is NaN: no number that can be counted"),
        ({"value": "inf"}, "views is inf: no number that can be counted"),
        ({"value": "1e30"}, "views is 1e30: more than 1,000,000,000,000"),
        ({"value": "2.5"}, "views is 2.5: a count is whole"),
        ({"value": "many"}, "views is 'many': no number"),
        ({"value": ""}, "views is '': no number"),
        ({"metric": "likability"}, "'likability' is no metric: there are impressions"),
        ({"metric": "revenue"}, "revenue is an amount: its currency is missing"),
        ({"metric": "revenue", "currency": "JPY", "value": "9.5"}, "revenue is 9.5: JPY has fewer decimals"),
        ({"listing": ""}, "it names no listing and no arm"),
        ({"arm": "test/red"}, "it names a listing and an arm"),
        ({"from": ""}, "it says no time"),
        ({"from": "2026-11-01T10:00"}, "an event at a moment needs a reference"),
        ({"from": "01.11.2026"}, "from is '01.11.2026': no time"),
        ({"from": "2026-12-24"}, "it begins at 2026-12-24 00:00 UTC, which has not come yet"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "from is '0001-01-01T00:00:00+14:00': no time"),
        ({"from": "1970-01-01"}, "it begins at 1970-01-01: nothing was sold online then"),
        ({"to": "2026-10-31T00:00"}, "it ends (2026-10-31 00:00) before it begins (2026-11-01 00:00): a clock"),
        ({"from": "2026-01-01", "to": "2026-11-01"}, "it spans 305 days"),
        ({"stated_at": "2026-10-01"}, "it was stated (2026-10-01 00:00) before it began: a clock goes backwards"),
        ({"stated_at": "2027-01-01"}, "it was stated at 2027-01-01 00:00 UTC, which has not come yet"),
        ({"variant": "x" * 201}, "its variant has 201 characters"),
        ({"impressions": 5, "clicks": 6}, "clicks (6) above impressions (5)"),
    ],
)
def test_what_cannot_be_is_refused_with_its_row_and_the_others_go_on(change: dict[str, object], why: str) -> None:
    good: dict[str, object] = {"listing": "bw-a", "metric": "views", "value": 1, "from": "2026-11-01"}
    brought = metrics_of([good, {**good, **change}, {**good, "from": "2026-11-02"}], "request", NOW)
    assert [each.row for each in brought.stated] == [1, 3]
    [refused] = brought.refused
    assert (refused.row, refused.why[: len(why)]) == (2, why)
    assert len(refused.excerpt) <= 200


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no row of headings"),
        (b"listing,from\nbw-a,2026-11-01\n", "wanted are listing"),
        (b"listing,date,day,views\n", "two headings mean 'from'"),
        (b"listing,date,views\n", "has no rows"),
        (b"PK\x03\x04rest", "an Excel or ZIP file"),
    ],
)
def test_a_file_of_which_nothing_can_be_read_says_why(content: bytes, why: str) -> None:
    with pytest.raises(BadMetrics, match=why):
        read_metrics(content, "shop.csv", NOW)


def test_a_torn_row_costs_itself_alone() -> None:
    content = b'listing,date,views\nbw-a,2026-11-01,1\n"bw-a,2026-11-02,2\nbw-a,2026-11-03,3,4\nbw-a,2026-11-04,4\n'
    brought = read_metrics(content, "shop.csv", NOW)
    assert [each.row for each in brought.stated] == [1, 4]
    assert [each.row for each in brought.refused] == [2, 3]


@given(
    st.dictionaries(st.sampled_from(["listing", "arm", "metric", "value", "from", "to", "views", "spend"]), st.text())
)
def test_whatever_a_row_says_it_is_counted_or_refused(row: dict[str, str]) -> None:
    brought = metrics_of([row], "request", NOW)
    assert bool(brought.stated) != bool(brought.refused)
