"""Specialist: the facts it computes, the report it fills, the rule it judges by.

Errors: `Abstain` (no data for its facts: say why, go on). Everything else a specialist raises is a bug.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.brief import Brief
from trends.fact import Fact, Facts

Tier = Literal["versatile", "reasoning", "instant", "web", "writing"]


class Abstain(Exception):
    """The specialist has no data for its facts. The message says what is missing and how to bring it."""


class Outcome(StrEnum):
    """How a specialist ended. Never confused with one another."""

    OPINION = "opinion"
    ABSTAINED = "abstained"
    FAILED = "failed"
    UNGROUNDED = "ungrounded"


class Report(BaseModel):
    """What a specialist says. Every number in it must be a fact's value; `facts` names those it stands on.

    Field descriptions are part of the prompt. Every report carries a `stance` so that a track record can be kept.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    summary: str = Field(
        max_length=600, description="Two sentences a seller understands. Figures only as facts state them."
    )
    stance: float = Field(
        ge=-1, le=1, description="From -1 (do not make it) to 1 (make it), seen from this desk alone."
    )
    facts: list[str] = Field(max_length=40, description="Ids of the facts this report stands on.")


@dataclass(frozen=True, slots=True)
class Specialist:
    """One agent. `facts` raises Abstain; `rule` sees this agent's own facts only."""

    name: str
    tier: Tier
    facts: Callable[[Brief], Sequence[Fact]]
    report: type[Report]
    rule: Callable[[Facts], Report]


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of asking one specialist: its outcome, and its report where it has one."""

    agent: str
    outcome: Outcome
    judged_by: Literal["model", "rule", "nobody"]
    facts: tuple[Fact, ...] = ()
    report: dict[str, Any] | None = None
    """The report's fields, JSON-ready. Kept for an ungrounded one too, but it does not count."""
    reason: str = ""
    """Why it abstained, failed, is ungrounded, or fell back to its rule."""
    model: str | None = None
    prompt_hash: str | None = None
    seed: int | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost_micro_usd: int = 0
    cached: bool = field(default=False, compare=False)

    @property
    def counts(self) -> bool:
        """Only an opinion counts in a decision."""
        return self.outcome is Outcome.OPINION
