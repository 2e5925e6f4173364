"""Print: a drawing becomes the files that shops and printers take.

print.png   RGBA, exact pixels, 300 DPI, the alpha kept: what print on demand asks for
press.tif   CMYK on white paper, 300 DPI, the press profile embedded, ink limited: what an offset printer asks for
thumb.png   256 px on its longer side, the alpha kept
design.svg  the vectors, where the drawing has any

The press file is TIFF with LZW and a predictor: lossless, so that the ink that was limited stays limited (JPEG adds ink
around edges), and read by every prepress program (TIFF 6.0, sections 13, 14 and 16).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from studio import ink, png, tiff
from studio.background import cut_out
from studio.drawing import Drawing, Size
from studio.errors import Failed

THUMB = 256
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class File:
    """One file on disk."""

    path: Path
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The files of a design by what they are for ("print", "press", "thumb", "vectors"), and what was measured."""

    files: Mapping[str, File]
    size: Size
    max_ink: float
    """Percent of C + M + Y + K on the pixel that has the most, as written."""
    profile: str
    """Of the press file, by its name."""
    background: str
    """What was done about it, in words."""
    sure: bool
    """False where a person should look at the cut."""


def finish(drawing: Drawing, folder: Path, size: Size) -> Finished:
    """Write all files of a drawing, or none.

    Raises:
        Failed: "size" where the drawing is not as large as asked; "disk" where the disk is full.
    """
    if drawing.image.size != (size.width, size.height):
        raise Failed("size", f"drawn {_across(*drawing.image.size)}, asked for {_across(size.width, size.height)} px")
    cut = cut_out(drawing.image)
    given = drawing.packed if cut.image is drawing.image else None
    names = {"print": "print.png", "press": "press.tif", "thumb": "thumb.png"}
    with _room(), _all_or_none(folder) as bench:
        with ThreadPoolExecutor(1) as aside:  # zlib and Pillow let go of the interpreter while they pack
            packed = aside.submit(png.write, bench / names["print"], cut.image, size.dpi, given)
            shown = aside.submit(lambda: thumbnail(cut.image).save(bench / names["thumb"]))
            max_ink = _write_press(cut.image, bench / names["press"], size)
            packed.result(), shown.result()
        if drawing.svg is not None:
            names["vectors"] = "design.svg"
            (bench / names["vectors"]).write_bytes(drawing.svg)
        files = {kind: _file(bench / name, folder) for kind, name in names.items()}
    return Finished(files, size, max_ink, ink.PROFILE_NAME, cut.what, cut.sure)


def thumbnail(image: Image.Image, side: int = THUMB) -> Image.Image:
    """A small copy whose longer side is `side`; of large images up to two pixels of three are skipped, unseen."""
    scale = side / max(image.size)
    small = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    step = min(3, int(1 / scale) // 4)
    if step > 1:
        image = image.resize((image.width // step, image.height // step), Image.Resampling.NEAREST)
    return image.resize(small, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _write_press(image: Image.Image, path: Path, size: Size) -> float:
    """The CMYK file, and the most ink that is in it."""
    most = 0.0

    def measured() -> Iterator[Image.Image]:
        nonlocal most
        for slab in ink.slabs(image, tiff.slab_rows(image.width)):
            most = max(most, ink.coverage(slab))
            yield slab

    tiff.write(path, measured(), size, ink.profile_bytes())
    return most


@contextmanager
def _all_or_none(folder: Path) -> Iterator[Path]:
    """A folder to write in; what is in it moves into `folder` when all went well, else it is gone."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".", dir=folder) as made:
        yield Path(made)
        for path in Path(made).iterdir():
            os.replace(path, folder / path.name)  # noqa: PTH105 - says that it replaces


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise Failed("disk", f"the disk is full ({error.filename or 'while writing'}): free some and retry") from error


def _file(written: Path, folder: Path) -> File:
    with written.open("rb") as opened:
        digest = file_digest(opened, "sha256").hexdigest()
    return File(folder / written.name, digest, written.stat().st_size)


def _across(width: int, height: int) -> str:
    return f"{width} x {height}"
