"""Rehearsal: one made-up idea judged by rules, and put up in every language, in a thread, before a server answers.

Tables, models and libraries load when they are first used. On an event loop that would hold up everybody, and the
development server refuses it; after a rehearsal there is nothing left to load.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from agents.art_director import NAME as ART_DIRECTOR
from agents.brief import Brief
from agents.coordinator import NAME as COORDINATOR
from agents.copywriter import NAME as COPYWRITER
from agents.sorter import NAME as SORTER
from agents.specialist import Abstain, Specialist
from market import gates
from market.comparables import Comparables
from market.costs import load_default_costs, providers_of
from market.drafts import Offer, draft
from market.gates.claims import Claims
from market.gates.disclosures import Disclosed
from market.gates.pictures import Pictures
from market.gates.profanity import Profanity
from market.gates.trademark import Trademark
from market.subject import Artwork, Subject, grounds_of
from market.words import LANGUAGES
from prompts import load
from trends.fact import Facts, MissingFact
from trends.idea import Evidence, Idea, Kind, Mention

DAYS = 30
AS_OF = datetime(2017, 10, 5, tzinfo=UTC)


def rehearse(specialists: Sequence[Specialist]) -> None:
    """Compute every specialist's facts and rule on the made-up idea; what it abstains from loads nothing."""
    brief = _brief()
    for each in specialists:
        load(each.name)
        with suppress(Abstain, MissingFact):
            each.rule(Facts(each.facts(brief)))
    load(COORDINATOR)
    load(SORTER)
    load(ART_DIRECTOR)
    load(COPYWRITER)


def rehearse_listing() -> None:
    """Draw a listing up in every language and have it judged by the gates that are the same for all."""
    cost = providers_of(load_default_costs(), "mug")[0]
    art = Artwork("made up", "Disnney latte l4tte by Nïke, est. 1986", "typographic", colours=("#182649",))
    subject = Subject("latte art", "coffee lovers", "Halloween", "mug", art, cost)
    design = gates.Artwork(art.text, art.renderer, "clear", "made up", "made up 1")
    judges = (Trademark(), Profanity(), Disclosed(), Pictures(), Claims(grounds_of(subject)))
    for locale in LANGUAGES:
        made = draft(subject, Offer("bw-made-up", "etsy", locale, 1999, "USD"), ()).listing
        for judge in judges:
            _through(judge.judge(made, design, AS_OF))


def _through(work: Coroutine[None, None, object]) -> None:
    """What waits for nobody, without a loop: the server lets nothing be loaded where one runs."""
    with suppress(StopIteration):
        work.send(None)
        raise RuntimeError("a gate that is the same for all waits for nobody")


def _brief() -> Brief:
    idea = Idea(UUID(int=0), "latte art", "art latt", "coffee lovers", None, Kind.SUBJECT, "made up", "mug")
    moments = [AS_OF - timedelta(days=DAYS - 1 - day) for day in range(DAYS)]
    mentions = tuple(
        Mention(UUID(int=day), "made up", f"latte art, day {day}", moment, moment, "coffee", author_hash=str(day),
                published_at=moment, metrics={"views": 100.0 + 9 * day, "likes": 10.0, "comments": 2.0})
        for day, moment in enumerate(moments)
    )  # fmt: skip
    series = tuple(100.0 + 9 * day for day in range(DAYS))
    days = tuple(moment.date() for moment in moments)
    evidence = Evidence(AS_OF, mentions, days, tuple(1.0 for _ in days), series, DAYS, ("made up",))
    return Brief(idea, evidence, None, Comparables(), load_default_costs(), AS_OF)
