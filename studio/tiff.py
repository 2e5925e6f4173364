"""Tiff: a sheet of CMYK in strips, packed by LZW over differences of neighbours (TIFF 6.0, sections 13, 14 and 16).

It comes in slabs of rows, so that it is never held whole, and a slab without ink is packed once. libtiff packs; the
file itself is written here, so that a full disk is told as one and not as a fault of a codec.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image

from studio.drawing import Size

STRIP = 1 << 16
"""Bytes of a strip, unpacked, at most (where a row is not more)."""
SLAB = 512
"""Rows of a slab, about."""
SHORT, LONG, RATIO, BYTES = 3, 4, 5, 7
"""Kinds of values; how many bytes each has stands in `WIDE`."""
FORMS = {SHORT: "H", LONG: "I", RATIO: "I", BYTES: "B"}
WIDTH, HEIGHT, BITS, PACKING, COLOURS, OFFSETS, SAMPLES, ROWS, COUNTS = 256, 257, 258, 259, 262, 273, 277, 278, 279
ACROSS, DOWN, UNIT, PREDICTOR, PROFILE = 282, 283, 296, 317, 34675
LZW, SEPARATED, INCH, DIFFERENCES = 5, 5, 2, 2


def slab_rows(width: int) -> int:
    """How many rows a slab has, but the last one: whole strips."""
    return _strip_rows(width) * max(1, SLAB // _strip_rows(width))


def write(path: Path, slabs: Iterable[Image.Image], size: Size, profile: bytes) -> None:
    """A CMYK file of slabs of `slab_rows`, from the top down, with the profile of what it is printed on."""
    offsets, counts = list[int](), list[int]()
    with path.open("wb") as file:
        file.write(bytes(8))
        for strip in (strip for slab in slabs for strip in _packed(slab)):
            offsets.append(file.tell())
            counts.append(len(strip))
            file.write(strip)
        file.write(bytes(file.tell() % 2))
        start = file.tell()
        file.write(b"".join(_directory(start, _tags(size, offsets, counts, profile))))
        file.seek(0)
        file.write(struct.pack("<2sHI", b"II", 42, start))


def _strip_rows(width: int) -> int:
    return max(1, STRIP // (4 * width))


def _packed(slab: Image.Image) -> tuple[bytes, ...]:
    return _blank(slab.size) if slab.getbbox() is None else _strips(slab)


@lru_cache(maxsize=4)
def _blank(size: tuple[int, int]) -> tuple[bytes, ...]:
    return _strips(Image.new("CMYK", size))


def _strips(slab: Image.Image) -> tuple[bytes, ...]:
    """The strips as libtiff packs them."""
    packed = BytesIO()
    slab.save(packed, "TIFF", compression="tiff_lzw", strip_size=4 * slab.width * _strip_rows(slab.width),
              tiffinfo={PREDICTOR: DIFFERENCES})  # fmt: skip
    with Image.open(packed) as made:
        tags, held = made.tag_v2, packed.getbuffer()  # type: ignore[attr-defined]
        if tags[ROWS] != min(_strip_rows(slab.width), slab.height):
            raise ValueError(f"libtiff made strips of {tags[ROWS]} rows, not of {_strip_rows(slab.width)}")
        return tuple(bytes(held[at : at + many]) for at, many in zip(tags[OFFSETS], tags[COUNTS], strict=True))


def _tags(size: Size, offsets: list[int], counts: list[int], profile: bytes) -> dict[int, tuple[int, list[int]]]:
    """By number, in order: its kind and its values."""
    return {
        WIDTH: (LONG, [size.width]), HEIGHT: (LONG, [size.height]), BITS: (SHORT, [8] * 4), PACKING: (SHORT, [LZW]),
        COLOURS: (SHORT, [SEPARATED]), OFFSETS: (LONG, offsets), SAMPLES: (SHORT, [4]),
        ROWS: (LONG, [_strip_rows(size.width)]), COUNTS: (LONG, counts), ACROSS: (RATIO, [size.dpi, 1]),
        DOWN: (RATIO, [size.dpi, 1]), UNIT: (SHORT, [INCH]), PREDICTOR: (SHORT, [DIFFERENCES]),
        PROFILE: (BYTES, list(profile)),
    }  # fmt: skip


def _directory(start: int, tags: dict[int, tuple[int, list[int]]]) -> Iterator[bytes]:
    """The directory as it stands at `start`, then the values that do not fit into it."""
    entries, after = struct.pack("<H", len(tags)), b""
    beyond = start + 2 + 12 * len(tags) + 4
    for tag, (kind, values) in tags.items():
        packed = struct.pack(f"<{len(values)}{FORMS[kind]}", *values)
        entries += struct.pack("<HHI", tag, kind, len(values) // (2 if kind == RATIO else 1))
        if len(packed) <= 4:
            entries += packed.ljust(4, b"\0")
        else:
            entries += struct.pack("<I", beyond + len(after))
            after += packed + bytes(len(packed) % 2)
    yield entries + bytes(4)
    yield after
