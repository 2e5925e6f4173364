"""What can be told of an answer or a redirect without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trends.fetch import Get, SourceRefused, check_redirect, until

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOME = Get("https://a.example/x")


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ("http://a.example/x", "from https to http"),
        ("file:///etc/passwd", "no web address"),
        ("https://127.0.0.1/", "not public"),
        ("https://169.254.169.254/latest", "not public"),
        ("https://[::ffff:10.0.0.1]/", "not public"),
        ("https://[2002:a00:1::]/", "not public"),
        ("https://no-such-host.invalid/", "not public"),
    ],
)
async def test_what_a_redirect_may_not_lead_to(there: str, said: str) -> None:
    with pytest.raises(SourceRefused, match=said):
        await check_redirect(HOME, HOME.url, there)


async def test_a_redirect_on_the_same_host_may_be_followed_and_one_of_a_login_may_not() -> None:
    await check_redirect(HOME, HOME.url, "https://a.example/y")
    with pytest.raises(SourceRefused, match="a login"):
        await check_redirect(Get(HOME.url, form={"secret": "s"}), HOME.url, "https://a.example/y")


@pytest.mark.parametrize("header", ["-5", "\u00b2", "1e9", "soon", "", None])
def test_a_retry_after_that_is_no_time_is_five_minutes(header: str | None) -> None:
    assert until(header, NOW) == NOW + timedelta(minutes=5)


def test_nothing_that_may_hold_a_key_is_in_the_repr_of_a_request() -> None:
    asked = Get("https://a.example/x", {"key": "sk-1"}, {"Authorization": "sk-2"}, {"secret": "sk-3"})
    assert "sk-" not in repr(asked)
