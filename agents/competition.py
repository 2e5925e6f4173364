"""Competition: how many sell it already, how strong they are, and how much of the field one seller holds.

Three signs are each scored 0, 1 or 2 by the thresholds below; their sum is the level: 0-1 low, 2-3 medium, 4-6 high.
With one sign alone the level is medium at least: a mere count of listings shows no open field.

    crowding       listings known: under 15, under 60, more; one more where there are 2 or more listings a mention
    incumbents     median reviews a listing: under 100, under 1,000, more (left out where no listing states reviews)
    concentration  HHI of sellers above what equal sellers would give: under .15, under .25, more (the steps of the
                   US Horizontal Merger Guidelines of 2010; left out where under five listings name a seller)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Literal

from pydantic import Field

from agents.brief import Brief
from agents.figures import Figures, comparable_rows, mention_rows, percent, plural, stance
from agents.specialist import Abstain, Report, Specialist
from market.comparables import Comparable
from trends.fact import Fact, Facts

FEWEST = 5
"""Fewest comparables for a level: fewer say nothing of a market."""
FEWEST_SIGNS = 2
CROWDING = (15, 60)
PER_MENTION = 2.0
INCUMBENTS = (100, 1000)
CONCENTRATION = (0.15, 0.25)
STRONG_REVIEWS = 1000
LEVELS = ("low", "low", "medium", "medium", "high", "high", "high")

Level = Literal["low", "medium", "high"]


class CompetitionReport(Report):
    """How hard it is to be seen."""

    level: Level = Field(description="The value of competition.level; a higher one where the facts give cause.")


def facts(brief: Brief) -> list[Fact]:
    """Listings, listings per demand, concentration of sellers, strength of incumbents, and the level they make."""
    rows = brief.comparables.rows
    if len(rows) < FEWEST:
        raise Abstain(
            f"{plural(len(rows), 'comparable')} known, {FEWEST} needed to judge competition; "
            "bring a CSV with title, price, seller, rating and reviews of similar products"
        )
    figures = Figures("competition")
    named = comparable_rows(rows, brief.as_of)
    figures.add("listings", len(rows), "count", "comparable listings known", named)
    crowding = grade(len(rows), CROWDING)
    mentions = len(brief.evidence.mentions)
    if mentions:
        ratio = len(rows) / mentions
        both = named + mention_rows(brief.evidence.mentions, brief.as_of)
        figures.add(
            "listings_per_mention", ratio, "per_mention", "listings for each mention: supply against demand", both
        )
        crowding = min(crowding + (ratio >= PER_MENTION), 2)
    signs = [crowding, *_incumbents(figures, rows, brief), *_concentration(figures, rows, brief)]
    figures.add("signs", len(signs), "count", "signs the level is made of, out of three", named)
    total = sum(signs) if len(signs) >= FEWEST_SIGNS else max(sum(signs), LEVELS.index("medium"))
    figures.add("level", LEVELS[total], "text", "level of competition by the written thresholds", named)
    return figures.facts


def _incumbents(figures: Figures, rows: Sequence[Comparable], brief: Brief) -> list[int]:
    reviewed = [row for row in rows if row.reviews is not None]
    reviews = [row.reviews for row in reviewed if row.reviews is not None]
    if not reviews:
        return []
    named, middle = comparable_rows(reviewed, brief.as_of), float(median(reviews))
    figures.add("median_reviews", middle, "count", "reviews of the middle listing", named)
    strong = sum(count >= STRONG_REVIEWS for count in reviews) / len(reviews)
    figures.add("strong_share", strong, "share", f"share of listings with {STRONG_REVIEWS} reviews or more", named)
    return [grade(middle, INCUMBENTS)]


def _concentration(figures: Figures, rows: Sequence[Comparable], brief: Brief) -> list[int]:
    sold = [row for row in rows if row.seller]
    if len(sold) < FEWEST:
        return []
    named = comparable_rows(sold, brief.as_of)
    value, sellers = hhi([row.seller or "" for row in sold])
    figures.add("hhi", value, "index", "Herfindahl-Hirschman index of sellers, 0-1", named)
    figures.add("sellers", sellers, "count", "different sellers", named)
    return [grade(above_equal(value, len(sold)), CONCENTRATION)]


def hhi(sellers: Sequence[str]) -> tuple[float, int]:
    """Sum of squared shares of listings a seller, in (0, 1], and how many sellers there are."""
    counts = Counter(sellers)
    # In whole numbers: the order of the rows must not show in the last digit.
    return sum(count * count for count in counts.values()) / len(sellers) ** 2, len(counts)


def above_equal(value: float, listings: int) -> float:
    """HHI rescaled: 0 is every listing by its own seller, 1 is one seller; so small samples compare with large."""
    least = 1 / listings
    return (value - least) / (1 - least) if listings > 1 else 1.0


def grade(value: float, steps: tuple[float, float]) -> int:
    """0 under the first step, 1 under the second, else 2."""
    return sum(value >= step for step in steps)


def rule(facts: Facts) -> CompetitionReport:
    """The level of the facts, as it stands."""
    level, listings = facts.text("competition.level"), int(facts.number("competition.listings"))
    used = ["competition.level", "competition.listings"]
    parts = [f"{plural(listings, 'comparable listing')} known"]
    reviews, held = facts.find_number("competition.median_reviews"), facts.find_number("competition.strong_share")
    if reviews is not None and held is not None:
        used += ["competition.median_reviews", "competition.strong_share"]
        strong = f"{percent(held)} of them are well established" if held else "none of them is well established"
        parts.append(f"the middle one has {plural(reviews, 'review')}, {strong}")
    said: Level = "low" if level == "low" else "medium" if level == "medium" else "high"
    advice = {
        "low": "There is room for a new one.",
        "medium": "A new one needs a clear difference.",
        "high": "A new one will hardly be seen.",
    }
    return CompetitionReport(
        summary=f"Competition is {said}: {'; '.join(parts)}. {advice[said]}",
        stance=stance({"low": 0.6, "medium": -0.1, "high": -0.8}[said]),
        facts=used,
        level=said,
    )


COMPETITION = Specialist("competition", tier="instant", facts=facts, report=CompetitionReport, rule=rule)
