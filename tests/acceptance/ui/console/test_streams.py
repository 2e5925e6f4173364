"""Signals and agents in a real browser: what comes while one looks is seen, what was refused is tried again."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect

import trends.screen
from store import sources
from store.sources import KeptAnswer
from tests.browser import WAIT_MS, Console, settled, wider_than_screen
from tests.shelf import HOSTILE
from trends.arrival import Arrival
from trends.intake import take, take_payload
from trends.live.reddit import REDDIT
from trends.live.source import Reply, Request
from trends.raw import pack
from trends.when import parse_moment
from ui.console.stream import EVERY_S

PUT = """
INSERT INTO signal (id, source, kind, text, community, first_known_at) VALUES (%s, %s, 'item', %s, %s, now())
"""
FETCHED = parse_moment("2026-11-20T12:00:00Z")
ASKED = {"path": "/r/crafts/hot", "query": {}, "page": 1, "cursor": {}, "answers": "json"}


def put(console: Console, text: str, source: str = "reddit") -> None:
    with console.session() as session:
        session.execute(PUT, (uuid4(), source, text, "r/crafts"))


def answered(console: Console, title: str, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """An answer of Reddit that yesterday's reader refused."""
    post = {"id": "p", "title": title, "subreddit": "crafts", "author": "a", "created_utc": 1_700_000_000, "score": 5}
    body = {"kind": "Listing", "data": {"children": [{"kind": "t3", "data": post}]}}
    assert FETCHED is not None
    reply = Reply(Request("hot/crafts", "/r/crafts/hot"), body, FETCHED)
    with monkeypatch.context() as yesterday, console.session() as session:
        yesterday.setattr(trends.screen, "is_nsfw", lambda text: "owl" in text)
        sources.open_source(session, "reddit")
        rows = Arrival(FETCHED).rows(lambda: REDDIT.read(reply))
        taken = take_payload(session, "default", "reddit/hot/crafts/1", "sha", FETCHED, rows)
        kept = KeptAnswer("reddit", "hot/crafts", pack(body), FETCHED, ASKED)
        sources.save_payload(session, taken.file_id, kept)
    return taken.file_id


def test_a_signal_that_comes_while_one_looks_appears_as_text_until_one_pauses(page: Page, console: Console) -> None:
    put(console, "the first moss owl")
    page.goto("/signals")
    stream = settled(page).locator(".st-key-stream")
    expect(stream.get_by_text("the first moss owl")).to_be_visible(timeout=WAIT_MS)
    put(console, HOSTILE, "youtube")
    expect(stream.get_by_text(HOSTILE[:25])).to_be_visible(timeout=WAIT_MS)
    expect(stream.get_by_text("new", exact=True)).to_be_visible()
    assert stream.locator("script, img, strong, a").count() == 0
    assert HOSTILE in (stream.text_content() or "").replace("\N{WORD JOINER}", "")
    page.get_by_text("Live", exact=True).click()
    page.wait_for_timeout(1_000 * EVERY_S)  # the look that the click asks for, and one that was under way
    settled(page)
    put(console, "too late to be seen")
    page.wait_for_timeout(1_000 * EVERY_S + 500)
    expect(page.get_by_text("too late to be seen")).to_have_count(0)


def test_heat_is_drawn_with_its_words(page: Page, console: Console) -> None:
    put(console, "a hot owl")
    page.goto("/signals")
    settled(page).get_by_role("tab", name="Heat").click()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    expect(page.locator("[data-testid='stVegaLiteChart'] :is(canvas, svg)").first).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("Most at once:").first).to_be_visible()


def test_a_refused_row_is_tried_again_and_stored(page: Page, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    file_id = answered(console, f"{HOSTILE} owl", monkeypatch)
    page.goto("/signals")
    settled(page).get_by_role("tab", name="Refused").click()
    shown = page.locator(f".st-key-refused-{file_id}")
    expect(shown.get_by_text("1 row refused")).to_be_visible()
    assert shown.locator("script, img").count() == 0
    shown.get_by_role("button", name="Try 1 row again").click()
    expect(page.get_by_text("1 tried, 1 stored")).to_be_visible(timeout=WAIT_MS)
    expect(shown).to_have_count(0)
    with console.session() as session:
        assert session.execute("SELECT count(*) FROM quarantine").fetchone() == (0,)


def test_a_damaged_file_stays_with_its_reasons_on_a_phone(phone: Page, console: Console, tmp_path: Path) -> None:
    path = tmp_path / "damaged.csv"
    path.write_text("text,created_at\n" + f"{'pumpernickel' * 20},whenever\n{HOSTILE},someday\n" * 3)
    with console.session() as session:
        take([path], session, "default")
    phone.goto("/signals")
    settled(phone).get_by_role("tab", name="Refused").click()
    expect(phone.get_by_text("6 rows refused")).to_be_visible()
    settled(phone).get_by_test_id("stFileUploader").locator("input").set_input_files(path)
    phone.get_by_role("button", name="Try 6 rows again").click()
    expect(phone.get_by_text("6 tried, 0 stored")).to_be_visible(timeout=WAIT_MS)
    assert wider_than_screen(settled(phone)) == 0


def test_the_agents_say_what_they_know_of_nothing_and_of_judged_ideas(page: Page, console: Console) -> None:
    page.goto("/agents")
    expect(settled(page).get_by_text("No decision was made in this time")).to_be_visible()
    console.fill(2)
    page.reload()
    expect(page.get_by_text("2 decisions on 1 day")).to_be_visible(timeout=WAIT_MS)
    settled(page).get_by_role("tab", name="What each changes").click()
    page.get_by_role("button", name="Measure on my newest decisions").click()
    expect(page.get_by_text("made anew with everybody")).to_be_visible(timeout=WAIT_MS)
