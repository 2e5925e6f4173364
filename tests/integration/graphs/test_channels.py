"""Channels over real sockets: what arrives, what hostile words come to, and every way the other side can fail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from graphs.channels import Email, NotSent, PagerDuty, Slack, Webhook, configured
from graphs.settings import Settings
from store.notices import Notice
from tests.mailserver import PASSWORD, USER, Mailbox, certificate, mail_server

ORIGIN = "bellwether/default"
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
NOTICE = Notice("alarm:queue", "alarm", "critical", "the queue is long", "1,200 jobs wait.", "queue:1", False, AT)
HOSTILE = "sale\r\nBcc: all@shop.example\r\n\r\n<!channel> <https://evil.example|click> & @here — ünï\u2028cödé 🐑"
SECRET = SecretStr("whsec-loopback")


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path)


@pytest.fixture
def email(mailbox: Mailbox, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[Email]:
    """The channel to a server that asks for STARTTLS and a login."""
    server = mail_server(mailbox, tls[0])
    server.start()
    try:
        yield Email(_login(server.port), "owner@shop.example", ORIGIN, tls=tls[1])
    finally:
        server.stop()


def _login(port: int, scheme: str = "smtp", password: str = PASSWORD) -> SecretStr:
    return SecretStr(f"{scheme}://{quote(USER)}:{quote(password, safe='')}@127.0.0.1:{port}")


def _webhook(server: HTTPServer, path: str = "/hook") -> Webhook:
    return Webhook(SecretStr(server.url_for(path)), SECRET, ORIGIN, timeout_s=0.5)


@contextmanager
def silent_server() -> Iterator[int]:
    """A port where somebody listens and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


# E-mail --------------------------------------------------------------------------------------------------------


async def test_a_letter_arrives_over_tls_from_who_can_log_in(email: Email, mailbox: Mailbox) -> None:
    await email.send(NOTICE)
    (letter,) = mailbox.letters
    assert (letter["From"], letter["To"]) == (USER, "owner@shop.example")
    assert letter["Subject"] == "[bellwether/default] the queue is long"
    assert letter.get_content().strip() == "1,200 jobs wait."


async def test_the_same_notice_sent_twice_has_one_message_id_and_another_has_its_own(
    email: Email, mailbox: Mailbox
) -> None:
    for each in (NOTICE, NOTICE, replace(NOTICE, key="another")):
        await email.send(each)
    first, second, other = (letter["Message-ID"] for letter in mailbox.letters)
    assert first == second != other


async def test_a_hostile_subject_adds_no_header(email: Email, mailbox: Mailbox) -> None:
    await email.send(replace(NOTICE, subject=HOSTILE))
    (letter,) = mailbox.letters
    assert letter["Bcc"] is None and letter["To"] == "owner@shop.example"
    assert letter["Subject"].startswith("[bellwether/default] sale Bcc: all@shop.example <!channel>")
    assert letter.get_content().strip() == "1,200 jobs wait."


async def test_a_long_body_of_any_script_arrives_whole(email: Email, mailbox: Mailbox) -> None:
    body = "\n".join(["Schafwolle & ünï 🐑 羊毛 .", ".", "From here", "x" * 9_000])
    await email.send(replace(NOTICE, subject="羊毛 🐑 " + "ü" * 150, body=body))
    (letter,) = mailbox.letters
    assert letter["Subject"].endswith("ü" * 150)
    assert letter.get_content().splitlines() == body.splitlines()
    assert max(len(line) for line in mailbox.raw[0].splitlines()) <= 998


async def test_a_wrong_password_is_told_without_being_named(email: Email) -> None:
    port = int(email.url.get_secret_value().rpartition(":")[2])
    with pytest.raises(NotSent, match="535") as refused:
        await replace(email, url=_login(port, password="wrong-7f3a")).send(NOTICE)
    assert "wrong-7f3a" not in repr(refused.value) and refused.value.__cause__ is None


async def test_a_certificate_that_nobody_vouches_for_is_refused(email: Email, mailbox: Mailbox) -> None:
    with pytest.raises(NotSent, match="SSLCertVerificationError"):
        await replace(email, tls=None).send(NOTICE)
    assert mailbox.letters == []


async def test_a_server_without_tls_takes_letters_on_loopback_alone(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = mail_server(mailbox, None)
    server.start()
    try:
        plain = Email(SecretStr(f"smtp://127.0.0.1:{server.port}"), "o@s.example", ORIGIN)
        await plain.send(NOTICE)
        monkeypatch.setattr("graphs.channels.LOOPBACK", ())
        with pytest.raises(NotSent, match="SMTPNotSupportedError"):
            await plain.send(NOTICE)
    finally:
        server.stop()
    assert len(mailbox.letters) == 1


async def test_a_mail_server_that_refuses_or_never_answers_is_told(email: Email, mailbox: Mailbox) -> None:
    mailbox.answer = "452 no room"
    with pytest.raises(NotSent, match="452"):
        await email.send(NOTICE)
    with silent_server() as port:
        for scheme in ("smtp", "smtps"):
            began = time.monotonic()
            with pytest.raises(NotSent, match=r"in time|SMTPServerDisconnected"):
                await replace(email, url=_login(port, scheme), timeout_s=0.3).send(NOTICE)
            assert time.monotonic() - began < 30


# Webhook, Slack, PagerDuty -------------------------------------------------------------------------------------


async def test_a_webhook_is_signed_over_its_id_time_and_body(httpserver: HTTPServer) -> None:
    seen: list[Request] = []
    httpserver.expect_request("/hook", method="POST").respond_with_handler(lambda asked: _keep(seen, asked))
    for _ in range(2):
        await _webhook(httpserver).send(replace(NOTICE, subject=HOSTILE, body="x" * 10_000))
    first, second = seen
    moment = first.headers["Webhook-Timestamp"]
    signed = f"{first.headers['Webhook-Id']}.{moment}.".encode() + first.get_data()
    right = base64.b64encode(hmac.new(SECRET.get_secret_value().encode(), signed, hashlib.sha256).digest()).decode()
    assert first.headers["Webhook-Signature"] == f"v1,{right}"
    assert abs(time.time() - int(moment)) < 60
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.get_json()["subject"] == HOSTILE


async def test_in_slack_no_word_of_a_stranger_mentions_links_or_marks_up(httpserver: HTTPServer) -> None:
    seen: list[Request] = []
    httpserver.expect_request("/services/T/B/x", method="POST").respond_with_handler(lambda asked: _keep(seen, asked))
    slack = Slack(SecretStr(httpserver.url_for("/services/T/B/x")), ORIGIN)
    await slack.send(replace(NOTICE, subject=HOSTILE, body="<@U012> " + "x" * 10_000))
    said = seen[0].get_json()
    assert not any(sign in said["text"] for sign in ("<", ">", "@here", "@U012", "& "))
    assert "&lt;!channel&gt;" in said["text"] and len(said["text"]) < 4_000
    assert (said["mrkdwn"], said["link_names"], said["unfurl_links"]) == (False, False, False)


async def test_pagerduty_triggers_and_resolves_under_one_dedup_key(httpserver: HTTPServer) -> None:
    seen: list[Request] = []
    httpserver.expect_request("/v2/enqueue", method="POST").respond_with_handler(lambda asked: _keep(seen, asked, 202))
    pager = PagerDuty(SecretStr("routing"), ORIGIN, httpserver.url_for("/v2/enqueue"))
    await pager.send(replace(NOTICE, subject="s" * 3_000))
    await pager.send(replace(NOTICE, key="alarm:queue:over", resolves=True))
    trigger, resolve = (asked.get_json() for asked in seen)
    assert (trigger["event_action"], resolve["event_action"]) == ("trigger", "resolve")
    assert trigger["dedup_key"] == resolve["dedup_key"]
    assert len(trigger["payload"]["summary"]) == 1024 and trigger["payload"]["severity"] == "critical"
    assert trigger["routing_key"] == "routing"


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500, 503])
async def test_an_error_is_told_without_the_address(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/secret-path").respond_with_data("x" * 100_000, status=status)
    with pytest.raises(NotSent, match=f"answered {status}") as failed:
        await _webhook(httpserver, "/secret-path").send(NOTICE)
    assert "secret-path" not in repr(failed.value) and failed.value.retry_after_s is None


async def test_a_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data(
        "", status=302, headers={"Location": httpserver.url_for("/inner")}
    )
    with pytest.raises(NotSent, match="redirects are not followed"):
        await _webhook(httpserver).send(NOTICE)
    assert [asked.path for asked, _ in httpserver.log] == ["/hook"]


@pytest.mark.parametrize(
    ("wait", "least", "most"),
    [
        (lambda: "90", 90, 90),
        (lambda: "999999", 3600, 3600),
        (lambda: format_datetime(datetime.now(UTC) + timedelta(minutes=30), usegmt=True), 1_500, 1_800),
    ],
)
async def test_who_asks_for_patience_says_for_how_long_within_an_hour(
    httpserver: HTTPServer, wait: Callable[[], str], least: float, most: float
) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=429, headers={"Retry-After": wait()})
    with pytest.raises(NotSent) as busy:
        await _webhook(httpserver).send(NOTICE)
    assert busy.value.retry_after_s is not None and least <= busy.value.retry_after_s <= most


@pytest.mark.parametrize("wait", ["soon", "-5", ""])
async def test_patience_that_is_no_time_is_none(httpserver: HTTPServer, wait: str) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=429, headers={"Retry-After": wait})
    with pytest.raises(NotSent) as busy:
        await _webhook(httpserver).send(NOTICE)
    assert busy.value.retry_after_s is None


async def test_a_server_that_hangs_or_is_not_there_is_given_up(httpserver: HTTPServer) -> None:
    with silent_server() as port:
        hanging = Webhook(SecretStr(f"http://127.0.0.1:{port}/"), SECRET, ORIGIN, timeout_s=0.3)
        with pytest.raises(NotSent, match=r"no answer"):
            await hanging.send(NOTICE)
    with pytest.raises(NotSent, match="ConnectError"):
        await hanging.send(NOTICE)
    with pytest.raises(NotSent, match="no answer"):
        await replace(hanging, url=SecretStr("no address")).send(NOTICE)


# Settings ----------------------------------------------------------------------------------------------------------


def test_every_channel_that_is_not_set_up_says_what_is_left() -> None:
    channels, left = configured(_settings())
    assert channels == [] and set(left) == {"email", "webhook", "slack", "pagerduty"}
    assert all("BELLWETHER_" in line for line in left.values())


def test_a_channel_that_is_set_up_shows_no_secret() -> None:
    channels, left = configured(
        _settings(
            notice_email="owner@shop.example",
            smtp_url="smtp://mara:hidden-1@mail.example:587",
            notice_webhook_url="https://hooks.example/hidden-2",
            webhook_secret="hidden-3",
            notice_slack_url="https://hooks.slack.example/hidden-4",
            notice_pagerduty_key="hidden-5",
        )
    )
    assert [each.name for each in channels] == ["email", "webhook", "slack", "pagerduty"] and left == {}
    assert "hidden" not in repr(channels)


def _settings(**given: Any) -> Settings:
    names = ("notice_email", "smtp_url", "notice_webhook_url", "notice_slack_url", "notice_pagerduty_key")
    nothing: dict[str, Any] = dict.fromkeys((*names, "webhook_secret"))
    return Settings(_env_file=None, **{**nothing, **given})


def _keep(seen: list[Request], asked: Request, status: int = 200) -> Response:
    asked.get_data(cache=True)
    seen.append(asked)
    return Response("ok", status=status)
