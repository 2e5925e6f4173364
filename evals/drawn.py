"""Drawn styles: subjects by seed, each drawn in many styles by code; what a style is, is known exactly.

A style is how: the width, ends and joins of lines, fill and tints, colours, ground, the hand, shading, screens, grain,
softness, margin; or a composition of lettering in a palette. A subject is what: shapes, signs, scenes, wordings. Styles
come in families whose members differ in one or two traits, as weights of an icon set do; every member draws the same
subjects.
"""

from __future__ import annotations

import colorsys
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
import resvg_py
from PIL import Image
from scipy import ndimage

from evals.subjects import BOX, Path, by_hand, path_of, rounded, subject
from studio.drawing import Row, Size
from studio.lettering.compositions import compositions
from studio.lettering.palettes import colourways
from studio.lettering.raster import draw as rasterised
from studio.lettering.svg import WIDTH, Canvas
from studio.lettering.words import wording_of

MEMBERS = 4
LETTERED = 0.15
"""Share of families that are lettered."""
FILLS = ("none", "none", "none", "flat", "flat", "tint", "tint", "solid", "solid", "hatch", "dots", "shade", "part")
CHANGES = (
    "stroke", "stroke", "stroke", "fill", "fill", "tint", "colours", "ground", "grain", "blur", "wobble", "sketch",
    "dash", "nib", "inline", "corners", "shadow", "field", "screen", "outlined", "all",
)  # fmt: skip
WEIGHTS = (0.4, 0.55, 0.67, 0.75, 1.33, 1.5, 1.8, 2.5)
VISIBLE = 0.012
"""Mean difference of levels from which on two drawings differ."""
PAPER = Size(180, 216, 12)
WORDS = (
    "mountains", "coffee", "rain", "old tractors", "wild garlic", "the sea", "moss", "bees", "night trains", "vinyl",
    "sourdough", "foxes", "slow mornings", "chess", "the north", "pickles", "tea", "the long run", "fern", "owls",
)  # fmt: skip
FRAMES = ("{}", "powered by {}", "{} club", "born for {}", "just one more day of {}", "I would rather have {}")
HOOKS = ("", "", "est. 1986", "since breakfast", "Lake Superior")


@dataclass(frozen=True, slots=True)
class Style:
    """Traits; lengths are shares of the image's side."""

    stroke: float
    fill: str
    tint: float
    """Opacity of what is tinted."""
    colours: tuple[str, ...]
    variety: int
    """0: every subject has all colours; 1: the first and some others; 2: some."""
    outlined: bool
    """Whether what is filled has a line around it."""
    ground: str
    joins: str
    cap: str
    rounds: float
    wobble: float
    sketch: int
    """How often each line is drawn."""
    dash: str
    """"whole", "broken" (a gap or two), "dashed", "dotted"."""
    nib: float
    """How far a broad nib is held: lines are wider one way."""
    inline: bool
    """A line of the ground's colour along the middle of each line."""
    grain: float
    blur: float
    scale: float
    figures: str
    parts: int
    shadow: float
    gradient: bool
    field: float
    """How slowly the ground varies: 0 is plain, 1 rough as gravel, 2 as clouds (the slope of its spectrum)."""
    screen: float
    """Width of the dots of a halftone; 0 is none."""
    pixels: int
    lettering: str = ""
    """The composition that sets words; empty: shapes are drawn."""


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
            for number in range(subjects):
                name = f"{family:03d}.{member}"
                yield Case(draw(style, f"{seed}.{family}.{number}", f"{seed}.{name}.{number}"), name, number)


def family_of(rng: random.Random, members: int) -> list[Style]:
    """A style and its sisters: each differs from the first in one trait or two, one in twenty in all."""
    first = style_of(rng)
    if rng.random() < LETTERED:
        first = replace(first, lettering=rng.choice(list(compositions())))
    found = [first]
    while len(found) < members:
        changed = lettered_sister(first, rng) if first.lettering else sister(first, rng)
        if all(differ(changed, other) for other in found):
            found.append(changed)
    return found


def differ(one: Style, other: Style) -> bool:
    """Whether anybody could tell: the same subject by the same hand differs visibly, for most of a few subjects."""
    apart = [
        np.abs(np.asarray(draw(one, seed, seed), dtype=np.float64) - np.asarray(draw(other, seed, seed))).mean() / 255
        for seed in ("a", "b", "c")
    ]
    return float(np.median(apart)) > VISIBLE


def sister(first: Style, rng: random.Random) -> Style:
    """A style that differs in one thing."""
    other, kind = style_of(rng), rng.choice(CHANGES)
    if kind == "all":
        return replace(other, pixels=first.pixels, figures=first.figures)
    if kind == "stroke":
        return replace(first, stroke=min(first.stroke * rng.choice(WEIGHTS), 0.13))
    if kind in ("ground", "colours"):
        ground = other.ground if kind == "ground" else first.ground
        return replace(first, ground=ground, colours=other.colours, variety=other.variety)
    if kind == "corners":
        return replace(first, joins=other.joins, cap=other.cap, rounds=other.rounds)
    if kind == "tint":
        return replace(first, fill=rng.choice(("tint", "part")), tint=other.tint)
    return replace(first, **{kind: getattr(other, kind)})


def lettered_sister(first: Style, rng: random.Random) -> Style:
    """Another composition in the same colours, or the same in others."""
    if rng.random() < 0.5:
        return replace(first, lettering=rng.choice(list(compositions())))
    other = style_of(rng)
    return replace(first, ground=other.ground, colours=other.colours)


def style_of(rng: random.Random) -> Style:
    """Any style: from a thin line on white to grain over shaded colours on a dark ground."""
    dark = rng.random() < 0.25
    plain = rng.random() < 0.35
    ground = "#ffffff" if plain or rng.random() < 0.3 else colour(rng, (0.05, 0.2) if dark else (0.8, 0.98))
    light = (0.55, 0.95) if dark else (0.1, 0.75)
    variety = 0 if plain else rng.choice((0, 0, 0, 1, 2))
    count = rng.choice((5, 8, 12)) if variety else rng.choice((1, 2, 3, 5))
    colours = ("#000000",) if plain else tuple(colour(rng, light) for _ in range(count))
    if variety == 1:
        colours = (rng.choice(("#000000", "#1b1b1f", colour(rng, (0.05, 0.3)))) if not dark else "#ffffff", *colours)
    return Style(
        stroke=0.012 * 9 ** rng.random(),
        fill=rng.choice(FILLS),
        tint=rng.choice((0.15, 0.2, 0.3, 0.4, 0.5)),
        colours=colours,
        variety=variety,
        outlined=rng.random() < 0.8,
        ground=ground,
        joins=rng.choice(("round", "round", "miter", "bevel")),
        cap=rng.choice(("round", "round", "butt", "square")),
        rounds=rng.choice((0.0, 0.2, 0.5)),
        wobble=rng.choice((0.0, 0.0, 0.0, 0.0, 0.006, 0.015)),
        sketch=rng.choice((1, 1, 1, 1, 1, 2, 3)),
        dash=rng.choice(("whole",) * 7 + ("broken", "dashed", "dotted")),
        nib=rng.choice((0.0,) * 6 + (0.5, 1.0)),
        inline=rng.random() < 0.07,
        grain=rng.choice((0.0, 0.0, 0.0, 0.0, 0.03, 0.1)),
        blur=rng.choice((0.0, 0.0, 0.0, 0.0, 0.0, 0.006, 0.015)),
        scale=rng.uniform(0.65, 0.95),
        figures=rng.choice(("icon", "icon", "shapes", "scene")),
        parts=rng.choice((2, 3, 5, 8)),
        shadow=rng.choice((0.0, 0.0, 0.0, 0.0, 0.03)),
        gradient=rng.random() < 0.15,
        field=rng.choice((0.0,) * 14 + (1.0, 1.5, 2.0)),
        screen=rng.choice((0.0,) * 14 + (0.02, 0.035)),
        pixels=rng.choice((96, 128, 128, 192, 256)),
    )


def colour(rng: random.Random, light: tuple[float, float]) -> str:
    """A colour whose HLS lightness lies in a range."""
    levels = colorsys.hls_to_rgb(rng.random(), rng.uniform(*light), rng.choice((0.1, 0.5, 0.9)))
    return "#" + "".join(f"{round(level * 255):02x}" for level in levels)


def draw(style: Style, seed: str, hand: str) -> Image.Image:
    """One subject in one style; `hand` seeds what no two drawings of a person have in common."""
    rng = random.Random(hand)
    image = _lettered(style, seed) if style.lettering else _figured(style, seed, rng)
    return _worn(_screened(_landscape(image, style, seed), style), style, rng)


def _lettered(style: Style, seed: str) -> Image.Image:
    """A wording set by the style's composition, in its colours, on the ground it is drawn for."""
    rng = random.Random(seed)
    keyword = rng.choice(WORDS)
    row = Row("1", rng.choice(FRAMES).format(keyword), keyword, rng.choice(HOOKS))
    light, dark = colourways((style.ground, *style.colours))
    palette = dark if int(style.ground[1:3], 16) < 100 else light
    canvas = Canvas(height=WIDTH * PAPER.height / PAPER.width)
    compositions()[style.lettering].compose(wording_of(row), palette, canvas, rng)
    print_ = rasterised(canvas.svg(), PAPER)
    ground = Image.new("RGBA", print_.size, palette.ground)
    return Image.alpha_composite(ground, print_).convert("RGB")


def _figured(style: Style, seed: str, rng: random.Random) -> Image.Image:
    style = _inked(style, seed)
    paths = subject(style.figures, seed, style.parts)
    shapes = "".join(_shape(style, path, number, rng) for number, path in enumerate(paths))
    edge = (1 - style.scale) / 2 * BOX
    body = f'<g transform="translate({edge:.2f} {edge:.2f}) scale({style.scale:.3f})">{shapes}</g>'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {BOX:g} {BOX:g}" width="{style.pixels}" '
        f'height="{style.pixels}"><defs>{_defs(style)}</defs>'
        f'<rect width="100" height="100" fill="{style.ground}"/>{body}</svg>'
    )
    return Image.open(BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGB")


def _inked(style: Style, seed: str) -> Style:
    """The colours that a subject has of all that its style has, and how large it is."""
    if not style.variety:
        return style
    rng = random.Random(seed + "c")
    scale = style.scale * rng.uniform(0.85, 1.0)
    kept = style.colours[:1] if style.variety == 1 else ()
    rest = style.colours[len(kept) :]
    return replace(style, scale=scale, colours=(*kept, *rng.sample(rest, min(len(rest), rng.randint(2, 4)))))


def _shape(style: Style, path: Path, number: int, rng: random.Random) -> str:
    """An area and its line, or a line; in a filled style some areas stay lines, and marks are cut out of others."""
    line = style.colours[0]
    inside = style.colours[(1 + number % max(len(style.colours) - 1, 1)) % len(style.colours)]
    kind = style.fill if path.closed and rng.random() < 0.9 else "none"
    if style.fill == "solid" and path.is_mark and number and rng.random() < 0.7:
        line, kind = style.ground, "none"
    points = rounded(path.points, path.closed, style.rounds)
    hands = [path_of(by_hand(points, path.closed, style.wobble, rng), path.closed) for _ in range(style.sketch)]
    shift = style.shadow * BOX
    moved = f'transform="translate({shift:.1f} {shift:.1f})"'
    under = f'<path d="{hands[0]}" {moved} fill="#000" fill-opacity="0.3"/>'
    area = _area(style, kind, line, inside, hands[0])
    faded = style.fill == "part" and number % 2 == 0
    strokes = "".join(_stroke(style, each, line, style.tint if faded else 1.0) for each in hands)
    return (under if shift and path.closed else "") + area + (strokes if style.outlined or not area else "")


def _area(style: Style, kind: str, line: str, inside: str, path: str) -> str:
    """What fills an outline; nothing where it is only a line. In part-tinted styles the tint is on lines."""
    paint = {
        "none": "", "part": "", "flat": inside, "solid": line, "tint": inside, "hatch": "url(#hatch)",
        "dots": "url(#dots)", "shade": "url(#shade)",
    }[kind]  # fmt: skip
    paint = "url(#shade)" if style.gradient and kind in ("flat", "solid") else paint
    dim = f' fill-opacity="{style.tint}"' if kind == "tint" else ""
    return f'<path d="{path}" fill="{paint}"{dim}/>' if paint else ""


def _stroke(style: Style, path: str, line: str, opacity: float) -> str:
    """A line, as often as its nib is wide, and its inline."""
    width = style.stroke * BOX / style.scale
    dashes = {
        "whole": "", "broken": f"{width * 9:.2f} {width * 2.2:.2f}", "dashed": f"{width * 2.5:.2f} {width * 2:.2f}",
        "dotted": f"0.1 {width * 1.8:.2f}",
    }[style.dash]  # fmt: skip
    look = (
        f'fill="none" stroke-linejoin="{style.joins}" stroke-linecap="{style.cap}" stroke-opacity="{opacity}" '
        f'stroke-dasharray="{dashes or "none"}"'
    )
    reach = style.nib * width
    nibs = [reach * at / 4 - reach / 2 for at in range(5)] if reach else [0.0]
    lines = [
        f'<path d="{path}" transform="translate({at:.2f} {-at:.2f})" stroke="{line}" '
        f'stroke-width="{width:.2f}" {look}/>'
        for at in nibs
    ]
    if style.inline:
        lines.append(f'<path d="{path}" stroke="{style.ground}" stroke-width="{width * 0.3:.2f}" {look}/>')
    return "".join(lines)


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


def _landscape(image: Image.Image, style: Style, seed: str) -> Image.Image:
    """The same light as in nature: noise whose spectrum falls with frequency, laid over everything (Field 1987)."""
    if not style.field:
        return image
    height, width = image.height, image.width
    noise = np.random.default_rng(random.Random(seed + "f").getrandbits(32)).normal(size=(height, width))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]) + 1 / max(height, width)
    field = np.fft.ifft2(np.fft.fft2(noise) / frequency**style.field).real
    shade = field / (2.5 * field.std()) * 90
    return Image.fromarray(np.clip(np.rint(np.asarray(image) + shade[..., None]), 0, 255).astype(np.uint8))


def _screened(image: Image.Image, style: Style) -> Image.Image:
    """As a newspaper prints: every tone a dot whose size it is, on a screen of 45 degrees."""
    if not style.screen:
        return image
    period = max(style.screen * image.width, 4.0)
    y, x = np.mgrid[: image.height, : image.width] * (2 * np.pi / period / np.sqrt(2))
    threshold = (np.cos(x + y) + np.cos(x - y)) / 4 + 0.5
    pixels = np.asarray(image, dtype=np.float64)
    light = pixels.mean(axis=2) / 255
    ink = 1 / (1 + np.exp(-(threshold - (0.15 + 0.7 * light)) * 8))[..., None]
    return Image.fromarray(np.rint(255 * (1 - ink) + pixels * 0.6 * ink).clip(0, 255).astype(np.uint8))


def _worn(image: Image.Image, style: Style, rng: random.Random) -> Image.Image:
    """Softened and grained, as paper and lenses do."""
    pixels = np.asarray(image, dtype=np.float64)
    if style.blur:
        pixels = ndimage.gaussian_filter(pixels, (style.blur * image.width, style.blur * image.width, 0))
    if style.grain:
        noise = np.random.default_rng(rng.getrandbits(32)).normal(0, style.grain * 255, pixels.shape[:2])
        pixels = pixels + ndimage.gaussian_filter(noise, 0.6)[..., None]
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
