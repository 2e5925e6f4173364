"""Addresses that a user gives, over real sockets: what a name stands for is looked up once, and only that is reached.

The resolver is the one thing that is stood in for. 127.0.0.2 plays the public internet; 127.0.0.1 stays what it is.
"""

from __future__ import annotations

import socket
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from trends import public
from trends.fetch import Fetcher, Get, SourceRefused, SourceUnreached

OUTSIDE, INSIDE = "127.0.0.2", "127.0.0.1"
REAL = socket.getaddrinfo


class Names:
    """A resolver: each name has a list of answers, given one after the other, the last one for ever."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: dict[str, int] = defaultdict(int)

    def __call__(self, host: object, port: object, *rest: object, **named: object) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name not in self.answers:
            if name.replace(".", "").isdigit():
                return REAL(name, port, *rest, **named)  # type: ignore[arg-type]
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        turn = min(self.asked[name], len(self.answers[name]) - 1)
        self.asked[name] += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port or 0)) for each in self.answers[name][turn]]


class Doors:
    """A server inside that counts who connects; nobody may."""

    def __init__(self) -> None:
        self.requests = 0

    def __call__(self, _: Request) -> Response:
        self.requests += 1
        return Response("[]", mimetype="application/json")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    stand_in, really = Names(), public.is_public
    monkeypatch.setattr(socket, "getaddrinfo", stand_in)
    monkeypatch.setattr(public, "is_public", lambda address: address == OUTSIDE or really(address))
    return stand_in


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    with HTTPServer(host=OUTSIDE, port=0) as server:
        yield server


@pytest.fixture
def inside(outside: HTTPServer) -> Iterator[tuple[HTTPServer, Doors]]:
    """A server on loopback at the very port of the one outside: a name that moves there would reach it."""
    doors = Doors()
    with HTTPServer(host=INSIDE, port=outside.port) as server:
        server.expect_request("/").respond_with_handler(doors)
        yield server, doors


@pytest.fixture
async def fetcher(outside: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Fetcher]:
    monkeypatch.setattr(public, "PORTS", frozenset({80, 443, outside.port}))
    async with Fetcher("Bellwether/test", timeout_s=5.0) as opened:
        yield opened


async def test_a_name_that_moves_inside_after_it_was_checked_is_reached_where_it_was_checked(
    names: Names, outside: HTTPServer, inside: tuple[HTTPServer, Doors], fetcher: Fetcher
) -> None:
    names.answers["rebinding.example"] = [[OUTSIDE], [INSIDE]]
    outside.expect_request("/feed").respond_with_data("[1]", content_type="application/json")
    answer = await fetcher.fetch(Get(f"http://rebinding.example:{outside.port}/feed", public=True))
    assert answer.text == "[1]"
    assert names.asked["rebinding.example"] == 1
    assert outside.log[0][0].headers["Host"] == f"rebinding.example:{outside.port}"
    with pytest.raises(SourceRefused, match=r"rebinding\.example is no host of the public internet"):
        await fetcher.fetch(Get(f"http://rebinding.example:{outside.port}/", public=True))
    assert inside[1].requests == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "internal.example", "[::1]", "[::ffff:127.0.0.1]"])
async def test_what_stands_for_an_address_inside_is_never_reached(
    names: Names, inside: tuple[HTTPServer, Doors], fetcher: Fetcher, host: str
) -> None:
    names.answers = {
        "internal.example": [[INSIDE]], "localhost": [[INSIDE]], "::1": [["::1"]],
        "::ffff:127.0.0.1": [["::ffff:127.0.0.1"]],
    }  # fmt: skip
    with pytest.raises(SourceRefused, match="no host of the public internet"):
        await fetcher.fetch(Get(f"http://{host}:{inside[0].port}/", public=True))
    assert inside[1].requests == 0


@pytest.mark.parametrize("there", ["http://127.0.0.1:{port}/", "http://internal.example:{port}/", "http://0x7f.1/"])
async def test_a_redirect_inside_is_not_followed_whoever_gave_the_first_address(
    names: Names, outside: HTTPServer, inside: tuple[HTTPServer, Doors], fetcher: Fetcher, there: str
) -> None:
    names.answers = {"feeds.example": [[OUTSIDE]], "internal.example": [[INSIDE]], "0x7f.1": [[INSIDE]]}
    outside.expect_request("/feed").respond_with_response(
        Response(status=302, headers={"Location": there.format(port=outside.port)})
    )
    for given in (True, False):
        with pytest.raises(SourceRefused):
            await fetcher.fetch(Get(f"http://feeds.example:{outside.port}/feed", public=given))
    assert inside[1].requests == 0


async def test_a_redirect_to_a_name_that_moves_inside_reaches_what_was_checked(
    names: Names, outside: HTTPServer, inside: tuple[HTTPServer, Doors], fetcher: Fetcher
) -> None:
    """The first look is the redirect's, the second the connection's: the third would be the attacker's."""
    names.answers = {"feeds.example": [[OUTSIDE]], "moving.example": [[OUTSIDE], [OUTSIDE], [INSIDE]]}
    outside.expect_request("/feed").respond_with_response(
        Response(status=302, headers={"Location": f"http://moving.example:{outside.port}/there"})
    )
    outside.expect_request("/there").respond_with_data("[1]", content_type="application/json")
    for given in (True, False):
        names.asked.clear()
        answer = await fetcher.fetch(Get(f"http://feeds.example:{outside.port}/feed", public=given))
        assert answer.text == "[1]"
    assert inside[1].requests == 0


async def test_the_next_address_of_a_name_is_tried_where_the_first_takes_no_connection(
    names: Names, outside: HTTPServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "is_public", lambda address: address.startswith("127.0.0."))
    names.answers["two.example"] = [["127.0.0.3", OUTSIDE]]
    outside.expect_request("/feed").respond_with_data("[1]", content_type="application/json")
    answer = await fetcher.fetch(Get(f"http://two.example:{outside.port}/feed", public=True))
    assert answer.text == "[1]"
    names.answers["none.example"] = [["127.0.0.3"]]
    with pytest.raises(SourceUnreached, match=r"none\.example cannot be reached"):
        await fetcher.fetch(Get(f"http://none.example:{outside.port}/feed", public=True))


async def test_tls_asks_for_the_name_and_checks_it_though_the_connection_goes_to_an_address(
    names: Names, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certified("feeds.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "key.pem")
    asked: list[str | None] = []
    context.sni_callback = lambda _, name, __: asked.append(name)
    names.answers = {"feeds.example": [[OUTSIDE]], "other.example": [[OUTSIDE]]}
    with HTTPServer(host=OUTSIDE, port=0, ssl_context=context) as server:
        monkeypatch.setattr(public, "PORTS", frozenset({server.port}))
        server.expect_request("/feed").respond_with_data("[1]", content_type="application/json")
        async with Fetcher("Bellwether/test", timeout_s=5.0) as fetcher:
            answer = await fetcher.fetch(Get(f"https://feeds.example:{server.port}/feed", public=True))
            assert answer.text == "[1]"
            with pytest.raises(SourceUnreached):
                await fetcher.fetch(Get(f"https://other.example:{server.port}/feed", public=True))
    assert asked == ["feeds.example", "other.example"]


def certified(name: str, folder: Path) -> Path:
    """A certificate of this name that signs itself, with its key beside it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )  # fmt: skip
    pem = built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(private)
    path = folder / "certificate.pem"
    path.write_bytes(pem)
    return path


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
