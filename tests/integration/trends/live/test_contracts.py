"""Live sources over real sockets: each request fits its provider's published specification, each answer ends stored.

Answers are those of `shared/specs/recorded`; where nobody recorded one, an answer made here that fits the
specification's own schema. Where a provider publishes no specification the test's name says "shape assumed".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.specs import Contract, load, recorded, reply
from trends.live import LIVE
from trends.live.amazon import AMAZON
from trends.live.calendar import CALENDAR
from trends.live.google_trends import GOOGLE_TRENDS
from trends.live.instagram import INSTAGRAM
from trends.live.nostalgia import NOSTALGIA
from trends.live.pinterest import PINTEREST
from trends.live.reddit import REDDIT
from trends.live.source import LiveSource
from trends.live.tiktok import TIKTOK
from trends.live.youtube import YOUTUBE

Provider = Callable[..., Contract]
GOOGLE_KEY, BEARER, LWA = "X-Goog-Api-Key", "Authorization", "X-Amz-Access-Token"


def texts(connection: Connection[Any]) -> set[str]:
    return {row[0] for row in connection.execute("SELECT text FROM signal").fetchall()}


# YouTube ------------------------------------------------------------------------------------------------------------


async def test_youtubes_requests_fit_and_its_recorded_answers_are_stored(
    provider: Provider, pull, stored, shared: Path
) -> None:
    youtube = provider("youtube.openapi.derived.json", "/yt", GOOGLE_KEY)
    chart = recorded(shared, "youtube/videos_chart_paged_1.json")
    last = {name: value for name, value in chart.items() if name != "nextPageToken"} | {"items": chart["items"][:1]}
    youtube.on("/videos$", chart, last)
    youtube.on("/search$", recorded(shared, "youtube/search_by_keywords_p1.json"))
    scan = await pull(YOUTUBE, youtube.base, watch=("US",), keywords=("moss frame", "oat milk"))
    assert scan.outcome == "kept"
    assert stored(scan)["signal"] >= 20
    assert [request.args.get("pageToken") for request in youtube.requests][:2] == [None, "CAUQAA"]
    assert not any("key" in request.args for request in youtube.requests)


async def test_a_refusal_of_youtubes_ends_the_scan_with_its_reason(
    provider: Provider, pull, stored, shared: Path
) -> None:
    youtube = provider("youtube.openapi.derived.json", "/yt", GOOGLE_KEY)
    refusal = recorded(shared, "youtube/error_permission_resp.json")
    youtube.on("/", lambda _: reply(refusal, 403))
    scan = await pull(YOUTUBE, youtube.base, watch=("US",))
    assert (scan.outcome, scan.found) == ("failed", 0)
    assert "403" in scan.reason
    assert stored(scan)["signal"] == 0


# Wikimedia ----------------------------------------------------------------------------------------------------------


def daily(article: str, *days: str) -> dict[str, Any]:
    common = {"project": "en.wikipedia", "article": article, "granularity": "daily", "access": "all-access"}
    return {"items": [{**common, "agent": "user", "timestamp": f"{day}00", "views": int(day[-2:])} for day in days]}


TOP = {"items": [{"project": "en.wikipedia", "access": "all-access", "year": "2026", "month": "11", "day": "20",
                  "articles": [{"article": name, "views": 900 - rank, "rank": rank} for rank, name in enumerate(
                      ["Main_Page", "Special:Search", "Lava_lamp", "Pet_Rock"], 1)]}]}  # fmt: skip


async def test_wikimedias_requests_fit_and_each_day_is_stored_once(provider: Provider, pull, stored) -> None:
    wikimedia = provider("wikimedia_pageviews.openapi.json", "/api/rest_v1/metrics")
    first, more = daily("Pet_Rock", "20261119", "20261120"), daily("AC/DC", "20261120")
    wikimedia.on("Pet_Rock", first)
    wikimedia.on("/user/AC%2FDC/", more)
    wikimedia.on("/top/", TOP)
    assert wikimedia.answer_faults("/pageviews/top/en.wikipedia.org/all-access/2026/11/20", TOP) == []
    article = "/pageviews/per-article/en.wikipedia.org/all-access/user/Pet_Rock/daily/20261022/20261120"
    assert wikimedia.answer_faults(article, first) == []
    watch = ("1975 Pet Rock", "1973 AC/DC", "en.wikipedia.org")
    scan = await pull(NOSTALGIA, wikimedia.base, watch=watch)
    assert (scan.outcome, scan.kept, scan.repeated, scan.quarantined) == ("kept", 4, 1, 2)
    again = await pull(NOSTALGIA, wikimedia.base, watch=watch)
    assert (again.outcome, again.found) == ("unchanged", 0)
    assert stored(scan, again)["signal"] == 3
    assert len(wikimedia.requests) == 3, "what came is not asked for again"


async def test_every_shipped_title_is_a_request_that_fits(provider: Provider, pull, stored) -> None:
    wikimedia = provider("wikimedia_pageviews.openapi.json", "/api/rest_v1/metrics")
    wikimedia.on("/top/", TOP)
    wikimedia.on("/per-article/", daily("Pet_Rock", "20261120"))
    first = await pull(NOSTALGIA, wikimedia.base)
    rest = await pull(NOSTALGIA, wikimedia.base)
    assert (first.more, rest.more) == (True, False)
    assert len(wikimedia.requests) == len(NOSTALGIA.watch)
    stored(first, rest)


# Pinterest ----------------------------------------------------------------------------------------------------------

TRENDS = {"trends": [
    {"keyword": "moss frame", "pct_growth_wow": 150, "pct_growth_mom": 60, "pct_growth_yoy": 9,
     "time_series": {"2026-11-06": 40, "2026-11-13": 100}, "has_prediction": True,
     "predicted_time_series": {"2026-12-04": 90}},
    {"keyword": "oat milk mug", "pct_growth_wow": 0, "pct_growth_mom": -5, "pct_growth_yoy": 10001,
     "time_series": {"2026-11-13": 7}},
]}  # fmt: skip


async def test_pinterests_requests_fit_and_its_weeks_are_stored_once(
    provider: Provider, pull, stored, shared: Path
) -> None:
    pinterest = provider("pinterest.json", "/v5", BEARER)
    pin = recorded(shared, "pinterest/pin_data.json")
    pins = {"items": [{name: pin[name] for name in ("id", "title", "description", "alt_text", "link", "media")}]}
    later = json.loads(json.dumps(TRENDS))
    later["trends"][1]["time_series"]["2026-11-20"] = 9
    pinterest.on("/trends/keywords/", TRENDS, later)
    pinterest.on("/search/partner/pins$", pins)
    assert pinterest.answer_faults("/trends/keywords/US/top/growing", TRENDS) == []
    watch = ("GB+IE/seasonal", "pins:GB")
    scan = await pull(PINTEREST, pinterest.base, watch=watch, keywords=("moss frame",))
    assert (scan.outcome, scan.kept, scan.quarantined) == ("kept", 2 + 3 + 1, 0)
    assert scan.newest_known_at is not None
    assert len(pinterest.requests) == 2


@pytest.mark.parametrize("region", ["US", "DE+AT+CH", "AU+NZ"])
@pytest.mark.parametrize("kind", ["", "/growing", "/monthly", "/yearly", "/seasonal"])
async def test_every_region_and_type_is_a_request_that_fits(provider: Provider, pull, region: str, kind: str) -> None:
    pinterest = provider("pinterest.json", "/v5", BEARER)
    pinterest.on("/", TRENDS)
    assert (await pull(PINTEREST, pinterest.base, watch=(region + kind,))).outcome == "kept"


# Amazon -------------------------------------------------------------------------------------------------------------


def exchanges(shared: Path) -> list[dict[str, Any]]:
    return list(recorded(shared, "amazon_sp_api/amazon_catalog_items_2022-04-01.json")["exchanges"])


async def test_amazons_requests_fit_and_its_example_answer_is_stored(
    provider: Provider, httpserver: HTTPServer, pull, stored, connection, shared: Path
) -> None:
    amazon = provider("amazon_catalog_items_2022-04-01.json", "/spapi", LWA)
    found = exchanges(shared)[0]["response"]["body"]
    amazon.on("/items$", found, {"numberOfResults": 0, "items": []})
    logins: list[dict[str, str]] = []

    def login(request: Request) -> Response:
        logins.append(request.form.to_dict())
        return reply({"access_token": "Atza|a-token-of-amazon", "token_type": "bearer", "expires_in": 3600})

    httpserver.expect_request("/spapi/auth/o2/token", method="POST").respond_with_handler(login)
    httpserver.handlers.insert(0, httpserver.handlers.pop())
    scan = await pull(AMAZON, amazon.base, watch=("samsung tv",))
    assert [sorted(form) for form in logins] == [["client_id", "client_secret", "grant_type", "refresh_token"]]
    assert [request.args.get("pageToken") for request in amazon.requests] == [None, found["pagination"]["nextToken"]]
    assert (scan.outcome, scan.kept) == ("kept", 1)
    assert stored(scan)["signal"] == 1
    metrics = connection.execute("SELECT metrics FROM observation").fetchone()[0]
    assert metrics == {"rank": 72855}


# No specification is published --------------------------------------------------------------------------------------


async def test_reddits_recorded_listings_are_stored_shape_assumed(
    httpserver: HTTPServer, pull, stored, shared: Path
) -> None:
    told = recorded(shared, "reddit/TestMultiredditListings.test_rising.json")["exchanges"][-1]
    asked: list[Request] = []

    def listing(request: Request) -> Response:
        asked.append(request)
        return reply(told["response"]["body"])

    httpserver.expect_request("/api/v1/access_token", method="POST").respond_with_json(
        {"access_token": "a-token-of-reddit", "token_type": "bearer", "expires_in": 86400}
    )
    httpserver.expect_request("/r/crafts/rising").respond_with_handler(listing)
    httpserver.expect_request("/r/crafts/hot").respond_with_handler(listing)
    httpserver.expect_request("/r/crafts/top").respond_with_handler(listing)
    scan = await pull(REDDIT, httpserver.url_for("").rstrip("/"), watch=("crafts",))
    assert scan.outcome == "kept"
    assert stored(scan)["signal"] == scan.kept
    known = set(told["request"]["uri"].partition("?")[2].split("&"))
    assert {name.partition("=")[0] for name in known} <= {"limit", "raw_json"}
    assert all({"limit", "raw_json"} <= set(request.args) for request in asked)
    assert all(request.headers["authorization"] == "Bearer a-token-of-reddit" for request in asked)


async def test_instagrams_recorded_hashtag_is_looked_up_once_and_its_posts_stored_shape_assumed(
    httpserver: HTTPServer, pull, stored, shared: Path
) -> None:
    number = recorded(shared, "instagram/users_hashtag_search.json")
    media = recorded(shared, "instagram/hashtags_hashtag_top_medias_p1.json")
    asked: list[Request] = []
    bodies = [number, media, {"data": media["data"][:3]}]

    def answer(request: Request) -> Response:
        asked.append(request)
        return reply(bodies[len(asked) - 1])

    httpserver.expect_request("/ig_hashtag_search").respond_with_handler(answer)
    httpserver.expect_request("/17841562426109234/top_media").respond_with_handler(answer)
    first = await pull(INSTAGRAM, httpserver.url_for("").rstrip("/"), watch=("developers",))
    again = await pull(INSTAGRAM, httpserver.url_for("").rstrip("/"), watch=("developers",))
    assert [request.path for request in asked] == [
        "/ig_hashtag_search",
        "/17841562426109234/top_media",
        "/17841562426109234/top_media",
    ]
    assert (asked[0].args["q"], asked[0].args["user_id"]) == ("developers", "17841400000000000")
    assert set(asked[1].args["fields"].split(",")) >= {*media["data"][0], "timestamp"} - {"media_url", "children"}
    assert all(request.headers["authorization"].startswith("Bearer ") for request in asked)
    assert not any("access_token" in request.args for request in asked)
    assert (first.outcome, first.found) == ("kept", len(media["data"]))
    stored(first, again)


FEED = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><rss xmlns:ht="https://trends.google.com/trending/rss" '
    'version="2.0"><channel><title>Daily Search Trends</title><link>https://trends.google.com/trending/rss?geo=US</link>'
    "<item><title>moss frame</title><ht:approx_traffic>2000+</ht:approx_traffic><description/>"
    "<pubDate>Fri, 20 Nov 2026 17:10:00 -0800</pubDate></item>"
    "<item><title>oat milk mug</title><ht:approx_traffic>200+</ht:approx_traffic><description/>"
    "<pubDate>Fri, 20 Nov 2026 16:10:00 -0800</pubDate></item></channel></rss>"
)


async def test_googles_feed_is_stored_as_far_as_robots_txt_lets_us_shape_assumed(
    httpserver: HTTPServer, pull, stored, connection
) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /trends/api/\n")
    httpserver.expect_request("/trending/rss", query_string={"geo": "US"}).respond_with_data(
        FEED, content_type="application/rss+xml"
    )
    scan = await pull(GOOGLE_TRENDS, httpserver.url_for("").rstrip("/"), watch=("US", "realtime:US"))
    assert (scan.outcome, scan.kept) == ("kept", 2)
    assert "robots" in scan.reason
    assert texts(connection) == {"moss frame", "oat milk mug"}
    stored(scan)
    assert not any(request.path.startswith("/trends/api") for request, _ in httpserver.log)


async def test_googles_recorded_realtime_answer_is_stored_shape_assumed(
    httpserver: HTTPServer, pull, stored, shared: Path
) -> None:
    told = json.loads((shared / "data/google_trends_raw_payloads/realtime_trending_searches_ok__1.json").read_text())
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    httpserver.expect_request("/trends/api/realtimetrends").respond_with_data(
        told["body_text"], content_type="application/json"
    )
    scan = await pull(GOOGLE_TRENDS, httpserver.url_for("").rstrip("/"), watch=("realtime:US",))
    (request,) = [request for request, _ in httpserver.log if request.path != "/robots.txt"]
    asked = dict(part.split("=") for part in told["uri"].partition("?")[2].split("&"))
    assert set(request.args) <= set(asked) | {"ns"}
    assert scan.outcome == "kept"
    assert stored(scan)["signal"] > 100


async def test_tiktoks_recorded_collector_is_stored_shape_assumed(
    httpserver: HTTPServer, pull, stored, shared: Path
) -> None:
    told = json.loads((shared / "data/tiktok_raw/tiktok_trending_first20.json").read_text())
    httpserver.expect_request("/feed", query_string="key=a-word-of-the-owner").respond_with_json(told)
    keys = {"tiktok_feed_url": httpserver.url_for("/feed?key=a-word-of-the-owner")}
    scan = await pull(TIKTOK, None, keys=keys)
    assert (scan.outcome, scan.found) == ("kept", len(told["collector"]))
    assert "owner" not in scan.reason
    stored(scan)


async def test_the_calendar_is_stored_once_without_any_network(pull, stored, httpserver: HTTPServer) -> None:
    first = await pull(CALENDAR, None)
    again = await pull(CALENDAR, None)
    assert (first.outcome, again.outcome) == ("kept", "unchanged")
    assert stored(first, again)["reference"] == first.kept > 0
    assert not httpserver.log


# An answer of another shape -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["{}", '[{"a": 1}]', '{"items": 7, "data": "x", "trends": {}}', "<html>Sorry</html>"])
@pytest.mark.parametrize("source", [each for each in LIVE if not each.offline], ids=lambda source: source.name)
async def test_an_answer_of_another_shape_is_named_and_nothing_of_it_is_stored(
    httpserver: HTTPServer, pull, stored, source: LiveSource, body: str
) -> None:
    token = {"access_token": "a-token-of-the-provider", "expires_in": 3600}
    for path in ("/api/v1/access_token", "/auth/o2/token"):
        httpserver.expect_request(path, method="POST").respond_with_json(token)
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nAllow: /\n")
    httpserver.expect_request(re.compile("/")).respond_with_data(body, content_type="application/json")
    told = {"keys": {"tiktok_feed_url": httpserver.url_for("/feed")}} if source is TIKTOK else {}
    scan = await pull(source, None if source is TIKTOK else httpserver.url_for("").rstrip("/"), **told)
    assert scan.outcome in ("failed", "unchanged")
    assert scan.reason
    assert (scan.found, stored(scan)["signal"]) == (scan.quarantined, 0)


# A specification that swallows everything would prove nothing ---------------------------------------------------------

BAD: dict[str, tuple[str, str, list[tuple[str, dict[str, str]]]]] = {
    "youtube.openapi.derived.json": (
        GOOGLE_KEY,
        "/youtube/v3/videos",
        [("no part", {"chart": "mostPopular"}), ("no such chart", {"part": "snippet", "chart": "newest"}),
         ("no number", {"part": "snippet", "maxResults": "many"}), ("no such name", {"part": "id", "region": "US"})],
    ),
    "pinterest.json": (
        BEARER,
        "/trends/keywords/US/top/growing",
        [("over the limit", {"limit": "51"}), ("no such name", {"page_size": "5"})],
    ),
    "amazon_catalog_items_2022-04-01.json": (
        LWA,
        "/catalog/2022-04-01/items",
        [("no marketplace", {"keywords": "mug"}), ("no such data", {"marketplaceIds": "A", "includedData": "prices"}),
         ("page too long", {"marketplaceIds": "A", "pageSize": "21"})],
    ),
    "wikimedia_pageviews.openapi.json": (
        "",
        "/pageviews/top/en.wikipedia.org/all-access/2026/11/20",
        [("no such name", {"limit": "5"})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_known_bad_request_is_rejected(shared: Path, httpserver: HTTPServer, name: str) -> None:
    header, path, cases = BAD[name]
    contract = Contract(httpserver, load(shared, name), "/x", header or None)
    key = {header: "a-key"} if header else {}
    for why, query in cases:
        assert contract.faults("GET", path, key, query=query), why
    good = {"part": "snippet"} if "youtube" in name else {"marketplaceIds": "A"} if "amazon" in name else {}
    assert contract.faults("GET", path, key, query=good) == []
    assert contract.faults("GET", path + "/no/where", key, query=good)
    assert contract.faults("DELETE", path, key, query=good)
    assert not header or contract.faults("GET", path, {}, query=good)


@pytest.mark.parametrize(
    "path",
    [
        "/pageviews/per-article/en.wikipedia.org/all-access/user/Pet_Rock/hourly/20261119/20261120",
        "/pageviews/per-article/en.wikipedia.org/mobile/user/Pet_Rock/daily/20261119/20261120",
        "/pageviews/per-article/en.wikipedia.org/all-access/people/Pet_Rock/daily/20261119/20261120",
        "/pageviews/per-article/en.wikipedia.org/all-access/user/AC/DC/daily/20261119/20261120",
    ],
)
def test_a_known_bad_path_of_wikimedias_is_rejected(shared: Path, httpserver: HTTPServer, path: str) -> None:
    assert Contract(httpserver, load(shared, "wikimedia_pageviews.openapi.json"), "/x").faults("GET", path)


def test_an_answer_that_is_not_theirs_is_rejected(shared: Path, httpserver: HTTPServer) -> None:
    wikimedia = Contract(httpserver, load(shared, "wikimedia_pageviews.openapi.json"), "/x")
    path = "/pageviews/top/en.wikipedia.org/all-access/2026/11/20"
    assert wikimedia.answer_faults(path, {"items": [{"articles": [{"article": 5, "views": "many"}]}]})
    pinterest = Contract(httpserver, load(shared, "pinterest.json"), "/y")
    assert pinterest.answer_faults("/trends/keywords/US/top/growing", {"trends": [{"keyword": 5}]})
