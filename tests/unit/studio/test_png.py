"""The file is read again by Pillow, which knows nothing of who wrote it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio import png


def noise(width: int, height: int) -> Image.Image:
    """Every byte by chance: wherever one is lost or moved it shows."""
    levels = np.random.default_rng(2).integers(0, 256, (height, width, 4), dtype=np.uint8)
    return Image.frombytes("RGBA", (width, height), levels.tobytes())


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, png.SLAB), (450, png.SLAB + 1), (1, 3 * png.SLAB - 1)])
def test_an_image_of_any_number_of_slabs_is_read_as_it_was_given(tmp_path: Path, width: int, height: int):
    given, path = noise(width, height), tmp_path / "print.png"
    png.write(path, given, 300)
    with Image.open(path) as read:
        assert (read.format, read.mode, read.size) == ("PNG", "RGBA", (width, height))
        assert [round(each) for each in read.info["dpi"]] == [300, 300] and read.info["srgb"] == 0
        assert read.tobytes() == given.tobytes()


def test_a_flat_image_takes_next_to_no_room(tmp_path: Path):
    png.write(tmp_path / "print.png", Image.new("RGBA", (450, 540), "#c8553d"), 300)
    assert (tmp_path / "print.png").stat().st_size < 450 * 540 * 4 / 100
