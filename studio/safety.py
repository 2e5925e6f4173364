"""Safety: whether a picture may be shown to anybody, as far as somebody looked; and under whose licence they looked.

A picture that nobody checked is "not checked", never "clear": whoever publishes it decides on that, and is told why.
What words say is not judged here: text is screened before it is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, Protocol

import numpy as np
from PIL import Image

from studio.drawing import Drawing
from studio.errors import NotConfigured
from studio.print import thumbnail

State = Literal["clear", "unsafe", "not checked"]

OWN = "typographic"
"""The renderer that draws nothing but letters and shapes of ours."""
RASTER = re.compile(
    rb"<\s*(?:\w+:)?(?:image|foreignObject|feImage)\b|href\s*=\s*['\"]\s*(?!#)|url\(\s*['\"]?(?!#)|@import|data:",
    re.IGNORECASE,
)
"""What could bring a picture into a drawing of vectors from elsewhere."""
SEEN_PX = 640
"""The longer side of what a detector is shown; it looks at 320."""
GROUNDS = ("white", "black")
"""What a clear background is laid on: ink that cannot be seen on one is seen on the other."""
EXPOSED = frozenset(
    {"FEMALE_BREAST_EXPOSED", "FEMALE_GENITALIA_EXPOSED", "MALE_GENITALIA_EXPOSED", "BUTTOCKS_EXPOSED", "ANUS_EXPOSED"}
)


@dataclass(frozen=True, slots=True)
class Safety:
    """What a judge said of one drawing."""

    state: State
    score: float | None
    """How sure the judge is that it is unsafe, in [0, 1]; None where nobody measured."""
    why: str
    judge: str = ""
    """Name and version of who judged; empty where nobody did."""
    licence: str = ""
    """Of who judged, and of the model they looked with."""


class Judge(Protocol):
    """Looks at a drawing. What it says of the same pixels is always the same."""

    @property
    def name(self) -> str: ...

    @property
    def licence(self) -> str:
        """Of the judge and of whatever it was trained with."""
        ...

    @property
    def version(self) -> str: ...

    def judge(self, drawing: Drawing) -> Safety: ...


class TextOnly:
    """Clears what our own renderer drew as vectors alone: letters of a text that is checked elsewhere, and our shapes.

    Anything else it does not check: another renderer's picture, or vectors that hold or fetch an image.
    """

    name = "text only"
    licence = "Apache-2.0 (part of this product; no model)"
    version = "1"

    def judge(self, drawing: Drawing) -> Safety:
        """ "clear" or "not checked", never "unsafe"."""
        who = f"{self.name} {self.version}"
        if drawing.renderer != OWN or drawing.svg is None:
            return Safety("not checked", None, f"drawn by {drawing.renderer}, not from text and shapes of ours alone")
        if RASTER.search(drawing.svg):
            return Safety("not checked", None, "its vectors hold an image, or fetch one")
        return Safety("clear", None, "letters and shapes of ours alone; the text itself is screened apart", who)


class NudeNet:
    """Looks for nudity with NudeNet's detector; it sees nothing else that may be unsafe (violence, hate, brands).

    An optional package: its code and file are published under MIT, but the ONNX model that it carries was trained with
    Ultralytics' YOLOv8, which is AGPL-3.0; whether that reaches the weights is disputed, so we neither ship nor need
    it, and whoever installs it decides. Its line is its own detector's floor: with no data of ours to calibrate on,
    the strictest there is.
    """

    name = "nudenet"
    licence = (
        "MIT as published; its model was trained with Ultralytics YOLOv8 (AGPL-3.0): optional, not shipped with us"
    )
    floor = 0.2

    @cached_property
    def version(self) -> str:
        """Of the package, which carries the model; NotConfigured where it is not installed."""
        try:
            return version("nudenet")
        except PackageNotFoundError:
            raise _missing() from None

    def judge(self, drawing: Drawing) -> Safety:
        """ "unsafe" where anything is seen that is not covered, with the score of the surest."""
        small = thumbnail(drawing.small, SEEN_PX)
        found = [seen for ground in GROUNDS for seen in detector().detect(_shown(small, ground))]
        exposed = [seen for seen in found if seen["class"] in EXPOSED and seen["score"] >= self.floor]
        who = f"{self.name} {self.version}"
        if not exposed:
            return Safety("clear", 0.0, f"no nudity was seen (floor {self.floor:g}); it looks for nothing else", who)
        surest = max(exposed, key=lambda seen: float(seen["score"]))
        what = str(surest["class"]).lower().replace("_", " ")
        return Safety("unsafe", round(float(surest["score"]), 4), f"{what} was seen", who)


@cache
def detector() -> Any:
    """NudeNet's model, loaded once in a process; NotConfigured where it is not installed."""
    try:
        return import_module("nudenet").NudeDetector()
    except ModuleNotFoundError:
        raise _missing() from None


def judged(drawing: Drawing, judges: Sequence[Judge]) -> Safety:
    """What they say together: "unsafe" if one does, else "clear" if one does; "not checked" by nobody."""
    said = [(judge.judge(drawing), judge.licence) for judge in judges]
    for state in ("unsafe", "clear", "not checked"):
        for safety, licence in said:
            if safety.state == state:
                return replace(safety, licence=licence) if safety.judge else safety
    return Safety("not checked", None, "there is no judge of pictures: pip install 'bellwether[nsfw]' brings one")


def _shown(small: Image.Image, ground: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """(height, width, 3), blue first as the detector's own reader gives it; a clear background laid on `ground`."""
    sheet = Image.new("RGBA", small.size, ground)
    sheet.alpha_composite(small)
    return np.ascontiguousarray(np.asarray(sheet.convert("RGB"))[..., ::-1])


def _missing() -> NotConfigured:
    return NotConfigured("judge nudenet is not installed: pip install 'bellwether[nsfw]'")
