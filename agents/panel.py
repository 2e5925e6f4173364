"""Panel: the engine that runs every specialist and the coordinator. Written once, here.

    facts -> prompt -> model -> parse -> grounding -> finding
               |         |        |
               +---------+--------+--> the rule, and the finding says why

How a specialist can end (SPEC 2):

    opinion      its report counts; `judged_by` says whether a model or its rule wrote it. Where every model of its tier
                 failed in whatever way (busy, down, too slow, refused, unreadable twice, over a ceiling), the rule judges
                 and the reason names each fault. A garbled answer never becomes a verdict by default: it is dropped.
    abstained    no data for its facts, or its rule asked for a fact that could not be computed
    failed       its facts or, after the models, its rule broke: a bug, told apart from having nothing to say
    ungrounded   its report states a figure that no fact has, or cites a fact that is not there: kept, does not count
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from agents import coordinator
from agents.brief import Brief
from agents.decision import Verdict
from agents.specialist import Abstain, Finding, Outcome, Report, Specialist
from trends.fact import Fact, Facts, MissingFact

NO_MODEL = "no model is configured"

BUGS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a broken specialist raises. One desk's bug must not lose the other ten: it ends as failed, with its reason."""


class Advice(NamedTuple):
    """What came of asking the coordinator."""

    finding: Finding
    verdict: Verdict | None
    steps: tuple[str, ...]


class Panel:
    """Asks specialists and the coordinator, by models where there are some, else by their rules."""

    async def ask(self, specialist: Specialist, brief: Brief, run: str | None = None) -> Finding:
        """What one specialist makes of an idea; never raises for what a specialist or a provider does wrong."""
        try:
            facts = tuple(specialist.facts(brief))
        except Abstain as none:
            return Finding(specialist.name, Outcome.ABSTAINED, "nobody", reason=str(none))
        except BUGS as bug:
            return _failed(specialist.name, (), "computing its facts", bug)
        return self._by_rule(specialist, facts, NO_MODEL)

    async def coordinate(
        self,
        findings: Sequence[Finding],
        brief: Brief,
        record: Sequence[coordinator.Record] = (),
        run: str | None = None,
    ) -> Advice:
        """The coordinator's advice on all findings, in eight steps."""
        own = coordinator.facts(findings, brief.as_of, record)
        facts = Facts([fact for found in findings for fact in found.facts] + list(own))
        try:
            report = coordinator.rule(findings, facts, brief)
        except BUGS as bug:
            return Advice(_failed(coordinator.NAME, own, "its rule", bug), None, ())
        finding = _opinion(coordinator.NAME, own, report, "rule", NO_MODEL)
        return Advice(finding, report.verdict, tuple(report.steps))

    def _by_rule(self, specialist: Specialist, facts: tuple[Fact, ...], reason: str) -> Finding:
        try:
            report = specialist.rule(Facts(facts))
        except (Abstain, MissingFact) as none:
            return Finding(specialist.name, Outcome.ABSTAINED, "nobody", facts, reason=f"its rule has {none}")
        except BUGS as bug:
            return _failed(specialist.name, facts, "its rule", bug)
        return _opinion(specialist.name, facts, report, "rule", reason)


def _opinion(agent: str, facts: tuple[Fact, ...], report: Report, by: str, reason: str) -> Finding:
    found = Finding(agent, Outcome.OPINION, "rule", facts, report.model_dump(mode="json"), reason)
    return found if by == "rule" else replace(found, judged_by="model")


def _failed(agent: str, facts: tuple[Fact, ...], where: str, bug: Exception) -> Finding:
    return Finding(agent, Outcome.FAILED, "nobody", facts, reason=f"{where} broke: {type(bug).__name__}")
