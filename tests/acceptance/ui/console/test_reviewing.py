"""Reviewing in a real browser: one idea, many at once, by keyboard, by phone, by two people at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from evals.bench.stage import copy_decided
from tests.browser import WAIT_MS, Console, settled, watched_page, wider_than_screen

expect.set_options(timeout=WAIT_MS)
Ids = list[UUID]
HOSTILE = "<img src=x onerror=alert(1)> **bold** :red[x] $a^2$ [l](javascript:alert(1)) '; DROP TABLE idea; --"


@pytest.fixture(scope="module", autouse=True)
def ideas(console: Console) -> Ids:
    """Sixty ideas that wait, three of them judged by the agents."""
    judged = console.fill(3)
    with console.session() as session:
        return judged + copy_decided(session, judged, 57)


@pytest.fixture(scope="module")
def desk(chromium: Browser, console: Console) -> Iterator[Page]:
    """One browser for all of these tests, so that the console's own files are fetched once."""
    with watched_page(chromium, console.address) as opened:
        yield opened


@pytest.fixture
def queue(desk: Page) -> Page:
    """The review page anew, its first idea open."""
    return _reviewing(desk)


def _reviewing(page: Page, address: str = "/review") -> Page:
    page.goto(address)
    expect(page.locator(".row").first).to_be_visible()
    _together(settled(page))
    return page


def _together(page: Page) -> str:
    """The phrase that is open, in the list and beside it."""
    heading = page.locator(".st-key-idea-page").get_by_role("heading").first
    expect(heading).to_have_text(re.compile(re.escape(_opened(page).inner_text())))
    return _opened(page).inner_text()


def _opened(page: Page) -> Locator:
    return page.locator(".row.open .phrase")


def _went_on(page: Page, phrase: str) -> str:
    """The phrase that opened after another one."""
    expect(_opened(page)).not_to_have_text(phrase)
    return _together(page)


def _answers(console: Console, phrase: str) -> list[tuple[Any, ...]]:
    query = (
        "SELECT r.answer, r.actor, r.reason, r.edits -> 'to', r.undone_at IS NOT NULL, i.status FROM review r "
        "JOIN idea i ON i.tenant_id = r.tenant_id AND i.id = r.idea_id "
        "WHERE coalesce(r.edits -> 'before' ->> 'phrase', i.phrase) = %s ORDER BY r.id"
    )
    with console.session() as session:
        return session.execute(query, (phrase,)).fetchall()


def test_an_idea_is_approved_and_undone_and_the_next_one_opens_each_time(queue: Page, console: Console) -> None:
    first = _together(queue)
    queue.get_by_role("button", name="Approve").click()
    _went_on(queue, first)
    expect(queue.locator(".undo-line")).to_contain_text(f"Approved: {first}")
    expect(queue.locator(".undo-button")).to_have_text(re.compile(r"Undo \((300|2\d\d) s\)"))
    assert _answers(console, first) == [("approve", "mara", None, None, False, "approved")]
    queue.locator(".undo-button").click()
    expect(_opened(queue)).to_have_text(first)
    assert _answers(console, first) == [("approve", "mara", None, None, True, "pending_review")]
    expect(queue.locator(".undo-line")).to_have_count(0)


def test_the_next_page_of_the_list_opens_with_its_first_idea_and_the_earlier_one_comes_back(queue: Page) -> None:
    first = _together(queue)
    queue.get_by_role("button", name="Next page").click()
    expect(queue.locator(".pages .range")).to_contain_text("26–50")
    second = _went_on(queue, first)
    assert queue.locator(".row .phrase").first.inner_text() == second
    queue.get_by_role("button", name="Earlier page").click()
    expect(queue.locator(".pages .range")).to_contain_text("1–25")
    expect(_opened(queue)).to_have_text(first)


def test_an_answer_whose_time_is_over_stays_and_the_reviewer_is_told(queue: Page, console: Console) -> None:
    first = _together(queue)
    queue.get_by_role("button", name="Ignore").click()
    _went_on(queue, first)
    with console.session() as session:
        session.execute("UPDATE review SET undo_until = now() - interval '1 s' WHERE undone_at IS NULL")
    queue.locator(".undo-button").click()
    expect(queue.get_by_text(f"the answer to '{first}' could be undone until")).to_be_visible()
    assert _answers(console, first)[-1] == ("ignore", "mara", None, None, False, "archived")


def test_a_price_that_is_none_is_told_at_its_field_and_a_good_one_is_kept(queue: Page, console: Console) -> None:
    first = _together(queue)
    queue.get_by_role("button", name="Edit").click()
    queue.get_by_label("Price in dollars").fill("24.999")
    queue.get_by_label("Audience").fill("night owls")
    queue.get_by_role("button", name="Save and approve").click()
    expect(queue.get_by_text("an amount like 24.99, with at most two decimals")).to_be_visible()
    assert _answers(console, first) == []
    queue.get_by_label("Price in dollars").fill("24.50")
    queue.get_by_role("button", name="Save and approve").click()
    _went_on(queue, first)
    changed = {"audience": "night owls", "price_cents": 2450}
    assert _answers(console, first) == [("edit", "mara", None, changed, False, "approved")]


def test_a_rejection_needs_a_reason_and_a_frequent_one_is_one_click(queue: Page, console: Console) -> None:
    first = _together(queue)
    queue.get_by_role("button", name="Reject").click()
    queue.locator(".st-key-form-reject").get_by_role("button", name="Reject").click()
    expect(queue.get_by_text("A rejection needs a reason")).to_be_visible()
    assert _answers(console, first) == []
    queue.get_by_role("button", name="Too thin a margin").click()
    _went_on(queue, first)
    assert _answers(console, first) == [("reject", "mara", "Too thin a margin", None, False, "rejected")]


def test_an_idea_is_sent_back_with_a_note_once(queue: Page, console: Console) -> None:
    first = _together(queue)
    queue.keyboard.press("n")
    queue.get_by_label("What should be looked at again?").fill("Say what it is made of.")
    queue.get_by_role("button", name="Send back").click()
    _went_on(queue, first)
    expect(queue.get_by_text(f"Sent back: {first}")).to_be_visible()
    assert _answers(console, first)[0][:3] == ("respond", "mara", "Say what it is made of.")


def test_all_is_done_by_keys_and_no_key_acts_while_somebody_types(queue: Page, console: Console) -> None:
    first = _together(queue)
    queue.keyboard.press("j")
    second = _went_on(queue, first)
    queue.keyboard.press("k")
    _went_on(queue, second)
    queue.keyboard.press("r")
    expect(queue.get_by_label("Reason")).to_be_focused()
    queue.keyboard.type("era in a jar")
    assert _opened(queue).inner_text() == first
    queue.keyboard.press("Escape")
    expect(queue.get_by_label("Reason")).to_have_count(0)
    queue.keyboard.press("r")
    expect(queue.get_by_label("Reason")).to_have_value("era in a jar")
    expect(queue.get_by_label("Reason")).to_be_focused()
    queue.keyboard.press("Enter")
    _went_on(queue, first)
    assert _answers(console, first)[-1] == ("reject", "mara", "era in a jar", None, False, "rejected")
    expect(queue.locator(".undo-line")).to_contain_text(first)
    queue.keyboard.press("u")
    expect(_opened(queue)).to_have_text(first)
    queue.keyboard.press("/")
    expect(queue.get_by_label("Search")).to_be_focused()
    queue.keyboard.press("Escape")
    queue.keyboard.press("?")
    expect(queue.get_by_role("dialog")).to_contain_text("undo the last answer")


def test_several_are_answered_each_with_a_verdict_of_its_own_and_undone_at_once(queue: Page, console: Console) -> None:
    phrases = queue.locator(".row .phrase").all_inner_texts()[:4]
    for at in range(4):
        queue.locator(".row input").nth(at).check()
    expect(queue.get_by_role("heading", name="4 ideas chosen")).to_be_visible()
    queue.get_by_role("button", name="Approve all").click()
    for phrase, verdict in zip(phrases, ("Approve", "Reject", "Ignore", "Reject"), strict=True):
        expect(_bulk_row(queue, phrase).get_by_role("radio", name="Approve")).to_be_checked()
        _bulk_row(queue, phrase).get_by_role("radio", name=verdict).click()
    _bulk_row(queue, phrases[1]).get_by_label("Reason").fill("too plain")
    queue.get_by_role("button", name="Answer 4 ideas").click()
    expect(queue.get_by_text("Approve: 1, Reject: 2 (1 without a reason), Ignore: 1")).to_be_visible()
    queue.get_by_role("button", name="Yes, answer").click()
    expect(queue.get_by_text("1 approved, 1 rejected, 1 put away")).to_be_visible()
    expect(queue.get_by_text(f"{phrases[3]}: a rejection needs a reason")).to_be_visible()
    expect(queue.get_by_role("heading", name="1 idea chosen")).to_be_visible()
    found = {phrase: _answers(console, phrase) for phrase in phrases}
    assert [found[phrase][-1][0] for phrase in phrases[:3]] == ["approve", "reject", "ignore"]
    assert found[phrases[1]][-1][2] == "too plain"
    assert found[phrases[3]] == []
    expect(queue.locator(".undo-line")).to_contain_text("3 ideas answered")
    queue.locator(".undo-button").click()
    expect(queue.locator(".undo-line")).to_have_count(0)
    settled(queue)
    assert [_answers(console, phrase)[-1][5] for phrase in phrases[:3]] == ["pending_review"] * 3
    queue.get_by_label("Reason for every rejection").fill("not ours")
    queue.get_by_role("button", name="Answer 1 idea").click()
    expect(queue.get_by_text("Reject: 1", exact=True)).to_be_visible()
    queue.get_by_role("button", name="Yes, answer").click()
    expect(queue.get_by_text("a rejection needs a reason")).to_have_count(0)
    assert _answers(console, phrases[3])[-1][2] == "not ours"


def test_a_second_reviewer_reads_who_decided_and_keeps_what_they_typed(
    queue: Page, second_page: Page, console: Console
) -> None:
    first = _together(queue)
    _reviewing(second_page)
    assert _together(second_page) == first
    second_page.keyboard.press("r")
    second_page.get_by_label("Reason").fill("a long thought about it")
    queue.get_by_role("button", name="Approve").click()
    _went_on(queue, first)
    second_page.locator(".st-key-form-reject").get_by_role("button", name="Reject").click()
    _went_on(second_page, first)
    expect(second_page.get_by_text(re.compile(f"“{first}”: approved by mara, .* UTC"))).to_be_visible()
    expect(second_page.get_by_text("a long thought about it")).to_be_visible()
    assert [answer[0] for answer in _answers(console, first) if not answer[4]] == ["approve"]


def test_on_a_phone_the_list_gives_way_to_the_idea_and_comes_back(phone: Page, console: Console) -> None:
    phone.goto("/review")
    expect(phone.locator(".row").first).to_be_visible()
    expect(phone.get_by_role("button", name="Approve")).to_be_hidden()
    assert wider_than_screen(settled(phone)) == 0
    first = phone.locator(".row .phrase").first.inner_text()
    phone.locator(".row .idea").first.click()
    expect(phone.get_by_role("button", name="Approve")).to_be_in_viewport()
    expect(phone.locator(".row").first).to_be_hidden()
    assert wider_than_screen(settled(phone)) == 0
    phone.get_by_role("button", name="Approve").click()
    expect(phone.locator(".undo-line")).to_contain_text(first)
    settled(phone)  # while the next idea is drawn, the buttons of the one before it are still there
    expect(phone.get_by_role("button", name="Approve")).to_be_in_viewport()
    assert _answers(console, first)[-1][0] == "approve"
    phone.get_by_role("button", name="Queue").click()
    expect(phone.locator(".row").first).to_be_visible()


def test_what_others_wrote_is_drawn_as_they_wrote_it_and_does_nothing(desk: Page, console: Console, ideas: Ids) -> None:
    with console.session() as session:
        session.execute("UPDATE idea SET phrase = %s, audience = %s WHERE id = %s", (HOSTILE, HOSTILE, ideas[-1]))
    desk.on("dialog", lambda dialog: pytest.fail(f"it ran: {dialog.message}"))
    desk.goto(f"/review?idea={ideas[-1]}")
    desk.get_by_label("Search").fill("DROP TABLE")
    expect(desk.locator(".row")).to_have_count(1)
    expect(desk.locator(".row .phrase")).to_have_text(HOSTILE)
    desk.get_by_role("button", name="Ignore").click()
    expect(desk.locator(".undo-text")).to_contain_text("<img src=x")
    expect(desk.get_by_text("Nothing fits")).to_be_visible()
    assert desk.locator("img[src='x']").count() == 0
    assert desk.locator("a[href^='javascript']").count() == 0
    desk.locator(".undo-button").click()
    expect(desk.locator(".row")).to_have_count(1)
    desk.get_by_label("Search").fill("")


def test_a_link_opens_one_idea_and_the_browser_goes_back(queue: Page, ideas: Ids) -> None:
    wanted = queue.locator(".row").nth(3)
    phrase = wanted.locator(".phrase").inner_text()
    wanted.locator(".idea").click()
    expect(_opened(queue)).to_have_text(phrase)
    _together(queue)
    assert f"idea={wanted.get_attribute('data-id')}" in queue.url
    address = queue.url
    queue.locator(".row .idea").nth(5).click()
    _went_on(queue, phrase)
    queue.go_back()
    expect(_opened(queue)).to_have_text(phrase)
    queue.goto(address)
    expect(_opened(queue)).to_have_text(phrase)
    queue.goto(f"/review?idea={UUID(int=7)}")
    expect(queue.get_by_text("There is no idea")).to_be_visible()


def test_who_decided_what_stands_in_a_table_and_an_idea_opens_from_it(queue: Page) -> None:
    first = _together(queue)
    queue.get_by_role("button", name="Ignore").click()
    _went_on(queue, first)
    queue.get_by_role("tab", name="Decided").click()
    expect(queue.locator("td", has_text=first).first).to_be_attached()
    expect(queue.locator("td", has_text="mara").first).to_be_attached()
    box = queue.get_by_test_id("stDataFrame").bounding_box()
    assert box is not None
    queue.mouse.click(box["x"] + box["width"] - 40, box["y"] + 35 + 17)
    expect(queue.locator(".st-key-idea-page").get_by_role("heading").first).to_have_text(first)
    expect(queue.locator(".st-key-standing")).to_contain_text("mara")


def _bulk_row(page: Page, phrase: str) -> Locator:
    return page.locator("[class*='st-key-bulk-row-']").filter(has=page.get_by_text(f"{phrase} · "))
