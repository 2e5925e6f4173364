"""Signals and agents as Streamlit runs them: nothing there, everything there, and what people do on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from psycopg import Connection
from streamlit.testing.v1 import AppTest

import trends.screen
from graphs.people import Role
from store.audit import load_audit
from store.migrate import add_tenant
from tests.shelf import HOSTILE, Shelf
from trends.intake import take
from ui.console.desk import Visit
from ui.console.pages import signals as page
from ui.console.text import plain

NOW = datetime.now(UTC)


def _page(name: str, here: object) -> None:
    from importlib import import_module

    from ui.console.parts import told

    with told():
        import_module(f"ui.console.pages.{name}").draw(here)


def look(name: str, here: Visit, tab: str, **held: Any) -> AppTest:
    """A page with this tab open."""
    at = AppTest.from_function(_page, kwargs={"name": name, "here": here}, default_timeout=90)
    for key, value in {f"{name}-tab": tab, **held}.items():
        at.session_state[key] = value
    at.run()
    assert not at.exception
    return at


def read(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.error, *at.warning, *at.success, *at.subheader]
    return "\n".join(str(part.value) for part in parts)


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


@pytest.fixture
def newcomer(visit: Visit) -> Visit:
    """An admin of a tenant in which nothing ever happened."""
    assert visit.desk.settings.database_url is not None
    add_tenant(visit.desk.settings.database_url.get_secret_value(), "newcomer")
    return replace(visit, person=replace(visit.person, tenant="newcomer", role=Role.ADMIN))


@pytest.fixture
def session(shelf: Shelf) -> Iterator[Connection[Any]]:
    with shelf.session() as opened:
        yield opened


def put(session: Connection[Any], text: str, source: str = "reddit", minutes: float = 0) -> None:
    """A signal stored after all that the shelf holds, so many minutes before the newest."""
    now = datetime.now(UTC)
    stored = now + timedelta(minutes=10 - minutes)
    session.execute(
        "INSERT INTO signal (id, source, kind, text, community, first_known_at, recorded_at) "
        "VALUES (%s, %s, 'item', %s, %s, %s, %s)", (uuid4(), source, text, HOSTILE, now, stored),
    )  # fmt: skip


def test_the_stream_shows_the_newest_first_as_text_and_is_filtered(visit: Visit, session: Connection[Any]) -> None:
    put(session, HOSTILE)
    put(session, "a moss owl for the hall", "youtube", 3)
    shown = read(at := look("signals", visit, "Stream"))
    assert plain(HOSTILE) in shown
    assert HOSTILE not in shown
    assert shown.index(plain(HOSTILE)) < shown.index("a moss owl")
    at.selectbox[0].set_value("youtube").run()
    assert plain(HOSTILE)[:40] not in "\n".join(str(part.value).split("  \n")[0] for part in at.markdown)
    at.selectbox[0].set_value(None)
    at.text_input[1].set_value("MOSS owl").run()
    assert "a moss owl" in read(at)
    newest = visit.ask(load_audit, None, 1)[0]
    assert (newest["deed"], newest["detail"]) == ("search", {"words": "MOSS owl"})
    at.text_input[1].set_value("nobody says this").run()
    assert "No signal fits" in read(at)


def test_what_comes_while_one_looks_is_marked_as_new(visit: Visit, session: Connection[Any]) -> None:
    at = look("signals", visit, "Stream")
    assert "green-badge" not in read(at)
    put(session, "brand new felt fox", minutes=-1)
    at.run()
    assert ":green-badge[new] brand new felt fox" in read(at)
    assert read(at).count(":green-badge[new]") == 1


def test_more_are_shown_when_asked_for(visit: Visit, session: Connection[Any]) -> None:
    for number in range(30):
        put(session, f"one of thirty owls {number}", "pinterest", 5)
    at = look("signals", visit, "Stream")
    at.selectbox[0].set_value("pinterest").run()
    assert read(at).count("one of thirty owls") == 25
    assert read(press(at, "Show more")).count("one of thirty owls") == 30


def test_a_signal_opens_with_its_past_and_what_it_points_at(visit: Visit, session: Connection[Any]) -> None:
    row = session.execute(
        "SELECT m.signal_id FROM idea_signal m JOIN idea i ON i.id = m.idea_id WHERE i.phrase = 'garden gnome'"
    ).fetchone()
    assert row is not None
    at = look("signals", visit, "Stream", **{"stream-open": row[0]})
    assert "What it points at" in read(at)
    assert at.dataframe[0].value.shape[0] >= 1


def test_heatmaps_are_charts_with_words_and_figures(visit: Visit, session: Connection[Any]) -> None:
    put(session, "hot owl")
    at = look("signals", visit, "Heat")
    assert "Most at once: " in read(at).replace("\\", "").replace("\u2060", "")
    assert len(at.get("vega_lite_chart")) == 2
    assert "reddit" in at.dataframe[0].value.columns


def test_sources_say_how_they_stand_and_why_they_are_skipped(visit: Visit) -> None:
    frame = look("signals", visit, "Sources").dataframe[0].value
    rows = {row["source"]: row for row in frame.to_dict("records")}
    assert rows["youtube"]["state"] == "skipped"
    assert "YOUTUBE_API_KEY" in rows["youtube"]["why"]
    assert rows["reddit"]["state"] == "not asked yet"


def test_when_a_source_is_asked_next_is_its_interval_or_what_it_asked_for() -> None:
    row = {"outcome": "kept", "scan_at": None, "last_scan_at": NOW, "not_before": None}
    hour = timedelta(hours=1)
    assert page.next_at(row, hour) == NOW + hour
    assert page.next_at({**row, "scan_at": NOW}, hour) == NOW
    assert page.next_at({**row, "not_before": NOW + 3 * hour}, hour) == NOW + 3 * hour
    assert page.next_at({**row, "outcome": "skipped"}, hour) is None
    assert page.next_at(row, None) is None


def test_refused_rows_are_told_with_reasons_and_tried_again_from_the_file(
    visit: Visit, session: Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"{HOSTILE[:8].replace('/', '')}.csv"
    path.write_text(f"text,created_at\nclay owl,2026-01-01\n{HOSTILE},whenever\n")
    today = trends.screen.is_nsfw
    monkeypatch.setattr(trends.screen, "is_nsfw", lambda text: "clay owl" in text)
    take([path], session, "default")
    monkeypatch.setattr(trends.screen, "is_nsfw", today)
    at = look("signals", visit, "Refused")
    shown = read(at)
    assert ":red-badge[2 rows refused]" in shown
    assert plain(HOSTILE)[:60] in shown
    assert HOSTILE not in shown
    button = next(each for each in at.button if each.label == "Try 2 rows again")
    assert button.disabled
    at.file_uploader[0].upload("again.csv", path.read_bytes(), "text/csv").run()
    assert "2 tried, 1 stored" in read(press(at, "Try 2 rows again")).replace("\\", "")
    newest = visit.ask(load_audit, None, 1)[0]
    assert (newest["deed"], newest["outcome"], newest["actor"]) == ("retry", "done", "mara")
    other = look("signals", visit, "Refused")
    other.file_uploader[0].upload("other.csv", b"text,created_at\nx,2026-01-01\n", "text/csv").run()
    assert "byte for byte" in read(press(other, "Try 1 row again"))


def test_a_file_is_taken_in_counted_and_a_picture_is_refused_in_a_line(visit: Visit) -> None:
    at = look("signals", visit, "Take in")
    at.file_uploader[0].upload("posts.csv", b"text,created_at\nglass owl,2026-01-01\n", "text/csv")
    assert "1 rows read, 1 stored" in read(press(at, "Take in")).replace("\\", "")
    at = look("signals", visit, "Take in")
    at.file_uploader[0].upload("posts.csv", b"\x89PNG\r\n\x1a\n....", "text/csv")
    assert "a picture (PNG)" in read(press(at, "Take in")).replace("\\", "")


def test_an_address_inside_the_house_is_not_asked(visit: Visit) -> None:
    at = look("signals", visit, "Take in")
    at.text_input[0].set_value("http://127.0.0.1:1/x")
    [button for button in at.button if button.label == "Take in"][1].click().run()
    assert not at.exception
    assert len(at.warning) == 1


def test_who_only_looks_takes_nothing_in_and_tries_nothing_again(visit: Visit) -> None:
    creator = replace(visit, person=replace(visit.person, handle="cleo", role=Role.CREATOR))
    for tab in ("Refused", "Take in"):
        at = look("signals", creator, tab)
        assert "takes the role business" in read(at)
        assert not [button for button in at.button if button.label.startswith(("Try", "Take"))]


def test_where_nothing_ever_happened_every_tab_says_what_to_do(newcomer: Visit) -> None:
    assert "Nothing was refused" in read(look("signals", newcomer, "Refused"))
    assert "No decision was made" in read(look("agents", newcomer, "Verdicts"))
    assert "Nobody was asked" in read(look("agents", newcomer, "Specialists"))
    assert "Models cost nothing" in read(look("agents", newcomer, "Cost and speed"))
    at = press(look("agents", newcomer, "What each changes"), "Measure on my newest decisions")
    assert "No decision yet" in read(at)


def test_verdicts_are_shared_out_and_the_alarm_says_when_it_is_on(visit: Visit, session: Connection[Any]) -> None:
    at = look("agents", visit, "Verdicts")
    assert "from 20 on it is told" in read(at)
    assert len(at.get("vega_lite_chart")) == 1
    session.execute(
        "INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, ceiling, reasons, steps) "
        "SELECT tenant_id, idea_id, n + 1000, as_of, 'reject', 'reject', '[]', '[]' "
        "FROM (SELECT * FROM decision LIMIT 1) d, generate_series(1, 60) n"
    )
    at = look("agents", visit, "Verdicts")
    assert "decisions say reject" in at.error[0].value
    session.execute("DELETE FROM decision WHERE revision > 1000")


def test_each_specialist_is_told_with_its_outcomes_and_why_it_had_no_say(
    visit: Visit, session: Connection[Any]
) -> None:
    session.execute("UPDATE finding SET outcome = 'failed', reason = %s WHERE agent = 'trend'", (HOSTILE,))
    at = look("agents", visit, "Specialists", **{"agents-agent": "trend"})
    frame = at.dataframe[0].value.set_index("agent")
    assert frame.loc["trend", "failed"] == frame.loc["trend", "asked"] > 0
    shown = read(at)
    assert plain(HOSTILE)[:60] in shown
    assert HOSTILE not in shown


def test_what_nodes_took_is_told_with_p50_and_p95(visit: Visit) -> None:
    frame = look("agents", visit, "Cost and speed").dataframe[0].value.set_index("node")
    assert frame.loc["pricing", "runs"] >= 4
    assert frame.loc["pricing", "p50"].endswith(("ms", "s"))


def test_what_each_specialist_changes_is_measured_once_and_kept(visit: Visit) -> None:
    at = press(look("agents", visit, "What each changes"), "Measure on my newest decisions")
    frame = at.dataframe[0].value
    assert len(frame) == 11
    assert "up to" in read(at)
    again = look("agents", visit, "What each changes")
    assert again.dataframe[0].value.equals(frame)
    assert "Measure again" in [button.label for button in again.button]
