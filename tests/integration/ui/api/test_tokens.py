"""Tokens over the API: a key exchanged, tokens that go on, and what forged and spent ones are answered."""

from __future__ import annotations

import httpx2

from graphs.people import People
from graphs.tokens import Claims, Seal
from store.audit import load_audit
from tests.integration.ui.api.conftest import headers_of

Client = httpx2.AsyncClient
Headers = dict[str, str]


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def key_in(headers: Headers) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


async def entries(people: People, tenant: str = "default") -> list[tuple[str, str, str]]:
    """Actor, deed and outcome of every entry, the newest first."""
    async with people.tenants.product(tenant) as product, product.pool.connection() as session:
        return [(row["actor"], row["deed"], row["outcome"]) for row in await load_audit(session, None, 200)]


async def test_a_key_is_exchanged_refreshed_and_signed_out(client: Client, admin: Headers, people: People):
    issued = await client.post("/tokens", json={"api_key": key_in(admin)})
    assert (issued.status_code, issued.headers["Cache-Control"]) == (201, "no-store")
    first = issued.json()
    assert (first["token_type"], first["expires_in"]) == ("bearer", 900)
    assert (await client.get("/me", headers=bearer(first["access_token"]))).json()["handle"] == "ana"
    second = (await client.post("/tokens/refresh", json={"refresh_token": first["refresh_token"]})).json()
    assert (await client.delete("/tokens", headers=bearer(second["access_token"]))).status_code == 204
    for token in (first["access_token"], second["access_token"]):
        assert (await client.get("/me", headers=bearer(token))).status_code == 401
    after = await client.post("/tokens/refresh", json={"refresh_token": second["refresh_token"]})
    assert after.status_code == 401
    assert ("ana", "sign in", "done") in await entries(people)


async def test_a_key_that_opens_nothing_is_a_problem_with_a_challenge_and_an_entry(client: Client, people: People):
    answer = await client.post("/tokens", json={"api_key": f"bw_default_{'0' * 32}_{'x' * 43}"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["detail"] == "no key or token that is known here"
    assert await entries(people) == [("", "sign in", "refused")]


async def test_an_entry_of_a_tenant_is_in_its_own_log(client: Client, people: People):
    bo = await headers_of(people, "other", "bo", "creator")
    await client.post("/tokens", json={"api_key": key_in(bo)})
    assert await entries(people, "other") == [("bo", "sign in", "done")]
    assert await entries(people) == []


async def test_a_token_of_one_tenant_opens_no_other(client: Client, people: People, admin: Headers):
    bo = await headers_of(people, "other", "bo", "creator")
    token = (await client.post("/tokens", json={"api_key": key_in(bo)})).json()["access_token"]
    assert (await client.get("/me", headers=bearer(token))).json()["tenant"] == "other"
    moved = key_in(bo).replace("bw_other_", "bw_default_")
    assert (await client.get("/me", headers=bearer(moved))).status_code == 401
    person = await people.identify(key_in(bo))
    assert person.key_id is not None
    forged = Seal("x" * 32, 15).sign(Claims("default", "ana", person.key_id, person.key_id))
    assert (await client.get("/me", headers=bearer(forged))).status_code == 401


async def test_an_api_key_does_not_sign_out(client: Client, admin: Headers):
    answer = await client.delete("/tokens", headers=admin)
    assert (answer.status_code, answer.json()["detail"][:27]) == (409, "an API key does not sign ou")


async def test_whatever_stands_in_the_header_nobody_comes_in(client: Client):
    odd = (
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "bearer  x y",
        "Bearer \xff\xfe",
        "Bearer ..",
        "Bearer bw__",
        "x" * 4000,
    )
    for header in odd:
        answer = await client.get("/me", headers=[(b"authorization", header.encode("latin-1"))])
        assert (answer.status_code, answer.json()["status"]) == (401, 401), header


async def test_a_body_that_cannot_be_is_refused_and_nothing_stored(client: Client, people: People):
    odd = ({}, {"api_key": 1}, {"api_key": "x" * 3000}, {"api_key": "\0"}, {"api_key": "x", "more": 1}, [], "x")
    for body in odd:
        answer = await client.post("/tokens", json=body)
        assert answer.status_code in (401, 422), body
    assert [each[2] for each in await entries(people)] == ["refused"] * len(odd)
    assert await people.members("default") == []
