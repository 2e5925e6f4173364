"""`bellwether notify`: a test of every channel, what waits and failed, and sending it again."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer

from graphs.notices import build
from graphs.settings import Settings
from ui.call import Broken, Call, Fault
from ui.commands.notifying import notify


@pytest.fixture
def call(database: str, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Call:
    """A call that answers as JSON; Slack and the webhook are set up on the test's server."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("BELLWETHER_NOTICE_SLACK_URL", httpserver.url_for("/slack"))
    monkeypatch.setenv("BELLWETHER_NOTICE_WEBHOOK_URL", httpserver.url_for("/hook"))
    monkeypatch.setenv("BELLWETHER_WEBHOOK_SECRET", "whsec-loopback")
    return Call(as_json=True)


def _printed(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    body: dict[str, object] = json.loads(capsys.readouterr().out)
    return body


def test_a_test_goes_to_every_channel_that_is_set_up_and_names_the_others(
    call: Call, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in ("/slack", "/hook"):
        httpserver.expect_request(path, method="POST").respond_with_data("ok")
    notify(call, test=True)
    body = _printed(capsys)
    assert body["channels"] == {"webhook": "sent", "slack": "sent"}
    assert body["not_set_up"] == {
        "email": "set BELLWETHER_NOTICE_EMAIL and BELLWETHER_SMTP_URL",
        "pagerduty": "set BELLWETHER_NOTICE_PAGERDUTY_KEY",
    }


def test_a_test_that_fails_says_of_which_channel_and_why(
    call: Call, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    httpserver.expect_request("/slack", method="POST").respond_with_data("no_service", status=404)
    with pytest.raises(Broken, match="by slack"):
        notify(call, test=True)
    assert _printed(capsys)["channels"] == {"webhook": "sent", "slack": "answered 404"}


def test_a_test_without_a_channel_says_what_to_set(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    with pytest.raises(Fault, match="BELLWETHER_NOTICE_SLACK_URL"):
        notify(Call(as_json=True), test=True)
    with pytest.raises(Fault, match="one at a time"):
        notify(Call(as_json=True), test=True, again=True)


def test_what_failed_is_shown_and_sent_again_when_asked(
    call: Call, database: str, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    notices, _ = build(Settings(), database)
    notices.tell("person", "3 decisions wait for a person", "b", "k")
    for hours in range(5):  # nobody answers on these paths
        asyncio.run(notices.send_due(datetime.now(UTC) + timedelta(hours=hours)))
    notify(call)
    shown = _printed(capsys)
    assert "answered 500" in str(shown["channels"]) and "3 decisions wait" in str(shown["untold"])
    notify(call, again=True)
    assert _printed(capsys)["again"] == 2
    for path in ("/slack", "/hook"):
        httpserver.expect_request(path, method="POST").respond_with_data("ok")
    assert asyncio.run(notices.send_due()) == 2
    notify(Call())
    assert "last sent" in capsys.readouterr().out
