"""After a rehearsal nothing is left to load from a file."""

from __future__ import annotations

import builtins
import io
from pathlib import Path
from typing import Any

import pytest

from graphs.rehearsal import rehearse_listing


def test_a_listing_that_was_rehearsed_opens_no_file_again(monkeypatch: pytest.MonkeyPatch):
    rehearse_listing()

    def opened(*given: Any, **_: Any) -> Any:
        raise AssertionError(f"opened: {given[:2]}")

    for where, name in ((builtins, "open"), (io, "open"), (Path, "open"), (Path, "read_text"), (Path, "read_bytes")):
        monkeypatch.setattr(where, name, opened)
    rehearse_listing()
