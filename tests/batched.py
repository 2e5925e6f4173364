"""Batches as rows alone: what the tests of the store and of its callers stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from store.batches import NewBatch, put_batch, put_brand
from store.decisions import Rows
from store.designs import Filed
from store.ids import new_id
from studio.drawing import Row

PROFILE = {"name": "acme", "palette": ["#112233"], "terms": ["bold"]}


def rows(*ids: str, **changes: Any) -> list[dict[str, Any]]:
    return [asdict(Row(each, f"design {each}", **changes)) for each in ids]


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
