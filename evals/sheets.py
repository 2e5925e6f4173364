"""Sheets: contact sheets of the compositions, 6 x 4, for people to look at.

`python -m evals.sheets FOLDER` draws every composition with a slogan of its own, light and dark products in turn, and
`python -m evals.sheets FOLDER NAME...` draws those compositions with two dozen wordings that are hard to set.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

from PIL import Image, ImageDraw

from studio.drawing import Row, Size
from studio.errors import Failed
from studio.lettering.compositions import Composition, compositions
from studio.lettering.palettes import Palette, colourways
from studio.lettering.raster import draw
from studio.lettering.svg import Canvas
from studio.lettering.words import wording_of

ACROSS, DOWN = 6, 4
TILE = Size(300, 360, 20)
CAPTION = 22

BRANDS = (
    ("#d1495b", "#edae49", "#00798c", "#30638e", "#003d5b"),
    ("#e76f51", "#f4a261", "#2a9d8f", "#e9c46a", "#264653"),
    ("#b23a48", "#fcb9b2", "#461220", "#8c2f39", "#fed0bb"),
    ("#386641", "#a7c957", "#bc4749", "#f2e8cf", "#6a994e"),
)
SLOGANS = (
    Row("1", "Mountains are calling and I must go", keyword="mountains", hook="est. 1986"),
    Row("2", "Powered by coffee", keyword="coffee", hook="since breakfast"),
    Row("3", "Vintage cassette club", keyword="cassette", hook="side A, 1984"),
    Row("4", "Home is where the garden grows", keyword="garden"),
    Row("5", "World's okayest fisherman", keyword="fisherman", hook="Lake Superior"),
    Row("6", "Never trust an atom, they make up everything", keyword="atom"),
    Row("7", "Sourdough", keyword="sourdough", hook="est. 2020"),
    Row("8", "Retro roller disco nights", keyword="roller disco", hook="Los Angeles 1979"),
)
HARD = (
    Row("one", "Yes", hook="no"),
    Row("word", "Wanderlust"),
    Row("long word", "Donaudampfschifffahrtsgesellschaft", hook="Wien 1829"),
    Row("two", "Dog Dad", keyword="dog", hook="est. 2019"),
    Row("three", "Born to camp", keyword="camp"),
    Row("sixty", "I am silently correcting your grammar and judging your fonts", keyword="grammar"),
    Row(
        "hundred",
        "Easily distracted by old tractors, small engines, barn cats and the smell of rain on a dirt road at dusk",
    ),
    Row("accents", "Ça va être l'été à Évian", keyword="été", hook="Évian 1974"),
    Row("german", "Größe ist nur eine Frage der Übung", keyword="Größe"),
    Row("spanish", "¿Dónde está la biblioteca?", keyword="biblioteca"),
    Row("polish", "Żółć, gęś i łódź", hook="Łódź 1990"),
    Row("vietnamese", "Cà phê sữa đá mỗi ngày", keyword="cà phê"),
    Row("cyrillic", "Горы зовут и я иду", keyword="горы", hook="с 1986"),
    Row("greek", "Ο κόσμος είναι μικρός", hook="Αθήνα 1896"),
    Row("arabic", "القهوة أولا ثم كل شيء", keyword="القهوة", hook="منذ ١٩٨٦"),
    Row("hebrew", "קודם קפה אחר כך הכל", keyword="קפה", hook="תל אביב 1986"),
    Row("mixed", "קפה first, always", hook="est. 1986"),
    Row("japanese", "山が呼んでいる", keyword="山", hook="昭和六十一年"),
    Row("chinese", "先喝咖啡再说", keyword="咖啡"),
    Row("korean", "커피 먼저 그 다음에", keyword="커피"),
    Row("hindi", "पहले चाय फिर काम", keyword="चाय", hook="1986"),
    Row("figures", "24/7 100% No. 1", hook="1986"),
    Row("emoji", "Pizza 🍕 is my Valentine ❤️", keyword="pizza"),
    Row("short ones", "We do it all for us, or so it is", hook="A to Z"),
)


def sheets(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """Writes them as PNG into the folder, which is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    if names:
        pages = [(name, [(compositions()[name], row) for row in HARD]) for name in names]
    else:
        every, full = list(zip(compositions().values(), cycle(SLOGANS), strict=False)), ACROSS * DOWN
        starts = range(0, len(every), full)
        pages = [(f"compositions-{start // full + 1}", every[start : start + full]) for start in starts]
    for name, tiles in pages:
        written.append(folder / f"{name}.png")
        sheet(tiles).save(written[-1])
    return written


def sheet(tiles: Sequence[tuple[Composition, Row]]) -> Image.Image:
    """One page, as high as its tiles need: rows of them, each with its composition and its row's name beneath."""
    down = -(-len(tiles) // ACROSS)
    page = Image.new("RGB", (ACROSS * TILE.width, down * (TILE.height + CAPTION)), "#ffffff")
    pen = ImageDraw.Draw(page)
    for number, ((composition, row), palette) in enumerate(zip(tiles, palettes(), strict=False)):
        x, y = number % ACROSS * TILE.width, number // ACROSS * (TILE.height + CAPTION)
        page.paste(tile(composition, row, palette, number), (x, y))
        pen.text((x + 8, y + TILE.height + 4), f"{composition.name}: {row.id}", fill="#333333")
    return page


def tile(composition: Composition, row: Row, palette: Palette, seed: int) -> Image.Image:
    """The drawing on its product's colour; the reason in words where it cannot be set."""
    ground = Image.new("RGB", (TILE.width, TILE.height), palette.ground)
    canvas = Canvas(height=5400)
    try:
        composition.compose(wording_of(row), palette, canvas, random.Random(seed))
    except Failed as failed:
        ImageDraw.Draw(ground).text((8, 8), str(failed)[:200], fill=palette.ink)
        return ground
    drawn = draw(canvas.svg(), TILE)
    ground.paste(drawn, (0, 0), drawn)
    return ground


def palettes() -> Iterator[Palette]:
    """Light and dark in turn, brand after brand, without end."""
    for brand in cycle(BRANDS):
        yield from colourways(brand)


if __name__ == "__main__":
    for path in sheets(Path(sys.argv[1]), sys.argv[2:]):
        print(path)
