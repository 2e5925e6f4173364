from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from evals.sheets import ACROSS, CAPTION, DOWN, HARD, TILE, sheets
from studio.lettering.compositions import compositions


def test_a_composition_is_shown_with_two_dozen_hard_wordings(tmp_path: Path):
    assert len(HARD) == ACROSS * DOWN
    (page,) = sheets(tmp_path / "new", ["badge"])
    with Image.open(page) as image:
        assert image.size == (ACROSS * TILE.width, DOWN * (TILE.height + CAPTION))


def test_an_unknown_composition_is_refused(tmp_path: Path):
    with pytest.raises(KeyError, match="gothic"):
        sheets(tmp_path, ["gothic"])


def test_every_composition_is_on_a_page(tmp_path: Path):
    pages = sheets(tmp_path)
    assert len(pages) == -(-len(compositions()) // (ACROSS * DOWN))
    assert all(page.is_file() for page in pages)
