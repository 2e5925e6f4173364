"""Panel: the engine that runs every specialist and the coordinator. Written once, here.

    facts -> prompt -> model -> parse -> grounding -> finding
               |         |        |
               +---------+--------+--> the rule, and the finding says why

How a specialist can end:

    opinion      its report counts; `judged_by` says whether a model or its rule wrote it. Where every model of its
                 tier failed in whatever way (busy, down, too slow, refused, unreadable twice, over a ceiling), the rule
                 judges and the reason names each fault. An unreadable answer is dropped: it never becomes a verdict.
    abstained    no data for its facts, or its rule asked for a fact that could not be computed
    failed       its facts or, after the models, its rule broke: a bug, told apart from having nothing to say
    ungrounded   its report states a figure that no fact has, or cites a fact that is not there: kept, does not count
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from agents import coordinator
from agents.brief import Brief, Citation
from agents.coordinator import CoordinatorReport, Record
from agents.decision import Verdict, bounds_of
from agents.door import Door
from agents.grounding import Ground, grounds
from agents.model import Answer, Ask, Bill, Message, NoAnswer
from agents.script import conversation, read_report, schema_of, search
from agents.specialist import Abstain, Finding, Outcome, Report, Specialist, Tier
from prompts import Prompt, load
from trends.fact import Fact, Facts, MissingFact

NO_MODEL = "no model is configured"
COORDINATOR_TIER: Tier = "reasoning"
MAX_TOKENS: dict[Tier, int] = {"reasoning": 4000}
"""A reasoning model thinks aloud before it answers; the others answer at once."""
USUAL_TOKENS = 1200

BUGS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a broken specialist raises. One desk's bug must not lose the other ten: it ends as failed, with its reason."""

FRESH = timedelta(days=2)
"""How old an `as_of` may be for a page without a date to have been known by then."""


class Advice(NamedTuple):
    """What came of asking the coordinator."""

    finding: Finding
    verdict: Verdict | None
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """Who is asked about what: what model and rule have in common."""

    agent: str
    tier: Tier
    report: type[Report]
    facts: tuple[Fact, ...]
    ground: Ground
    run: str | None


class Panel:
    """Asks specialists and the coordinator, by models where there are some, else by their rules."""

    def __init__(
        self,
        door: Door | None = None,
        *,
        seed: int = 7,
        find_prompt: Callable[[str], Prompt] = load,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """No `door`: everybody judges by rule, and every finding says so."""
        self._door = door
        self._seed = seed
        self._find_prompt = find_prompt
        self._now = now

    async def ask(self, specialist: Specialist, brief: Brief, run: str | None = None) -> Finding:
        """What one specialist makes of an idea; never raises for what a specialist or a provider does wrong."""
        brief, searched, missed = await self._search(specialist, brief, run)
        try:
            facts = _checked(specialist.name, specialist.facts(brief))
        except (Abstain, MissingFact) as none:
            reason = f"{none}; {missed}" if missed else str(none)
            found = Finding(specialist.name, Outcome.ABSTAINED, "nobody", reason=reason)
            return _billed(found, searched)
        except BUGS as bug:
            return _billed(_failed(specialist.name, (), "computing its facts", bug), searched)
        ground = grounds(facts, _words_of(brief), _dates_of(brief))
        case = _Case(specialist.name, specialist.tier, specialist.report, facts, ground, run)
        found = await self._judge(
            case, lambda: conversation(self._find_prompt(case.agent), case.report, facts, brief),
            lambda: specialist.rule(Facts(facts)),
        )  # fmt: skip
        return _billed(found, searched)

    async def coordinate(
        self,
        findings: Sequence[Finding],
        brief: Brief,
        record: Sequence[Record] = (),
        *,
        run: str | None = None,
        notes: Sequence[str] = (),
    ) -> Advice:
        """The coordinator's advice on all findings, in eight steps. `notes` are a reviewer's, quoted to the model."""
        own = coordinator.facts(findings, brief.as_of, record)
        facts = Facts([fact for found in findings for fact in found.facts] + list(own))
        bounds = [line for _, line in bounds_of(facts, brief.idea, brief.as_of)]
        ground = Ground(facts, [*_words_of(brief), *bounds], _dates_of(brief))
        case = _Case(coordinator.NAME, COORDINATOR_TIER, CoordinatorReport, own, ground, run)
        finding = await self._judge(
            case, lambda: conversation(
                self._find_prompt(case.agent), case.report, coordinator.cited(findings, facts), brief, findings, notes
            ),
            lambda: coordinator.rule(findings, facts, brief),
        )  # fmt: skip
        if not finding.counts or finding.report is None:
            return Advice(finding, None, ())
        return Advice(finding, Verdict(finding.report["verdict"]), tuple(finding.report["steps"]))

    async def _judge(
        self, case: _Case, prompt: Callable[[], tuple[Message, ...]], rule: Callable[[], Report]
    ) -> Finding:
        """By the models of the tier; by the rule where there is none or none gave an answer that can be read."""
        if self._door is None or not self._door.routes(case.agent, case.tier):
            return self._by_rule(case, rule, NO_MODEL if self._door is None else f"{NO_MODEL} for {case.tier}")
        request = Ask(
            case.agent,
            case.tier,
            prompt(),
            schema_of(case.report),
            seed=self._seed,
            max_tokens=MAX_TOKENS.get(case.tier, USUAL_TOKENS),
            run=case.run,
        )
        try:
            answer, bill = await self._door.ask(request, lambda text: read_report(text, case.report))
        except NoAnswer as none:
            return _billed(self._by_rule(case, rule, str(none)), none.spent)
        return self._by_model(case, answer, bill)

    def _by_model(self, case: _Case, answer: Answer, bill: Bill) -> Finding:
        found = _concluded(case, read_report(answer.text, case.report), "model", "")
        return _billed(
            replace(
                found,
                model=f"{answer.provider}/{answer.model}",
                prompt_hash=self._find_prompt(case.agent).hash,
                seed=self._seed,
                cached=answer.cached,
            ),
            bill,
        )

    def _by_rule(self, case: _Case, rule: Callable[[], Report], reason: str) -> Finding:
        try:
            report = rule()
        except (Abstain, MissingFact) as none:
            return Finding(case.agent, Outcome.ABSTAINED, "nobody", case.facts, reason=f"its rule: {none}; {reason}")
        except BUGS as bug:
            return _failed(case.agent, case.facts, f"{reason}; its rule", bug)
        return _concluded(case, report, "rule", reason)

    async def _search(self, specialist: Specialist, brief: Brief, run: str | None) -> tuple[Brief, Bill, str]:
        """The brief with pages from the web, where the specialist reads the web and nobody brought any."""
        if specialist.tier != "web" or brief.citations or self._door is None:
            return brief, Bill(), ""
        if not self._door.routes(specialist.name, specialist.tier):
            return brief, Bill(), ""
        try:
            answer, bill = await self._door.ask(search(specialist.name, brief, self._seed, run), str)
        except NoAnswer as none:
            return brief, none.spent, str(none)
        known = tuple(page for page in answer.citations if self._known(page, brief.as_of))
        return replace(brief, citations=known), bill, "" if known else "the search found no page that was known by then"

    def _known(self, page: Citation, as_of: datetime) -> bool:
        """Whether a page was there at `as_of`: by its date or, undated, where that is today."""
        if page.published_on is None:
            return self._now() - as_of <= FRESH
        return page.published_on[:10] <= as_of.date().isoformat()


def _checked(agent: str, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts, each the agent's own and finite; ValueError where one is not."""
    for fact in facts:
        if fact.agent != agent:
            raise ValueError(f"{fact.id} is not a fact of {agent}")
        if isinstance(fact.value, float) and not math.isfinite(fact.value):
            raise ValueError(f"{fact.id} is not finite")
    return tuple(facts)


def _concluded(case: _Case, report: Report, by: Literal["model", "rule"], reason: str) -> Finding:
    """An opinion, or an ungrounded report with what is wrong with it."""
    written: dict[str, Any] = report.model_dump(mode="json")
    faults = case.ground.faults(report)
    if faults:
        lines = "; ".join(faults)
        told = f"{lines}; {reason}" if reason else lines
        return Finding(case.agent, Outcome.UNGROUNDED, by, case.facts, written, told)
    return Finding(case.agent, Outcome.OPINION, by, case.facts, written, reason)


def _failed(agent: str, facts: tuple[Fact, ...], where: str, bug: Exception) -> Finding:
    return Finding(agent, Outcome.FAILED, "nobody", facts, reason=f"{where} broke: {type(bug).__name__}")


def _billed(found: Finding, bill: Bill) -> Finding:
    """The finding with a bill added to what it cost."""
    if bill == Bill():
        return found
    return replace(
        found,
        input_tokens=found.input_tokens + bill.input_tokens,
        output_tokens=found.output_tokens + bill.output_tokens,
        cost_micro_usd=found.cost_micro_usd + bill.cost_micro_usd,
    )


def _words_of(brief: Brief) -> list[str]:
    """What code wrote about the idea: a report may repeat it whole."""
    idea = brief.idea
    words = [idea.phrase, idea.audience, idea.product_format, idea.kind_reason]
    return words if idea.occasion is None else [*words, idea.occasion.name]


def _dates_of(brief: Brief) -> list[Any]:
    """The dates that every report may state: the day of judgement, the occasion's and its last order date."""
    occasion = brief.idea.occasion
    day = brief.as_of.date()
    return [day] if occasion is None else [day, occasion.on, occasion.order_by]
