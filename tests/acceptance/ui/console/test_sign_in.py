"""Signing in with a key, in a browser: nobody sees a page before it, and nobody after their key was revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from graphs.people import People
from graphs.settings import Settings
from graphs.tenants import Tenants
from store.redis import EmbeddedRedis
from tests.browser import Console, settled


@pytest.fixture(scope="module")
def console_settings(
    new_database: Callable[[], str], redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    return Settings(
        _env_file=None,
        home=tmp_path_factory.mktemp("sign-in"),
        database_url=new_database(),
        redis_url=redis_server.start(),
        console_sign_in=True,
    )


def beside(work: Coroutine[Any, Any, Any]) -> Any:
    """What work comes to on a loop of its own: Playwright's runs in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result(60)


async def _member(settings: Settings, handle: str, role: str) -> str:
    async with Tenants(settings) as tenants:
        people = People(tenants)
        await people.add_member(settings.tenant, handle, role, "free", "")
        _, key = await people.add_key(settings.tenant, handle)
        return key


async def _dismiss(settings: Settings, handle: str) -> None:
    async with Tenants(settings) as tenants:
        for row in await People(tenants).keys(settings.tenant, handle):
            await People(tenants).revoke_key(settings.tenant, row["id"])


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("API key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_a_page_is_seen_with_a_key_and_never_without(page: Page, console: Console) -> None:
    key = beside(_member(console.settings, "ana", "admin"))
    page.goto("/settings")
    expect(settled(page).get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(0)
    sign_in(page, "bw_default_not_a_key")
    expect(page.get_by_text("no key or token that is known here")).to_be_visible()
    sign_in(page, key)
    expect(page.get_by_role("heading", name="Settings and health")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("ana")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert key not in page.content() + page.url


def test_a_revoked_key_is_out_at_the_next_look_after_ten_seconds(page: Page, console: Console) -> None:
    key = beside(_member(console.settings, "ben", "business"))
    page.goto("/")
    settled(page)
    sign_in(page, key)
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    beside(_dismiss(console.settings, "ben"))
    page.wait_for_timeout(10_500)
    page.get_by_test_id("stSidebarNavLink").last.click()
    expect(page.get_by_text("this key was revoked")).to_be_visible()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_creator_sees_the_weights_and_no_way_to_set_them(page: Page, console: Console) -> None:
    key = beside(_member(console.settings, "cleo", "creator"))
    page.goto("/settings")
    settled(page)
    sign_in(page, key)
    expect(page.get_by_text("Only their proportions matter")).to_be_visible()
    expect(page.get_by_text("Set new weights")).to_have_count(0)
    expect(page.get_by_text("Members and keys")).to_have_count(0)
