"""What YouTube is asked for, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trends.live.source import Reply, Scan
from trends.live.youtube import after, first, keep
from trends.signal import content_hash

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEYS = {"youtube_api_key": "a-key"}


def searched(*keywords: str, hours_ago: float = 0.0) -> dict[str, dict[str, str]]:
    at = (NOW - timedelta(hours=hours_ago)).isoformat()
    return {f"search/{content_hash(keyword)[:16]}": {"searched_at": at} for keyword in keywords}


def test_charts_come_first_and_cost_one_unit_a_page_then_three_searches_of_a_hundred() -> None:
    requests = list(first(Scan(NOW, ("US", "GB"), tuple("abcde"), KEYS)))
    assert [request.units for request in requests] == [1, 1, 100, 100, 100]
    assert [request.query["q"] for request in requests[2:]] == ["a", "b", "c"]
    assert all(request.headers == {"X-Goog-Api-Key": "a-key"} for request in requests)
    assert not any("a-key" in str(request) for request in requests)


def test_a_keyword_is_searched_for_once_a_day() -> None:
    cursors = searched("a") | searched("b", hours_ago=25)
    requests = list(first(Scan(NOW, (), ("a", "b", "c"), KEYS, cursors=cursors)))
    assert [request.query["q"] for request in requests] == ["b", "c"]


def test_a_chart_goes_on_with_its_token_and_a_search_does_not() -> None:
    chart, search = first(Scan(NOW, ("US",), ("owl mug",), KEYS))
    following = after(Reply(chart, {"nextPageToken": "CAUQAA"}, NOW))
    assert following is not None and following.query == {**chart.query, "pageToken": "CAUQAA"}
    assert after(Reply(search, {"nextPageToken": "CAUQAA"}, NOW)) is None
    bodies: tuple[object, ...] = ({}, [], {"nextPageToken": 3})
    assert [after(Reply(chart, body, NOW)) for body in bodies] == [None] * 3
    assert (keep(Reply(chart, {}, NOW)), keep(Reply(search, {}, NOW))) == ({}, {"searched_at": NOW.isoformat()})
