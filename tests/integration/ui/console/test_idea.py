"""An idea's page as Streamlit runs it: whatever is stored of an idea, the page stands and shows it as text."""

from __future__ import annotations

import time
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb
from streamlit.testing.v1 import AppTest

from tests.shelf import HOSTILE, LONG, Shelf
from ui.console.desk import Visit
from ui.console.text import plain

TABS = ("Decision", "Reports", "Facts", "Signals", "Charts", "History")


def _page(visit: object, idea_id: object) -> None:
    from ui.console.idea import draw

    draw(visit, idea_id)  # type: ignore[arg-type]


def look(visit: Visit, idea: UUID, tab: str = "Decision") -> AppTest:
    """The page of an idea with this tab open."""
    return show(AppTest.from_function(_page, kwargs={"visit": visit, "idea_id": idea}, default_timeout=90), tab)


def show(at: AppTest, tab: str) -> AppTest:
    """The page with another tab open."""
    at.session_state["idea tabs"] = tab
    at.run()
    assert not at.exception
    return at


def read(at: AppTest) -> str:
    """All Markdown of the page."""
    return "\n".join(str(part.value) for part in [*at.markdown, *at.caption])


@pytest.mark.parametrize("name", ["story", "thin", "hostile", "long", "bare"])
def test_every_tab_of_every_idea_stands(shelf: Shelf, visit: Visit, name: str) -> None:
    at = look(visit, getattr(shelf, name))
    for tab in TABS:
        show(at, tab)
        assert not at.error


def test_the_verdict_its_bound_and_the_figures_come_first(shelf: Shelf, visit: Visit) -> None:
    at = look(visit, shelf.story)
    shown = read(at)
    assert "garden gnome" in shown
    assert "The facts allow" in shown
    labels = [button.label for button in at.button]
    assert any("\\%" in label for label in labels)
    assert any("\\$" in label for label in labels)


def test_an_idea_nobody_judged_says_so_in_every_tab(shelf: Shelf, visit: Visit) -> None:
    at = look(visit, shelf.bare)
    said = {tab: read(show(at, tab)) for tab in TABS}
    assert "Not judged yet" in said["Decision"]
    assert "No report yet" in said["Reports"]
    assert "No facts yet" in said["Facts"]
    assert "No signal points at it" in said["Signals"]
    assert "No score" in said["Charts"]
    assert "No price" in said["Charts"]


def test_eight_steps_and_twelve_reports_with_their_outcomes(shelf: Shelf, visit: Visit) -> None:
    assert sum(part.value[:2] in {f"{n}." for n in range(1, 9)} for part in look(visit, shelf.story).markdown) == 8
    reports = read(look(visit, shelf.thin, "Reports"))
    assert reports.count("judged by") == 12
    assert "abstained" in reports
    assert "no web search was made" in reports


@pytest.mark.parametrize("outcome", ["failed", "ungrounded"])
def test_who_failed_or_was_ungrounded_says_why(shelf: Shelf, visit: Visit, outcome: str) -> None:
    with shelf.session() as session:
        session.execute(
            "UPDATE finding SET outcome = %s, judged_by = 'model', model = 'm1', reason = 'it states 41' "
            "WHERE idea_id = %s AND agent = 'trend'",
            (outcome, shelf.thin),
        )
    reports = read(look(visit, shelf.thin, "Reports"))
    assert f"{outcome}]" in reports
    assert "judged by model m1" in reports
    assert "Why: it states 41" in reports


def test_markup_from_outside_is_escaped_wherever_it_stands(shelf: Shelf, visit: Visit) -> None:
    at = look(visit, shelf.hostile)
    for tab in TABS:
        shown = read(show(at, tab))
        assert plain(HOSTILE) in shown
        for acting in ("<script>", "](javascript", "![i]", ":red[r]", "**bold**", "$x^2$"):
            assert acting not in shown


def test_a_long_phrase_in_two_directions_is_shown_whole(shelf: Shelf, visit: Visit) -> None:
    assert plain(LONG) in read(look(visit, shelf.long))


def test_a_figure_opens_its_fact_with_the_rows_it_was_computed_from(shelf: Shelf, visit: Visit) -> None:
    at = look(visit, shelf.story)
    at.button(key="open pricing.margin_ratio").click().run()
    assert not at.exception
    shown = read(at)
    assert "pricing\\.margin\\_ratio" in shown
    assert "rows it was computed from" in shown
    assert "garden gnome" in shown


def test_the_score_opens_its_five_terms(shelf: Shelf, visit: Visit) -> None:
    at = look(visit, shelf.story)
    at.button(key="open score").click().run()
    assert "weights version" in read(at)


def test_a_fact_is_found_by_its_words(shelf: Shelf, visit: Visit) -> None:
    at = look(visit, shelf.story, "Facts")
    wanted = at.selectbox(key="fact wanted")
    wanted.select(next(option for option in wanted.options if option.startswith("trend: days of the series"))).run()
    assert "trend\\.days" in read(at)
    assert at.selectbox(key="fact wanted").value is None


def test_more_posts_are_shown_when_asked(shelf: Shelf, visit: Visit) -> None:
    at = look(visit, shelf.story, "Signals")
    few = read(at).count("· stored")
    at.button(key="more posts").click().run()
    assert read(at).count("· stored") == 2 * few == 20


def test_an_unknown_idea_is_one_line(shelf: Shelf, visit: Visit) -> None:
    at = AppTest.from_function(_page, kwargs={"visit": visit, "idea_id": UUID(int=0)}).run()
    assert not at.exception
    assert "no idea" in at.warning[0].value


def test_an_older_revision_can_be_looked_at_and_says_so(shelf: Shelf, visit: Visit) -> None:
    copy = (
        "INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, advice, ceiling, reasons, steps) "
        "SELECT tenant_id, idea_id, 2, as_of, 'reject', 'reject', 'reject', %s, steps FROM decision WHERE idea_id = %s"
    )
    with shelf.session() as session:
        session.execute(copy, (Jsonb(["Competition is high."]), shelf.long))
    at = look(visit, shelf.long)
    assert "Competition is high" in read(at)
    at.selectbox(key=f"revision {shelf.long}").select(1).run()
    assert "what stands is revision 2" in at.info[0].value
    assert "Competition is high" not in read(at)


def test_the_page_of_an_idea_with_all_its_facts_takes_a_moment(shelf: Shelf, visit: Visit) -> None:
    at = look(visit, shelf.story)
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        at.run()
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.6
