"""Problems: every error of the API as `application/problem+json` (RFC 9457): what is wrong, in a line, and the way out.

Errors of the product become a status here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from graphs.inbox import BadAnswer
from graphs.people import BadMember, Forbidden, Unknown
from graphs.tenants import UnknownTenant
from store.decisions import Decided, DecisionError, UnknownIdea
from store.errors import Busy, StoreError
from store.people import MemberError, NoMember
from store.queue import BadCursor

MEDIA_TYPE = "application/problem+json"
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="bellwether"'}


class Problem(Exception):
    """What a route refuses: a status, one line, and whatever else a program may want to know."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, dict(headers or {}), more


STATUS: Mapping[type[Exception], int] = {
    Unknown: 401,
    UnknownTenant: 401,
    Forbidden: 403,
    BadMember: 422,
    NoMember: 404,
    MemberError: 409,
    UnknownIdea: 404,
    DecisionError: 409,
    BadAnswer: 422,
    BadCursor: 422,
    Busy: 503,
    StoreError: 503,
}
"""What an error of the product is to a program; of several that fit, the first."""


def add_to(app: FastAPI) -> None:
    """Every error that leaves a route leaves it as a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for kind in STATUS:
        app.add_exception_handler(kind, _known)


def response(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> JSONResponse:
    """A problem as it goes out."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    challenge = CHALLENGE if status == 401 else {}
    return JSONResponse(body, status, headers={**challenge, **(headers or {})}, media_type=MEDIA_TYPE)


def _problem(_: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, Problem)  # noqa: S101 - registered for it alone
    return response(problem.status, problem.detail, problem.headers, **problem.more)


def _known(_: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    standing = {"standing": _standing(error.review)} if isinstance(error, Decided) else {}
    retry = {"Retry-After": "5"} if status == 503 else {}
    return response(status, str(error), retry, **standing)


def _standing(review: Mapping[str, Any]) -> dict[str, Any]:
    return {"answer": review["answer"], "actor": review["actor"], "decided_at": review["decided_at"].isoformat()}


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    wrong = [{"where": ".".join(str(part) for part in each["loc"]), "what": each["msg"]} for each in error.errors()]
    first = wrong[0]
    return response(422, f"{first['where']}: {first['what']}", errors=wrong)


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    return response(error.status_code, str(error.detail), error.headers)
