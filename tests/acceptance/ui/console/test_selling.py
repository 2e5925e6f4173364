"""Listings in a browser: a draft read, changed, blocked, let pass, approved, pushed beside, seen live; many at once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from graphs.produce import Plan
from graphs.product import Product
from graphs.wiring import open_product
from studio.drawing import Row
from tests.browser import Console, settled, wider_than_screen
from ui.console.text import JOINER

HOSTILE = "**bold** <img src=x onerror=alert(1)> :red[r]"
HEBREW = "חולצת דגים עם כיתוב מצויר ביד"
TEXTS = ("Gone fishing", "Coffee first", "Bee kind", "Sea dog")
SMALL = Plan(width=450, height=540)
PUSHED_MS = 60_000


@pytest.fixture(scope="module")
def stocked(console: Console) -> dict[str, UUID]:
    """A finished design of each text, and a listing of each but the last in the folder, in English."""

    async def work() -> dict[str, UUID]:
        async with open_product(console.settings) as product:
            return await _stock(product)

    return _beside(work)


async def _stock(product: Product) -> dict[str, UUID]:
    rows = [Row(str(at), text, product_format="shirt") for at, text in enumerate(TEXTS)]
    begun = await product.batches.begin(rows, "for sale", plan=SMALL)
    await product.workshop.work(begun.id, stay=True)
    drawn = (await product.batches.show(begun.id))["designs"]
    found = {TEXTS[int(each["row_id"])]: each["id"] for each in drawn}
    await product.launches.begin([found[text] for text in TEXTS[:-1]], [("folder", "en")])
    return found


def _beside(work: Callable[[], Any]) -> Any:
    """Playwright's own loop runs in this thread."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, work()).result(300)


@pytest.fixture
def push(console: Console) -> Iterator[Callable[[], Future[int]]]:
    """Has somebody push what is approved, beside the browser, window or not."""

    async def pusher() -> int:
        async with open_product(console.settings) as product:
            async with product.pool.connection() as connection:
                await connection.execute("UPDATE outbox SET due_at = now(), undo_until = now() WHERE status = 'queued'")
            return await product.pusher.work()

    with ThreadPoolExecutor(1) as beside:
        yield lambda: beside.submit(asyncio.run, pusher())


def opened(page: Page, name: str) -> Page:
    """The page of the listing whose title has this."""
    page.goto("/listings")
    settled(page).locator(".row .open", has_text=name).first.click()
    expect(page.locator(".st-key-listing-head h1")).to_be_visible()
    expect(page.locator(".wares")).to_have_count(0)
    return settled(page)


def test_without_a_listing_the_page_says_how_they_come_about(page: Page) -> None:
    page.goto("/listings")
    expect(settled(page).get_by_role("heading", name="No listing yet")).to_be_visible()
    expect(page.get_by_text("from a design's page: Put up for sale")).to_be_visible()


@pytest.mark.usefixtures("stocked")
def test_a_draft_is_read_with_its_pictures_its_bounds_its_gates_and_where_it_comes_from(page: Page) -> None:
    opened(page, "Fishing")
    expect(page.get_by_text("Look at it, then approve or decline it.")).to_be_visible()
    expect(page.locator(".goods img")).to_have_count(2)
    expect(page.locator(".ware")).to_contain_text(re.compile(r"\d+ of 200 characters"))
    expect(page.locator(".ware")).to_contain_text(re.compile(r"\d+ of 20 tags"))
    expect(page.get_by_text("all 6 gates let it go")).to_be_visible()
    page.get_by_text("Trademarks", exact=True).click()
    expect(page.get_by_text(re.compile("Held against: starter list of famous marks"))).to_be_visible()
    page.get_by_text(re.compile("claims, each traced")).click()
    expect(page.locator(".claims > div").first).to_be_visible()
    page.get_by_role("button", name="What would go out").click()
    expect(page.locator(".leaving .change").first).to_contain_text("nothing")
    page.get_by_role("link", name="Gone fishing").click()
    expect(page.get_by_role("heading", name="Gone fishing", exact=True)).to_be_visible()
    assert "/designs?design=" in page.url


@pytest.mark.usefixtures("stocked")
def test_a_mark_blocks_a_changed_draft_until_it_is_let_pass_and_it_goes_live(
    page: Page, push: Callable[[], Future[int]]
) -> None:
    opened(page, "Fishing")
    page.get_by_role("button", name="Change it").click()
    page.get_by_role("textbox", name=re.compile("^Title")).fill("Star Wars Fishing Shirt")
    page.get_by_role("textbox", name=re.compile("^Price")).fill("24.50")
    page.get_by_role("button", name="Save and check").click()
    expect(page.get_by_text("1 gate blocks it")).to_be_visible()
    expect(page.locator(".evidence .blocks")).to_contain_text("Star Wars")
    expect(page.locator(".ware .asked")).to_have_text("$24.50")
    expect(page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    page.get_by_role("textbox", name="Why it may pass").fill("we hold the licence")
    page.get_by_role("button", name="Let it pass").click()
    expect(page.get_by_text("Look at it, then approve or decline it.")).to_be_visible()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text(re.compile("Approved: it goes out in"))).to_be_visible()
    expect(page.get_by_text("no worker is at work")).to_be_visible()
    page.locator(".undo-button").click()
    expect(page.get_by_text("Look at it, then approve or decline it.")).to_be_visible()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text(re.compile("Approved: it goes out in"))).to_be_visible()
    pushed = push()
    expect(page.get_by_text("It stands in a folder of this installation")).to_be_visible(timeout=PUSHED_MS)
    assert pushed.result(PUSHED_MS / 1000) == 1
    expect(page.get_by_text("Approved by mara")).to_be_visible()
    page.get_by_text("Trademarks", exact=True).click()
    expect(page.get_by_text("mara let it pass on")).to_be_visible()


@pytest.mark.usefixtures("stocked")
def test_what_is_wrong_with_a_change_is_told_and_what_was_typed_stays(page: Page) -> None:
    opened(page, "Coffee")
    page.get_by_role("button", name="Change it").click()
    field = page.get_by_role("textbox", name=re.compile("^Price"))
    field.fill("free")
    page.get_by_role("button", name="Save and check").click()
    expect(page.get_by_text("is no price in USD")).to_be_visible()
    expect(field).to_have_value("free")


@pytest.mark.usefixtures("stocked")
def test_many_are_answered_at_once_each_with_its_own_verdict_and_taken_back_together(page: Page) -> None:
    page.goto("/listings")
    rows = settled(page).locator(".row.waiting")
    expect(rows).to_have_count(2)
    page.get_by_text("All on this page").click()
    expect(page.get_by_text("2 listings chosen")).to_be_visible()
    page.locator("[class*=st-key-many-row-]").last.get_by_text("Decline", exact=True).click()
    page.get_by_role("textbox", name="Reason", exact=True).fill("not ours")
    page.get_by_role("button", name="Answer 2 listings").click()
    expect(page.get_by_text("Approve: 1, Decline: 1")).to_be_visible()
    page.get_by_role("button", name="Yes, answer").click()
    expect(page.locator(".row.queued")).to_have_count(1)
    expect(page.locator(".row.declined")).to_have_count(1)
    page.locator(".undo-button").click()
    expect(page.locator(".row.waiting")).to_have_count(2)


def test_a_design_is_put_up_for_sale_from_its_page(page: Page, stocked: dict[str, UUID]) -> None:
    page.goto(f"/designs?design={stocked['Sea dog']}")
    expect(settled(page).get_by_text("Not put up anywhere yet.")).to_be_visible()
    page.get_by_role("button", name="Put up for sale").click()
    page.get_by_role("button", name="Draw up 1 listing").click()
    expect(page.get_by_role("link", name="Folder · English")).to_be_visible()
    page.get_by_role("link", name="Folder · English").click()
    expect(page.get_by_text("all 6 gates let it go")).to_be_visible()


@pytest.mark.usefixtures("stocked")
def test_a_phone_shows_what_others_wrote_as_text_in_its_own_direction_and_never_scrolls_sideways(
    phone: Page, console: Console
) -> None:
    async def change() -> None:
        async with open_product(console.settings) as product:
            rows = {row["title"]: row for row in await product.launches.page(10, statuses=["waiting"])}
            coffee, bees = (next(row for title, row in rows.items() if word in title) for word in ("Coffee", "Bee"))
            await product.launches.edit(coffee["id"], {"title": HOSTILE, "description": HOSTILE})
            await product.launches.edit(bees["id"], {"title": HEBREW})

    _beside(change)
    phone.goto("/listings")
    expect(settled(phone).locator(".row", has_text=HOSTILE)).to_have_count(1)
    assert wider_than_screen(phone) == 0
    opened(phone, HEBREW)
    expect(phone.locator(".ware")).to_contain_text("right to left")
    assert phone.locator(".ware h3").evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert wider_than_screen(phone) == 0
    opened(phone, HOSTILE)
    assert (phone.locator("h1").text_content() or "").replace(JOINER, "") == HOSTILE
    assert phone.locator(".ware .text").text_content() == HOSTILE
    assert wider_than_screen(phone) == 0
