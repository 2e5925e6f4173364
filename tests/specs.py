"""Providers' published specifications: every request that comes over a socket is held against one of them.

A `Contract` is a provider on loopback. It answers what the test gives it and writes down each request that does not fit
the specification: wrong path, parameter, value, body, a query name that the operation does not know, no key where one
is asked for. The test ends with `contract.check()`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Answer = Callable[[Request], Response]
Document = dict[str, Any]

ANYWHERE = frozenset({"key", "fields", "prettyPrint", "alt"})
"""Names that every operation of Google's APIs takes."""


def load(shared: Path, name: str) -> Document:
    """A specification of `shared/specs`. Its security is checked by us: openapi-core forgives a key that is missing."""
    document: Document = json.loads((shared / "specs" / name).read_text("utf-8"))
    for operation in _operations(document):
        operation.pop("security", None)
    document.pop("security", None)
    return document


def recorded(shared: Path, name: str) -> Any:
    """A recorded answer: the body itself, or the exchanges of a cassette."""
    return json.loads((shared / "specs" / "recorded" / name).read_text("utf-8"))


def reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(json.dumps(body), status, {"content-type": "application/json", **(headers or {})})


@dataclass
class Contract:
    """A provider on loopback, under a prefix of its own."""

    server: HTTPServer
    document: Document
    prefix: str
    header: str | None = None
    """What must carry a key: `Authorization`."""
    pages: dict[str, list[Answer | Any]] = field(default_factory=dict)
    """Answers by a pattern of the path, given one after the other; the last one stays."""
    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    api: OpenAPI = field(init=False)

    def __post_init__(self) -> None:
        self.document["servers"] = [{"url": self.base}]
        self.api = OpenAPI.from_dict(self.document)
        self.server.expect_request(re.compile(f"^{self.prefix}(/|$)")).respond_with_handler(self._handle)

    @property
    def base(self) -> str:
        return self.server.url_for(self.prefix)

    def on(self, pattern: str, *answers: Answer | Any) -> None:
        """What to answer where the path (without the prefix) matches; a body is sent as JSON."""
        self.pages[pattern] = list(answers)

    def check(self) -> None:
        """Every request fitted, and there was one."""
        assert self.violations == []
        assert self.requests

    def faults(self, method: str, path: str, headers: Mapping[str, str] | None = None, **told: Any) -> list[str]:
        """What is wrong with a request: empty where it fits."""
        query = told.get("query") or {}
        asked = MockRequest(
            self.server.url_for("").rstrip("/"), method.lower(), self.prefix + path, args=dict(query),
            headers=dict(headers or {}), data=told.get("data"), content_type=told.get("content_type", ""),
        )  # fmt: skip
        found = [f"{path}: {error}: {error.__cause__}" for error in self.api.iter_request_errors(asked)]
        unknown = set(query) - self._names(method, path) - ANYWHERE
        found += [f"{path}: no operation takes {name!r}" for name in sorted(unknown)]
        if self.header is not None and not {**(headers or {})}.get(self.header):
            found.append(f"{path}: no {self.header}")
        return found

    def answer_faults(self, path: str, body: Any, method: str = "get") -> list[str]:
        """What is wrong with an answer of ours, by the specification's own schema."""
        asked = MockRequest(self.server.url_for("").rstrip("/"), method, self.prefix + path)
        given = MockResponse(json.dumps(body).encode(), 200, content_type="application/json")
        return [f"{error}: {error.__cause__}" for error in self.api.iter_response_errors(asked, given)]

    def _handle(self, request: Request) -> Response:
        self.requests.append(request)
        path = _raw_path(request).removeprefix(self.prefix)
        stated = request.headers.get("content-type", "")
        content_type = stated if stated.startswith("multipart/") else stated.partition(";")[0]
        self.violations += self.faults(
            request.method, path, dict(request.headers), query=request.args.to_dict(), data=request.get_data() or None,
            content_type=content_type,
        )  # fmt: skip
        for pattern, answers in self.pages.items():
            if re.search(pattern, path):
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                return answer(request) if callable(answer) else reply(answer)
        return reply({"error": f"nothing to answer at {path}"}, 404)

    def _names(self, method: str, path: str) -> set[str]:
        """The query names that the operation of this path takes."""
        for template, item in self.document["paths"].items():
            if re.fullmatch(
                re.sub(r"\{[^/]+\}", "[^/]+", re.escape(template).replace(r"\{", "{").replace(r"\}", "}")), path
            ):
                stated = [*item.get("parameters", ()), *item.get(method.lower(), {}).get("parameters", ())]
                return {each["name"] for each in map(self._resolved, stated) if each["in"] == "query"}
        return set()

    def _resolved(self, parameter: Document) -> Document:
        found: Any = parameter
        while "$ref" in found:
            path, found = found["$ref"].removeprefix("#/").split("/"), self.document
            for name in path:
                found = found[name]
        return dict(found)


def _operations(document: Document) -> list[Document]:
    return [each for item in document["paths"].values() for each in item.values() if isinstance(each, dict)]


def _raw_path(request: Request) -> str:
    """The path with its parts decoded one by one: an encoded slash stays one."""
    raw = str(request.environ["REQUEST_URI"]).partition("?")[0]
    return "/".join(unquote(part).replace("/", "%2F") for part in raw.split("/"))
