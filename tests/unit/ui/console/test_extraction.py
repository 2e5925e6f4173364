from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo

from ui.console.extraction import TEMPLATE, extracted, languages, load, texts

FIELDS = re.compile(r"\{\w+\}")
AGAIN = "run `python -m ui.console.extraction compile` and translate what is empty"


def test_texts_are_found_wherever_they_are_marked() -> None:
    code = 'f"{_(\'a\')} b"; marked("c"); counted("{count} d", "{count} ds", n); _(name); other("e")'
    assert list(texts(code)) == ["a", "c", ("{count} d", "{count} ds")]


def test_every_text_of_the_console_is_in_the_template() -> None:
    template = {message.id for message in load(TEMPLATE)}
    assert {message.id for message in extracted()} <= template, AGAIN


@pytest.mark.parametrize("path", languages(), ids=lambda path: path.parts[-3])
def test_a_translation_keeps_every_field_of_its_text(path: Path) -> None:
    for message in load(path):
        said = [message.string] if isinstance(message.string, str) else list(message.string or ())
        meant = [message.id] if isinstance(message.id, str) else list(message.id)
        for text, translated in zip(meant, said, strict=True):
            assert not text or not translated or set(FIELDS.findall(text)) == set(FIELDS.findall(translated)), text


@pytest.mark.parametrize("path", languages(), ids=lambda path: path.parts[-3])
def test_what_the_console_reads_is_what_was_translated(path: Path) -> None:
    compiled = BytesIO()
    write_mo(compiled, load(path))
    assert path.with_suffix(".mo").read_bytes() == compiled.getvalue(), AGAIN
