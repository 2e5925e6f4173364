"""Data science: how much the other desks' figures can be trusted, and how wide they really are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from pydantic import Field

from agents.brief import Brief
from agents.figures import (
    Array,
    Counts,
    Figures,
    Rows,
    clamp,
    clean_evidence,
    counts_of,
    mention_rows,
    percent,
    plural,
    stance,
)
from agents.specialist import Abstain, Report, Specialist
from trends.fact import Fact, Facts
from trends.growth import GROWTH_DAYS, WINDOW_DAYS, attention
from trends.idea import Mention

ROBUST_Z = 3.5
"""Beyond it a value is an outlier: |x - median| / (1.4826 MAD), Iglewicz and Hoaglin 1993."""
FEWEST = 8
"""Fewest values for outliers, and for an interval of a median."""
MOST_VALUES = 2000
SMALL_SAMPLE = 30
ENOUGH = 100
SOUND_SCORE = 65
"""What about twenty signals with nothing missing score."""
SUSPECT = {"repeated": 0.3, "top_author": 0.5, "impossible": 0.1}
"""From these shares of the signals on, figures are suspected to be made."""
COUNTS = frozenset({"items", "level", "rank"})
"""Metrics of a count that somebody already made."""
ALPHA = 1.645
"""Two-sided 90% of a normal distribution."""


class DataScienceReport(Report):
    """How far the figures carry."""

    confidence: float = Field(
        ge=0,
        le=100,
        description="Your trust in the other desks' figures, 0-100; start from data_science.confidence.",
        json_schema_extra={"judgement": True},
    )
    caveats: list[str] = Field(max_length=6, description="What to bear in mind; figures only as facts state them.")


def facts(brief: Brief) -> list[Fact]:
    """Sample size, missing data, outliers, signs of bots, and 90% intervals on the key figures."""
    evidence = clean_evidence(brief.evidence)
    mentions = evidence.mentions
    if not mentions:
        raise Abstain("no signal points at this idea: there is nothing to measure")
    rows, figures = mention_rows(mentions, brief.as_of), Figures("data_science")
    figures.add("mentions", len(mentions), "count", "signals that point at the idea", rows)
    figures.add("authors", max(evidence.authors, 0), "count", "independent authors", rows)
    figures.add("sources", len(set(evidence.sources) or {m.source for m in mentions}), "count", "sources", rows)
    figures.add("days", len(evidence.days), "days", "days of the series", rows)
    counts = [counts_of(mention) for mention in mentions]
    missing = _missing(figures, mentions, counts, rows)
    values = np.array([acts for each in counts[:MOST_VALUES] if (acts := each.interactions) is not None])
    outliers = _outliers(figures, values, rows)
    suspicion = _suspicion(figures, mentions, counts, rows)
    _interval(figures, "median_interactions", values, "count", rows)
    _interval(figures, "median_engagement", _engagement(counts[:MOST_VALUES]), "ratio", rows)
    _growth_interval(figures, attention(evidence), rows)
    size = clamp(float(np.log1p(max(len(mentions), evidence.authors)) / np.log1p(ENOUGH)))
    trust = 100 * size * (1 - 0.5 * missing) * (1 - 0.5 * outliers) * (1 - suspicion)
    label = "trust in the figures: sample size, less missing data, outliers and signs of bots"
    figures.add("confidence", trust, "score_0_100", label, rows)
    return figures.facts


def _missing(figures: Figures, mentions: Sequence[Mention], counts: Sequence[Counts], rows: Rows) -> float:
    """Mean share of signals without author, without publication time, without any figure."""
    shares = {
        "author": sum(m.author_hash is None and "authors" not in m.metrics for m in mentions) / len(mentions),
        "time": sum(m.published_at is None and not counted(m) for m in mentions) / len(mentions),
        "metrics": sum(all(value is None for value in each) for each in counts) / len(mentions),
    }
    words = {"author": "an author", "time": "a publication time", "metrics": "views or interactions"}
    for name, share in shares.items():
        figures.add(f"missing_{name}_share", share, "share", f"signals without {words[name]}", rows)
    return sum(shares.values()) / len(shares)


def _outliers(figures: Figures, values: Array, rows: Rows) -> float:
    if len(values) < FEWEST:
        return 0.0
    share = float((np.abs(robust_z(np.log1p(values))) > ROBUST_Z).mean())
    figures.add("outlier_share", share, "share", "signals whose (log) interactions lie far from the rest", rows)
    return share


def robust_z(values: Array) -> Array:
    """Distance from the median in units of 1.4826 MAD; zeros where more than half of the values are equal."""
    distance = values - np.median(values)
    spread = 1.4826 * float(np.median(np.abs(distance)))
    return distance / spread if spread > 0 else np.zeros_like(values)


def counted(mention: Mention) -> bool:
    """Whether it is a count somebody made of many things, not one thing that somebody wrote."""
    return not mention.metrics.keys().isdisjoint(COUNTS)


def _suspicion(figures: Figures, mentions: Sequence[Mention], counts: Sequence[Counts], rows: Rows) -> float:
    """The largest sign of bots that passes its threshold, as a share of the signals; 0 where none does."""
    written = [mention for mention in mentions if not counted(mention)]
    signs: dict[str, float] = {}
    if len(written) >= FEWEST:
        texts = {mention.text.casefold().strip() for mention in written}
        signs["repeated"] = 1 - len(texts) / len(written)
        figures.add("repeated_share", signs["repeated"], "share", "signals whose text repeats another's", rows)
    authors = Counter(mention.author_hash for mention in written if mention.author_hash is not None)
    if authors.total() >= FEWEST:
        signs["top_author"] = authors.most_common(1)[0][1] / authors.total()
        figures.add("top_author_share", signs["top_author"], "share", "signals by the most frequent author", rows)
    both = [(each.likes, each.views) for each in counts if each.likes is not None and each.views is not None]
    if len(both) >= FEWEST:
        signs["impossible"] = sum(likes > views for likes, views in both) / len(both)
        figures.add("impossible_share", signs["impossible"], "share", "signals with more likes than views", rows)
    worst = max((share for name, share in signs.items() if share >= SUSPECT[name]), default=0.0)
    label = "a sign of bots: texts repeated, one author, or more likes than views"
    figures.add("bot_suspicion", worst > 0, "bool", label, rows)
    return worst


def _interval(figures: Figures, name: str, values: Array, unit: str, rows: Rows) -> None:
    if len(values) == 0:
        return
    label = f"{name.removeprefix('median_').replace('_', ' ')} of the middle signal"
    figures.add(name, float(np.median(values)), unit, label, rows)
    if len(values) >= FEWEST:
        low, high = median_interval(values)
        figures.add(f"{name}_low", low, unit, f"{label}: low end (90% interval)", rows)
        figures.add(f"{name}_high", high, unit, f"{label}: high end (90% interval)", rows)


def _engagement(counts: Sequence[Counts]) -> Array:
    """Interactions a view of each signal that has both, at most 1."""
    pairs = ((each.interactions, each.views) for each in counts)
    return np.array(
        [clamp(acts / views) for acts, views in pairs if acts is not None and views is not None and views > 0]
    )


def median_interval(values: Array) -> tuple[float, float]:
    """A distribution-free 90% interval of the median, by order statistics (binomial ranks, normal approximation)."""
    ordered, size = np.sort(values), len(values)
    reach = ALPHA * np.sqrt(size) / 2
    low, high = int(np.floor(size / 2 - reach)), int(np.ceil(size / 2 + reach))
    return float(ordered[max(low, 0)]), float(ordered[min(high, size - 1)])


def _growth_interval(figures: Figures, series: Sequence[float], rows: Rows) -> None:
    """The 90% interval of `trends.growth.growth_per_day`: the log of a ratio of two means, by the delta method.

    Left out where a window holds nothing: out of silence there is no interval.
    """
    window = min(WINDOW_DAYS, len(series) // 2)
    if len(series) < GROWTH_DAYS or window < 2:
        return
    windows = (np.asarray(series[-window:], dtype=float), np.asarray(series[-2 * window : -window], dtype=float))
    last, before = (float(each.mean()) for each in windows)
    if last <= 0 or before <= 0:
        return
    shares = [each / each.max() for each in windows]  # the square of a very small mean would be nothing
    error = float(np.sqrt(sum(float(each.var(ddof=1)) / window / float(each.mean()) ** 2 for each in shares)))
    for name, sign in (("low", -1), ("high", 1)):
        value = (np.log(last) - np.log(before) + sign * ALPHA * error) / window
        label = f"growth a day, last week on the one before: {name} end (90% interval)"
        figures.add(f"growth_{name}", float(np.expm1(value)), "per_day", label, rows)


def rule(facts: Facts) -> DataScienceReport:
    """Against acting on little or made data; near neutral where the data are sound: sound data are no reason to buy."""
    trust, count = facts.number("data_science.confidence"), facts.number("data_science.mentions")
    used = [f"data_science.{name}" for name in ("confidence", "mentions", "authors", "bot_suspicion")]
    authors = facts.number("data_science.authors")
    suspected = bool(facts["data_science.bot_suspicion"].value)
    caveats = []
    if suspected:
        caveats.append("Repeated texts, one author or impossible counts: part of this may be made by bots.")
    if max(count, authors) < SMALL_SAMPLE:
        caveats.append(f"Small sample: {plural(count, 'signal')}.")
    for name, words in (
        ("author", "name no author"),
        ("time", "state no time of publication"),
        ("metrics", "carry no counts"),
    ):
        share = facts.find_number(f"data_science.missing_{name}_share")
        if share is not None and share >= 0.5:
            used.append(f"data_science.missing_{name}_share")
            caveats.append(f"{percent(share)} of the signals {words}.")
    low, high = facts.find_number("data_science.growth_low"), facts.find_number("data_science.growth_high")
    if low is not None and high is not None and low < 0 < high:
        used += ["data_science.growth_low", "data_science.growth_high"]
        caveats.append(f"Growth a day lies between {percent(low)} and {percent(high)}: it may be none.")
    judged = (
        "Part of it looks made."
        if suspected
        else "Sound enough to act on."
        if trust >= SOUND_SCORE
        else "Thin: act with care."
    )
    size = f"{plural(count, 'signal')} by {plural(authors, 'author')}"
    return DataScienceReport(
        summary=f"The figures score {trust:g} for trust, from {size}. {judged}",
        stance=stance(-0.6 if suspected else (trust - SOUND_SCORE) / 300),
        facts=used,
        confidence=trust,
        caveats=caveats,
    )


DATA_SCIENCE = Specialist("data_science", tier="instant", facts=facts, report=DataScienceReport, rule=rule)
