"""Notices on a real database: once by key, few an hour, later what failed, and once more after a kill."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from graphs.channels import NotSent, Webhook
from graphs.notices import Notices
from store.migrate import add_tenant
from store.notices import Notice, claim, gather, load_states
from store.postgres import connect

NOW = datetime.now(UTC) + timedelta(seconds=30)
HOUR = timedelta(hours=1)
KILLED = """
import asyncio, os, sys
from functools import partial
from graphs.notices import Notices
from store.postgres import connect

class Deadly:
    name, kinds, digests = "webhook", None, True
    async def send(self, notice):
        os.kill(os.getpid(), 9)

asyncio.run(Notices(partial(connect, sys.argv[1], "default"), [Deadly()], 12).send_due())
"""


@dataclass
class Recorder:
    """A channel that keeps what it was given, and fails as long as it is told to."""

    name: str = "recorder"
    kinds: tuple[str, ...] | None = None
    digests: bool = True
    fault: NotSent | None = None
    sent: list[Notice] = field(default_factory=list)

    async def send(self, notice: Notice) -> None:
        if self.fault:
            raise self.fault
        self.sent.append(notice)


@pytest.fixture
def notices_on(database: str) -> Callable[..., Notices]:
    """Notices of tenant `default` on these channels."""

    def make(*channels: Any, per_hour: int = 12, tenant: str = "default") -> Notices:
        return Notices(partial(connect, database, tenant), channels, per_hour)

    return make


def _tell(notices: Notices, count: int, severity: str = "warning", kind: str = "alarm", stem: str = "n") -> None:
    for at in range(count):
        notices.tell(kind, f"{stem} {at}", "what to do", f"{stem}:{at}", severity)


async def test_a_notice_goes_out_once_on_each_channel_however_often_it_is_told(
    notices_on: Callable[..., Notices],
) -> None:
    one, other = Recorder("one"), Recorder("other")
    notices = notices_on(one, other)
    assert [notices.tell("alarm", "s", "b", "k") for _ in range(3)] == [True, False, False]
    assert [await notices.send_due(NOW) for _ in range(2)] == [2, 0]
    assert [each.key for each in one.sent] == [each.key for each in other.sent] == ["k"]


async def test_hostile_words_are_stored_on_one_clean_line_and_within_bounds(
    notices_on: Callable[..., Notices],
) -> None:
    recorder = Recorder()
    notices = notices_on(recorder)
    notices.tell("person", "a\r\nBcc: x\x00\ud800" + "y" * 999, "one\x1b[31m\r\ntwo\n" + "z" * 20_000, "k")
    await notices.send_due(NOW)
    (notice,) = recorder.sent
    assert notice.subject.startswith("a Bcc: xyy") and len(notice.subject) == 200
    assert notice.body.startswith("one[31m\ntwo\nzzz") and len(notice.body) == 10_000


async def test_what_is_more_than_an_hour_takes_goes_together_as_its_last_message(
    notices_on: Callable[..., Notices],
) -> None:
    recorder = Recorder()
    notices = notices_on(recorder, per_hour=4)
    _tell(notices, 20)
    _tell(notices, 1, "critical", stem="worst")
    assert await notices.send_due(NOW) == 4
    assert recorder.sent[0].key == "worst:0"
    digest = recorder.sent[-1]
    assert digest.subject.startswith("18 notices: ") and digest.body.count("what to do") == 18
    _tell(notices, 3, stem="later")
    assert await notices.send_due(NOW + HOUR / 2) == 0
    assert await notices.send_due(NOW + HOUR + timedelta(seconds=1)) == 3


async def test_a_channel_without_digests_lets_the_rest_wait(notices_on: Callable[..., Notices]) -> None:
    pager = Recorder(kinds=("alarm",), digests=False)
    notices = notices_on(pager, per_hour=2)
    _tell(notices, 3)
    _tell(notices, 2, kind="person", stem="person")
    assert [await notices.send_due(NOW), await notices.send_due(NOW + 2 * HOUR)] == [2, 1]
    assert {each.kind for each in pager.sent} == {"alarm"}


async def test_a_channel_that_is_down_holds_up_no_other_and_is_tried_less_and_less(
    notices_on: Callable[..., Notices], connection: psycopg.Connection[Any]
) -> None:
    down, well = Recorder("down", fault=NotSent("answered 500")), Recorder("well")
    notices = notices_on(down, well)
    _tell(notices, 1)
    tried = []
    for minutes in range(60):
        await notices.send_due(NOW + timedelta(minutes=minutes))
        row = connection.execute("SELECT attempts FROM notice_message WHERE channel = 'down'").fetchone()
        assert row is not None
        tried.append(row[0])
    assert len(well.sent) == 1
    assert [tried.index(nth) for nth in (1, 2, 3, 4)] == [0, 1, 6, 36] and max(tried) == 4
    (state, _) = load_states(connection)
    assert (state["channel"], state["failed"], state["reason"]) == ("down", 1, "answered 500")


async def test_what_failed_goes_out_when_a_person_says_so(notices_on: Callable[..., Notices]) -> None:
    channel = Recorder(fault=NotSent("answered 401"))
    notices = notices_on(channel)
    _tell(notices, 1)
    for hours in range(5):
        await notices.send_due(NOW + hours * HOUR)
    channel.fault = None
    assert await notices.send_due(NOW + 5 * HOUR) == 0
    assert await notices.send_again() == 1
    assert await notices.send_due(NOW + 5 * HOUR) == 1


async def test_the_other_sides_wish_to_wait_is_kept(notices_on: Callable[..., Notices]) -> None:
    busy = Recorder(fault=NotSent("answered 429", 600))
    notices = notices_on(busy)
    _tell(notices, 1)
    await notices.send_due(NOW)
    busy.fault = None
    assert await notices.send_due(NOW + timedelta(minutes=9)) == 0
    assert await notices.send_due(NOW + timedelta(minutes=10)) == 1


async def test_a_sender_killed_in_the_middle_leaves_its_message_to_go_out_once_under_the_same_key(
    database: str, notices_on: Callable[..., Notices], httpserver: HTTPServer
) -> None:
    seen: list[Request] = []

    def keep(asked: Request) -> Response:
        seen.append(asked)
        return Response("ok")

    httpserver.expect_request("/hook").respond_with_handler(keep)
    webhook = Webhook(SecretStr(httpserver.url_for("/hook")), SecretStr("s"), "bellwether/default")
    notices = notices_on(webhook)
    notices.tell("alarm", "s", "b", "k")
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", KILLED, database], timeout=60, check=False)
    assert done.returncode == -9
    assert await notices.send_due() == 0, "it is held by who was killed"
    later = datetime.now(UTC) + timedelta(minutes=6)
    assert [await notices.send_due(later), await notices.send_due(later + HOUR)] == [1, 0]
    assert len(seen) == 1


async def test_many_senders_at_once_send_each_notice_once(notices_on: Callable[..., Notices]) -> None:
    recorder = Recorder()
    notices = notices_on(recorder)
    _tell(notices, 8)
    sent = await asyncio.gather(*(notices.send_due(NOW) for _ in range(6)))
    assert sum(sent) == 8
    assert sorted(each.key for each in recorder.sent) == [f"n:{at}" for at in range(8)]


def test_a_message_that_kills_its_sender_each_time_is_given_up(
    notices_on: Callable[..., Notices], connection: psycopg.Connection[Any]
) -> None:
    recorder = Recorder()
    notices = notices_on(recorder)
    _tell(notices, 1)
    gather(connection, "recorder", NOW, 12)
    for _ in range(4):
        assert claim(connection, "recorder", NOW, timedelta(0)) is not None
    assert asyncio.run(notices.send_due(NOW)) == 0
    assert load_states(connection)[0]["failed"] == 1 and recorder.sent == []


async def test_without_a_channel_notices_wait_and_are_seen(notices_on: Callable[..., Notices]) -> None:
    notices = notices_on()
    _tell(notices, 2)
    assert await notices.send_due(NOW) == 0
    states = notices.states()
    assert states["configured"] == [] and [each["subject"] for each in states["untold"]] == ["n 1", "n 0"]
    late = Recorder()
    assert await notices_on(late).send_due(NOW) == 2
    assert notices.states()["untold"] == []


async def test_a_channel_set_up_later_is_not_told_what_is_old(notices_on: Callable[..., Notices]) -> None:
    _tell(notices_on(), 2)
    assert await notices_on(Recorder()).send_due(NOW + timedelta(days=4)) == 0


async def test_notices_of_one_tenant_are_sent_by_no_other(notices_on: Callable[..., Notices], database: str) -> None:
    add_tenant(database, "other")
    _tell(notices_on(), 2)
    other = Recorder()
    assert await notices_on(other, tenant="other").send_due(NOW) == 0


async def test_a_test_says_of_each_channel_what_happened(notices_on: Callable[..., Notices]) -> None:
    well, down = Recorder("well"), Recorder("down", fault=NotSent("answered 404"))
    pager = Recorder("pager", kinds=("alarm",))
    assert await notices_on(well, down, pager).test() == {"well": "sent", "down": "answered 404", "pager": "sent"}
    assert [each.resolves for each in pager.sent] == [False, True], "the test leaves no alarm open"
