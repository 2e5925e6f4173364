"""Brand: a profile is measured of one to five references, and survives being packed."""

from __future__ import annotations

import json

import pytest
from PIL import Image, ImageDraw

from studio.brand import pack_profile, profile_of, unpack_profile
from studio.descriptors.classical import Classical
from studio.errors import BadReference


def _disc(ink: str, ground: str, at: int = 0) -> Image.Image:
    image = Image.new("RGB", (120, 120), ground)
    ImageDraw.Draw(image).ellipse((30 - at, 30, 90 - at, 90), fill=ink)
    return image


def test_the_palette_is_that_of_all_references_the_most_used_first() -> None:
    profile = profile_of("p", [_disc("#c8502d", "#f5efe2"), _disc("#1d2a44", "#f5efe2", 10)], Classical())
    assert profile.palette[0] == "#f5efe2"
    assert set(profile.palette[1:]) == {"#c8502d", "#1d2a44"}
    assert (profile.descriptor, profile.version, len(profile.looks)) == ("classical", Classical().version, 2)


def test_terms_say_what_was_measured() -> None:
    bold = profile_of("b", [_disc("#b01010", "#ffffff")], Classical())
    assert {"solid", "symmetric", "flat", "warm"} <= set(bold.terms)
    dark = profile_of("d", [_disc("#2040c0", "#101018")], Classical())
    assert {"dark ground", "cool"} <= set(dark.terms)
    assert "warm" not in dark.terms


def test_a_parameter_that_is_given_stands_in_place_of_the_measured_one() -> None:
    profile = profile_of("p", [_disc("black", "white")], Classical(), {"symmetry": 0.1, "composition": "badge"})
    assert profile.parameters["symmetry"] == 0.1
    assert profile.parameters["composition"] == "badge"


def test_a_brand_is_drawn_for_the_ground_that_its_references_have() -> None:
    light, dark = (profile_of("p", [_disc("#c8502d", ground)], Classical()) for ground in ("#f5efe2", "#101018"))
    assert (light.parameters["ground"], dark.parameters["ground"]) == ("light", "dark")


@pytest.mark.parametrize("count", [0, 6])
def test_none_and_six_references_are_refused(count: int) -> None:
    with pytest.raises(BadReference, match=f"{count} references; give one to 5"):
        profile_of("p", [_disc("black", "white")] * count, Classical())


def test_a_profile_survives_json() -> None:
    profile = profile_of(
        "p", [_disc("#c8502d", "#f5efe2")], Classical(), {"composition": "arch"}, frozenset({"palette"})
    )
    packed = json.loads(json.dumps(pack_profile(profile)))
    back = unpack_profile(packed)
    assert pack_profile(back) == packed
    assert back.locked == {"palette"}
    likeness = Classical().compare(back.looks[0], profile.looks)
    assert likeness.palette_de == pytest.approx(0, abs=1e-6)
    assert likeness == Classical().compare(profile.looks[0], profile.looks)
