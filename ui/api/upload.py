"""Upload: what a multipart form brings, for as long as it is looked at, and gone afterwards: one file, or some files in
memory with fields beside them. A form is read once it is known who sends it.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Generic, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from graphs.pulls import name_of
from ui.api.problems import Problem
from ui.api.texts import find_unfit

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
"""How the API's description tells of a form with one file."""
MOST_TEXT = 4_096
"""Characters of a field."""
Given = TypeVar("Given", bound=BaseModel)


def form_of(shape: type[BaseModel], **files: dict[str, Any]) -> dict[str, Any]:
    """How the API's description tells of a form with the fields of this shape, which are texts, and these files."""
    described = shape.model_json_schema()
    fields = {
        "type": "object",
        "required": [*described.get("required", []), *files],
        "properties": {**described["properties"], **files},
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": fields}}}}


ONE_FILE: dict[str, Any] = {"type": "string", "format": "binary"}


@asynccontextmanager
async def filled(request: Request, shape: type[Given], name: str, most: int = 1) -> AsyncIterator[Filled[Given]]:
    """The fields of a form as the shape has them, and its files, all called `name`.

    Problem 422 where a field is none of these or cannot be, where there is no file, or one of another name.
    """
    async with request.form(max_files=most, max_fields=len(shape.model_fields), max_part_size=MOST_TEXT) as form:
        texts = {key: value for key, value in form.multi_items() if isinstance(value, str)}
        files = [(key, value) for key, value in form.multi_items() if isinstance(value, UploadFile)]
        wrong = find_unfit([("form", texts)])
        if wrong is not None:
            raise Problem(422, f"{wrong}: holds a NUL, a control or half a character")
        if not files or any(key != name for key, _ in files):
            raise Problem(422, f"a multipart form with one to {most} files, called `{name}`, is needed")
        try:
            given = shape.model_validate(texts)
        except ValidationError as errors:
            raise RequestValidationError(errors.errors()) from errors
        yield Filled(given, [(name_of(file.filename or "", "upload"), await file.read()) for _, file in files])


@dataclass(frozen=True, slots=True)
class Filled(Generic[Given]):
    """What a form brought: its fields, and each file's name, made safe, with its bytes."""

    fields: Given
    files: Sequence[tuple[str, bytes]]


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
