"""Handing: designs as files in somebody's hands: one file, or several designs as a ZIP, for Shopify, as an atlas.

A file is made when its button is pressed, not before; what went out is in the audit log.
"""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from graphs.people import Deed
from graphs.product import Product
from ui.console.desk import Visit
from ui.console.studio import library_of
from ui.console.words import _, marked

MOST = 50
"""Designs that are handed on at once: a ZIP of the files of so many is some hundred megabytes."""
FORMS = {
    "zip": (marked("ZIP"), ":material/folder_zip:"),
    "shopify": (marked("Shopify CSV"), ":material/storefront:"),
    "atlas": (marked("Atlas"), ":material/grid_view:"),
}
KINDS = {
    "print": (marked("Print PNG"), ":material/print:"),
    "press": (marked("CMYK TIFF"), ":material/palette:"),
    "vectors": (marked("SVG"), ":material/polyline:"),
}
ZIP = "application/zip"


def buttons(here: Visit, ids: Sequence[str], name: str = "designs") -> None:
    """A button for each form in which designs are handed on."""
    for form, (label, icon) in FORMS.items():

        def made(form: str = form) -> BytesIO:
            return BytesIO(here.act(Deed.LOOK, _export(here, ids, form, name), f"designs:{len(ids)}:{form}"))

        st.download_button(
            _(label), made, f"{name}-{form}.zip" if form != "zip" else f"{name}.zip", ZIP, icon=icon,
            key=f"hand-{form}-{name}", on_click="ignore",
        )  # fmt: skip


def _export(here: Visit, ids: Sequence[str], form: str, name: str) -> Any:
    async def work(product: Product) -> bytes:
        with TemporaryDirectory(prefix="bellwether-") as folder:
            written = await library_of(here, product).export(ids, form, Path(folder), name)
            return await asyncio.to_thread(packed, written, Path(folder))

    return work


def packed(written: Sequence[Path], folder: Path) -> bytes:
    """What was written as one ZIP; one that is a ZIP already is taken as it is."""
    if len(written) == 1 and written[0].suffix == ".zip":
        return written[0].read_bytes()
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as out:
        for path in written:
            out.write(path, path.relative_to(folder).as_posix())
    return held.getvalue()


def files(here: Visit, design_id: str, kept: dict[str, Any], name: str) -> None:
    """A button for each file of a design, with its size."""
    for kind, (label, icon) in KINDS.items():
        if kind not in kept:
            continue

        def opened(kind: str = kind) -> BytesIO:
            return BytesIO(here.act(Deed.LOOK, _open(here, design_id, kind), f"design:{design_id}:{kind}"))

        ending = {"print": "png", "press": "tif", "vectors": "svg"}[kind]
        st.download_button(
            f"{_(label)} · {size_of(kept[kind]['bytes'])}", opened, f"{name}-{kind}.{ending}", kept[kind]["media_type"],
            icon=icon, key=f"file-{kind}-{design_id}", on_click="ignore", width="stretch",
        )  # fmt: skip


def _open(here: Visit, design_id: str, kind: str) -> Any:
    async def work(product: Product) -> bytes:
        found = await library_of(here, product).open_file(design_id, kind)
        return await asyncio.to_thread(found.path.read_bytes)

    return work


def size_of(count: int) -> str:
    """So many bytes as people read them."""
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{max(1, round(count / 1_000)):,} KB"


def move(here: Visit, design_id: str, back: bool) -> bool:
    """Delete a design, or show it again; whether that was news."""

    async def work(product: Product) -> bool:
        library = library_of(here, product)
        return await (library.restore(design_id) if back else library.delete(design_id))

    return here.act(Deed.DRAW, work, f"design:{design_id}")
