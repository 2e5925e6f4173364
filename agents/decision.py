"""Decision: the rule in code, after the coordinator's advice. Code can lower a verdict, never raise it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What is to become of an idea; ordered from reject to approve."""

    REJECT = "reject"
    REVIEW = "review"
    APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one revision of an idea, with what bounded it."""

    verdict: Verdict
    advice: Verdict | None
    """What the coordinator advised; None where it failed."""
    ceiling: Verdict
    """What the facts alone allow."""
    reasons: tuple[str, ...]
    """Why the ceiling is where it is, and why the verdict is below the advice where it is: one clear line each."""
    steps: tuple[str, ...]
    """The coordinator's eight written steps."""
