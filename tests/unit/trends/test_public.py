"""Which addresses are of the public internet, and which are asked at all."""

from __future__ import annotations

import socket

import pytest

from trends.public import MOST_CHARS, NotPublic, check_url, is_public, public_addresses


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_public_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1%lo", "fc00::1", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::7f00:1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2001::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_of_a_network_of_ours_or_of_nobody(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://a.example/x", "no web address"),
        ("file:///etc/passwd", "no web address"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "no web address"),
        ("//a.example/x", "no web address"),
        ("https://", "no web address"),
        ("https://[::1/", "cannot be read"),
        ("https://a.example:99999/", "cannot be read"),
        ("https://ana:secret@a.example/", "holds a login"),
        ("https://@127.0.0.1/", "holds a login"),
        ("https://a.example:5432/", "port 5432"),
        ("http://a.example:0/", "port 0"),
        ("http://2130706433/", "a number in a form"),
        ("http://0x7f000001/", "a number in a form"),
        ("http://017700000001/", "a number in a form"),
        ("http://127.1/", "a number in a form"),
        ("http://0x7f.0.0.1/", "a number in a form"),
        ("http://8.8.8.8./", "a number in a form"),
        ("https://a.example\\@127.0.0.1/", "backslash"),
        ("https://a.example/x y", "no blank"),
        ("https://a.example/\r\nHost: b", "printable"),
        ("https://a.example/" + "x" * MOST_CHARS, "at most"),
    ],
)
def test_what_is_no_address_of_the_web_is_refused_in_one_line(url: str, said: str) -> None:
    with pytest.raises(NotPublic, match=said) as refused:
        check_url(url)
    assert "secret" not in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["http://a.example", "https://a.example:8443/x?y=1#z", "https://8.8.8.8/", "http://[2606:4700::1111]/"]
)
def test_addresses_of_the_web(url: str) -> None:
    check_url(url)


async def test_one_address_of_a_host_that_is_not_public_makes_it_none(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"public.example": ["8.8.8.8", "8.8.4.4"], "mixed.example": ["8.8.8.8", "10.0.0.1"], "nobody.example": []}

    def getaddrinfo(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in answers[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert await public_addresses("public.example") == ["8.8.8.8", "8.8.4.4"]
    for host in ("mixed.example", "nobody.example"):
        with pytest.raises(NotPublic, match=f"{host} is no host of the public internet"):
            await public_addresses(host)
