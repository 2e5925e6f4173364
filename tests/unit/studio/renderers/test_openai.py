"""OpenAI's images: sizes and waits; nothing here needs a server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from studio.drawing import Size
from studio.renderers.openai import asked_size, wait_of


@pytest.mark.parametrize("size", [Size(), Size(5400, 4500), Size(3000, 3000), Size(4500, 9000), Size(4200, 4800)])
def test_a_model_of_free_sizes_is_asked_for_the_aspect_of_the_print(size: Size):
    width, height = asked_size(size, free=True)
    assert (width % 16, height % 16) == (0, 0)
    assert width / height == pytest.approx(size.width / size.height, rel=0.002)
    assert 1_000_000 <= width * height <= 1_600_000


@pytest.mark.parametrize(
    ("size", "asked"),
    [(Size(), (1024, 1024)), (Size(4000, 6000), (1024, 1536)), (Size(6000, 4000), (1536, 1024))],
)
def test_a_model_of_fixed_sizes_is_asked_for_the_nearest(size: Size, asked: tuple[int, int]):
    assert asked_size(size, free=False) == asked


def test_a_print_wider_than_any_model_draws_is_asked_for_at_the_widest():
    width, height = asked_size(Size(9000, 900), free=True)
    assert width / height == 3


@pytest.mark.parametrize(
    ("stated", "wait_s"),
    [("20", 20), ("0.5", 0.5), ("Sat, 21 Nov 2026 12:00:30 GMT", 30), ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
     ("99999", 600), ("-1", 0), ("nan", 0), ("soon", 1), (None, 1)],
)  # fmt: skip
def test_a_wait_is_read_as_seconds_or_as_a_date_and_has_an_end(stated: str | None, wait_s: float):
    assert wait_of(stated, datetime(2026, 11, 21, 12, tzinfo=UTC)) == wait_s
