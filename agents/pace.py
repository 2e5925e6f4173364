"""Pace: how fast one provider's model may be asked, read from the headers of its answers.

One `Pace` a route and process. Providers state what is left of two allowances, requests and tokens, and when each is
filled up again (`x-ratelimit-remaining-requests`, `x-ratelimit-reset-requests: 2m59.5s`, and the same for tokens).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


class Allowance:
    """What is left of one allowance until it is filled up again; unknown until a header said so."""

    def __init__(self) -> None:
        self.left = math.inf
        self.full_at = 0.0

    def learn(self, left: str | None, reset: str | None, now: float) -> None:
        """Takes over what a header states; a header that cannot be read changes nothing."""
        seconds = duration_s(reset)
        if left is not None and left.isascii() and left.isdigit() and seconds is not None:
            self.left, self.full_at = float(left), now + seconds

    def wait_s(self, need: float, now: float) -> float:
        """Seconds until `need` may be taken; 0 where it may be taken now."""
        if now >= self.full_at:
            self.left = math.inf
        return 0.0 if self.left >= need else self.full_at - now


class Pace:
    """When the next request to one route may go out. Times are the clock's, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._requests = Allowance()
        self._tokens = Allowance()
        self._shut_until = 0.0

    def wait_s(self, tokens: int) -> float:
        """Seconds to wait before a request of about this many tokens; 0 takes it off the allowances."""
        now = self._clock()
        wait_s = max(self._shut_until - now, self._requests.wait_s(1, now), self._tokens.wait_s(tokens, now))
        if wait_s > 0:
            return wait_s
        self._requests.left -= 1
        self._tokens.left -= tokens
        return 0.0

    def learn(self, headers: Mapping[str, str]) -> None:
        """Takes over what the headers of an answer state."""
        now = self._clock()
        for allowance, name in ((self._requests, "requests"), (self._tokens, "tokens")):
            left = headers.get(f"x-ratelimit-remaining-{name}")
            allowance.learn(left, headers.get(f"x-ratelimit-reset-{name}"), now)

    def shut(self, seconds: float) -> None:
        """Nothing goes out for so long: the provider asked for it."""
        self._shut_until = max(self._shut_until, self._clock() + seconds)


def duration_s(text: str | None) -> float | None:
    """Seconds of `2m59.5s`, `7.66s`, `120ms` or a bare number; None for anything else."""
    if text is None:
        return None
    text = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds a 429 or 503 asks to wait: `retry-after` (seconds or a date), else the reset of what is used up."""
    stated = headers.get("retry-after")
    if stated is not None:
        seconds = duration_s(stated)
        return seconds if seconds is not None else _until(stated, now or datetime.now(UTC))
    resets = (
        duration_s(headers.get(f"x-ratelimit-reset-{name}"))
        for name in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{name}") == "0"
    )
    return max((seconds for seconds in resets if seconds is not None), default=None)


def _until(date: str, now: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return None
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds())
