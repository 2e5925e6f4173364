"""Trend: is it growing, where in its life does it stand, and will it last long enough to sell.

`trend.sustainable` is true when all five hold, on at least 14 days of series; with fewer days there is no such fact:

    the last 7 days carry at least half of what the best 7 days carried
    something was seen on at least half of the days
    no single day carries more than half of all attention
    the newest day of the series is at most 7 days before the day of judgement
    its phase is not fading
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Literal

import numpy as np
from pydantic import Field

from agents.brief import Brief
from agents.figures import Array, Figures, Rows, clean_evidence, mention_rows, percent, plural, slug, stance
from agents.specialist import Abstain, Report, Specialist
from trends.fact import Fact, Facts
from trends.forecast import MINIMUM_DAYS, forecast
from trends.growth import PHASE_DAYS, Phase, attention, trend, week_ratio
from trends.idea import Evidence, Mention
from trends.lead_lag import MENTIONS, Lead, Untold, lead_lag

HORIZON_DAYS = 7
WEEK = 7
KEPT_SHARE = 0.5
ACTIVE_SHARE = 0.5
SPIKE_SHARE = 0.5
STALE_DAYS = 7
LEAP = 0.9
"""Growth a day above it comes out of silence, where it is bounded, not exact: a figure would only look exact."""
LONGEST_HALF_LIFE_DAYS = 365
"""A slower fall cannot be told from none."""
DAY_HOURS = 24
HOURLY_DAYS = 14
"""Over a longer time days are compared."""
MOST_SOURCES = 4


class TrendReport(Report):
    """Where it stands and where it goes."""

    phase: Literal["emerging", "rising", "peak", "fading"] = Field(description="Copied from trend.phase.")
    outlook: Literal["up", "flat", "down"] = Field(description="Where attention goes within the horizon.")
    horizon_days: int | None = Field(
        ge=1, description="Days ahead of the forecast: trend.horizon_days; null where there is no forecast."
    )


def facts(brief: Brief) -> list[Fact]:
    """Growth, acceleration, half-life, phase, forecast with interval, lead and lag by source, and whether it lasts."""
    evidence = clean_evidence(brief.evidence)
    if not evidence.mentions:
        raise Abstain("no signal points at this idea: there is no trend to read")
    found = trend(evidence)
    if found.phase is None or found.growth_per_day is None:
        quiet = "nothing was seen of late" if found.days >= PHASE_DAYS else f"{PHASE_DAYS} needed"
        raise Abstain(f"{plural(found.days, 'day')} of observations, {quiet}: too little for a phase; bring more days")
    rows, figures = mention_rows(evidence.mentions, brief.as_of), Figures("trend")
    figures.add("days", found.days, "days", "days of the series", rows)
    figures.add("phase", found.phase.value, "text", "phase of its life", rows)
    figures.add(
        "growth_per_day",
        found.growth_per_day,
        "per_day",
        "change of attention a day, last week on the one before",
        rows,
    )
    figures.add(
        "week_ratio", week_ratio(attention(evidence)), "ratio", "last week's attention over the week's before", rows
    )
    figures.add("acceleration", found.acceleration, "per_day", "change of the (log) growth a day, last six days", rows)
    half_life = found.half_life_days
    if half_life is not None and half_life <= LONGEST_HALF_LIFE_DAYS:
        figures.add("half_life_days", half_life, "days", "days in which attention halves since its peak", rows)
    figures.add("hours_since_peak", found.hours_since_peak, "hours", "hours since the day of most attention", rows)
    stale = max((brief.as_of.date() - evidence.days[-1]).days, 0)
    figures.add("stale_days", stale, "days", "days since anything was seen", rows)
    _lasting(figures, attention(evidence), stale, found.phase, rows)
    _forecast(figures, attention(evidence), rows)
    _lags(figures, evidence, brief)
    return figures.facts


def _lasting(figures: Figures, series: tuple[float, ...], stale_days: int, phase: Phase, rows: Rows) -> None:
    if len(series) < MINIMUM_DAYS:
        return
    values = np.asarray(series, dtype=float)
    weeks = np.convolve(values, np.ones(WEEK), "valid")
    kept = float(weeks[-1] / weeks.max()) if weeks.max() > 0 else 0.0
    active = float((values > 0).mean())
    spike = float(values.max() / values.sum()) if values.sum() > 0 else 1.0
    figures.add("kept_share", kept, "share", "last 7 days' attention against the best 7 days'", rows)
    figures.add("active_share", active, "share", "days on which something was seen", rows)
    figures.add("spike_share", spike, "share", "attention that fell on the single best day", rows)
    steady = kept >= KEPT_SHARE and active >= ACTIVE_SHARE and spike <= SPIKE_SHARE
    lasts = steady and stale_days <= STALE_DAYS and phase is not Phase.FADING
    figures.add(
        "sustainable", lasts, "bool", "lasts: week held, seen on most days, no one-day spike, fresh, not fading", rows
    )


def _forecast(figures: Figures, series: tuple[float, ...], rows: Rows) -> None:
    ahead = forecast(series, horizon=HORIZON_DAYS)
    if ahead is None:
        return
    now = float(np.mean(series[-3:]))
    figures.add("horizon_days", HORIZON_DAYS, "days", "days ahead of the forecast", rows)
    figures.add("now", now, "per_day", "attention a day now (mean of the last 3 days)", rows)
    chance = f"{ahead.coverage:.0%}"
    for name, values in (("low", ahead.low), ("median", ahead.median), ("high", ahead.high)):
        label = f"forecast attention a day, {HORIZON_DAYS} days ahead: {name} ({chance} interval)"
        figures.add(f"forecast_{name}", values[-1], "per_day", label, rows)


def _lags(figures: Figures, evidence: Evidence, brief: Brief) -> None:
    """By how much one source's mentions run before another's, with its interval; else why nobody can tell."""
    found, reasons = [], []
    for one, other in combinations(_watched(evidence), 2):
        both = [mention for mention in evidence.mentions if mention.source in (one, other)]
        hourly = _is_hourly(both)
        lead = _lead(one, other, both, hourly)
        if isinstance(lead, Lead):
            _add_lead(figures, one, other, lead, DAY_HOURS if hourly else 1, mention_rows(both, brief.as_of))
            found.append(_led(one, other, lead, hourly))
        else:
            reasons.append(f"{one} and {other}: {lead.reason}")
    told = "; ".join(found) or f"not told: {'; '.join(reasons) or 'no two sources with mentions enough'}"
    rows = mention_rows(evidence.mentions, brief.as_of)
    figures.add("lead_lag", told, "text", "which source runs before which", rows)


def _lead(one: str, other: str, both: Sequence[Mention], hourly: bool) -> Lead | Untold:
    first, second = (_counts([each for each in both if each.source == name], both, hourly) for name in (one, other))
    period = DAY_HOURS if hourly else WEEK
    return lead_lag(first, second, most=period, period=period)


def _add_lead(figures: Figures, one: str, other: str, lead: Lead, steps_a_day: int, rows: Rows) -> None:
    pair, label = f"{slug(one)}_{slug(other)}", f"days by which {one} runs before {other} (negative: after)"
    figures.add(f"lead_days_{pair}", lead.steps / steps_a_day, "days", label, rows)
    figures.add(f"lead_low_days_{pair}", lead.low / steps_a_day, "days", f"{label}: low (90% interval)", rows)
    figures.add(f"lead_high_days_{pair}", lead.high / steps_a_day, "days", f"{label}: high (90% interval)", rows)


def _watched(evidence: Evidence) -> list[str]:
    """The sources that mention it most, each often enough to be compared."""
    sources = Counter(mention.source for mention in evidence.mentions)
    return [source for source, count in sources.most_common(MOST_SOURCES) if count >= MENTIONS]


def _is_hourly(mentions: Sequence[Mention]) -> bool:
    """Whether the mentions are of a few days and their hours are known: not all of one hour, as those of a file are."""
    moments = [_happened_at(mention) for mention in mentions]
    short = max(moments) - min(moments) <= timedelta(days=HOURLY_DAYS)
    return short and len({moment.hour for moment in moments}) > DAY_HOURS // 2


def _counts(mentions: Sequence[Mention], both: Sequence[Mention], hourly: bool) -> Array:
    """Mentions by hour or day, from the first of both sources to the last."""
    step = 3600 if hourly else 86_400
    start, end = (int(one(_happened_at(each).timestamp() for each in both)) // step for one in (min, max))
    at = [int(_happened_at(each).timestamp()) // step - start for each in mentions]
    return np.bincount(at, minlength=end - start + 1).astype(float)


def _happened_at(mention: Mention) -> datetime:
    """When it was said, where that is known: when we saw it says how often its source is asked, too."""
    return mention.published_at or mention.first_known_at


def _led(one: str, other: str, lead: Lead, hourly: bool) -> str:
    """In words: who runs before whom, by how much."""
    unit = "hour" if hourly else "day"
    low, high = lead.low, lead.high
    if lead.steps < 0:
        one, other, low, high = other, one, -high, -low
    by = f"runs {plural(abs(lead.steps), unit)} before" if lead.steps else "runs together with"
    return f"{one} {by} {other} (90% interval {low} to {high} {unit}s)"


def rule(facts: Facts) -> TrendReport:
    """By phase; one step better where it lasts, one worse where it does not."""
    phase = Phase(facts.text("trend.phase"))
    used = ["trend.phase", "trend.growth_per_day", "trend.days"]
    value = {Phase.EMERGING: 0.5, Phase.RISING: 0.6, Phase.PEAK: 0.1, Phase.FADING: -0.5}[phase]
    lasting = "Too few days are known to say whether it lasts."
    if "trend.sustainable" in facts:
        used.append("trend.sustainable")
        lasts = bool(facts["trend.sustainable"].value)
        value += 0.3 if lasts else -0.3
        lasting = "It looks like lasting." if lasts else "It does not look like lasting: sell at once or not at all."
    if "trend.horizon_days" in facts:
        used += ["trend.horizon_days", "trend.forecast_median"]
    used += [name for name in ("trend.week_ratio", "trend.lead_lag") if name in facts]
    return TrendReport(
        summary=(
            f"It is {_said(phase)}: {_change(facts)} ({plural(facts.number('trend.days'), 'day')} observed). {lasting}"
        ),
        stance=stance(value),
        facts=used,
        phase=phase.value,
        outlook=_outlook(phase),
        horizon_days=int(facts.number("trend.horizon_days")) if "trend.horizon_days" in facts else None,
    )


def _change(facts: Facts) -> str:
    """The last week against the one before; without a figure where it came out of silence."""
    ratio, growth = facts.find_number("trend.week_ratio"), facts.number("trend.growth_per_day")
    if ratio is not None:
        return f"the last week brought {ratio:.1f} times the attention of the week before"
    if growth > LEAP:
        return "attention rises by leaps"
    return f"attention {'gains' if growth >= 0 else 'loses'} {percent(abs(growth))} a day"


def _said(phase: Phase) -> str:
    return {"peak": "at its peak"}.get(phase.value, phase.value)


def _outlook(phase: Phase) -> Literal["up", "flat", "down"]:
    if phase in (Phase.EMERGING, Phase.RISING):
        return "up"
    return "flat" if phase is Phase.PEAK else "down"


TREND = Specialist("trend", tier="reasoning", facts=facts, report=TrendReport, rule=rule)
