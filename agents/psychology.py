"""Psychology: what people feel about it, and what in it appeals to them."""

from __future__ import annotations

from pydantic import Field

from agents.brief import Brief
from agents.figures import Figures, idea_rows, mention_rows, percent, plural, stance
from agents.lexicon import APPEALS, EMOTIONS, reading, texts_of
from agents.specialist import Abstain, Report, Specialist
from trends.fact import Fact, Facts

FEWEST_TEXTS = 5
"""Fewest distinct texts: fewer are anecdotes."""
LEAST_SHARE = 0.05
LEAST_TEXTS = 2
"""A feeling or an appeal in fewer texts than these is chance."""
MOST_APPEALS = 3
USUAL_SENTIMENT = 0.8
"""Titles praise: about what the middle of a thousand mined subjects scores. Only what departs from it says anything."""


class PsychologyReport(Report):
    """Who feels what, and why they would wear it."""

    appeals: list[str] = Field(max_length=6, description="What appeals in it, strongest first, from the appeal facts.")
    audience: str = Field(max_length=300, description="Who it speaks to: psychology.audience, made plainer.")


def facts(brief: Brief) -> list[Fact]:
    """Sentiment, emotions and appeals of the signals' texts, by a small English lexicon."""
    texts = texts_of(brief.evidence.mentions)
    if len(texts) < FEWEST_TEXTS:
        raise Abstain(f"{plural(len(texts), 'text')} to read, {FEWEST_TEXTS} needed to speak of feelings")
    found = reading(texts)
    rows, figures = mention_rows(brief.evidence.mentions, brief.as_of), Figures("psychology")
    figures.add("texts", found.texts, "count", "distinct texts read", rows)
    figures.add("matched_share", found.matched / found.texts, "share", "texts with a word of feeling", rows)
    figures.add("sentiment", found.sentiment, "balance", "mean sentiment of those texts, -1 to 1", rows)
    least = max(LEAST_SHARE, LEAST_TEXTS / found.texts)
    for name in (*EMOTIONS, *APPEALS):
        if found.shares[name] >= least:
            kind = "feeling" if name in EMOTIONS else "appeal"
            figures.add(f"{name}_share", found.shares[name], "share", f"texts with words of the {kind} {name}", rows)
    ranked = sorted(APPEALS, key=lambda name: -found.shares[name])
    top = [name for name in ranked if found.shares[name] >= least][:MOST_APPEALS]
    figures.add("appeals", ", ".join(top) or "none stands out", "text", "strongest appeals, in order", rows)
    figures.add("audience", brief.idea.audience, "text", "the idea's audience", idea_rows(brief))
    return figures.facts


def rule(facts: Facts) -> PsychologyReport:
    """By how sentiment departs from the usual praise, a little better where an appeal stands out."""
    sentiment, read = facts.find_number("psychology.sentiment"), facts.number("psychology.texts")
    appeals = [name for name in facts.text("psychology.appeals").split(", ") if name in APPEALS]
    used = ["psychology.texts", "psychology.matched_share", "psychology.appeals"]
    if sentiment is None:
        tone = "no words of feeling were found"
    else:
        used.append("psychology.sentiment")
        tone = (
            "people speak well of it"
            if sentiment > 0.5
            else "people speak ill of it"
            if sentiment < 0
            else "feelings are mixed"
        )
    appealing = "What appeals: " + ", ".join(appeals) if appeals else "No one appeal stands out"
    if appeals:
        used.append(f"psychology.{appeals[0]}_share")
        appealing += f" ({percent(facts.number(f'psychology.{appeals[0]}_share'))} of texts speak of {appeals[0]})"
    return PsychologyReport(
        summary=f"In {plural(read, 'text')}, {tone}. {appealing}.",
        stance=stance((0.0 if sentiment is None else 0.5 * (sentiment - USUAL_SENTIMENT)) + 0.1 * bool(appeals)),
        facts=used,
        appeals=appeals,
        audience=facts.text("psychology.audience") if "psychology.audience" in facts else "",
    )


PSYCHOLOGY = Specialist("psychology", tier="instant", facts=facts, report=PsychologyReport, rule=rule)
