"""Handing on: designs as files for others: folders, a ZIP, products for Shopify, an atlas; each with a manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from graphs.ageing import at_hand
from graphs.packing import Packed
from store.assets import Assets
from studio.drawing import Row
from studio.errors import BadBatch
from studio.export import Design, write_atlas, write_folder, write_shopify, write_zip
from studio.library import Tag
from studio.names import file_name
from studio.print import File

VENDOR = "Bellwether"
EXPORTS: Mapping[str, Callable[[Sequence[Design], Path, str], list[Path]]] = {
    "folder": lambda made, to, _name: write_folder(made, to),
    "zip": lambda made, to, name: [write_zip(made, to / f"{name}.zip")],
    "shopify": lambda made, to, _name: write_shopify(made, to, VENDOR),
    "atlas": lambda made, to, _name: write_atlas(made, to),
}
"""How designs are handed on: into a folder, under a name."""
NAME_CHARS = 40


def check_form(form: str) -> None:
    """BadBatch where there is no such form."""
    if form not in EXPORTS:
        raise BadBatch(f"no form {form!r}: one of {', '.join(EXPORTS)}")


def hand_on(rows: Sequence[Packed], assets: Assets, form: str, to: Path, name: str, own_names: bool) -> list[Path]:
    """Write these designs, as `store.designs.load_drawn` has them; what was written.

    `own_names`: each under its text and the end of its id, which no two share; else under the id of its row.

    Raises:
        Failed: a file is gone or not what was filed; the disk is full.
    """
    check_form(form)
    return EXPORTS[form]([_design(row, assets, own_names) for row in rows], to, file_name(name))


def _design(row: Packed, assets: Assets, own_name: bool) -> Design:
    files = {kind: File(at_hand(assets, each["sha256"]), **each) for kind, each in row["files"].items()}
    tags = tuple(Tag(name, confidence) for name, confidence in row["tags"].items())
    plain = {name: row[name] for name in ("prompt", "negative", "seed", "renderer", "version", "brand", "made_with")}
    named = f"{file_name(row['row']['text'][:NAME_CHARS])}-{str(row['id'])[-6:]}" if own_name else ""
    return Design(row=Row(**row["row"]), files=files, tags=tags, category=row["category"], name=named, **plain)
