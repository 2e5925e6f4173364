"""Firing: what the settings give a renderer, and that a brand's references reach the one that draws pictures."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graphs.firing import Kit, references_of, renderer_of
from store.assets import Assets
from studio.brand import profile_of
from studio.descriptors.classical import Classical
from studio.errors import NotConfigured
from studio.renderers.weights import Weights


def png(seed: int) -> bytes:
    """A small picture of blocks, other for each seed."""
    blocks = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    written = BytesIO()
    Image.fromarray(blocks).save(written, "PNG")
    return written.getvalue()


def test_the_images_of_a_brand_are_found_again_by_what_its_profile_holds(tmp_path: Path) -> None:
    assets = Assets(tmp_path)
    images = [png(seed) for seed in (1, 2)]
    digests = [assets.put(content) for content in images]
    opened = [Image.open(BytesIO(content)).convert("RGB") for content in images]
    profile = profile_of("blocks", opened, Classical(), {"references": digests})
    found = references_of(assets, profile)
    assert [each.convert("RGB").tobytes() for each in found] == [each.tobytes() for each in opened]


def test_a_brand_without_references_has_none(tmp_path: Path) -> None:
    profile = profile_of("plain", [Image.open(BytesIO(png(3))).convert("RGB")], Classical())
    assert references_of(Assets(tmp_path), profile) == []


@pytest.mark.parametrize(
    ("name", "kit", "said"),
    [
        ("sdxl", Kit(), "BELLWETHER_SDXL_MODEL"),
        ("openai", Kit(), "no key"),
        ("oil", Kit(weights=Weights("/nowhere")), "typographic, sdxl, openai"),
    ],
)
def test_a_renderer_that_lacks_something_says_what(name: str, kit: Kit, said: str) -> None:
    with pytest.raises(NotConfigured, match=said):
        renderer_of(name, kit)
