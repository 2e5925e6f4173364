"""Eval agents: how often each specialist has a say, what its say changes, and whether one verdict has taken over.

On a fixed set of ideas (made up and seeded: `evals.world`, at least 100; or the subjects mined from a file of posts),
each judged whole: eleven specialists, the coordinator, the rule in code. By rules; by models where `BELLWETHER_
MODEL_BASE_URL` or keys are set, and then the notes say so.

approve_share, review_share, reject_share    of the ideas; `takeover` names a verdict that sounds the alarm of
                                             `agents.decision.verdict_alarm`, its baseline the share the alarm is from
<agent>_opinion, ..._abstained, ..._failed, ..._ungrounded    of the ideas: how that specialist ended

With `ablate`, each specialist is left out in turn, its facts with it, and coordinator and rule decide anew:

<agent>_changed       decisions that come out otherwise, of `ideas`; ..._raised and ..._lowered: which way
<agent>_silenced      the same where its facts stay and only its say is left out
<agent>_stance        mean change of the coordinator's stance (on the ideas where both had one)
<agent>_facts         facts lost, on average

A specialist without whom no decision changes has no measured effect, and a note says so, with the most that the true
share may be all the same (95 %: 3 of n, the rule of three). Its facts may still be what a person reads.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import fmean

from agents.ablation import AT_ONCE, Judged, Without, conclude
from agents.ablation import ablate as leave_out_each
from agents.brief import Brief
from agents.chains import chains
from agents.coordinator import NAME as COORDINATOR
from agents.decision import ALARM_SHARE, Verdict, verdict_alarm
from agents.door import Ceilings, Door
from agents.panel import Panel
from agents.roster import SPECIALISTS
from agents.sorter import NAME as SORTER
from agents.specialist import Outcome
from evals.report import Asked, Figure, Result
from evals.world import World
from graphs.settings import Settings
from market.comparables import comparables_from, match
from market.costs import in_force, load_default_costs, prefer
from market.reference import Reference
from store.calls import MemoryCalls
from trends.idea import Kind
from trends.mine import mine
from trends.opening import open_payload
from trends.payload import ReferenceRow
from trends.sources import files_under, recognise, signals_in
from trends.survey import survey
from trends.table import corpus_of

IDEAS = 120
ASKED = {"ideas": Asked(least=100)}


def figures_of(found: Without) -> dict[str, Figure]:
    """Its figures, each after the specialist's name."""
    return {
        f"{found.agent}_changed": found.changed,
        f"{found.agent}_raised": found.raised,
        f"{found.agent}_lowered": found.lowered,
        f"{found.agent}_silenced": found.unheard,
        f"{found.agent}_stance": found.stance,
        f"{found.agent}_facts": fmean(found.facts),
    }


def run(data: Path | None = None, seed: int = 7, ablate: bool = False, limit: int | None = None) -> Result:
    """Judges the cases, or the subjects of a file of posts; ValueError where there are none."""
    settings = Settings()
    briefs = briefs_in([data], settings, limit) if data is not None else made_up(seed, settings, limit)
    if not briefs:
        raise ValueError("no subject was mined from it: posts with a text and a time are needed, by three authors each")
    judged, without, by = asyncio.run(_measure(briefs, settings, seed, ablate))
    figures, baseline = shares(judged)
    for found in without:
        figures |= figures_of(found)
    notes = (f"judged by {by}", *(found.told for found in without if found.told))
    name = data.name if data is not None else f"{len(judged)} made-up ideas"
    asked = ASKED if data is None and limit is None else {}
    return Result("agents", figures, baseline, name, seed, notes, asked, tuple(each.name for each in SPECIALISTS))


async def _measure(
    briefs: Sequence[Brief], settings: Settings, seed: int, ablate: bool
) -> tuple[list[Judged], list[Without], str]:
    gate = asyncio.Semaphore(AT_ONCE)
    async with panel_of(settings, seed) as (panel, by):
        judged = list(await asyncio.gather(*(_judge(panel, brief, gate) for brief in briefs)))
        names = [each.name for each in SPECIALISTS] if ablate else []
        return judged, await leave_out_each(panel, judged, names), by


@asynccontextmanager
async def panel_of(settings: Settings, seed: int) -> AsyncIterator[tuple[Panel, str]]:
    """The panel that the settings allow, and by whom it judges."""
    keys = {
        "groq": settings.groq_api_key, "openai": settings.openai_api_key, "perplexity": settings.perplexity_api_key,
        "local": settings.model_api_key,
    }  # fmt: skip
    found = chains(
        keys,
        base_url=settings.model_base_url,
        models=settings.models,
        agents=[*(each.name for each in SPECIALISTS), COORDINATOR, SORTER],
        timeout_s=settings.model_timeout_s,
    )
    ceilings = Ceilings(day_micro_usd=settings.day_ceiling_micro_usd, day_tokens=settings.day_ceiling_tokens)
    try:
        door = Door(found.routes, MemoryCalls(settings.tenant), ceilings, seed=seed) if found.routes else None
        yield Panel(door, seed=seed), "models, where they answer" if door else "rules: no model is set"
    finally:
        await found.close()


async def _judge(panel: Panel, brief: Brief, gate: asyncio.Semaphore) -> Judged:
    async with gate:
        findings = [await panel.ask(specialist, brief) for specialist in SPECIALISTS]
        return await conclude(panel, brief, findings)


def shares(judged: Sequence[Judged]) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """The shares of the verdicts with their alarm, and of each specialist's outcomes."""
    counts = Counter(one.verdict for one in judged)
    alarm = verdict_alarm(counts)
    figures: dict[str, Figure] = {"ideas": len(judged)}
    figures |= {f"{verdict}_share": counts[verdict] / len(judged) for verdict in reversed(Verdict)}
    figures["takeover"] = alarm.verdict.value if alarm else "none"
    outcomes = Counter((found.agent, found.outcome) for one in judged for found in one.findings)
    for specialist in SPECIALISTS:
        for outcome in Outcome:
            figures[f"{specialist.name}_{outcome}"] = outcomes[specialist.name, outcome] / len(judged)
    return figures, {"takeover": ALARM_SHARE}


# The ideas ----------------------------------------------------------------------------------------------------------


def made_up(seed: int, settings: Settings, limit: int | None = None) -> list[Brief]:
    """The fixed set: subjects of a made-up market, read from its files as a user's would be."""
    with tempfile.TemporaryDirectory() as folder:
        # Some subjects are not taken for one, by the word lists: as with anything that people post.
        return briefs_in(World.made(seed, IDEAS + IDEAS // 5).write(Path(folder)), settings, limit or IDEAS)


def briefs_in(paths: Sequence[Path], settings: Settings, limit: int | None = None) -> list[Brief]:
    """The subjects that are mined from files, most promising first, each with what is known of it."""
    signals = list(signals_in(paths))
    if not signals:
        return []
    as_of = max(signal.known_at for signal in signals)
    comparables = comparables_from(references_in(paths), as_of)
    costs = prefer(in_force(load_default_costs(), as_of.date()), settings.marketplace)
    subjects = [one for one in mine(corpus_of(signals, as_of), as_of) if one.idea.kind is Kind.SUBJECT]
    return [
        Brief(one.idea, one.evidence, None, match(one.idea, comparables, as_of), costs, as_of)
        for one in subjects[: limit or IDEAS]
    ]


def references_in(paths: Sequence[Path]) -> Iterator[Reference]:
    """The rows to compare with in these files."""
    for path in files_under(paths):
        family, payload = recognise(open_payload(survey(path)))
        for row in family.read(payload):
            if isinstance(row, ReferenceRow):
                yield Reference(f"{path.name}:{row.row}", row.kind, row.body, row.known_at, path.name)
