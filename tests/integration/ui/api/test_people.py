"""Members and keys over the API: who may keep them, and what a change does to those who hold keys."""

from __future__ import annotations

import httpx2
import psycopg
import pytest

from graphs.people import People
from tests.integration.ui.api.conftest import headers_of

Client = httpx2.AsyncClient
Headers = dict[str, str]
BO = {"handle": "bo", "role": "business", "tier": "free", "name": "Bo"}


async def test_everybody_is_told_who_they_are_and_what_they_may(client: Client, people: People):
    creator = await headers_of(people, "other", "bo", "creator", "free")
    told = (await client.get("/me", headers=creator)).json()
    assert (told["tenant"], told["handle"], told["role"], told["requests_per_minute"]) == ("other", "bo", "creator", 60)
    assert told["may"] == ["look", "search", "note", "sign in"]


async def test_an_admin_lets_somebody_in_and_out_again(client: Client, admin: Headers):
    added = await client.post("/members", headers=admin, json=BO)
    assert (added.status_code, added.json()["role"]) == (201, "business")
    given = await client.post("/members/bo/keys", headers=admin, json={"label": "laptop", "days": 30})
    assert (given.status_code, given.headers["Cache-Control"]) == (201, "no-store")
    bo = {"Authorization": f"Bearer {given.json()['api_key']}"}
    assert (await client.get("/me", headers=bo)).json()["name"] == "Bo"
    changed = await client.patch("/members/bo", headers=admin, json={"role": "creator"})
    assert (changed.json()["role"], changed.json()["tier"]) == ("creator", "free")
    assert (await client.get("/me", headers=bo)).json()["role"] == "creator"
    assert [each["handle"] for each in (await client.get("/members", headers=admin)).json()["items"]] == ["ana", "bo"]
    assert (await client.delete("/members/bo", headers=admin)).status_code == 204
    assert (await client.get("/me", headers=bo)).status_code == 401
    again = await client.post("/members", headers=admin, json=BO)
    assert (again.status_code, "never given again" in again.json()["detail"]) == (409, True)


async def test_a_key_is_shown_once_and_ended_by_its_id(client: Client, admin: Headers):
    given = (await client.post("/members/ana/keys", headers=admin, json={})).json()
    listed = await client.get("/keys", headers=admin)
    assert given["api_key"][-43:] not in listed.text
    assert given["id"] in [each["id"] for each in listed.json()["items"]]
    assert (await client.delete(f"/keys/{given['id']}", headers=admin)).status_code == 204
    assert (await client.delete(f"/keys/{given['id']}", headers=admin)).status_code == 404
    assert (await client.get("/me", headers={"Authorization": f"Bearer {given['api_key']}"})).status_code == 401


ASKED = [
    ("GET", "/members", None),
    ("POST", "/members", BO),
    ("PATCH", "/members/ana", {"role": "creator"}),
    ("DELETE", "/members/ana", None),
    ("GET", "/keys", None),
    ("POST", "/members/ana/keys", {}),
    ("DELETE", "/keys/01a1ff5c-2062-74c9-b139-618611ee988b", None),
    ("GET", "/audit", None),
]


@pytest.mark.parametrize("role", ["creator", "business"])
async def test_only_an_admin_keeps_people_and_reads_the_log(client: Client, people: People, role: str):
    headers = await headers_of(people, "default", "cy", role)
    for method, path, body in ASKED:
        answer = await client.request(method, path, headers=headers, json=body)
        assert answer.status_code == 403, path
        assert "takes the role admin" in answer.json()["detail"] and role in answer.json()["detail"]
    assert [row["handle"] for row in await people.members("default")] == ["cy"]


async def test_an_admin_of_one_tenant_reaches_nobody_of_another(client: Client, people: People, admin: Headers):
    person = await people.identify(admin["Authorization"].split()[1])
    other = await headers_of(people, "other", "zoe", "admin")
    for method, path, body in ASKED:
        path = f"/keys/{person.key_id}" if path.startswith("/keys/") else path
        answer = await client.request(method, path, headers=other, json=body)
        assert answer.status_code == (200 if method == "GET" else 201 if path == "/members" else 404), path
        if method == "GET" and path != "/audit":
            assert "ana" not in answer.text
    assert [row["handle"] for row in await people.members("default")] == ["ana"]
    assert (await client.get("/me", headers=admin)).json()["role"] == "admin"


async def test_the_last_admin_stays(client: Client, admin: Headers):
    lowered = await client.patch("/members/ana", headers=admin, json={"role": "business"})
    removed = await client.delete("/members/ana", headers=admin)
    assert [lowered.status_code, removed.status_code] == [409, 409]
    assert removed.json()["detail"] == "ana is the last admin: make somebody else admin first"


CANNOT_BE = [
    ("POST", "/members", BO | {"handle": "Bo"}),
    ("POST", "/members", BO | {"handle": "bo\n"}),
    ("POST", "/members", BO | {"role": "owner"}),
    ("POST", "/members", BO | {"tier": "gold"}),
    ("POST", "/members", BO | {"name": "<script>\0</script>"}),
    ("POST", "/members", BO | {"name": "x" * 81}),
    ("POST", "/members", BO | {"tenant": "other"}),
    ("PATCH", "/members/ana", {"tier": "gold"}),
    ("PATCH", "/members/a%00b", {"role": "creator"}),
    ("PATCH", "/members/ana'--", {"role": "creator"}),
    ("POST", "/members/ana/keys", {"days": 0}),
    ("POST", "/members/ana/keys", {"label": "a\nb"}),
    ("DELETE", "/keys/x", None),
    ("GET", "/audit?actor=a%27--", None),
    ("GET", "/audit?cursor=x", None),
    ("GET", "/audit?limit=0", None),
    ("GET", "/audit?deed=%00", None),
]


async def test_what_cannot_be_is_refused_in_a_line_and_nothing_is_stored(
    client: Client, admin: Headers, people: People
):
    for method, path, body in CANNOT_BE:
        answer = await client.request(method, path, headers=admin, json=body)
        assert (answer.status_code, bool(answer.json()["detail"])) == (422, True), (path, answer.text)
    assert [(row["handle"], row["keys"]) for row in await people.members("default")] == [("ana", 1)]


async def test_html_and_sql_in_a_name_are_text(client: Client, admin: Headers):
    name = "<img src=x onerror=alert(1)> '; DROP TABLE member; --"
    assert (await client.post("/members", headers=admin, json=BO | {"name": name})).json()["name"] == name
    assert [each["name"] for each in (await client.get("/members", headers=admin)).json()["items"]] == ["", name]


async def test_a_name_is_forgotten_with_its_member(
    client: Client, admin: Headers, connection: psycopg.Connection[tuple[str]]
):
    await client.post("/members", headers=admin, json=BO | {"name": "Bo Secretive"})
    await client.delete("/members/bo", headers=admin)
    for table in ("member", "event", "audit"):
        text = str(connection.execute(f"SELECT t::text FROM {table} t".encode()).fetchall())  # noqa: S608
        assert "bo" in text and "Secretive" not in text
