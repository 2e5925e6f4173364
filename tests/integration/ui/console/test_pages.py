"""Today, runs and settings as Streamlit runs them, on judged ideas in a real database."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from pydantic import SecretStr
from streamlit.testing.v1 import AppTest

from graphs.people import Deed, Forbidden, Role
from store.audit import load_audit
from store.migrate import add_tenant
from store.postgres import owner
from store.weights import load_weights
from tests.shelf import Shelf
from ui.console.desk import Desk, Visit


def _page(name: str, here: object) -> None:
    from importlib import import_module

    from ui.console.parts import told

    with told():
        import_module(f"ui.console.pages.{name}").draw(here)


def look(name: str, here: Visit) -> AppTest:
    """A page, drawn once for this visit."""
    at = AppTest.from_function(_page, kwargs={"name": name, "here": here}, default_timeout=90).run()
    assert not at.exception
    return at


def settings_of(here: Visit, section: str) -> AppTest:
    """The settings with this section open."""
    at = AppTest.from_function(_page, kwargs={"name": "settings", "here": here}, default_timeout=90)
    at.session_state["settings section"] = section
    at.run()
    assert not at.exception
    return at


def press(at: AppTest, label: str) -> AppTest:
    """The page after this button was pressed."""
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


def read(at: AppTest) -> str:
    """What stands on the page."""
    parts = [*at.markdown, *at.caption, *at.error, *at.warning, *at.success, *at.subheader, *at.metric]
    return "\n".join(str(part.value) for part in parts)


@pytest.fixture
def admin(visit: Visit) -> Visit:
    return replace(visit, person=replace(visit.person, handle="ana", role=Role.ADMIN))


@pytest.fixture
def creator(visit: Visit) -> Visit:
    return replace(visit, person=replace(visit.person, handle="cleo", role=Role.CREATOR))


@pytest.fixture
def newcomer(visit: Visit) -> Visit:
    """An admin of a tenant in which nothing ever happened."""
    assert visit.desk.settings.database_url is not None
    add_tenant(visit.desk.settings.database_url.get_secret_value(), "newcomer")
    return replace(visit, person=replace(visit.person, tenant="newcomer", role=Role.ADMIN))


def test_today_says_what_waits_and_what_was_judged(visit: Visit) -> None:
    at = look("today", visit)
    assert at.metric[0].label == "Waiting for you"
    assert int(at.metric[0].value) > 0
    assert "4 judged" in read(at)
    assert "no worker yet" in read(at)


def test_the_first_look_at_a_new_installation_says_what_to_do(newcomer: Visit) -> None:
    for name in ("today", "runs"):
        assert "bellwether run --from PATH" in read(look(name, newcomer))


def test_the_newest_run_is_open_and_says_what_it_took(visit: Visit) -> None:
    at = look("runs", visit)
    assert [figure.label for figure in at.metric] == ["Wall time", "Nodes", "Tokens", "Cost"]
    assert int(at.metric[1].value) >= 14
    assert "waiting" in read(at) or "finished" in read(at)


def test_a_run_judged_again_comes_out_as_it_stands(visit: Visit) -> None:
    assert "Everything came out as it stands" in read(press(look("runs", visit), "Judge again, with no effect"))


def test_who_only_looks_has_no_button_that_does_something(creator: Visit) -> None:
    at = look("runs", creator)
    assert not [button for button in at.button if "Judge again" in button.label]
    assert [each.label for each in settings_of(creator, "Weights").button] == []


def test_dead_letters_are_shown_with_their_reason_and_tried_again(visit: Visit) -> None:
    with visit.session() as session:
        session.execute(
            "INSERT INTO dead_letter (tenant_id, job_id, queue, task, priority, args, error, digest) "
            "VALUES ('default', 7, 'scan', 'scan', 0, '{}', 'no route to <b>host</b>', 'x')"
        )
    at = AppTest.from_function(_page, kwargs={"name": "runs", "here": visit}, default_timeout=90)
    at.session_state["runs section"] = "Dead letters"
    at.run()
    assert at.dataframe[0].value["why"][0] == "no route to <b>host</b>"
    assert "Nothing failed for good" in read(press(at, "Try 1 again"))
    with visit.session() as session:
        assert session.execute("SELECT task_name FROM procrastinate_jobs").fetchall() == [("scan",)]


def test_an_admin_sets_weights_and_the_history_says_who_and_why(admin: Visit) -> None:
    at = settings_of(admin, "Weights")
    at.number_input[2].set_value(0.4)
    next(each for each in at.text_input if each.label == "Why").set_value("novelty sells in autumn")
    press(at, "Set")
    newest = admin.ask(load_weights, 1)[0]
    assert (newest["novelty"], newest["actor"], newest["reason"]) == (0.4, "ana", "novelty sells in autumn")
    assert at.dataframe[0].value["why"][0] == "novelty sells in autumn"


def test_weights_without_a_reason_are_refused_in_one_line(admin: Visit) -> None:
    before = admin.ask(load_weights, 1)[0]["version"]
    assert "a reason is needed" in read(press(settings_of(admin, "Weights"), "Set")).replace("\\", "")
    assert admin.ask(load_weights, 1)[0]["version"] == before


def test_no_secret_stands_among_the_settings_in_force(admin: Visit, shelf: Shelf) -> None:
    shown = settings_of(admin, "Settings").dataframe[0].value
    assert shelf.settings.database_url is not None
    assert shelf.settings.database_url.get_secret_value() not in shown.to_string()
    assert dict(zip(shown["setting"], shown["value"], strict=True))["DATABASE_URL"] == "set"


def test_health_says_what_doctor_says(admin: Visit) -> None:
    assert "**python**" in read(settings_of(admin, "Health"))


def test_only_an_admin_sees_health_members_and_the_audit_log(creator: Visit, admin: Visit) -> None:
    from ui.console.pages.settings import sections_of

    assert [name for name, _ in sections_of(creator)] == ["Weights"]
    assert [name for name, _ in sections_of(admin)] == [
        "Weights",
        "Health",
        "Settings",
        "Members and keys",
        "Audit log",
    ]


def test_a_key_is_shown_once_opens_the_door_and_is_revoked(admin: Visit) -> None:
    at = settings_of(admin, "Members and keys")
    next(each for each in at.text_input if each.label == "Handle").set_value("eva")
    press(at, "Add")
    at.selectbox(key="key of").set_value("eva")
    press(at, "Make")
    key = at.code[0].value
    assert admin.desk.let_in(key, "here").handle == "eva"
    assert not at.run().code
    rows = admin.desk.wait(admin.desk.people.keys("default"))
    admin.act(Deed.KEEP_PEOPLE, lambda _: admin.desk.people.revoke_key("default", rows[0]["id"], "ana"))
    with pytest.raises(Exception, match="revoked"):
        admin.desk.let_in(key, "here")


def test_what_is_done_refused_and_failed_is_in_the_audit_log(visit: Visit, creator: Visit) -> None:
    async def fail(_product: object) -> None:
        raise ValueError("what was typed: ana@example.org")

    with pytest.raises(ValueError, match="typed"):
        visit.act(Deed.RETRY, fail, "job:1")
    with pytest.raises(Forbidden, match="takes the role"):
        creator.act(Deed.DECIDE, fail, "idea:1")
    visit.searched("moss for ana@example.org " + "x" * 300)
    search, refused, failed = visit.ask(load_audit, None, 3)
    assert (search["deed"], search["actor"]) == ("search", "mara")
    assert "@" not in search["detail"]["words"]
    assert len(search["detail"]["words"]) <= 200
    assert (refused["actor"], refused["outcome"], refused["subject"]) == ("cleo", "refused", "idea:1")
    assert (failed["outcome"], failed["detail"]) == ("failed", {"why": "ValueError"})


def test_what_cannot_be_written_into_the_audit_log_is_done_and_in_the_programs(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    assert visit.desk.settings.database_url is not None
    with owner(visit.desk.settings.database_url.get_secret_value()) as database:
        database.execute("ALTER TABLE audit RENAME TO audit_away")
        database.commit()
        try:
            assert visit.act(Deed.RETRY, _nothing, "job:7") is None
            with pytest.raises(ZeroDivisionError):
                visit.act(Deed.RETRY, _fail, "job:8")
        finally:
            database.execute("ALTER TABLE audit_away RENAME TO audit")
            database.commit()
    assert '"subject": "job:7"' in caplog.text and '"subject": "job:8"' in caplog.text


def test_a_key_that_is_revoked_reads_and_does_nothing_more_within_ten_seconds(admin: Visit) -> None:
    people, tenant = admin.desk.people, admin.person.tenant
    admin.desk.wait(people.add_member(tenant, "ben", "business", "pro"))
    row, key = admin.desk.wait(people.add_key(tenant, "ben", "laptop"))
    ben = Visit(admin.desk, admin.desk.wait(people.identify(key)), key)
    assert ben.ask(load_weights, 1)
    admin.desk.wait(people.revoke_key(tenant, row["id"]))
    for asked in (partial(ben.ask, load_weights, 1), partial(ben.act, Deed.RETRY, _nothing)):
        with pytest.raises(Exception, match="revoked"):
            asked()


@pytest.mark.parametrize("name", ["today", "runs", "settings"])
def test_a_database_that_is_away_is_one_line_and_a_button(visit: Visit, name: str) -> None:
    away = visit.desk.settings.model_copy(update={"database_url": SecretStr("postgresql://nobody@127.0.0.1:9/none")})
    desk = Desk(away)
    at = look(name, replace(visit, desk=desk, person=replace(visit.person, role=Role.ADMIN)))
    desk.close()
    assert len(at.error) == 1
    assert [button.label for button in at.button] == ["Try again"]
    assert "Traceback" not in read(at)


def test_whoever_tries_too_many_keys_waits_a_minute(visit: Visit) -> None:
    for _ in range(10):
        with pytest.raises(Exception, match="no key or token"):
            visit.desk.let_in("bw_default_nonsense", "203.0.113.5")
    with pytest.raises(Exception, match="wait a minute"):
        visit.desk.let_in("bw_default_nonsense", "203.0.113.5")


async def _nothing(_product: object) -> None:
    return None


async def _fail(_product: object) -> None:
    raise ZeroDivisionError
