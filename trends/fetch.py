"""Fetch: one answer over HTTP, bounded in time, in size and in where it leads.

SourceError
|- SourceBusy        asked too often (429, 503 with a time): not before `until`
|- SourceRefused     401, 403 and other refusals, a redirect to where we do not go: a person has to look
|- SourceMissing     404, 410: this is not there, the rest may be
|- SourceDown        no answer in time, or a server error that stayed: the next scan tries again
|  `- SourceUnreached  no connection at all: no network, no such host
`- SourceGarbled     an answer that is not what was asked for: HTML, too large, cut, a gzip bomb, broken JSON

Messages name host and path, never a query, a header or a body: those may hold a key.
"""

from __future__ import annotations

import asyncio
import codecs
import logging
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import getproxies

import httpx2

from trends.public import NotPublic, Pinned, check_url, public_addresses

TIMEOUT_S = 20.0
"""For one request with its redirects and its whole body."""
MOST_BYTES = 8 << 20
"""Of a body, as received and once unpacked; the longest page of any source is under 3 MB."""
MOST_REDIRECTS = 3
RETRY_PAUSES_S = (0.5, 2.0)
"""Before a server error is taken for an answer."""
LONGEST_WAIT = timedelta(hours=24)
"""A source that says 'not before next year' is asked again tomorrow."""
WAIT = timedelta(minutes=5)
"""Where it says 'not now' and no time."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
Way = Literal["local", "outside", "pinned"]
"""To a server of ours beside us; to whom the settings name, maybe through a proxy; to a public address alone."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HTML = ("<!doctype html", "<html", "<head", "<body")
_WRITTEN = ("ascii", "iso8859", "iso2022", "cp", "koi8", "gb", "hz", "big5", "euc", "shift", "johab", "mac", "tis")
"""What texts are written in, by how the names of their codecs begin. Some of the others take hours over a page."""


class SourceError(Exception):
    """Anything a live source does wrong."""


class SourceBusy(SourceError):
    """Asked too often."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(f"{reason}: not before {until:%Y-%m-%d %H:%M} UTC")
        self.until = until


class SourceRefused(SourceError):
    """It does not let us, or leads where we do not go."""


class SourceMissing(SourceError):
    """What was asked for is not there."""


class SourceDown(SourceError):
    """No answer in time, or a server error."""


class SourceUnreached(SourceDown):
    """No connection."""


class SourceGarbled(SourceError):
    """The answer is not what was asked for."""


@dataclass(frozen=True, slots=True)
class Get:
    """What to ask for. `form` makes it a POST. Headers, query and form may hold keys.

    `public`: a user gave the address, so that nothing but the public internet is reached, and never by a proxy.
    """

    url: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: bool = True
    etag: str | None = None
    last_modified: str | None = None
    public: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that came whole: its text, or `unchanged` where nothing is new since the ETag or time we sent."""

    text: str
    fetched_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    unchanged: bool = False
    clock_ahead: timedelta = timedelta()
    """How far the server's own `Date` is ahead of our clock; negative: behind."""


class Fetcher:
    """Asks over HTTP as one user agent. Use as `async with`."""

    def __init__(self, agent: str, timeout_s: float = TIMEOUT_S, now: Callable[[], datetime] | None = None) -> None:
        self.agent, self.timeout_s = agent, timeout_s
        self._now = now or (lambda: datetime.now(UTC))
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs whole addresses, with the keys in their query
        self._clients: dict[Way, httpx2.AsyncClient] = {}

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes its connections."""
        for client in self._clients.values():
            await client.aclose()

    async def fetch(self, get: Get) -> Answer:
        """The answer; a server error is asked again after a pause, twice.

        Raises:
            SourceError: one of the tree above, with one line.
        """
        for pause_s in RETRY_PAUSES_S:
            try:
                return await self._in_time(get)
            except _ServerError:
                await asyncio.sleep(pause_s)
        return await self._in_time(get)

    async def _in_time(self, get: Get) -> Answer:
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self._follow(get)
        except NotPublic as refused:
            raise SourceRefused(str(refused)) from None
        except TimeoutError:
            raise SourceDown(f"{place_of(get.url)} did not answer whole within {self.timeout_s:g} s") from None
        except (httpx2.ConnectError, httpx2.ProxyError):
            raise SourceUnreached(f"no network: {_host(get.url)} cannot be reached") from None
        except (httpx2.RemoteProtocolError, httpx2.ReadError):
            raise SourceGarbled(f"{place_of(get.url)} broke off in the middle of its answer") from None
        except UnicodeEncodeError:
            raise SourceRefused(f"{place_of(get.url)}: a key or the contact holds what no header may hold") from None
        except (httpx2.InvalidURL, ValueError):
            raise SourceGarbled(f"{place_of(get.url)} leads to an address that is none") from None
        except httpx2.HTTPError as error:
            raise SourceDown(f"{place_of(get.url)} cannot be asked ({type(error).__name__})") from None

    async def _follow(self, get: Get) -> Answer:
        url, headers = _with_query(get), self._headers(get)
        if get.public:
            check_url(url)
        for _ in range(MOST_REDIRECTS + 1):
            async with self._opened(get, url, headers) as response:
                if response.status_code not in _REDIRECTS:
                    return await self._answer(get, response)
                following = urljoin(str(response.url), response.headers.get("location", ""))
            await check_redirect(get, url, following)
            if _origin(following) != _origin(url):
                headers = self._headers(Get(get.url))  # a key is for whom it was meant
            url = following
        raise SourceRefused(f"{place_of(get.url)} redirects more than {MOST_REDIRECTS} times")

    @asynccontextmanager
    async def _opened(self, get: Get, url: str, headers: dict[str, str]) -> AsyncIterator[httpx2.Response]:
        client, form = self._client(_way(get, url)), dict(get.form) if get.form is not None else None
        async with client.stream("GET" if form is None else "POST", url, headers=headers, data=form) as response:
            yield response

    async def _answer(self, get: Get, response: httpx2.Response) -> Answer:
        place, now = place_of(get.url), self._now()
        _check_status(place, response, now)
        told = _moment(response.headers.get("date"))
        ahead = told - now if told is not None else timedelta()
        etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
        if response.status_code == 304:
            return Answer("", now, get.etag, get.last_modified, unchanged=True, clock_ahead=ahead)
        body = await _body(place, response)
        text = _text(body, response.charset_encoding)
        _check_content(place, text, response.headers.get("content-type", ""), get.json)
        return Answer(text, now, _short(etag), _short(modified), clock_ahead=ahead)

    def _headers(self, get: Get) -> dict[str, str]:
        headers = {"User-Agent": self.agent, "Accept-Encoding": "gzip", **get.headers}
        if get.etag:
            headers["If-None-Match"] = get.etag
        if get.last_modified:
            headers["If-Modified-Since"] = get.last_modified
        return headers

    def _client(self, way: Way) -> httpx2.AsyncClient:
        if way not in self._clients:
            # Loopback traffic never goes through a proxy that the environment names for the outside.
            transport = Pinned() if way == "pinned" else None
            timeout_s, trusting = 2 * self.timeout_s, way != "local"
            self._clients[way] = httpx2.AsyncClient(timeout=timeout_s, trust_env=trusting, transport=transport)
        return self._clients[way]


# Where it leads -------------------------------------------------------------------------------------------------------


async def check_redirect(get: Get, url: str, following: str) -> None:
    """Raises SourceRefused where a redirect leaves the web: from https to http, or into a network of ours."""
    place, there = place_of(get.url), urlsplit(following)
    if get.form is not None:
        raise SourceRefused(f"{place} redirects a login: not followed")
    if there.scheme not in ("http", "https") or not there.hostname:
        raise SourceRefused(f"{place} redirects to what is no web address")
    if urlsplit(url).scheme == "https" and there.scheme == "http":
        raise SourceRefused(f"{place} redirects from https to http")
    if get.public:
        check_url(following)
    elif _host(get.url) in LOOPBACK and there.hostname in LOOPBACK:
        return
    if there.hostname != _host(get.url):
        try:
            await public_addresses(there.hostname)
        except NotPublic:
            raise SourceRefused(f"{place} redirects to {there.hostname}, an address that is not public") from None


def _way(get: Get, url: str) -> Way:
    """How an address is reached: where a redirect or a user chose the host, pinned to what was looked up and checked.

    The proxy of an environment that has one looks up names itself: it is asked where a source of the settings leads to
    another host, which was found to be public before.
    """
    host = _host(url)
    if get.public or (host != _host(get.url) and host not in LOOPBACK and not getproxies()):
        return "pinned"
    return "local" if host in LOOPBACK else "outside"


def _with_query(get: Get) -> str:
    if not get.query:
        return get.url
    return f"{get.url}{'&' if '?' in get.url else '?'}{urlencode(get.query)}"


def place_of(url: str) -> str:
    """Host and path: what may be said of an address."""
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}"[:200]


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


# What came ------------------------------------------------------------------------------------------------------------


class _ServerError(SourceDown):
    """5xx: worth another try."""


def _check_status(place: str, response: httpx2.Response, now: datetime) -> None:
    status, wait = response.status_code, response.headers.get("retry-after")
    if status in (200, 203, 304):
        return
    if status == 429 or (status == 503 and wait):
        raise SourceBusy(f"{place} answers {status}", until(wait, now))
    if status >= 500:
        raise _ServerError(f"{place} answers {status}")
    if status in (404, 410):
        raise SourceMissing(f"{place} is not there ({status})")
    if status == 401:
        raise SourceRefused(f"{place} answers 401: the key is not accepted")
    raise SourceRefused(f"{place} answers {status}")


def until(retry_after: str | None, now: datetime) -> datetime:
    """When to ask again, from `Retry-After` in seconds or as an HTTP date; at most a day ahead, never in the past."""
    moment = _moment(retry_after)
    if retry_after is not None and retry_after.strip().isdecimal():
        moment = now + timedelta(seconds=int(retry_after.strip()[:9]))
    return min(max(moment or now + WAIT, now + timedelta(seconds=1)), now + LONGEST_WAIT)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


async def _body(place: str, response: httpx2.Response) -> bytes:
    """The body, unpacked, neither received nor unpacked beyond MOST_BYTES."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip"):
        raise SourceGarbled(f"{place} answers in {coding[:20]!r}, which nobody asked for")
    unpack = zlib.decompressobj(31) if "gzip" in coding else None
    body, received = bytearray(), 0
    async for piece in response.aiter_raw():
        received += len(piece)
        try:
            body += unpack.decompress(piece, MOST_BYTES + 1 - len(body)) if unpack else piece
        except zlib.error:
            raise SourceGarbled(f"{place} sends damaged gzip") from None
        if received > MOST_BYTES or len(body) > MOST_BYTES:
            raise SourceGarbled(f"{place} answers with more than {MOST_BYTES >> 20} MB: not read any further")
    if unpack is not None and not unpack.eof:
        raise SourceGarbled(f"{place} broke off in the middle of its answer")
    return bytes(body)


def _text(body: bytes, charset: str | None) -> str:
    """The body as text: UTF-8 where it reads as that, whatever the header says, else as the header says."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decoded(body, charset or "")


def _decoded(body: bytes, charset: str) -> str:
    """Text that is no UTF-8: as the header says, unless it says UTF-8 or what no text is written in."""
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        name = ""
    return body.decode(name if name.startswith(_WRITTEN) else "cp1252", "replace")


def _check_content(place: str, text: str, content_type: str, json: bool) -> None:
    start = text.lstrip()[:200].lower()
    if start.startswith(_HTML) or (json and (start.startswith("<") or "text/html" in content_type.lower())):
        raise SourceGarbled(f"{place} answers with HTML where {'JSON' if json else 'data'} was asked for")
    if json and not start:
        raise SourceGarbled(f"{place} answers with nothing where JSON was asked for")


def _short(header: str | None) -> str | None:
    """A validator as it came; one of absurd length is not kept."""
    return header if header and len(header) <= 500 else None
