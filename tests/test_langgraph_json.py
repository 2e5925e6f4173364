"""`langgraph.json`: what it names is there, by dotted path, and takes no argument."""

from __future__ import annotations

import importlib
import inspect
import json
from typing import Any

from graphs.settings import ROOT


def named() -> dict[str, Any]:
    return dict(json.loads((ROOT / "langgraph.json").read_text()))


def test_graphs_are_named_by_module_and_made_without_arguments() -> None:
    graphs = named()["graphs"]
    assert set(graphs) == {"analyze", "discover", "produce", "launch"}
    for name, path in graphs.items():
        module, factory = path.split(":")
        assert "/" not in path
        assert not inspect.signature(getattr(importlib.import_module(module), factory)).parameters, name


def test_the_checkpointer_is_the_one_that_cli_and_api_share() -> None:
    module, _, factory = named()["checkpointer"]["path"].rpartition(".")
    assert not inspect.signature(getattr(importlib.import_module(module), factory)).parameters


def test_one_door_asks_everybody_who_they_are_and_calls_nobody_back() -> None:
    given = named()
    assert given["auth"]["disable_studio_auth"], "Studio's own sign-in is a header that anybody can send"
    assert given["http"]["enable_custom_route_auth"]
    assert given["http"]["disable_webhooks"], "a run could make the server ask any address"
    for path in (given["auth"]["path"], given["http"]["app"]):
        module, name = path.split(":")
        assert hasattr(importlib.import_module(module), name)
