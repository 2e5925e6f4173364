"""Eval spikes: how soon a sudden rise is found, and how often an alarm is false, on streams whose onsets are known.

Generated: three sources with a rhythm of the day, each phrase a share of them with gamma noise from hour to hour (a
third of the phrases have a rhythm of their own), then what is labelled or a trap:

    spike     of a fifth of the phrases, once: rises within half an hour to 4-12 times its usual voices (one to four
              more in ten minutes at least) and stays 4-10 hours
    outage    a source is silent for four hours and comes back with three times its rate for one
    account   one account says a phrase in every ten minutes of four hours; in the rows it is one voice

Judged every ten minutes of three days after two of warm-up, as the product does: the counts raise an alarm, the voices
behind it are looked at, and a phrase that was told is not told again for a day. Beside it in the same run, on the same
counts: the last hour is three times the mean hour, with as many voices.

With a file of hourly series (twthtag: `text`, `h0`...`h127`): the share found before their peak, and how long before.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.report import Asked, Figure, Result
from store.stream import BUCKETS, Series
from trends.spikes import ALARMS, DAY, FRESH, HOUR, VOICES, Change, Said, detect, independent

PHRASES, DAYS, WARM_UP_DAYS = 480, 5, 2
RATES = (60.0, 25.0, 10.0)
"""Things a source brings in ten minutes."""
IN_TIME = 18
"""Buckets after its onset in which a spike is to be found: three hours."""
AFTERWARDS = 36
TOLD = DAY
NAIVE_RISE = 3.0
NOW = datetime(2026, 1, 1, tzinfo=UTC)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stream:
    """Counts with the truth: `onset[i]` is -1 where phrase i has no spike, else it lasts until `end[i]`."""

    counts: Ints
    totals: Ints
    onset: Ints
    end: Ints
    account: Ints
    """Voices of the one account by phrase and bucket: all of them one voice."""

    def until(self, at: int) -> Series:
        """What was counted in the 48 hours that end with this bucket."""
        window = slice(at + 1 - BUCKETS, at + 1)
        sources = tuple(f"source {number}" for number in range(len(self.totals)))
        return Series(sources, self.counts[:, :, window], self.totals[:, window])


@dataclass(frozen=True, slots=True)
class Alarm:
    """A phrase that was told at a bucket."""

    phrase: int
    at: int


def run(data: Path | None = None, seed: int = 7, phrases: int = PHRASES) -> Result:
    """Measures on generated streams, or on a file of hourly series; ValueError where the file holds none."""
    if data is not None:
        return _on_series(data, seed)
    stream = generate(seed, phrases)
    figures = _figures(stream, alarms(stream))
    baseline = _figures(stream, naive_alarms(stream))
    asked = {"false_alarms_a_phrase_day": Asked(most=ALARMS)}
    notes = (
        f"{phrases} phrases, {DAYS - WARM_UP_DAYS} days judged every ten minutes, "
        f"{int((stream.onset >= 0).sum())} spikes; baseline: the last hour is {NAIVE_RISE:g} times the mean hour, "
        f"{VOICES} voices at least",
    )
    return Result("spikes", figures, baseline, "generated", seed, notes, asked)


def generate(seed: int, phrases: int) -> Stream:
    """Streams with known onsets; the same for the same seed."""
    rng = np.random.default_rng(seed)
    size = DAYS * DAY
    of_day = np.arange(size) / DAY * 2 * np.pi
    totals = np.array(RATES)[:, None] * (1 + 0.6 * np.sin(of_day - 1.5))
    back = int(rng.integers(3 * DAY, 4 * DAY))
    totals[0, back - 4 * HOUR : back] = 0.0
    totals[0, back : back + HOUR] *= 3
    share = np.exp(rng.uniform(np.log(1e-4), np.log(0.03), phrases))[:, None, None]
    own = np.where(rng.random(phrases) < 1 / 3, 0.8, 0.0)[:, None] * np.sin(of_day + rng.uniform(0, 6, (phrases, 1)))
    noise = np.repeat(rng.gamma(4, 1 / 4, (phrases, 1, size // HOUR)), HOUR, axis=2)
    usual = share * (1 + own)[:, None, :] * noise * totals
    onset, end = np.full(phrases, -1), np.full(phrases, -1)
    for phrase in rng.choice(phrases, phrases // 5, replace=False).tolist():
        onset[phrase] = rng.integers(WARM_UP_DAYS * DAY + HOUR, size - 12 * HOUR)
        end[phrase] = onset[phrase] + rng.integers(4 * HOUR, 10 * HOUR)
        during = slice(onset[phrase], end[phrase])
        mean = float(usual[phrase].sum(axis=0).mean())
        more = max(mean * rng.uniform(3, 11), rng.uniform(1, 4))
        ramp = np.minimum((np.arange(end[phrase] - onset[phrase]) + 1) / 3, 1.0)
        usual[phrase, :, during] += more * ramp * rng.dirichlet((3, 2, 1))[:, None]
    account = np.zeros((phrases, size), dtype=np.int64)
    for phrase in rng.choice(np.flatnonzero(onset < 0), phrases // 10, replace=False).tolist():
        start = int(rng.integers(WARM_UP_DAYS * DAY, size - 4 * HOUR))
        account[phrase, start : start + 4 * HOUR] = 1
    counts = rng.poisson(usual)
    counts[:, 0] += account
    return Stream(counts, rng.poisson(totals) + counts.sum(axis=0), onset, end, account)


def alarms(stream: Stream) -> list[Alarm]:
    """What the product would tell."""
    return _told(stream, lambda at: [one for one in detect(stream.until(at)) if not _doubt(stream, one, at)])


def naive_alarms(stream: Stream) -> list[Alarm]:
    """What three times the mean would tell."""

    def found(at: int) -> list[Change]:
        voices = stream.until(at).counts.sum(axis=1)
        now, mean = voices[:, -HOUR:].sum(axis=1), voices.mean(axis=1) * HOUR
        raised = np.flatnonzero((now >= NAIVE_RISE * mean) & (now >= VOICES))
        return [
            Change(phrase, BUCKETS - HOUR, int(now[phrase]), float(mean[phrase]), 1.0) for phrase in raised.tolist()
        ]

    return _told(stream, found)


def _told(stream: Stream, found: Callable[[int], list[Change]]) -> list[Alarm]:
    told: list[Alarm] = []
    last: dict[int, int] = {}
    for at in range(WARM_UP_DAYS * DAY, stream.totals.shape[1]):
        for one in found(at):
            if at - last.get(one.phrase, -TOLD) >= TOLD:
                last[one.phrase] = at
                told.append(Alarm(one.phrase, at))
    return told


def _doubt(stream: Stream, one: Change, at: int) -> str:
    """What the rows behind an alarm would say: the account's are one voice."""
    since = at + 1 - BUCKETS + one.onset
    loud = int(stream.account[one.phrase, since : at + 1].sum())
    rest = int(stream.counts[one.phrase, :, since : at + 1].sum()) - loud
    said = [Said("source 0", f"thing number {number} of them", f"author {number}", None) for number in range(rest)]
    said += [Said("source 0", "the same again", "account", None)] * loud
    return independent(said, NOW).doubt(one)


def _figures(stream: Stream, told: list[Alarm]) -> dict[str, Figure]:
    delays: dict[int, int] = {}
    false, by_account, by_outage = 0, 0, 0
    silent = np.flatnonzero(stream.totals[0] <= stream.counts[:, 0].sum(axis=0))
    for one in told:
        onset, end = stream.onset[one.phrase], stream.end[one.phrase]
        if 0 <= onset <= one.at <= end + AFTERWARDS:
            delays.setdefault(one.phrase, one.at - onset)
            continue
        false += 1
        by_account += bool(stream.account[one.phrase, max(one.at - 6 * HOUR, 0) : one.at + 1].any())
        by_outage += bool(len(silent) and silent[0] <= one.at <= silent[-1] + FRESH + HOUR)
    spikes = int((stream.onset >= 0).sum())
    phrase_days = len(stream.onset) * (DAYS - WARM_UP_DAYS)
    minutes = [delay * 10.0 for delay in delays.values() if delay <= IN_TIME]
    return {
        "found": len(minutes) / max(spikes, 1),
        "delay_minutes_median": float(np.median(minutes)) if minutes else float("nan"),
        "delay_minutes_p90": float(np.quantile(minutes, 0.9)) if minutes else float("nan"),
        "false_alarms_a_phrase_day": false / phrase_days,
        "false_alarms": false,
        "of_one_account": by_account,
        "around_the_outage": by_outage,
    }


def _on_series(data: Path, seed: int) -> Result:
    """Real series, each aligned by its own peak: what is found before the peak, from its own past alone."""
    counts = hourly_counts(data)
    size = counts.shape[1]
    padded = np.concatenate([np.zeros((len(counts), BUCKETS), dtype=np.int64), counts], axis=1)
    totals = np.where(np.arange(padded.shape[1]) < BUCKETS, 0, int(counts.max()) * 50)[None, :]
    none = np.full(len(counts), -1)
    stream = Stream(padded[:, None, :], totals, none, none, np.zeros_like(padded))
    peak = counts.reshape(len(counts), -1, HOUR).sum(axis=2).argmax(axis=1)
    found = {}
    for name, raise_alarms in (("ours", _series_alarms), ("naive", _naive_series_alarms)):
        first = raise_alarms(stream, size)
        before = (first >= 0) & (first // HOUR <= peak)
        ahead = (peak - first // HOUR)[before]
        found[name] = {
            "found_before_peak": float(before.mean()),
            "hours_before_peak_median": float(np.median(ahead)) if before.any() else float("nan"),
        }
    notes = (f"{len(counts):,} series; smoothed by their authors, so a rise begins before it did",)
    return Result("spikes", found["ours"], found["naive"], data.name, seed, notes)


def hourly_counts(data: Path) -> Ints:
    """Hourly volumes spread over ten-minute buckets, shape (series, buckets); ValueError where there are none."""
    opener = gzip.open if data.suffix == ".gz" else open
    with opener(data, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    head = rows[0] if rows else []
    first = head.index("h0") if "h0" in head else -1
    if first < 0 or len(rows) < 2:
        raise ValueError(f"{data.name}: no columns h0, h1, ...: a file of hourly series is needed")
    hours = np.array([row[first:] for row in rows[1:]], dtype=float)
    run = np.cumsum(np.repeat(hours / HOUR, HOUR, axis=1), axis=1)
    return np.diff(np.floor(run), axis=1, prepend=0).astype(np.int64)


def _series_alarms(stream: Stream, size: int) -> Ints:
    first = np.full(len(stream.onset), -1)
    for at in range(24 * HOUR, size, 3):
        for one in detect(stream.until(BUCKETS + at)):
            if first[one.phrase] < 0:
                first[one.phrase] = at
    return first


def _naive_series_alarms(stream: Stream, size: int) -> Ints:
    first = np.full(len(stream.onset), -1)
    for at in range(24 * HOUR, size, 3):
        past = stream.counts[:, 0, BUCKETS : BUCKETS + at + 1][:, -BUCKETS:]
        now, mean = past[:, -HOUR:].sum(axis=1), past.mean(axis=1) * HOUR
        raised = (now >= NAIVE_RISE * mean) & (now >= VOICES) & (first < 0)
        first[raised] = at
    return first
