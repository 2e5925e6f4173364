"""A run that is under way, in a browser: its page follows it by itself, and ends to when it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Console, settled

BEGUN = datetime.now(UTC)


@pytest.fixture
def tell(console: Console) -> Callable[[str], None]:
    """Write how a made-up thread with one node stands now."""
    thread, span = uuid4(), uuid4()

    def told(status: str) -> None:
        now = datetime.now(UTC)
        outcome, ended = ("running", None) if status == "running" else ("done", now)
        with console.session() as session:
            session.execute(
                "INSERT INTO thread (tenant_id, id, graph, subject, title, status, started_at, last_at) VALUES "
                "('default', %s, 'analyze', 'run:made-up', '**moss** frame', %s, %s, %s) ON CONFLICT (tenant_id, id) "
                "DO UPDATE SET status = excluded.status, last_at = excluded.last_at",
                (thread, status, BEGUN, now + timedelta(minutes=5)),
            )
            session.execute(
                "INSERT INTO span (tenant_id, thread_id, id, node, outcome, began_at, ended_at) VALUES "
                "('default', %s, %s, 'coordinate', %s, %s, %s) ON CONFLICT (tenant_id, thread_id, id) "
                "DO UPDATE SET outcome = excluded.outcome, ended_at = excluded.ended_at",
                (thread, span, outcome, BEGUN, ended),
            )

    return told


def test_a_run_under_way_is_followed_until_it_ends(page: Page, tell: Callable[[str], None]) -> None:
    tell("running")
    page.goto("/runs")
    badge = settled(page).get_by_test_id("stMarkdownContainer").locator("span.stMarkdownBadge")
    expect(badge).to_contain_text("running")
    expect(page.get_by_role("heading", name="**moss** frame")).to_be_visible()
    tell("finished")
    expect(badge).to_contain_text("finished")
