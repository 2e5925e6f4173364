"""The gates of the settings: files of marks of one's own, and registers that are asked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from graphs import gatehouse
from graphs.gatehouse import open_gatehouse
from graphs.settings import Settings
from graphs.turnstile import Turnstile
from market.errors import NotConfigured
from market.gates import Artwork
from store.limits import MemoryLimits
from tests.listed import listing_of

ARTWORK = Artwork("Zorblatt forever", "typographic", "clear", "", "text only 1", "printify")


async def verdicts(tmp_path: Path, **changed: Any) -> dict[str, tuple[str, str]]:
    """What each gate says of a listing that letters "Zorblatt forever"."""
    settings = Settings(_env_file=None, home=tmp_path, **changed)
    house = await open_gatehouse(settings, None, Turnstile(lambda rules: MemoryLimits(rules)))  # type: ignore[arg-type]
    try:
        said = [await gate.judge(listing_of(), ARTWORK, datetime.now(UTC)) for gate in house.fixed]
    finally:
        await house.close()
    return {each.gate: (each.outcome, each.why) for each in said}


async def test_a_mark_of_a_file_of_ones_own_blocks(tmp_path: Path):
    assert (await verdicts(tmp_path))["trademark"][0] == "clear"
    marks = tmp_path / "marks.csv"
    marks.write_text("mark,class,owner\nZORBLATT,25,Acme\n")
    outcome, why = (await verdicts(tmp_path, word_marks=(marks,)))["trademark"]
    assert outcome == "blocked" and "zorblatt" in why.lower()


@pytest.mark.parametrize(("name", "content"), [("none.csv", None), ("other.csv", "a,b\n1,2\n"), ("bad.xml", "<x")])
async def test_a_file_of_marks_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: str | None):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(NotConfigured, match="BELLWETHER_WORD_MARKS: .*" + name):
        await verdicts(tmp_path, word_marks=(path,))


async def test_a_register_that_does_not_answer_means_that_the_gate_could_not_run(
    tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
):
    httpserver.expect_request("/cas-server-webapp/oidc/accessToken").respond_with_data("sorry", 500)
    monkeypatch.setattr(gatehouse, "EUIPO_BASE", httpserver.url_for(""))
    outcome, why = (await verdicts(tmp_path, euipo_client_id="app", euipo_client_secret="very-secret"))["trademark"]
    assert outcome == "could not run" and "500" in why and "very-secret" not in why
