"""Notices: what people are to be told, and how far each channel has come with it.

    put      a notice is stored once by its key, however often it is said
    gather   what a channel has not taken up becomes its messages: one each, or a digest where that would be too many
    claim    one message at a time, for a while: a sender that dies in between leaves it to be sent once more
    settle   sent; or due again later; or failed, which a person sees

Alarms that are on are rows of `alarm`; each check says which it saw, and what was not seen for a while is resolved.
Statements name no tenant where row-level security adds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

Rows = Connection[Any]
Row = dict[str, Any]

FRESH = timedelta(days=3)
"""A channel that is set up later is not told what is older."""
MOST_IN_ONE = 200
"""Notices in one digest at most."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell. `thread` is what belongs together: an alarm that opens, is still on, is resolved."""

    key: str
    kind: str
    severity: str
    subject: str
    body: str
    thread: str
    resolves: bool
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a channel, claimed: the how manieth attempt it is, and the notices that go with it."""

    key: str
    attempts: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """An alarm that was seen: since when it is on, and when its latest notice is of."""

    opened_at: datetime
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Over:
    """An alarm that is no longer on."""

    name: str
    severity: str
    subject: str
    opened_at: datetime


COLUMNS = "key, kind, severity, subject, body, thread, resolves, recorded_at"

PUT = """
INSERT INTO notice (tenant_id, key, kind, severity, subject, body, thread, resolves)
VALUES (current_setting('bellwether.tenant'), %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""

TURN = "SELECT pg_advisory_xact_lock(hashtextextended(current_setting('bellwether.tenant') || %s, 2))"

UNDER_WAY = """
SELECT count(*) FROM notice_message
WHERE channel = %s AND (state IN ('waiting', 'sending') OR (state = 'sent' AND sent_at > %s))
"""

NOT_TAKEN_UP = """
SELECT key FROM notice n
WHERE n.recorded_at > %(since)s AND (%(kinds)s::text[] IS NULL OR n.kind = ANY(%(kinds)s))
  AND NOT EXISTS (SELECT FROM notice_part p
    WHERE p.tenant_id = n.tenant_id AND p.channel = %(channel)s AND p.notice_key = n.key)
ORDER BY array_position(ARRAY['critical', 'warning', 'info'], n.severity), n.recorded_at, n.key LIMIT %(most)s
"""

PUT_MESSAGE = """
WITH put AS (
  INSERT INTO notice_message (tenant_id, channel, key, place, due_at)
  VALUES (current_setting('bellwether.tenant'), %(channel)s, %(message)s, %(place)s, %(now)s) RETURNING tenant_id)
INSERT INTO notice_part (tenant_id, channel, notice_key, message_key)
SELECT put.tenant_id, %(channel)s, key, %(message)s FROM put, unnest(%(keys)s::text[]) AS given (key)
"""

CLAIM = """
UPDATE notice_message SET state = 'sending', attempts = attempts + 1, due_at = %(until)s
WHERE channel = %(channel)s AND key = (
  SELECT key FROM notice_message WHERE channel = %(channel)s AND state IN ('waiting', 'sending') AND due_at <= %(now)s
  ORDER BY due_at, recorded_at, place LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING key, attempts
"""

PARTS = f"""
SELECT {COLUMNS} FROM notice WHERE key IN (
  SELECT notice_key FROM notice_part WHERE channel = %s AND message_key = %s) ORDER BY recorded_at, key
"""  # noqa: S608 - made of the constant above

SETTLE = """
UPDATE notice_message SET state = %(state)s, due_at = coalesce(%(due)s, due_at), sent_at = %(sent)s, reason = %(reason)s
WHERE channel = %(channel)s AND key = %(key)s AND state = 'sending'
"""

AGAIN = """
UPDATE notice_message SET state = 'waiting', attempts = 0, due_at = now() WHERE state = 'failed'
"""

STATES = """
SELECT channel, count(*) FILTER (WHERE state IN ('waiting', 'sending')) AS waiting,
  count(*) FILTER (WHERE state = 'failed') AS failed, max(sent_at) AS last_sent_at,
  (array_agg(reason ORDER BY due_at DESC) FILTER (WHERE reason <> '' AND state <> 'sent'))[1] AS reason
FROM notice_message WHERE state <> 'sent' OR sent_at > now() - interval '7 days' GROUP BY channel ORDER BY channel
"""

UNTOLD = f"""
SELECT {COLUMNS} FROM notice n WHERE recorded_at > %s AND NOT EXISTS (
  SELECT FROM notice_part p JOIN notice_message m USING (tenant_id, channel)
  WHERE p.tenant_id = n.tenant_id AND p.notice_key = n.key AND m.key = p.message_key AND m.state = 'sent')
ORDER BY recorded_at DESC, key LIMIT %s
"""  # noqa: S608 - made of the constant above

SEE = """
INSERT INTO alarm AS on_now (tenant_id, name, severity, subject, opened_at, seen_at, told_at)
VALUES (current_setting('bellwether.tenant'), %(name)s, %(severity)s, %(subject)s, %(now)s, %(now)s, %(now)s)
ON CONFLICT (tenant_id, name) DO UPDATE SET severity = excluded.severity, subject = excluded.subject,
  seen_at = greatest(on_now.seen_at, excluded.seen_at),
  told_at = CASE WHEN on_now.told_at <= %(repeat_before)s THEN excluded.told_at ELSE on_now.told_at END
RETURNING opened_at, told_at
"""

RESOLVE = """
DELETE FROM alarm WHERE seen_at <= %s AND NOT split_part(name, ':', 1) = ANY(%s)
RETURNING name, severity, subject, opened_at
"""


def put(
    connection: Rows, key: str, kind: str, severity: str, subject: str, body: str, thread: str, resolves: bool = False
) -> bool:
    """Store a notice; False where one with this key is there already."""
    return connection.execute(PUT, (key, kind, severity, subject, body, thread, resolves)).rowcount == 1


def gather(
    connection: Rows,
    channel: str,
    now: datetime,
    per_hour: int,
    kinds: Iterable[str] | None = None,
    digests: bool = True,
) -> None:
    """Make messages of what the channel has not taken up, so that it never has more than `per_hour` in an hour.

    The most severe go first. What is more goes together as the hour's last message; without digests it waits.
    """
    with connection.transaction():
        connection.execute(TURN, (f":notices:{channel}",))
        counted = connection.execute(UNDER_WAY, (channel, now - timedelta(hours=1))).fetchone()
        left = per_hour - (counted[0] if counted else 0)
        given = {"since": now - FRESH, "kinds": None if kinds is None else list(kinds), "channel": channel}
        keys = [row[0] for row in connection.execute(NOT_TAKEN_UP, {**given, "most": max(left, 0) + MOST_IN_ONE})]
        for place, keys_of_one in enumerate(_messages(keys, left, digests)):
            name = _name(keys_of_one)
            values = {"channel": channel, "message": name, "place": place, "now": now, "keys": keys_of_one}
            connection.execute(PUT_MESSAGE, values)


def claim(connection: Rows, channel: str, now: datetime, hold: timedelta) -> Message | None:
    """The next message that is due, ours for a while; None where there is none."""
    with connection.transaction():
        row = connection.execute(CLAIM, {"channel": channel, "now": now, "until": now + hold}).fetchone()
        if row is None:
            return None
        with connection.cursor(row_factory=class_row(Notice)) as cursor:
            return Message(row[0], row[1], tuple(cursor.execute(PARTS, (channel, row[0])).fetchall()))


def settle_sent(connection: Rows, channel: str, key: str, now: datetime) -> None:
    """It is sent."""
    _settle(connection, channel, key, "sent", None, now, "")


def settle_later(connection: Rows, channel: str, key: str, due_at: datetime | None, reason: str) -> None:
    """It did not go out: due again then, or failed where no moment is given."""
    _settle(connection, channel, key, "waiting" if due_at else "failed", due_at, None, reason)


def send_again(connection: Rows) -> int:
    """Let every failed message be tried again from the start; how many."""
    return connection.execute(AGAIN).rowcount


def load_states(connection: Rows) -> list[Row]:
    """How far each channel is: waiting, failed, last_sent_at, and the newest reason why something did not go out."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(STATES).fetchall()


def load_untold(connection: Rows, since: datetime, most: int = 20) -> list[Notice]:
    """Notices that reached nobody on any channel, newest first."""
    with connection.cursor(row_factory=class_row(Notice)) as cursor:
        return cursor.execute(UNTOLD, (since, most)).fetchall()


def see_alarm(connection: Rows, name: str, severity: str, subject: str, now: datetime, repeat_after: timedelta) -> Seen:
    """Note that an alarm is on; its `told_at` moves to now where it is older than `repeat_after`."""
    values = {"name": name, "severity": severity, "subject": subject, "now": now, "repeat_before": now - repeat_after}
    row = connection.execute(SEE, values).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives the row
    return Seen(*row)


def resolve_alarms(connection: Rows, unseen_since: datetime, unchecked: Sequence[str]) -> list[Over]:
    """Take away the alarms that nobody saw since; those of checks that could not be made (`unchecked`) stay."""
    with connection.cursor(row_factory=class_row(Over)) as cursor:
        return cursor.execute(RESOLVE, (unseen_since, list(unchecked))).fetchall()


def load_alarms(connection: Rows) -> list[Row]:
    """The alarms that are on, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SELECT name, severity, subject, opened_at, seen_at FROM alarm ORDER BY opened_at, name")
        return cursor.fetchall()


def _messages(keys: list[str], left: int, digests: bool) -> list[list[str]]:
    """Which notices go with which message, when `left` messages may go."""
    if left <= 0:
        return []
    if len(keys) <= left or not digests:
        return [[key] for key in keys[:left]]
    return [*([key] for key in keys[: left - 1]), keys[left - 1 :]]


def _name(keys: list[str]) -> str:
    """The key of the message with these notices: the same for the same."""
    return keys[0] if len(keys) == 1 else "digest:" + sha256("\n".join(keys).encode()).hexdigest()[:32]


def _settle(
    connection: Rows, channel: str, key: str, state: str, due: datetime | None, sent: datetime | None, reason: str
) -> None:
    values = {"channel": channel, "key": key, "state": state, "due": due, "sent": sent, "reason": reason}
    connection.execute(SETTLE, values)
