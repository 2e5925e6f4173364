from __future__ import annotations

import pytest

from studio.drawing import Row
from studio.errors import Failed
from studio.lettering.outline import Box
from studio.lettering.setting import around, centred, clearance, filling, fit, in_box, line, stack
from studio.lettering.words import wording_of

BOX = Box(100, 200, 1000, 1200)


def test_a_line_fills_its_box_in_one_direction():
    run = in_box(line("WIDE WORDS", "heavy"), BOX)
    assert run.body.width == pytest.approx(1000)
    assert run.body.centre == pytest.approx(BOX.centre)
    assert fit(line("I", "heavy"), 1000, 300).body.height == pytest.approx(300)


def test_stretching_stays_within_what_is_given():
    plain, given = fit(line("WIDE", "heavy"), 1000, 9000), fit(line("WIDE", "heavy"), 1000, 9000, 1.2)
    assert given.body.height == pytest.approx(1.2 * plain.body.height)


def test_lines_of_a_stack_are_of_one_width_and_in_the_box():
    runs = stack(["POWERED", "BY COFFEE"], "heavy", BOX)
    assert [run.body.width for run in runs] == pytest.approx([1000, 1000])
    block = around(runs)
    assert block.y >= BOX.y - 1
    assert block.bottom <= BOX.bottom + 1


def test_a_short_line_is_no_taller_than_it_may_be():
    first, second = stack(["I", "UNDERSTATEMENT"], "heavy", BOX, tallest=2.0)
    assert first.body.height == pytest.approx(2 * second.body.height)


def test_a_tail_does_not_touch_an_accent_beneath():
    above, below = stack(["ÇÇÇÇ", "ÊÊÊÊ"], "heavy", BOX, gap=0.02)
    assert above.box.bottom < below.box.y


def test_clearance_is_below_nought_where_inks_overlap():
    above, below = line("QQQ", "heavy"), line("HHH", "heavy")
    assert clearance(above, below) < 0
    assert clearance(line("HHH", "heavy"), below) == pytest.approx(0, abs=1)


def test_filling_covers_more_than_one_line_would():
    wording = wording_of(Row("1", "Pizza is my valentine"))
    found = filling(wording, ["heavy"], BOX)
    assert len(found) > 1
    assert " ".join(text for text, _ in found) == wording.text
    assert around([run for _, run in found]).height > 0.7 * BOX.height


def test_what_leaves_no_ink_fails_the_row():
    with pytest.raises(Failed, match="no ink"):
        line("\u3164", "sans")


def test_centred_is_by_the_body():
    assert centred(line("QED", "heavy"), 5, 6).body.centre == pytest.approx((5, 6))
