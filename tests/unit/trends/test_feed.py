"""Feeds: RSS as a mapping, and what is not one refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from trends.feed import feed_of
from trends.opening import open_payload, payload_in
from trends.payload import Document, NothingObserved
from trends.sources import recognise
from trends.survey import Unreadable, survey

FEED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:x="https://example.org/x" version="2.0"><channel>'
    "<title>Daily</title><link>https://example.org/feed</link>{}</channel></rss>"
)
ITEM = "<item><title>Moss &amp; fern</title><x:kind>plant</x:kind><x:kind>second</x:kind><pubDate>{}</pubDate></item>"
NOON = "Mon, 2 Feb 2026 12:00:00 +0000"


def test_items_lose_their_namespace_and_keep_the_first_of_two() -> None:
    feed = feed_of(FEED.format(ITEM.format(NOON)))
    assert (feed["title"], feed["link"]) == ("Daily", "https://example.org/feed")
    assert feed["items"] == [{"title": "Moss & fern", "kind": "plant", "pubDate": NOON}]


def test_a_level_below_an_item_is_kept_under_its_name() -> None:
    feed = feed_of(FEED.format("<item><news><url>https://a.example</url><source>A</source></news></item>"))
    assert feed["items"] == [{"news": {"url": "https://a.example", "source": "A"}}]


def test_comments_and_instructions_in_a_feed_are_nothing() -> None:
    feed = feed_of(FEED.format("<!-- hello --><?run rm?><item><!-- x --><title>a</title></item>"))
    assert feed["items"] == [{"title": "a"}]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel>&b;</channel></rss>', "document type"),
        ('<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss><channel/></rss>', "document type"),
        ("<rss><channel><item></channel></rss>", "broken XML"),
        ("<rss><channel><title>\x00</title></channel></rss>", "broken XML"),
        ("<rss><channel><title>&nope;</title></channel></rss>", "broken XML"),
        ("<rss><channel>\ud800</channel></rss>", "broken XML"),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_line(text: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told) as caught:
        feed_of(text)
    assert "\n" not in str(caught.value)


def test_a_feed_that_is_too_long_is_not_parsed() -> None:
    with pytest.raises(Unreadable, match="at most 2"):
        feed_of("<rss>" + " " * (3 << 20))


def test_a_feed_of_very_many_levels_ends() -> None:
    with pytest.raises(Unreadable, match="broken XML"):
        feed_of("<rss>" + "<a>" * 200_000)
    assert feed_of("<rss>" + "<a>" * 200_000 + "</a>" * 200_000 + "</rss>")["items"] == []


@pytest.mark.parametrize("text", ["<html><body>no</body></html>", "<?xml version='1.0'?><atom/>", "<"])
def test_a_web_page_is_no_feed(text: str) -> None:
    with pytest.raises(Unreadable, match="XML or HTML"):
        payload_in(text)


def test_an_answer_is_a_feed_or_json_with_and_without_googles_prefix() -> None:
    assert payload_in(')]}\',\n{"a": 1}') == Document({"a": 1})
    assert payload_in(' \n{"a": 1}') == Document({"a": 1})
    assert payload_in(FEED.format("")).body["items"] == []  # type: ignore[union-attr]
    with pytest.raises(NothingObserved):
        payload_in(" \n")


def test_any_feed_that_a_user_brings_is_read_as_posts(tmp_path: Path) -> None:
    path = tmp_path / "news.xml"
    path.write_text("\ufeff" + FEED.format(ITEM.format(NOON) + ITEM.format("Mon, 2 Feb 2026 13:00:00 +0000")))
    family, payload = recognise(open_payload(survey(path)))
    rows = list(family.read(payload))
    assert family.name == "posts"
    assert [row.text for row in rows] == ["Moss & fern"] * 2  # type: ignore[union-attr]
