"""What robots.txt of a host on loopback lets us ask for, and how fast."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer

from trends.fetch import Fetcher, SourceDown
from trends.robots import LONGEST_DELAY_S, Robots, RobotsForbid

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = "User-agent: bellwether\nDisallow: /private\nCrawl-delay: 7\n\nUser-agent: *\nDisallow: /\n"


@pytest.fixture
async def robots() -> AsyncIterator[Robots]:
    async with Fetcher("Bellwether/test (+mailto:ops)", timeout_s=2.0) as fetcher:
        yield Robots(fetcher)


async def test_the_rules_for_our_own_name_hold_and_their_delay_is_told(robots: Robots, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data(RULES, content_type="text/plain")
    assert await robots.delay_s(httpserver.url_for("/open"), NOW) == 7
    with pytest.raises(RobotsForbid, match="forbids /private/x"):
        await robots.delay_s(httpserver.url_for("/private/x?key=secret"), NOW)
    assert len(httpserver.log) == 1


async def test_a_delay_of_hours_is_cut_to_what_a_scan_can_bear(robots: Robots, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nCrawl-delay: 86400")
    assert await robots.delay_s(httpserver.url_for("/"), NOW) == LONGEST_DELAY_S


async def test_a_page_in_place_of_the_file_forbids_nothing(robots: Robots, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("<!doctype html><p>hello", content_type="text/html")
    assert await robots.delay_s(httpserver.url_for("/"), NOW) == 0


async def test_the_file_is_read_again_after_a_day(robots: Robots, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", content_type="text/plain")
    for moment in (NOW, NOW + timedelta(hours=23), NOW + timedelta(hours=25)):
        await robots.delay_s(httpserver.url_for("/"), moment)
    assert len(httpserver.log) == 2


async def test_where_nobody_answers_nothing_may_be_asked(robots: Robots) -> None:
    with pytest.raises(SourceDown, match=r"robots.txt cannot be read: no network"):
        await robots.delay_s("http://127.0.0.1:1/open", NOW)
