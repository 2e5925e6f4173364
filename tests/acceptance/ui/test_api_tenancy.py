"""A thousand random requests of one tenant over the objects of another: nothing of them is told, nothing of them moves.

Requests are drawn from the API's own description, with the other tenant's real ids, cursors, names and phrases in path,
query and body. Half of its ids and SECRET are never sent, so whatever holds one of those was read from its rows.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
from PIL import Image

from store.postgres import APP_ROLE, owner
from tests.serving import HOME, KNOWN, OTHER, SECRET, Served, database_of

SEED, REQUESTS = 20261121, 1_000
METHODS = ("get", "post", "put", "patch", "delete")
WHO = """
SELECT current_user::text, rolsuper, rolbypassrls, current_setting('bellwether.tenant') FROM pg_roles
WHERE rolname = current_user
"""
TABLES = """
SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.column_name = 'tenant_id' AND c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY 1
"""
SUM = "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {table} t WHERE tenant_id = '{tenant}'"
IDS = "SELECT DISTINCT unnest(regexp_matches(t::text, '{uuid}', 'g')) FROM {table} t WHERE tenant_id = '{tenant}'"
UUID_RE = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NOBODYS = "bw-" + "a" * 16
"""The key of no listing."""
SHARED = ("idea_signal", "brought_file", "observation")
"""Their rows name signals and files, which are everybody's."""


@dataclass(slots=True)
class Theirs:
    """What a stranger sends of the other tenant's, and what nobody told the stranger."""

    sent: list[str]
    unsent: set[str]
    texts: Sequence[str]
    cursors: list[str] = field(default_factory=list)
    jobs: Sequence[int] = ()
    keys: Sequence[str] = ()
    """Of listings, as their marketplaces know them."""


def picture(draw: random.Random) -> bytes:
    """A picture of no brand of theirs."""
    content = BytesIO()
    Image.effect_noise((48, 48), draw.uniform(5, 90)).convert("RGB").save(content, "PNG")
    return content.getvalue()


def tables_of(admin: psycopg.Connection[Any]) -> list[str]:
    return [name for (name,) in admin.execute(TABLES.encode())]


def sums(served: Served, tenant: str) -> dict[str, tuple[int, str | None]]:
    """Rows and checksum of everything a tenant owns, as the owner of the tables sees it."""
    with owner(database_of(served.settings)) as admin:
        found = {}
        for table in tables_of(admin):
            row = admin.execute(SUM.format(table=table, tenant=tenant).encode()).fetchone()
            assert row is not None
            found[table] = (row[0], row[1])
        return found


def ids(served: Served, tenant: str) -> set[str]:
    """Every id that stands anywhere in a tenant's rows, but for those of what is everybody's."""
    with owner(database_of(served.settings)) as admin:
        found: set[str] = set()
        for table in tables_of(admin):
            if table not in SHARED:
                query = IDS.format(table=table, tenant=tenant, uuid=UUID_RE)
                found |= {each for (each,) in admin.execute(query.encode())}
        shared = {str(each) for (each,) in admin.execute("SELECT id FROM signal UNION SELECT id FROM intake_file")}
    return found - shared


def hashes(served: Served, tenant: str) -> list[str]:
    """Under which a tenant's files lie in the folder of all."""
    with owner(database_of(served.settings)) as admin:
        rows = admin.execute("SELECT sha256 FROM asset WHERE tenant_id = %s ORDER BY 1", (tenant,)).fetchall()
    found = [str(each) for (each,) in rows]
    assert len(found) >= 4
    return found


@pytest.fixture(scope="module")
def theirs(served: Served) -> Theirs:
    draw, world = random.Random(SEED), served.worlds[OTHER]
    own = ids(served, HOME)
    studio = (world.batches[0], world.designs["1"], world.designs["3"], world.listings[0],
              *world.deliveries, *world.experiments)  # fmt: skip
    known = sorted({str(each) for each in (*world.ideas[:2], *world.files, *world.key_ids[:1], *studio)})
    hidden = {str(each) for each in (*world.ideas[2:], *world.key_ids[1:], *world.listings[1:])}
    named = {*known, *hidden, *(str(each) for each in (*world.ideas, *world.key_ids))}
    rest = sorted(ids(served, OTHER) - own - named)
    draw.shuffle(rest)
    half = len(rest) // 2
    unsent = {*rest[half:], *hidden}
    texts = [KNOWN, f"{KNOWN} teapot", f"{KNOWN} mug", f"{KNOWN}-admin", f"{KNOWN}-business", OTHER, f"{KNOWN} brand",
             *hashes(served, OTHER)]  # fmt: skip
    found = Theirs(known * 5 + rest[:half], unsent, texts, jobs=world.jobs, keys=world.keys_of_listings)
    for path in ("/ideas", "/signals", "/keywords", "/weights", "/jobs/dead", "/audit", "/signals/quarantine", "/runs",
                 "/batches", "/designs", "/listings", f"/batches/{world.batches[0]}/rows"):  # fmt: skip
        answer = httpx2.get(served.url + path, params={"limit": 1}, headers=world.headers(), timeout=30)
        if answer.status_code == 200 and answer.json().get("next"):
            found.cursors.append(answer.json()["next"])
    assert len(found.unsent) > 20 and len(found.cursors) >= 3
    return found


class Requests:
    """Random requests that the description allows, about what is another's."""

    def __init__(self, described: Mapping[str, Any], theirs: Theirs, seed: int) -> None:
        self.described, self.theirs, self.draw = described, theirs, random.Random(seed)
        self.operations = [
            (method, path, operation)
            for path, operations in described["paths"].items()
            for method, operation in operations.items()
            if method in METHODS
        ]

    def __iter__(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        while True:
            method, path, operation = self.draw.choice(self.operations)
            query: dict[str, Any] = {}
            for parameter in operation.get("parameters", []):
                value = self.value(parameter.get("schema", {}), parameter["name"])
                if parameter["in"] == "path":
                    path = path.replace("{" + parameter["name"] + "}", str(value).replace("/", "%2F"))
                elif parameter["in"] == "query" and (parameter.get("required") or self.draw.random() < 0.4):
                    query[parameter["name"]] = value
            yield method, path, {"params": query, **self.body(operation)}

    def body(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        content = operation.get("requestBody", {}).get("content", {})
        if "multipart/form-data" in content:
            return self.form(content["multipart/form-data"]["schema"])
        if "application/json" in content:
            return {"json": self.value(content["application/json"]["schema"], "body")}
        return {}

    def form(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """A file, or pictures, and some of the fields beside."""
        fields = {name: each for name, each in schema["properties"].items() if name not in ("file", "images")}
        chosen = [name for name in fields if name in schema["required"] or self.draw.random() < 0.4]
        told = {name: value for name in chosen if (value := self.value(fields[name], name)) is not None}
        if "images" in schema["properties"]:
            return {"data": told, "files": [("images", ("a.png", picture(self.draw), "image/png"))]}
        content = f"text,created_at\n{self.text()},2026-11-19T10:00:00Z\n"
        return {"data": told, "files": {"file": (f"{KNOWN}.csv", content)}}

    def value(self, schema: Mapping[str, Any], name: str) -> Any:
        """A value of a schema; where it is an id, a name or a text, one of theirs."""
        if "$ref" in schema:
            return self.value(self.described["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name)
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self.value(self.draw.choice(schema[several]), name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.draw.choice(schema["enum"])
        return self.of_type(schema, name)

    def of_type(self, schema: Mapping[str, Any], name: str) -> Any:
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            needed, fields = schema.get("required", []), schema.get("properties", {})
            chosen = [each for each in fields if each in needed or self.draw.random() < 0.5]
            return {each: self.value(fields[each], each) for each in chosen}
        if kind == "array":
            return [self.value(schema.get("items", {}), name) for _ in range(self.draw.randint(1, 3))]
        if kind == "integer":
            return self.draw.choice([*self.theirs.jobs, schema.get("minimum", 1), 1, 2])
        if kind in ("number", "boolean", "null"):
            return {"number": 0.5, "boolean": True, "null": None}[kind]
        if schema.get("format") == "uuid" or name in ("id", "ids", "idea_id", "thread_id"):
            return self.draw.choice(self.theirs.sent)
        if name == "listing" or schema.get("pattern", "").startswith("^bw-"):
            return self.draw.choice([*self.theirs.keys, self.theirs.sent[0]])
        if schema.get("format") in ("date-time", "date"):
            return "2026-11-21T10:00:00Z"[: 10 if schema["format"] == "date" else None]
        if name == "size":
            return "64x80"
        return self.draw.choice(self.theirs.cursors) if name == "cursor" else self.text()

    def text(self) -> str:
        return str(self.draw.choice([*self.theirs.texts, *self.theirs.sent[:8]]))


def test_a_thousand_random_requests_tell_nothing_of_another_tenant_and_move_nothing(
    served: Served, theirs: Theirs
) -> None:
    described = httpx2.get(f"{served.url}/openapi.json").json()
    before, statuses, operations = sums(served, OTHER), dict[int, int](), set[str]()
    assert before["idea"][0] == 4 and before["review"][0] == 2
    with httpx2.Client(base_url=served.address, headers=served.worlds[HOME].headers(), timeout=60) as client:
        for (method, path, sent), _ in zip(Requests(described, theirs, SEED), range(REQUESTS)):  # noqa: B905
            answer = _asked(client, method, path, sent)
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
            operations.add(f"{method} {path.split('/')[3]}")
            told = _all_of(answer)
            leaked = [each for each in theirs.unsent if each in told]
            assert SECRET not in told and not leaked, (method, path, sent, told[:400])
            assert answer.status_code < 500, (method, path, sent, told[:400])
    assert sums(served, OTHER) == before
    assert statuses.get(200, 0) > 100 and statuses.get(404, 0) > 100, statuses
    assert len(operations) >= 15


def test_every_session_of_the_application_is_bound_to_its_tenant_by_a_role_that_cannot_pass_by(served: Served) -> None:
    async def asked(tenant: str) -> list[tuple[Any, ...]]:
        found = []
        async with served.app.state.tenants.product(tenant) as product:
            async with product.pool.connection() as connection, connection.cursor() as cursor:
                found += await (await cursor.execute(WHO)).fetchall()
            with product.notices.connect() as plain:
                found += plain.execute(WHO).fetchall()
            return found

    for tenant in (HOME, OTHER):
        told = asyncio.run_coroutine_threadsafe(asked(tenant), served.loop).result(30)
        assert told == [(APP_ROLE, False, False, tenant)] * 2


def test_what_another_tenant_has_answers_as_what_nobody_has(served: Served, theirs: Theirs) -> None:
    """Neither status nor words tell that an id is somebody's."""
    described = httpx2.get(f"{served.url}/openapi.json").json()
    requests, headers = Requests(described, theirs, SEED), served.worlds[HOME].headers()
    real = {str(UUID(each)) for each in theirs.sent}
    compared = 0
    with httpx2.Client(base_url=served.address, headers=headers, timeout=60) as client:
        for method, path, operation in requests.operations:
            if path.count("{") != 1 or not _takes_id(operation):
                continue
            body = requests.body(operation)
            pairs = [(each, str(uuid4())) for each in sorted(real)[:6]]
            if _takes_key(operation):
                pairs += [(each, NOBODYS) for each in theirs.keys]
            for theirs_id, nobodys in pairs:
                a, b = (_asked(client, method, _with_id(path, each), body) for each in (theirs_id, nobodys))
                assert a.status_code == b.status_code, (method, path, theirs_id, a.text, b.text)
                assert _worded(a, theirs_id) == _worded(b, nobodys)
                compared += 1
    assert compared >= 30


@pytest.mark.parametrize("role", ["creator", "business", "admin"])
def test_a_key_opens_its_own_tenant_whatever_it_is_renamed_to(served: Served, role: str) -> None:
    mine, other = served.worlds[HOME].keys[role], served.worlds[OTHER].keys[role]
    swapped = other.replace(f"bw_{OTHER}_", f"bw_{HOME}_")
    mixed = "_".join([*mine.split("_")[:3], other.split("_", 3)[3]])
    for forged in (swapped, mixed, other[:-1], other + "x", other.upper()):
        answer = httpx2.get(f"{served.url}/me", headers={"Authorization": f"Bearer {forged}"})
        assert (answer.status_code, SECRET in answer.text) == (401, False)


def test_a_token_opens_its_own_tenant_whatever_its_claims_are_changed_to(served: Served) -> None:
    import base64

    exchanged = httpx2.post(f"{served.url}/tokens", json={"api_key": served.worlds[OTHER].keys["admin"]})
    token = exchanged.json()["access_token"]
    me = httpx2.get(f"{served.url}/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["tenant"] == OTHER
    head, claims, seal = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    changed = json.dumps(json.loads(json.dumps(told).replace(f'"{OTHER}"', f'"{HOME}"')))
    assert HOME in changed
    forged = base64.urlsafe_b64encode(changed.encode()).rstrip(b"=").decode()
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    for each in (f"{head}.{forged}.{seal}", f"{none}.{forged}.", f"{none}.{forged}.{seal}", f"{head}.{claims}."):
        answer = httpx2.get(f"{served.url}/me", headers={"Authorization": f"Bearer {each}"})
        assert answer.status_code == 401
    refresh = exchanged.json()["refresh_token"].replace(f"_{OTHER}_", f"_{HOME}_")
    assert httpx2.post(f"{served.url}/tokens/refresh", json={"refresh_token": refresh}).status_code == 401


def _asked(client: httpx2.Client, method: str, path: str, sent: Mapping[str, Any]) -> httpx2.Response:
    """One answer, whole. A stream of events would not end: of what is another's there is none."""
    with client.stream(method.upper(), path, **sent) as answer:
        assert not answer.headers.get("content-type", "").startswith("text/event-stream"), (method, path)
        answer.read()
        return answer


def _all_of(answer: httpx2.Response) -> str:
    return answer.text + json.dumps(dict(answer.headers))


def _takes_id(operation: Mapping[str, Any]) -> bool:
    return any(each.get("format") == "uuid" for each in _places(operation))


def _takes_key(operation: Mapping[str, Any]) -> bool:
    return any(each.get("pattern", "").startswith("^bw-") for each in _places(operation))


def _places(operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schemas of what may stand in the path's first place."""
    places = [each["schema"] for each in operation.get("parameters", []) if each["in"] == "path"]
    return list(places[0].get("anyOf", places[:1])) if places else []


def _with_id(path: str, identity: str) -> str:
    return path[: path.index("{")] + identity + path[path.index("}") + 1 :]


def _worded(answer: httpx2.Response, identity: str) -> str:
    return answer.text.replace(identity, "ID")
