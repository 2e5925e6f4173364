"""Inspect: whether a drawing is in the brand's style and fit to print; every miss is typed and has its figures.

    size      the pixels that were asked for
    artefacts blank, single colour, banding, noise, clipped, contrast: what a renderer that fails gives back
    style     likeness to the brand's references against the lines of the descriptor's own calibration

A drawing that is no drawing has no style: where an artefact is found that leaves nothing to see, none is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from studio.brand import Calibration, Descriptor, Likeness, Profile
from studio.descriptors.colour import LINEAR, to_lab
from studio.drawing import Brief, Drawing
from studio.errors import NotConfigured
from studio.lettering.palettes import colourways

Kind = Literal[
    "size", "blank", "single colour", "banding", "noise", "clipped", "contrast", "style", "palette", "edge", "overall"
]
Floats = NDArray[np.float64]

NOTHING: tuple[Kind, ...] = ("size", "blank", "single colour", "banding", "noise")
"""Misses that leave no style to measure."""
LEAST_COVERED = 0.002
"""Share of the canvas that is drawn on."""
ONE_COLOUR = 4.0
"""CIELAB distance from the commonest colour within which all of a full canvas is one colour."""
BANDS = 0.985
"""Share of the variance of light that lies between the rows, or between the columns."""
COARSE = 8
"""Times reduced again to see what noise is not: shapes."""
ALIKE = 0.55
"""Correlation of neighbours at that size, from which on there are shapes; noise has none, of whatever grain."""
EVEN = 0.5
"""Spread of light in the calm parts of the canvas over that in all of them; noise is as rough everywhere."""
STEADY = 0.05
"""Share of the spread of light by which neighbours may differ and be of one tone."""
FLAT = 0.5
"""Share of neighbours of one tone from which on it is drawn: letterings of any size have .7 and more, noise has .3."""
EDGE_SHARE = 0.01
"""Share of one side of the canvas that ink may touch."""
GROUND_SHARE = 0.8
"""Share of the rim that is covered, or of one colour, from which on it is a ground and nothing is cut by it."""
APART = 12.0
"""CIELAB distance from the rim's colour from which on it is ink."""
LEAST_CONTRAST = 2.0
"""Ratio of luminance (WCAG 2) between the lightest and the darkest half a percent of the box that is drawn in."""


@dataclass(frozen=True, slots=True)
class Miss:
    """One way a drawing falls short: what was found and what was wanted, in the unit of its kind, and a sentence."""

    kind: Kind
    found: float
    wanted: float
    why: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was measured, against which lines, and what missed."""

    likeness: Likeness | None
    """None where there are no references, or nothing to compare."""
    lines: Calibration
    misses: tuple[Miss, ...]

    @property
    def passed(self) -> bool:
        return not self.misses


@dataclass(frozen=True, slots=True)
class _Seen:
    """A drawing, reduced once: on its ground, its cover in [0, 1], and what of it is ink."""

    rgb: Image.Image
    cover: Floats
    lab: NDArray[np.float32]


def inspect(drawing: Drawing, brief: Brief, descriptor: Descriptor) -> Inspection:
    """Measure a drawing against its brief.

    Raises:
        NotConfigured: the brand was measured by another descriptor, or by another version of it.
    """
    check_same(brief.profile, descriptor)
    seen = _seen(drawing, brief.profile)
    misses = [*_size(drawing, brief), *_artefacts(seen)]
    if not brief.profile.looks or any(miss.kind in NOTHING for miss in misses):
        return Inspection(None, descriptor.calibration, tuple(misses))
    likeness = descriptor.compare(descriptor.look(seen.rgb), brief.profile.looks)
    return Inspection(likeness, descriptor.calibration, (*misses, *_style(likeness, descriptor.calibration)))


def check_same(profile: Profile, descriptor: Descriptor) -> None:
    """Figures of two descriptors are never compared."""
    wanted, given = (profile.descriptor, profile.version), (descriptor.name, descriptor.version)
    if profile.looks and wanted != given:
        raise NotConfigured(
            f"brand {profile.name!r} was measured by {' '.join(wanted)}, not by {' '.join(given)}: "
            "measure its references again"
        )


def _size(drawing: Drawing, brief: Brief) -> Iterator[Miss]:
    wanted = (brief.size.width, brief.size.height)
    if drawing.image.size != wanted:
        drawn = "{} x {}".format(*drawing.image.size)
        pixels = float(np.prod(drawing.image.size)), float(np.prod(wanted))
        yield Miss("size", *pixels, f"drawn {drawn} px, asked for {wanted[0]} x {wanted[1]}")


def _style(likeness: Likeness, line: Calibration) -> Iterator[Miss]:
    """Every figure that is over its line on the wrong side."""
    for kind in ("style", "edge", "overall"):
        found, wanted = getattr(likeness, kind), getattr(line, kind)
        if found < wanted:
            yield Miss(kind, found, wanted, f"{kind} {found:.2f} of the references, at least {wanted:.2f}")
    if likeness.palette_de > line.palette_de:
        found, wanted = likeness.palette_de, line.palette_de
        yield Miss("palette", found, wanted, f"palette {found:.1f} off the references', at most {wanted:.1f}")


def on_ground(drawing: Drawing, profile: Profile, side: int) -> Image.Image:
    """RGB, its longer side at most `side` (and `LOOKED_AT`) pixels: a drawing on the ground that it was drawn for."""
    shown = _shown(drawing, profile)
    shown.thumbnail((side, side), Image.Resampling.LANCZOS)
    return shown


def _shown(drawing: Drawing, profile: Profile) -> Image.Image:
    ground = Image.new("RGB", drawing.small.size, _ground(drawing, profile))
    ground.paste(drawing.small, mask=drawing.small)
    return ground


def _seen(drawing: Drawing, profile: Profile) -> _Seen:
    rgb = _shown(drawing, profile)
    cover = np.asarray(drawing.small.getchannel("A"), dtype=np.float64) / 255
    return _Seen(rgb, cover, to_lab(np.asarray(rgb)))


def _ground(drawing: Drawing, profile: Profile) -> tuple[int, ...]:
    """The colour of the product that it was drawn for: as its palette names it, else the brand's; else white paper."""
    palette = drawing.made_with.get("palette")
    named = palette.get("ground") if isinstance(palette, dict) else None
    if named is None and profile.parameters.get("ground") == "dark":
        named = colourways(profile.palette)[1].ground
    return ImageColor.getrgb(str(named))[:3] if named else (255, 255, 255)


def _artefacts(seen: _Seen) -> list[Miss]:
    """What leaves nothing to see, by itself; else all other faults."""
    for check in (_blank, _single_colour, _banding, _noise):
        found = list(check(seen))
        if found:
            return found
    return [*_clipped(seen), *_contrast(seen)]


def _blank(seen: _Seen) -> Iterator[Miss]:
    covered = float((seen.cover > 0.5).mean())
    if covered < LEAST_COVERED:
        yield Miss("blank", covered, LEAST_COVERED, f"{covered:.2%} of the canvas is drawn on")


def _single_colour(seen: _Seen) -> Iterator[Miss]:
    """One colour all over; one ink on a transparent canvas is none of this."""
    middle = np.median(seen.lab.reshape(-1, 3), axis=0)
    other = float((np.linalg.norm(seen.lab - middle, axis=-1) > ONE_COLOUR).mean())
    if other < LEAST_COVERED and float((seen.cover > 0.5).mean()) > GROUND_SHARE:
        yield Miss("single colour", other, LEAST_COVERED, f"{other:.2%} of the canvas differs from one flat colour")


def _banding(seen: _Seen) -> Iterator[Miss]:
    light = seen.lab[..., 0].astype(np.float64)
    whole = light.var()
    between = max(light.mean(axis=0).var(), light.mean(axis=1).var()) / whole if whole > 1e-6 else 0.0
    if between > BANDS:
        yield Miss("banding", between, BANDS, f"{between:.1%} of what changes lies in straight bands across the canvas")


def _noise(seen: _Seen) -> Iterator[Miss]:
    """As rough everywhere, without shapes when it is looked at from afar, and nowhere of one tone."""
    light = seen.lab[..., 0].astype(np.float64)
    rough = _spreads(light)
    even = float(np.quantile(rough, 0.1) / max(np.median(rough), 1e-6))
    alike = _neighbours(_reduced(light, COARSE))
    if even > EVEN and alike < ALIKE and _steady(light) < FLAT:
        yield Miss("noise", alike, ALIKE, f"neighbours agree by {alike:.2f} and every part is as rough: it is noise")


def _reduced(values: Floats, factor: int) -> Floats:
    """Means of squares `factor` wide; a rest at the right and below is left out."""
    height, width = (side // factor for side in values.shape)
    whole = values[: height * factor, : width * factor]
    return np.asarray(whole.reshape(height, factor, width, factor).mean(axis=(1, 3)))


def _spreads(light: Floats, across: int = 8) -> Floats:
    """Standard deviation of light in each of 8 x 8 parts."""
    height, width = (side // across for side in light.shape)
    whole = light[: height * across, : width * across]
    return np.asarray(whole.reshape(across, height, across, width).std(axis=(1, 3)))


def _steady(light: Floats) -> float:
    """Share of values that are next to one of the same tone, as their spread counts."""
    return float((np.abs(np.diff(light, axis=1)) <= STEADY * light.std()).mean())


def _neighbours(light: Floats) -> float:
    """Correlation of each value with the one to its right and the one below; 1 where nothing varies."""
    if min(light.shape) < 3 or light.std() < 1e-6:
        return 1.0
    pairs = ((light[:, 1:], light[:, :-1]), (light[1:], light[:-1]))
    return float(np.mean([np.corrcoef(one.ravel(), two.ravel())[0, 1] for one, two in pairs]))


def _clipped(seen: _Seen) -> Iterator[Miss]:
    """Ink on the outermost pixels of a side, unless the rim is a ground of its own or a scene that fills the canvas."""
    ink = _ink(seen)
    sides = {"top": ink[0], "bottom": ink[-1], "left": ink[:, 0], "right": ink[:, -1]}
    touched = {side: float(line.mean()) for side, line in sides.items()}
    side, most = max(touched.items(), key=lambda each: each[1])
    if most > EDGE_SHARE and float(np.mean(list(touched.values()))) < GROUND_SHARE:
        yield Miss("clipped", most, EDGE_SHARE, f"ink reaches the {side} edge over {most:.0%} of it: it was cut off")


def _ink(seen: _Seen) -> NDArray[np.bool_]:
    """What is drawn: by its cover; on a ground that covers the rim, by its distance from that ground's colour.

    All false where the rim has no one colour: a scene bleeds over its edges on purpose.
    """
    covered = seen.cover > 0.5
    if _rim(covered).mean() < GROUND_SHARE:
        return covered
    ground = np.median(_rim(seen.lab), axis=0)
    ink = np.linalg.norm(seen.lab - ground, axis=-1) > APART
    return np.asarray(ink & bool(_rim(ink).mean() < 1 - GROUND_SHARE))


def _rim(values: NDArray[Any]) -> NDArray[Any]:
    """(n, ...) of the outermost pixels."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _contrast(seen: _Seen) -> Iterator[Miss]:
    """Between light and dark within the box of what is drawn, the ground it was drawn for included."""
    light = LINEAR[np.asarray(seen.rgb)] @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
    rows, columns = (np.flatnonzero((seen.cover > 0.1).any(axis=axis)) for axis in (1, 0))
    drawn = light[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    dark, bright = np.quantile(drawn, (0.005, 0.995))
    ratio = float((bright + 0.05) / (dark + 0.05))
    if ratio < LEAST_CONTRAST:
        yield Miss("contrast", ratio, LEAST_CONTRAST, f"light and dark differ by {ratio:.1f} to 1: nobody can read it")
