"""Public: requests that can reach the public internet and nothing else, whatever their address, its name or a redirect.

An address that a user gives, or that a server redirects to, is asked for by us from inside our network. Its name is
looked up once, here, every address of the answer must be public, and the connection is made to such an address: a name
that answers otherwise a moment later is not asked again. TLS and the Host header keep the name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from urllib.parse import urlsplit

import httpx2

PORTS = frozenset({80, 443, 8080, 8443})
"""Where the web is; elsewhere are mail, databases and who else is not to be knocked at."""
MOST_CHARS = 2_000
_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]*|\d+)\Z")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotPublic(Exception):
    """An address that is not asked: one line that says why, without what its name stands for."""


def check_url(url: str) -> None:
    """NotPublic where an address is none of the web, before anybody is asked for its name."""
    if len(url) > MOST_CHARS or not url.isprintable() or "\\" in url or " " in url:
        raise NotPublic(f"no web address: printable characters, no blank, no backslash, at most {MOST_CHARS:,}")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotPublic("no web address: its host or port cannot be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotPublic("no web address: http://... or https://... is")
    if "@" in parts.netloc:
        raise NotPublic("it holds a login: an address with a user or password is not asked")
    if port is not None and port not in PORTS:
        raise NotPublic(f"port {port}: only {', '.join(map(str, sorted(PORTS)))} are asked")
    if _is_odd(parts.hostname):
        raise NotPublic("its host is a number in a form that not everybody reads alike")


async def public_addresses(host: str) -> list[str]:
    """The addresses of a host, the preferred first. NotPublic where there is none, or one is not public."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    if not addresses or not all(is_public(each) for each in addresses):
        raise NotPublic(f"{host[:100]} is no host of the public internet")
    return addresses


def is_public(text: str) -> bool:
    """Whether an address, as a resolver gives it, is one of the public internet; that of an IPv4 in it counts."""
    address = ipaddress.ip_address(text.split("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _behind_nat64(address)
        if inner is None:
            return address.is_global and address in _UNICAST
        address = inner
    return address.is_global and not address.is_multicast and not address.is_reserved


class Pinned(httpx2.AsyncBaseTransport):
    """Connects to the public addresses of a request's host, which it looks up itself; no proxy, no kept connection.

    A connection is for one request: a pool would keep it by address, and give it to another name there.
    """

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer of the first address that takes the connection. NotPublic before any is asked."""
        check_url(str(request.url))
        host = request.url.raw_host.decode("ascii")
        *others, last = await public_addresses(host)
        for address in others:
            try:
                return await self._inner.handle_async_request(_pinned(request, host, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_pinned(request, host, last))

    async def aclose(self) -> None:
        """Closes its connections."""
        await self._inner.aclose()


def _pinned(request: httpx2.Request, host: str, address: str) -> httpx2.Request:
    """The same request to one address: its Host header stands, TLS asks for the name and checks it."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )


def _is_odd(host: str) -> bool:
    """Whether a host ends in a number and is no plain address: 2130706433, 0x7f.1 and 127.1 are read as one by some."""
    if _NUMBER.match(host.rstrip(".").rpartition(".")[2]) is None:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def _behind_nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
