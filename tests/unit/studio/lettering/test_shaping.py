from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from studio.errors import Failed
from studio.lettering.faces import find, for_role
from studio.lettering.outline import area
from studio.lettering.shaping import bidi_levels, runs, shape, without_pictures

SANS = find("Source Sans Pro", 900)


def test_letters_stand_on_the_baseline_and_are_as_tall_as_their_capitals():
    run = shape("HEN", SANS, 1000)
    assert run.box.bottom == pytest.approx(0, abs=2)
    assert 600 < run.box.height < 720
    assert run.body == run.box


def test_a_tail_below_the_line_does_not_make_capitals_smaller():
    assert shape("QED,", SANS, 1000).body.height == shape("HEN", SANS, 1000).body.height
    assert shape("QED,", SANS, 1000).box.height > shape("HEN", SANS, 1000).box.height


def test_kerning_draws_letters_together():
    apart = shape("A", SANS, 1000).width + shape("V", SANS, 1000).width
    assert shape("AV", SANS, 1000).width < apart


def test_tracking_stands_between_letters_and_not_after_the_last():
    plain, tracked = shape("HEN", SANS, 1000), shape("HEN", SANS, 1000, tracking=0.1)
    assert tracked.width == pytest.approx(plain.width + 200)


def test_outer_contours_run_one_way_in_every_kind_of_file():
    for family, weight in (("Source Sans Pro", 900), ("Hanken Grotesk", 700)):
        assert area(shape("O", find(family, weight), 1000).outline) > 0


def test_every_point_knows_its_letter():
    run = shape("AVE", SANS, 1000)
    assert len(run.glyph) == len(run.outline.points)
    assert np.all(np.diff(run.glyph) >= 0)
    assert len(run.middles) == 3


def test_emoji_are_left_out_and_said():
    assert without_pictures("Pizza 🍕 is 👨‍👩‍👧 love ❤️ 1️⃣") == ("Pizza is love 1", "🍕👨👩👧❤")
    assert shape("Pizza 🍕", SANS, 100).dropped == "🍕"


def test_joiners_that_shape_a_word_are_kept():
    assert without_pictures("नमस्\u200dते") == ("नमस्\u200dते", "")


def test_a_text_of_nothing_but_emoji_fails_the_row():
    with pytest.raises(Failed, match="can be lettered"):
        shape("🍕🍕", SANS, 100)


def test_a_letter_that_the_face_lacks_is_no_box():
    with pytest.raises(Failed, match="Source Sans Pro has no letter"):
        shape("山", SANS, 100)


def test_mixed_directions_are_seen_in_the_order_of_the_algorithm():
    assert bidi_levels("abc") == [0, 0, 0]
    assert runs("קפה first") == [("first", False), ("קפה ", True)]
    assert [piece for piece, _ in runs("first קפה 1986 now")] == ["first ", "1986", "קפה ", " now"]


def test_hebrew_begins_at_the_right(needs: Callable[[str], None]):
    needs("DejaVu Sans")
    face = for_role("display", "אב")
    both, first = shape("אב", face, 1000), shape("א", face, 1000)
    right = both.outline.points[both.glyph == 1]
    assert np.ptp(right[:, 0]) == pytest.approx(first.box.width, rel=0.02)


def test_arabic_letters_join(needs: Callable[[str], None]):
    needs("Amiri")
    face = for_role("display", "بب")
    assert shape("بب", face, 1000).width < 1.5 * shape("ب", face, 1000).width
    assert shape("بب", face, 1000).cursive


@pytest.mark.parametrize(
    ("text", "family"), [("山が呼ぶ", "Noto Sans CJK JP"), ("먼저", "Noto Sans CJK KR"), ("चाय", "Lohit Devanagari")]
)
def test_scripts_are_set_where_their_face_is_installed(needs: Callable[[str], None], text: str, family: str):
    needs(family)
    assert shape(text, for_role("display", text), 1000).face.family == family
