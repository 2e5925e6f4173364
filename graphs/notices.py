"""Notices: alerts and what needs a person, stored once and sent on every channel that is set up.

    tell       stored by its key, once, whoever says it and how often
    send_due   each channel apart and side by side: gather, claim, send, settle

At most `per_hour` messages a channel in an hour: the last of them holds everything that is more. What does not go out
is tried again after a minute, five and thirty; then it is failed, and seen. A sender that is killed leaves its message
claimed: it goes out once more, under the same key. Without a channel notices wait, and `status` shows them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from graphs.channels import Channel, NotSent, configured
from graphs.discover import Connect
from graphs.settings import Settings
from store import notices
from store.notices import Message, Notice
from store.postgres import connect
from trends.normalize import clean

BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
HOLD = timedelta(minutes=5)
"""Longer than any sending takes: whoever holds a message for longer is dead."""
SUBJECT_MOST = 200
BODY_MOST = 10_000
GIVEN_UP = "given up: whoever sent it was stopped each time"
_RANK = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Notices:
    """What people are told, and by which ways."""

    connect: Connect = field(repr=False)
    channels: Sequence[Channel]
    per_hour: int

    def tell(
        self, kind: str, subject: str, body: str, key: str, severity: str = "info", thread: str = "", over: bool = False
    ) -> bool:
        """Store a notice; False where one with this key was told already. Subject and body may hold hostile text."""
        with self.connect() as connection:
            return put(connection, kind, subject, body, key, severity, thread, over)

    async def send_due(self, now: datetime | None = None) -> int:
        """Send what is due, as far as each channel takes it; how many messages went out."""
        moment = now or datetime.now(UTC)
        sent = await asyncio.gather(*(self._serve(each, moment) for each in self.channels), return_exceptions=True)
        failures = [each for each in sent if isinstance(each, BaseException)]
        if failures:
            raise BaseExceptionGroup("notices could not be sent", failures)
        return sum(each for each in sent if isinstance(each, int))

    async def send_again(self) -> int:
        """Let what failed be tried again; how many messages."""
        return await asyncio.to_thread(self._ask, notices.send_again)

    async def test(self, now: datetime | None = None) -> dict[str, str]:
        """Send one notice to every channel at once, past limits and table: what each said, `sent` where all is well."""
        moment = now or datetime.now(UTC)
        said = await asyncio.gather(*(_try(each, moment) for each in self.channels))
        return dict(zip((each.name for each in self.channels), said, strict=True))

    def states(self) -> dict[str, Any]:
        """For `status`: how far each channel is, alarms that are on, and what reached nobody yet."""
        with self.connect() as connection:
            untold = notices.load_untold(connection, datetime.now(UTC) - notices.FRESH)
            return {
                "configured": [each.name for each in self.channels],
                "channels": notices.load_states(connection),
                "alarms": notices.load_alarms(connection),
                "untold": [{"at": each.recorded_at, "subject": each.subject} for each in untold],
            }

    async def _serve(self, channel: Channel, now: datetime) -> int:
        """Send on one channel until nothing is due, or until something does not go out."""
        await asyncio.to_thread(self._gather, channel, now)
        sent = 0
        while message := await asyncio.to_thread(self._ask, notices.claim, channel.name, now, HOLD):
            if not await self._send(channel, message, now):
                break
            sent += 1
        return sent

    async def _send(self, channel: Channel, message: Message, now: datetime) -> bool:
        try:
            if message.attempts > len(BACKOFF) + 1:
                raise NotSent(GIVEN_UP)
            await channel.send(as_one(message))
        except NotSent as failure:
            due_at = _again(message, failure, now)
            await asyncio.to_thread(
                self._ask, notices.settle_later, channel.name, message.key, due_at, str(failure)[:SUBJECT_MOST]
            )
            return False
        await asyncio.to_thread(self._ask, notices.settle_sent, channel.name, message.key, now)
        return True

    def _gather(self, channel: Channel, now: datetime) -> None:
        with self.connect() as connection:
            notices.gather(connection, channel.name, now, self.per_hour, channel.kinds, channel.digests)

    def _ask(self, ask: Any, *values: Any) -> Any:
        with self.connect() as connection:
            return ask(connection, *values)


def build(settings: Settings, url: str) -> tuple[Notices, dict[str, str]]:
    """The notices of the settings' tenant on a database, and what is left to set for each channel that is missing."""
    channels, left = configured(settings)
    return Notices(partial(connect, url, settings.tenant), channels, settings.notices_per_hour), left


def put(
    connection: notices.Rows, kind: str, subject: str, body: str, key: str, severity: str, thread: str, over: bool
) -> bool:
    """Store a notice in a session that is open, its texts made of what can be stored and shown."""
    lines = [clean(line) for line in body.splitlines()]
    subject = clean(subject)[:SUBJECT_MOST] or kind
    return notices.put(connection, key, kind, severity, subject, "\n".join(lines)[:BODY_MOST], thread or key, over)


def as_one(message: Message) -> Notice:
    """The notice that a message brings: its own, or a digest of all, the most severe first."""
    parts = sorted(message.notices, key=lambda each: (-_RANK.index(each.severity), each.recorded_at, each.key))
    if len(parts) == 1:
        return parts[0]
    body = "\n\n".join(f"{each.severity}: {each.subject}\n{each.body[:200]}".rstrip() for each in parts)
    return Notice(
        key=message.key,
        kind="person",
        severity=parts[0].severity,
        subject=f"{len(parts)} notices: {parts[0].subject}"[:SUBJECT_MOST],
        body=body[:BODY_MOST],
        thread=message.key,
        resolves=False,
        recorded_at=parts[-1].recorded_at,
    )


def _again(message: Message, failure: NotSent, now: datetime) -> datetime | None:
    """When a message is due after a failure: no sooner than the other side asked; None after the last attempt."""
    if message.attempts > len(BACKOFF):
        return None
    return now + max(BACKOFF[message.attempts - 1], timedelta(seconds=failure.retry_after_s or 0))


async def _try(channel: Channel, now: datetime) -> str:
    text = "A test: this channel works. Nothing needs to be done."
    key = f"test:{now.isoformat()}"
    try:
        await channel.send(Notice(key, "alarm", "info", "a test of the notices", text, key, False, now))
        if channel.kinds == ("alarm",):
            await channel.send(Notice(f"{key}:over", "alarm", "info", "the test is over", text, key, True, now))
    except NotSent as failure:
        return str(failure)
    return "sent"
