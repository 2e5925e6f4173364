"""The pace of a provider, read from its headers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agents.pace import Pace, duration_s, retry_after_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2m59.56s", 179.56), ("120ms", 0.12), ("7.66s", 7.66), ("1h2m3s", 3723), ("12", 12), ("0s", 0), (" 3s ", 3),
     ("", None), ("soon", None), ("-3s", None), ("3s!", None), (None, None)],
)  # fmt: skip
def test_durations_are_read_as_providers_write_them(text, seconds):
    assert duration_s(text) == (None if seconds is None else pytest.approx(seconds))


def test_how_long_to_wait_is_read_from_what_the_answer_says():
    now = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
    assert retry_after_s({"retry-after": "2"}) == 2
    assert retry_after_s({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, now) == 30
    assert retry_after_s({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, now) == 0
    assert retry_after_s({"retry-after": "whenever"}) is None
    used_up = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "7.5s"}
    assert retry_after_s(used_up | {"x-ratelimit-remaining-requests": "9"}) == 7.5
    assert retry_after_s({}) is None


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_held_back_before_a_header_said_so():
    pace = Pace(Clock())
    assert [pace.wait_s(10_000) for _ in range(50)] == [0.0] * 50


def test_requests_and_tokens_are_counted_down_until_they_are_filled_up():
    clock = Clock()
    pace = Pace(clock)
    pace.learn(
        {
            "x-ratelimit-remaining-requests": "2",
            "x-ratelimit-reset-requests": "10s",
            "x-ratelimit-remaining-tokens": "1000",
            "x-ratelimit-reset-tokens": "4s",
        }
    )
    assert pace.wait_s(800) == 0
    assert pace.wait_s(800) == 4
    clock.now += 4
    assert pace.wait_s(800) == 0
    assert pace.wait_s(1) == 6
    clock.now += 6
    assert pace.wait_s(1) == 0


def test_headers_that_cannot_be_read_change_nothing():
    pace = Pace(Clock())
    pace.learn({"x-ratelimit-remaining-requests": "none", "x-ratelimit-reset-requests": "10s"})
    pace.learn({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "later"})
    assert pace.wait_s(10) == 0


def test_a_provider_that_asks_to_wait_is_left_alone_so_long():
    clock = Clock()
    pace = Pace(clock)
    pace.shut(30)
    pace.shut(3)
    assert pace.wait_s(1) == 30
    clock.now += 30
    assert pace.wait_s(1) == 0
