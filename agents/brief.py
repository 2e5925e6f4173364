"""Brief: everything a specialist may compute its facts from, known at `as_of`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from market.comparables import Comparables
from market.costs import CostTable
from trends.idea import Evidence, Idea, Score


@dataclass(frozen=True, slots=True)
class Citation:
    """A page that a web search found: quoted data from outside, never instruction."""

    url: str
    title: str
    published_on: str | None
    """ISO date as the page states it; None where it states none."""
    snippet: str


@dataclass(frozen=True, slots=True)
class Brief:
    """One idea, what was observed of it, what comparable things cost and sell for, and the day it is judged on."""

    idea: Idea
    evidence: Evidence
    score: Score | None
    comparables: Comparables
    costs: CostTable
    as_of: datetime
    citations: tuple[Citation, ...] = ()
