"""JSON payloads: each family is recognised by its shape and read, on bodies written here."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from trends.opening import open_payload
from trends.payload import NothingObserved, ReferenceRow, Rejected
from trends.signal import Signal
from trends.sources import recognise
from trends.survey import survey

Rows = list[Signal | Rejected | ReferenceRow]


def read(folder: Path, body: Any) -> tuple[str, Rows]:
    path = folder / "anything"
    path.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    family, payload = recognise(open_payload(survey(path)))
    return family.name, list(family.read(payload))


def signals(rows: Rows) -> list[Signal]:
    return [row for row in rows if isinstance(row, Signal)]


def rejected(rows: Rows) -> list[Rejected]:
    return [row for row in rows if isinstance(row, Rejected)]


def post(name: str, created: int, **more: Any) -> dict[str, Any]:
    data = {"id": name, "title": f"Post {name}", "subreddit": "crafts", "author": "ann", "created_utc": created,
            "score": 5, "num_comments": 2, "over_18": False, "permalink": f"/r/crafts/{name}/", **more}  # fmt: skip
    return {"kind": "t3", "data": data}


def listing(*children: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"children": list(children)}}


def test_a_reddit_listing_yields_posts_known_at_its_newest_time(tmp_path: Path) -> None:
    name, rows = read(tmp_path, listing(post("a", 1_500_000_000), post("b", 1_500_009_000)))
    assert name == "reddit listing"
    assert {row.known_at for row in signals(rows)} == {datetime.fromtimestamp(1_500_009_000, UTC)}
    assert signals(rows)[0].native_id == "t3_a"
    assert signals(rows)[0].author_hash != "ann"


def test_a_post_of_a_listing_and_of_the_dump_is_the_same_signal(tmp_path: Path) -> None:
    _, rows = read(tmp_path, listing(post("1ebrlo", 1_368_553_180)))
    path = tmp_path / "dump.csv"
    path.write_text("subreddit,created_utc,score,id,title\ncrafts,1368553180,9,1ebrlo,Post\n")
    family, payload = recognise(open_payload(survey(path)))
    assert signals(list(family.read(payload)))[0].id == signals(rows)[0].id


def test_comments_with_replies_are_signals_and_communities_among_them_are_quarantined(tmp_path: Path) -> None:
    reply = {"kind": "t1", "data": {"id": "d", "body": "Nice owl", "created_utc": 1_500_000_001, "author": "bob"}}
    comment = {
        "kind": "t1",
        "data": {"id": "c", "body": "An owl", "created_utc": 1_500_000_000, "replies": listing(reply)},
    }
    community = {"kind": "t5", "data": {"id": "e", "display_name": "crafts", "created_utc": 1_200_000_000}}
    _, rows = read(tmp_path, [listing(post("a", 1_500_000_000)), listing(comment, community, {"kind": "more"})])
    assert [row.text for row in signals(rows)] == ["Post a", "An owl", "Nice owl"]
    assert "community" in rejected(rows)[0].reason


def test_a_post_marked_over_18_is_quarantined_as_nsfw(tmp_path: Path) -> None:
    _, rows = read(tmp_path, listing(post("a", 1_500_000_000, over_18=True)))
    assert rejected(rows)[0].reason.startswith("nsfw")


def test_a_listing_of_communities_is_reference_and_one_without_children_is_empty(tmp_path: Path) -> None:
    with pytest.raises(NothingObserved) as found:
        read(tmp_path, listing({"kind": "t5", "data": {"id": "e"}}))
    assert not found.value.empty
    with pytest.raises(NothingObserved) as found:
        read(tmp_path, listing())
    assert found.value.empty


def test_youtube_videos_search_results_and_playlist_items_are_one_signal_each(tmp_path: Path) -> None:
    snippet = {"title": "Carving", "publishedAt": "2019-01-01T00:00:00.000Z", "channelId": "UC1", "categoryId": "26"}
    video = {
        "kind": "youtube#video",
        "id": "v1",
        "snippet": snippet,
        "statistics": {"viewCount": "12", "likeCount": "3"},
    }
    result = {"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": "v1"}, "snippet": snippet}
    channel = {"kind": "youtube#searchResult", "id": {"kind": "youtube#channel", "channelId": "c"}, "snippet": snippet}
    item = {"kind": "youtube#playlistItem", "id": "p", "snippet": {**snippet, "resourceId": {"videoId": "v1"}}}
    name, rows = read(tmp_path, {"kind": "youtube#videoListResponse", "items": [video, result, channel, item]})
    assert name == "youtube data api"
    assert len(signals(rows)) == 3
    assert len({row.id for row in signals(rows)}) == 1
    assert signals(rows)[0].metrics == {"views": 12, "likes": 3}
    assert signals(rows)[0].category == "Howto & Style"
    assert "not a video" in rejected(rows)[0].reason


def test_youtube_category_lists_are_reference(tmp_path: Path) -> None:
    item = {"kind": "youtube#videoCategory", "id": "26", "snippet": {"title": "Howto & Style"}}
    with pytest.raises(NothingObserved, match="describe"):
        read(tmp_path, {"kind": "youtube#videoCategoryListResponse", "items": [item]})


def clip(name: str, created: int, **more: Any) -> dict[str, Any]:
    return {"id": name, "text": "An owl #craft", "createTime": created, "authorMeta": {"id": "u1", "name": "ann"},
            "diggCount": 4, "shareCount": 1, "playCount": 90, "commentCount": 2, **more}  # fmt: skip


def test_tiktok_is_read_from_a_collector_a_list_and_lines(tmp_path: Path) -> None:
    clips = [clip("1", 1_600_000_000), clip("2", 1_600_000_500, hashtags=[{"name": "owls"}])]
    for body in ({"collector": clips}, clips, "\n".join(json.dumps(one) for one in clips)):
        name, rows = read(tmp_path, body)
        assert name == "tiktok collector"
        assert {row.known_at for row in signals(rows)} == {datetime.fromtimestamp(1_600_000_500, UTC)}
        assert [row.tags for row in signals(rows)] == [("craft",), ("owls",)]
        assert signals(rows)[0].metrics == {"views": 90, "likes": 4, "shares": 1, "comments": 2}
        assert "ann" not in str(signals(rows)[0].url)


def test_instagram_media_without_a_timestamp_take_it_from_their_short_code(tmp_path: Path) -> None:
    media = {"id": "1", "caption": "An owl #craft", "like_count": 7, "comments_count": 1, "media_type": "IMAGE",
             "permalink": "https://www.instagram.com/p/B8goRvrnwod/"}  # fmt: skip
    name, rows = read(tmp_path, {"data": [media, {**media, "id": "2", "caption": ""}]})
    assert name == "instagram graph api"
    assert signals(rows)[0].known_at.date().isoformat() == "2020-02-13"
    assert signals(rows)[0].tags == ("craft",)
    assert "caption" in rejected(rows)[0].reason


def cassette(kind: str, request: dict[str, Any], answer: dict[str, Any], prefix: str = ")]}',\n") -> dict[str, Any]:
    uri = f"https://trends.google.com/trends/api/{kind}?req={quote(json.dumps(request))}"
    return {"uri": uri, "recorded": ["Sun, 26 Mar 2023 08:09:16 GMT"], "body_text": prefix + json.dumps(answer)}


def asked(*keywords: str, geo: dict[str, str] | None = None) -> dict[str, Any]:
    items = [
        {
            "complexKeywordsRestriction": {"keyword": [{"value": word}]},
            "geo": geo or {},
            "time": "2023-03-01 2023-03-26",
        }
        for word in keywords
    ]
    return {"comparisonItem": items, "time": "2023-03-01 2023-03-26"}


def test_interest_over_time_is_known_at_each_points_end_and_never_after_the_recording(tmp_path: Path) -> None:
    points = [
        {"time": "1679702400", "value": [40, 2], "hasData": [True, True]},
        {"time": "1679788800", "value": [50, 0], "hasData": [True, False]},
    ]
    body = cassette(
        "widgetdata/multiline", asked("owl", "moth", geo={"country": "US"}), {"default": {"timelineData": points}}
    )
    name, rows = read(tmp_path, body)
    assert name == "google trends answer"
    assert [(row.text, row.metrics["level"], row.community) for row in signals(rows)] == [
        ("owl", 40, "US"), ("moth", 2, "US"), ("owl", 50, "US"),
    ]  # fmt: skip
    assert signals(rows)[0].known_at == datetime(2023, 3, 25, 23, 59, 59, tzinfo=UTC)
    assert signals(rows)[2].known_at == datetime(2023, 3, 26, 8, 9, 16, tzinfo=UTC)


def test_interest_that_does_not_name_its_keyword_is_quarantined(tmp_path: Path) -> None:
    points = [{"time": "1679702400", "value": [40], "hasData": [True]}]
    _, rows = read(tmp_path, ")]}'\n" + json.dumps({"default": {"timelineData": points}}))
    assert "keyword" in rejected(rows)[0].reason


def test_several_ranges_regions_related_queries_trending_and_charts_are_terms(tmp_path: Path) -> None:
    regions = [
        {"geoName": "Ohio", "value": [9], "hasData": [True]},
        {"geoName": "Iowa", "value": [0], "hasData": [False]},
    ]
    related = {"restriction": asked("owl")["comparisonItem"][0]}
    ranked = [{"rankedKeyword": [{"query": "owl", "value": 100}]}, {"rankedKeyword": []}]
    ranges = [{"columnData": [{"time": "1679702400", "value": 4}]}]
    stories = {"trendingStories": [{"entityNames": ["owl"]}]}
    charts = [{"listTitle": "Birds", "listItems": [{"title": "owl"}]}]
    answers: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("multirange", asked("owl"), {"default": {"timelineData": ranges}}),
        ("comparedgeo", asked("owl"), {"default": {"geoMapData": regions}}),
        ("relatedsearches", related, {"default": {"rankedList": ranked}}),
        ("realtimetrends", {}, {"trendingStoryIds": ["x"], "storySummaries": stories}),
        ("topcharts", {}, {"topCharts": charts}),
    ]
    for kind, request, answer in answers:
        _, rows = read(tmp_path, cassette(kind, request, answer))
        assert [row.text for row in rows if isinstance(row, Signal)] == ["owl"], kind


def test_an_explore_answer_holds_no_observations(tmp_path: Path) -> None:
    with pytest.raises(NothingObserved, match="explore"):
        read(tmp_path, cassette("explore", {}, {"widgets": [], "keywords": [], "timeRanges": []}))


def test_records_inside_a_document_of_no_known_family_are_posts_where_they_have_a_text_and_a_time(
    tmp_path: Path,
) -> None:
    name, rows = read(tmp_path, {"page": 1, "posts": [{"text": "An owl", "created_at": "2020-01-01T00:00:00Z"}]})
    assert (name, len(signals(rows))) == ("posts", 1)
    with pytest.raises(NothingObserved):
        read(tmp_path, {"page": 1, "posts": [{"text": "An owl"}]})


def test_half_a_json_line_is_quarantined_and_the_other_lines_are_read(tmp_path: Path) -> None:
    whole = json.dumps({"text": "An owl", "created_at": "2020-01-01T00:00:00Z"})
    name, rows = read(tmp_path, f"{whole}\n{whole[:20]}\n[1]\n{whole}\n")
    assert name == "posts"
    assert [row.row for row in signals(rows)] == [1, 4]
    assert [row.row for row in rejected(rows)] == [2, 3]
    assert "broken JSON" in rejected(rows)[0].reason
