"""Every page in a real browser: it stands, says nothing of errors, asks nobody else, and fits a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import Console, settled, watched_page, wider_than_screen
from ui.console.navigation import ENTRIES

PATHS = [entry.path for entry in ENTRIES]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_stands_in_a_browser_with_no_error_and_no_request_elsewhere(page: Page, path: str) -> None:
    page.goto(f"/{path}")
    expect(settled(page).locator("h1")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_the_width_of_a_phone(phone: Page, path: str) -> None:
    phone.goto(f"/{path}")
    expect(settled(phone).locator("h1")).to_be_visible()
    assert wider_than_screen(phone) == 0


def test_a_phone_opens_the_navigation_and_goes_to_another_page(phone: Page, console: Console) -> None:
    phone.goto("/")
    settled(phone).get_by_test_id("stExpandSidebarButton").click()
    phone.get_by_test_id("stSidebarNavLink").last.click()
    expect(phone).to_have_url(f"{console.address}/{PATHS[-1]}")


def test_the_console_speaks_the_language_that_the_browser_asks_for(chromium: Browser, console: Console) -> None:
    with watched_page(chromium, console.address, locale="de-DE") as page:
        page.goto("/")
        expect(settled(page).get_by_role("heading", name="Heute")).to_be_visible()
