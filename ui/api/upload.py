"""Upload: what a multipart form brings, for as long as it is looked at, and gone afterwards: one file, or some files in
memory with fields beside them. A form is read once it is known who sends it.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Generic, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

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
    async with _parsed(request, most, len(shape.model_fields)) as form:
        texts = {_utf8(key): _utf8(value) for key, value in form.multi_items() if isinstance(value, str)}
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
        yield Filled(given, [(_name(file), await file.read()) for _, file in files])


class _Whole(MultiPartParser):
    """A reader that takes no form that breaks off."""

    ended = False

    def __init__(self, request: Request, headers: Headers, **limits: int) -> None:
        super().__init__(headers, self._until_the_end(request), **limits)

    def on_end(self) -> None:
        """The last boundary."""
        self.ended = True

    async def _until_the_end(self, request: Request) -> AsyncGenerator[bytes, None]:
        async for piece in request.stream():
            yield piece
        if not self.ended:
            raise MultiPartException("it breaks off before its last boundary")


@asynccontextmanager
async def _parsed(request: Request, most_files: int, most_fields: int) -> AsyncIterator[FormData]:
    """The form with its texts as bytes: read as UTF-8 by the library, what is none would become another text."""
    kind, _ = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        raise Problem(422, "a multipart form is needed")
    headers = Headers({"content-type": f"{request.headers['content-type']}; charset=latin-1"})
    limits: dict[str, int] = {"max_files": most_files, "max_fields": most_fields, "max_part_size": MOST_TEXT}
    try:
        form = await _Whole(request, headers, **limits).parse()
    except MultiPartException as wrong:
        raise Problem(400, f"the form cannot be read: {wrong.message}") from wrong
    try:
        yield form
    finally:
        await form.close()


def _utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        raise Problem(400, "a field of the form is no UTF-8") from None


def _name(file: UploadFile) -> str:
    return name_of((file.filename or "").encode("latin-1", "replace").decode("utf-8", "replace"), "upload")


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
