"""The eval of spikes: same seed, same streams; the traps are in them; a file of hours is read or refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from evals.report import Figure
from evals.spikes import DAYS, WARM_UP_DAYS, generate, hourly_counts, run
from trends.spikes import DAY


def figure(figures: Mapping[str, Figure], name: str) -> float:
    value = figures[name]
    assert isinstance(value, int | float)
    return value


def test_the_same_seed_gives_the_same_streams_and_another_seed_others() -> None:
    one, again, other = generate(3, 30), generate(3, 30), generate(4, 30)
    assert (one.counts == again.counts).all()
    assert not (one.counts == other.counts).all()


def test_onsets_are_labelled_where_counts_rise_and_the_account_is_in_the_counts() -> None:
    stream = generate(3, 60)
    spiking = np.flatnonzero(stream.onset >= 0)
    assert len(spiking) == 12
    assert (stream.onset[spiking] > WARM_UP_DAYS * DAY).all()
    assert stream.counts.shape == (60, 3, DAYS * DAY)
    assert (stream.counts[:, 0] >= stream.account).all()
    for phrase in spiking.tolist():
        onset, end = stream.onset[phrase], stream.end[phrase]
        voices = stream.counts[phrase].sum(axis=0)
        assert voices[onset:end].mean() > voices[:onset].mean()


def test_it_beats_three_times_the_mean_in_the_same_run() -> None:
    result = run(seed=5, phrases=60)
    assert figure(result.figures, "false_alarms") < figure(result.baseline, "false_alarms")
    assert figure(result.figures, "found") >= figure(result.baseline, "found")
    assert result.figures["of_one_account"] == 0


def test_hours_are_spread_over_buckets_without_a_voice_lost(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text("id,text,h0,h1\n1,#a,7,0\n2,#b,2.5,12\n", encoding="utf-8")
    counts = hourly_counts(path)
    assert counts.shape == (2, 12)
    assert counts[0].sum() == 7
    assert counts[1].sum() == 14


def test_a_file_without_hours_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no columns h0"):
        run(path)


def test_real_series_are_found_before_their_peak(shared: Path) -> None:
    result = run(shared / "data" / "eval" / "trend" / "twthtag_128h.csv.gz")
    assert figure(result.figures, "found_before_peak") > 0.4
