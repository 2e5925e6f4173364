"""Fitting: words as large as their box, evenly broken, never outside it."""

from __future__ import annotations

import numpy as np
import pytest

from studio.drawing import Row
from studio.lettering.curves import hill
from studio.lettering.fitting import (
    block,
    enveloped,
    extent,
    ink,
    line,
    on_ink,
    piled,
    quiet,
    single,
    suits,
    tower,
    traced,
    voiced,
)
from studio.lettering.ornaments import ring, star
from studio.lettering.outline import Box
from studio.lettering.palettes import Palette
from studio.lettering.words import wording_of

BOX = Box(100, 200, 1000, 800)


def inside(inner: Box, outer: Box) -> bool:
    return (
        inner.x >= outer.x - 0.01
        and inner.y >= outer.y - 0.01
        and inner.right <= outer.right + 0.01
        and inner.bottom <= outer.bottom + 0.01
    )


def test_a_line_fills_its_box_in_one_direction_and_keeps_its_proportions():
    row = line("HELLO", "heavy")
    fitted = row.within(BOX)
    assert inside(fitted.body, BOX)
    assert fitted.body.width == pytest.approx(BOX.width)
    assert fitted.body.width / fitted.body.height == pytest.approx(row.body.width / row.body.height)


def test_the_body_of_capitals_leaves_out_what_hangs_below():
    assert line("QUO", "heavy").body.height == pytest.approx(line("HUM", "heavy").body.height)
    assert line("ÉTÉ", "heavy").body.height > line("ETE", "heavy").body.height


@pytest.mark.parametrize("text", ["ONE", "CAMP MORE WORRY LESS", "DONAUDAMPFSCHIFFFAHRT IS LONG", "東京の夜"])
def test_blocks_and_towers_stay_in_their_box(text):
    for rows in (block(text, "heavy", BOX), tower(text, "heavy", BOX), [single(text, "heavy", BOX)]):
        assert inside(extent(rows), BOX)


def test_a_block_has_one_size_and_even_steps():
    rows = block("CAMP MORE AND WORRY LESS", "heavy", BOX)
    heights = [row.body.height for row in rows]
    steps = np.diff([row.body.y for row in rows])
    assert len(rows) > 1
    assert max(heights) == pytest.approx(min(heights))
    assert steps == pytest.approx(steps[0])


def test_a_tower_has_lines_of_one_width():
    widths = [row.body.width for row in tower("CAMP MORE AND WORRY LESS", "heavy", BOX)]
    assert len(widths) > 1
    assert max(widths) == pytest.approx(min(widths))


def test_no_line_of_a_quiet_part_is_taller_than_asked():
    assert max(row.body.height for row in quiet("by the sea", "sans", BOX, tallest=50)) <= 51
    assert quiet("", "sans", BOX, tallest=50) == []


def test_piled_groups_keep_their_order_and_their_gaps():
    groups = piled([[single("ONE", "heavy", BOX)], [], [single("TWO", "heavy", BOX)]], BOX, 60)
    first, second = groups[0][0].body, groups[2][0].body
    assert groups[1] == []
    assert first.bottom < second.y
    assert inside(extent([groups[0][0], groups[2][0]]), BOX)


def test_an_envelope_lifts_the_middle():
    row = single("MMMMM", "heavy", BOX)
    bent = enveloped(row, hill(500, 200), hill(900, 0))
    box = bent.run.outline.box
    assert box.y == pytest.approx(300, abs=12)
    assert box.bottom == pytest.approx(900, abs=1)


def test_the_loud_line_is_the_one_with_the_keyword():
    wording = wording_of(Row(id="1", text="Camp more worry less", keyword="worry"))
    rows = block("CAMP MORE WORRY LESS", "heavy", Box(0, 0, 300, 800))
    assert [loud for _, loud in voiced(rows, wording)] == ["WORRY" in row.text for row in rows]


def test_where_every_line_would_be_loud_none_is():
    wording = wording_of(Row(id="1", text="東京の夜は静か"))
    rows = block("東京の夜は静か", "heavy", Box(0, 0, 300, 800))
    assert len(rows) > 1
    assert not any(loud for _, loud in voiced(rows, wording))


def test_an_accent_that_cannot_be_told_from_the_ink_is_left_open():
    assert on_ink(Palette("#ffffff", "#1f3a4d", ("#203b50",))) is None
    assert on_ink(Palette("#ffffff", "#1f3a4d", ("#203b50", "#e8a735"))) == "#e8a735"


def test_traced_paths_have_the_box_of_their_ornament():
    assert traced(ring(50, 60, 40, 5)).box == pytest.approx((10, 20, 80, 80), abs=0.1)
    assert ink([]).ops == ""
    assert traced(star(0, 0, 10)).ops == "M" + "L" * 9 + "Z"


def test_a_setting_of_one_loud_word_suits_short_words_best():
    words = ("dog", "mechanical", "Donaudampfschifffahrt")
    suited = [suits(wording_of(Row(id="1", text=f"my {word}", keyword=word)), 8, 40) for word in words]
    assert suited == [1.0, 0.5, 0.15]
