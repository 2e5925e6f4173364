"""Raw answers as they are kept."""

from __future__ import annotations

import pytest

from trends.fetch import SourceGarbled
from trends.raw import hide, pack, unpack


def test_contact_details_are_taken_out_of_every_string_name_and_line() -> None:
    body = {"a@example.com": [{"note": "mail ann@example.com"}, 3, None, True]}
    assert unpack(pack(body)) == '{"[\\u2026]":[{"note":"mail [\\u2026]"},3,null,true]}'
    assert unpack(pack("one\nmail ann@example.com\nthree")) == "one\nmail […]\nthree"


def test_the_same_body_packs_to_the_same_bytes() -> None:
    assert pack({"a": 1}) == pack({"a": 1})


def test_a_lone_surrogate_and_a_number_of_any_length_can_be_kept() -> None:
    assert unpack(pack({"a": "\ud800", "b": 10**30})) == '{"a":"\\ud800","b":1' + "0" * 30 + "}"
    assert unpack(pack("\ud800")) == "?"


def test_what_is_nested_too_deep_is_garbled() -> None:
    body: list[object] = []
    for _ in range(5000):
        body = [body]
    with pytest.raises(SourceGarbled, match="too deep"):
        pack(body)


def test_secrets_are_hidden_and_what_is_too_short_to_be_one_is_left() -> None:
    assert hide("key sk-0123456 and ab", ["sk-0123456", "ab", ""]) == "key [hidden] and ab"
