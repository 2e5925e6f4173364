"""What Reddit is asked for, with an app and without one, without a server."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from trends.live.reddit import REDDIT, after, first, login, read
from trends.live.source import Reply, Scan

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_an_app_logs_in_with_its_credentials_and_without_one_there_is_no_login() -> None:
    request = login({"reddit_client_id": "app", "reddit_client_secret": "secret"})
    assert request is not None and request.form == {"grant_type": "client_credentials"}
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(b"app:secret").decode()
    assert login({"reddit_client_id": "app"}) is None
    assert REDDIT.needs == () and REDDIT.obeys_robots


def test_listings_are_asked_for_with_the_token_where_there_is_one_and_as_public_json_where_there_is_none() -> None:
    public = list(first(Scan(NOW, ("crafts",), ("owl mug",))))
    assert [request.path for request in public] == [
        "/r/crafts/hot.json", "/r/crafts/rising.json", "/r/crafts/top.json", "/search.json",
    ]  # fmt: skip
    assert [request.query.get("t") for request in public] == [None, None, "day", "week"]
    assert public[3].query["q"] == '"owl mug"'
    signed_in = list(first(Scan(NOW, ("crafts",), token="t0k")))
    assert [request.path for request in signed_in] == ["/r/crafts/hot", "/r/crafts/rising", "/r/crafts/top"]
    assert signed_in[0].headers == {"Authorization": "Bearer t0k"}


def test_hot_and_top_go_on_and_rising_and_searches_do_not() -> None:
    requests = {request.slot.split("/")[0]: request for request in first(Scan(NOW, ("crafts",), ("owl mug",)))}
    body = {"kind": "Listing", "data": {"after": "t3_abc", "children": []}}
    goes_on = {listing for listing, request in requests.items() if after(Reply(request, body, NOW)) is not None}
    assert goes_on == {"hot", "top"}
    assert after(Reply(requests["hot"], [], NOW)) is None


def test_what_is_no_listing_is_an_answer_of_another_shape() -> None:
    (request, *_) = first(Scan(NOW, ("crafts",)))
    with pytest.raises(ValueError, match="no listing"):
        read(Reply(request, {"message": "Too Many Requests"}, NOW))
