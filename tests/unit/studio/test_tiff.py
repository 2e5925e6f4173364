"""The sheet is read again by Pillow and, where it is installed, by ImageMagick; `test_print` reads it by itself."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio import ink, tiff
from studio.drawing import Size


def sheet(width: int, height: int) -> Image.Image:
    """Ink in the middle third alone, other in every row."""
    levels = np.zeros((height, width, 4), dtype=np.uint8)
    third = slice(height // 3, 2 * height // 3)
    levels[third] = np.random.default_rng(1).integers(0, 180, levels[third].shape)
    return Image.frombytes("CMYK", (width, height), levels.tobytes())


def slabs(image: Image.Image) -> Iterator[Image.Image]:
    rows = tiff.slab_rows(image.width)
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


@pytest.mark.parametrize(("width", "height"), [(40, 1700), (4500, 1030), (1, 1), (15_000, 530)])
def test_a_sheet_of_many_slabs_blank_ones_among_them_is_read_as_it_was_given(tmp_path: Path, width: int, height: int):
    given, path = sheet(width, height), tmp_path / "press.tif"
    tiff.write(path, slabs(given), Size(width, height, 240), ink.profile_bytes())
    with Image.open(path) as read:
        assert (read.mode, read.size, read.info["dpi"]) == ("CMYK", (width, height), (240, 240))
        assert read.info["icc_profile"] == ink.profile_bytes()
        assert read.tobytes() == given.tobytes()
    if shutil.which("convert") is None:
        pytest.skip("ImageMagick is not installed")
    raw = subprocess.run(["convert", str(path), "-depth", "8", "cmyk:-"], capture_output=True, check=True, timeout=60)
    assert raw.stdout == given.tobytes()
    assert not raw.stderr


def test_a_slab_is_of_whole_strips_and_a_strip_of_64_kb_at_most_or_of_one_row():
    for width in (1, 10, 450, 4500, 16_384, 20_000):
        rows = max(1, tiff.STRIP // (4 * width))
        assert tiff.slab_rows(width) % rows == 0
        assert rows == 1 or rows * width * 4 <= tiff.STRIP
