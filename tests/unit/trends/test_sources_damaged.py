"""Damaged payloads: whatever is missing or mangled in a body, it ends as rows, rejected rows, or one of two errors."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from trends.opening import open_payload
from trends.payload import NothingObserved
from trends.screen import screened
from trends.signal import Signal
from trends.sources import recognise
from trends.survey import Unreadable, survey

POST = {"id": "a", "title": "Owl", "subreddit": "crafts", "author": "ann", "created_utc": 1_500_000_000, "score": 5}
SNIPPET = {
    "title": "Owl",
    "publishedAt": "2019-01-01T00:00:00Z",
    "channelId": "UC1",
    "tags": ["owl"],
    "categoryId": "26",
}
POINT = {"time": "1609459200", "value": [100, 2], "hasData": [True, True]}
ITEM = {"complexKeywordsRestriction": {"keyword": [{"value": "owl"}]}, "time": "2021-01-01 2021-01-05"}
URI = f"https://trends.google.com/trends?date=2021&req={quote(json.dumps({'comparisonItem': [ITEM, ITEM]}))}"


def recorded(body: dict[str, Any]) -> dict[str, Any]:
    """A body as a cassette keeps it; the damage is done to the body, before it is wrapped."""
    return {"uri": URI, "recorded": ["Sun, 26 Mar 2023 08:09:16 GMT"], "body_text": ")]}'\n" + json.dumps(body)}


BODIES: dict[str, Any] = {
    "reddit": {"kind": "Listing", "data": {"children": [{"kind": "t3", "data": POST}, {"kind": "t1", "data": POST}]}},
    "youtube": {
        "kind": "youtube#videoListResponse",
        "items": [{"kind": "youtube#video", "id": "v", "snippet": SNIPPET, "statistics": {"viewCount": "12"}}] * 2,
    },
    "tiktok": {
        "collector": [{"id": "1", "text": "Owl", "createTime": 1_600_000_000, "hashtags": [{"name": "owl"}]}] * 2
    },
    "instagram": {
        "data": [{"id": "1", "caption": "Owl", "like_count": 3, "timestamp": "2020-01-01T00:00:00+0000"}] * 2
    },
    "timeline": {"default": {"timelineData": [POINT, POINT]}},
    "regions": {"default": {"geoMapData": [{"geoName": "Ohio", "value": [4], "hasData": [True]}] * 2}},
    "related": {"default": {"rankedList": [{"rankedKeyword": [{"query": "owl", "value": 9}]}]}},
    "realtime": {"trendingStoryIds": [], "storySummaries": {"trendingStories": [{"entityNames": ["owl"]}]}},
    "charts": {"topCharts": [{"listTitle": "Birds", "listItems": [{"title": "owl"}]}]},
    "posts": [{"text": "Owl", "created_at": "2020-01-01", "tags": ["owl"]}] * 2,
}
TRENDS = ("timeline", "regions", "related", "realtime", "charts")
JUNK = (None, True, -1, 10**30, "", [], {}, [None], "x" * 50, [[[]]], {"kind": "t3"}, 1.5)


def damaged(body: Any, chance: random.Random) -> Any:
    if chance.random() < 0.08:
        return chance.choice(JUNK)
    if isinstance(body, dict):
        return {key: damaged(value, chance) for key, value in body.items() if chance.random() > 0.03}
    if isinstance(body, list):
        return [damaged(value, chance) for value in body]
    return body


@pytest.mark.parametrize("name", BODIES)
def test_a_damaged_body_never_breaks_its_reader(tmp_path: Path, name: str) -> None:
    path, chance, read = tmp_path / "body.json", random.Random(7), 0
    for _ in range(150):
        body = damaged(BODIES[name], chance)
        path.write_text(json.dumps(recorded(body) if name in TRENDS else body))
        try:
            family, payload = recognise(open_payload(survey(path)))
            for row in family.read(payload):
                kept = screened(row) if isinstance(row, Signal) else row
                read += isinstance(kept, Signal) and kept.id is not None
        except (NothingObserved, Unreadable) as error:
            assert str(error)
    assert read > 50
