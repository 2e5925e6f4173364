"""Ablation: what would be decided without one of the specialists, anew, by coordinator and rule.

    left out    its say and its facts are gone
    silenced    its facts stay, only its say is gone

What the others found is not asked for again; a specialist without whom no decision changes has no measured effect, and
`at_most` says how large its true share may be all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from agents.brief import Brief
from agents.decision import Verdict, decide
from agents.panel import Panel
from agents.specialist import Finding, Outcome
from trends.fact import Facts

ORDER = list(Verdict)
AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Judged:
    """One idea as the panel left it."""

    brief: Brief
    findings: tuple[Finding, ...]
    stance: float | None
    """The coordinator's."""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Without:
    """What leaving one specialist out did: moves of the verdict (negative is down), of the stance, facts lost."""

    agent: str
    moves: tuple[int, ...]
    silenced: tuple[int, ...]
    stances: tuple[float, ...]
    facts: tuple[int, ...]

    @classmethod
    def of(cls, agent: str, judged: Sequence[Judged], tried: Sequence[tuple[Judged, Judged]]) -> Without:
        """What the ideas judged without it (and with its facts alone) show beside the whole."""
        pairs = list(zip(judged, tried, strict=True))
        return cls(
            agent,
            tuple(moved(whole, left) for whole, (left, _) in pairs),
            tuple(moved(whole, silent) for whole, (_, silent) in pairs),
            tuple(
                left.stance - whole.stance
                for whole, (left, _) in pairs
                if left.stance is not None and whole.stance is not None
            ),
            tuple(_facts_of(whole) - _facts_of(left) for whole, (left, _) in pairs),
        )

    @property
    def changed(self) -> int:
        """Decisions that come out otherwise."""
        return sum(move != 0 for move in self.moves)

    @property
    def raised(self) -> int:
        """Decisions that come out nearer to approve without it."""
        return sum(move > 0 for move in self.moves)

    @property
    def lowered(self) -> int:
        """Decisions that come out nearer to reject without it."""
        return sum(move < 0 for move in self.moves)

    @property
    def unheard(self) -> int:
        """Decisions that come out otherwise where only its say is gone."""
        return sum(move != 0 for move in self.silenced)

    @property
    def stance(self) -> float | None:
        """Mean change of the coordinator's stance, on the ideas where both had one."""
        return fmean(self.stances) if self.stances else None

    @property
    def at_most(self) -> float:
        """Where nothing changed: its true share at most, 95 % sure (3 of n, the rule of three: Hanley 1983)."""
        return min(3 / len(self.moves), 1) if self.moves else 1.0

    @property
    def told(self) -> str:
        """That it has no measured effect, in a line; empty where it has one."""
        if self.changed:
            return ""
        said = f"{self.agent}: no measured effect on {len(self.moves)} decisions"
        return f"{said} (its true share may be up to {self.at_most:.1%})" + (
            ", its say alone changes some" if self.unheard else ""
        )


def moved(before: Judged, after: Judged) -> int:
    """Steps from one verdict to the other; positive towards approve."""
    return ORDER.index(after.verdict) - ORDER.index(before.verdict)


async def ablate(
    panel: Panel,
    judged: Sequence[Judged],
    agents: Sequence[str],
    progress: Callable[[int, int], None] = lambda *_: None,
) -> list[Without]:
    """Each of these specialists left out in turn, of all ideas; `progress` is told of how many are done."""
    gate, found = asyncio.Semaphore(AT_ONCE), []
    for done, agent in enumerate(agents):
        progress(done, len(agents))
        tried = await asyncio.gather(*(_leave_out(panel, agent, one, gate) for one in judged))
        found.append(Without.of(agent, judged, tried))
    progress(len(agents), len(agents))
    return found


async def conclude(panel: Panel, brief: Brief, findings: Sequence[Finding]) -> Judged:
    """What coordinator and rule make of these findings: the facts are those that came with them."""
    advice = await panel.coordinate(findings, brief)
    facts = Facts(fact for found in findings for fact in found.facts)
    decision = decide(findings, facts, advice.verdict, advice.steps, idea=brief.idea, as_of=brief.as_of)
    report = advice.finding.report if advice.finding.counts else None
    return Judged(brief, tuple(findings), float(report["stance"]) if report else None, decision.verdict)


async def _leave_out(panel: Panel, agent: str, one: Judged, gate: asyncio.Semaphore) -> tuple[Judged, Judged]:
    """An idea judged without a specialist, and with its facts but not its say."""
    async with gate:
        others = [found for found in one.findings if found.agent != agent]
        silent = [
            replace(found, outcome=Outcome.ABSTAINED, reason="silenced") if found.agent == agent else found
            for found in one.findings
        ]
        return await conclude(panel, one.brief, others), await conclude(panel, one.brief, silent)


def _facts_of(one: Judged) -> int:
    return sum(len(found.facts) for found in one.findings)
