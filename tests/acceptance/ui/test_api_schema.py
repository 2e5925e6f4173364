"""The API against its own description: whatever a request of it is, no 5xx, and only what is described comes back.

Requests are drawn by schemathesis from the description, fitting and unfitting ones, as an admin, as business and as
nobody, over a database with everything in it. CI draws a few of each, always the same; BELLWETHER_EXAMPLES draws more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi import checks as openapi

from tests.serving import HOME, Served

EXAMPLES = int(os.environ.get("BELLWETHER_EXAMPLES", "2"))
SEED = 20261121
TIMEOUT_S = 60.0
CHECKS: list[CheckFunction] = [
    schemathesis.checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
]
pytestmark = pytest.mark.filterwarnings(  # the server draws too, in its own thread
    "ignore:Do not use the `random` module inside strategies"
)
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]


@pytest.mark.parametrize(
    ("role", "mode"),
    [("admin", GenerationMode.POSITIVE), ("admin", GenerationMode.NEGATIVE), ("business", GenerationMode.POSITIVE),
     (None, GenerationMode.POSITIVE)],
    ids=["admin", "admin who errs", "business", "nobody"],
)  # fmt: skip
def test_whatever_is_asked_is_answered_as_described(served: Served, role: str | None, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json")
    headers = served.worlds[HOME].headers(role) if role else {}
    failures, asked = [], 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not _has_anything(operation):
            continue
        try:
            asked += drawn(operation, headers, mode)
        except Unsatisfiable:  # whatever is in it, it cannot be wrong
            continue
        except (AssertionError, BaseExceptionGroup, schemathesis.errors.SchemathesisError) as failure:
            failures.append(f"{operation.label}: {failure}")
    assert not failures, "\n\n".join(failures)
    assert asked >= 60


def _has_anything(operation: Any) -> bool:
    """Whether a request of it says more than whose it is."""
    return any(len(list(each)) for each in (operation.path_parameters, operation.query, operation.body))


def drawn(operation: Any, headers: dict[str, str], mode: GenerationMode) -> int:
    """How many requests of an operation were asked and answered as described."""
    asked = 0

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=QUIET)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        nonlocal asked
        response = case.call(headers=headers, timeout=TIMEOUT_S)
        case.validate_response(response, checks=CHECKS)
        asked += 1

    ask()
    return asked


def test_what_stands_is_shown_as_described_page_by_page(served: Served) -> None:
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json")
    headers, shown = served.worlds[HOME].headers(), set()
    with served.session() as session:
        (thread,) = session.execute("SELECT id FROM thread ORDER BY id LIMIT 1").fetchall()[0]
        (signal,) = session.execute("SELECT id FROM signal ORDER BY id LIMIT 1").fetchall()[0]
    for idea in served.worlds[HOME].ideas:
        known = {"idea_id": idea, "revision": 1, "thread_id": thread, "signal_id": signal,
                 "file_id": served.worlds[HOME].files[0], "batch_id": served.worlds[HOME].batches[0],
                 "design_id": served.worlds[HOME].designs["1"], "name": "brand", "kind": "thumb",
                 "listing": served.worlds[HOME].listings[0], "delivery_id": served.worlds[HOME].deliveries[0],
                 "experiment_id": served.worlds[HOME].experiments[0]}  # fmt: skip
        for found in schema.get_all_operations():
            operation = found.ok()
            named = {parameter.name for parameter in operation.path_parameters}
            if operation.method != "get" or not named <= set(known) or operation.path.endswith("/events"):
                continue
            there = {name: str(known[name]) for name in named}
            answers = list(paged(operation, there, headers))
            assert {answer.status_code for answer in answers} == {200}, (operation.label, answers[-1].text)
            shown.add((operation.label, len(answers) > 1))
    assert len(shown) >= 46 and any(several for _, several in shown)


def paged(operation: Any, there: dict[str, str], headers: dict[str, str]) -> Iterator[Any]:
    """The answers of a route, each as described; of a list its first pages, a row at a time."""
    is_list = any(parameter.name == "cursor" for parameter in operation.query)
    query: dict[str, Any] = {"limit": 1} if is_list else {}
    for _ in range(4):
        case = operation.Case(path_parameters=there, query=query)
        answer = case.call(headers=headers, timeout=TIMEOUT_S)
        case.validate_response(answer, checks=CHECKS)
        yield answer
        following = answer.json().get("next") if is_list else None
        if following is None:
            return
        query = {"limit": 1, "cursor": following}
