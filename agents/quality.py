"""Quality: will it print well, and do people keep what is like it.

`quality.fatal_risk` is true when any of these holds; it is always stated, for a phrase is always there:

    fewer than 2 letters or digits of the phrase can be printed
    the phrase is longer than twice what the format holds (CAPACITY, in characters)
    5 or more comparables are rated and their median rating is under 3.0
    5 or more comparables state returns and their median share of returned orders is over .20

`quality.score` = 100 x the mean of the parts that have data: print (share of the phrase that fits, times share of signs
that print) and rating ((median rating - 3) / 2, within 0 and 1).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from statistics import mean, median

import numpy as np
from pydantic import Field

from agents.brief import Brief
from agents.figures import Figures, clamp, clean_text, comparable_rows, idea_rows, plural, stance
from agents.specialist import Report, Specialist
from market.comparables import Comparable
from trends.fact import Fact, Facts

CAPACITY = {
    "shirt": 60, "hoodie": 60, "mug": 80, "poster": 120, "tote": 60, "sticker": 32, "ornament": 30, "pillow": 60,
    "phone_case": 36, "hat": 20, "notebook": 60, "apron": 50, "blanket": 80,
}  # fmt: skip
"""Characters of lettering that can be read at arm's length on each format's print area; our own estimate."""
DEFAULT_CAPACITY = 40
FEWEST = 5
LEAST_RATING = 3.0
MOST_RETURNED = 0.20
LEAST_LETTERS = 2
EMBROIDERED = frozenset({"hat"})
LONG_WORD = 16


class QualityReport(Report):
    """Whether it will please those who buy it."""

    quality: float = Field(
        ge=0,
        le=100,
        description="Your judgement of the quality to expect, 0-100; start from quality.score.",
        json_schema_extra={"judgement": True},
    )
    risks: list[str] = Field(max_length=6, description="What may go wrong; figures only as facts state them.")


def facts(brief: Brief) -> list[Fact]:
    """Rating level and spread, return proxies, and whether phrase and format can be printed."""
    figures, rows = Figures("quality"), idea_rows(brief)
    signs = [char for char in brief.idea.phrase.strip()[:1000] if not char.isspace()]
    length = len(" ".join(brief.idea.phrase.split()))
    capacity = CAPACITY.get(brief.idea.product_format, DEFAULT_CAPACITY)
    printed = [char for char in signs if _prints(char)]
    letters = sum(char.isalnum() for char in printed)
    share = len(printed) / len(signs) if signs else 0.0
    figures.add("phrase_length", length, "count", "characters of the phrase", rows)
    figures.add("capacity", capacity, "count", "characters the format holds", rows)
    longest = max((len(word) for word in brief.idea.phrase.split()), default=0)
    figures.add("longest_word", longest, "count", "characters of its longest word", rows)
    figures.add("printable_share", share, "share", "signs that lettering can print", rows)
    figures.add("full_colour", len(printed) < len(signs), "bool", "has signs (emoji) that need full colour", rows)
    figures.add("latin", _latin(printed), "bool", "written in Latin letters", rows)
    figures.add("embroidered", brief.idea.product_format in EMBROIDERED, "bool", "stitched: few colours, bold", rows)
    parts = [clamp(capacity / length if length else 0.0) * share]
    fatal = letters < LEAST_LETTERS or length > 2 * capacity
    rating = _ratings(figures, brief.comparables.rows, brief)
    if rating is not None:
        parts.append(clamp((rating - 3) / 2))
        fatal = fatal or rating < LEAST_RATING
    fatal = fatal or _returns(figures, brief.comparables.rows, brief)
    if brief.comparables.rows:
        rows = rows + comparable_rows(brief.comparables.rows, brief.as_of)
    figures.add("score", 100 * mean(parts), "score_0_100", "quality to expect, 0-100", rows)
    figures.add("fatal_risk", fatal, "bool", "unprintable, far too long, badly rated or often returned", rows)
    return figures.facts


def _prints(char: str) -> bool:
    """Letters, marks, digits, punctuation, and signs of money and mathematics; not emoji, controls, private use."""
    kind = unicodedata.category(char)
    return kind[0] in "LMNP" or kind in ("Sc", "Sm", "Sk")


def _latin(chars: Sequence[str]) -> bool:
    return all("LATIN" in unicodedata.name(char, "") for char in chars if char.isalpha())


def _ratings(figures: Figures, comparables: Sequence[Comparable], brief: Brief) -> float | None:
    """The median rating where enough comparables are rated."""
    rated = [row for row in comparables if row.rating is not None and 0 <= row.rating <= 5]
    values = [row.rating for row in rated if row.rating is not None]
    if not rated:
        return None
    rows = comparable_rows(rated, brief.as_of)
    figures.add("rated", len(rated), "count", "comparables with a rating", rows)
    figures.add("median_rating", median(values), "stars", "median rating, 0-5", rows)
    if len(rated) < FEWEST:
        return None
    low, high = np.quantile(values, (0.25, 0.75))
    figures.add("rating_spread", float(high - low), "stars", "upper less lower quartile of the ratings", rows)
    return float(median(values))


def _returns(figures: Figures, comparables: Sequence[Comparable], brief: Brief) -> bool:
    """Whether too many orders of comparables come back, where enough of them say."""
    stated = [row for row in comparables if row.return_ratio is not None and 0 <= row.return_ratio <= 1]
    values = [row.return_ratio for row in stated if row.return_ratio is not None]
    if not stated:
        return False
    rows = comparable_rows(stated, brief.as_of)
    figures.add("return_ratio", median(values), "share", "median share of orders returned", rows)
    return len(stated) >= FEWEST and median(values) > MOST_RETURNED


def rule(facts: Facts) -> QualityReport:
    """The score of the facts; a fatal risk is a clear no."""
    score, fatal = facts.number("quality.score"), bool(facts["quality.fatal_risk"].value)
    length, capacity = facts.number("quality.phrase_length"), facts.number("quality.capacity")
    used = ["quality.score", "quality.fatal_risk", "quality.phrase_length", "quality.capacity"]
    risks = []
    if length > capacity:
        risks.append(f"The phrase has {plural(length, 'character')}; the product holds {capacity:g}.")
    if facts.number("quality.longest_word") > LONG_WORD:
        risks.append("A long word will be set small.")
    if facts["quality.full_colour"].value:
        risks.append("It has signs that need a picture, not lettering.")
    if not facts["quality.latin"].value:
        risks.append("It needs a typeface for its script.")
    if facts["quality.embroidered"].value:
        risks.append("It is stitched: bold shapes and few colours only.")
    rating = facts.find_number("quality.median_rating")
    if rating is not None:
        used.append("quality.median_rating")
        rated = f"Things like it are rated {rating:.1f} of five stars."
    else:
        rated = "No ratings of similar products are known, so this says only how it prints."
    prints = (
        "It cannot go on as it is." if fatal else "It prints well." if not risks else "It can be printed, with care."
    )
    reach = 1.0 if rating is not None else 0.4
    return QualityReport(
        summary=f"{prints} {rated}",
        stance=stance(-1.0 if fatal else reach * (score - 50) / 50),
        facts=used,
        quality=score,
        risks=[clean_text(risk) for risk in risks],
    )


QUALITY = Specialist("quality", tier="instant", facts=facts, report=QualityReport, rule=rule)
