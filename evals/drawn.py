"""Drawn styles: subjects by seed, each drawn in many styles by code; what a style is, is known exactly.

A style is how: the width and joins of lines, fill, colours, ground, wobble of the hand, shading, grain, softness,
margin. A subject is what: a few shapes, curves and dots in a symmetric or free layout. Styles come in families whose
members differ in one or two traits, as weights of an icon set do; every member draws the same subjects.
"""

from __future__ import annotations

import colorsys
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from math import cos, pi, sin

import numpy as np
import resvg_py
from PIL import Image
from scipy import ndimage

MEMBERS = 4
BOX = 100.0
FILLS = ("none", "none", "flat", "tint", "solid", "hatch", "dots", "shade")


@dataclass(frozen=True, slots=True)
class Style:
    """Traits; lengths are shares of the image's side."""

    stroke: float
    fill: str
    colours: tuple[str, ...]
    ground: str
    joins: str
    wobble: float
    grain: float
    blur: float
    scale: float
    parts: int
    shadow: float
    gradient: bool
    rounds: float
    field: float
    """How slowly the ground varies: 0 is plain, 1 rough as gravel, 2 as clouds (the slope of its spectrum)."""
    pixels: int


@dataclass(frozen=True, slots=True)
class Case:
    """One image, its style ("family.member"), and its subject."""

    image: Image.Image
    style: str
    subject: int


def drawn(seed: int, families: Iterable[int], subjects: int, members: int = MEMBERS) -> Iterator[Case]:
    """Every style of each family draws the same number of subjects; the same seed gives the same pixels."""
    for family in families:
        rng = random.Random(f"{seed}.{family}")
        for member, style in enumerate(family_of(rng, members)):
            for subject in range(subjects):
                name = f"{family:03d}.{member}"
                yield Case(draw(style, f"{seed}.{family}.{subject}", f"{seed}.{name}.{subject}"), name, subject)


def family_of(rng: random.Random, members: int) -> list[Style]:
    """A style and its sisters: each differs from the first in one or two traits."""
    first = style_of(rng)
    found = [first]
    while len(found) < members:
        other = style_of(rng)
        kind = rng.choice(
            ("stroke", "stroke", "fill", "colours", "ground", "grain", "blur", "wobble", "shadow", "field", "all")
        )
        if kind == "all":
            changed = replace(other, pixels=first.pixels)
        elif kind == "stroke":
            changed = replace(first, stroke=min(first.stroke * rng.choice((0.4, 0.55, 0.7, 1.4, 1.8, 2.5)), 0.13))
        elif kind == "ground":
            changed = replace(first, ground=other.ground, colours=other.colours)
        else:
            changed = replace(first, **{kind: getattr(other, kind)})
        if changed not in found:
            found.append(changed)
    return found


def style_of(rng: random.Random) -> Style:
    """Any style: from a thin line on white to grain over shaded colours on a dark ground."""
    dark = rng.random() < 0.25
    plain = rng.random() < 0.3
    ground = "#ffffff" if plain or rng.random() < 0.3 else colour(rng, (0.05, 0.2) if dark else (0.8, 0.98))
    light = (0.55, 0.95) if dark else (0.1, 0.75)
    colours = ("#000000",) if plain else tuple(colour(rng, light) for _ in range(rng.choice((1, 2, 3, 5))))
    return Style(
        stroke=0.012 * 9 ** rng.random(),
        fill=rng.choice(FILLS),
        colours=colours,
        ground=ground,
        joins=rng.choice(("round", "miter", "bevel")),
        wobble=rng.choice((0.0, 0.0, 0.0, 0.01, 0.025)),
        grain=rng.choice((0.0, 0.0, 0.0, 0.03, 0.1)),
        blur=rng.choice((0.0, 0.0, 0.0, 0.0, 0.006, 0.015)),
        scale=rng.uniform(0.65, 0.95),
        parts=rng.choice((2, 3, 5, 8)),
        shadow=rng.choice((0.0, 0.0, 0.0, 0.03)),
        gradient=rng.random() < 0.2,
        rounds=rng.choice((0.0, 0.2, 0.5)),
        field=rng.choice((0.0,) * 12 + (1.0, 1.5, 2.0)),
        pixels=rng.choice((96, 128, 192, 256)),
    )


def colour(rng: random.Random, light: tuple[float, float]) -> str:
    """A colour whose HLS lightness lies in a range."""
    levels = colorsys.hls_to_rgb(rng.random(), rng.uniform(*light), rng.choice((0.1, 0.5, 0.9)))
    return "#" + "".join(f"{round(level * 255):02x}" for level in levels)


def draw(style: Style, subject: str, hand: str) -> Image.Image:
    """One subject in one style; `hand` seeds the wobble and the grain."""
    rng = random.Random(hand)
    shapes = "".join(
        _shape(style, path, closed, number, rng) for number, (path, closed) in enumerate(_subject(style, subject, rng))
    )
    edge = (1 - style.scale) / 2 * BOX
    body = f'<g transform="translate({edge:.2f} {edge:.2f}) scale({style.scale:.3f})">{shapes}</g>'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {BOX:g} {BOX:g}" width="{style.pixels}" '
        f'height="{style.pixels}"><defs>{_defs(style)}</defs>'
        f'<rect width="100" height="100" fill="{style.ground}"/>{body}</svg>'
    )
    image = Image.open(BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGB")
    return _worn(_landscape(image, style, subject), style, rng)


def _subject(style: Style, subject: str, hand: random.Random) -> list[tuple[str, bool]]:
    """Paths and whether they close; the same subject has the same shapes in every style."""
    rng = random.Random(subject)
    mirrored = rng.random() < 0.5
    found = []
    for number in range(max(1, round(style.parts * rng.uniform(0.6, 1.5)))):
        size = rng.uniform(6, 24) if number else rng.uniform(22, 48)
        x = 50.0 if mirrored and rng.random() < 0.6 else rng.uniform(size, 100 - size)
        y = rng.uniform(size, 100 - size)
        found.append(_path(rng, x, y, size, style, hand))
    return found


def _path(rng: random.Random, x: float, y: float, size: float, style: Style, hand: random.Random) -> tuple[str, bool]:
    corners = rng.choice((2, 3, 4, 4, 5, 6, 24, 24))
    turn, squash = rng.choice((0.0, pi / 4, rng.uniform(0, pi))), rng.uniform(0.5, 1.0)
    inner = rng.choice((1.0, 1.0, 0.5))
    points = []
    for number in range(corners * (2 if inner < 1 and corners > 2 else 1)):
        reach = size * (inner if number % 2 and inner < 1 else 1.0)
        angle = turn + 2 * pi * number / (corners * (2 if inner < 1 and corners > 2 else 1))
        jitter = [hand.gauss(0, style.wobble * BOX) for _ in range(2)]
        points.append((x + reach * cos(angle) + jitter[0], y + reach * squash * sin(angle) + jitter[1]))
    closed = corners > 2
    return (_rounded(points, style.rounds) if closed else _arc(points, rng, size)), closed


def _rounded(points: list[tuple[float, float]], share: float) -> str:
    """A closed path whose corners are cut by a curve over a share of each side."""
    words: list[str] = []
    for number, (x, y) in enumerate(points):
        (bx, by), (ax, ay) = points[number - 1], points[(number + 1) % len(points)]
        sx, sy = x + (bx - x) * share / 2, y + (by - y) * share / 2
        ex, ey = x + (ax - x) * share / 2, y + (ay - y) * share / 2
        words.append(f"{'L' if words else 'M'}{sx:.2f} {sy:.2f}Q{x:.2f} {y:.2f} {ex:.2f} {ey:.2f}")
    return "".join(words) + "Z"


def _arc(points: list[tuple[float, float]], rng: random.Random, size: float) -> str:
    (x1, y1), (x2, y2) = points[:2]
    bend = rng.choice((0.0, rng.uniform(-size, size)))
    return f"M{x1:.2f} {y1:.2f}Q{(x1 + x2) / 2 + bend:.2f} {(y1 + y2) / 2 - bend:.2f} {x2:.2f} {y2:.2f}"


def _shape(style: Style, path: str, closed: bool, number: int, rng: random.Random) -> str:
    line = style.colours[0]
    inside = style.colours[(1 + number % max(len(style.colours) - 1, 1)) % len(style.colours)]
    # In a filled style some things stay lines, as they do in every icon set.
    kind = style.fill if closed and rng.random() < 0.85 else "none"
    paint = {
        "none": "none", "flat": inside, "solid": line, "tint": line, "hatch": "url(#hatch)", "dots": "url(#dots)",
        "shade": "url(#shade)",
    }[kind]  # fmt: skip
    paint = "url(#shade)" if style.gradient and kind in ("flat", "solid") else paint
    dim = ' fill-opacity="0.2"' if kind == "tint" else ""
    width = style.stroke * BOX / style.scale
    cap = "round" if style.joins == "round" else "butt"
    shape = (
        f'<path d="{path}" fill="{paint}"{dim} stroke="{line}" stroke-width="{width:.2f}" '
        f'stroke-linejoin="{style.joins}" stroke-linecap="{cap}"/>'
    )
    shift = style.shadow * BOX
    return (
        f'<path d="{path}" transform="translate({shift:.1f} {shift:.1f})" fill="#000" fill-opacity="0.3"/>'
        if shift
        else ""
    ) + shape


def _defs(style: Style) -> str:
    line, last = style.colours[0], style.colours[-1]
    thin = max(style.stroke * BOX / 3, 0.8)
    step = thin * 3
    return (
        f'<pattern id="hatch" width="{step:.2f}" height="{step:.2f}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)">'
        f'<rect width="{thin:.2f}" height="{step:.2f}" fill="{last}"/></pattern>'
        f'<pattern id="dots" width="{step:.2f}" height="{step:.2f}" patternUnits="userSpaceOnUse">'
        f'<circle cx="{step / 2:.2f}" cy="{step / 2:.2f}" r="{thin:.2f}" fill="{last}"/></pattern>'
        f'<linearGradient id="shade" x2="0.6" y2="1"><stop offset="0" stop-color="{last}" stop-opacity="0.9"/>'
        f'<stop offset="1" stop-color="{line}"/></linearGradient>'
    )


def _landscape(image: Image.Image, style: Style, subject: str) -> Image.Image:
    """The same light as in nature: noise whose spectrum falls with frequency, laid over everything (Field 1987)."""
    if not style.field:
        return image
    side = style.pixels
    noise = np.random.default_rng(random.Random(subject + "f").getrandbits(32)).normal(size=(side, side))
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None]) + 1 / side
    field = np.fft.ifft2(np.fft.fft2(noise) / frequency**style.field).real
    shade = field / (2.5 * field.std()) * 90
    return Image.fromarray(np.clip(np.rint(np.asarray(image) + shade[..., None]), 0, 255).astype(np.uint8))


def _worn(image: Image.Image, style: Style, rng: random.Random) -> Image.Image:
    """Softened and grained, as paper and lenses do."""
    pixels = np.asarray(image, dtype=np.float64)
    if style.blur:
        pixels = ndimage.gaussian_filter(pixels, (style.blur * style.pixels, style.blur * style.pixels, 0))
    if style.grain:
        noise = np.random.default_rng(rng.getrandbits(32)).normal(0, style.grain * 255, pixels.shape[:2])
        pixels = pixels + ndimage.gaussian_filter(noise, 0.6)[..., None]
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
