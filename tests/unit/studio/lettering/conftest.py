"""What tests of lettering share: a machine that has pip's faces only, and one test for faces that may not be there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from studio.lettering import faces, setting


def forget() -> None:
    """Looks for faces anew."""
    for remembered in (faces.installed, faces.wanted, setting.line):
        remembered.cache_clear()


@pytest.fixture
def only_pip(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No face of Debian's is installed."""
    monkeypatch.setattr(faces, "FOLDERS", ())
    forget()
    yield
    forget()


@pytest.fixture
def needs() -> Callable[[str], None]:
    """Skips where a family is not installed, naming its package."""

    def check(family: str) -> None:
        if not any(face.family == family for face in faces.installed()):
            pytest.skip(f"{family} is not installed: {faces.PACKAGES[family]}")

    return check
