"""The review page as Streamlit runs it: who may do what, what opens next, what is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from evals.bench.stage import copy_decided
from graphs.people import Role
from graphs.reviews import Verdict
from graphs.wiring import open_product
from store.audit import load_audit
from tests.shelf import Shelf
from ui.console import bulk
from ui.console.desk import Visit
from ui.console.pages.review import PAGE
from ui.console.reading import Reading


def _page(here: object) -> None:
    from ui.console.pages.review import draw

    draw(here)  # type: ignore[arg-type]


def look(here: Visit, **address: str) -> AppTest:
    """The review page, drawn once for this visit."""
    at = AppTest.from_function(_page, kwargs={"here": here}, default_timeout=90)
    for name, value in address.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def state_of(at: AppTest) -> Reading:
    held: Reading = at.session_state["review reading"]
    return held


def press(at: AppTest, key: str) -> AppTest:
    """The page after the button whose name begins so was pressed."""
    next(button for button in at.button if (button.key or "").startswith(key)).click().run()
    assert not at.exception
    return at


def opened(at: AppTest) -> UUID:
    """The idea that may be answered."""
    key = next(str(button.key) for button in at.button if (button.key or "").startswith("approve-"))
    return UUID(key.removeprefix("approve-"))


@pytest.fixture(scope="module")
def many(shelf: Shelf) -> list[UUID]:
    """Enough ideas for three pages of the list."""
    with shelf.session() as session:
        return copy_decided(session, [shelf.story], 2 * PAGE)


@pytest.fixture
def here(visit: Visit, many: list[UUID]) -> Visit:
    """A visit before a full queue."""
    return visit


def test_only_a_page_of_the_list_is_read_and_the_first_idea_is_open(here: Visit) -> None:
    at = look(here)
    rows = state_of(at).rows
    assert len(rows) == PAGE
    assert state_of(at).more
    assert opened(at) == rows[0]["id"]
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)


def test_an_answer_opens_what_followed_and_can_be_undone(here: Visit) -> None:
    at = look(here)
    first, second = (row["id"] for row in state_of(at).rows[:2])
    press(at, f"approve-{first}")
    assert opened(at) == second
    assert [each.ideas[0][0] for each in state_of(at).given] == [first]
    assert at.query_params["idea"] in (str(second), [str(second)])


def test_the_actor_of_an_answer_is_the_person_and_the_audit_log_has_it(here: Visit) -> None:
    ana = replace(here, person=replace(here.person, handle="ana"))
    at = look(ana)
    first = opened(at)
    press(at, f"ignore-{first}")
    entries = here.ask(load_audit, None, 50, actor="ana")
    assert "decide" in [entry["deed"] for entry in entries]


def test_a_creator_sees_everything_and_may_only_send_notes(here: Visit) -> None:
    creator = replace(here, person=replace(here.person, handle="cleo", role=Role.CREATOR))
    at = look(creator)
    disabled = {str(button.key).rsplit("-", 5)[0]: button.disabled for button in at.button}
    assert [disabled[name] for name in ("approve", "begin-edit", "begin-reject", "ignore")] == [True] * 4
    assert not disabled["begin-note"]


def test_a_link_to_no_idea_is_told_and_the_queue_opens(here: Visit) -> None:
    for asked in (str(UUID(int=9)), "no-id"):
        at = look(here, idea=asked)
        assert opened(at) == state_of(at).rows[0]["id"]
    assert "There is no idea" in "\n".join(str(each.value) for each in look(here, idea=str(UUID(int=9))).markdown)


def test_a_decided_idea_says_by_whom_and_can_not_be_answered(here: Visit, shelf: Shelf, many: list[UUID]) -> None:
    _reject_as(shelf, many[0], "ben", "seen before")
    at = look(here, idea=str(many[0]))
    assert not [button for button in at.button if (button.key or "").startswith("approve-")]
    said = "\n".join(str(each.value) for each in at.caption)
    assert "ben" in said
    assert "seen before" in said


def test_somebody_was_faster_and_what_was_typed_is_told(here: Visit, shelf: Shelf) -> None:
    at = look(here)
    first = state_of(at).rows[0]
    press(at, f"begin-reject-{first['id']}")
    at.text_input(key=f"reason {first['id']}").set_value("my own thought").run()
    _reject_as(shelf, first["id"], "ben", "seen before")
    press(at, f"send {first['id']}")
    (said,) = state_of(at).said
    assert said.text.startswith(f"“{first['phrase']}”: rejected by ben, ")
    assert said.typed == "my own thought"
    assert opened(at) != first["id"]


def test_a_search_that_finds_nothing_says_how_to_find_more(here: Visit) -> None:
    at = look(here)
    at.text_input(key="search").set_value("no such thing at all").run()
    assert "search for fewer words" in "\n".join(str(each.value) for each in at.markdown)


def test_what_stands_in_the_fields_of_an_idea_becomes_its_verdict() -> None:
    rows = {
        UUID(int=at): {"id": UUID(int=at), "verdict": verdict}
        for at, verdict in enumerate(("approve", "review", "reject"))
    }
    typed = {f"bulk verdict {UUID(int=0)}": "ignore", bulk.REASON: "too plain"}
    assert bulk.verdicts_of(rows, typed) == [
        Verdict(UUID(int=0), "ignore", None),
        Verdict(UUID(int=2), "reject", "too plain"),
    ]
    own = typed | {f"bulk reason {UUID(int=2)}": " seen before "}
    assert bulk.verdicts_of(rows, own)[1] == Verdict(UUID(int=2), "reject", "seen before")


def _reject_as(shelf: Shelf, idea: UUID, actor: str, reason: str) -> None:
    async def rejected() -> None:
        async with open_product(shelf.settings) as product:
            await product.reviews.reject(idea, reason, actor)

    asyncio.run(rejected())
