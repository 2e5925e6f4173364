"""Shares of verdicts, and what leaving a specialist out did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.ablation import Judged, Without, conclude, moved
from agents.decision import Verdict
from agents.panel import Panel
from agents.roster import SPECIALISTS
from agents.specialist import Finding, Outcome
from evals import agents
from evals.agents import figures_of, shares
from evals.world import World
from graphs.settings import Settings
from tests.desks import rich_brief


@pytest.fixture(autouse=True)
def _without_models(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GROQ_API_KEY", "OPENAI_API_KEY", "PERPLEXITY_API_KEY", "BELLWETHER_MODEL_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def judged(verdict: Verdict, stance: float | None = 0.0, *findings: Finding) -> Judged:
    return Judged(rich_brief(), findings, stance, verdict)


def test_moves_are_counted_by_their_direction():
    approve, review, reject = (judged(one) for one in reversed(Verdict))
    assert (moved(review, approve), moved(approve, reject), moved(review, review)) == (1, -2, 0)
    found = Without.of("trend", [review, review, approve], [(approve, review), (reject, review), (approve, reject)])
    assert figures_of(found) == {
        "trend_changed": 2, "trend_raised": 1, "trend_lowered": 1,
        "trend_silenced": 1, "trend_stance": 0.0, "trend_facts": 0,
    }  # fmt: skip


def test_a_stance_that_was_not_given_is_no_change():
    silent = judged(Verdict.REVIEW, None)
    assert figures_of(Without.of("trend", [silent], [(silent, silent)]))["trend_stance"] is None


def test_one_verdict_for_all_sounds_the_alarm_and_six_ideas_do_not():
    assert shares([judged(Verdict.REVIEW)] * 20)[0]["takeover"] == "review"
    assert shares([judged(Verdict.REVIEW)] * 6)[0]["takeover"] == "none"


def test_outcomes_are_told_apart():
    findings = (Finding("trend", Outcome.FAILED, "nobody"), Finding("viral", Outcome.ABSTAINED, "nobody"))
    figures, _ = shares([judged(Verdict.REVIEW, 0.0, *findings)])
    assert (figures["trend_failed"], figures["trend_opinion"], figures["viral_abstained"]) == (1.0, 0.0, 1.0)


async def test_without_pricing_the_margin_is_not_known_and_its_facts_are_gone():
    panel, brief = Panel(), rich_brief()
    findings = [await panel.ask(specialist, brief) for specialist in SPECIALISTS]
    whole = await conclude(panel, brief, findings)
    left = await conclude(panel, brief, [found for found in findings if found.agent != "pricing"])
    assert left.verdict in (Verdict.REVIEW, Verdict.REJECT)
    assert len(left.findings) == len(whole.findings) - 1


def test_the_set_is_the_same_for_the_same_seed_and_has_every_verdict():
    one, again = (agents.run(limit=40) for _ in range(2))
    assert one.figures == again.figures
    assert all(one.figures[f"{verdict}_share"] for verdict in Verdict)
    assert one.figures["takeover"] == "none"


def test_leaving_out_in_turn_names_those_without_a_measured_effect():
    result = agents.run(limit=12, ablate=True)
    assert {f"{each.name}_changed" for each in SPECIALISTS} <= set(result.figures)
    assert result.figures["web_search_changed"] == 0
    assert any(note.startswith("web_search: no measured effect on 12 decisions") for note in result.notes)


def test_a_users_own_posts_are_judged_as_well(tmp_path: Path):
    posts, _ = World.made(7, 6).write(tmp_path)
    assert 0 < agents.run(posts).figures["ideas"] <= 12


def test_a_file_without_subjects_is_one_clear_line(tmp_path: Path):
    file = tmp_path / "posts.jsonl"
    file.write_text(json.dumps({"title": "nothing", "published_at": "2017-10-05"}) + "\n")
    with pytest.raises(ValueError, match="no subject was mined"):
        agents.run(file)


def test_a_world_of_more_subjects_than_there_are_is_refused():
    with pytest.raises(ValueError, match="there are 450 subjects, 451 were asked for"):
        World.made(7, 451)


def test_every_idea_brings_its_comparables():
    briefs = agents.made_up(7, Settings(), 30)
    assert len(briefs) == 30
    assert any(len(brief.comparables.rows) > 5 for brief in briefs)
    assert any(not brief.comparables.rows for brief in briefs)
