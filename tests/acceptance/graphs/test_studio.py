"""The development server: started offline, and a run, an interrupt and a resume through its SDK."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from agents.roster import SPECIALISTS
from graphs.analyze import thread_id, thread_name
from graphs.product import Product
from graphs.settings import ROOT

sdk = pytest.importorskip("langgraph_sdk", reason="the extra `studio` is not installed")
pytest.importorskip("langgraph_api", reason="the extra `studio` is not installed")

START_S = 60.0


@pytest.fixture
def server(database: str, redis_address: str, tmp_path: Path) -> Iterator[str]:
    """`langgraph dev` on a free loopback port, its data outside the tree."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "langgraph_cli", "dev", "--config", str(ROOT / "langgraph.json"), "--no-reload",
        "--no-browser", "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {
        **kept, "DATABASE_URL": database, "REDIS_URL": redis_address, "PYTHONPATH": str(ROOT),
        "LANGGRAPH_CLI_NO_ANALYTICS": "1",
        "LANGSMITH_TRACING": "false", "LANGGRAPH_STRICT_MSGPACK": "true",
    }  # fmt: skip
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process, tmp_path / "server.log")
            yield url
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(15)


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


async def test_a_run_an_interrupt_and_a_resume_go_through_the_sdk_and_share_threads_with_the_cli(
    server: str, product: Product, new_idea: Callable[..., UUID]
) -> None:
    async with sdk.get_client(url=server) as client:
        graph = await client.assistants.get_graph("analyze")
        assert {each.name for each in SPECIALISTS} <= {node["id"] for node in graph["nodes"]}

        first, second = new_idea("pumpkin carving"), new_idea("latte art")
        for idea_id in (first, second):
            thread, name = thread_id("default", idea_id, 1), thread_name("default", idea_id, 1)
            await client.threads.create(thread_id=thread, metadata={"thread_name": name})
            await client.runs.wait(thread, "analyze", input={"idea_id": str(idea_id)})
            state = await client.threads.get_state(thread)
            assert state["next"] == ["review"]
            request = state["interrupts"][0]["value"][0]
            assert set(request) >= {"action_request", "config", "description"}
            assert request["action_request"]["args"]["phrase"] in ("pumpkin carving", "latte art")

        answer = [{"type": "edit", "args": {"action": "approve idea", "args": {"price_cents": "1999"}}}]
        await client.runs.wait(thread_id("default", first, 1), "analyze", command={"resume": answer})
        case = await product.reviews.show(first)
        assert case["idea"]["status"] == "approved"
        assert case["reviews"][0]["edits"]["to"] == {"price_cents": 1999}

        await product.reviews.reject(second, "too close to another design")
        state = await client.threads.get_state(thread_id("default", second, 1))
        assert state["next"] == []
        assert state["values"]["standing"]["answer"] == "reject"
