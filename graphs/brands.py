"""Brands: a profile holds figures of one version of its descriptor; by a later one they are measured again.

The references that a brand was measured on are kept as assets, so nobody has to bring them again. What a person chose
or locked stays.
"""

from __future__ import annotations

from dataclasses import replace

from graphs.packing import Packed
from store.assets import Assets
from studio.brand import Profile, pack_profile, profile_of, unpack_profile
from studio.descriptors.classical import Classical
from studio.errors import BadReference
from studio.references import open_reference


def is_dated(profile: Profile) -> bool:
    """Whether its looks are of another version of the descriptor that is installed."""
    return bool(profile.looks) and profile.descriptor == Classical.name and profile.version != Classical.version


def up_to_date(packed: Packed, assets: Assets) -> Packed:
    """The profile with the looks of today's descriptor; as it is where it has them.

    Raises:
        BadReference: a reference that it was measured on is gone.
    """
    profile = unpack_profile(packed)
    return pack_profile(measured_again(profile, assets)) if is_dated(profile) else packed


def measured_again(profile: Profile, assets: Assets) -> Profile:
    """Of the references that were kept; what was chosen or locked is left as it was."""
    try:
        images = [open_reference(assets.read(digest), digest) for digest in profile.parameters.get("references", ())]
    except FileNotFoundError as gone:
        raise BadReference(_lost(profile)) from gone
    if not images:
        raise BadReference(_lost(profile))
    fresh = profile_of(profile.name, images, Classical(), locked=profile.locked)
    stays = {
        name: value
        for name, value in profile.parameters.items()
        if name in profile.locked or name not in fresh.parameters
    }
    kept = {name: getattr(profile, name) for name in ("palette", "terms") if name in profile.locked}
    return replace(fresh, parameters={**fresh.parameters, **stays}, **kept)


def _lost(profile: Profile) -> str:
    measured = f"brand {profile.name!r} was measured by {profile.descriptor} {profile.version}"
    return f"{measured}, today's is {Classical.version}, and its references are gone: add it again"
