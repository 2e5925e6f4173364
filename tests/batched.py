"""Batches as rows alone: what the tests of the store and of its callers stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from io import BytesIO
from typing import Any
from uuid import UUID
from zlib import crc32

from PIL import Image

from store.assets import Assets
from store.batches import NewBatch, put_batch, put_brand
from store.decisions import Rows
from store.designs import Filed, file_design, take
from store.ids import new_id
from studio.drawing import Row

PROFILE = {"name": "acme", "palette": ["#112233"], "terms": ["bold"]}


def rows(*ids: str, **changes: Any) -> list[dict[str, Any]]:
    return [asdict(Row(**{"id": each, "text": f"design {each}", **changes})) for each in ids]


async def begin(connection: Rows, given: Sequence[Mapping[str, Any]], **changes: Any) -> UUID:
    """A batch of these rows, running."""
    brand = await put_brand(connection, "acme", PROFILE, [], "me")
    plain: dict[str, Any] = {"key": str(new_id()), "name": "spring", "brand_id": brand["id"], "plan": {}, "actor": "me"}
    batch_id, _ = await put_batch(connection, NewBatch(rows=given, **{**plain, **changes}))
    return batch_id


def filed(design_id: UUID, key: str = "k" * 64, sha256: str = "a" * 64) -> Filed:
    """A finished drawing of one file."""
    files = [{"kind": "print", "sha256": sha256, "media_type": "image/png", "bytes": 3}]
    seen = {"tags": [{"name": "bold", "confidence": 0.9}], "category": "quotes", "phash": 7}
    render = {
        "renderer": "typographic", "version": "1", "seed": 7, "made_with": {}, "checked": {}, "safety": {},
        "prompt": "moss", "negative": "noise", "seen": seen, "seconds": 1.0, "files": files,
    }  # fmt: skip
    return Filed(design_id, key, render, 0.9)


async def file_all(connection: Rows, told: Mapping[str, Mapping[str, Any]]) -> dict[str, UUID]:
    """Every row that waits, filed as told by its id: "score", "category", "tags", "phash", "key", and of its render."""
    worker, done = new_id(), {}
    while taken := await take(connection, worker, "me", 100):
        for row in taken:
            own = {"key": f"{row['row_id']:0>64}", "sha256": f"{row['row_id']:0>64}", **told.get(row["row_id"], {})}
            plain = filed(row["id"], own["key"], own["sha256"])
            seen = {
                "tags": [{"name": name, "confidence": sure} for name, sure in own.get("tags", {"bold": 0.9}).items()],
                "category": own.get("category", "quotes"), "phash": own.get("phash", 7), "look": own.get("look"),
            }  # fmt: skip
            render = {name: own.get(name, value) for name, value in plain.render.items()}
            new = replace(plain, render={**render, "seen": seen}, score=own.get("score", 0.9))
            await file_design(connection, worker, new, "me")
            done[row["row_id"]] = row["id"]
    return done


def files_of(assets: Assets, text: str) -> list[dict[str, Any]]:
    """Real files of a small design that differ by its text, as they are filed."""
    image = Image.new("RGBA", (90, 108))
    image.paste((crc32(text.encode()) & 0xFF, 40, 90, 255), (10, 10, 80, 98))
    kept = []
    for kind, form in (("print", "PNG"), ("press", "TIFF"), ("thumb", "PNG")):
        packed = BytesIO()
        (image.resize((20, 24)) if kind == "thumb" else image).save(packed, form)
        kept.append((kind, f"image/{form.lower()}", packed.getvalue()))
    kept.append(("vectors", "image/svg+xml", f"<svg><title>{text}</title></svg>".encode()))
    return [
        {"kind": kind, "sha256": assets.put(content), "media_type": media, "bytes": len(content)}
        for kind, media, content in kept
    ]
