"""Bench validate: what inspection and post-process take of the time of an asset, at 4500 x 5400.

seconds    median over assets of all that `graphs.firing` does with a drawing: likeness, artefacts, safety (by NudeNet
           where it is installed), tags, hashes, background, PNG, CMYK, ink counted, thumbnail, receipt
share      of a generation of 5 s, the quickest that a renderer on a GPU is held to: what one idle core takes at most

On a machine that others use too, a clock also counts their turns. So each asset is done three times, the quickest
counts, and `share` takes the lesser of two measures that are both too long: that clock, and the seconds of processor
(`cpu_seconds`, all threads added up). `load` says how busy the machine was, `share_by_clock` what the clock alone says.

Two kinds of asset, half and half: lettering, transparent around, and pictures as an image model paints them, a shaded
subject with grain on a plain ground, drawn small and enlarged. `share` is that of the slower kind. The baseline in the
same run writes the same three files in the plain way: Pillow's defaults, a colour conversion pixel by pixel, and no
limit of ink.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TypeVar
from unittest.mock import patch
from uuid import uuid4

import numpy as np
from PIL import Image, ImageCms, ImageDraw, ImageFilter
from scipy import ndimage

from evals.bench.dedupe import word_list_titles
from evals.report import Asked, Figure, Result
from graphs import firing
from studio import ink
from studio.brand import Profile, profile_of
from studio.descriptors.classical import Classical
from studio.drawing import Brief, Drawing, Row, Size
from studio.inspect import inspect, on_ground
from studio.print import finish
from studio.renderers.typographic import Typographic

GENERATION_S = 5.0
TIMES = 3
SEEN = (900, 800, 700, 500)
"""Pixels of the longer side of each reference: one look, in the resolutions in which people bring it."""
ASSETS = 10
SMALL_ASSETS = 2
SMALL = Size(450, 540, 30)
PAINTED = (1024, 1228)
"""Pixels that an image model paints at, of the proportions of a print."""
PALETTE = ("#1b3a57", "#c8553d", "#e9c46a", "#f4ead5")
BRAND = Profile("bench", "classical", "", (), PALETTE, ("bold", "vintage"))
ASKED = {"share": Asked(most=0.25), "max_ink": Asked(most=ink.MOST_INK)}
T = TypeVar("T")
KINDS = ("lettering", "picture")


def run(seed: int = 7, small: bool = False) -> Result:
    """Draws, then times what comes after by itself, one asset after the other."""
    size, count = (SMALL, SMALL_ASSETS) if small else (Size(), ASSETS)
    figures: dict[str, Figure] = {}
    baseline: dict[str, Figure] = {}
    inks = []
    with TemporaryDirectory(prefix="bellwether-bench-") as made:
        for kind in KINDS:
            timed = [_Timed(drawing, brief, Path(made)) for drawing, brief in _assets(kind, seed, count // 2, size)]
            figures |= {f"{kind}_{name}": value for name, value in _medians(timed).items()}
            baseline[f"{kind}_finish_s"] = statistics.median(each.plain_s for each in timed)
            baseline[f"{kind}_finish_cpu_s"] = statistics.median(each.plain_cpu_s for each in timed)
            inks += [each.finished.max_ink for each in timed]
    slower: dict[str, float] = {
        name: max(float(figures[f"{kind}_{name}"]) for kind in KINDS)  # type: ignore[arg-type]
        for name in ("seconds", "cpu_seconds", "least_s")
    }
    told: dict[str, Figure] = {
        "seconds": slower["seconds"], "cpu_seconds": slower["cpu_seconds"], "share": slower["least_s"] / GENERATION_S,
        "share_by_clock": slower["seconds"] / GENERATION_S, "max_ink": max(inks), "assets": count,
        "load": os.getloadavg()[0],
    }  # fmt: skip
    asked: Mapping[str, Asked] = {} if small else ASKED
    data = f"{count} assets of {size.width} x {size.height}"
    return Result("validate", told | figures, baseline, data, seed, _notes(), asked, KINDS)


class _Timed:
    """One asset: all that comes after its drawing, its two main parts by themselves, and the plain way."""

    def __init__(self, drawing: Drawing, brief: Brief, folder: Path) -> None:
        eye = Classical()
        with _handed_over(drawing):
            whole = [_seconds(lambda: firing.fire(_order(brief, folder))) for _ in range(TIMES)]
        if not all(fired["passed"] for _, _, fired in whole):
            raise ValueError(f"asset {brief.row.id} was refused: {whole[0][2]['checked']['misses']}")
        self.seconds, self.cpu_seconds = min(clock for clock, _, _ in whole), min(cpu for _, cpu, _ in whole)
        self.inspect_s, _, _ = _seconds(lambda: inspect(drawing, brief, eye))
        self.finish_s, _, self.finished = _seconds(lambda: finish(drawing, folder / "ours", brief.size))
        self.plain_s, self.plain_cpu_s, _ = _seconds(lambda: _write_plainly(drawing.image, folder / "plain"))
        self.megabytes = sum(file.bytes for file in self.finished.files.values()) / 1e6
        shutil.rmtree(folder / "ours")
        shutil.rmtree(folder / "plain")


def _medians(timed: list[_Timed]) -> dict[str, float]:
    found = {
        "seconds": [each.seconds for each in timed],
        "cpu_seconds": [each.cpu_seconds for each in timed],
        "least_s": [min(each.seconds, each.cpu_seconds) for each in timed],
        "inspect_s": [each.inspect_s for each in timed],
        "finish_s": [each.finish_s for each in timed],
        "mb": [each.megabytes for each in timed],
    }
    return {name: statistics.median(values) for name, values in found.items()}


def _order(brief: Brief, folder: Path) -> firing.Order:
    """Under a key of its own, so that nothing is found to be done."""
    return firing.Order(brief, "given", uuid4().hex, str(folder / "assets"))


@contextmanager
def _handed_over(drawing: Drawing) -> Iterator[None]:
    """Whoever asks for a renderer meanwhile gets one that has this drawing ready."""
    with patch.object(firing, "renderer_of", lambda *_: _Ready(drawing)):
        yield


@dataclass(frozen=True, slots=True)
class _Ready:
    drawing: Drawing

    def draw(self, _: Sequence[Brief]) -> list[Drawing | Exception]:
        return [replace(self.drawing)]  # as new: nobody has looked at it


def _assets(kind: str, seed: int, count: int, size: Size) -> Iterator[tuple[Drawing, Brief]]:
    """Drawings of one kind with briefs that they answer: of a brand whose references look the same.

    One is drawn and looked at first that nobody counts.
    """
    titles = [" ".join(title.split()[:4]) for title in word_list_titles(seed, count + 1)]
    draw = _lettered if kind == "lettering" else _painted
    for at, title in enumerate(titles):
        drawing = draw(title, at, size)
        profile = profile_of(kind, [on_ground(drawing, BRAND, side) for side in SEEN], Classical())
        brief = Brief(Row(str(at), title), profile, "", "", at, size)
        if at:
            yield drawing, brief
        else:
            inspect(drawing, brief, Classical())
            ink.separate(Image.new("RGB", (1, 1)))


def _lettered(title: str, seed: int, size: Size) -> Drawing:
    (drawn,) = Typographic().draw([Brief(Row("1", title, hook="est. 1986"), BRAND, "", "", seed, size)])
    if isinstance(drawn, Exception):
        raise drawn
    return drawn


def _painted(title: str, seed: int, size: Size) -> Drawing:
    """Overlapping shaded blots with grain, on cream; enlarged to the size as a renderer enlarges what it paints."""
    rng = np.random.default_rng(seed)
    shape, chance = PAINTED, random.Random(f"{seed} {title}")
    picture, mask = Image.new("RGB", shape, PALETTE[-1]), Image.new("L", shape)
    for _ in range(14):
        x, y, side = chance.randint(220, 640), chance.randint(220, 820), chance.randint(70, 230)
        box = (x, y, x + side, y + chance.randint(70, 230))
        ImageDraw.Draw(picture).ellipse(box, fill=chance.choice(PALETTE[:3]))
        ImageDraw.Draw(mask).ellipse(box, fill=255)
    relief = ndimage.gaussian_filter(rng.normal(0, 1, shape[::-1]), 6) * 260
    relief += ndimage.gaussian_filter(rng.normal(0, 1, shape[::-1]), 0.8) * 14
    inside = np.asarray(mask.filter(ImageFilter.GaussianBlur(1)), dtype=float) / 255
    levels = np.asarray(picture) + (relief * inside + rng.normal(0, 0.8, inside.shape))[..., None]
    image = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
    large = image.resize((size.width, size.height), Image.Resampling.BICUBIC).convert("RGBA")
    return Drawing(large, None, "bench", "1", seed, {})


def _write_plainly(image: Image.Image, folder: Path) -> None:
    """The same files without anything that this product does about speed or ink."""
    folder.mkdir()
    image.save(folder / "print.png", dpi=(300, 300))
    press = ImageCms.ImageCmsProfile(str(ink.PROFILE))
    separated = ImageCms.profileToProfile(ink.on_paper(image), ImageCms.createProfile("sRGB"), press, outputMode="CMYK")
    if separated is not None:
        separated.save(folder / "press.tif", compression="tiff_adobe_deflate", dpi=(300, 300))
    image.resize((213, 256), Image.Resampling.LANCZOS).save(folder / "thumb.png")


def _seconds(work: Callable[[], T]) -> tuple[float, float, T]:
    """By the clock and of the processor, and what came of it."""
    clock, cpu = perf_counter(), process_time()
    done = work()
    return perf_counter() - clock, process_time() - cpu, done


def _notes() -> tuple[str, ...]:
    return ("baseline: Pillow's defaults, colours converted pixel by pixel, no limit of ink, nothing cut or inspected",)
