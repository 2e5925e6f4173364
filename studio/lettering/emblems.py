"""Emblems: small pictures made of geometry, and which of them goes with which words.

An emblem is the data of one path: `emblem(name, x, y, size)` is centred on `x`, `y` and nowhere leaves the square of
`size`. Holes turn the other way round, so either fill rule draws them alike.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterable, Mapping

from studio.lettering.flourishes import leaf
from studio.lettering.ornaments import (
    Point,
    arc_points,
    band,
    disc,
    ellipse,
    polar,
    polygon,
    rounded,
    sparkle,
    spline,
    star,
)

Figure = Callable[[float, float, float], str]


def scaled(points: Iterable[Point], x: float, y: float, size: float) -> list[Point]:
    """Points of a drawing 100 units wide around its middle, moved to their place."""
    return [(x + px * size / 100, y + py * size / 100) for px, py in points]


def mountain(x: float, y: float, size: float) -> str:
    """Two peaks with the snow cut out."""
    peaks = [(-50, 36), (-12, -38), (9, -3), (20, -18), (50, 36)]
    snow = [(-12, -26), (-25, 0), (-17, -5), (-11, 3), (-5, -4), (2, 1)]
    return polygon(scaled(peaks, x, y, size)) + polygon(scaled(snow, x, y, size), hole=True)


def pine(x: float, y: float, size: float) -> str:
    """Three tiers and a trunk."""
    right = [(0, -50), (18, -24), (9, -24), (26, 5), (14, 5), (34, 35), (6, 35), (6, 50)]
    return polygon(scaled(right + [(-px, py) for px, py in right[:0:-1]], x, y, size))


def sun(x: float, y: float, size: float) -> str:
    """A disc with twelve wedges around it."""
    r = size / 2
    corners = [[(r * 0.68, turn - 9), (r, turn), (r * 0.68, turn + 9)] for turn in range(0, 360, 30)]
    return disc(x, y, r * 0.54) + "".join(
        polygon(polar(x, y, reach, turn) for reach, turn in wedge) for wedge in corners
    )


def moon(x: float, y: float, size: float) -> str:
    """A waning crescent with a star between its horns."""
    r = size / 2
    hollow = x + r * 0.45
    horn = polar(x, y, r, 40)
    reach, lean = math.dist(horn, (hollow, y)), math.degrees(math.atan2(horn[0] - hollow, y - horn[1]))
    rim = arc_points(x, y, r, 140, 400, 4) + arc_points(hollow, y, reach, lean, -180 - lean, 4)
    return polygon(rim) + star(x + r * 0.42, y, r * 0.34, 5, 0.42)


def heart(x: float, y: float, size: float) -> str:
    points = scaled([(0, -26), (-8, -46), (-50, -50), (-50, -14), (-50, 10), (-18, 26), (0, 46)], x, y, size)
    back = scaled([(18, 26), (50, 10), (50, -14), (50, -50), (8, -46), (0, -26)], x, y, size)
    curves = [tuple(points[1:4]), tuple(points[4:7]), tuple(back[0:3]), tuple(back[3:6])]
    return spline(points[0], [(a, b, c) for a, b, c in curves])


def bolt(x: float, y: float, size: float) -> str:
    return polygon(scaled([(8, -50), (-26, 8), (-4, 8), (-12, 50), (26, -12), (4, -12), (20, -50)], x, y, size))


def paw(x: float, y: float, size: float) -> str:
    """A pad and four toes."""
    u = size / 100
    toes = [(-38, -6, 11, 15), (-15, -31, 12, 17), (15, -31, 12, 17), (38, -6, 11, 15)]
    pad = scaled([(0, -4), (22, -4), (38, 24), (32, 38), (24, 52), (10, 40), (0, 40)], x, y, size)
    back = scaled([(-10, 40), (-24, 52), (-32, 38), (-38, 24), (-22, -4), (0, -4)], x, y, size)
    whole = [*pad, *back]
    curves = [(whole[index], whole[index + 1], whole[index + 2]) for index in (1, 4, 7, 10)]
    return spline(whole[0], curves) + "".join(ellipse(x + a * u, y + b * u, c * u, d * u) for a, b, c, d in toes)


def cup(x: float, y: float, size: float) -> str:
    """A cup with a handle, a saucer and three wisps of steam."""
    u = size / 100
    bowl = scaled([(-36, -12), (26, -12), (26, 8), (26, 24), (16, 32), (2, 32)], x, y, size)
    left = scaled([(-12, 32), (-26, 32), (-36, 24), (-36, 8)], x, y, size)
    rim, side = (bowl[0], bowl[1], bowl[1]), (bowl[2], bowl[3], bowl[5])
    body = spline(bowl[0], [rim, side, (bowl[5], left[0], left[0]), (left[1], left[2], left[3])])
    handle = band(x + 27 * u, y + 5 * u, 17 * u, 10 * u, 0, 180)
    wisps = [wisp(x + step * u, y - 34 * u, 5 * u, 30 * u) for step in (-22, -5, 12)]
    return body + handle + rounded(x - 44 * u, y + 38 * u, 78 * u, 7 * u, 3.5 * u) + "".join(wisps)


def wisp(x: float, y: float, width: float, height: float) -> str:
    """Steam: an S with pointed ends."""
    top, foot = (x + width * 0.3, y - height / 2), (x - width * 0.3, y + height / 2)
    left = ((x - width * 1.6, y - height / 5), (x + width * 1.1, y + height / 5), foot)
    right = ((x + width * 2.2, y + height / 5), (x - width * 0.4, y - height / 5), top)
    return spline(top, [left, right])


def gear(x: float, y: float, size: float, teeth: int = 10) -> str:
    """A toothed wheel with a round hole."""
    r, step = size / 2, 360 / teeth
    rim = []
    for index in range(teeth):
        turn = index * step
        rim += [
            (r, turn - step * 0.2),
            (r, turn + step * 0.2),
            (r * 0.78, turn + step * 0.3),
            (r * 0.78, turn + step * 0.7),
        ]
    return polygon(polar(x, y, reach, turn) for reach, turn in rim) + disc(x, y, r * 0.36, hole=True)


def anchor(x: float, y: float, size: float) -> str:
    """Ring, stock, shank and two flukes."""
    u = size / 100
    eye = disc(x, y - 38 * u, 12 * u) + disc(x, y - 38 * u, 6 * u, hole=True)
    shank = rounded(x - 4.5 * u, y - 27 * u, 9 * u, 72 * u) + rounded(x - 23 * u, y - 20 * u, 46 * u, 8 * u, 4 * u)
    arms = band(x, y + 2 * u, 47 * u, 38 * u, 112, 248)
    flukes = [[(50 * way, 2), (30 * way, 18), (49 * way, 26)] for way in (1, -1)]
    return eye + shank + arms + "".join(polygon(scaled(fluke, x, y, size)) for fluke in flukes)


def fish(x: float, y: float, size: float) -> str:
    """Body, tail, an eye and a gill cut out."""
    u = size / 100
    nose, root = (x - 50 * u, y), (x + 24 * u, y)
    body = spline(
        nose,
        [
            ((x - 30 * u, y - 32 * u), (x + 6 * u, y - 28 * u), root),
            ((x + 6 * u, y + 28 * u), (x - 30 * u, y + 32 * u), nose),
        ],
    )
    tail = polygon(scaled([(18, 0), (50, -24), (42, 0), (50, 24)], x, y, size))
    return (
        body
        + tail
        + disc(x - 31 * u, y - 5 * u, 4 * u, hole=True)
        + band(x - 34 * u, y, 20 * u, 17 * u, 50, 130, hole=True)
    )


def book(x: float, y: float, size: float) -> str:
    """An open book, its spine and lines cut out."""
    sides = []
    for way in (1, -1):
        page = scaled([(3 * way, -26), (14 * way, -36), (34 * way, -36), (50 * way, -30), (50 * way, 30)], x, y, size)
        foot = scaled([(34 * way, 24), (14 * way, 24), (3 * way, 34)], x, y, size)
        sides.append(
            spline(page[0], [(page[1], page[2], page[3]), (page[3], page[4], page[4]), (foot[0], foot[1], foot[2])])
        )
    return "".join(sides)


def note(x: float, y: float, size: float) -> str:
    """Two notes under one beam."""
    u = size / 100
    beam = polygon(scaled([(-22, -34), (38, -48), (38, -30), (-22, -16)], x, y, size))
    stems = polygon(scaled([(-22, -34), (-14, -36), (-14, 30), (-22, 30)], x, y, size))
    stems += polygon(scaled([(30, -46), (38, -48), (38, 18), (30, 18)], x, y, size))
    return (
        beam
        + stems
        + ellipse(x - 28 * u, y + 32 * u, 15 * u, 11.5 * u)
        + ellipse(x + 24 * u, y + 20 * u, 15 * u, 11.5 * u)
    )


def crown(x: float, y: float, size: float) -> str:
    """Five points with pearls on a band."""
    u = size / 100
    points = [(-44, -14), (-36, 22), (36, 22), (44, -14), (24, 4), (0, -34), (-24, 4)]
    pearls = [(-44, -17, 6), (0, -38, 7), (44, -17, 6)]
    band_ = rounded(x - 36 * u, y + 27 * u, 72 * u, 10 * u, 2 * u)
    return (
        polygon(scaled(points, x, y, size)) + band_ + "".join(disc(x + a * u, y + b * u, c * u) for a, b, c in pearls)
    )


def hammer(x: float, y: float, size: float) -> str:
    """Head with a claw, and a handle."""
    u = size / 100
    head = [(-34, -46), (14, -46), (14, -20), (-34, -20)]
    claw = scaled([(18, -43), (34, -43), (42, -34), (46, -16), (34, -24), (26, -25), (18, -25)], x, y, size)
    shape = spline(claw[0], [(claw[1], claw[2], claw[3]), (claw[4], claw[5], claw[6])])
    return polygon(scaled(head, x, y, size)) + shape + rounded(x - 12 * u, y - 16 * u, 17 * u, 66 * u, 6 * u)


def barbell(x: float, y: float, size: float) -> str:
    """A bar with two plates a side."""
    u = size / 100
    plates = [(-44, 22), (-33, 34), (25, 34), (36, 22)]
    bars = [rounded(x - 50 * u, y - 4 * u, 5 * u, 8 * u, 2 * u), rounded(x + 45 * u, y - 4 * u, 5 * u, 8 * u, 2 * u)]
    sides = [rounded(x + a * u, y - b * u, 8 * u, 2 * b * u, 3 * u) for a, b in plates]
    return "".join([*bars, *sides, rounded(x - 24 * u, y - 3.5 * u, 48 * u, 7 * u)])


def sprig(x: float, y: float, size: float) -> str:
    """Seven leaves on a stem."""
    u = size / 100
    parts = [rounded(x - 1.6 * u, y - 30 * u, 3.2 * u, 80 * u, 1.6 * u), leaf(x, y - 14 * u, 36 * u, 17 * u, 0)]
    for step, reach in ((-8, 27), (12, 31), (32, 34)):
        parts += [leaf(x, y + step * u, reach * u, reach * 0.44 * u, way * 52) for way in (-1, 1)]
    return "".join(parts)


def bone(x: float, y: float, size: float) -> str:
    u = size / 100
    knobs = [disc(x + a * u, y + b * u, 13.5 * u) for a in (-36, 36) for b in (-11, 11)]
    return "".join(knobs) + rounded(x - 38 * u, y - 9 * u, 76 * u, 18 * u)


def wheel(x: float, y: float, size: float) -> str:
    """A spoked wheel."""
    r = size / 2
    spokes = [
        polygon(
            polar(x, y, reach, turn + lean)
            for reach, lean in ((r * 0.86, -1.6), (r * 0.86, 1.6), (r * 0.12, 12), (r * 0.12, -12))
        )
        for turn in range(0, 360, 30)
    ]
    return disc(x, y, r) + disc(x, y, r * 0.84, hole=True) + disc(x, y, r * 0.16) + "".join(spokes)


def five_points(x: float, y: float, size: float) -> str:
    return star(x, y, size / 2)


def glint(x: float, y: float, size: float) -> str:
    return sparkle(x, y, size / 2)


FIGURES: Mapping[str, Figure] = {
    "anchor": anchor, "barbell": barbell, "bolt": bolt, "bone": bone, "book": book, "crown": crown, "cup": cup,
    "fish": fish, "gear": gear, "glint": glint, "hammer": hammer, "heart": heart, "moon": moon, "mountain": mountain,
    "note": note,
    "paw": paw, "pine": pine, "sprig": sprig, "star": five_points, "sun": sun, "wheel": wheel,
}  # fmt: skip

WORDS: Mapping[str, str] = {
    "anchor": "boat navy sail sailing sailor ocean lake captain nautical harbor harbour pontoon cruise coast",
    "barbell": "gym lift lifting deadlift squat fitness workout strong muscle gains powerlifting",
    "bolt": "electric electrician power energy fast speed storm lightning volt charged",
    "bone": "bone skeleton archaeologist paleontologist dinosaur fossil",
    "book": "book books read reading reader library librarian teacher school novel author literature bookish teach",
    "crown": "king queen royal boss legend prince princess champion",
    "cup": "coffee espresso latte tea barista brew caffeine cafe mug decaf",
    "fish": "fish fishing angler trout bass salmon tackle reel hooked bait",
    "gear": "engineer engineering mechanic machine garage robot maker machinist factory diesel",
    "hammer": "build builder building carpenter woodwork woodworking handyman tools workshop fix dad papa grandpa",
    "heart": "love heart mom mama mother mum wife nurse kindness kind sweetheart valentine grandma nana hug family",
    "moon": "moon night sleep dream midnight astronomy owl lunar nocturnal",
    "mountain": "mountain mountains hike hiking climb climbing summit trail adventure peak ski skiing wander outdoors",
    "note": "music song band guitar piano sing singer choir jazz drummer vinyl concert",
    "paw": "dog dogs cat cats puppy kitten pet pets paw rescue vet labrador corgi dachshund bulldog",
    "pine": "camp camping forest woods wild cabin tree pines campfire nature lumberjack ranger national",
    "sprig": "garden gardener gardening plant plants leaf vegan farm farmer herb botanical grow moss flower flowers",
    "sun": "sun summer beach sunshine desert tropical vacation surf surfing aloha california holiday",
    "wheel": "bike biker cycling cyclist bicycle ride rider motorcycle ranch western cowboy wagon wheels",
}
"""Names of emblems and the words they go with, in small letters."""
BY_WORD = {word: name for name, words in WORDS.items() for word in words.split()}
NEUTRAL = ("star", "glint", "sun", "bolt")
"""What goes with anything."""


def emblem(name: str, x: float, y: float, size: float) -> str:
    """The path of an emblem, centred on `x`, `y`, inside the square of `size`."""
    return FIGURES[name](x, y, size)


def emblem_for(text: str, draw: random.Random) -> str:
    """The emblem of the first word that has one ("Dogs" or "dog" the same), else a neutral one by the draw."""
    for word in re.findall(r"[^\W\d_]+", text.lower()):
        for form in (word, word.removesuffix("s"), word.removesuffix("ing")):
            if form in BY_WORD:
                return BY_WORD[form]
    return draw.choice(NEUTRAL)
