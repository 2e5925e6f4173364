"""Export: designs as files to hand on: one by one, as a ZIP, as products for Shopify, as an atlas for Unity.

Each export has a `manifest.json`: what every design is of, how it was made and under which licences, and the SHA-256 of
every file. The same designs give the same bytes on every machine: names are sorted, times are fixed, nothing is packed
by a library whose next version might pack otherwise. A file that is not what was filed is not handed on. What is
written is whole or not there.
"""

from __future__ import annotations

import errno
import hashlib
import html
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from PIL import Image

from studio import atlas
from studio.drawing import Row
from studio.errors import Failed
from studio.library import Tag
from studio.names import apart, file_name, handle
from studio.print import File
from studio.rows import Cell, csv_of

MANIFEST = "manifest.json"
FORMAT = "bellwether-designs/1"
CALLED: Mapping[str, str] = {
    "print": "print.png",
    "press": "press.tif",
    "thumb": "thumb.png",
    "vectors": "design.svg",
}
"""The files of every design by what they are for."""
CHUNK = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Design:
    """A design as it is handed on: its row, how it was made, and its files by what they are for."""

    row: Row
    prompt: str
    negative: str
    seed: int
    renderer: str
    version: str
    """Of the renderer."""
    brand: str
    files: Mapping[str, File]
    made_with: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()
    category: str = ""
    price_cents: int | None = None
    """In the currency of the shop; None: the shop asks for it."""
    image_urls: tuple[str, ...] = ()
    """Where its pictures can be fetched: a shop takes no files, it takes addresses (https)."""
    name: str = ""
    """What it is called where it is handed on, if not as its row: rows of two batches may have one id."""

    @property
    def called(self) -> str:
        """Its name, else its row's id."""
        return self.name or self.row.id


def called(kind: str, file: File) -> str:
    """The name under which a file is handed on; in the library it may lie under its hash, without an ending.

    A kind that is not in CALLED is its own name ("mockup-shirt-front.png").
    """
    name = CALLED.get(kind) or file_name(kind)
    return name if "." in name else f"{name}{file.path.suffix}"


def manifest_of(designs: Sequence[Design], names: Sequence[str], **also: Any) -> bytes:
    """The manifest as JSON: sorted keys, one space a level, so that two can be compared line by line."""
    told = {"format": FORMAT, "designs": [_told(*one) for one in zip(designs, names, strict=True)], **also}
    return (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "replace")


def _told(design: Design, name: str) -> dict[str, Any]:
    row, made = design.row, dict(design.made_with)
    kept = {kind: design.files[kind] for kind in sorted(design.files)}
    return {
        "name": name,
        "id": row.id,
        "row": {"text": row.text, "keyword": row.keyword, "hook": row.hook, "audience": row.audience},
        "product": row.product_format,
        "brand": design.brand,
        "prompt": design.prompt,
        "negative": design.negative,
        "seed": design.seed,
        "renderer": {"name": design.renderer, "version": design.version},
        "composition": made.pop("composition", None),
        "faces": made.pop("faces", {}),
        "licences": made.pop("licences", made.pop("licence", None)),
        "made_with": made,
        "tags": {tag.name: tag.confidence for tag in design.tags},
        "category": design.category,
        "files": [
            {"for": kind, "name": called(kind, file), "sha256": file.sha256, "bytes": file.bytes}
            for kind, file in kept.items()
        ],
    }  # fmt: skip


def _ordered(designs: Sequence[Design]) -> tuple[list[Design], list[str]]:
    """The designs by what they are called, and a name for each that is its own and safe on every system."""
    ordered = sorted(designs, key=lambda one: (one.called.casefold(), one.called))
    return ordered, apart((MANIFEST, *(file_name(one.called) for one in ordered)))[1:]


# Files --------------------------------------------------------------------------------------------------------------


def write_folder(designs: Sequence[Design], folder: Path) -> list[Path]:
    """Each design in a folder of its own, the manifest beside them; gives what was written, sorted."""
    ordered, names = _ordered(designs)
    written = [_write(folder / MANIFEST, manifest_of(ordered, names))]
    written += [_copy(file, folder / name) for name, file in _paths(ordered, names).items()]
    return sorted(written)


def _paths(designs: Sequence[Design], names: Sequence[str]) -> dict[str, File]:
    """Every file of every design by the path it is handed on under."""
    pairs = zip(designs, names, strict=True)
    return {f"{name}/{called(kind, file)}": file for one, name in pairs for kind, file in one.files.items()}


def write_zip(designs: Sequence[Design], path: Path) -> Path:
    """The same as one ZIP. Files are stored, not packed: PNG and TIFF are packed already."""
    ordered, names = _ordered(designs)
    held = {MANIFEST: manifest_of(ordered, names)}
    kept = _paths(ordered, names)
    with _whole(path) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for name in sorted((*held, *kept)):
            size = len(held[name]) if name in held else kept[name].bytes
            with packed.open(_entry(name, size), "w") as entry:
                for chunk in [held[name]] if name in held else _chunks(kept[name]):
                    entry.write(chunk)
    return path


def _entry(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system, info.external_attr, info.file_size = 3, 0o644 << 16, size
    return info


def _copy(file: File, path: Path) -> Path:
    with _whole(path) as out:
        for chunk in _chunks(file):
            out.write(chunk)
    return path


def _write(path: Path, content: bytes) -> Path:
    with _whole(path) as out:
        out.write(content)
    return path


def _chunks(file: File) -> Iterator[bytes]:
    """The bytes of a file, held against its hash. Failed("disk") where it is gone or not what was filed."""
    seen = hashlib.sha256()
    try:
        with file.path.open("rb") as held:
            while chunk := held.read(CHUNK):
                seen.update(chunk)
                yield chunk
    except FileNotFoundError:
        raise Failed("disk", f"{file.path.name} is not in the library any more: draw the design again") from None
    if seen.hexdigest() != file.sha256:
        raise Failed("disk", f"{file.path.name} is not what was filed (SHA-256 {seen.hexdigest()[:12]}): draw it again")


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that stands under its name only once it is whole. Failed("disk") where the disk is full."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        os.replace(part, path)  # noqa: PTH105
    except OSError as fault:
        if fault.errno in _FULL:
            raise Failed("disk", f"no room for {path.name} in {path.parent}: free some and export again") from fault
        raise
    finally:
        part.unlink(missing_ok=True)


# Shopify ------------------------------------------------------------------------------------------------------------

SHOPIFY: tuple[str, ...] = (
    "Title", "URL handle", "Description", "Vendor", "Product category", "Type", "Tags", "Published on online store",
    "Status", "SKU", "Barcode", "Option1 name", "Option1 value", "Option2 name", "Option2 value", "Option3 name",
    "Option3 value", "Price", "Compare-at price", "Cost per item", "Charge tax", "Tax code", "Inventory tracker",
    "Inventory quantity", "Continue selling when out of stock", "Weight value (grams)", "Weight unit for display",
    "Requires shipping", "Fulfillment service", "Product image URL", "Image position", "Image alt text",
    "Variant image URL", "Gift card", "SEO title", "SEO description",
)  # fmt: skip
"""The columns of Shopify's product CSV as their help centre lists them since 2025 ("Using CSV files to import and
export products")."""
MOST_TITLE, MOST_SEO_TITLE, MOST_SEO = 255, 70, 320


def shopify_csv(designs: Sequence[Design], vendor: str) -> bytes:
    """Products as drafts, one row each and one more for each further picture. No cell is a formula."""
    ordered, _ = _ordered(designs)
    handles = apart(handle(f"{one.row.text[:60]} {one.row.product_format}", handle(one.row.id)) for one in ordered)
    rows = (row for one, name in zip(ordered, handles, strict=True) for row in _products(one, name, vendor))
    return csv_of(SHOPIFY, [[row.get(column, "") for column in SHOPIFY] for row in rows])


def _products(design: Design, name: str, vendor: str) -> Iterator[dict[str, Cell]]:
    row, urls = design.row, [url for url in design.image_urls if url.startswith("https://")]
    product = row.product_format.replace("_", " ").capitalize()
    told = f"{row.text}. {product} for {row.audience or 'everybody'}."
    pictures = [_picture(url, at, row) for at, url in enumerate(urls, 1)]
    first: dict[str, Cell] = {
        "Title": row.text[:MOST_TITLE], "URL handle": name, "Description": f"<p>{html.escape(told)}</p>",
        "Vendor": vendor, "Type": product, "Tags": ", ".join(tag.name.replace(",", " ") for tag in design.tags),
        "Published on online store": "FALSE", "Status": "draft", "SKU": design.called, "Option1 name": "Title",
        "Option1 value": "Default Title", "Charge tax": "TRUE", "Continue selling when out of stock": "TRUE",
        "Requires shipping": "TRUE", "Fulfillment service": "manual", "Gift card": "FALSE",
        "SEO title": row.text[:MOST_SEO_TITLE], "SEO description": told[:MOST_SEO],
    }  # fmt: skip
    if design.price_cents is not None:
        first["Price"] = f"{design.price_cents // 100}.{design.price_cents % 100:02d}"
    yield first | (pictures[0] if pictures else {})
    yield from ({"URL handle": name, **picture} for picture in pictures[1:])


def _picture(url: str, at: int, row: Row) -> dict[str, Cell]:
    return {"Product image URL": url, "Image position": at, "Image alt text": f"{row.text} ({row.product_format})"}


def write_shopify(designs: Sequence[Design], folder: Path, vendor: str) -> list[Path]:
    """`products.csv` and the manifest."""
    ordered, names = _ordered(designs)
    content = shopify_csv(designs, vendor)
    return [_write(folder / MANIFEST, manifest_of(ordered, names)), _write(folder / "products.csv", content)]


# Atlas --------------------------------------------------------------------------------------------------------------


def write_atlas(designs: Sequence[Design], folder: Path, side: int = 512, largest: int = atlas.LARGEST) -> list[Path]:
    """Pages `atlas-1.png`, ... with their JSON, and the manifest; gives what was written, sorted.

    Each design lies there once, its longer side at most `side` pixels, from its print file (or its thumbnail, where
    that is large enough).
    """
    ordered, names = _ordered(designs)
    images = {name: _image(one, side) for one, name in zip(ordered, names, strict=True)}
    pages = atlas.packed({name: image.size for name, image in images.items()}, largest)
    written = [_write(folder / MANIFEST, manifest_of(ordered, names, pages=len(pages)))]
    for at, page in enumerate(pages, 1):
        name = f"atlas-{at}"
        with _whole(folder / f"{name}.png") as out:
            atlas.drawn(page, images).save(out, "PNG", compress_level=6)
        told = json.dumps(atlas.described(page, f"{name}.png", FORMAT), indent=1, ensure_ascii=False)
        written += [folder / f"{name}.png", _write(folder / f"{name}.json", f"{told}\n".encode())]
    return sorted(written)


def _image(design: Design, side: int) -> Image.Image:
    for kind in ("thumb", "print"):
        file = design.files.get(kind)
        if file is None:
            continue
        for _ in _chunks(file):
            pass
        with Image.open(file.path) as image:
            if kind == "print" or max(image.size) >= side:
                return atlas.fitted(image, side)
    raise Failed("disk", f"the design {design.row.id} has no print file: draw it again")
