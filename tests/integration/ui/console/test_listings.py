"""Listings as Streamlit runs them, on rows in a real database: what each role may do, how each state is told, pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from graphs.people import Role
from graphs.product import Product
from store import listings, outbox
from store.audit import load_audit
from store.ids import new_id
from tests.listed import drafted, gate, wished
from tests.shelf import HOSTILE
from ui.console import listed
from ui.console.desk import Visit

MANY = 10_000
COPY = """
INSERT INTO listing (tenant_id, id, key, design_id, marketplace, locale, status, body, digest, title, price_cents,
  currency, actor, changed_at)
SELECT tenant_id, gen_random_uuid(), 'bw-many-' || n, design_id, 'many', 'x' || n, 'ended', body, digest, 'Ware ' || n,
  price_cents, currency, actor, now() - n * interval '1 minute' FROM listing, generate_series(1, %s) n WHERE id = %s
"""


def _page(name: str, here: object) -> None:
    from importlib import import_module

    from ui.console.parts import told

    with told():
        import_module(f"ui.console.pages.{name}").draw(here)


def look(name: str, here: Visit, held: Mapping[str, object] | None = None, **address: str) -> AppTest:
    at = AppTest.from_function(_page, kwargs={"name": name, "here": here}, default_timeout=90)
    for key, value in (held or {}).items():
        at.session_state[key] = value
    for key, value in address.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


def read(at: AppTest) -> str:
    parts = [*at.title, *at.markdown, *at.caption, *at.error, *at.warning, *at.success, *at.info, *at.subheader]
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


def labels(at: AppTest) -> set[str]:
    return {button.label for button in at.button}


@pytest.fixture(scope="module")
def listing(visit: Visit) -> dict[str, UUID]:
    """One that waits, one that a mark and its own bounds block, one refused, one dead."""

    async def work(product: Product) -> dict[str, UUID]:
        names = ("waits", "blocked", "refused", "dead")
        async with product.pool.connection() as connection:
            made = dict(zip(names, await wished(connection, *"1234", marketplace="etsy"), strict=True))
            await drafted(connection, made["waits"], gate("trademark"), title=HOSTILE)
            await drafted(
                connection, made["blocked"], gate("trademark", "blocked", "“Nike” is a mark"),
                gate("bounds", "blocked", "title: 141 characters"), title="A blocked one",
            )  # fmt: skip
            for status in ("refused", "dead"):
                await drafted(connection, made[status], title=f"A {status} one")
                await outbox.approve(connection, made[status], "ana", 0.0)
            worker = new_id()
            for row in await outbox.take(connection, worker, "me", 9):
                status = "refused" if row["listing_id"] == made["refused"] else "dead"
                await outbox.settle(connection, worker, row, status, "me", f"no {status} today")  # type: ignore[arg-type]
        return made

    return visit.read(work)


@pytest.fixture
def admin(visit: Visit) -> Visit:
    return replace(visit, person=replace(visit.person, handle="ana", role=Role.ADMIN))


@pytest.fixture
def creator(visit: Visit) -> Visit:
    return replace(visit, person=replace(visit.person, handle="cleo", role=Role.CREATOR))


def test_the_words_of_others_are_text_and_the_page_says_what_waits(visit: Visit, listing: dict[str, UUID]) -> None:
    at = look("listings", visit, listing=str(listing["waits"]))
    assert HOSTILE[:20] in read(at)
    assert "Look at it, then approve or decline it." in read(at)
    assert {"Approve", "Change it", "What would go out"} <= labels(at)


def test_who_only_looks_is_told_what_it_takes_and_has_no_button(creator: Visit, listing: dict[str, UUID]) -> None:
    at = look("listings", creator, listing=str(listing["waits"]))
    assert "takes the role business or more" in read(at)
    assert not {"Approve", "Change it"} & labels(at)


def test_only_an_admin_lets_a_gate_pass_and_nobody_what_the_marketplace_would_refuse(
    visit: Visit, admin: Visit, listing: dict[str, UUID]
) -> None:
    at = look("listings", visit, listing=str(listing["blocked"]))
    assert "takes the role admin" in read(at)
    assert "Let it pass" not in labels(at)
    at = look("listings", admin, listing=str(listing["blocked"]))
    assert "Nobody can let this pass" in read(at)
    assert [button.label for button in at.button].count("Let it pass") == 1


def test_the_marketplaces_words_and_the_way_out_stand_at_the_top(visit: Visit, listing: dict[str, UUID]) -> None:
    at = look("listings", visit, listing=str(listing["refused"]))
    assert "Etsy says: “no refused today”" in at.error[0].value.replace("\\", "")
    assert {"Retry", "Decline it"} <= labels(at)
    assert "Retry it, or decline it." in look("listings", visit, listing=str(listing["dead"])).error[0].value.replace(
        "\\", ""
    )


def test_an_approval_is_in_the_audit_log_and_is_taken_back(visit: Visit, listing: dict[str, UUID]) -> None:
    at = press(look("listings", visit, listing=str(listing["waits"])), "Approve")
    assert "Approved: it goes out in" in read(at)
    newest = visit.ask(load_audit, None, 1)[0]
    assert (newest["deed"], newest["actor"], newest["subject"]) == ("launch", "mara", f"listing:{listing['waits']}")
    assert "Look at it, then approve" in read(press(at, "Take it back"))


def test_what_was_changed_meanwhile_is_not_approved_unseen(visit: Visit, listing: dict[str, UUID]) -> None:
    at = look("listings", visit, listing=str(listing["waits"]))

    async def change(product: Product) -> None:
        async with product.pool.connection() as connection:
            await drafted(connection, listing["waits"], title="Changed meanwhile")

    visit.read(change)
    at = press(at, "Approve")
    assert "was changed meanwhile: look at it again" in read(at)
    assert visit.read(lambda product: product.launches.show(listing["waits"]))["status"] == "waiting"


def test_a_marketplace_without_an_account_says_so_in_the_dry_run(visit: Visit, listing: dict[str, UUID]) -> None:
    at = press(look("listings", visit, listing=str(listing["refused"])), "What would go out")
    assert "Etsy could not be looked at." in read(at)
    assert "etsy has no account" in read(at)


@pytest.fixture(scope="module")
def gone_out(visit: Visit) -> dict[str, UUID]:
    """One that is live, one that died, one whose package nobody wrote."""

    async def work(product: Product) -> dict[str, UUID]:
        worker = new_id()
        async with product.pool.connection() as connection:
            ids = [
                *await wished(connection, "5", "6", marketplace="etsy"),
                *await wished(connection, "7", marketplace="redbubble"),
            ]
            made = dict(zip(("live", "dead", "package"), ids, strict=True))
            for name, each in made.items():
                await drafted(connection, each, title=f"A {name} one that went out")
                await outbox.approve(connection, each, "ana", 0.0)
            for row in await outbox.take(connection, worker, "me", 9):
                status = "live" if row["listing_id"] == made["live"] else "dead"
                await outbox.settle(connection, worker, row, status, "me", native={"id": "7"})  # type: ignore[arg-type]
        return made

    return visit.read(work)


def fill(at: AppTest, key: str, text: str) -> AppTest:
    at.text_input(key=key).set_value(text).run()
    return at


def status_of(visit: Visit, listing_id: UUID) -> tuple[str, str, str]:
    """Of the listing, and what its last row does and how that stands."""
    found = visit.read(lambda product: product.launches.show(listing_id))
    return found["status"], found["pushes"][-1]["verb"], found["pushes"][-1]["status"]


def test_what_died_is_pushed_again_by_a_click(visit: Visit, gone_out: dict[str, UUID]) -> None:
    press(look("listings", visit, listing=str(gone_out["dead"])), "Retry")
    assert status_of(visit, gone_out["dead"]) == ("queued", "put", "queued")


def test_what_is_live_is_ended_by_a_click_with_the_reason_that_was_given(
    visit: Visit, gone_out: dict[str, UUID]
) -> None:
    at = fill(look("listings", visit, listing=str(gone_out["live"])), "listing-reason end", "sold out")
    press(at, "Yes, end it")
    assert status_of(visit, gone_out["live"]) == ("queued", "end", "queued")
    assert visit.read(lambda product: product.launches.show(gone_out["live"]))["pushes"][-1]["reason"] == "sold out"


def test_where_a_package_is_up_is_not_said_of_one_that_nobody_wrote(visit: Visit, gone_out: dict[str, UUID]) -> None:
    at = look("listings", visit, listing=str(gone_out["package"]))
    at = press(fill(at, "listing-address", "https://www.redbubble.com/i/7"), "It is up")
    assert "a worker packs it once it is approved" in read(at)
    assert status_of(visit, gone_out["package"]) == ("dead", "put", "dead")


def test_a_no_is_taken_back_while_its_window_is_open(visit: Visit, listing: dict[str, UUID]) -> None:
    at = fill(look("listings", visit, listing=str(listing["blocked"])), "listing-reason decline", "not ours")
    at = press(at, "Decline it")
    assert "Somebody wants it not" in read(at)
    visit.read(lambda product: product.launches.withdraw(listing["blocked"]))
    assert visit.read(lambda product: product.launches.show(listing["blocked"]))["status"] == "blocked"


def test_a_link_to_nothing_says_so(visit: Visit, listing: dict[str, UUID]) -> None:
    for wanted in ("bw-nothing-here", str(new_id())):
        assert "There is no such listing" in read(look("listings", visit, listing=wanted))


def test_the_marketplaces_say_what_each_lacks(visit: Visit) -> None:
    said = read(look("listings", visit, {"listings section": "Marketplaces"}))
    assert "etsy has no account: add it to BELLWETHER_SHOPS" in said
    assert "May be asked: 10 a second; 10,000 a day" in said


def test_of_ten_thousand_a_page_is_read_and_the_next_begins_behind_it(visit: Visit, listing: dict[str, UUID]) -> None:
    async def copy(product: Product) -> None:
        async with product.pool.connection() as connection:
            await connection.execute(COPY, (MANY, listing["dead"]))

    visit.read(copy)
    at = look("listings", visit, {listed.MARKET: "many", listed.STATUS: "ended"})
    first = at.session_state[listed.PLACE]
    assert [row["title"] for row in first.rows] == [f"Ware {n}" for n in range(1, listed.PAGE + 1)]
    assert first.more
    first.cursors.append((first.rows[-1]["changed_at"], first.rows[-1]["id"]))
    at.run()
    assert at.session_state[listed.PLACE].rows[0]["title"] == f"Ware {listed.PAGE + 1}"
    assert visit.ask(listings.count_by_marketplace)["many"] == {"ended": MANY}


def test_what_was_counted_of_a_listing_is_told_with_its_rates_and_who_counted(
    visit: Visit, gone_out: dict[str, UUID]
) -> None:
    key = str(gone_out["live"])
    rows = [{"listing": key, "from": "2026-11-01", "views": 40, "orders": 2, "revenue": "39.98", "currency": "USD"}]
    visit.read(lambda product: product.outcomes.bring(rows, "etsy"))
    at = look("listings", visit, listing=key)
    shown = next(str(part.value) for part in at.get("html") if "counts" in str(part.value))
    assert all(text in shown for text in ("<b>40</b>", "<b>2</b>", "<b>$39.98</b>", "<b>5%</b>"))
    assert "Counted by etsy" in read(at)
