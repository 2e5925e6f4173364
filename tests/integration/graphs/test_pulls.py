"""Live sources as the settings have them: which are asked, when, and what a person reads of those that are not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer

from graphs.pulls import BadSourceSetting, Pulls, Unfit, name_of
from graphs.settings import Settings, SourceSetting
from store import sources
from store.keywords import add_keyword
from store.postgres import connect
from store.redis import Redis
from trends import public
from trends.fetch import SourceGarbled, SourceRefused
from trends.keywords import own_keyword
from trends.live.source import LiveSource, Reply, Request, Scan
from trends.payload import Read
from trends.signal import Signal, SignalKind
from trends.webhook import Refused, sign

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def first(scan: Scan) -> Iterator[Request]:
    for name in (*scan.watch, *scan.keywords):
        yield Request(name, f"/{name}")


def read(reply: Reply) -> Read:
    for title in reply.body:
        yield Signal("stub", SignalKind.ITEM, title, reply.fetched_at)


OPEN = LiveSource("open", "Open", "http://127.0.0.1:1", ("new",), first, read)
KEYED = LiveSource("keyed", "Keyed", "http://127.0.0.1:1", ("new",), first, read, needs=("youtube_api_key",))
OFF = LiveSource("off", "Off", "http://127.0.0.1:1", ("new",), first, read, enabled=False)
Open = Callable[..., Pulls]


@pytest.fixture
def opened(database: str) -> Open:
    """Pulls of some stub sources, with these settings."""

    def make(live: Sequence[LiveSource] = (OPEN, KEYED, OFF), listen: Any = None, **settings: Any) -> Pulls:
        told = Settings(_env_file=None, **settings)
        return Pulls(partial(connect, database, "default"), told, Redis(None), listen, live)

    return make


def names(pulls: Pulls, now: datetime = NOW) -> list[str]:
    return [due.name for due in pulls.due(now)]


async def test_what_lacks_a_key_or_is_off_is_not_due_and_its_row_says_why(
    opened: Open, connection: psycopg.Connection[Any]
) -> None:
    pulls = opened()
    assert names(pulls) == ["open"]
    rows = {row["name"]: (row["outcome"], row["reason"]) for row in sources.load_sources(connection)}
    assert rows == {
        "keyed": ("skipped", "no key: set YOUTUBE_API_KEY"),
        "off": ("skipped", "off: set BELLWETHER_SOURCES"),
    }
    assert (await pulls.pull("keyed")).reason == "no key: set YOUTUBE_API_KEY"


def test_a_key_and_a_setting_turn_a_source_on_and_off(opened: Open) -> None:
    told = {"off": SourceSetting(enabled=True), "open": SourceSetting(enabled=False)}
    assert names(opened(youtube_api_key=SecretStr("a-key"), sources=told)) == ["keyed", "off"]


async def test_a_name_that_nobody_knows_is_one_clear_line(opened: Open) -> None:
    with pytest.raises(BadSourceSetting, match="BELLWETHER_SOURCES: 'redit' is no live source; there are open, keyed"):
        opened(sources={"redit": SourceSetting()})
    with pytest.raises(BadSourceSetting, match="'redit' is no live source"):
        await opened().pull("redit")


async def test_settings_replace_address_watch_and_interval_and_the_contact_is_in_the_user_agent(
    opened: Open, httpserver: HTTPServer, connection: psycopg.Connection[Any]
) -> None:
    httpserver.expect_request("/crafts").respond_with_json(["Moss frame"])
    httpserver.expect_request("/owl mug").respond_with_json(["Owl mug"])
    told = SourceSetting(base_url=httpserver.url_for(""), watch=("crafts",), interval_minutes=30)
    heard: list[Signal] = []
    pulls = opened(sources={"open": told}, contact="ops@example.com", listen=heard.extend)
    add_keyword(connection, own_keyword("owl mug", datetime.now(UTC)), "mara")
    pulled = await pulls.pull("open")
    await pulls.close()
    assert (pulled.outcome, pulled.kept) == ("kept", 2)
    assert httpserver.log[0][0].headers["User-Agent"].endswith("(+ops@example.com)")
    assert sorted(signal.text for signal in heard) == ["Moss frame", "Owl mug"]
    now = datetime.now(UTC)
    assert "open" not in names(pulls, now + timedelta(minutes=10))
    assert "open" in names(pulls, now + timedelta(minutes=31))


def test_what_is_due_together_is_spread_and_always_in_one_order(opened: Open) -> None:
    live = [replace(OPEN, name=f"source{n}") for n in range(5)]
    due = opened(live).due(NOW)
    assert [each.run_at - NOW for each in due] == [timedelta(minutes=2) * n for n in range(5)]


def end(connection: psycopg.Connection[Any], name: str, at: datetime, **changes: Any) -> None:
    sources.open_source(connection, name)
    told = {"outcome": "kept", "reason": "", "at": at, "newest": at, "empty_scans": 0, "stale_scans": 0,
            "scan_at": None, "not_before": None, "scan_units": 0}  # fmt: skip
    sources.end_scan(connection, name, **told | changes)


def test_a_source_is_asked_less_often_where_its_quota_would_not_last_the_day(
    opened: Open, connection: psycopg.Connection[Any]
) -> None:
    pulls = opened([replace(OPEN, quota=10_000)])
    end(connection, "open", NOW, scan_units=2_500)
    assert names(pulls, NOW + timedelta(hours=5)) == []
    assert names(pulls, NOW + timedelta(hours=6)) == ["open"]


def test_who_told_us_to_wait_is_not_due_and_who_has_more_to_ask_is_at_once(
    opened: Open, connection: psycopg.Connection[Any]
) -> None:
    pulls = opened([OPEN, replace(OPEN, name="busy")])
    end(connection, "open", NOW, scan_at=NOW)
    end(connection, "busy", NOW - timedelta(hours=2), not_before=NOW + timedelta(hours=1))
    assert names(pulls, NOW + timedelta(minutes=1)) == ["open"]


def test_deliveries_are_taken_with_a_secret_only_and_who_listens_is_told_once(opened: Open) -> None:
    body = json.dumps([{"text": "Moss frame", "created_at": "2026-11-20"}]).encode()
    timestamp = str(int(NOW.timestamp()))
    headers = {"Bellwether-Timestamp": timestamp, "Bellwether-Signature": sign("a-secret", body, timestamp),
               "Bellwether-Delivery": "one"}  # fmt: skip
    with pytest.raises(Refused, match="BELLWETHER_WEBHOOK_SECRET is not set") as refused:
        opened().receive(body, headers, NOW)
    assert refused.value.status == 503
    heard: list[Signal] = []
    pulls = opened(webhook_secret=SecretStr("a-secret"), listen=heard.extend)
    assert pulls.receive(body, headers, NOW).stored == 1
    assert pulls.receive(body, headers, NOW).again
    assert len(heard) == 1


FILE = "text,created_at\nMoss frame,2026-11-19T10:00:00Z\nOwl mug,2026-11-19T11:00:00Z\n"


def stored(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    """Records of files, and signals."""
    row = connection.execute("SELECT (SELECT count(*) FROM intake_file), (SELECT count(*) FROM signal)").fetchone()
    assert row is not None
    return row[0], row[1]


def test_a_file_that_somebody_brings_is_taken_as_a_run_takes_it_and_counted(
    opened: Open, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(FILE)
    first, again = opened().take_file(path), opened().take_file(path)
    assert (first.name, first.outcome, first.rows_read, first.stored) == ("posts.csv", "signals", 2, 2)
    assert (again.stored, again.repeated) == (0, 2)
    assert stored(connection) == (1, 2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "a picture"),
        (b"name,price\nmug,3\n", "without a text and a time"),
        (b"{", "JSON"),
        (b"", "empty"),
    ],
)
def test_of_what_cannot_be_taken_nothing_is_stored(
    opened: Open, connection: psycopg.Connection[Any], tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "brought"
    path.write_bytes(content)
    with pytest.raises(Unfit, match=said):
        opened().take_file(path)
    assert stored(connection) == (0, 0)


async def test_what_a_public_address_answers_is_taken_as_a_file(
    opened: Open, httpserver: HTTPServer, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/feeds/posts.csv").respond_with_data(FILE, content_type="text/csv")
    httpserver.expect_request("/page").respond_with_data("<html>", content_type="text/html")
    pulls = opened()
    with pytest.raises(SourceRefused, match="port"):
        await pulls.take_address(httpserver.url_for("/feeds/posts.csv"))
    monkeypatch.setattr(public, "PORTS", frozenset({httpserver.port}))
    with pytest.raises(SourceRefused, match="no host of the public internet"):
        await pulls.take_address(httpserver.url_for("/feeds/posts.csv"))
    assert (len(httpserver.log), stored(connection)) == (0, (0, 0))
    monkeypatch.setattr(public, "is_public", lambda _: True)
    count = await pulls.take_address(httpserver.url_for("/feeds/posts.csv?key=secret"))
    assert (count.name, count.stored) == ("posts.csv", 2)
    with pytest.raises(SourceGarbled, match="answers with HTML"):
        await pulls.take_address(httpserver.url_for("/page"))
    await pulls.close()
    assert stored(connection) == (1, 2)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("/a/posts.csv", "posts.csv"),
        ("../../etc/passwd", "passwd"),
        ("..", "upload"),
        ("C:\\posts.csv", "posts.csv"),
        ("%2e%2e%2fposts.csv", "posts.csv"),
        ("a\0b\n.csv", "ab.csv"),
        ("ü" * 300 + ".csv", "_" * 96 + ".csv"),
        ("", "upload"),
    ],
)
def test_a_file_is_called_by_the_last_part_of_its_name(given: str, name: str) -> None:
    assert name_of(given, "upload") == name
