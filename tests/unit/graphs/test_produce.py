from __future__ import annotations

from dataclasses import replace

import pytest

from graphs.produce import key_of, reason_of, thread_id
from studio.brief import brief_of
from studio.drawing import Brief, Knobs, Row
from studio.house import HOUSE


@pytest.fixture
def brief() -> Brief:
    return brief_of(Row("1", "moss"), HOUSE, seed=7)


def test_a_drawing_is_filed_under_all_that_it_depends_on_and_under_nothing_else(brief):
    key = key_of(brief, "typographic", "1")
    assert key == key_of(replace(brief, row=replace(brief.row, priority=9)), "typographic", "1")
    others = [
        key_of(replace(brief, seed=8), "typographic", "1"),
        key_of(replace(brief, knobs=Knobs(attempt=1)), "typographic", "1"),
        key_of(replace(brief, profile=replace(HOUSE, palette=("#000000",))), "typographic", "1"),
        key_of(brief, "typographic", "2"),
        key_of(brief, "sdxl", "1"),
    ]
    assert len({key, *others}) == 6


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [(("size", "noise"), "size"), (("noise", "style"), "artefacts"), (("palette", "edge", "overall"), "style")],
)
def test_what_missed_for_good_has_one_reason(kinds, reason):
    assert reason_of([{"kind": kind} for kind in kinds]) == reason


def test_each_version_of_a_row_has_a_thread_of_its_own():
    assert thread_id("default", "b", "1", 1) == thread_id("default", "b", "1", 1)
    three = {thread_id("default", "b", "1", 1), thread_id("default", "b", "1", 2), thread_id("other", "b", "1", 1)}
    assert len(three) == 3
