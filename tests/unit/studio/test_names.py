"""Names that every system and every shop takes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.names import apart, file_name, handle


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Gone fishing!", "Gone-fishing"),
        ("../../etc/passwd", "etc-passwd"),
        ('a\\b:c*d?e"f<g>h|i', "a-b-c-d-e-f-g-h-i"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1", "_com1"),
        ("COM¹", "_COM1"),
        ("console", "console"),
        (".hidden", "hidden"),
        ("ends. . ", "ends"),
        ("명상 클럽", "명상-클럽"),
        ("Café", "Café"),
        ("Cafe\u0301", "Café"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("／etc／", "etc"),
        ("🐸", "design"),
        ("", "design"),
    ],
)
def test_a_text_becomes_the_name_of_a_file(text, name):
    assert file_name(text) == name


@given(st.text(max_size=400))
def test_no_text_makes_a_name_that_some_system_refuses(text):
    name = file_name(text)
    assert name == file_name(name)
    assert 0 < len(name) <= 81
    assert len(name.encode()) <= 201
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\s]', name)
    assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name)
    assert name[0] != "." and name[-1] not in ". "


@given(st.text(max_size=200))
def test_a_handle_is_plain_ascii(text):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", handle(text))


def test_handles_keep_the_letters_under_accents():
    assert handle("Café Olé — 2024") == "cafe-ole-2024"
    assert handle("釣り", "a-1") == "a-1"


@given(st.lists(st.sampled_from(["a", "A", "a-2", "b", "ß", "ss"]), max_size=9))
def test_names_are_apart_whatever_their_case_and_keep_their_order(names):
    found = apart(names)
    assert len({name.casefold() for name in found}) == len(names)
    assert all(own.startswith(name) for own, name in zip(found, names, strict=True))
