"""An idea's page in a real browser: figures open their source, what is outside stays text, a phone scrolls one way."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import WAIT_MS, Console, settled, wider_than_screen
from tests.shelf import HOSTILE, WEB, Shelf, stock
from ui.console.text import JOINER


@pytest.fixture(scope="module")
def shelf(console: Console) -> Shelf:
    """Judged ideas of every kind before this module's console."""
    with ThreadPoolExecutor(1) as beside:  # Playwright's own loop runs in this thread
        return beside.submit(asyncio.run, stock(console.settings)).result(120)


def idea_page(page: Page, idea: UUID) -> Locator:
    """The page of an idea, drawn."""
    page.goto(f"/review?idea={idea}")
    shown = page.locator(".st-key-idea-page")
    expect(shown.get_by_role("tab", name="History")).to_be_visible(timeout=WAIT_MS)
    settled(page)
    return shown


def open_tab(shown: Locator, name: str) -> None:
    shown.get_by_role("tab", name=name).click()
    expect(shown.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    settled(shown.page)


def test_a_figure_opens_its_fact_by_keyboard_and_shows_the_rows_it_comes_from(page: Page, shelf: Shelf) -> None:
    shown = idea_page(page, shelf.story)
    with shelf.session() as session:
        found = session.execute(
            "SELECT value, row_count FROM fact WHERE idea_id = %s AND id = 'pricing.margin_ratio'", (shelf.story,)
        ).fetchone()
    assert found is not None
    figure = shown.locator(".st-key-glance-pricing-margin_ratio").get_by_role("button")
    expect(figure).to_have_text(f"{float(found[0]) * 100:.0f}%")
    figure.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("pricing.margin_ratio")
    expect(dialog).to_contain_text(f"The {found[1]} rows it was computed from")
    expect(dialog).to_contain_text("garden gnome")
    expect(dialog).to_contain_text("price $")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_figure_beside_a_sentence_opens_again_and_again(page: Page, shelf: Shelf) -> None:
    shown = idea_page(page, shelf.story)
    chip = shown.get_by_test_id("stButtonGroup").first.get_by_role("radio").first
    for _ in range(2):
        chip.click()
        expect(page.get_by_role("dialog")).to_contain_text("rows it was computed from")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_reports_wear_their_outcomes_and_say_why_they_are_silent(page: Page, shelf: Shelf) -> None:
    shown = idea_page(page, shelf.story)
    open_tab(shown, "Reports")
    expect(shown.get_by_text("judged by", exact=False)).to_have_count(12)
    expect(shown.get_by_text(re.compile("abstained$")).first).to_be_visible()
    expect(shown).to_contain_text("no web search was made")


def test_charts_are_drawn_and_told_in_words(page: Page, shelf: Shelf) -> None:
    shown = idea_page(page, shelf.story)
    open_tab(shown, "Charts")
    charts = shown.get_by_test_id("stVegaLiteChart")
    expect(charts).to_have_count(7)
    expect(shown.get_by_label("Forecast for", exact=False).first).to_be_attached()
    expect(shown.get_by_label("25% is left at", exact=False).first).to_be_attached()


def test_markup_from_outside_is_read_as_text_in_every_tab(page: Page, shelf: Shelf) -> None:
    shown = idea_page(page, shelf.hostile)
    for tab in ("Decision", "Reports", "Signals", "Facts", "Charts", "History"):
        open_tab(shown, tab)
        assert HOSTILE in shown.inner_text().replace(JOINER, "")
        assert shown.locator("img, script, iframe, a[href^=javascript], .katex").count() == 0


def test_only_a_page_of_the_web_is_a_link_and_it_learns_nothing_of_us(page: Page, shelf: Shelf) -> None:
    shown = idea_page(page, shelf.hostile)
    open_tab(shown, "Signals")
    link = shown.get_by_role("link", name="Open at example.org").first
    expect(link).to_have_attribute("href", WEB)
    expect(link).to_have_attribute("rel", "noreferrer")
    expect(link).to_have_attribute("target", "_blank")
    hrefs = shown.get_by_role("link").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert set(hrefs) == {WEB}


@pytest.mark.parametrize("name", ["hostile", "long"])
def test_a_phone_scrolls_one_way(phone: Page, shelf: Shelf, name: str) -> None:
    shown = idea_page(phone, getattr(shelf, name))
    assert wider_than_screen(phone) == 0
    for tab in ("Reports", "Facts", "Charts"):
        open_tab(shown, tab)
        assert wider_than_screen(phone) == 0
