"""Eval style: are images of one style told from images of another, whatever they show, by the descriptor that ships.

A folder with `index.csv` (path, style, concept); no label is fitted on. Without a folder: styles that code draws, of a
seed that nothing was fitted on.

    pair_auc         two images of different subjects: of one style or not
    validator_auc    the product's task: one image against ten references (fewer where a style has under 20 images)
    worst_style_auc  the lowest of the styles; each is the mean of several seeded draws of references
    ..._alone        the same with the references and what ships, and nothing else: as a batch is inspected
    false_reject, false_accept   at the calibrated lines that ship, alone, over the same trials

What is not `_alone` is scaled locally: each distance is divided by how far the two images are from their 7th
neighbours among all images measured, whose labels are not looked at. What is `_alone` is set beside the background that
ships (styles drawn by code) and the references' own distances, and no other image of the set.

Beside it in the same run: histograms of colour, 8 x 8 x 8 of sRGB, by their intersection.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.metrics import roc_auc_score

from evals.drawn import drawn
from evals.report import Asked, Figure, Result
from studio.brand import Look, Vector, passes
from studio.descriptors.classical import LEAST, Classical, Yardstick, measured, nearness
from studio.references import open_reference

DATA = "folder"
COLUMNS = ("path", "style", "concept")
REFERENCES = 10
DRAWS = 5
NEIGHBOUR = 7
MOST_IMAGES = 480
"""Drawn from larger sets, alike from every style."""
MOST_OTHERS = 240
"""Images of other styles that one draw of references is held against."""
BINS = 8
DRAWN_SEED, DRAWN_FAMILIES, DRAWN_SUBJECTS = 3, 5, 12
FLOORS = {"pair_auc": 0.934, "validator_auc": 0.97, "worst_style_auc": 0.95}


@dataclass(frozen=True, slots=True)
class Gallery:
    """What was seen of each image, with the truth."""

    looks: list[Look]
    near: Vector
    """Of each image, the logarithm of how near the background is."""
    histograms: Vector
    style: NDArray[np.str_]
    concept: NDArray[np.str_]
    look_ms: float
    """Median time of one look."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one draw of references said of one style's other images and of all others'."""

    style: str
    auc: float
    auc_alone: float
    histogram_auc: float
    refused: float
    accepted: float


def run(data: Path | None = None, seed: int = 7, draws: int = DRAWS) -> Result:
    """Measures a folder, or drawn styles; ValueError where it holds no two styles of two subjects."""
    rng = np.random.default_rng(seed)
    gallery = gallery_of(images_in(data, rng) if data else drawn_images())
    plain, shared = distances(gallery.looks), shared_colours(gallery.histograms)
    near, alone = locally(plain), beside_background(plain, gallery.near)
    styles = [str(style) for style in np.unique(gallery.style)]
    judged = [judge(gallery, style, near, shared, rng) for style in styles for _ in range(draws)]
    figures: dict[str, Figure] = {
        "pair_auc": pair_auc(gallery, near),
        "pair_auc_alone": pair_auc(gallery, alone),
        **over_styles(judged, "auc"),
        **over_styles(judged, "auc_alone", "_alone"),
        "false_reject": float(np.mean([each.refused for each in judged])),
        "false_accept": float(np.mean([each.accepted for each in judged])),
        "styles": len(styles),
        "images": len(gallery.looks),
        "look_ms": gallery.look_ms,
    }
    baseline = {"pair_auc": pair_auc(gallery, -shared), **over_styles(judged, "histogram_auc")}
    asked = {key: Asked(least=floor) for key, floor in FLOORS.items()} if data else {}
    name = data.name if data else f"drawn by code, seed {DRAWN_SEED}"
    return Result("style", figures, baseline, name, seed, notes(judged), asked)


def over_styles(judged: Sequence[Judged], figure: str, ending: str = "") -> dict[str, Figure]:
    """The mean over the styles, and the lowest of them."""
    by_style = means(judged, figure)
    return {
        f"validator_auc{ending}": float(np.mean(list(by_style.values()))),
        f"worst_style_auc{ending}": min(by_style.values()),
    }


def means(judged: Sequence[Judged], figure: str) -> dict[str, float]:
    """A figure's mean over the draws of each style."""
    found: dict[str, list[float]] = {}
    for each in judged:
        found.setdefault(each.style, []).append(getattr(each, figure))
    return {style: float(np.mean(values)) for style, values in found.items()}


def notes(judged: Sequence[Judged]) -> tuple[str, ...]:
    """Where unlabelled images are used, the lowest styles, and what the lines were calibrated on."""
    alone = means(judged, "auc_alone")
    lowest = sorted(means(judged, "auc").items(), key=lambda each: each[1])[:8]
    return (
        "pair_auc, validator_auc, worst_style_auc: scaled by each image's distance to its "
        f"{NEIGHBOUR}th neighbour among all images of this set, unlabelled",
        "what ends in _alone, false_reject, false_accept: the references and what ships (weights, and a background of "
        "looks of styles drawn by code), no other image",
        "lowest styles (alone): " + ", ".join(f"{style} {auc:.3f} ({alone[style]:.3f})" for style, auc in lowest),
        f"calibrated on {measured().calibration.data}",
    )


def images_in(data: Path, rng: np.random.Generator) -> Iterator[tuple[Image.Image, str, str]]:
    """Image, style and concept of each line of `index.csv`, at most 480; ValueError names what is missing."""
    for row in drawn_alike(lines_of(data / "index.csv"), rng):
        image = open_reference((data / row["path"]).read_bytes(), row["path"])
        yield image, row["style"], row["concept"]


def lines_of(index: Path) -> list[dict[str, str]]:
    """The lines of the index; ValueError where it is absent or lacks a column."""
    if not index.is_file():
        raise ValueError(f"no index.csv with the columns {', '.join(COLUMNS)}")
    with index.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        absent = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if absent:
            raise ValueError(f"index.csv has no column {', '.join(absent)}; it needs {', '.join(COLUMNS)}")
        return list(reader)


def drawn_alike(rows: list[dict[str, str]], rng: np.random.Generator) -> list[dict[str, str]]:
    """As many lines of each style as fit, at least two references' worth where it has them; all where all fit."""
    styles = sorted({row["style"] for row in rows})
    if len(rows) <= MOST_IMAGES:
        return rows
    each = max(MOST_IMAGES // len(styles), REFERENCES * 2)
    by_style = {style: [row for row in rows if row["style"] == style] for style in styles}
    return [
        row for style in styles for row in (by_style[style][at] for at in rng.permutation(len(by_style[style]))[:each])
    ]


def drawn_images() -> Iterator[tuple[Image.Image, str, str]]:
    """Five families of four styles that nothing was fitted on."""
    for case in drawn(DRAWN_SEED, range(DRAWN_FAMILIES), DRAWN_SUBJECTS):
        yield case.image, case.style, f"{case.style.split('.')[0]}.{case.subject}"


def gallery_of(images: Iterator[tuple[Image.Image, str, str]]) -> Gallery:
    """Looks at every image once."""
    descriptor = Classical()
    looks, histograms, styles, concepts, times = [], [], [], [], []
    for image, style, concept in images:
        began = time.perf_counter()
        looks.append(descriptor.look(image))
        times.append(time.perf_counter() - began)
        histograms.append(histogram(image))
        styles.append(style)
        concepts.append(concept)
    if len(set(styles)) < 2 or len(set(concepts)) < 2:
        raise ValueError(f"{len(set(styles))} styles of {len(set(concepts))} concepts: at least two of both are needed")
    look_ms = float(np.median(times)) * 1000
    near = np.array([nearness(look, measured()) for look in looks])
    return Gallery(looks, near, np.array(histograms), np.array(styles), np.array(concepts), look_ms)


def histogram(image: Image.Image) -> Vector:
    """Shares of the 512 cells of sRGB."""
    cells = np.asarray(image.convert("RGB")).reshape(-1, 3) >> 5
    return np.bincount(cells.astype(np.int64) @ [BINS * BINS, BINS, 1], minlength=BINS**3) / len(cells)


def shared_colours(histograms: Vector) -> Vector:
    """(n, n): the intersection of each two histograms, in [0, 1]."""
    return np.array([np.minimum(row, histograms).sum(axis=1) for row in histograms])


def pair_auc(gallery: Gallery, apart: Vector) -> float:
    """Over all pairs of different concepts: how well being near says that they are of one style."""
    one, two = np.triu_indices(len(gallery.looks), 1)
    fair = gallery.concept[one] != gallery.concept[two]
    one, two = one[fair], two[fair]
    same = gallery.style[one] == gallery.style[two]
    if same.all() or not same.any():
        raise ValueError("no two images of one style, or no two styles, with different concepts")
    return float(roc_auc_score(same, -apart[one, two]))


def distances(looks: Sequence[Look]) -> Vector:
    """(n, n): each against each as its only reference."""
    found = np.zeros((len(looks), len(looks)))
    for row, look in enumerate(looks):
        alone = Yardstick.of([look], measured().spread)
        for column in range(row):
            found[row, column] = found[column, row] = alone.distance(looks[column], measured().weight)
    return found


def beside_background(apart: Vector, near: Vector) -> Vector:
    """Distances set beside how near the background is to both images, as the descriptor does it for one."""
    logs = np.log(apart + LEAST) + measured().scale["near"] * (near[:, None] + near[None]) / 2
    return np.asarray(np.exp(logs))


def locally(apart: Vector) -> Vector:
    """Self-tuning (Zelnik-Manor and Perona 2004): over the root of both images' distances to their 7th neighbours."""
    reach = np.sort(apart, axis=1)[:, min(NEIGHBOUR, len(apart) - 1)]
    return np.asarray(apart / np.sqrt(np.outer(reach, reach) + 1e-12))


def judge(gallery: Gallery, style: str, near: Vector, shared: Vector, rng: np.random.Generator) -> Judged:
    """Draws references of a style and tells its other images from those of other styles."""
    own = rng.permutation(np.flatnonzero(gallery.style == style))
    if len(own) < 2:
        raise ValueError(f"style {style!r} has one image: at least two are needed")
    references, rest = np.split(own, [min(REFERENCES, len(own) // 2)])
    tested = np.concatenate([rest, rng.permutation(np.flatnonzero(gallery.style != style))[:MOST_OTHERS]])
    truth = np.arange(len(tested)) < len(rest)
    yardstick = Yardstick.beside([gallery.looks[row] for row in references], measured())
    said = [yardstick.likeness(gallery.looks[row], measured(), gallery.near[row]) for row in tested]
    passed = np.array([passes(each, measured().calibration) for each in said])
    beside = np.ix_(tested, references)
    return Judged(
        style,
        float(roc_auc_score(truth, -near[beside].mean(axis=1))),
        float(roc_auc_score(truth, [each.style for each in said])),
        float(roc_auc_score(truth, shared[beside].mean(axis=1))),
        float(1 - passed[truth].mean()),
        float(passed[~truth].mean()),
    )
