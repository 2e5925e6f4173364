"""Problems: every error of the API as `application/problem+json` (RFC 9457): what is wrong, in a line, and the way out.

Errors of the product become a status here and nowhere else.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from math import ceil
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from graphs.inbox import BadAnswer
from graphs.people import BadMember, Forbidden, Unknown
from graphs.runs import NotNow, UnknownThread
from graphs.starting import BadStart
from graphs.tenants import UnknownTenant
from market import errors as market
from market.metrics import BadMetrics
from store.batches import BatchError, UnknownBatch, UnknownBrand
from store.decisions import Decided, DecisionError, UnknownIdea
from store.errors import Busy, StoreError
from store.experiments import ExperimentError, UnknownExperiment
from store.gallery import UnknownDesign
from store.listings import ListingError, UnknownListing
from store.people import MemberError, NoMember
from store.queue import BadCursor
from studio.errors import BadBatch, BadReference, NotConfigured, StudioError

MEDIA_TYPE = "application/problem+json"
_LOG = logging.getLogger(__name__)
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
    BadStart: 422,
    UnknownThread: 404,
    NotNow: 409,
    UnknownBatch: 404,
    UnknownBrand: 404,
    UnknownDesign: 404,
    BatchError: 409,
    BadBatch: 422,
    BadReference: 422,
    NotConfigured: 422,
    StudioError: 409,
    UnknownListing: 404,
    ListingError: 409,
    UnknownExperiment: 404,
    ExperimentError: 409,
    BadMetrics: 422,
    market.MarketBusy: 503,
    market.MarketRefused: 409,
    market.NotConfigured: 409,
    market.MarketError: 502,
    Busy: 503,
    StoreError: 503,
    psycopg.DataError: 422,
    psycopg.OperationalError: 503,
    PoolTimeout: 503,
}
"""What an error of the product is to a program; of several that fit, the first."""

OURS: Mapping[type[Exception], str] = {
    Busy: "",
    StoreError: "the database does not answer now: try again in some seconds",
    psycopg.DataError: "a value is outside of what can be stored",
    psycopg.OperationalError: "the database does not answer now: try again in some seconds",
    PoolTimeout: "too many ask at once: try again in some seconds",
}
"""What is said of errors whose own words are for the log alone."""

COMMON: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, description in {
        400: "No JSON, or no UTF-8",
        401: "Nobody we know",
        403: "Not with this role",
        408: "The request was not there whole in time",
        413: "The body is too large",
        422: "Something in the request cannot be",
        429: "Too many requests in a minute",
        500: "Something went wrong here",
        503: "Not now: try again",
    }.items()
}
"""What any route can answer."""
SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and the way out, in a line."},
    },
}


def refusals(**said: str) -> dict[int | str, dict[str, Any]]:
    """Further statuses of a route, as `_404="no such idea"`."""
    content = COMMON[422]["content"]
    return {int(name[1:]): {"description": words, "content": content} for name, words in said.items()}


def add_to(app: FastAPI) -> None:
    """Every error that leaves a route leaves it as a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for kind in STATUS:
        app.add_exception_handler(kind, _known)


def of(error: Exception) -> JSONResponse | None:
    """The problem that an error is, wherever it was raised; None where it is none that we know."""
    for kind, handler in ((Problem, _problem), (HTTPException, _http), (tuple(STATUS), _known)):
        if isinstance(error, kind):
            return handler(None, error)
    return None


class Refusal(JSONResponse):
    """A problem on its way: in ASCII, for it may repeat half a character that somebody sent."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """As JSON."""
        return json.dumps(content).encode()


def response(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> JSONResponse:
    """A problem as it goes out."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    challenge = CHALLENGE if status == 401 else {}
    return Refusal(body, status, headers={**challenge, **(headers or {})})


def status_of(error: Exception) -> int:
    """What an error of the product is to a program."""
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))


def standing(review: Mapping[str, Any]) -> dict[str, Any]:
    """Who decided what, when: for whoever comes second."""
    return {"answer": review["answer"], "actor": review["actor"], "decided_at": review["decided_at"].isoformat()}


def _problem(_: Request | None, problem: Exception) -> JSONResponse:
    assert isinstance(problem, Problem)  # noqa: S101 - registered for it alone
    return response(problem.status, problem.detail, problem.headers, **problem.more)


def _known(_: Request | None, error: Exception) -> JSONResponse:
    status = status_of(error)
    stands = {"standing": standing(error.review)} if isinstance(error, Decided) else {}
    retry = {"Retry-After": str(_pause_s(error))} if status == 503 else {}
    said = next((words for kind, words in OURS.items() if isinstance(error, kind)), "")
    if said:
        _LOG.warning("answered with %d: %s", status, error)
    return response(status, said or str(error), retry, **stands)


def _pause_s(error: Exception) -> int:
    """Whole seconds until it is worth asking again."""
    if not isinstance(error, market.MarketBusy):
        return 5
    return max(1, ceil((error.until - datetime.now(UTC)).total_seconds()))


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    wrong = [{"where": ".".join(str(part) for part in each["loc"]), "what": each["msg"]} for each in error.errors()]
    first = wrong[0]
    if any(each["type"] == "json_invalid" for each in error.errors()):
        return response(400, f"the body is no JSON: {first['what']}")
    return response(422, f"{first['where']}: {first['what']}", errors=wrong)


def _http(_: Request | None, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    return response(error.status_code, str(error.detail), error.headers)
