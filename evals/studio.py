"""Eval studio: does a batch of real titles end as it should, and is what is in another style refused.

300 rows out of the product's own shortlists on public data (`python -m evals.titles` mines them), in the house's brand,
which has no references, and in two brands of five letterings each, on a light ground and on a dark one. They go
through the batches and the workshop as everything does, but small, 450 x 540: what is inspected is a view of 192 px.

    completed        share of the rows that end as a design
    retried          share that was put back because something was down or died, as the batch itself counts it
    refined          share that missed the style at first and was drawn again, at most three times
    dead             share that ends as a dead letter
    foreign_refused  100 of the finished designs held against five references of another style each: the share that is
                     refused for its style

Foreign are styles drawn by code that nothing was fitted on, letterings in other compositions and colours, and, where
`--data` is a folder as `eval style` reads it, the styles in it instead. Where `--data` is a CSV its rows are drawn.

Beside it in the same run: the same designs and references judged by histograms of colour alone, whose line refuses as
many of the brands' own designs as the descriptor may by its calibration.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from evals.bench.stage import scratch_home, settings_of
from evals.drawn import drawn
from evals.report import Asked, Figure, Result
from evals.style import histogram, lines_of
from evals.titles import CASES
from graphs.produce import Plan
from graphs.product import Product
from graphs.wiring import open_product
from store.assets import Assets
from store.decisions import every
from studio.brand import MOST_REFERENCES, Profile, Vector, profile_of
from studio.descriptors.classical import Classical, measured
from studio.drawing import Brief, Drawing, Row, Size
from studio.errors import BadBatch
from studio.house import HOUSE
from studio.inspect import inspect
from studio.lettering.palettes import colourways
from studio.references import open_reference
from studio.renderers.typographic import Typographic
from studio.rows import read_rows

DATA = "file or folder"
ROWS, SMALL_ROWS = 300, 9
FOREIGN, SMALL_FOREIGN = 100, 6
SIZE = Size(450, 540, 30)
DRAWN_SEED, DRAWN_FAMILIES = 6, 12
STYLE = {"style", "palette", "edge", "overall"}
ASKED = {
    "completed": Asked(least=0.95),
    "retried": Asked(most=0.10),
    "dead": Asked(most=0.01),
    "foreign_refused": Asked(least=0.90),
}
WORDS = ("Slow mornings", "Born for the sea", "Moss and rain", "Just one more night train", "Pickles club")
OWN = {
    "market": ("poster", ("#f4efe3", "#1d2a44", "#c8502d"), "light"),
    "harbour": ("badge", ("#101820", "#f2aa4c", "#e8e4d8"), "dark"),
}
"""Brands of five letterings: composition, colours, and the ground they are drawn for."""
OTHERS = (
    ("groovy", ("#fff3e0", "#ff6f59", "#254441", "#43aa8b"), "light"),
    ("varsity", ("#ffffff", "#7a0019", "#ffcc33"), "light"),
    ("neon", ("#0d0221", "#ff3864", "#2de2e6"), "dark"),
    ("note", ("#ffffff", "#222222"), "light"),
)
TRIED = """
SELECT d.id, d.row, d.status, d.retries, d.reason, d.error,
  (SELECT count(*) FROM attempt a WHERE a.tenant_id = d.tenant_id AND a.design_id = d.id) AS attempts
FROM design d WHERE d.batch_id = %s AND NOT d.superseded ORDER BY d.line
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished design: what was drawn, in whose style, and the row."""

    drawing: Drawing
    row: Row
    brand: str


@dataclass(slots=True)
class Ended:
    """What came of all rows."""

    total: int = 0
    retried: int = 0
    refined: int = 0
    dead: int = 0
    reasons: list[str] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Style:
    """A foreign style: a profile of up to five references, and these."""

    profile: Profile
    images: list[Image.Image]


def run(data: Path | None = None, seed: int = 7, small: bool = False) -> Result:
    """Draws, then judges; ValueError where the data is neither rows nor a folder of styles."""
    rows = rows_in(data if data is not None and data.is_file() else CASES)[: SMALL_ROWS if small else ROWS]
    foreign = list(styles_in(data)) if data is not None and data.is_dir() else list(own_foreign())
    began = time.perf_counter()
    with scratch_home() as home:
        ended = asyncio.run(_draw(home, rows, seed))
    seconds = time.perf_counter() - began
    rng = np.random.default_rng(seed)
    picked = [ended.made[at] for at in rng.permutation(len(ended.made))[: SMALL_FOREIGN if small else FOREIGN]]
    pairs = [(made, foreign[number % len(foreign)]) for number, made in enumerate(picked)]
    refused = [_is_refused(made, style.profile) for made, style in pairs]
    figures: dict[str, Figure] = {
        "completed": len(ended.made) / ended.total,
        "retried": ended.retried / ended.total,
        "refined": ended.refined / ended.total,
        "dead": ended.dead / ended.total,
        "foreign_refused": float(np.mean(refused)),
        "rows": ended.total,
        "foreign_rows": len(pairs),
        "foreign_styles": len(foreign),
        "seconds": seconds,
    }
    baseline: dict[str, Figure] = {"foreign_refused": by_colour(ended.made, pairs)}
    name = data.name if data else f"{len(rows)} titles of our own shortlists"
    return Result("studio", figures, baseline, name, seed, _notes(ended, pairs, refused), {} if small else ASKED)


def rows_in(path: Path) -> list[Row]:
    """The rows of a CSV as a batch reads them."""
    try:
        return list(read_rows(path.read_bytes(), path.name).good)
    except BadBatch as bad:
        raise ValueError(str(bad)) from bad


def styles_in(folder: Path) -> Iterator[Style]:
    """The styles of an `index.csv`, each by its first five images."""
    by_style: dict[str, list[str]] = {}
    for line in lines_of(folder / "index.csv"):
        by_style.setdefault(line["style"], []).append(line["path"])
    for name, paths in by_style.items():
        opened = [open_reference((folder / path).read_bytes(), path) for path in paths[:MOST_REFERENCES]]
        yield Style(profile_of(name, opened, Classical()), opened)


def own_foreign() -> Iterator[Style]:
    """The first style of each of twelve drawn families, and four lettered brands."""
    for family in range(DRAWN_FAMILIES):
        images = [case.image for case in drawn(DRAWN_SEED, [family], MOST_REFERENCES, members=1)]
        yield Style(profile_of(f"drawn {family}", images, Classical()), images)
    for composition, colours, ground in OTHERS:
        images = letterings(composition, colours, ground)
        yield Style(profile_of(composition, images, Classical()), images)


def letterings(composition: str, colours: Sequence[str], ground: str) -> list[Image.Image]:
    """Five wordings in one composition, on the ground they are drawn for."""
    parameters = {"composition": composition, "ground": ground}
    profile = Profile(composition, "", "", (), tuple(colours), parameters=parameters)
    paper = colourways(profile.palette)[ground == "dark"].ground
    found = []
    for number, words in enumerate(WORDS):
        row = Row(str(number), words, keyword=words.split()[-1])
        image = Typographic().lettered(Brief(row, profile, "", "", number, SIZE)).image
        found.append(Image.alpha_composite(Image.new("RGBA", image.size, paper), image).convert("RGB"))
    return found


async def _draw(home: Path, rows: Sequence[Row], seed: int) -> Ended:
    """The rows dealt out to the brands, and worked off."""
    ended = Ended()
    async with open_product(settings_of(home)) as product:
        for name, (composition, colours, ground) in OWN.items():
            images = letterings(composition, colours, ground)
            await product.batches.add_brand(name, [(f"{at}.png", _png(each)) for at, each in enumerate(images)])
        for number, brand in enumerate(names := (HOUSE.name, *OWN)):
            plan = Plan(width=SIZE.width, height=SIZE.height, dpi=SIZE.dpi, seed=seed)
            begun = await product.batches.begin(rows[number :: len(names)], brand, brand, plan)
            await product.workshop.work(begun.id, stay=True)
            await _count(product, begun.id, brand, ended)
    return ended


async def _count(product: Product, batch: Any, brand: str, ended: Ended) -> None:
    async with product.pool.connection() as connection:
        tried = await every(connection, TRIED, batch)
    for design in tried:
        ended.total += 1
        ended.retried += design["retries"] > 0
        ended.refined += design["attempts"] > 1
        if design["status"] == "done":
            ended.made.append(Made(await _drawing(product, design["id"]), Row(**design["row"]), brand))
        else:
            ended.dead += design["status"] == "dead"
            ended.reasons.append(f"{brand}: {design['row']['text']}: {design['reason']}: {design['error']}")


async def _drawing(product: Product, design: Any) -> Drawing:
    """What was filed for a design, as it was drawn."""
    found = await product.batches.files(design)
    if found is None:
        raise ValueError(f"design {design} is done and has no files")
    [digest] = [each["sha256"] for each in found["files"] if each["kind"] == "print"]
    image = Image.open(BytesIO(Assets(product.batches.folder).read(digest)))
    image.load()
    return Drawing(image, None, found["renderer"], found["version"], found["seed"], found["made_with"])


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _is_refused(made: Made, profile: Profile) -> bool:
    """Whether the style is missed; another fault does not count."""
    found = inspect(made.drawing, Brief(made.row, profile, "", "", 1, SIZE), Classical())
    return any(miss.kind in STYLE for miss in found.misses)


def by_colour(made: Sequence[Made], pairs: Sequence[tuple[Made, Style]]) -> float:
    """The share that shared colours alone would refuse, at the same share refused of the brands' own designs."""
    own = {name: [histogram(image) for image in letterings(*told)] for name, told in OWN.items()}
    seen = [shared(histogram(_on_ground(each.drawing)), own[each.brand]) for each in made if each.brand in own]
    line = float(np.quantile(seen, measured().calibration.false_reject)) if seen else 0.0
    return float(
        np.mean([shared(histogram(_on_ground(each.drawing)), _histograms(style)) < line for each, style in pairs])
    )


def _histograms(style: Style) -> list[Vector]:
    return [histogram(image) for image in style.images]


def shared(one: Vector, others: Sequence[Vector]) -> float:
    """The mean intersection of a histogram with others."""
    return float(np.mean([np.minimum(one, other).sum() for other in others]))


def _on_ground(drawing: Drawing) -> Image.Image:
    image = drawing.image.convert("RGBA")
    paper: Mapping[str, Any] = drawing.made_with.get("palette", {})
    return Image.alpha_composite(Image.new("RGBA", image.size, paper.get("ground", "white")), image).convert("RGB")


def _notes(ended: Ended, pairs: Sequence[tuple[Made, Style]], refused: Sequence[bool]) -> tuple[str, ...]:
    judged = zip(pairs, refused, strict=True)
    passed = [f"{made.row.text} as {style.profile.name}" for (made, style), no in judged if not no]
    return (
        f"drawn at {SIZE.width} x {SIZE.height}, by {HOUSE.name}, {', '.join(OWN)}; inspected on a view of 192 px",
        f"dead: {'; '.join(ended.reasons[:8]) or 'none'}",
        f"taken for a foreign style: {'; '.join(passed[:8]) or 'none'}",
    )
