"""Firing: what a process of the kiln does with a brief, or several: draw, look, judge, name, make ready for print.

The last thing written is the receipt. Asked for the same key again it answers from that, so a drawing is lost with a
process only while it is being made. Nothing here knows a database or a graph; what costs a process time to load
(renderers, descriptors, judges) it loads at its first drawing and keeps.
"""

from __future__ import annotations

import errno
import json
import shutil
import time
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from graphs.kiln import Answer, answered
from store.assets import Assets
from studio.brand import Descriptor, Profile
from studio.drawing import Brief, Drawing, Renderer
from studio.errors import Failed, NotConfigured, StudioError
from studio.references import open_reference
from studio.renderers.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from graphs.settings import Settings
    from studio.brief import PromptCheck
    from studio.descriptors.clip import Clip

RENDERERS = ("typographic", "sdxl", "openai")
LOOKED_AT = 256
"""Pixels of the longer side that the library compares looks at."""
LINES = "calibration"
"""The parameter of a brand that holds the lines it was measured with, where those do not ship."""
MEDIA = {".png": "image/png", ".tif": "image/tiff", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Kit:
    """What the settings give renderers to draw with."""

    openai_key: SecretStr | None = None
    openai_model: str = ""
    """Empty: the renderer's own choice."""
    weights: Weights = field(default_factory=lambda: Weights(""))
    """Of Stable Diffusion XL; none where they name no model."""
    sdxl_at_once: int = 0
    """Pictures that are drawn together; 0: what fits."""
    clip: str = ""
    """Where the weights of CLIP are; empty: nowhere."""
    assets: str = ""
    """The folder that holds the references of brands."""


def kit_of(settings: Settings) -> Kit:
    """What the settings give."""
    weights = Weights(
        settings.sdxl_model, settings.sdxl_lora, settings.sdxl_ip_adapter, settings.sdxl_controlnet,
        settings.sdxl_licence,
    )  # fmt: skip
    return Kit(
        settings.openai_api_key, settings.openai_image_model, weights, settings.sdxl_at_once,
        settings.clip_model, str(settings.home / "assets"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """One drawing that is wanted, under the key it is filed by."""

    brief: Brief
    renderer: str
    key: str
    folder: str
    kit: Kit = field(default_factory=Kit)


def fire(order: Order) -> dict[str, Any]:
    """A drawing that was looked at and, where it passed, its files; as JSON can hold it.

    Raises:
        Failed, RendererDown, NotConfigured: what the renderer says; Failed("disk") where the disk is full.
    """
    began = time.perf_counter()
    return _standing(order) or _finished(order, _drawn([order])[0], time.perf_counter() - began)


def fire_all(orders: Sequence[Order]) -> list[Answer]:
    """As `fire`, what each order of one company came to: drawn in one call, then each finished by itself.

    Raises:
        What the renderer breaks with over all of them.
    """
    standing = [_standing(order) for order in orders]
    new = [order for order, found in zip(orders, standing, strict=True) if found is None]
    began = time.perf_counter()
    drawn = _drawn(new)[::-1] if new else []  # taken from the end: each print is let go once its files are written
    share_s = (time.perf_counter() - began) / max(1, len(new))
    return [
        ("done", found) if found is not None else answered(partial(_finished, order, drawn.pop(), share_s))
        for order, found in zip(orders, standing, strict=True)
    ]


def _standing(order: Order) -> dict[str, Any] | None:
    """What was made for this key already, if its files are there."""
    assets = Assets(Path(order.folder))
    receipt = assets.receipt(order.key)
    if receipt is None or not all(assets.has(each["sha256"]) for each in receipt["files"]):
        return None
    return {**receipt, "drawn": False}


def _finished(order: Order, drawing: Drawing | Exception, drew_s: float) -> dict[str, Any]:
    """Looked at, judged, made ready; its receipt last."""
    if isinstance(drawing, Exception):
        raise drawing
    assets = Assets(Path(order.folder))
    try:
        bench = assets.bench()
        try:
            return _filed(order, drawing, assets, bench, time.perf_counter() - drew_s)
        finally:
            shutil.rmtree(bench, ignore_errors=True)
    except OSError as full:
        if full.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Failed("disk", "no room for assets: free some and retry") from full
        raise


def at_once_of(asked: tuple[str, Kit]) -> int:
    """How many drawings a renderer likes to be given together."""
    return renderer_of(*asked).at_once


def version_of(asked: tuple[str, Kit]) -> str:
    """Of a renderer, as part of what makes the same bytes."""
    return renderer_of(*asked).version


@cache
def renderer_of(name: str, kit: Kit, descriptor: str = "classical") -> Renderer:
    """The renderer of this name, made once in a process; NotConfigured says what it lacks.

    `descriptor` is what the brand was measured by: lettering chooses compositions by what that sees in them.
    """
    if name == "typographic":
        from studio.descriptors.clip import Clip
        from studio.renderers.typographic import Typographic

        return Typographic(Clip(clip_weights(kit)) if descriptor == "clip" else _classical())
    if name == "openai":
        from studio.renderers.openai import DEFAULT, OpenAIImages

        return OpenAIImages(kit.openai_key or SecretStr(""), kit.openai_model or DEFAULT)
    if name == "sdxl" and kit.weights.model:
        from studio.renderers.sdxl import Sdxl

        return Sdxl(kit.weights, partial(references_of, Assets(Path(kit.assets))), at_once=kit.sdxl_at_once or None)
    lacks = "has no weights: set BELLWETHER_SDXL_MODEL" if name == "sdxl" else f"is none of {', '.join(RENDERERS)}"
    raise NotConfigured(f"renderer {name} {lacks}")


def references_of(assets: Assets, profile: Profile) -> list[Image]:
    """The images that a brand was measured on."""
    digests: Sequence[str] = profile.parameters.get("references", ())
    return [open_reference(assets.path(digest).read_bytes(), digest) for digest in digests]


def descriptor_of(profile: Profile, kit: Kit) -> Descriptor:
    """The descriptor that a brand was measured by, with the lines that it carries; NotConfigured says what it lacks."""
    if profile.descriptor == "classical":
        return _classical()
    if profile.descriptor == "clip":
        return _clip(profile, kit)
    raise NotConfigured(f"a brand measured by {profile.descriptor!r} cannot be compared here: add it again")


def clip_weights(kit: Kit) -> str:
    """Where CLIP's weights are; NotConfigured where no setting names them."""
    if not kit.clip:
        raise NotConfigured("descriptor clip has no weights: set BELLWETHER_CLIP_MODEL to a folder, or hub:owner/name")
    return kit.clip


@cache
def _classical() -> Descriptor:
    from studio.descriptors.classical import Classical

    return Classical()


def _clip(profile: Profile, kit: Kit) -> Clip:
    from studio.descriptors.clip import Clip, unpack

    return Clip(clip_weights(kit), unpack(profile.parameters[LINES]))


def check(asked: tuple[Brief, Kit]) -> PromptCheck:
    """Whether a prompt says what a brand is that CLIP measured, by its text encoder."""
    from studio.inspect import check_same

    brief, kit = asked
    descriptor = _clip(brief.profile, kit)
    check_same(brief.profile, descriptor)
    return descriptor.check(brief, brief.profile)


def _filed(order: Order, drawing: Drawing, assets: Assets, bench: Path, began: float) -> dict[str, Any]:
    from studio.inspect import inspect

    brief = order.brief
    found = inspect(drawing, brief, descriptor_of(brief.profile, order.kit))
    fired = {
        "key": order.key, "renderer": drawing.renderer, "version": drawing.version, "seed": drawing.seed,
        "prompt": brief.prompt, "negative": brief.negative,
        "made_with": dict(drawing.made_with), "checked": asdict(found), "passed": found.passed, "drawn": True,
        "safety": {}, "seen": {}, "files": [],
    }  # fmt: skip
    if found.passed:
        fired |= {"safety": _judged(drawing), "seen": _seen(brief, drawing)}
        fired |= {"files": _files(order, drawing, assets, bench)}
    told: dict[str, Any] = json.loads(json.dumps({**fired, "seconds": time.perf_counter() - began}))
    if found.passed:
        assets.write_receipt(order.key, told)
    return told


def _drawn(orders: Sequence[Order]) -> list[Drawing | Exception]:
    """A drawing for each order, or what stands in its place."""
    first, briefs = orders[0], [order.brief for order in orders]
    try:
        answers = renderer_of(first.renderer, first.kit, first.brief.profile.descriptor).draw(briefs)
    except StudioError as fault:
        return [fault for _ in orders]
    if len(answers) != len(orders) or not all(isinstance(each, Drawing | Exception) for each in answers):
        return [Failed("renderer", f"renderer {first.renderer} gave no drawing back: retry") for _ in orders]
    return answers


def _judged(drawing: Drawing) -> dict[str, Any]:
    """By the text alone where that is enough; else by whatever judge of pictures is installed."""
    from studio.safety import NudeNet, TextOnly, judged

    said = judged(drawing, [TextOnly()])
    if said.state == "not checked":
        try:
            said = judged(drawing, [NudeNet()])
        except NotConfigured as missing:
            return {**asdict(said), "why": f"{said.why}; {missing}"}
    return asdict(said)


def _seen(brief: Brief, drawing: Drawing) -> dict[str, Any]:
    from studio.alike import phash, vector_of
    from studio.inspect import on_ground
    from studio.library import category_of, tags_of

    descriptor = _classical()  # whatever the brand was measured by: the library compares designs of all brands
    vector = vector_of(descriptor.look(on_ground(drawing, brief.profile, LOOKED_AT)))
    return {
        "look": {"model": f"{descriptor.name} {descriptor.version}", "vector": [round(float(x), 5) for x in vector]},
        "tags": [asdict(tag) for tag in tags_of(brief.row, drawing, brief.profile)],
        "category": category_of(brief.row),
        "phash": phash(drawing.image),
    }


def _files(order: Order, drawing: Drawing, assets: Assets, bench: Path) -> list[dict[str, Any]]:
    """The files of a drawing, each now an asset."""
    from studio.print import finish

    finished = finish(drawing, bench, order.brief.size)
    return [
        {"kind": kind, "sha256": assets.adopt(file.path), "media_type": MEDIA[file.path.suffix], "bytes": file.bytes}
        for kind, file in finished.files.items()
    ]
