"""Upload: the one file of a multipart form, on disk for as long as it is looked at, and gone afterwards."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from fastapi import Request
from starlette.datastructures import UploadFile

from graphs.pulls import name_of
from ui.api.problems import Problem

MOST_BYTES = 16 << 20
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
"""How the API's description tells of the form, which is read once it is known who sends it."""


@asynccontextmanager
async def brought(request: Request) -> AsyncIterator[Path]:
    """The form's file under the name that it was given, made safe. Problem where there is none, or it is too large."""
    async with request.form(max_files=1, max_fields=1) as form:
        given = form.get("file")
        if not isinstance(given, UploadFile):
            raise Problem(422, "a multipart form with one file, called `file`, is needed")
        if (given.size or 0) > MOST_BYTES:
            raise Problem(413, f"a file of {given.size:,} bytes: at most {MOST_BYTES:,}; `run --from` takes more")
        with TemporaryDirectory(prefix="bellwether-") as folder:
            path = Path(folder) / name_of(given.filename or "", "upload")
            await asyncio.to_thread(_save, given.file, path)
            yield path


def _save(content: IO[bytes], path: Path) -> None:
    with path.open("wb") as there:
        shutil.copyfileobj(content, there)
