"""The studio in a browser: a batch begun from a file, watched while it is drawn beside; its designs in the library."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from graphs.wiring import open_product
from tests.browser import Console, settled, wider_than_screen
from ui.console.text import JOINER

HOSTILE = "**bold** <img src=x onerror=alert(1)> :red[r]"
UNWRITABLE = "\N{CUNEIFORM SIGN A}\N{CUNEIFORM SIGN AB}"
"""In a script that none of our faces has."""
CSV = (
    "id,text,keyword,product\n"
    "a,Coffee first,coffee,mug\nb,Gone fishing,fishing,shirt\n"
    f"c,{HOSTILE},,shirt\nd,{UNWRITABLE},,tote\n"
    "e,,,mug\nb,Doubled,,mug\n"
)
DRAWN_MS, LOOKS_MS = 90_000, 2_000


@pytest.fixture
def work(console: Console) -> Iterator[Callable[[], Future[int]]]:
    """Has somebody draw what waits, beside the browser, until nothing does."""

    async def worker() -> int:
        async with open_product(console.settings) as product:
            product.workshop.places = 2
            return await product.workshop.work()

    with ThreadPoolExecutor(1) as beside:  # Playwright's own loop runs in this thread
        yield lambda: beside.submit(asyncio.run, worker())


def test_a_batch_is_begun_from_a_csv_that_was_looked_at_first(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "spring.csv"
    file.write_text(CSV)
    page.goto("/batches")
    settled(page).get_by_text("New batch", exact=True).click()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("4 rows can be drawn")).to_be_visible()
    expect(page.get_by_text("2 refused")).to_be_visible()
    page.get_by_role("combobox", name="Size in pixels").click()
    page.get_by_role("option", name="Another size").click()
    for label, value in (("Width", "450"), ("Height", "540")):
        page.get_by_role("spinbutton", name=label).fill(value)
        page.keyboard.press("Enter")
        settled(page)
    page.get_by_role("button", name="Begin 4 designs").click()
    expect(page.get_by_role("heading", name="spring")).to_be_visible()
    expect(page.get_by_text("no worker is at work")).to_be_visible()
    assert "batch=" in page.url


def test_it_is_watched_until_it_is_drawn_and_what_is_typed_meanwhile_stays(
    page: Page, work: Callable[[], Future[int]]
) -> None:
    page.goto("/batches")
    settled(page).get_by_role("button", name=re.compile("^spring")).click()
    settled(page).get_by_role("button", name="Priority").click()
    field = page.get_by_role("spinbutton", name="The higher goes first")
    field.fill("7")
    page.wait_for_timeout(2 * LOOKS_MS)
    expect(field).to_have_value("7")
    drawn = work()
    expect(page.get_by_text("3 done · 1 dead letter · 2 refused")).to_be_visible(timeout=DRAWN_MS)
    assert drawn.result(DRAWN_MS / 1000) == 4
    expect(page.locator(".tile.done img")).to_have_count(3)
    expect(page.get_by_role("button", name="Retry 1 dead letter")).to_be_visible()


def test_a_dead_letter_says_why_and_is_queued_again(page: Page) -> None:
    page.goto("/batches")
    settled(page).get_by_role("button", name=re.compile("^spring")).click()
    settled(page).locator(".tile.dead .open").click()
    expect(page.get_by_text("The text cannot be lettered.")).to_be_visible()
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.get_by_text("version 2")).to_be_visible()
    expect(page.locator(".tile.waiting")).to_have_count(1)


def test_a_design_is_found_named_deleted_and_restored(page: Page) -> None:
    page.goto("/designs")
    expect(settled(page).locator(".tile")).to_have_count(3)
    page.get_by_role("searchbox", name="Search").or_(page.get_by_placeholder("Search: words")).first.fill("fishing")
    expect(page.locator(".tile")).to_have_count(1)
    page.locator(".tile .open").click()
    expect(settled(page).get_by_role("heading", name="Gone fishing")).to_be_visible()
    expect(page.get_by_role("img", name="Gone fishing: shirt")).to_be_visible()
    page.get_by_role("combobox", name="Category").fill("angling")
    page.get_by_role("option", name="angling").click()
    page.get_by_test_id("stButton").get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_text("set by a person")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Print PNG")).click()
    assert download.value.suggested_filename.endswith("print.png")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.get_by_text("It is deleted")).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("It is deleted")).to_have_count(0)


def test_chosen_designs_are_handed_on_as_one_file(page: Page) -> None:
    page.goto("/designs")
    settled(page).locator(".choose input").nth(0).check()
    expect(page.get_by_text("1 design chosen")).to_be_visible()
    page.locator(".choose input").nth(1).check()
    expect(page.get_by_text("2 designs chosen")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="ZIP").click()
    assert download.value.suggested_filename == "designs.zip"
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"


def test_a_phone_shows_text_from_outside_as_text_and_never_scrolls_sideways(phone: Page) -> None:
    phone.goto("/designs")
    settled(phone)
    assert wider_than_screen(phone) == 0
    phone.locator(".open", has_text="**bold**").click()
    expect(settled(phone).get_by_text("On products", exact=True)).to_be_visible()
    assert (phone.locator("h1").text_content() or "").replace(JOINER, "") == HOSTILE
    assert wider_than_screen(phone) == 0
    phone.goto("/batches")
    settled(phone).get_by_role("button", name=re.compile("^spring")).click()
    expect(settled(phone).locator(".tile")).to_have_count(4)
    assert wider_than_screen(phone) == 0
    phone.locator(".tile.done .open").first.click()
    expect(phone.get_by_role("button", name="Close")).to_be_visible()
    expect(phone.locator(".tile").first).to_be_hidden()
    assert wider_than_screen(phone) == 0
