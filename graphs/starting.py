"""Starting: what a caller may bring to start a graph, checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

MOST_TOP = 100
T = TypeVar("T", bound=BaseModel)


class RunError(Exception):
    """Root of what goes wrong with runs (`graphs.runs` has the tree)."""


class BadStart(RunError):
    """It cannot be started so."""


class _Given(BaseModel):
    """What a caller may bring; files come in as signals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: AwareDatetime | None = None

    def moment(self) -> datetime | None:
        """The moment in UTC; BadStart where it is still to come."""
        if self.as_of is not None and self.as_of > datetime.now(UTC):
            raise BadStart(f"as_of: {self.as_of.isoformat()} is still to come")
        return self.as_of.astimezone(UTC) if self.as_of else None


class AnalyzeGiven(_Given):
    """An idea, and as of when it is judged: as of when it was last seen unless told."""

    idea_id: UUID


class DiscoverGiven(_Given):
    """As of when the signals are looked at, now unless told, and how many ideas are chosen and judged."""

    top: int = Field(default=10, ge=1, le=MOST_TOP)


class ProduceGiven(BaseModel):
    """A design of a batch that waits to be drawn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    design_id: UUID


class LaunchGiven(BaseModel):
    """A listing that was begun and is not drawn up yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listing_id: UUID


def read_given(kind: type[T], given: Mapping[str, Any]) -> T:
    """What was given, checked; BadStart names the first thing that is wrong."""
    try:
        return kind.model_validate(dict(given))
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "input"
        raise BadStart(f"{where}: {first['msg']}") from None
