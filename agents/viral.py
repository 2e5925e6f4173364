"""Viral: how fast it moves, and whether each sighting breeds more.

The branching ratio n is the mean number of sightings that one sighting sets off in a self-exciting (Hawkes) process: at
1 it feeds itself. It is estimated from the mean m and variance v of counts in equal windows, n = 1 - sqrt(m / v)
(Hardiman and Bouchaud, Physical Review E 90, 062807, 2014), here of arrivals a day. A trend in the base rate passes for
breeding, so with a rising series it is an upper figure.

`viral.potential` = 100 x the mean of the parts that have data, each within 0 and 1: median engagement / .10, median
shares a view / .02, median talk / .20, branching ratio, and hooks (share of texts with two or more).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from statistics import mean

import numpy as np
from pydantic import Field

from agents.brief import Brief
from agents.figures import Counts, Figures, Rows, clamp, counts_of, mention_rows, percent, plural, stance
from agents.lexicon import HOOKS, MOST_TEXTS, known, texts_of
from agents.specialist import Abstain, Report, Specialist
from trends.fact import Fact, Facts
from trends.idea import Mention

FULL_ENGAGEMENT = 0.10
FULL_SHARES = 0.02
FULL_TALK = 0.20
PARTS = (
    ("engagement", FULL_ENGAGEMENT, "interactions a view"),
    ("share", FULL_SHARES, "shares a view"),
    ("talk", FULL_TALK, "comments a like"),
)
BRANCHING_DAYS = 14
BRANCHING_ARRIVALS = 30
ARRIVAL_DAYS = 365
SEEN_RATIO = 0.05
NEUTRAL_SCORE = 35
"""About what the middle subject of a video platform's trending list scores."""
YOUNGEST_HOURS = 1.0
"""What is younger than an hour counts as an hour old."""

_number = re.compile(r"\d")


class ViralReport(Report):
    """Whether it will spread by itself."""

    viral_potential: float = Field(
        ge=0,
        le=100,
        description="Your judgement of its potential to spread, 0-100; start from viral.potential.",
        json_schema_extra={"judgement": True},
    )


def facts(brief: Brief) -> list[Fact]:
    """Velocity, engagement, share ratio, branching ratio, and hooks of the texts."""
    mentions = brief.evidence.mentions[-10 * MOST_TEXTS :]
    if not mentions:
        raise Abstain("no signal points at this idea: nothing moves")
    rows, figures = mention_rows(mentions, brief.as_of), Figures("viral")
    parts = _movement(figures, mentions, rows)
    ratio = branching_ratio(arrivals(mentions, brief.as_of))
    if ratio is not None:
        figures.add("branching_ratio", ratio, "index", "sightings that one sighting sets off (Hawkes), 0-1", rows)
        parts.append(ratio)
    if not parts:
        raise Abstain("no likes, comments, shares or scores are known, and too few dated signals: bring counts")
    hooks = _hooks(figures, texts_of(mentions), rows)
    if hooks is not None:
        parts.append(hooks)
    label = f"potential to spread, 0-100, from {plural(len(parts), 'part')}"
    figures.add("potential", 100 * mean(parts), "score_0_100", label, rows)
    return figures.facts


def _movement(figures: Figures, mentions: Sequence[Mention], rows: Rows) -> list[float]:
    """Views an hour, engagement a view, shares a view; the parts of the potential that they make."""
    speeds: list[float] = []
    ratios: dict[str, list[float]] = {"engagement": [], "share": [], "talk": []}
    for mention in mentions:
        counts = counts_of(mention)
        views, acts, shares = counts.views, counts.interactions, counts.shares
        born = mention.published_at or mention.first_known_at
        hours = max((mention.known_at - born).total_seconds() / 3600, YOUNGEST_HOURS)
        if views is not None and views > 0:
            speeds.append(views / hours)
            if acts is not None:
                ratios["engagement"].append(min(acts / views, 1.0))
            if shares is not None:
                ratios["share"].append(clamp(shares / views))
        elif views is None and acts is not None:
            speeds.append(acts / hours)
        talk = _talk(counts)
        if talk is not None:
            ratios["talk"].append(talk)
    if speeds:
        label = "views (where none are counted, interactions) an hour of the middle signal"
        figures.add("per_hour", float(np.median(speeds)), "per_hour", label, rows)
    parts = []
    for name, full, label in PARTS:
        if ratios[name]:
            middle = float(np.median(ratios[name]))
            figures.add(f"{name}_ratio", middle, "ratio", f"{label} of the middle signal", rows)
            parts.append(clamp(middle / full))
    return parts


def _talk(counts: Counts) -> float | None:
    """Comments for each like (or point of score), at most 1; None where either is not counted."""
    liked = counts.likes if counts.likes is not None else counts.score
    if counts.comments is None or liked is None or liked <= 0:
        return None
    return clamp(counts.comments / liked)


def arrivals(mentions: Sequence[Mention], as_of: datetime) -> list[float]:
    """New things a day within the last year, oldest day first; by publication where most state it.

    Else by when they were first known: the day on which watching began is left out, for what was there then arrived
    unseen, and there are none where under half of the days were watched (files that were captured now and then).
    """
    since = as_of.toordinal() - ARRIVAL_DAYS
    published = [each.published_at.toordinal() for each in mentions if each.published_at is not None]
    recent = [day for day in published if day > since]
    if len(recent) * 2 > len(mentions):
        return _per_day(recent)
    counts = _per_day([day for each in mentions if (day := each.first_known_at.toordinal()) > since])[1:]
    return counts if sum(count > 0 for count in counts) * 2 >= len(counts) else []


def _per_day(days: Sequence[int]) -> list[float]:
    counted: list[float] = np.bincount(np.array(days, dtype=int) - min(days, default=0)).astype(float).tolist()
    return counted


def branching_ratio(counts: Sequence[float]) -> float | None:
    """n = 1 - sqrt(mean / variance) of counts in equal windows; 0 where they vary no more than by chance.

    None under 14 windows or 30 arrivals.
    """
    values = np.asarray(counts, dtype=float)
    if len(values) < BRANCHING_DAYS or values.sum() < BRANCHING_ARRIVALS:
        return None
    middle, spread = float(values.mean()), float(values.var(ddof=1))
    return clamp(1 - float(np.sqrt(middle / spread))) if spread > 0 else 0.0


def _hooks(figures: Figures, texts: Sequence[str], rows: Rows) -> float | None:
    """Share of texts with two hooks or more: question, number, address, how-to, superlative, exclamation."""
    if not texts:
        return None
    counts = [
        sum(name in known(text).names for name in HOOKS) + ("?" in text) + ("!" in text) + bool(_number.search(text))
        for text in texts
    ]
    share = sum(count >= 2 for count in counts) / len(counts)
    figures.add("hook_share", share, "share", "texts with two hooks or more (question, number, address, ...)", rows)
    return share


def rule(facts: Facts) -> ViralReport:
    """For it above what a middling subject scores, against it below; with little weight: what spreads need not sell."""
    score, used = facts.number("viral.potential"), ["viral.potential"]
    said = []
    for name, words in (("engagement", "interact"), ("share", "share it")):
        value = facts.find_number(f"viral.{name}_ratio")
        if value is not None:
            used.append(f"viral.{name}_ratio")
            said.append(f"{percent(value)} of viewers {words}")
    talk = facts.find_number("viral.talk_ratio")
    if talk is not None and not said:
        used.append("viral.talk_ratio")
        said.append(f"{talk:.2f} comments for each like")
    ratio = facts.find_number("viral.branching_ratio")
    if ratio is not None:
        used.append("viral.branching_ratio")
        said.append(f"one sighting sets off {ratio:.2f} more" if ratio >= SEEN_RATIO else "sightings breed no more")
    judged = "It spreads by itself." if score >= 60 else "It spreads somewhat." if score >= 30 else "It hardly spreads."
    because = f": {', '.join(said)}" if said else ""
    return ViralReport(
        summary=f"Its potential to spread scores {score:g}{because}. {judged}",
        stance=stance((score - NEUTRAL_SCORE) / 130),
        facts=used,
        viral_potential=score,
    )


VIRAL = Specialist("viral", tier="instant", facts=facts, report=ViralReport, rule=rule)
