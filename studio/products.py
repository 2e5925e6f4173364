"""Products: flat drawings of what is sold, by our own vectors, 1000 units a side; a design goes between two layers.

under   the product in its colour, on a backdrop, with its shadow
design  inside `area`
over    folds, seams and light, which lie on cloth, paint and ink alike
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

SHIRT_COLOURS = {
    "white": "#fafaf8", "black": "#1f1f21", "navy": "#1f2c47", "heather": "#c4c5c7", "sand": "#dccbb0",
    "forest": "#2c4637", "burgundy": "#62202f",
}  # fmt: skip
MUG_COLOURS = {"white": "#fbfbfa", "black": "#222224", "navy": "#22304d", "red": "#a8242c", "mint": "#bfd9cb"}
PAPER_COLOURS = {"white": "#fdfdfb", "cream": "#f4ead5", "black": "#1d1d1f", "navy": "#1e2a44"}
TOTE_COLOURS = {"natural": "#e8dcc3", "black": "#262628", "navy": "#27344f", "sage": "#a9b59c"}
BACKDROP = (
    '<radialGradient id="wall" cx=".5" cy=".42" r=".75"><stop offset="0" stop-color="#f6f5f2"/>'
    '<stop offset="1" stop-color="#e4e2dd"/></radialGradient>'
)
BLURS = "".join(
    f'<filter id="soft{width}" filterUnits="userSpaceOnUse" x="0" y="0" width="1000" height="1000" '
    'color-interpolation-filters="sRGB">'
    f'<feGaussianBlur stdDeviation="{width}"/></filter>'
    for width in (3, 8, 18)
)
SHIRT = (
    "M402 148C366 168 312 180 264 199C226 216 202 246 182 286L96 414C124 446 166 468 212 478L290 380"
    "C297 545 294 720 284 888C420 906 580 906 716 888C706 720 703 545 710 380L788 478C834 468 876 446 904 414"
    "L818 286C798 246 774 216 736 199C688 180 634 168 598 148"
)
COLLARS = {"front": "C572 226 428 226 402 148Z", "back": "C560 172 440 172 402 148Z"}
RIBS = {
    "front": "M402 148C428 226 572 226 598 148L617 157C585 254 415 254 383 157Z",
    "back": "M402 148C440 172 560 172 598 148L617 157C568 196 432 196 383 157Z",
}
TOTE = "M268 372C420 380 580 380 732 372L748 884C590 898 410 898 252 884Z"
HANDLES = (
    "M372 392C366 232 408 130 500 130C592 130 634 232 628 392L600 392C606 250 572 162 500 162C428 162 394 250 400 392Z"
)
MUG = "M290 286L290 690C290 746 384 772 480 772C576 772 670 746 670 690L670 286Z"
HANDLE = (
    "M664 372C770 352 812 420 806 500C800 590 744 648 664 650L664 604C722 600 758 560 762 500C766 440 730 404 664 418Z"
)


@dataclass(frozen=True, slots=True)
class Product:
    """What it comes in, where it is printed, and how it is drawn."""

    colourways: Mapping[str, str]
    areas: Mapping[str, tuple[float, float, float, float]]
    """By side: left, top, right, bottom of the print, in units; a side that is not here is not printed."""
    draw: Callable[[str, str], tuple[str, str]]
    """Colour and side -> what lies under the design and what lies over it, as the insides of an SVG."""
    bulge: float = 0.0
    """Of a cylinder: its radius over half the width of the print; 0 where it is flat."""


def shirt(colour: str, side: str) -> tuple[str, str]:
    """A T-shirt laid flat, about 21 units to the inch of a size L."""
    body = SHIRT + COLLARS[side]
    inside = f'<path d="M402 148C440 176 560 176 598 148C572 226 428 226 402 148Z" fill="{shade(colour, -0.25)}"/>'
    under = (
        f'<path d="{body}" transform="translate(0 14)" fill="#3a352c" opacity=".32" filter="url(#soft18)"/>'
        f'<path d="{body}" transform="translate(0 4)" fill="#3a352c" opacity=".25" filter="url(#soft3)"/>'
        f'{inside if side == "front" else ""}<path d="{body}" fill="{colour}"/>'
        f'<path d="{RIBS[side]}" fill="{shade(colour, -0.05)}"/>'
    )
    folds = (
        "M292 384C322 420 330 470 326 520 M708 384C678 420 670 470 674 520 M296 700C318 740 330 800 330 868"
        " M704 660C680 720 672 790 676 868 M330 230C310 270 300 320 292 384 M670 230C690 270 700 320 708 384"
        " M150 400C190 396 230 388 262 372 M850 400C810 396 770 388 738 372"
    )
    seams = (
        "M264 199C284 250 292 310 290 380 M736 199C716 250 708 310 710 380 M104 402C132 434 172 456 218 466"
        " M896 402C868 434 828 456 782 466 M285 870C420 888 580 888 715 870"
    )
    return under, _cloth(body, colour, folds, seams, RIBS[side])


def tote(colour: str, side: str) -> tuple[str, str]:
    """A cotton bag, hung; both sides are alike but for the fall of the cloth."""
    turned = "" if side == "front" else ' transform="matrix(-1 0 0 1 1000 0)"'
    under = (
        f'<path d="{TOTE}" transform="translate(0 16)" fill="#3a352c" opacity=".34" filter="url(#soft18)"/>'
        f'<path d="{HANDLES}" transform="translate(8 10)" fill="#3a352c" opacity=".22" filter="url(#soft8)"/>'
        f'<path d="{HANDLES}" transform="translate(0 -14)" fill="{shade(colour, -0.16)}"/>'
        f'<path d="{TOTE}" fill="{colour}"/><path d="{HANDLES}" fill="{shade(colour, -0.04)}"/>'
    )
    folds = (
        "M300 400C318 560 300 700 286 860 M704 390C690 540 706 690 718 840 M420 386C414 410 414 430 418 450"
        " M590 836C580 850 572 866 568 884"
    )
    seams = "M268 398C420 406 580 406 732 398 M374 428L398 428 M602 428L626 428 M262 868C410 882 590 882 738 868"
    return under, f"<g{turned}>{_cloth(TOTE, colour, folds, seams, '')}</g>"


def mug(colour: str, side: str) -> tuple[str, str]:
    """An eleven-ounce mug, the handle to the right; from the back, to the left."""
    turn = ' transform="translate(-169 -122) scale(1.22)"'
    if side == "back":
        turn = ' transform="translate(1169 -122) scale(-1.22 1.22)"'
    lean = 'x1="0" x2="1"' if side == "front" else 'x1="1" x2="0"'
    under = (
        f"<g{turn}>"
        '<ellipse cx="490" cy="764" rx="220" ry="30" fill="#3a352c" opacity=".45" filter="url(#soft18)"/>'
        f'<path d="{HANDLE}" fill="{shade(colour, -0.07)}"/>'
        f'<clipPath id="grip"><path d="{HANDLE}"/></clipPath><g clip-path="url(#grip)"><path d="{HANDLE}" fill="none" '
        f'stroke="{shade(colour, -0.4)}" stroke-width="22" opacity=".6" filter="url(#soft8)"/></g>'
        f'<path d="{MUG}" fill="{colour}"/></g>'
    )
    over = (
        f'<g{turn}><linearGradient id="round" {lean}><stop offset="0" stop-color="#000" stop-opacity=".26"/>'
        '<stop offset=".16" stop-color="#000" stop-opacity=".05"/>'
        '<stop offset=".3" stop-color="#fff" stop-opacity=".16"/>'
        '<stop offset=".42" stop-color="#fff" stop-opacity="0"/>'
        '<stop offset=".72" stop-color="#000" stop-opacity=".05"/>'
        '<stop offset="1" stop-color="#000" stop-opacity=".3"/></linearGradient>'
        f'<path d="{MUG}" fill="url(#round)"/>'
        f'<ellipse cx="480" cy="286" rx="190" ry="40" fill="{shade(colour, 0.06)}"/>'
        f'<ellipse cx="480" cy="288" rx="178" ry="33" fill="{shade(colour, -0.2)}"/>'
        f'<path d="M302 290A178 33 0 0 1 658 290A178 26 0 0 0 302 290Z" fill="#000" opacity=".22"/></g>'
    )
    return under, over


def poster(colour: str, side: str) -> tuple[str, str]:
    """A sheet of 5 by 6 in a thin frame of oak, on a wall; it has a front alone."""
    if side != "front":
        raise ValueError(side)
    under = (
        '<rect x="196" y="128" width="620" height="740" fill="#2c281f" opacity=".38" filter="url(#soft18)"/>'
        '<rect x="186" y="104" width="628" height="752" fill="#2c281f" opacity=".3" filter="url(#soft3)"/>'
        '<linearGradient id="oak" x2="1" y2="1"><stop offset="0" stop-color="#c9a777"/>'
        '<stop offset=".5" stop-color="#b48f5e"/><stop offset="1" stop-color="#a37f50"/></linearGradient>'
        '<rect x="184" y="98" width="632" height="754" fill="url(#oak)"/>'
        '<path d="M184 98L198 112L802 112L816 98Z" fill="#fff" opacity=".22"/>'
        '<path d="M184 852L198 838L802 838L816 852Z" fill="#000" opacity=".16"/>'
        f'<rect x="198" y="112" width="604" height="726" fill="{colour}"/>'
    )
    over = (
        '<path d="M198 112H802V118H204V838H198Z" fill="#000" opacity=".2" filter="url(#soft3)"/>'
        '<linearGradient id="glass" x2="1" y2=".9"><stop offset="0" stop-color="#fff" stop-opacity=".13"/>'
        '<stop offset=".34" stop-color="#fff" stop-opacity=".05"/>'
        '<stop offset=".35" stop-color="#fff" stop-opacity="0"/>'
        '</linearGradient><rect x="198" y="112" width="604" height="726" fill="url(#glass)"/>'
    )
    return under, over


def shade(colour: str, by: float) -> str:
    """A colour nearer to black (by < 0) or to white, by a share of the way."""
    goal = 255 if by > 0 else 0
    levels = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(level + (goal - level) * abs(by)):02x}" for level in levels)


def _cloth(body: str, colour: str, folds: str, seams: str, rib: str) -> str:
    """Light from the upper left, folds that are dark on one side and light on the other, and stitches."""
    dark = sum(int(colour[at : at + 2], 16) for at in (1, 3, 5)) < 300
    deep, bright = (0.3, 0.05) if dark else (0.075, 0.3)
    line = "#fff" if dark else "#000"
    return (
        f'<clipPath id="body"><path d="{body}"/></clipPath><g clip-path="url(#body)">'
        '<linearGradient id="light" x1=".1" x2=".9" y2="1"><stop offset="0" stop-color="#fff" stop-opacity=".1"/>'
        '<stop offset=".55" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".12"/>'
        f'</linearGradient><path d="{body}" fill="url(#light)"/>'
        f'<path d="{body}" fill="none" stroke="#000" stroke-width="26" opacity="{deep:.2f}" filter="url(#soft8)"/>'
        f'<g fill="none" stroke-linecap="round" filter="url(#soft8)"><path d="{folds}" stroke="#000" stroke-width="13" '
        f'opacity="{deep:.2f}"/><path d="{folds}" transform="translate(-13 -5)" stroke="#fff" stroke-width="11" '
        f'opacity="{bright:.2f}"/></g><path d="{seams}" fill="none" stroke="{line}" stroke-width="1.6" opacity=".22"/>'
        f'<path d="{rib}" fill="none" stroke="{line}" stroke-width="1.8" opacity=".16"/></g>'
    )


PRODUCTS: Mapping[str, Product] = {
    "shirt": Product(SHIRT_COLOURS, {"front": (365, 278, 635, 602), "back": (355, 232, 645, 580)}, shirt),
    "mug": Product(MUG_COLOURS, {"front": (240, 305, 594, 730), "back": (406, 305, 760, 730)}, mug, bulge=190 / 145),
    "poster": Product(PAPER_COLOURS, {"front": (240, 162, 760, 786)}, poster),
    "tote": Product(TOTE_COLOURS, {"front": (345, 450, 655, 822), "back": (345, 450, 655, 822)}, tote),
}
