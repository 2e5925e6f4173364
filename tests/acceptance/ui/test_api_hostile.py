"""What a stranger, or somebody with a key, may send to harm: over real sockets, each a clear 4xx, in the audit log, and
nothing of it stored."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import jwt
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response as Served302

from graphs.tokens import Claims, Seal
from store.postgres import owner
from tests.serving import HOME, OTHER, TOKEN_SECRET, WEBHOOK_SECRET, Served, database_of
from trends import public
from trends.webhook import sign

ASIDE = ("audit", "kept_answer", "api_key", "refresh_token", "migration", "thread", "span")
"""What a request may leave that is refused: its entry, and that a key was used today. And what runs write beside."""
SQL = ["'; DROP TABLE idea; --", "' OR '1'='1", "1); DELETE FROM review; SELECT (1", "\\'; COMMIT; --", "%' AND 1=0 --",
       "$$; DROP SCHEMA public CASCADE; $$"]  # fmt: skip
HTML = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg/onload=alert(1)>", "javascript:alert(1)",
        "{{7*7}}${7*7}<%= 7*7 %>", "&lt;b&gt; & \u202ebidi \u0416 \U0001f600"]  # fmt: skip


def counts(served: Served) -> dict[str, int]:
    """Rows of every table, of all tenants, once the threads were told what was answered before."""
    asyncio.run_coroutine_threadsafe(_settle(served), served.loop).result(60)
    tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    with owner(database_of(served.settings)) as admin:
        found = {}
        for (table,) in admin.execute(tables).fetchall():
            if table not in ASIDE:
                row = admin.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608 - from pg_class
                assert row is not None
                found[table] = row[0]
        return found


async def _settle(served: Served) -> None:
    async with served.app.state.tenants.product(HOME) as product:
        await product.reviews.settle()
        await product.launches.close()


def entries(served: Served) -> list[tuple[str, str, str]]:
    """Actor, deed and outcome of every entry of the home tenant, in order."""
    with served.session() as session:
        return session.execute("SELECT actor, deed, outcome FROM audit ORDER BY id").fetchall()


@contextmanager
def nothing_stored(served: Served, refused: int = 1) -> Iterator[None]:
    """Nothing but so many entries of refusals."""
    rows, before = counts(served), entries(served)
    yield
    assert counts(served) == rows
    new = entries(served)[len(before) :]
    assert [outcome for *_, outcome in new] == ["refused"] * refused, new


def is_problem(answer: httpx2.Response, *statuses: int) -> bool:
    """One of these statuses, as one clear line."""
    assert answer.status_code in statuses, (answer.status_code, answer.text[:300])
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code and told["detail"] and "\n" not in told["detail"]
    assert "Traceback" not in answer.text and "psycopg" not in answer.text
    return True


@pytest.fixture
def client(served: Served) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, headers=served.worlds[HOME].headers(), timeout=60) as opened:
        yield opened


# Who asks -------------------------------------------------------------------------------------------------------------


def forged(served: Served) -> Mapping[str, str]:
    """Credentials that open nothing, by what is wrong with them."""
    world, other = served.worlds[HOME], served.worlds[OTHER]
    with served.session() as session:
        (handle,) = session.execute("SELECT handle FROM member WHERE role = 'admin'").fetchall()[0]
    claims = Claims(HOME, handle, world.key_ids[-1], UUID(int=1))
    seal, long_ago = Seal(TOKEN_SECRET, 15), datetime.now(UTC) - timedelta(days=1)
    told = jwt.decode(seal.sign(claims), options={"verify_signature": False})
    return {
        "nonsense": "nonsense",
        "a key that nobody has": f"bw_{HOME}_{UUID(int=7).hex}_{'x' * 43}",
        "another's secret": world.keys["admin"][:-43] + world.keys["creator"][-43:],
        "another tenant's key under this name": other.keys["admin"].replace(f"bw_{OTHER}_", f"bw_{HOME}_"),
        "a key of no tenant": world.keys["admin"].replace(f"bw_{HOME}_", "bw_nobody_"),
        "signed by somebody else": Seal("x" * 40, 15).sign(claims),
        "expired": seal.sign(claims, long_ago),
        "of a family that is none": seal.sign(claims),
        "unsigned": jwt.encode(told, "", "none"),
        "for another audience": jwt.encode(told | {"aud": "others"}, TOKEN_SECRET, "HS256"),
        "without an end": jwt.encode({k: v for k, v in told.items() if k != "exp"}, TOKEN_SECRET, "HS256"),
        "very long": "x" * 20_000,
        "SQL": "' OR 1=1 --",
    }


def test_who_comes_with_what_opens_nothing_is_refused_whatever_it_is(served: Served) -> None:
    told = {}
    for what, credential in forged(served).items():
        with nothing_stored(served, 2), httpx2.Client(base_url=served.url, timeout=60) as client:
            headers = {"Authorization": f"Bearer {credential}"}
            read = client.get("/ideas", headers=headers)
            done = client.post("/keywords", headers=headers, json={"phrase": "owl mug"})
            assert is_problem(read, 401) and is_problem(done, 401), what
            assert read.headers["www-authenticate"].startswith("Bearer")
            told[what] = read.json()["detail"]
    assert "expired" in told.pop("expired")
    assert all(credential[:20] not in line for credential, line in zip(forged(served).values(), told.values()))  # noqa: B905


@pytest.mark.parametrize("scheme", ["", "Basic", "bearer:", "Token"])
def test_another_way_to_say_who_one_is_is_none(served: Served, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {served.worlds[HOME].keys['admin']}".strip()}
    with nothing_stored(served):
        assert is_problem(httpx2.get(f"{served.url}/me", headers=headers), 401)


def test_who_may_not_is_refused_and_named_in_the_log(served: Served) -> None:
    headers = served.worlds[HOME].headers("creator")
    with nothing_stored(served):
        assert is_problem(httpx2.post(f"{served.url}/keywords", headers=headers, json={"phrase": "owl mug"}), 403)
    assert entries(served)[-1][0].endswith("creator")


# What is sent ---------------------------------------------------------------------------------------------------------


def test_what_is_too_large_is_refused_however_its_length_is_told(served: Served, client: httpx2.Client) -> None:
    large = json.dumps({"phrase": "x" * (1 << 20)}).encode()

    def in_pieces() -> Iterator[bytes]:
        yield large

    for sent in (large, in_pieces()):
        with nothing_stored(served):
            answer = client.post("/keywords", content=sent, headers={"Content-Type": "application/json"})
            assert is_problem(answer, 413)
    with nothing_stored(served):
        answer = client.post("/signals/files", files={"file": ("a.csv", b"x" * (17 << 20))})
        assert is_problem(answer, 413)


@pytest.mark.parametrize(
    "body",
    [
        b'{"phrase": "\xff\xfe"}',
        b'{"phrase": "\xc3\x28"}',
        b"\xff",
        b'{"phrase": "a\\u0000b"}',
        b'{"phrase": "\\ud800"}',
        b'{"phrase": "a\\u001bb"}',
        b"{" * 100_000,
        b'{"phrase": 1e400}',
        b'{"phrase": "owl mug", "more": 1}',
        b'["owl mug"]',
        b"null",
        b"",
    ],
)
def test_what_is_no_text_or_no_json_is_refused(served: Served, client: httpx2.Client, body: bytes) -> None:
    with nothing_stored(served):
        answer = client.post("/keywords", content=body, headers={"Content-Type": "application/json"})
        assert is_problem(answer, 400, 422)


@pytest.mark.parametrize("path", ["/keywords/%FF", "/keywords/%C3%28", "/keywords/a%00b", "/keywords/%ED%A0%80"])
def test_an_address_that_is_no_text_is_refused(served: Served, client: httpx2.Client, path: str) -> None:
    with nothing_stored(served):
        assert is_problem(client.delete(path), 400, 422)


# SQL and HTML ---------------------------------------------------------------------------------------------------------


def fields(described: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The paths to every text of a schema that is no choice and no id."""
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for several in ("anyOf", "allOf", "oneOf"):
        for each in schema.get(several, []):
            yield from fields(described, each)
    for name, inner in schema.get("properties", {}).items():
        yield from ((name, *rest) for rest in fields(described, inner))
    if schema.get("type") == "string" and "enum" not in schema and schema.get("format") is None:
        yield ()


def operations(served: Served) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    described = httpx2.get(f"{served.url}/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method, path.removeprefix("/api/v1"), operation, described


def test_sql_and_html_in_every_text_of_every_route_do_nothing(served: Served, client: httpx2.Client) -> None:
    with owner(database_of(served.settings)) as admin:
        there = admin.execute("SELECT count(*) FROM pg_class WHERE relkind = 'r'").fetchall()
    ideas, asked = counts(served)["idea"], 0
    for method, path, operation, described in operations(served):
        for text in (SQL[0], SQL[1], HTML[0], HTML[1]):
            texts = [each for each in operation.get("parameters", []) if each["schema"].get("format") != "uuid"]
            named = {each["name"]: text for each in texts if each["in"] == "query"}
            there_at = path.replace("{", "").replace("}", "") if "{" not in path else _filled(path, text, served)
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            for sent in ({}, *(_nested(each, text) for each in fields(described, body))):
                if sent == {} and body:
                    continue
                answer = client.request(method.upper(), there_at, params=named, **({"json": sent} if body else {}))
                assert answer.status_code < 500, (method, path, text, answer.text[:300])
                assert "text/html" not in answer.headers.get("content-type", ""), (method, path)
                asked += 1
    with owner(database_of(served.settings)) as admin:
        assert admin.execute("SELECT count(*) FROM pg_class WHERE relkind = 'r'").fetchall() == there
    assert counts(served)["idea"] == ideas and asked > 150


@pytest.mark.parametrize("text", [*SQL, *HTML])
def test_what_a_person_writes_comes_back_as_the_same_text(served: Served, client: httpx2.Client, text: str) -> None:
    newest = client.get("/weights", params={"limit": 1}).json()["items"][0]
    five = {each: newest[each] for each in ("freshness", "engagement", "novelty", "community_fit", "seasonality")}
    said = client.post("/weights", json={**five, "reason": text, "based_on": newest["version"]})
    assert (said.status_code, said.json()["reason"]) == (201, text)
    assert client.get("/weights", params={"limit": 1}).json()["items"][0]["reason"] == text
    idea = str(served.worlds[HOME].ideas[2])
    edit = {"answer": "edit", "reason": text, "edits": {"phrase": text, "audience": text}}
    answered = client.post(f"/ideas/{idea}/reviews", json=edit)
    assert (answered.status_code, answered.json().get("reason")) == (201, text), answered.text
    assert answered.json()["edits"]["to"] == edit["edits"]
    assert client.post(f"/ideas/{idea}/undo", json={}).status_code == 200
    late = client.get("/reviews").json()["items"][0]
    assert late["reason"] == text and late["undone_at"]
    assert client.get("/ideas", params={"search": text}).status_code == 200


# The webhook ----------------------------------------------------------------------------------------------------------


def signed(body: bytes, delivery: str, at: float | None = None, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    timestamp = str(int(time.time() if at is None else at))
    return {
        "Bellwether-Timestamp": timestamp,
        "Bellwether-Signature": sign(secret, body, timestamp),
        "Bellwether-Delivery": delivery,
        "Content-Type": "application/json",
    }


def test_a_delivery_that_is_played_again_stores_nothing(served: Served) -> None:
    body = json.dumps([{"id": "w1", "text": "Moss frame", "created_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}])
    headers = signed(body.encode(), "hook-1")
    first = httpx2.post(f"{served.url}/signals", content=body, headers=headers)
    assert (first.status_code, first.json()["stored"]) == (201, 1)
    rows = counts(served)
    for replayed in (headers, {**headers, "Bellwether-Delivery": "hook-2"}):
        again = httpx2.post(f"{served.url}/signals", content=body, headers=replayed)
        assert (again.status_code, again.json()["again"], again.json()["signals"]) == (
            200,
            True,
            first.json()["signals"],
        )
    assert counts(served) == rows
    old = signed(body.encode(), "hook-3", time.time() - 301)
    for sent, told in (
        (body, old),
        (body, {**old, "Bellwether-Timestamp": headers["Bellwether-Timestamp"]}),
        (body, signed(body.encode(), "hook-4", time.time() + 400)),
        (body + " ", headers),
        (body, signed(body.encode(), "hook-5", secret="another")),
        (body, {name: text for name, text in headers.items() if "Signature" not in name}),
    ):
        with nothing_stored(served):
            assert is_problem(httpx2.post(f"{served.url}/signals", content=sent, headers=told), 401)
    for bad in (b"{", b"\xff\xfe", b"[]", b'{"a": 1}'):
        with nothing_stored(served):
            answer = httpx2.post(f"{served.url}/signals", content=bad, headers=signed(bad, f"hook-{len(bad)}-bad"))
            assert is_problem(answer, 400, 422)


# Addresses ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://0.0.0.0:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/", "http://2130706433:{port}/", "http://0x7f000001:{port}/",
        "http://0177.0.0.1:{port}/", "http://127.1:{port}/", "http://169.254.169.254/latest/meta-data/iam/",
        "http://10.0.0.1/", "http://192.168.0.1/", "http://100.64.0.1/", "http://[fd00::1]/", "http://[64:ff9b::7f00:1]/",
        "file:///etc/passwd", "gopher://127.0.0.1:{port}/_x", "ftp://127.0.0.1/", "http://ana:pw@127.0.0.1:{port}/",
        "http://a.example@127.0.0.1:{port}/", "http:///", "http://", "not an address", "", "http://no-such-host.invalid/",
        "http://a.example:22/",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_public_internet_is_never_asked(
    served: Served, client: httpx2.Client, httpserver: HTTPServer, url: str
) -> None:
    with nothing_stored(served):
        answer = client.post("/signals/fetch", json={"url": url.format(port=httpserver.port)})
        assert is_problem(answer, 422)
    assert httpserver.log == []
    assert entries(served)[-1][1:] == ("take in", "refused")


def test_neither_a_redirect_nor_a_name_that_moves_leads_inside(
    served: Served, client: httpx2.Client, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """127.0.0.2 plays the public internet; the server inside listens at the same port of 127.0.0.1."""
    real, really, asked = socket.getaddrinfo, public.is_public, [0]

    def resolve(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if host == "moving.example":
            asked[0] += 1
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2" if asked[0] == 1 else "127.0.0.1", 0))]
        return real("127.0.0.2" if host == "feeds.example" else host, port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(public, "is_public", lambda address: address == "127.0.0.2" or really(address))
    with HTTPServer(host="127.0.0.2", port=0) as outside, HTTPServer(host="127.0.0.1", port=outside.port) as inside:
        monkeypatch.setattr(public, "PORTS", frozenset({outside.port}))
        here = f"http://127.0.0.1:{outside.port}/"
        inside_of = (here, here.replace("127.0.0.1", "localhost"), "http://169.254.169.254/", "file:///etc/passwd")
        for at, there in enumerate((*inside_of, "//127.0.0.1/", "http://[::1]/")):
            outside.expect_request(f"/{at}").respond_with_response(Served302(status=302, headers={"Location": there}))
            with nothing_stored(served):
                url = f"http://feeds.example:{outside.port}/{at}"
                assert is_problem(client.post("/signals/fetch", json={"url": url}), 422)
        outside.expect_request("/feed").respond_with_data("<html>", content_type="text/html")
        with nothing_stored(served):
            url = f"http://moving.example:{outside.port}/feed"
            assert is_problem(client.post("/signals/fetch", json={"url": url}), 422)
        with nothing_stored(served):
            assert is_problem(client.post("/signals/fetch", json={"url": url}), 422)
        assert len(outside.log) == 7 and inside.log == []


def _filled(path: str, text: str, served: Served) -> str:
    """The path with an id where one is wanted and the text where any is."""
    from urllib.parse import quote

    filled = path
    while "{" in filled:
        name = filled[filled.index("{") + 1 : filled.index("}")]
        value = str(served.worlds[HOME].ideas[3]) if name.endswith("_id") and name != "job_id" else quote(text, safe="")
        filled = filled.replace("{" + name + "}", value)
    return filled


def _nested(path: tuple[str, ...], text: str) -> Any:
    """A body with the text at one place."""
    value: Any = text
    for name in reversed(path):
        value = {name: value}
    return value
