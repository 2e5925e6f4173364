"""What each live source asks for and makes of the answers, as functions: no server is needed to try them."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trends.live import LIVE
from trends.live.amazon import AMAZON
from trends.live.calendar import CALENDAR
from trends.live.google_trends import GOOGLE_TRENDS
from trends.live.instagram import INSTAGRAM
from trends.live.nostalgia import NOSTALGIA, TITLES, anniversary
from trends.live.pinterest import PINTEREST
from trends.live.source import LiveSource, Reply, Request, Scan
from trends.live.tiktok import TIKTOK
from trends.occasion import event_of
from trends.payload import NothingObserved, ReferenceRow, Rejected
from trends.signal import Signal
from trends.survey import Unreadable

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
SECRET = "a-very-secret-word"
KEYS = {name: f"{SECRET}-{name}" for source in LIVE for name in source.needs} | {"instagram_user_id": "1784140"}


def asked(source: LiveSource, **told: Any) -> list[Request]:
    return list(source.first(Scan(NOW, **{"watch": source.watch, "keys": KEYS, "token": SECRET} | told)))


def rows(source: LiveSource, body: Any, request: Request | None = None, cursor: Any = None) -> list[Any]:
    return list(source.read(Reply(request or asked(source)[0], body, NOW, cursor=cursor or {})))


@pytest.mark.parametrize("source", LIVE, ids=lambda source: source.name)
def test_slots_are_different_and_no_secret_stands_where_it_could_be_logged(source: LiveSource) -> None:
    requests = asked(source, keywords=("moss frame", "oat milk"))
    assert len({request.slot for request in requests}) == len(requests) > 0
    assert not any(SECRET in repr(request) for request in requests if source is not TIKTOK)
    assert not any(SECRET in request.slot for request in requests)
    assert source.login is None or SECRET not in repr(source.login(KEYS))


@pytest.mark.parametrize("source", LIVE, ids=lambda source: source.name)
def test_a_source_states_its_limits_within_reason(source: LiveSource) -> None:
    assert 1 <= source.most_pages <= 20
    assert timedelta(minutes=5) <= source.interval <= timedelta(days=1)
    assert source.pause_s > 0
    assert source.quota is None or source.quota * source.interval / timedelta(days=1) >= len(source.watch)


def test_two_sources_that_need_no_key_and_one_that_needs_no_network_are_on_by_default() -> None:
    keyless = {source.name for source in LIVE if source.enabled and not source.needs}
    assert {"google_trends", "nostalgia", "calendar"} <= keyless
    assert [source.name for source in LIVE if source.offline] == ["calendar"]


# Google Trends ------------------------------------------------------------------------------------------------------

RSS = "<rss><channel><link>https://trends.google.com/trending/rss?geo=GB</link>{}</channel></rss>"
ITEM = "<item><title>moss frame</title><approx_traffic>2000+</approx_traffic></item>"


def test_google_is_asked_once_a_place_and_the_realtime_answer_only_on_request() -> None:
    feed, realtime = asked(GOOGLE_TRENDS, watch=("GB", "realtime:US"))
    assert (feed.path, feed.query, feed.answers) == ("/trending/rss", {"geo": "GB"}, "text")
    assert (realtime.path, realtime.query["geo"]) == ("/trends/api/realtimetrends", "US")
    assert not any("realtime" in entry for entry in GOOGLE_TRENDS.watch)


def test_a_phrase_of_the_feed_is_known_when_it_was_fetched() -> None:
    signal = rows(GOOGLE_TRENDS, RSS.format(ITEM), asked(GOOGLE_TRENDS, watch=("GB",))[0])[0]
    assert (signal.text, signal.known_at, signal.locale, signal.metrics) == ("moss frame", NOW, "GB", {"views": 2000.0})


def test_the_realtime_answer_is_read_behind_its_prefix() -> None:
    body = ")]}'\n" + '{"trendingStoryIds": ["a"], "storySummaries": {"trendingStories": [{"entityNames": ["Moss"]}]}}'
    signal = rows(GOOGLE_TRENDS, body, asked(GOOGLE_TRENDS, watch=("realtime:US",))[0])[0]
    assert (signal.text, signal.known_at, signal.locale) == ("Moss", NOW, "US")


@pytest.mark.parametrize("body", ["<html><body>Sorry</body></html>", "[1]", '[{"a": 1}]', '{"a": 1}', "{", "<rss"])
def test_an_answer_that_is_neither_is_unreadable(body: str) -> None:
    with pytest.raises(Unreadable):
        rows(GOOGLE_TRENDS, body)


# Nostalgia ----------------------------------------------------------------------------------------------------------


def day(stamp: str, views: int = 5) -> dict[str, Any]:
    return {"project": "en.wikipedia", "article": "Pet_Rock", "timestamp": stamp, "views": views}


def test_a_title_is_asked_for_the_last_thirty_days_that_are_published() -> None:
    request = asked(NOSTALGIA, watch=("1975 Pet Rock",))[0]
    assert request.path == (
        "/pageviews/per-article/en.wikipedia.org/all-access/user/Pet_Rock/daily/20261022/20261120"
    )  # fmt: skip
    at_night = Scan(NOW.replace(hour=3), ("1975 Pet Rock",))
    assert next(iter(NOSTALGIA.first(at_night))).path.endswith("/20261021/20261119")


def test_only_the_days_after_the_last_one_that_came_are_asked_for() -> None:
    entry = "1975 Pet Rock"
    reply = Reply(Request(entry, ""), {"items": [day("2026111700"), day("2026111800")]}, NOW)
    kept = NOSTALGIA.keep(reply)
    assert kept == {"until": "2026-11-18"}
    assert asked(NOSTALGIA, watch=(entry,), cursors={entry: kept})[0].path.endswith("/20261119/20261120")
    assert asked(NOSTALGIA, watch=(entry,), cursors={entry: {"until": "2026-11-20"}}) == []
    assert asked(NOSTALGIA, watch=(entry,), cursors={entry: {"until": "soon"}})[0].path.endswith("/20261022/20261120")


def test_the_cursor_stays_where_no_day_came() -> None:
    reply = Reply(Request("1975 Pet Rock", ""), {"items": [day("nonsense")]}, NOW, cursor={"until": "2026-11-18"})
    assert NOSTALGIA.keep(reply) == {"until": "2026-11-18"}


def test_titles_with_an_anniversary_are_asked_first_then_those_a_keyword_names() -> None:
    order = [request.slot for request in asked(NOSTALGIA, keywords=("lava lamp",))]
    round_ones = [title for title in TITLES if anniversary(title[:4], NOW.date())]
    assert round_ones == [title for title in TITLES if (2026 - int(title[:4])) % 5 == 0]
    assert set(order[: len(round_ones)]) == set(round_ones)
    assert order[len(round_ones)] == "1963 Lava lamp"


@pytest.mark.parametrize(("year", "years"), [("1986", 40), ("1985", 0), ("2026", 0), ("2031", 0), ("en.w", 0)])
def test_an_anniversary_is_a_multiple_of_five_years_ago(year: str, years: int) -> None:
    assert anniversary(year, NOW.date()) == years


def test_a_row_keeps_its_topic_and_its_year_and_a_projects_day_has_no_year() -> None:
    signal = rows(NOSTALGIA, {"items": [day("2026111900")]}, Request("1975 Pet Rock", ""))[0]
    assert (signal.text, signal.category, signal.known_at.date().isoformat()) == (
        "Pet Rock",
        "nostalgia 1975",
        "2026-11-19",
    )
    assert asked(NOSTALGIA, watch=("en.wikipedia.org",))[0].path == (
        "/pageviews/top/en.wikipedia.org/all-access/2026/11/20"
    )  # fmt: skip


def test_a_title_with_signs_is_one_part_of_the_path() -> None:
    request = asked(NOSTALGIA, watch=("1982 What's Up/Down? 100% (film)",))[0]
    assert "/user/What%27s_Up%2FDown%3F_100%25_%28film%29/daily/" in request.path


def test_the_shipped_titles_are_dated_and_different() -> None:
    assert 30 <= len(TITLES) == len(set(TITLES))
    assert all(1900 <= int(title[:4]) <= 2010 and title[4] == " " for title in TITLES)


# Pinterest ----------------------------------------------------------------------------------------------------------

WEEKS = {"2026-11-06": 40, "2026-11-13": 100}


def test_pinterest_is_asked_for_regions_and_for_pins_only_where_they_are_watched() -> None:
    plain = asked(PINTEREST, keywords=("moss frame",))
    assert [request.path for request in plain] == [
        "/trends/keywords/US/top/growing",
        "/trends/keywords/US/top/seasonal",
    ]
    region, *pins = asked(PINTEREST, watch=("GB+IE/monthly", "pins:GB"), keywords=tuple("abcdefgh"))
    assert region.path == "/trends/keywords/GB%2BIE/top/monthly"
    assert [request.query["term"] for request in pins] == list("abcde")
    assert region.headers["Authorization"].startswith("Bearer ")


def test_weeks_that_came_before_are_not_read_again() -> None:
    body = {"trends": [{"keyword": "moss", "time_series": WEEKS}]}
    request = asked(PINTEREST)[0]
    assert len(rows(PINTEREST, body)) == 3
    kept = PINTEREST.keep(Reply(request, body, NOW))
    place, *weeks = rows(PINTEREST, body | {"x": 1}, cursor=kept)
    assert (place.metrics["rank"], weeks) == (1, [])
    assert PINTEREST.keep(Reply(request, {"trends": [{"keyword": "moss"}]}, NOW, cursor=kept)) == kept


# Instagram ----------------------------------------------------------------------------------------------------------


def counting(count: int, since: datetime) -> dict[str, dict[str, str]]:
    return {f"tag{n}": {"id": str(n), "since": since.isoformat()} for n in range(count)}


def test_a_hashtags_number_is_asked_for_once() -> None:
    search = asked(INSTAGRAM, watch=("Moss Frame",))[0]
    assert (search.slot, search.path, search.query["q"]) == ("mossframe", "/ig_hashtag_search", "mossframe")
    reply = Reply(search, {"data": [{"id": "178415"}]}, NOW)
    media = INSTAGRAM.after(reply)
    assert media is not None
    assert (media.slot, media.path, media.headers) == ("mossframe", "/178415/top_media", search.headers)
    assert list(INSTAGRAM.read(reply)) == []
    kept = INSTAGRAM.keep(reply)
    assert kept == INSTAGRAM.keep(Reply(media, {"data": []}, NOW))
    again = asked(INSTAGRAM, watch=("mossframe",), cursors={"mossframe": kept})
    assert again == [media]
    assert INSTAGRAM.after(Reply(media, {"data": [{"id": "1"}]}, NOW)) is None


def test_the_thirty_first_hashtag_of_seven_days_waits() -> None:
    watch = tuple(f"new{n}" for n in range(5))
    assert [r.slot for r in asked(INSTAGRAM, watch=watch, cursors=counting(28, NOW - timedelta(days=6)))] == [
        "new0",
        "new1",
    ]
    assert len(asked(INSTAGRAM, watch=watch, cursors=counting(28, NOW - timedelta(days=8)))) == 5
    full = counting(30, NOW - timedelta(days=1))
    assert [r.slot for r in asked(INSTAGRAM, watch=("new", "tag7"), cursors=full)] == ["tag7"]


def test_looking_again_does_not_prolong_the_seven_days() -> None:
    media = Request("moss", "/5/top_media", {"user_id": "1"})
    since = (NOW - timedelta(days=6)).isoformat()
    assert INSTAGRAM.keep(Reply(media, {}, NOW, cursor={"id": "5", "since": since})) == {"id": "5", "since": since}
    late = INSTAGRAM.keep(Reply(media, {}, NOW + timedelta(days=2), cursor={"id": "5", "since": since}))
    assert late["since"] == (NOW + timedelta(days=2)).isoformat()


@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": None}, {"error": {"message": "x"}}, [], None])
def test_a_hashtag_that_is_not_there_is_empty(body: Any) -> None:
    for path in ("/ig_hashtag_search", "/5/top_media"):
        with pytest.raises(NothingObserved):
            rows(INSTAGRAM, body, Request("moss", path, {"user_id": "1"}))
    assert INSTAGRAM.after(Reply(Request("moss", "/ig_hashtag_search", {"user_id": "1"}), body, NOW)) is None


def test_a_number_that_is_none_leads_nowhere_else() -> None:
    search = asked(INSTAGRAM, watch=("moss",))[0]
    assert INSTAGRAM.after(Reply(search, {"data": [{"id": "../me/accounts"}]}, NOW)) is None
    hostile = {"moss": {"id": "me", "since": NOW.isoformat()}}
    assert asked(INSTAGRAM, watch=("moss",), cursors=hostile)[0].path == "/ig_hashtag_search"


# TikTok, Amazon, calendar -------------------------------------------------------------------------------------------

VIDEO = {"id": "1", "text": "Moss #moss", "createTime": 1_790_000_000, "playCount": 100, "diggCount": 9}


@pytest.mark.parametrize("body", [{"collector": [VIDEO]}, [VIDEO]])
def test_a_video_is_known_when_it_was_fetched(body: Any) -> None:
    signal = rows(TIKTOK, body)[0]
    assert (signal.known_at, signal.metrics, signal.tags) == (NOW, {"views": 100.0, "likes": 9.0}, ("moss",))


def test_an_address_that_answers_something_else_is_unreadable() -> None:
    for body in ({"items": []}, {"collector": {}}, "x", None):
        with pytest.raises(Unreadable):
            rows(TIKTOK, body)
    with pytest.raises(NothingObserved):
        rows(TIKTOK, {"collector": []})


def test_amazon_is_asked_for_phrases_without_commas_and_keywords_follow() -> None:
    requests = asked(AMAZON, watch=("tee, funny", "A1F83G8C2ARO7P coffee mug"), keywords=("moss frame", "tee, funny"))
    assert [(r.query["keywords"], r.query["marketplaceIds"]) for r in requests] == [
        ("tee  funny", "ATVPDKIKX0DER"),
        ("coffee mug", "A1F83G8C2ARO7P"),
        ("moss frame", "ATVPDKIKX0DER"),
    ]
    assert requests[0].headers == {"x-amz-access-token": SECRET}


def test_amazons_pages_follow_its_tokens() -> None:
    request = asked(AMAZON)[0]
    following = AMAZON.after(Reply(request, {"pagination": {"nextToken": "n1"}}, NOW))
    assert following is not None
    assert (following.slot, following.query["pageToken"], following.headers) == (request.slot, "n1", request.headers)
    for body in ({}, {"pagination": None}, {"pagination": {"nextToken": ""}}, None):
        assert AMAZON.after(Reply(request, body, NOW)) is None


def events(place: str, now: datetime = NOW) -> dict[str, ReferenceRow]:
    return {row.body["name"]: row for row in CALENDAR.read(Reply(Request(place, ""), "", now))}  # type: ignore[union-attr]


def test_holidays_of_the_coming_120_days_are_events_and_the_shipped_ones_do_not_stand_twice() -> None:
    found = events("US")
    assert set(found) == {"Martin Luther King Jr. Day", "Groundhog Day", "Washington's Birthday"}
    row = found["Groundhog Day"]
    event = event_of(row.body)
    assert (row.kind, row.known_at) == ("event", NOW)
    assert event is not None
    assert (event.on.isoformat(), "groundhog day" in event.words) == ("2027-02-02", True)


def test_a_part_of_a_country_has_its_own_and_remarks_are_left_out() -> None:
    assert "Texas Independence Day" in events("US-TX")
    assert "Epiphany" in events("DE-BY")
    assert "Boxing Day" in events("GB")
    assert not any("(" in name for name in events("IN"))


@pytest.mark.parametrize("place", ["ZZ", "US-QQ", "", "Narnia"])
def test_a_country_that_is_none_is_rejected_and_says_so(place: str) -> None:
    row = next(iter(CALENDAR.read(Reply(Request(place, ""), "", NOW))))
    assert isinstance(row, Rejected)
    assert "no country" in row.reason


def test_every_row_of_every_source_is_known_no_later_than_it_was_fetched() -> None:
    bodies = {
        GOOGLE_TRENDS: RSS.format(ITEM),
        NOSTALGIA: {"items": [day("2026112100"), day("2026112000")]},
        PINTEREST: {"trends": [{"keyword": "moss", "time_series": {**WEEKS, "2026-12-25": 9}}]},
        TIKTOK: [VIDEO | {"createTime": NOW.timestamp() + 9_000}],
    }
    for source, body in bodies.items():
        assert all(row.known_at <= NOW for row in rows(source, body) if isinstance(row, Signal))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["data", "id", "items", "trends", "keyword", "time_series", "pagination", "nextToken", "collector", "text",
             "createTime", "project", "article", "articles", "timestamp", "views", "asin", "link", "title", "media",
             "2026-11-06", "caption", "permalink", "after", "children", "kind"]),
        inner, max_size=5),
    max_leaves=20,
)  # fmt: skip
SHAPE = (LookupError, TypeError, ValueError, AttributeError, NothingObserved, Unreadable)
"""What the engine expects of a source that meets another shape."""


@pytest.mark.parametrize("source", LIVE, ids=lambda source: source.name)
@given(body=ANY, cursor=st.dictionaries(st.sampled_from(["until", "since", "id", "week"]), ANY, max_size=3))
def test_no_answer_brings_a_source_to_more_than_it_may_raise(source: LiveSource, body: Any, cursor: Any) -> None:
    if source.offline:
        return
    request = asked(source, watch=source.watch[:1])[0]
    given_body = json.dumps(body) if request.answers == "text" else body
    reply = Reply(request, given_body, NOW, cursor=cursor)
    with contextlib.suppress(*SHAPE[:4]):
        source.after(reply)
    with contextlib.suppress(*SHAPE[:4]):
        json.dumps(dict(source.keep(reply)))
    with contextlib.suppress(*SHAPE):
        assert all(isinstance(row, Signal | Rejected) for row in source.read(reply))
    assert isinstance(asked(source, cursors={request.slot: cursor}), list)
