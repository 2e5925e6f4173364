"""Scans of one source over real sockets: what is kept, what is not asked again, what a source may do wrong."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request as Asked
from werkzeug import Response
from werkzeug.serving import WSGIRequestHandler

from store import sources
from store.bloom import Bloom
from store.postgres import connect
from store.redis import EmbeddedRedis, Redis
from trends.errand import Errand, Pulled
from trends.fetch import Fetcher
from trends.live.source import LiveSource, Reply, Request, Scan
from trends.payload import Read
from trends.pull import Scanner
from trends.signal import Signal, SignalKind
from trends.when import parse_moment

Session = psycopg.Connection[Any]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = "sk-very-secret-0123456789"


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
    ahead: timedelta = timedelta()
    """How far the server's clock is ahead."""

    async def scan(self, **changes: Any) -> Pulled:
        return await self.scanner.scan(replace(self.errand, **changes))

    def source(self, **changes: Any) -> None:
        self.errand = replace(self.errand, source=replace(self.errand.source, **changes))

    def answer(self, body: Any, path: str = "/new", **more: Any) -> None:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        given = {"content_type": "application/json", **more}
        self.server.expect_request(path).respond_with_data(data, **given)

    def once(self, body: Any, path: str = "/new", **more: Any) -> None:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        given = {"content_type": "application/json", **more}
        self.server.expect_ordered_request(path).respond_with_data(data, **given)

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
async def desk(
    httpserver: HTTPServer, database: str, connection: Session, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    clock = Clock()
    async with Fetcher("Bellwether/test (+mailto:ops)", timeout_s=2.0, now=clock) as fetcher:
        heard: list[Signal] = []
        opened: Callable[[], Session] = partial(connect, database, "default")
        scanner = Scanner(opened, "default", fetcher, listen=heard.extend, now=clock)
        errand = Errand(STUB, ("new",), timedelta(hours=1), httpserver.url_for("").rstrip("/"))
        made = Desk(httpserver, connection, scanner, clock, errand, heard)
        monkeypatch.setattr(
            WSGIRequestHandler, "date_time_string", lambda *_: format_datetime(clock.at + made.ahead, usegmt=True)
        )
        yield made


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
    assert json.loads(gzip.decompress(kept.body)) == {"items": posts(1)["items"], "note": ["mail […]"]}


async def test_pages_follow_one_another_up_to_the_most_and_are_counted_together(desk: Desk) -> None:
    for page in range(1, 9):
        desk.answer(posts(page, next=f"/page{page}"), path="/new" if page == 1 else f"/page{page - 1}")
    pulled = await desk.scan()
    assert (pulled.kept, len(desk.asked)) == (5, 5)
    assert desk.number("payload") == desk.number("intake_file") == 5


async def test_next_pages_that_go_in_a_circle_are_left_at_the_first_repeat(desk: Desk) -> None:
    desk.answer(posts(1, next="/two"))
    desk.answer(posts(2, next="/new"), path="/two")
    pulled = await desk.scan()
    assert (pulled.kept, len(desk.asked)) == (2, 2)
    assert "in a circle" in desk.row["reason"]


async def test_the_same_page_under_ever_new_addresses_is_a_circle_too(desk: Desk) -> None:
    desk.answer(posts(1, next="/page2"))
    desk.answer(posts(2, next="/page3"), path="/page2")
    desk.answer(posts(2, next="/page3"), path="/page3")
    pulled = await desk.scan()
    assert (pulled.kept, len(desk.asked)) == (2, 3)
    assert "in a circle" in desk.row["reason"]


async def test_a_next_page_on_another_host_is_not_followed(desk: Desk) -> None:
    desk.answer(posts(1, next="http://169.254.169.254/latest/meta-data"))
    pulled = await desk.scan(base=None, source=replace(desk.errand.source, base=desk.server.url_for("")))
    assert (pulled.kept, len(desk.asked)) == (1, 1)
    assert "leads to another host" in desk.row["reason"]


async def test_a_failed_page_keeps_the_pages_before_it_and_its_slot_is_asked_whole_again(desk: Desk) -> None:
    desk.once(posts(1, next="/two"), headers={"ETag": '"one"'})
    desk.once("<html>maintenance</html>", path="/two", content_type="text/html")
    desk.once(posts(1, next="/two"), headers={"ETag": '"one"'})
    desk.once(posts(2), path="/two")
    first_scan = await desk.scan()
    assert (first_scan.outcome, first_scan.kept) == ("kept", 1)
    assert "HTML" in first_scan.reason
    desk.clock.at += timedelta(hours=1)
    assert (await desk.scan()).kept == 2
    assert "If-None-Match" not in desk.asked[2].headers


async def test_a_turn_ends_after_its_share_and_the_next_goes_on_where_it_stopped(desk: Desk) -> None:
    watch = tuple(f"slot{number}" for number in range(25))
    for number, slot in enumerate(watch):
        desk.answer(posts(number), path=f"/{slot}")
    turns = [await desk.scan(watch=watch), await desk.scan(watch=watch)]
    assert [(each.kept, each.more) for each in turns] == [(20, True), (5, False)]
    assert [request.path for request in desk.asked] == [f"/{slot}" for slot in watch]


async def test_a_turn_ends_when_its_time_is_up_and_every_turn_asks_something(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trends.pull.TURN_S", 0.0)
    watch = ("a", "b", "c")
    for slot in watch:
        desk.answer(posts(ord(slot)), path=f"/{slot}")
    turns = [await desk.scan(watch=watch) for _ in watch]
    assert [(each.kept, each.more) for each in turns] == [(1, True), (1, True), (1, False)]
    assert [request.path for request in desk.asked] == ["/a", "/b", "/c"]


async def test_who_listens_does_not_hold_up_the_other_sources(desk: Desk) -> None:
    threads: list[threading.Thread] = []
    desk.scanner.listen = lambda _: threads.append(threading.current_thread())
    desk.answer(posts(1))
    await desk.scan()
    assert len(threads) == 1 and threads[0] is not threading.main_thread()


# What a source may do wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "more", "said"),
    [
        ("<!DOCTYPE html><p>Log in", {"content_type": "text/html"}, "HTML where JSON was asked for"),
        ("<html>ok", {}, "HTML where JSON was asked for"),
        ("no", {"status": 403}, "answers 403"),
        ("no", {"status": 401}, "the key is not accepted"),
        ("", {"status": 404}, "is not there (404)"),
        ('{"items": [', {}, "broken JSON"),
        ("", {}, "nothing where JSON was asked for"),
        ('{"other": 1}', {}, "another shape"),
        ('{"items": 3}', {}, "another shape"),
        ('{"items": ' + "[" * 3000 + "]" * 3000 + "}", {}, "too deep"),
        (gzip.compress(bytes(64 << 20), mtime=0), {"headers": {"Content-Encoding": "gzip"}}, "more than 8 MB"),
        (gzip.compress(b'{"items": []}' * 99, mtime=0)[:-9], {"headers": {"Content-Encoding": "gzip"}}, "broke off"),
        (b"\x1f\x8b nonsense", {"headers": {"Content-Encoding": "gzip"}}, "damaged gzip"),
        ("{}", {"headers": {"Content-Encoding": "br"}}, "'br', which nobody asked for"),
        (b" " * (50 << 20), {}, "more than 8 MB"),
    ],
)
async def test_a_bad_answer_is_one_line_in_its_row_and_the_next_slot_goes_on(
    desk: Desk, body: Any, more: dict[str, Any], said: str
) -> None:
    desk.answer(body, **more)
    desk.answer(posts(7), path="/good")
    pulled = await desk.scan(watch=("new", "good"))
    assert (pulled.outcome, pulled.kept) == ("kept", 1)
    assert said in desk.row["reason"] and "\n" not in desk.row["reason"]
    assert len(desk.asked) == 2


async def test_a_gzip_answer_is_unpacked(desk: Desk) -> None:
    desk.answer(gzip.compress(json.dumps(posts(1)).encode()), headers={"Content-Encoding": "gzip"})
    assert (await desk.scan()).kept == 1


async def test_a_scan_that_was_left_for_longer_than_an_interval_begins_anew(desk: Desk) -> None:
    watch = tuple(f"slot{number}" for number in range(21))
    for number, slot in enumerate(watch):
        desk.answer(posts(number), path=f"/{slot}")
    assert (await desk.scan(watch=watch)).more
    desk.clock.at += timedelta(hours=2)
    await desk.scan(watch=watch)
    assert desk.asked[20].path == "/slot0"


async def test_requests_to_a_host_that_is_not_ours_keep_their_distance(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trends.pull.LOOPBACK", frozenset())
    desk.source(pause_s=0.2)
    for slot in ("a", "b", "c"):
        desk.answer(posts(ord(slot)), path=f"/{slot}")
    began = time.monotonic()
    await desk.scan(watch=("a", "b", "c"))
    assert time.monotonic() - began >= 0.4
    desk.answer(posts(1))
    began = time.monotonic()
    await desk.scan()
    assert time.monotonic() - began >= 0.15  # from the last turn to this one, too


async def test_a_source_of_which_nothing_came_has_failed_and_is_left_after_three_slots(desk: Desk) -> None:
    watch = ("a", "b", "c", "d", "e")
    for slot in watch:
        desk.answer("no", path=f"/{slot}", status=403)
    pulled = await desk.scan(watch=watch)
    assert (pulled.outcome, len(desk.asked)) == ("failed", 3)


@pytest.mark.parametrize(
    ("header", "until"),
    [
        ("120", NOW + timedelta(seconds=120)),
        ("Fri, 20 Nov 2026 13:30:00 GMT", NOW + timedelta(minutes=90)),
        ("Mon, 20 Nov 2056 13:30:00 GMT", NOW + timedelta(hours=24)),
        ("999999999999999", NOW + timedelta(hours=24)),
        ("Fri, 20 Nov 2020 13:30:00 GMT", NOW + timedelta(seconds=1)),
        ("whenever", NOW + timedelta(minutes=5)),
    ],
)
async def test_a_429_says_when_to_ask_again_and_until_then_nothing_is_asked(
    desk: Desk, header: str, until: datetime
) -> None:
    desk.answer("slow down", status=429, headers={"Retry-After": header})
    pulled = await desk.scan(watch=("new", "other"))
    assert (pulled.outcome, pulled.not_before) == ("skipped", until)
    assert "answers 429" in desk.row["reason"]
    assert (await desk.scan()).outcome == "skipped"
    assert len(desk.asked) == 1
    desk.clock.at = until
    await desk.scan()
    assert len(desk.asked) == 2


async def test_a_server_error_is_asked_twice_again_and_then_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trends.fetch.RETRY_PAUSES_S", (0.01, 0.01))
    desk.once("", status=502)
    desk.once(posts(1))
    assert (await desk.scan()).kept == 1
    desk.server.clear()
    desk.answer("", status=500)
    pulled = await desk.scan()
    assert (pulled.outcome, len(desk.asked)) == ("failed", 3)
    assert "answers 500" in pulled.reason


async def test_a_slow_drip_ends_with_the_time_out_for_the_whole_answer(desk: Desk) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(150):
            yield b" "
            time.sleep(0.1)

    desk.server.expect_request("/new").respond_with_handler(lambda _: Response(drip(), content_type="application/json"))
    desk.scanner.fetcher.timeout_s = 0.5
    began = time.monotonic()
    pulled = await desk.scan()
    assert time.monotonic() - began < 10
    assert pulled.outcome == "failed"
    assert "did not answer whole within 0.5 s" in pulled.reason


async def test_a_body_that_is_cut_is_not_stored(desk: Desk) -> None:
    whole = json.dumps(posts(1))
    cut = Response(iter([whole[:-10]]), content_type="application/json", headers={"Content-Length": str(len(whole))})
    desk.server.expect_request("/new").respond_with_handler(lambda _: cut)
    pulled = await desk.scan()
    assert (pulled.outcome, desk.number("signal"), desk.number("payload")) == ("failed", 0, 0)
    assert "broke off" in pulled.reason


async def test_without_a_network_a_source_is_skipped_and_says_so(desk: Desk) -> None:
    pulled = await desk.scan(base="http://127.0.0.1:1")
    assert (pulled.outcome, pulled.reason) == ("skipped", "no network: 127.0.0.1 cannot be reached")


async def test_a_text_in_another_charset_than_its_header_says_is_read_right(desk: Desk) -> None:
    for number, (charset, body) in enumerate([("latin-1", "Café für Eulen".encode()),
                                              ("utf-8", "Café für Möwen".encode("cp1252")),
                                              ("klingon", "Café für Igel".encode("cp1252")),
                                              ("shift_jis", "ふくろう".encode("shift_jis")),
                                              ("punycode", "Café-Dachs".encode("cp1252"))]):  # fmt: skip
        whole = b'{"items": [{"id": "p' + str(number).encode() + b'", "title": "' + body + b'"}]}'
        desk.answer(whole, path=f"/{number}", content_type=f"application/json; charset={charset}")
    assert (await desk.scan(watch=tuple("01234"))).kept == 5
    texts = {text for (text,) in desk.connection.execute("SELECT text FROM signal")}
    assert texts == {"Café für Eulen", "Café für Möwen", "Café für Igel", "ふくろう", "Café-Dachs"}


async def test_an_item_that_comes_twice_is_stored_once_and_counted_as_repeated(desk: Desk) -> None:
    desk.answer(posts(1, 1, 2))
    pulled = await desk.scan()
    assert (pulled.found, pulled.kept, pulled.repeated) == (3, 2, 1)


async def test_a_post_in_two_slots_of_a_scan_is_observed_once(desk: Desk) -> None:
    def later(request: Asked) -> Response:
        desk.clock.at += timedelta(seconds=2)
        return Response(json.dumps(posts(1, 2)), content_type="application/json")

    desk.answer(posts(1))
    desk.server.expect_request("/top").respond_with_handler(later)
    pulled = await desk.scan(watch=("new", "top"))
    assert (pulled.found, pulled.kept, pulled.repeated) == (3, 2, 1)
    desk.clock.at += timedelta(hours=1)
    assert (await desk.scan(watch=("top",))).outcome == "unchanged"
    assert desk.number("observation") == 2


# Clocks, and answers that bring nothing -------------------------------------------------------------------------------


async def test_a_row_published_ahead_of_our_clock_is_quarantined_and_a_few_minutes_are_let_pass(desk: Desk) -> None:
    desk.answer({"items": [{"id": "a", "title": "Tomorrow's frame", "at": "2026-11-21T10:00:00Z"},
                           {"id": "b", "title": "Moss frame", "at": "2026-11-20T12:03:00Z"},
                           {"id": "c", "title": "Today's frame", "at": "2026-11-20"}]})  # fmt: skip
    pulled = await desk.scan()
    assert (pulled.kept, pulled.quarantined) == (2, 1)
    assert "published 22 h ahead of our clock" in desk.row["reason"]
    assert desk.row["newest_known_at"] == NOW
    assert desk.connection.execute("SELECT published_at FROM signal").fetchall() == [(NOW,), (NOW,)]


async def test_a_row_that_says_it_will_be_known_later_is_known_now(desk: Desk) -> None:
    def tomorrow(reply: Reply) -> Read:
        yield Signal("stub", SignalKind.TERM, "moss frame", reply.fetched_at + timedelta(days=1), metrics={"level": 9})

    desk.source(read=tomorrow)
    desk.answer(posts())
    await desk.scan()
    assert desk.connection.execute("SELECT known_at FROM observation").fetchall() == [(NOW,)]


async def test_a_server_whose_clock_is_off_is_named(desk: Desk) -> None:
    desk.answer(posts(1))
    desk.ahead = timedelta(hours=3)
    await desk.scan()
    assert desk.row["reason"] == "its clock is 3 h ahead of ours"


async def test_yesterdays_data_every_time_is_named_after_three_scans(desk: Desk) -> None:
    reasons = []
    for number in range(5):
        desk.server.clear()
        desk.answer(posts(1, at="2026-11-18T11:00:00Z", asked=number))
        desk.clock.at += timedelta(hours=1)
        reasons.append((await desk.scan()).reason)
    assert reasons[:3] == ["", "", ""]
    assert reasons[4] == "nothing newer than 2026-11-18 11:00 UTC in 4 scans"
    assert desk.row["stale_scans"] == 4


async def test_an_empty_list_every_time_is_named_after_three_scans(desk: Desk) -> None:
    for number in range(3):
        desk.server.clear()
        desk.answer(posts(asked=number))
        pulled = await desk.scan()
    assert (pulled.outcome, desk.row["empty_scans"]) == ("unchanged", 3)
    assert "an empty list, 3 times in a row" in pulled.reason


@pytest.mark.parametrize("etag", [None, '"nothing"'])
async def test_an_empty_list_that_never_changes_is_named_as_well(desk: Desk, etag: str | None) -> None:
    desk.answer(posts(), headers={"ETag": etag} if etag else {})
    reasons = [(await desk.scan()).reason for _ in range(3)]
    assert "an empty list, 3 times in a row" in reasons[-1]
    desk.server.clear()
    desk.answer(posts(1))
    assert (await desk.scan()).kept == 1
    assert (desk.row["empty_scans"], (await desk.scan()).reason) == (0, "")


async def test_what_ended_a_scan_is_said_before_what_did_not(desk: Desk) -> None:
    desk.answer(posts(), path="/new")
    desk.answer("<html></html>", path="/rising", content_type="text/html")
    desk.answer("slow down", path="/top", status=429, headers={"Retry-After": "600"})
    said = (await desk.scan(watch=("new", "rising", "top"))).reason.split("; ")
    assert ["429" in said[0], "HTML" in said[1]] == [True, True]


# Where it leads -------------------------------------------------------------------------------------------------------


def redirect(desk: Desk, path: str, to: str) -> None:
    desk.server.expect_request(path).respond_with_data("", status=302, headers={"Location": to})


async def test_a_redirect_on_the_same_host_is_followed_three_times_and_no_more(desk: Desk) -> None:
    for number in range(4):
        redirect(desk, "/new" if number == 0 else f"/{number}", f"/{number + 1}")
    assert "redirects more than 3 times" in (await desk.scan()).reason
    desk.answer(posts(1), path="/4")
    assert (await desk.scan(watch=("1",))).kept == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.8/",
        "http://[fd00::1]/",
        "http://metadata.google.internal/",
    ],
)
async def test_a_redirect_into_a_private_network_is_refused(desk: Desk, address: str) -> None:
    redirect(desk, "/new", address)
    assert "not public" in (await desk.scan()).reason


@pytest.mark.parametrize("address", ["http://[half/", "http://a b/", "file:///etc/passwd", ""])
async def test_a_redirect_to_no_address_at_all_is_one_line(desk: Desk, address: str) -> None:
    redirect(desk, "/new", address)
    assert (await desk.scan()).outcome == "failed"
    assert "\n" not in desk.row["reason"]


# Quota, robots, tokens, secrets ---------------------------------------------------------------------------------------


async def test_units_are_taken_before_a_request_and_what_would_exceed_them_is_not_asked(desk: Desk) -> None:
    desk.source(quota=2)
    for slot in ("a", "b", "c"):
        desk.answer(posts(ord(slot)), path=f"/{slot}")
    pulled = await desk.scan(watch=("a", "b", "c"))
    assert (pulled.outcome, pulled.kept, len(desk.asked)) == ("kept", 2, 2)
    assert "the quota of the day (2 units) is used, again at 00:00 UTC" in pulled.reason
    assert desk.row["not_before"] == datetime(2026, 11, 21, tzinfo=UTC)
    assert (await desk.scan(watch=("c",))).outcome == "skipped"
    desk.clock.at = datetime(2026, 11, 21, 0, 1, tzinfo=UTC)
    assert (await desk.scan(watch=("c",))).kept == 1
    assert desk.row["quota_used"] == 1


async def test_one_source_is_asked_by_one_worker_at_a_time(desk: Desk, database: str) -> None:
    with connect(database, "default") as other:
        assert sources.claim(other, "stub")
        assert (await desk.scan()).reason == "another worker is asking it"
    desk.answer(posts(1))
    assert (await desk.scan()).kept == 1


async def test_robots_are_obeyed_read_once_and_a_missing_file_allows(desk: Desk) -> None:
    desk.source(obeys_robots=True)
    desk.answer("User-agent: *\nDisallow: /new", path="/robots.txt", content_type="text/plain")
    desk.answer(posts(1), path="/open")
    pulled = await desk.scan()
    assert (pulled.outcome, pulled.reason) == ("skipped", "new: robots.txt of localhost forbids /new")
    assert (await desk.scan(watch=("open",))).kept == 1
    assert [request.path for request in desk.asked] == ["/robots.txt", "/open"]


@pytest.mark.parametrize(("status", "kept"), [(404, 1), (403, 1), (503, 0)])
async def test_no_robots_file_allows_and_one_that_cannot_be_read_now_does_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, status: int, kept: int
) -> None:
    monkeypatch.setattr("trends.fetch.RETRY_PAUSES_S", ())
    desk.source(obeys_robots=True)
    desk.answer("", path="/robots.txt", status=status, content_type="text/plain")
    desk.answer(posts(1))
    assert (await desk.scan()).kept == kept


async def test_a_token_is_asked_for_once_and_stands_in_for_robots(desk: Desk) -> None:
    def with_token(scan: Scan) -> Iterator[Request]:
        yield Request("new", "/new", headers={"Authorization": f"Bearer {scan.token}"})

    desk.source(
        obeys_robots=True,
        first=with_token,
        login=lambda keys: Request("login", "/login", form={"secret": keys["pinterest_token"]}),
    )
    desk.errand = replace(desk.errand, keys={"pinterest_token": SECRET})
    desk.answer({"access_token": "token-of-the-hour", "expires_in": 3600}, path="/login")
    desk.answer(posts(1))
    await desk.scan()
    await desk.scan()
    assert [request.path for request in desk.asked] == ["/login", "/new", "/new"]
    assert desk.asked[0].form.to_dict() == {"secret": SECRET}
    assert desk.asked[1].headers["Authorization"] == "Bearer token-of-the-hour"
    desk.clock.at += timedelta(hours=1)
    await desk.scan()
    assert desk.asked[3].path == "/login"


async def test_no_key_is_in_any_log_any_error_or_any_stored_row(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk.errand = replace(desk.errand, keys={"pinterest_token": SECRET})
    echo = {"items": [{"id": SECRET, "title": f"Your key is {SECRET}"}], "next": f"/more?key={SECRET}"}
    desk.answer(echo)
    desk.answer(f'{{"items": {SECRET}', path="/more")
    desk.answer("no", path="/closed", status=403)
    pulled = await desk.scan(watch=("new", "closed"))
    assert pulled.kept == 1
    assert all(SECRET in request.headers["Authorization"] for request in desk.asked)
    tables = ("source", "source_slot", "payload", "intake_file", "signal", "observation", "quarantine")
    rows = [desk.connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables]  # noqa: S608 - names
    bodies = [gzip.decompress(body) for (body,) in desk.connection.execute("SELECT body FROM payload")]
    logged = [each.getMessage() for each in caplog.records if each.name != "werkzeug"]  # the server's own
    told = repr(logged) + repr(rows) + repr(bodies) + repr(pulled) + repr(desk.errand) + repr(desk.heard)
    assert "[hidden]" in told and SECRET not in told


async def test_an_address_that_is_a_key_is_in_no_reason(desk: Desk) -> None:
    feed = desk.server.url_for("/feeds/token-0123456789/trending")
    desk.source(base="", first=lambda scan: [Request("feed", scan.keys["feed"])])
    desk.answer("no", path="/feeds/token-0123456789/trending", status=403)
    pulled = await desk.scan(base=None, keys={"feed": feed})
    assert pulled.reason == "feed: [hidden] answers 403"


# The filter in front of the unique key, and kill -9 -------------------------------------------------------------------


class Says:
    """A filter that answers the same to everything."""

    def __init__(self, new: bool) -> None:
        self.answer, self.shown = new, 0

    def new(self, items: Sequence[bytes]) -> list[bool]:
        self.shown += len(items)
        return [self.answer] * len(items)


def read_dated(reply: Reply) -> Read:
    """Rows that say themselves when they were observed: the same rows come scan after scan."""
    for row in reply.body["items"]:
        known_at = parse_moment(row["at"])
        assert known_at is not None
        yield Signal("stub", SignalKind.TERM, row["title"], known_at, row["id"])


@pytest.mark.parametrize("answer", [True, False])
async def test_whatever_the_filter_says_no_row_is_lost_and_none_is_doubled(desk: Desk, answer: bool) -> None:
    desk.scanner.seen = Says(answer)
    desk.source(read=read_dated)
    for number in range(2):
        desk.server.clear()
        desk.answer(posts(*range(number, number + 5), asked=number))
        pulled = await desk.scan()
    assert (pulled.kept, pulled.repeated) == (1, 4)
    assert desk.number("observation") == 6
    assert len(desk.heard) == 6


async def test_what_was_observed_at_the_fetch_is_shown_to_no_filter(desk: Desk) -> None:
    desk.scanner.seen = filter_ = Says(True)
    desk.answer(posts(*range(5)))
    assert (await desk.scan()).kept == 5
    assert filter_.shown == 0


async def test_a_filter_that_is_flushed_or_down_doubles_nothing(desk: Desk, reachable_folder: Path) -> None:
    server = EmbeddedRedis(reachable_folder / "filter")
    redis = Redis(server.start())
    try:
        desk.scanner.seen = Bloom(redis, "test", 1000, 0.001)
        desk.source(read=read_dated)
        kept = []
        for number, between in enumerate([lambda: None, lambda: redis.call("FLUSHALL"), server.stop]):
            desk.server.clear()
            desk.answer(posts(*range(5), asked=number))
            kept.append((await desk.scan()).kept)
            between()
        desk.server.clear()
        desk.answer(posts(*range(6), asked=9))
        kept.append((await desk.scan()).kept)
    finally:
        redis.close()
        server.stop()
    assert kept == [5, 0, 0, 1]


def _scan_until_killed(url: str, base: str) -> None:
    """Asks the source; dies between the answer and the commit."""
    store = sources.save_slot

    def die(*given: Any) -> None:
        store(*given)
        os.kill(os.getpid(), signal.SIGKILL)

    sources.save_slot = die  # type: ignore[assignment]  # in a process that is about to end

    async def scan() -> None:
        async with Fetcher("Bellwether/test", now=lambda: NOW) as fetcher:
            scanner = Scanner(partial(connect, url, "default"), "default", fetcher, now=lambda: NOW)
            await scanner.scan(Errand(STUB, ("new",), timedelta(hours=1), base))

    asyncio.run(scan())


async def until_free(desk: Desk) -> Pulled:
    """A scan, once the server has noticed that the killed session is gone."""
    for _ in range(400):
        pulled = await desk.scan()
        if pulled.reason != "another worker is asking it":
            return pulled
        await asyncio.sleep(0.05)
    raise AssertionError("the source stayed claimed")


async def test_a_scan_that_is_killed_between_answer_and_commit_loses_and_doubles_nothing(
    desk: Desk, database: str
) -> None:
    desk.answer(posts(1, next="/two"), headers={"ETag": '"one"'})
    desk.answer(posts(2), path="/two")
    process = multiprocessing.get_context("spawn").Process(target=_scan_until_killed, args=(database, desk.errand.base))
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode == -signal.SIGKILL
    assert [desk.number(table) for table in ("observation", "payload", "intake_file")] == [1, 1, 1]
    pulled = await until_free(desk)
    assert "If-None-Match" not in desk.asked[2].headers
    assert (pulled.kept, pulled.repeated) == (1, 1)
    assert [desk.number(table) for table in ("signal", "observation")] == [2, 2]
