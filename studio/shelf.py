"""Shelf: how the library is searched, and where a design lies as it ages.

A search is a value: every condition that is given must hold. `Search.takes` says what it means; a store that answers it
by SQL gives the same designs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from studio.library import Tag
from trends.matching import words_of

Stage = Literal["active", "archived", "cold"]

ARCHIVED_AFTER = timedelta(days=90)
COLD_AFTER_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Filed:
    """What a search sees of a design."""

    id: str
    text: str
    tags: tuple[Tag, ...]
    category: str
    score: float
    """Likeness to its brand, in [0, 1]."""
    filed_on: date
    used_on: date | None = None
    """The last day it was exported, listed, opened to be worked on; None: never."""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. Empty, everything that is not deleted."""

    tags: tuple[str, ...] = ()
    """Each must be there, sure to at least `sure`."""
    sure: float = 0.5
    category: str = ""
    words: str = ""
    """Each word must stand in the text."""
    since: date | None = None
    until: date | None = None
    """Filed on these days or between them."""
    least_score: float = 0.0
    stages: frozenset[Stage] = frozenset(("active", "archived", "cold"))
    deleted: bool = False

    def takes(self, design: Filed, today: date) -> bool:
        """Whether a design is among what is looked for."""
        known = {tag.name for tag in design.tags if tag.confidence >= self.sure}
        return (
            design.deleted == self.deleted
            and known.issuperset(tag.casefold() for tag in self.tags)
            and self.category.casefold() in ("", design.category)
            and set(words_of(design.text)).issuperset(words_of(self.words))
            and (self.since is None or design.filed_on >= self.since)
            and (self.until is None or design.filed_on <= self.until)
            and design.score >= self.least_score
            and stage_of(design.filed_on, design.used_on, today) in self.stages
        )


def found(search: Search, designs: Iterable[Filed], today: date) -> list[Filed]:
    """The designs that a search takes, the newest first, then by likeness, then by id."""
    taken = (design for design in designs if search.takes(design, today))
    return sorted(taken, key=lambda one: (-one.filed_on.toordinal(), -one.score, one.id))


def stage_of(filed_on: date, used_on: date | None, today: date) -> Stage:
    """Active; archived from the 90th day without use on; cold once twelve months have passed without it."""
    last = max(filed_on, used_on) if used_on is not None else filed_on
    if today >= _months_after(last, COLD_AFTER_MONTHS):
        return "cold"
    return "archived" if today - last >= ARCHIVED_AFTER else "active"


def _months_after(day: date, months: int) -> date:
    """The same day of a later month; the 29th of February a year on is the 1st of March."""
    at = day.month - 1 + months
    year, month = day.year + at // 12, at % 12 + 1
    try:
        return day.replace(year=year, month=month)
    except ValueError:
        return date(year, month, 28) + timedelta(days=day.day - 28) if month == 2 else date(year, month + 1, 1)
