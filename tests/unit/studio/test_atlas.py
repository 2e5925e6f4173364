"""Frames on pages: each once, none over another, sides that are powers of two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studio.atlas import GAP, Frame, described, drawn, fitted, packed
from studio.errors import Failed

SIZES = st.dictionaries(st.integers(0, 10**6).map(str), st.tuples(st.integers(1, 64), st.integers(1, 64)), max_size=40)


def meet(one: Frame, other: Frame) -> bool:
    return not (
        one.x + one.width + GAP <= other.x
        or other.x + other.width + GAP <= one.x
        or one.y + one.height + GAP <= other.y
        or other.y + other.height + GAP <= one.y
    )


@given(SIZES)
def test_every_frame_lies_once_inside_a_page_and_apart_from_the_others(sizes):
    pages = packed(sizes, largest=128)
    frames = [frame for page in pages for frame in page.frames]
    assert {frame.name: (frame.width, frame.height) for frame in frames} == sizes
    for page in pages:
        assert page.width & (page.width - 1) == page.height & (page.height - 1) == 0
        assert max(page.width, page.height) <= 128
        for at, frame in enumerate(page.frames):
            assert frame.x + frame.width <= page.width and frame.y + frame.height <= page.height
            assert not any(meet(frame, other) for other in page.frames[:at])


@given(SIZES)
def test_the_order_in_which_designs_come_moves_no_frame(sizes):
    assert packed(dict(reversed(sizes.items())), 128) == packed(sizes, 128)


def test_forty_eight_designs_fill_most_of_their_pages():
    pages = packed({str(at): (427, 512) for at in range(48)})
    covered = 48 * 427 * 512 / sum(page.width * page.height for page in pages)
    assert len(pages) == 1
    assert covered > 0.6


def test_a_frame_that_no_page_holds_is_refused():
    with pytest.raises(Failed, match="big is 129 x 10 px") as caught:
        packed({"big": (129, 10)}, 128)
    assert caught.value.reason == "size"


def test_the_page_shows_every_design_where_its_json_says():
    images = {"a": Image.new("RGB", (20, 30), "red"), "b": Image.new("RGBA", (10, 10), (0, 0, 255, 128))}
    (page,) = packed({name: image.size for name, image in images.items()})
    sheet, told = drawn(page, images), described(page, "atlas-1.png", "1")
    assert told["meta"]["size"] == {"w": sheet.width, "h": sheet.height}
    at = {frame["filename"]: frame["frame"] for frame in told["frames"]}
    assert sheet.getpixel((at["a"]["x"], at["a"]["y"])) == (255, 0, 0, 255)
    assert sheet.getpixel((at["b"]["x"] + 9, at["b"]["y"] + 9)) == (0, 0, 255, 128)
    assert all(frame["pivot"] == {"x": 0.5, "y": 0.5} for frame in told["frames"])


def test_a_design_is_made_smaller_and_never_larger():
    assert fitted(Image.new("RGBA", (450, 540)), 256).size == (213, 256)
    assert fitted(Image.new("RGBA", (45, 54)), 256).size == (45, 54)
