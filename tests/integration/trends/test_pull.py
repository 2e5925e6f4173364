"""Scans of one source over real sockets: what is kept, what is not asked again, what a source may do wrong."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request as Asked

from store import sources
from store.postgres import connect
from trends.errand import Errand, Pulled
from trends.fetch import Fetcher
from trends.live.source import LiveSource, Reply, Request, Scan
from trends.payload import Read
from trends.pull import Scanner
from trends.signal import Signal, SignalKind
from trends.when import parse_moment

Session = psycopg.Connection[Any]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def posts(*numbers: int, at: str = "2026-11-20T11:00:00Z", **more: Any) -> dict[str, Any]:
    return {"items": [{"id": f"p{n}", "title": f"Moss frame {n}", "at": at} for n in numbers], **more}


def first(scan: Scan) -> Iterator[Request]:
    for name in scan.watch:
        headers = {"Authorization": f"Bearer {scan.keys['pinterest_token']}"} if scan.keys else {}
        yield Request(name, f"/{name}", {"key": scan.keys.get("pinterest_token", "")} if scan.keys else {}, headers)


def after(reply: Reply) -> Request | None:
    following = reply.body.get("next")
    return replace(reply.request, path=following) if following else None


def read(reply: Reply) -> Read:
    for row in reply.body["items"]:
        yield Signal("stub", SignalKind.ITEM, row["title"], reply.fetched_at, row["id"],
                     published_at=parse_moment(row.get("at")))  # fmt: skip


STUB = LiveSource("stub", "A stub", "http://127.0.0.1:1", ("new",), first, read, after)


@dataclass
class Clock:
    """Time that a test moves."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Desk:
    """A source on a loopback server, and the scanner that asks it."""

    server: HTTPServer
    connection: Session
    scanner: Scanner
    clock: Clock
    errand: Errand
    heard: list[Signal] = field(default_factory=list)

    async def scan(self, **changes: Any) -> Pulled:
        return await self.scanner.scan(replace(self.errand, **changes))

    def source(self, **changes: Any) -> None:
        self.errand = replace(self.errand, source=replace(self.errand.source, **changes))

    def answer(self, body: Any, path: str = "/new", **more: Any) -> None:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        headers = {"Date": f"{self.clock.at:%a, %d %b %Y %H:%M:%S} GMT", **more.pop("headers", {})}
        given = {"content_type": "application/json", **more}
        self.server.expect_request(path).respond_with_data(data, headers=headers, **given)

    def once(self, body: Any, path: str = "/new", **more: Any) -> None:
        headers = {"Date": f"{self.clock.at:%a, %d %b %Y %H:%M:%S} GMT", **more.pop("headers", {})}
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        given = {"content_type": "application/json", **more}
        self.server.expect_ordered_request(path).respond_with_data(data, headers=headers, **given)

    def number(self, table: str) -> int:
        row = self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - written here
        assert row is not None
        return int(row[0])

    @property
    def row(self) -> Mapping[str, Any]:
        (row,) = sources.load_sources(self.connection)
        return row

    @property
    def asked(self) -> list[Asked]:
        return [request for request, _ in self.server.log]


@pytest.fixture
async def desk(httpserver: HTTPServer, database: str, connection: Session) -> AsyncIterator[Desk]:
    clock = Clock()
    async with Fetcher("Bellwether/test (+mailto:ops)", timeout_s=2.0, now=clock) as fetcher:
        heard: list[Signal] = []
        opened: Callable[[], Session] = partial(connect, database, "default")
        scanner = Scanner(opened, "default", fetcher, listen=heard.extend, now=clock)
        errand = Errand(STUB, ("new",), timedelta(hours=1), httpserver.url_for("").rstrip("/"))
        yield Desk(httpserver, connection, scanner, clock, errand, heard)


async def test_an_answer_becomes_signals_known_when_it_was_fetched(desk: Desk) -> None:
    desk.answer(posts(1, 2))
    pulled = await desk.scan()
    assert (pulled.outcome, pulled.found, pulled.kept, pulled.more) == ("kept", 2, 2, False)
    assert desk.connection.execute("SELECT DISTINCT known_at FROM observation").fetchall() == [(NOW,)]
    assert [signal.text for signal in desk.heard] == ["Moss frame 1", "Moss frame 2"]
    assert (desk.row["kept"], desk.row["last_kept_at"]) == (2, NOW)
    assert desk.row["newest_known_at"] == NOW - timedelta(hours=1)
    assert desk.asked[0].headers["User-Agent"] == "Bellwether/test (+mailto:ops)"


async def test_the_same_body_an_hour_later_is_unchanged(desk: Desk) -> None:
    desk.answer(posts(1))
    await desk.scan()
    desk.clock.at += timedelta(hours=1)
    pulled = await desk.scan()
    assert (pulled.outcome, pulled.found) == ("unchanged", 0)
    assert desk.number("observation") == 1


async def test_an_etag_is_sent_back_and_304_is_unchanged(desk: Desk) -> None:
    desk.once(posts(1), headers={"ETag": '"one"', "Last-Modified": "Fri, 20 Nov 2026 11:00:00 GMT"})
    desk.once("", status=304)
    assert (await desk.scan()).kept == 1
    assert (await desk.scan()).outcome == "unchanged"
    assert desk.asked[1].headers["If-None-Match"] == '"one"'
    assert desk.asked[1].headers["If-Modified-Since"] == "Fri, 20 Nov 2026 11:00:00 GMT"


async def test_the_raw_answer_can_be_opened_from_a_row_without_the_contacts_in_it(desk: Desk) -> None:
    desk.answer({"items": posts(1)["items"], "note": ["mail ann@example.com"]})
    await desk.scan()
    row = desk.connection.execute("SELECT file_id FROM observation").fetchone()
    assert row is not None
    kept = sources.find_payload(desk.connection, row[0])
    assert kept is not None
    assert json.loads(gzip.decompress(kept)) == {"items": posts(1)["items"], "note": ["mail […]"]}
