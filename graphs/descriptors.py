"""Descriptors: who sees and compares for a brand, with which weights, and by the lines that were measured for those.

A brand that CLIP measured carries the lines it was measured with, so whoever inspects draws the same ones. A brand is
added only with weights that have lines; `keep_lines` is where `bellwether brand calibrate` leaves them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from graphs.firing import LINES, Kit, clip_weights
from graphs.packing import Packed
from store.assets import Assets
from studio.brief import CALIBRATION
from studio.errors import NotConfigured

if TYPE_CHECKING:
    from studio.brand import Descriptor
    from studio.descriptors.clip import Measured

DESCRIPTORS = ("classical", "clip")


def descriptor_for(name: str, kit: Kit, assets: Assets) -> tuple[Descriptor, Packed]:
    """Who measures a brand that is added now, and what the brand keeps of that.

    NotConfigured where CLIP has no weights, or these have no lines yet.
    """
    if name == "classical":
        from studio.descriptors.classical import Classical

        return Classical(), {}
    if name != "clip":
        raise NotConfigured(f"no descriptor {name!r}; there are: {', '.join(DESCRIPTORS)}")
    from studio.descriptors.clip import Clip, unpack, version_of

    weights = clip_weights(kit)
    packed = assets.receipt(_key(version_of(weights)))
    if packed is None:
        raise NotConfigured(
            "descriptor clip has no measured lines for these weights: run `bellwether brand calibrate` once"
        )
    return Clip(weights, unpack(packed)), {LINES: packed}


def keep_lines(version: str, measured: Measured, assets: Assets) -> None:
    """Keep what was measured for these weights; brands that stand keep their own."""
    from studio.descriptors.clip import pack

    assets.write_receipt(_key(version), pack(measured))


def lines_told(profile: Mapping[str, Any]) -> Packed:
    """The lines that a packed profile is held against: of images, and of prompts."""
    own = profile["parameters"].get(LINES)
    if own is not None:
        return {"lines": own["lines"], "prompt_lines": own["prompt_lines"]}
    from studio.brand import Calibration
    from studio.descriptors.classical import Classical

    found = Classical().calibration
    lines = {name: getattr(found, name) for name in Calibration.__slots__}
    return {"lines": lines, "prompt_lines": asdict(CALIBRATION)}


def _key(version: str) -> str:
    return sha256(f"lines of {version}".encode()).hexdigest()
