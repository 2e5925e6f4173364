"""Brands: what an older descriptor measured is measured again, and what people decided stays."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from graphs.brands import up_to_date
from store.assets import Assets
from studio.brand import Profile, pack_profile, profile_of, unpack_profile
from studio.descriptors.classical import Classical
from studio.errors import BadReference
from studio.house import HOUSE
from studio.references import open_reference


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    return Assets(tmp_path)


def measured(assets: Assets) -> Profile:
    """A brand of one reference, which is kept."""
    image, out = Image.new("RGB", (120, 120), "#f5efe2"), BytesIO()
    ImageDraw.Draw(image).ellipse((30, 30, 90, 90), fill="#c8502d")
    image.save(out, "PNG")
    digest = assets.put(out.getvalue())
    return profile_of("p", [open_reference(out.getvalue(), "disc")], Classical(), {"references": [digest]})


def test_a_brand_of_todays_descriptor_and_one_without_references_stay_as_they_are(assets: Assets) -> None:
    for profile in (measured(assets), replace(HOUSE, version="0")):
        packed = pack_profile(profile)
        assert up_to_date(packed, assets) is packed


def test_an_older_brand_is_measured_again_and_what_was_chosen_or_locked_stays(assets: Assets) -> None:
    today = measured(assets)
    chosen = {**today.parameters, "composition": "badge", "symmetry": 0.1}
    old = replace(
        today, version="1", looks=today.looks * 2, palette=("#123456",), parameters=chosen,
        locked=frozenset({"symmetry", "palette"}),
    )  # fmt: skip
    again = unpack_profile(up_to_date(pack_profile(old), assets))
    assert pack_profile(replace(again, palette=today.palette, parameters={}, locked=frozenset())) == pack_profile(
        replace(today, parameters={})
    )
    assert again.palette == ("#123456",)
    assert (again.parameters["composition"], again.parameters["symmetry"]) == ("badge", 0.1)
    assert again.locked == old.locked


def test_an_older_brand_whose_references_are_gone_is_refused_by_name(assets: Assets) -> None:
    old = replace(measured(assets), version="1")
    assets.path(old.parameters["references"][0]).unlink()
    for profile in (old, replace(old, parameters={})):
        with pytest.raises(
            BadReference, match=r"'p' was measured by classical 1, .* references are gone: add it again"
        ):
            up_to_date(pack_profile(profile), assets)
