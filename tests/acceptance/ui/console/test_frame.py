"""Every page in a real browser: it stands, says nothing of errors, asks nobody else, and fits a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import settled, wider_than_screen
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
