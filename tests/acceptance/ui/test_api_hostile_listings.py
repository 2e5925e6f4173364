"""What may be sent to harm where listings are changed and approved: each a clear 4xx, in the audit log, and every table
as it was, to the byte; and many who approve at once, of whom one is first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from graphs.people import Deed
from tests.acceptance.ui.test_api_hostile import ASIDE, HTML, SQL, entries, is_problem, nothing_stored
from tests.acceptance.ui.test_api_tenancy import sums
from tests.serving import HOME, OTHER, Served

STALE = "0" * 64
DEEDS: Mapping[str, Any] = {
    "approve": {"digest": STALE}, "decline": {"reason": "no"}, "withdraw": {}, "retry": {}, "end": {},
    "pass": {"gates": ["trademark"], "reason": "ours"}, "up": {"address": "https://example.org/1"},
}  # fmt: skip
HARM: list[tuple[str, str, Any, int]] = [
    ("patch", "", {}, 422),
    ("patch", "", {"price_cents": 0}, 422),
    ("patch", "", {"price_cents": -1}, 422),
    ("patch", "", {"price_cents": 10**40}, 422),
    ("patch", "", {"price_cents": "a lot"}, 422),
    ("patch", "", {"quantity": 0}, 422),
    ("patch", "", {"title": ""}, 422),
    ("patch", "", {"title": "x" * 501}, 422),
    ("patch", "", {"title": "a\x00b"}, 422),
    ("patch", "", {"title": "\ud800"}, 422),
    ("patch", "", {"tags": ["x"] * 51}, 422),
    ("patch", "", {"tags": "moss"}, 422),
    ("patch", "", {"key": "bw-aaaaaaaaaaaaaaaa"}, 422),
    ("patch", "", {"currency": "EUR"}, 422),
    ("patch", "", {"status": "live"}, 422),
    ("patch", "", {"title": "Late", "digest": STALE}, 409),
    ("post", "/approve", {}, 422),
    ("post", "/approve", None, 422),
    ("post", "/approve", {"digest": None}, 422),
    ("post", "/approve", {"digest": ""}, 422),
    ("post", "/approve", {"digest": "' OR '1'='1"}, 422),
    ("post", "/approve", {"digest": STALE}, 409),
    ("post", "/approve", {"digest": STALE, "actor": "ana"}, 422),
    ("post", "/approve", {"digest": STALE, "undo_s": 0}, 422),
    ("post", "/decline", {}, 422),
    ("post", "/decline", {"reason": " \t\n"}, 422),
    ("post", "/withdraw", None, 409),
    ("post", "/retry", None, 409),
    ("post", "/end", None, 409),
    ("post", "/pass", {"gates": ["trademark"]}, 422),
    ("post", "/pass", {"gates": ["bounds"], "reason": "please"}, 422),
    ("post", "/pass", {"gates": ["trademark"], "reason": "again"}, 409),
    ("post", "/pass", {"gates": ["'; DROP TABLE gate; --"], "reason": "no such gate"}, 409),
    ("post", "/pass", {"gates": ["*"], "reason": "all of them"}, 409),
    ("post", "/up", {"address": "https://example.org/1"}, 409),
    ("post", "/up", {"address": ""}, 422),
]


@pytest.fixture
def client(served: Served) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, headers=served.worlds[HOME].headers(), timeout=60) as opened:
        yield opened


@contextmanager
def all_as_it_was(served: Served, refused: int = 1) -> Iterator[None]:
    """No row of any table changed by a byte, and so many entries of refusals."""
    with nothing_stored(served, refused):
        before = [told(served, tenant) for tenant in (HOME, OTHER)]
        yield
        assert [told(served, tenant) for tenant in (HOME, OTHER)] == before


def told(served: Served, tenant: str) -> dict[str, tuple[int, str | None]]:
    return {name: each for name, each in sums(served, tenant).items() if name not in ASIDE}


def mine(served: Served, at: int = 0) -> str:
    return f"/listings/{served.worlds[HOME].listings[at]}"


def sent(body: Any) -> dict[str, Any]:
    """As it goes over the wire, half characters too."""
    if body is None:
        return {}
    return {"content": json.dumps(body).encode(), "headers": {"Content-Type": "application/json"}}


@pytest.mark.parametrize(("method", "path", "body", "status"), HARM)
def test_what_harms_a_listing_is_refused_and_nothing_moves(
    served: Served, client: httpx2.Client, method: str, path: str, body: Any, status: int
) -> None:
    with all_as_it_was(served):
        assert is_problem(client.request(method, mine(served) + path, **sent(body)), status), (path, body)
    assert entries(served)[-1][1] == (Deed.WAIVE if path == "/pass" else Deed.LAUNCH)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": [{"listing": "bw-aaaaaaaaaaaaaaaa", "digest": STALE}] * 101},
        {"items": [{"listing": "; DROP TABLE listing", "digest": STALE}]},
        {"items": [{"listing": "bw-aaaaaaaaaaaaaaaa", "digest": "x"}]},
        {"items": {"listing": "bw-aaaaaaaaaaaaaaaa"}},
    ],
)
def test_many_approvals_that_harm_are_refused_together(served: Served, client: httpx2.Client, body: Any) -> None:
    with all_as_it_was(served):
        assert is_problem(client.post("/listings/approve", json=body), 422)


@pytest.mark.parametrize("name", ["..%2Fideas", "bw-", f"bw-{'A' * 16}", f"bw-{'a' * 16}%00", "%FF", "1", "*"])
def test_a_name_that_is_none_finds_nothing(served: Served, client: httpx2.Client, name: str) -> None:
    for path in ("", "/origin", "/changes", "/events"):
        with nothing_stored(served, 0):
            assert is_problem(client.get(f"/listings/{name}{path}"), 400, 404, 422), (name, path)
    with all_as_it_was(served):
        assert is_problem(client.post(f"/listings/{name}/approve", json={"digest": STALE}), 400, 404, 422)


@pytest.mark.parametrize("deed", DEEDS)
def test_whose_role_does_not_allow_a_deed_is_refused_before_anything_is_looked_at(served: Served, deed: str) -> None:
    roles = ("creator", "business") if deed == "pass" else ("creator",)
    for role in roles:
        for where in (mine(served), f"/listings/{served.worlds[OTHER].listings[0]}"):
            with all_as_it_was(served):
                headers = served.worlds[HOME].headers(role)
                answer = httpx2.post(f"{served.url}{where}/{deed}", headers=headers, json=DEEDS[deed])
                assert is_problem(answer, 403), (role, deed)
        assert entries(served)[-1] == (f"plain-{role}", Deed.WAIVE if deed == "pass" else Deed.LAUNCH, "refused")


def test_what_is_another_tenant_s_is_not_moved_by_its_id_its_key_or_among_many(
    served: Served, client: httpx2.Client
) -> None:
    world = served.worlds[OTHER]
    for name in (*world.listings, *world.keys_of_listings):
        for deed, body in DEEDS.items():
            with all_as_it_was(served):
                assert is_problem(client.post(f"/listings/{name}/{deed}", json=body), 404), (name, deed)
        with all_as_it_was(served):
            assert is_problem(client.patch(f"/listings/{name}", json={"title": "Mine"}), 404)
    with served.session(OTHER) as session:
        digests = dict(session.execute("SELECT id::text, digest FROM listing").fetchall())
    before = told(served, OTHER)
    items = [{"listing": str(each), "digest": digests[str(each)]} for each in world.listings]
    answer = client.post("/listings/approve", json={"items": items})
    assert {each["status"] for each in answer.json()["outcomes"]} == {404} and told(served, OTHER) == before


@pytest.mark.parametrize("text", [*SQL, *HTML])
def test_what_a_person_writes_on_a_listing_comes_back_as_the_same_text(
    served: Served, client: httpx2.Client, text: str
) -> None:
    given = {"title": text, "description": text, "bullets": [text], "tags": [text]}
    changed = client.patch(mine(served), json=given)
    assert changed.status_code == 200, changed.text
    body = client.get(mine(served)).json()["body"]
    assert {name: body[name] for name in given} == given
    found = client.get("/listings", params={"marketplace": text}).json()["items"]
    assert found == []


def test_of_many_who_approve_at_once_one_is_first_and_one_row_goes_out(served: Served, client: httpx2.Client) -> None:
    where = mine(served)
    changed = client.patch(where, json={"title": "Raced", "description": "A shirt.", "bullets": [], "tags": ["moss"]})
    blocked = [each["name"] for each in changed.json()["gates"] if each["outcome"] != "clear"]
    if blocked:
        passed = client.post(f"{where}/pass", json={"gates": blocked, "reason": "made up for this test"})
        assert passed.status_code == 200, passed.text
    given = {"digest": changed.json()["digest"]}
    roles = ["admin", "business"] * 8

    def one(role: str) -> int:
        headers = served.worlds[HOME].headers(role)
        return httpx2.post(f"{served.url}{where}/approve", headers=headers, json=given, timeout=60).status_code

    with ThreadPoolExecutor(len(roles)) as together:
        assert set(together.map(one, roles)) == {200}
    pushes = client.get(where).json()["pushes"]
    assert len(pushes) == 1 and pushes[0]["digest"] == given["digest"]
    with all_as_it_was(served):
        assert is_problem(client.patch(where, json={"title": "After the approval"}), 409)
    with all_as_it_was(served):
        assert is_problem(client.post(f"{where}/approve", json={"digest": STALE}), 409)
    assert client.post(f"{where}/withdraw").json()["status"] == "waiting"
