"""Script: what a model is shown for one idea, and how its answer is read.

Everything from outside (phrase, signals, pages, what other models wrote) goes in as quoted data; see `prompts`.
"""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel

from agents.brief import Brief
from agents.model import Ask, Message
from agents.specialist import Finding, Report
from prompts import DATA_RULE, Prompt, fence, quote
from trends.evidence import ATTENTION
from trends.fact import Fact
from trends.idea import Evidence, Mention

MOST_FACTS = 120
MOST_SIGNALS = 12
SEARCH_TOKENS = 400
_THOUGHTS = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode

R = TypeVar("R", bound=BaseModel)


@lru_cache(maxsize=64)
def schema_of(report: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a report; made once a type, never changed."""
    return report.model_json_schema()


@lru_cache(maxsize=64)
def schema_text(report: type[BaseModel]) -> str:
    return json.dumps(schema_of(report), ensure_ascii=False, separators=(",", ":"))


def read_report(text: str, report: type[R]) -> R:
    """The report in an answer: JSON, after thoughts and out of a code fence. ValueError where it does not fit."""
    if "\\u0000" in text or "\x00" in text:
        raise ValueError("no database takes a NUL")
    text = _THOUGHTS.sub("", text, count=1)
    fenced = _FENCED.match(text)
    return report.model_validate_json(fenced[1] if fenced else text.strip())


def conversation(
    prompt: Prompt,
    report: type[Report],
    facts: Sequence[Fact],
    brief: Brief,
    findings: Sequence[Finding] = (),
    notes: Sequence[str] = (),
) -> tuple[Message, ...]:
    """The system and the user message for one idea. A field that the prompt does not use is not computed."""
    makers = {
        "idea": lambda: idea_block(brief),
        "facts": lambda: facts_block(facts),
        "signals": lambda: signals_block(brief),
        "findings": lambda: findings_block(findings, notes),
        "report": lambda: schema_text(report),
    }
    system, user = prompt.fill(**{name: makers[name]() for name in prompt.fields})
    return Message("system", system), Message("user", sendable(user))


def sendable(text: str) -> str:
    """The text without lone surrogates: UTF-8 has no bytes for them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def idea_block(brief: Brief) -> str:
    """The idea as quoted data: its words come from what people posted."""
    idea = brief.idea
    lines = [
        f"phrase: {idea.phrase}",
        f"audience: {idea.audience}",
        f"product: {idea.product_format}",
        f"judged on: {brief.as_of.date().isoformat()}",
    ]
    if idea.occasion is not None:
        lines.append(f"occasion: {idea.occasion.name} on {idea.occasion.on}, order by {idea.occasion.order_by}")
    return quote(lines)


def facts_block(facts: Sequence[Fact]) -> str:
    """The facts, one JSON object a line."""
    return fence(
        "facts",
        (
            _ENCODE({"id": fact.id, "value": fact.value, "unit": fact.unit, "what": fact.label})
            for fact in facts[:MOST_FACTS]
        ),
    )


def signals_block(brief: Brief) -> str:
    """The texts that had most attention, as quoted data."""
    return quote(strongest(brief.evidence, MOST_SIGNALS))


def strongest(evidence: Evidence, most: int) -> list[str]:
    """The texts that had most attention, each after its source. From outside: for `quote` only."""
    mentions = heapq.nlargest(most, evidence.mentions, key=_attention)
    return [f"{mention.source}: {mention.text}" for mention in mentions]


def _attention(mention: Mention) -> tuple[float, str]:
    seen = next((mention.metrics[name] for name in ATTENTION if name in mention.metrics), 0.0)
    return seen, str(mention.signal_id)


def findings_block(findings: Sequence[Finding], notes: Sequence[str]) -> str:
    """What the desks found, as quoted data: models wrote some of it, after reading texts from outside."""
    lines = [_ENCODE(_told(found)) for found in findings]
    lines += [_ENCODE({"note of the reviewer": note[:500]}) for note in notes]
    return fence("data", lines)


def _told(found: Finding) -> dict[str, Any]:
    told: dict[str, Any] = {"desk": found.agent, "outcome": found.outcome.value, "by": found.judged_by}
    if found.counts and found.report:
        return told | {"report": found.report}
    return told | {"reason": found.reason[:300]}


def search(agent: str, brief: Brief, seed: int, run: str | None) -> Ask:
    """The question that makes a web model look for pages about an idea."""
    told = (
        f"You are the `{agent}` desk.\n\n{DATA_RULE}\n\nFind recent pages that show whether people want the thing "
        "named below as a printed product, and pages that speak against it (bans, recalls, trademarks, a fading fad). "
        "Answer in two sentences."
    )
    messages = (Message("system", told), Message("user", sendable(idea_block(brief))))
    until = brief.as_of.date()
    return Ask(agent, "web", messages, None, seed=seed, max_tokens=SEARCH_TOKENS, web=True, until=until, run=run)
