"""What an idea's page shows, as values, on ideas that the agents judged: it agrees with the facts of the decision."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from agents.figures import rounded
from evals.bench.stage import PUT_OBSERVATION
from store.decisions import UnknownIdea
from store.ids import new_id
from tests.shelf import HOSTILE, Shelf
from trends.forecast import forecast
from ui import cards
from ui.console import case
from ui.console.case import Case


@pytest.fixture
def story(shelf: Shelf) -> Case:
    with shelf.session() as session:
        return case.load(session, shelf.story)


def test_the_forecast_that_is_drawn_is_the_one_the_decision_stood_on(story: Case) -> None:
    course = case.course_of(story)
    assert course.ahead == forecast(course.values)
    assert course.as_decided
    for name in ("low", "median", "high"):
        stated = story.facts[f"trend.forecast_{name}"].value
        assert rounded(getattr(course.ahead, name)[-1], "per_day") == stated
    assert len(course.days) == len(course.values) == story.facts["trend.days"].value


def test_nothing_learned_after_the_judgement_is_drawn(shelf: Shelf, story: Case) -> None:
    before = case.course_of(story)
    with shelf.session() as session, session.transaction(force_rollback=True):
        later = story.as_of + timedelta(days=1)
        session.execute(PUT_OBSERVATION, (story.corpus.ids[0], later, Jsonb({"views": 9e9})))
        assert case.course_of(case.load(session, shelf.story)) == before


def test_a_row_known_by_then_that_came_in_late_is_told(shelf: Shelf, story: Case) -> None:
    with shelf.session() as session, session.transaction(force_rollback=True):
        moment = story.as_of - timedelta(hours=1)
        session.execute(PUT_OBSERVATION, (story.corpus.ids[-1], moment, Jsonb({"views": 9e9})))
        assert not case.course_of(case.load(session, shelf.story)).as_decided


def test_each_source_is_drawn_on_the_days_of_the_course(story: Case) -> None:
    streams = case.streams_of(story)
    assert {stream.source for stream in streams} == {"reddit", "youtube"}
    assert all(len(stream.values) == len(story.evidence.days) for stream in streams)
    whole = [sum(values) for values in zip(*(stream.values for stream in streams), strict=True)]
    assert whole == pytest.approx(case.course_of(story).values)


def test_who_runs_ahead_is_what_the_facts_say(story: Case) -> None:
    (lead,) = case.leads_of(story)
    ahead = lead.days if lead.first == "youtube" else -lead.days
    assert ahead == pytest.approx(2, abs=1)
    assert lead.low <= lead.days <= lead.high
    assert story.facts[lead.fact_id].value == lead.days


def test_what_a_sale_falls_into_adds_up_to_the_price(shelf: Shelf, story: Case) -> None:
    with shelf.session() as session:
        asked = case.asked_of(story, cards.load_costs(session, story.as_of))
    assert asked is not None
    assert sum(cents for _, cents, _ in asked.parts) == asked.price_cents == story.facts["pricing.price_cents"].value
    assert all(story.facts[fact_id].value == cents for _, cents, fact_id in asked.parts)


def test_the_margin_curve_passes_through_every_margin_that_a_fact_states(shelf: Shelf, story: Case) -> None:
    with shelf.session() as session:
        asked = case.asked_of(story, cards.load_costs(session, story.as_of))
    assert asked is not None
    assert len(asked.points) == 5
    curve = dict(asked.curve)
    for point in asked.points:
        near = min(curve, key=lambda cents: abs(cents - point.price_cents))
        assert curve[near] == pytest.approx(point.margin_ratio, abs=0.02)
    assert [margin for margin, _ in asked.reached] == [0.2, 0.25]
    assert dict(asked.reached)[0.2] == story.facts["pricing.least_price_cents"].value


def test_costs_that_were_changed_since_draw_no_curve(shelf: Shelf, story: Case) -> None:
    row = {"product_format": story.card.product, "provider": "printify", "base_cost_cents": "1", "retail_price_cents":
           "2000", "production_days": "1", "shipping_days": "1", "known_on": "2017-01-01"}  # fmt: skip
    put = "INSERT INTO reference (tenant_id, id, kind, body, known_at) VALUES ('default', %s, 'cost', %s, %s)"
    with shelf.session() as session, session.transaction(force_rollback=True):
        session.execute(put, (new_id(), Jsonb(row), story.as_of))
        asked = case.asked_of(story, cards.load_costs(session, story.as_of))
    assert asked is not None
    assert asked.curve == ()
    assert len(asked.points) == 5


def test_every_row_that_a_fact_names_is_found_with_its_place(shelf: Shelf, story: Case) -> None:
    with shelf.session() as session:
        rows = {fact_id: case.load_rows(session, story, fact_id) for fact_id in story.facts}
    assert all(len(rows[fact_id]) == len(fact.rows) for fact_id, fact in story.facts.items())
    (cost,) = (row for row in rows["research.cost_cents"] if row.reference.startswith("cost:"))
    assert "base cost $" in cost.figures
    assert cost.place.startswith("cost table of ")
    assert any(row.text.startswith("Gnome ") for row in rows["trend.phase"])


def test_a_line_leads_to_the_facts_it_names_and_to_those_whose_figures_it_states(story: Case) -> None:
    days = story.facts["trend.days"].value
    behind = case.facts_behind(story, f"It is peaking ({days} days observed). (trend) Competition (competition.level).")
    assert behind == ("competition.level", "trend.days")
    assert case.facts_behind(story, f"{days} days observed") == ()


def test_every_figure_of_the_eight_steps_leads_to_a_fact(story: Case) -> None:
    demand, money = story.card.steps[1], story.card.steps[3]
    assert "trend.days" in case.facts_behind(story, demand)
    assert {"pricing.margin_ratio", "pricing.price_cents"} <= set(case.facts_behind(story, money))


def test_the_newest_posts_come_first_and_the_rest_are_counted(shelf: Shelf, story: Case) -> None:
    with shelf.session() as session:
        posts, total = case.load_posts(session, story, most=3)
        every, _ = case.load_posts(session, story, most=1000)
    assert len(posts) == 3
    assert total == len(every) == len(story.corpus)
    assert posts == every[:3]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a?b=1", "https://example.org/a?b=1"),
        ("http://example.org", "http://example.org"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org", ""),
        ("https://", ""),
        ("http://[", ""),
        (None, ""),
    ],
)
def test_only_an_address_of_the_web_becomes_a_link(url: str | None, shown: str) -> None:
    assert case.web_address(url) == shown


def test_history_tells_who_did_what_newest_first(shelf: Shelf) -> None:
    with shelf.session() as session:
        told = case.load_history(session, shelf.story)
    assert [moment.what for moment in told][:2] == ["pending_review", "analysing"]
    assert [moment.at for moment in told] == sorted((moment.at for moment in told), reverse=True)
    assert all(moment.actor for moment in told)


def test_an_idea_with_nothing_known_has_nothing_to_draw_and_says_so(shelf: Shelf) -> None:
    with shelf.session() as session:
        bare = case.load(session, shelf.bare)
        assert not bare.decided
        assert case.asked_of(bare, cards.load_costs(session, bare.as_of)) is None
        assert case.load_posts(session, bare, 10) == ((), 0)
    course = case.course_of(bare)
    assert (course.days, course.ahead) == ((), None)
    assert not case.streams_of(bare)
    assert not case.leads_of(bare)


def test_outside_text_is_kept_as_it_was_written(shelf: Shelf) -> None:
    with shelf.session() as session:
        assert case.load(session, shelf.hostile).card.phrase == HOSTILE


def test_an_unknown_idea_is_named(shelf: Shelf) -> None:
    with shelf.session() as session, pytest.raises(UnknownIdea, match="no idea 00000000"):
        case.load(session, UUID(int=0))
