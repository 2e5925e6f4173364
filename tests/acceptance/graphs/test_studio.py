"""The development server, really started, offline: one door for Studio, an Agent Inbox, the SDK and the API."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from pydantic import SecretStr

from agents.roster import SPECIALISTS
from evals.bench.stage import store_idea
from graphs.analyze import thread_id, thread_name
from graphs.launch import thread_id as launch_thread
from graphs.people import People
from graphs.produce import Plan
from graphs.product import Product
from graphs.settings import ROOT, Settings
from graphs.tenants import Tenants
from graphs.wiring import open_product
from store.audit import load_audit
from store.listings import Wish, put_listings
from store.migrate import add_tenant
from store.postgres import connect
from store.redis import EmbeddedRedis
from studio.drawing import Row

sdk = pytest.importorskip("langgraph_sdk", reason="the extra `studio` is not installed")
refusal = pytest.importorskip("httpx", reason="comes with the SDK, which raises its errors").HTTPStatusError
pytest.importorskip("langgraph_api", reason="the extra `studio` is not installed")

START_S = 60.0
ACCEPT = [{"type": "accept", "args": None}]
WITNESS = """
import sys
sys.modules["uvloop"] = None  # its connections are made where no audit hook sees them
def seen(event, given):
    if event in ("socket.connect", "socket.getaddrinfo"):
        where = given[1] if event == "socket.connect" else given[0]
        with open({log!r}, "a") as log:
            log.write(repr(where) + "\\n")
sys.addaudithook(seen)
"""
"""Writes down whatever address the server's process, or any it starts, looks up or connects to."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, and the keys of who comes to it."""

    url: str
    settings: Settings
    keys: Mapping[str, str]
    went_to: Path

    def headers(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[who]}"}


@pytest.fixture(scope="module")
def server(
    new_database: Callable[[], str], redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """`langgraph dev` on a free loopback port, its data outside the tree."""
    folder, database, redis = tmp_path_factory.mktemp("studio"), new_database(), redis_server.start()
    settings = Settings(
        _env_file=None, home=folder, database_url=SecretStr(database), redis_url=SecretStr(redis), actor="owner"
    )
    keys = asyncio.run(_members(settings))
    (folder / "sitecustomize.py").write_text(WITNESS.format(log=str(folder / "went_to")))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "langgraph_cli", "dev", "--config", str(ROOT / "langgraph.json"), "--no-reload",
        "--no-browser", "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {
        **kept, "DATABASE_URL": database, "REDIS_URL": redis, "BELLWETHER_HOME": str(folder),
        "PYTHONPATH": f"{folder}:{ROOT}", "LANGGRAPH_CLI_NO_ANALYTICS": "1",
        "LANGSMITH_TRACING": "false", "LANGGRAPH_STRICT_MSGPACK": "true",
    }  # fmt: skip
    log = folder / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process, log)
            yield Server(url, settings, keys, folder / "went_to")
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(15)


async def _members(settings: Settings) -> dict[str, str]:
    """A key for a member of each role, and for the admin of another tenant."""
    given = settings.database_url
    assert given is not None
    add_tenant(given.get_secret_value(), "other")
    keys = {}
    async with Tenants(settings) as tenants:
        people = People(tenants)
        for tenant, handle, role in (
            ("default", "ana", "admin"), ("default", "ben", "business"), ("default", "cleo", "creator"),
            ("other", "eve", "admin"),
        ):  # fmt: skip
            await people.add_member(tenant, handle, role, "scale")
            _, keys[handle] = await people.add_key(tenant, handle)
    return keys


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/ok", timeout=2) as reply:  # noqa: S310 - our own loopback URL
                if reply.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"the development server did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture
async def product(server: Server) -> AsyncIterator[Product]:
    """The product as another process has it."""
    async with open_product(server.settings) as opened:
        yield opened


@pytest.fixture
async def http(server: Server) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who comes with nothing."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as client:
        yield client


def new_idea(server: Server, phrase: str) -> UUID:
    url = server.settings.database_url
    assert url is not None
    with connect(url.get_secret_value(), "default") as session:
        return store_idea(session, phrase)


def client_of(server: Server, who: str) -> Any:
    """The SDK as Studio and an inbox use it: their key goes as `x-api-key`."""
    return sdk.get_client(url=server.url, api_key=server.keys[who])


async def waiting(client: Any, server: Server, phrase: str) -> tuple[UUID, str]:
    """An idea whose thread waits for a person."""
    idea_id = new_idea(server, phrase)
    thread, name = thread_id("default", idea_id, 1), thread_name("default", idea_id, 1)
    await client.threads.create(thread_id=thread, metadata={"thread_name": name})
    await client.runs.wait(thread, "analyze", input={"idea_id": str(idea_id)})
    return idea_id, thread


async def test_without_a_key_nothing_answers_and_with_one_both_do(server: Server, http: httpx2.AsyncClient) -> None:
    asked = [("POST", "/threads/search"), ("POST", "/assistants/search"), ("GET", "/api/v1/ideas"), ("POST", "/runs")]
    for method, path in asked:
        for headers in ({}, {"Authorization": "Bearer bw_default_0_forged"}, {"x-auth-scheme": "langsmith"}):
            refused = await http.request(method, path, headers=headers, json={} if method == "POST" else None)
            assert refused.status_code == 401, (method, path, headers)
    for method, path in asked[:3]:
        answer = await http.request(method, path, headers=server.headers("cleo"), json={} if method == "POST" else None)
        assert answer.status_code == 200, path
    token = (await http.post("/api/v1/tokens", json={"api_key": server.keys["ben"]})).json()["access_token"]
    answer = await http.post("/threads/search", json={}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


async def test_another_tenant_sees_its_own_at_the_api_and_nothing_of_the_graphs(
    server: Server, http: httpx2.AsyncClient
) -> None:
    eve = server.headers("eve")
    assert (await http.post("/threads/search", json={}, headers=eve)).status_code == 403
    answer = await http.get("/api/v1/ideas", headers=eve)
    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_what_the_server_serves_to_anybody_is_closed(server: Server, http: httpx2.AsyncClient) -> None:
    for method, path in (("POST", "/internal/truncate"), ("GET", "/deploy"), ("POST", "/deploy"), ("GET", "/metrics"),
                         ("GET", "/internal/debug/thread/1")):  # fmt: skip
        assert (await http.request(method, path)).status_code == 404, path


async def test_a_run_an_interrupt_and_an_inbox_s_answer_are_the_person_s_who_signed_in(
    server: Server, product: Product
) -> None:
    async with client_of(server, "ben") as client:
        graph = await client.assistants.get_graph("analyze")
        assert {each.name for each in SPECIALISTS} <= {node["id"] for node in graph["nodes"]}
        idea_id, thread = await waiting(client, server, "pumpkin carving")
        [found] = await client.threads.search(status="interrupted", ids=[thread])
        [request] = next(iter(found["interrupts"].values()))[0]["value"]
        assert request["action_request"]["args"]["phrase"] == "pumpkin carving"
        asis = {name: "" if value is None else str(value) for name, value in request["action_request"]["args"].items()}
        edit = {"action": request["action_request"]["action"], "args": {**asis, "price_cents": "1999"}}
        claimed = {"actor": "owner", "langgraph_auth_user_id": "ana"}
        await client.runs.wait(
            thread, "analyze", command={"resume": [{"type": "edit", "args": edit, "actor": "ana"}]}, metadata=claimed
        )
    case = await product.reviews.show(idea_id)
    assert case["idea"]["status"] == "approved"
    assert [(row["actor"], row["edits"]["to"]) for row in case["reviews"]] == [("ben", {"price_cents": 1999})]
    await asyncio.sleep(1)
    shown = await product.runs.show(thread)
    assert (shown["status"], shown["spans"][-1]["node"]) == ("finished", "record")


async def test_a_caller_cannot_name_another_person(server: Server, http: httpx2.AsyncClient, product: Product) -> None:
    async with client_of(server, "ben") as client:
        idea_id, thread = await waiting(client, server, "fair isle")
    forged = {"configurable": {"langgraph_auth_user": {"identity": "ana"}, "langgraph_auth_user_id": "ana"}}
    body = {"assistant_id": "analyze", "command": {"resume": ACCEPT}, "config": forged}
    await http.post(f"/threads/{thread}/runs/wait", json=body, headers=server.headers("ben"))
    [review] = (await product.reviews.show(idea_id))["reviews"]
    assert (review["answer"], review["actor"]) == ("approve", "ben")


async def test_threads_are_shared_with_the_command_line(server: Server, product: Product) -> None:
    async with client_of(server, "ben") as client:
        idea_id, thread = await waiting(client, server, "latte art")
        await product.reviews.reject(idea_id, "too close to another design")
        await product.reviews.settle()
        state = await client.threads.get_state(thread)
    assert state["next"] == []
    assert state["values"]["standing"]["answer"] == "reject"


async def new_design(product: Product, text: str) -> UUID:
    """A row that waits, in a batch of its own that workers leave alone."""
    plan = Plan(width=450, height=540, dpi=30)
    begun = await product.batches.begin([Row("1", text)], text, plan=plan)
    await product.batches.pause(begun.id)
    [row] = await product.batches.rows(begun.id)
    design: UUID = row["id"]
    return design


async def test_a_design_is_taken_drawn_and_filed_by_whoever_starts_a_thread_with_its_id(
    server: Server, product: Product
) -> None:
    design = await new_design(product, "Gone fishing")
    async with client_of(server, "ben") as client:
        graph = await client.assistants.get_graph("produce")
        assert {"brief", "check", "draw", "inspect", "judge", "file"} <= {node["id"] for node in graph["nodes"]}
        thread = await client.threads.create()
        await client.runs.wait(thread["thread_id"], "produce", input={"design_id": str(design)})
        state = await client.threads.get_state(thread["thread_id"])
        assert (state["next"], state["values"]["fired"]["passed"]) == ([], True)
    made = await product.library.show(design)
    assert [(each["to_status"], each["actor"]) for each in made["events"]] == [("drawing", "ben"), ("done", "ben")]
    assert {"print", "press", "thumb", "vectors"} <= set(made["files"])
    await asyncio.sleep(1)
    shown = await product.runs.show(thread["thread_id"])
    assert (shown["graph"], shown["status"], shown["title"]) == ("produce", "finished", "Gone fishing")


async def test_a_design_that_is_over_or_none_is_refused_in_words(server: Server, product: Product) -> None:
    design = await new_design(product, "Coffee first")
    await product.easel.draw(design, "owner")
    async with client_of(server, "ben") as client:
        for given, says in ((str(design), "it is done"), (str(uuid4()), "none of this id"), ("x", "no design 'x'")):
            thread = await client.threads.create()
            ended = await client.runs.wait(
                thread["thread_id"], "produce", input={"design_id": given}, raise_error=False
            )
            assert says in str(ended), ended
    made = await product.library.show(design)
    assert [each["actor"] for each in made["events"]] == ["owner", "owner"]


async def test_a_creator_has_nothing_drawn_in_studio(server: Server, product: Product) -> None:
    design = await new_design(product, "Moss")
    async with client_of(server, "ben") as ben, client_of(server, "cleo") as cleo:
        thread = await ben.threads.create()
        with pytest.raises(refusal):
            await cleo.runs.wait(thread["thread_id"], "produce", input={"design_id": str(design)})
    assert (await product.easel.place(design))["status"] == "waiting"


async def new_listing(product: Product, text: str) -> UUID:
    """A listing that was begun and is not drawn up yet, of a finished design."""
    design = await new_design(product, text)
    await product.easel.draw(design, "owner")
    async with product.pool.connection() as connection:
        [(row, _)] = await put_listings(connection, "default", [Wish(design, "folder", "en")], "owner")
    found: UUID = row["id"]
    return found


async def offered(client: Any, product: Product, listing: UUID) -> tuple[str, dict[str, Any]]:
    """The thread of a listing, begun in Studio, and what it asks."""
    thread = launch_thread("default", listing)
    await client.threads.create(thread_id=thread, if_exists="do_nothing")
    await client.runs.wait(thread, "launch", input={"listing_id": str(listing)})
    return thread, await asked(client, thread)


async def asked(client: Any, thread: str) -> dict[str, Any]:
    [found] = await client.threads.search(status="interrupted", ids=[thread])
    [request] = next(iter(found["interrupts"].values()))[0]["value"]
    return dict(request)


async def test_an_inbox_s_accept_leaves_the_approval_and_the_row_that_goes_out(
    server: Server, product: Product
) -> None:
    listing = await new_listing(product, "Moss garden")
    async with client_of(server, "ben") as client:
        graph = await client.assistants.get_graph("launch")
        assert {"draft", "check", "ask", "file"} <= {node["id"] for node in graph["nodes"]}
        thread, request = await offered(client, product, listing)
        assert request["config"]["allow_accept"], request["description"]
        accept = {"type": "accept", "args": request["action_request"]}
        await client.runs.wait(thread, "launch", command={"resume": [accept]}, metadata={"actor": "ana"})
        state = await client.threads.get_state(thread)
    assert (state["next"], state["values"]["standing"]) == ([], {"answer": "approve", "status": "queued"})
    found = await product.launches.show(listing)
    [push] = found["pushes"]
    assert (push["status"], push["actor"], push["verb"]) == ("queued", "ben", "put")
    assert push["digest"] == found["digest"] == request["action_request"]["args"]["draft"]
    assert (found["events"][-1]["to_status"], found["events"][-1]["actor"], found["told"]) == ("queued", "ben", True)


async def test_an_accept_of_a_draft_that_was_changed_since_is_refused_and_asked_again(
    server: Server, product: Product
) -> None:
    listing = await new_listing(product, "Fern garden")
    async with client_of(server, "ben") as client:
        thread, request = await offered(client, product, listing)
        await product.launches.by("ana").edit(listing, {"title": "Another Title"})
        for stale in ({"type": "accept", "args": None}, {"type": "accept", "args": request["action_request"]}):
            await client.runs.wait(thread, "launch", command={"resume": [stale]})
            again = await asked(client, thread)
            assert "changed meanwhile" in again["description"]
            assert again["action_request"]["args"]["title"] == "Another Title"
            found = await product.launches.show(listing)
            assert (found["status"], found["pushes"]) == ("waiting", [])
        accept = {"type": "accept", "args": again["action_request"]}
        await client.runs.wait(thread, "launch", command={"resume": [accept]})
    found = await product.launches.show(listing)
    assert (found["status"], found["title"], found["pushes"][0]["actor"]) == ("queued", "Another Title", "ben")


async def test_a_creator_puts_nothing_up_in_studio(server: Server, product: Product) -> None:
    listing = await new_listing(product, "Oak garden")
    async with client_of(server, "ben") as ben, client_of(server, "cleo") as cleo:
        thread, _ = await offered(ben, product, listing)
        with pytest.raises(refusal):
            await cleo.runs.wait(thread, "launch", command={"resume": ACCEPT})
    assert (await product.launches.show(listing))["status"] == "waiting"


async def test_roles_hold_and_no_command_passes_by_the_rule(server: Server, product: Product) -> None:
    async with client_of(server, "ben") as ben, client_of(server, "cleo") as cleo, client_of(server, "ana") as ana:
        idea_id, thread = await waiting(ben, server, "winter camping")
        forged = {"decision": {"verdict": "approve", "status": "approved"}}
        asked = (
            partial(cleo.runs.wait, thread, "analyze", command={"resume": ACCEPT}),
            cleo.threads.create,
            partial(ben.runs.wait, thread, "analyze", command={"update": forged, "goto": "record"}),
            partial(ben.threads.update_state, thread, forged, as_node="decide"),
            partial(ben.assistants.create, "analyze", name="mine"),
            partial(ben.threads.delete, thread),
            partial(ben.crons.create, "analyze", schedule="* * * * *", input={}),
        )
        for ask in asked:
            with pytest.raises(refusal) as refused:
                await ask()
            assert refused.value.response.status_code == 403
        assert (await cleo.threads.get_state(thread))["next"] == ["review"]
        made = await ana.assistants.create("analyze", name="mine")
        await ana.assistants.delete(made["assistant_id"])
    assert (await product.reviews.show(idea_id))["reviews"] == []


async def test_what_was_done_and_refused_at_this_door_is_written_down(
    server: Server, http: httpx2.AsyncClient, product: Product
) -> None:
    for who in ("ben", "cleo"):
        await http.post("/threads", json={}, headers=server.headers(who))
        await http.post("/threads/search", json={}, headers=server.headers(who))
    async with product.pool.connection() as connection:
        rows = [row for row in await load_audit(connection, None, 50) if row["door"] == "studio"]
    told = [(row["actor"], row["deed"], row["outcome"]) for row in rows[:2]]
    assert sorted(told) == [("ben", "run", "done"), ("cleo", "run", "refused")]


def test_no_address_but_loopback_was_looked_up_or_connected_to(server: Server) -> None:
    went = set(server.went_to.read_text().splitlines())
    assert went, "the witness saw nothing at all"
    outside = {each for each in went if not any(near in each for near in ("127.0.0.1", "'localhost'", "::1", "b'127"))}
    assert outside == set()
