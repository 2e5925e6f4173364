"""Gathering: what is stored of a run, worded for the report and the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from psycopg import Connection

from store import reading
from ui import wording
from ui.call import SAMPLE_LABEL
from ui.cards import gather_card
from ui.page import Attribution, Card, FileLine, Page, Refusal, Stage

REFUSED_EACH = 12
VERDICTS = ("approve", "review", "reject")

Session = Connection[Any]


def gather(connection: Session, tenant: str, sample: bool, attributions: Sequence[Attribution] = ()) -> Page | None:
    """The newest finished run as a page; None where there is none yet."""
    run = reading.find_run(connection)
    if run is None:
        return None
    drawn = [row["idea_id"] for row in reading.load_chosen(connection, run["id"])]
    listed = {row["id"]: row for row in reading.load_listed(connection, ideas=drawn)}
    chosen = [idea_id for idea_id in drawn if idea_id in listed]
    chosen.sort(key=lambda idea_id: -(listed[idea_id]["score"] or 0.0))
    cards = [gather_card(connection, idea_id, rank) for rank, idea_id in enumerate(chosen, 1)]
    groups = {verdict: ranked(card for card in cards if card.verdict == verdict) for verdict in VERDICTS}
    kinds = run["counts"].get("kinds", {})
    files = tuple(file_line(row) for row in reading.load_files(connection))
    refusals = [
        Refusal(card.phrase, "too late" if "order date" in card.reasons[0] else "rule", card.reasons[0])
        for card in groups["reject"]
        if card.reasons
    ]
    refusals += [
        Refusal(row["phrase"], row["kind"], row["kind_reason"])
        for row in reading.load_refused(connection, run["as_of"], REFUSED_EACH)
    ]
    return Page(
        title=headline(len(groups["approve"]), len(groups["review"])),
        as_of=wording.day(run["as_of"]),
        moment=run["as_of"].isoformat(),
        tenant=tenant,
        sample=sample,
        label=SAMPLE_LABEL,
        judged_by=judged_by(cards),
        shortlist=groups["approve"],
        waiting=groups["review"],
        rejected=groups["reject"],
        refusals=tuple(refusals),
        kinds=tuple((kind, count, wording.KIND_MEANINGS.get(kind, "")) for kind, count in kinds.items()),
        files=files,
        funnel=funnel(files, kinds, len(cards), len(groups["approve"])),
        attributions=tuple(attributions),
        run_id=str(run["id"]),
        notes=(f"Computed from what was known on {wording.day(run['as_of'])}; nothing later was read.",),
    )


def ranked(cards: Iterable[Card]) -> tuple[Card, ...]:
    """The cards numbered from 1."""
    return tuple(replace(card, rank=at) for at, card in enumerate(cards, 1))


def headline(allowed: int, between: int) -> str:
    """The page's first line."""
    if allowed:
        return f"{wording.in_words(allowed)} {'idea' if allowed == 1 else 'ideas'} worth making"
    return (
        f"Nothing to make yet, {wording.in_words(between).lower()} to judge" if between else "Nothing worth making yet"
    )


def judged_by(cards: Sequence[Card]) -> str:
    """Who wrote the reports, in a sentence or two."""
    said = [opinion for card in cards for opinion in card.opinions if opinion.outcome == "opinion"]
    by_model = sum(opinion.judged_by.startswith("model") for opinion in said)
    if not said:
        return "No agent has given an opinion yet."
    if not by_model:
        return "No model was asked: the twelve agents judged by their written rules, and every report says so."
    return f"Models wrote {by_model:,} of {len(said):,} opinions; the others follow the agents' written rules."


def funnel(files: Sequence[FileLine], kinds: Mapping[str, int], judged: int, allowed: int) -> tuple[Stage, ...]:
    """From rows to what may be made; each bar against the widest below the rows, whose number dwarfs the rest."""
    phrases = sum(kinds.values())
    stages = {
        "rows read": sum(file.read for file in files),
        "phrases": phrases,
        "subjects": kinds.get("subject", 0),
        "judged": judged,
        "may be made": allowed,
    }
    widest = max(phrases, judged, 1)
    return tuple(Stage(label, count, round(min(100.0, 100 * count / widest), 1)) for label, count in stages.items())


def file_line(row: Mapping[str, Any]) -> FileLine:
    """One file's counts."""
    return FileLine(
        str(row["name"]), str(row["format"] or ""), str(row["outcome"]), str(row["reason"] or ""),
        row["rows_read"], row["stored"], row["repeated"], row["quarantined"],
    )  # fmt: skip
