"""Reference: the API's description as a page of our own: no script, nothing fetched, so it is read offline as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader

router = APIRouter()
STYLED = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
METHODS = ("get", "post", "put", "patch", "delete")
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is given or answered."""

    name: str
    place: str
    type: str
    needed: bool
    says: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path."""

    method: str
    path: str
    title: str
    says: str
    fields: list[Field]
    body: str
    answers: list[tuple[str, str, str]]


@router.get("/api/docs", include_in_schema=False)
async def reference(request: Request) -> HTMLResponse:
    """Every route with what it takes and answers."""
    described = request.app.openapi()
    environment = Environment(loader=PackageLoader("ui"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page = environment.get_template("reference.html.j2").render(
        title=described["info"]["title"],
        version=described["info"]["version"],
        groups=groups_of(described),
        schemas={name: list(_members(schema)) for name, schema in described["components"]["schemas"].items()},
        address=str(request.base_url).rstrip("/"),
        description=request.app.openapi_url,
    )
    return HTMLResponse(page, headers=STYLED)


def groups_of(described: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """The operations by their tag, in the order of their routes."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in described["paths"].items():
        for method in METHODS:
            if method in methods:
                groups.setdefault(methods[method].get("tags", ["other"])[0], []).append(
                    _operation(method, path, methods[method])
                )
    return groups


def type_of(schema: Schema) -> str:
    """A schema in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        return " or ".join(type_of(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _operation(method: str, path: str, said: Mapping[str, Any]) -> Operation:
    fields = [
        Field(each["name"], each["in"], type_of(each.get("schema", {})), each.get("required", False),
              each.get("description", ""))
        for each in said.get("parameters", [])
    ]  # fmt: skip
    body = ", ".join(
        f"{kind}: {type_of(each.get('schema', {}))}"
        for kind, each in said.get("requestBody", {}).get("content", {}).items()
    )
    answers = [
        (status, each.get("description", ""), _answered(each)) for status, each in sorted(said["responses"].items())
    ]
    return Operation(method.upper(), path, said.get("summary", ""), said.get("description", ""), fields, body, answers)


def _answered(said: Mapping[str, Any]) -> str:
    return ", ".join(type_of(each.get("schema", {})) for each in said.get("content", {}).values())


def _members(schema: Schema) -> Iterator[Field]:
    for name, each in schema.get("properties", {}).items():
        yield Field(name, "", type_of(each), name in schema.get("required", ()), each.get("description", ""))
