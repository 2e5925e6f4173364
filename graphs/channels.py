"""Channels: by which ways a notice leaves the house: e-mail, webhook, Slack, PagerDuty.

    Channel.send(notice) -> None, or NotSent with the reason and, where the other side said so, when to come back

What goes out twice can be told to be one: the Message-ID, the Idempotency-Key and the dedup_key derive from the notice.
Texts may hold what strangers wrote, so each channel makes them harmless in its own language. Redirects are not
followed, answers are not read beyond their head, and no reason names an address or a password.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, ClassVar, Protocol
from urllib.parse import unquote, urlsplit

import httpx2
from pydantic import SecretStr

from graphs.settings import Settings
from store.notices import Notice
from trends.normalize import clean

TIMEOUT_S = 10.0
"""For each answer of the other side."""
WHOLE_TIMEOUT_S = 45.0
"""For one message altogether, however slowly its answer drips."""
LONGEST_WAIT_S = 3600.0
"""No other side makes us wait for longer."""
PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"
SLACK_MOST = 3000
PAGERDUTY_MOST = 1024
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NotSent(Exception):
    """A notice did not go out; where the other side named a time, `retry_after_s` says in how many seconds again."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Channel(Protocol):
    """One way out."""

    @property
    def name(self) -> str: ...

    @property
    def kinds(self) -> tuple[str, ...] | None:
        """Which kinds of notices it takes; None: all."""
        ...

    @property
    def digests(self) -> bool:
        """Whether several notices may go as one."""
        ...

    async def send(self, notice: Notice) -> None:
        """Hand a notice over; NotSent where that failed."""
        ...


@dataclass(frozen=True, slots=True)
class Email:
    """By SMTP: `smtp://` is turned to TLS by STARTTLS, `smtps://` is TLS from the start; only loopback goes without."""

    url: SecretStr
    to: str
    origin: str
    timeout_s: float = TIMEOUT_S
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """None: certificates are checked against the system's authorities."""
    name: ClassVar[str] = "email"
    kinds: ClassVar[tuple[str, ...] | None] = None
    digests: ClassVar[bool] = True

    async def send(self, notice: Notice) -> None:
        letter = self.letter(notice)
        try:
            async with asyncio.timeout(WHOLE_TIMEOUT_S):
                await asyncio.to_thread(self._hand_over, letter)
        except TimeoutError:
            raise NotSent("the mail server did not answer in time") from None
        except smtplib.SMTPResponseException as refusal:
            raise NotSent(f"the mail server answered {refusal.smtp_code} ({type(refusal).__name__})") from None
        except (smtplib.SMTPException, OSError, UnicodeError) as failure:
            raise NotSent(f"no mail server took it ({type(failure).__name__})") from None

    def letter(self, notice: Notice) -> EmailMessage:
        """The message as it is sent; its Message-ID is the same for the same notice."""
        user = unquote(urlsplit(self.url.get_secret_value()).username or "")
        sender = user if user.count("@") == 1 else self.to
        letter = EmailMessage(policy=SMTP)
        letter["From"], letter["To"] = sender, self.to
        letter["Subject"] = f"[{self.origin}] {clean(notice.subject)}"  # one line: no header of a stranger's making
        letter["Date"] = format_datetime(notice.recorded_at)
        letter["Message-ID"] = f"<{_digest(self.origin, notice.key)}@{sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(notice.body + "\n", cte="base64")  # no line is too long, none begins with "From "
        return letter

    def _hand_over(self, letter: EmailMessage) -> None:
        parts = urlsplit(self.url.get_secret_value())
        host, tls = parts.hostname or "", self.tls or ssl.create_default_context()
        server: smtplib.SMTP
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=self.timeout_s, context=tls)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=self.timeout_s)
        with closing(server):  # not `with server`: its QUIT would wait for a server that does not answer any more
            server.ehlo()
            if parts.scheme != "smtps" and (server.has_extn("starttls") or host not in LOOPBACK):
                server.starttls(context=tls)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(letter)


@dataclass(frozen=True, slots=True)
class Webhook:
    """JSON by POST, signed as Standard Webhooks says: `v1,base64(HMAC-SHA256(secret, "id.timestamp.body"))`."""

    url: SecretStr
    secret: SecretStr
    origin: str
    timeout_s: float = TIMEOUT_S
    name: ClassVar[str] = "webhook"
    kinds: ClassVar[tuple[str, ...] | None] = None
    digests: ClassVar[bool] = True

    async def send(self, notice: Notice) -> None:
        body = json.dumps(
            {
                "id": _digest(self.origin, notice.key),
                "from": self.origin,
                "kind": notice.kind,
                "severity": notice.severity,
                "subject": notice.subject,
                "body": notice.body,
                "thread": notice.thread,
                "resolves": notice.resolves,
                "at": notice.recorded_at.isoformat(),
            }
        ).encode()
        await _post(self.url, body, self._signed(_digest(self.origin, notice.key), body), self.timeout_s)

    def _signed(self, name: str, body: bytes) -> dict[str, str]:
        moment = str(int(datetime.now(UTC).timestamp()))
        signed = hmac.new(self.secret.get_secret_value().encode(), f"{name}.{moment}.".encode() + body, hashlib.sha256)
        return {
            "Idempotency-Key": name,
            "Webhook-Id": name,
            "Webhook-Timestamp": moment,
            "Webhook-Signature": "v1," + base64.b64encode(signed.digest()).decode(),
        }


@dataclass(frozen=True, slots=True)
class Slack:
    """An incoming webhook of Slack: plain text in which nothing is a mention, a link with a preview or markup."""

    url: SecretStr
    origin: str
    timeout_s: float = TIMEOUT_S
    name: ClassVar[str] = "slack"
    kinds: ClassVar[tuple[str, ...] | None] = None
    digests: ClassVar[bool] = True

    async def send(self, notice: Notice) -> None:
        text = _cut(f"[{self.origin}] {notice.subject}\n{notice.body}", SLACK_MOST)
        for sign, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("@", "@\u2060")):
            text = text.replace(sign, safe)  # a joiner that is not seen: no name follows the @
        still = {"mrkdwn": False, "link_names": False, "unfurl_links": False, "unfurl_media": False}
        key = {"Idempotency-Key": _digest(self.origin, notice.key)}
        await _post(self.url, json.dumps({"text": text, **still}).encode(), key, self.timeout_s)


@dataclass(frozen=True, slots=True)
class PagerDuty:
    """Events API v2: alarms alone; what opens triggers, what is over resolves, both under the alarm's dedup_key."""

    key: SecretStr
    origin: str
    address: str = PAGERDUTY_URL
    timeout_s: float = TIMEOUT_S
    name: ClassVar[str] = "pagerduty"
    kinds: ClassVar[tuple[str, ...] | None] = ("alarm",)
    digests: ClassVar[bool] = False

    async def send(self, notice: Notice) -> None:
        event: dict[str, Any] = {
            "routing_key": self.key.get_secret_value(),
            "event_action": "resolve" if notice.resolves else "trigger",
            "dedup_key": _digest(self.origin, notice.thread),
        }
        if not notice.resolves:
            event["payload"] = {
                "summary": _cut(notice.subject, PAGERDUTY_MOST),
                "source": self.origin,
                "severity": notice.severity,
                "timestamp": notice.recorded_at.isoformat(),
                "custom_details": {"text": notice.body},
            }
        key = {"Idempotency-Key": _digest(self.origin, notice.key)}
        await _post(SecretStr(self.address), json.dumps(event).encode(), key, self.timeout_s)


def configured(settings: Settings) -> tuple[list[Channel], dict[str, str]]:
    """The channels that the settings name, and of each other one what is left to be set."""
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it would log addresses that are secrets
    origin = f"bellwether/{settings.tenant}"
    channels: list[Channel] = []
    left: dict[str, str] = {}
    if settings.notice_email and settings.smtp_url:
        channels.append(Email(settings.smtp_url, settings.notice_email, origin))
    else:
        left["email"] = "set BELLWETHER_NOTICE_EMAIL and BELLWETHER_SMTP_URL"
    if settings.notice_webhook_url and settings.webhook_secret:
        channels.append(Webhook(settings.notice_webhook_url, settings.webhook_secret, origin))
    else:
        left["webhook"] = "set BELLWETHER_NOTICE_WEBHOOK_URL and BELLWETHER_WEBHOOK_SECRET, which signs"
    if settings.notice_slack_url:
        channels.append(Slack(settings.notice_slack_url, origin))
    else:
        left["slack"] = "set BELLWETHER_NOTICE_SLACK_URL"
    if settings.notice_pagerduty_key:
        channels.append(PagerDuty(settings.notice_pagerduty_key, origin))
    else:
        left["pagerduty"] = "set BELLWETHER_NOTICE_PAGERDUTY_KEY"
    return channels, left


async def _post(url: SecretStr, body: bytes, headers: Mapping[str, str], timeout_s: float) -> None:
    address = url.get_secret_value()
    outside = urlsplit(address).hostname not in LOOPBACK  # a proxy of the environment leads outside
    sent = {"Content-Type": "application/json", "User-Agent": "bellwether", **headers}
    try:
        async with (
            asyncio.timeout(WHOLE_TIMEOUT_S),
            httpx2.AsyncClient(timeout=timeout_s, trust_env=outside, follow_redirects=False) as client,
            client.stream("POST", address, content=body, headers=sent) as answer,
        ):
            status, wait = answer.status_code, answer.headers.get("retry-after")
    except TimeoutError:
        raise NotSent("no answer in time") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as failure:
        raise NotSent(f"no answer ({type(failure).__name__})") from None
    if 300 <= status < 400:
        raise NotSent(f"answered {status}: redirects are not followed, set the address where it leads")
    if status >= 400:
        raise NotSent(f"answered {status}", _seconds(wait))


def _seconds(wait: str | None) -> float | None:
    """What a Retry-After says, in seconds or as a date; None where it says nothing."""
    if wait is None:
        return None
    try:
        seconds = float(wait) if wait.strip().isdigit() else _until(parsedate_to_datetime(wait))
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_S)


def _until(moment: datetime) -> float:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime.now(UTC)).total_seconds()


def _digest(origin: str, key: str) -> str:
    """A name for a key that fits any header and says nothing."""
    return hashlib.sha256(f"{origin}\n{key}".encode()).hexdigest()[:40]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
