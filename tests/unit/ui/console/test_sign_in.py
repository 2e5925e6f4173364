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


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost", "localhost:8501", "[::1]:8501"])
def test_asked_by_a_name_of_this_machine_it_asks_for_no_key(host: str) -> None:
    assert not needed(Settings(_env_file=None, console_sign_in=False), "127.0.0.1", {"Host": host})


@pytest.mark.parametrize("host", ["console.example", "203.0.113.9:8501", "localhost.example:80", "[", ""])
def test_asked_by_another_name_through_a_tunnel_or_a_page_of_others_it_asks_for_a_key(host: str) -> None:
    assert needed(Settings(_env_file=None, console_sign_in=False), "127.0.0.1", {"Host": host})
