"""Spikes: what is above its past, and what only looks so: rhythm, outage, one account, old things."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from store.stream import BUCKETS, Series
from trends.spikes import ALARMS, HOUR, Change, Said, detect, independent

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = [
    "moss",
    "frame",
    "candle",
    "lantern",
    "quilt",
    "kettle",
    "garden",
    "willow",
    "otter",
    "badge",
    "ribbon",
    "paper",
]


def stream(phrases: int = 20, share: float = 0.02, rate: float = 50.0, seed: int = 1, sources: int = 2) -> Series:
    rng = np.random.default_rng(seed)
    totals = rng.poisson(rate, (sources, BUCKETS))
    counts = rng.binomial(totals, share, (phrases, sources, BUCKETS))
    return Series(tuple("ab"[:sources]), counts, totals)


def said(count: int, author: str | None = None, text: str | None = None, source: str = "a") -> list[Said]:
    words = [f"{WORDS[n % 12]} {WORDS[n * 5 % 11]} {WORDS[n * 7 % 10]} number {n}" for n in range(count)]
    return [Said(source, text or words[n], author or f"author {n}", NOW) for n in range(count)]


def test_a_stream_that_goes_on_as_before_raises_no_alarm() -> None:
    assert detect(stream(phrases=200)) == []


def test_a_sudden_rise_is_found_with_its_onset() -> None:
    series = stream()
    series.counts[3, :, -4:] += 8
    [change] = detect(series)
    assert change.phrase == 3
    assert BUCKETS - 12 <= change.onset <= BUCKETS - 1
    assert change.ratio > 2


def test_a_phrase_that_was_never_seen_before_needs_more_than_a_handful() -> None:
    series = stream(phrases=2, share=0.0)
    series.counts[0, 0, -1] = 4
    series.counts[1, :, -2:] = 4
    assert [change.phrase for change in detect(series)] == [1]


def test_an_outage_and_its_end_are_no_spike_whatever_comes_back_at_once() -> None:
    series = stream(phrases=100)
    for part in (series.counts, series.totals):
        part[..., -30:-6] = 0
        part[..., -6:] *= 5
    assert detect(series) == []


def test_what_rises_at_this_time_every_day_is_no_spike() -> None:
    series = stream(phrases=1, share=0.01)
    for day in (0, 144):
        series.counts[0, :, BUCKETS - day - 8 : BUCKETS - day] += 6
    assert detect(series) == []


def test_a_source_that_is_new_is_not_compared_with_a_past_it_has_not() -> None:
    series = stream(phrases=5)
    series.totals[1, : -5 * HOUR] = 0
    series.counts[:, 1, : -5 * HOUR] = 0
    series.counts[0, 1, -3:] = 30
    assert detect(series) == []


def test_what_rose_long_ago_is_no_news() -> None:
    series = stream()
    series.counts[3, :, -40:-34] += 8
    assert detect(series) == []


def test_nothing_is_nothing() -> None:
    assert detect(Series((), np.zeros((0, 0, BUCKETS), dtype=np.int64), np.zeros((0, BUCKETS), dtype=np.int64))) == []


def test_one_account_that_posts_a_hundred_times_is_one_voice() -> None:
    change = Change(0, 280, 100, 0.5, 2.0)
    assert independent(said(100, author="loud"), NOW).doubt(change) == "1 of the 5 independent voices needed"


def test_many_accounts_with_one_text_are_doubted_unless_two_sources_hold_it() -> None:
    change = Change(0, 280, 8, 0.01, 2.0)
    copied = said(8, text="buy the moss frame lantern now")
    assert "authors of different texts" in independent(copied, NOW).doubt(change)
    assert independent([*copied, *said(2, source="b")], NOW).doubt(change) == ""


def test_things_that_were_published_long_ago_are_not_new_voices() -> None:
    old = [Said(one.source, one.text, one.author_hash, NOW - timedelta(days=9)) for one in said(20)]
    assert independent(old, NOW).voices == 0


def test_so_few_independent_voices_as_chance_brings_are_no_spike() -> None:
    change = Change(0, 280, 60, 6.0, 10.0)
    assert "no more than chance" in independent(said(7), NOW).doubt(change)
    assert independent(said(60), NOW).doubt(change) == ""


@pytest.mark.parametrize("seed", [3, 4])
def test_alarms_on_streams_without_a_change_stay_under_the_written_rate(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = BUCKETS + 72
    totals = rng.poisson(40, (2, size))
    noise = np.repeat(rng.gamma(5, 1 / 5, (200, 1, size // 6)), 6, axis=2)
    counts = rng.poisson(0.01 * noise * totals)
    told = {
        change.phrase
        for at in range(0, 72)
        for change in detect(Series(("a", "b"), counts[:, :, at : at + BUCKETS], totals[:, at : at + BUCKETS]))
    }
    assert len(told) <= 1 + ALARMS * 200 / 2
