from __future__ import annotations

import pytest

from graphs.settings import Settings
from ui.console.sign_in import needed


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_on_this_machine_alone_nobody_is_asked_for_a_key(address: str) -> None:
    assert not needed(Settings(_env_file=None, console_sign_in=False), address, {})


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.4", "console.example", "localhost.example"])  # noqa: S104
def test_wherever_others_could_be_asking_a_key_is_asked_for(address: str | None) -> None:
    assert needed(Settings(_env_file=None, console_sign_in=False), address, {})


def test_a_setting_asks_for_a_key_on_this_machine_too() -> None:
    assert needed(Settings(_env_file=None, console_sign_in=True), "127.0.0.1", {})


def test_what_a_proxy_passes_on_comes_from_elsewhere() -> None:
    settings = Settings(_env_file=None, console_sign_in=False)
    assert needed(settings, "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"})
