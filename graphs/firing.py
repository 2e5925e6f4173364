"""Firing: what a process of the kiln does with one brief: draw, look, judge, name, make ready for print.

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

from store.assets import Assets
from studio.brand import Descriptor, Profile
from studio.drawing import Brief, Drawing, Renderer
from studio.errors import Failed, NotConfigured
from studio.references import open_reference
from studio.renderers.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

RENDERERS = ("typographic", "sdxl", "openai")
LOOKED_AT = 256
"""Pixels of the longer side that the library compares looks at."""
MEDIA = {".png": "image/png", ".tif": "image/tiff", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Kit:
    """What the settings give renderers to draw with."""

    openai_key: SecretStr | None = None
    openai_model: str = ""
    """Empty: the renderer's own choice."""
    weights: Weights = field(default_factory=lambda: Weights(""))
    """Of Stable Diffusion XL; none where they name no model."""
    assets: str = ""
    """The folder that holds the references of brands."""


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
    assets = Assets(Path(order.folder))
    receipt = assets.receipt(order.key)
    if receipt is not None and all(assets.has(each["sha256"]) for each in receipt["files"]):
        return {**receipt, "drawn": False}
    try:
        bench = assets.bench()
        try:
            return _fire(order, assets, bench)
        finally:
            shutil.rmtree(bench, ignore_errors=True)
    except OSError as full:
        if full.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Failed("disk", "no room for assets: free some and retry") from full
        raise


def version_of(asked: tuple[str, Kit]) -> str:
    """Of a renderer, as part of what makes the same bytes."""
    return renderer_of(*asked).version


@cache
def renderer_of(name: str, kit: Kit) -> Renderer:
    """The renderer of this name, made once in a process; NotConfigured says what it lacks."""
    if name == "typographic":
        from studio.renderers.typographic import Typographic

        return Typographic(descriptor_of("classical"))
    if name == "openai":
        from studio.renderers.openai import DEFAULT, OpenAIImages

        return OpenAIImages(kit.openai_key or SecretStr(""), kit.openai_model or DEFAULT)
    if name == "sdxl" and kit.weights.model:
        from studio.renderers.sdxl import Sdxl

        return Sdxl(kit.weights, partial(references_of, Assets(Path(kit.assets))))
    lacks = "has no weights: set BELLWETHER_SDXL_MODEL" if name == "sdxl" else f"is none of {', '.join(RENDERERS)}"
    raise NotConfigured(f"renderer {name} {lacks}")


def references_of(assets: Assets, profile: Profile) -> list[Image]:
    """The images that a brand was measured on."""
    digests: Sequence[str] = profile.parameters.get("references", ())
    return [open_reference(assets.path(digest).read_bytes(), digest) for digest in digests]


@cache
def descriptor_of(name: str) -> Descriptor:
    """The descriptor that a brand was measured by."""
    if name == "classical":
        from studio.descriptors.classical import Classical

        return Classical()
    raise NotConfigured(f"a brand measured by {name!r} cannot be compared here: add it again")


def _fire(order: Order, assets: Assets, bench: Path) -> dict[str, Any]:
    from studio.inspect import inspect

    began, brief = time.perf_counter(), order.brief
    drawing = _drawn(order)
    found = inspect(drawing, brief, descriptor_of(brief.profile.descriptor))
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


def _drawn(order: Order) -> Drawing:
    answer = renderer_of(order.renderer, order.kit).draw([order.brief])[0]
    if isinstance(answer, Exception):
        raise answer
    return answer


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

    descriptor = descriptor_of(brief.profile.descriptor)
    vector = vector_of(descriptor.look(on_ground(drawing, LOOKED_AT)))
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
