"""Arrival: the rows of a live answer as they may be believed.

A row that says it was known after it was fetched is known when it was fetched: that much we saw ourselves. A row that
says it was *published* ahead of our clock is quarantined: freshness and growth would be computed from a moment that has
not been, and which clock is wrong nobody can tell from here. A few minutes are let pass, clocks differ; so is a date of
today that has no time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from trends.fetch import SourceGarbled
from trends.payload import Read, ReferenceRow, Rejected
from trends.signal import Signal
from trends.survey import Unreadable
from trends.when import end_of_day

AHEAD = timedelta(minutes=5)
OTHER_SHAPE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What reading code meets in an answer that is not what it was written for."""


@dataclass(slots=True)
class Arrival:
    """Rows on their way from a source to the intake."""

    fetched_at: datetime
    since: datetime | None = None
    """Rows observed before it are quarantined: whoever pushes tells what is, and rewrites no past."""
    met: dict[UUID, datetime] = field(default_factory=dict)
    """When the things of this turn were met first: a post that is hot and on top is observed once, not twice within
    seconds, from which its growth would be computed."""
    newest: datetime | None = None
    """The newest time that the rows so far state: of publication, else of observation; never ahead of `fetched_at`."""

    def rows(self, read: Callable[[], Read]) -> Read:
        """The same rows numbered from 1, their times held against our clock.

        Raises:
            SourceGarbled: the answer has another shape than its reader knows.
        """
        number = 0
        try:
            for row in read():
                number += 1
                yield self._held(replace(row, row=number))
        except OTHER_SHAPE as error:
            raise SourceGarbled(f"an answer of another shape, at row {number + 1} ({type(error).__name__})") from error
        except Unreadable as error:
            raise SourceGarbled(str(error)) from error

    def _held(self, row: Signal | Rejected | ReferenceRow) -> Signal | Rejected | ReferenceRow:
        if isinstance(row, Rejected):
            return row
        if row.known_at > self.fetched_at:
            row = replace(row, known_at=self.fetched_at)
        if self.since is not None and row.known_at < self.since:
            gap = gap_of(self.fetched_at - row.known_at)
            return Rejected(row.row, f"observed {gap} ago: bring it as a file", getattr(row, "text", "")[:400])
        if isinstance(row, ReferenceRow):
            return row
        stated = row.published_at or row.known_at
        today = end_of_day(self.fetched_at.date())  # what a date of today without a time is read as
        if stated > self.fetched_at + AHEAD and stated != today:
            return Rejected(row.row, f"published {gap_of(stated - self.fetched_at)} ahead of our clock", row.text[:400])
        if stated > self.fetched_at:
            row = replace(row, published_at=self.fetched_at)
        stated = min(stated, self.fetched_at)
        self.newest = max(self.newest or stated, stated)
        if row.known_at < self.fetched_at:
            return row
        first = self.met.setdefault(row.id, self.fetched_at)
        return row if first == self.fetched_at else replace(row, known_at=first)


def gap_of(gap: timedelta) -> str:
    """A gap between clocks, as one says it: `12 min`, `3 h`, `2 days`."""
    seconds = abs(gap.total_seconds())
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 48 * 3600 else f"{seconds / 86_400:.0f} days"
