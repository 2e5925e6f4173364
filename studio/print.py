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
import struct
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio import ink, tiff
from studio.background import cut_out
from studio.drawing import Drawing, Size
from studio.errors import Failed

THUMB = 256
FAST = 1
"""Compression of PNG: six times the speed of the default, and a tenth more bytes (measured on lettering)."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEAD = 33
"""Bytes of a PNG file's signature and first chunk."""
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
        with ThreadPoolExecutor(1) as aside:  # Pillow lets go of the interpreter while it packs a PNG
            packed = aside.submit(_write_png, cut.image, given, bench / names["print"], size.dpi)
            max_ink = _write_press(cut.image, bench / names["press"], size)
            thumbnail(cut.image).save(bench / names["thumb"])
            packed.result()
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


def _write_png(image: Image.Image, packed: bytes | None, path: Path, dpi: int) -> None:
    """The print file; what is packed already is only told its resolution and its colours."""
    if packed is not None and packed.startswith(_head(image)) and packed[HEAD + 4 : HEAD + 8] == b"IDAT":
        per_metre = round(dpi / 0.0254)
        told = _chunk(b"sRGB", b"\0") + _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1))
        path.write_bytes(packed[:HEAD] + told + packed[HEAD:])
        return
    info = PngInfo()
    info.add(b"sRGB", b"\0")
    image.save(path, "PNG", compress_level=FAST, dpi=(dpi, dpi), pnginfo=info)


def _head(image: Image.Image) -> bytes:
    """How a PNG file of these pixels begins that says nothing yet but its form: RGBA of 8 bits, row after row."""
    form = struct.pack(">IIBBBBB", image.width, image.height, 8, 6, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", form)


def _chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG file (PNG 1.2, section 3.2)."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc32(name + body))


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
