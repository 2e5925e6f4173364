"""Batches and designs as Streamlit runs them, on rows and files in a real database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from graphs.people import Role
from graphs.product import Product
from store import designs
from store.audit import load_audit
from store.ids import new_id
from tests.batched import begin, file_all, files_of, rows
from tests.shelf import HOSTILE, Shelf
from ui.console import gallery, tiles
from ui.console.desk import Visit

LIKENESS = {"style": 0.9, "palette_de": 20.0, "edge": 0.9, "overall": 0.8}
LINES = {"style": 0.85, "palette_de": 15.0, "edge": 0.8, "overall": 0.85, "false_accept": 0.14, "false_reject": 0.06,
         "data": "drawn styles"}  # fmt: skip
MISSES = [{"kind": "palette", "found": 20.0, "wanted": 15.0, "why": "-"}, {"kind": "noise", "why": "-"}]


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
    next(button for button in at.button if label in button.label).click().run()
    assert not at.exception
    return at


def read(at: AppTest) -> str:
    parts = [*at.title, *at.markdown, *at.caption, *at.error, *at.warning, *at.success, *at.info, *at.subheader]
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


@pytest.fixture(scope="module")
def batch(visit: Visit) -> UUID:
    """Rows "1" and "2" done, "3" a dead letter that missed the palette, "4" waiting; a line of its file refused."""

    async def work(product: Product) -> UUID:
        async with product.pool.connection() as connection:
            given = [*rows("1", text=HOSTILE), *rows("2", text="Coffee first", product_format="mug")]
            refused = [{"line": 5, "id": "5", "why": "it has no text"}]
            found = await begin(connection, given, name=HOSTILE, refused=refused, plan={"width": 90, "height": 108})
            files = {each: {"files": files_of(product.library.assets, each)} for each in ("1", "2")}
            await file_all(connection, files)
            await _bury(connection, found)
        return found

    return visit.read(work)


async def _bury(connection: object, batch: UUID) -> None:
    await connection.execute(  # type: ignore[attr-defined]
        "INSERT INTO design (tenant_id, id, batch_id, line, row_id, row, status) SELECT tenant_id, n.id, batch_id, "
        "n.line, n.line::text, row, 'waiting' FROM design, (VALUES (%s::uuid, 3), (%s::uuid, 4)) AS n (id, line) "
        "WHERE batch_id = %s AND row_id = '1'",
        (new_id(), new_id(), batch),
    )
    worker = new_id()
    [row] = await designs.take(connection, worker, "me", 1, batch)  # type: ignore[arg-type]
    told = {"key": "d" * 64, "renderer": "typographic", "passed": False, "drawn": True, "seconds": 1.0, "knobs": {},
            "checked": {"likeness": LIKENESS, "lines": LINES, "misses": MISSES}}  # fmt: skip
    await designs.put_attempt(connection, row["id"], 0, told)  # type: ignore[arg-type]
    await designs.bury_design(connection, worker, row["id"], "style", "palette off", "me")  # type: ignore[arg-type]


def id_of(visit: Visit, batch: UUID, row_id: str) -> str:
    async def work(product: Product) -> str:
        shown = await product.batches.show(str(batch))
        return str(next(row["id"] for row in shown["designs"] if row["row_id"] == row_id))

    return visit.read(work)


def test_a_batch_that_nobody_draws_says_which_command_would(visit: Visit, batch: UUID) -> None:
    for at in (look("batches", visit), look("batches", visit, batch=str(batch))):
        assert "no worker is at work" in read(at)
        assert "bellwether worker" in read(at)


def test_an_open_batch_tells_its_counts_and_the_lines_that_were_refused(visit: Visit, batch: UUID) -> None:
    at = look("batches", visit, batch=str(batch))
    assert "2 done · 1 dead letter · 1 waiting · 1 refused" in read(at)
    assert at.dataframe[-1].value["why"][0] == "it has no text"


def test_a_dead_letter_says_what_its_reason_means_and_which_line_each_attempt_missed(visit: Visit, batch: UUID) -> None:
    said = read(look("batches", visit, batch=str(batch), row="3"))
    assert "Not in the brand's style" in said
    assert "palette 20.0 off, at most 15.0 is allowed" in said
    assert "- noise" in said


def test_who_only_looks_has_no_button_that_changes_a_batch(visit: Visit, batch: UUID) -> None:
    creator = replace(visit, person=replace(visit.person, role=Role.CREATOR))
    labels = [each.label for each in look("batches", creator, batch=str(batch), row="3").button]
    assert labels == ["Batches", "Close"]


def test_a_batch_is_paused_and_resumed_and_the_audit_log_says_who(visit: Visit, batch: UUID) -> None:
    at = press(look("batches", visit, batch=str(batch)), "Pause")
    assert "paused" in read(at)
    assert "being drawn" not in read(at)
    press(at, "Resume")
    newest = visit.ask(load_audit, None, 1)[0]
    assert (newest["actor"], newest["deed"], newest["subject"]) == ("mara", "draw", f"batch:{batch}")


def test_a_dead_letter_is_drawn_again_by_another_seed(visit: Visit, batch: UUID) -> None:
    at = press(look("batches", visit, batch=str(batch), row="3"), "Try another seed")
    assert "version 2" in read(at)
    assert "waiting" in read(at)


def test_no_such_batch_and_no_such_design_are_one_line(visit: Visit) -> None:
    assert "There is no such batch" in read(look("batches", visit, batch="nope"))
    assert "There is no such design" in read(look("designs", visit, design="nope"))


def test_typed_lines_are_shown_before_they_are_begun_and_then_wait(visit: Visit) -> None:
    held = {"batches section": "New batch", "begin-how": "Typed here"}
    at = look("batches", visit, held)
    at.text_area[0].set_value("Gone fishing\n!!!\nBut first tea").run()
    assert "2 rows can be drawn" in read(at)
    assert "1 refused" in read(at)
    next(each for each in at.selectbox if each.label.startswith("Size")).set_value("").run()
    for label, value in (("Width", 90), ("Height", 108)):
        next(each for each in at.number_input if each.label == label).set_value(value)
    press(at.run(), "Begin 2 designs")
    found = visit.read(lambda product: product.batches.newest(1))[0]
    assert (found["total"], found["plan"]["width"], found["actor"], len(found["refused"])) == (2, 90, "mara", 1)
    assert at.query_params["batch"] in (str(found["id"]), [str(found["id"])])


def test_what_is_too_much_or_says_nothing_to_draw_is_one_line_and_cannot_be_begun(visit: Visit) -> None:
    for typed, said in (
        ("Gone fishing\n" * 501, "at most 500: split it"),
        ("!!!\n???", "none of its 2 rows can be used"),
    ):
        at = look("batches", visit, {"batches section": "New batch", "begin-how": "Typed here"})
        at.text_area[0].set_value(typed).run()
        assert said in read(at)
        assert not [each for each in at.button if each.label.startswith("Begin")]


def test_a_renderer_that_is_not_set_up_is_said_before_anything_is_begun(visit: Visit) -> None:
    at = look("batches", visit, {"batches section": "New batch", "begin-how": "Typed here"})
    at.text_area[0].set_value("Gone fishing").run()
    next(each for each in at.selectbox if each.label == "Renderer").set_value("openai").run()
    assert "OPENAI_API_KEY is missing" in read(at)


def test_a_brand_tells_its_words_and_the_house_that_nothing_is_compared(visit: Visit, batch: UUID) -> None:
    at = look("batches", visit, {"batches section": "Brands"})
    assert "house: our own style" in read(at)
    assert "bold" in read(at)


def test_the_library_is_searched_by_words_and_says_where_nothing_fits(visit: Visit, batch: UUID) -> None:
    at = look("designs", visit)
    assert not at.warning
    assert "Nothing fits" not in read(at)
    next(each for each in at.text_input if each.label == "Search").set_value("zeppelin").run()
    assert "Nothing fits" in read(at)


def test_a_hostile_text_is_drawn_as_it_was_written(visit: Visit, batch: UUID) -> None:
    at = look("designs", visit, design=id_of(visit, batch, "1"))
    assert "<script>alert(1)</script> **bold**" in at.title[0].value.replace("\\", "")
    assert "\\<script\\>" in at.title[0].value


def test_a_category_is_overridden_and_given_back_to_the_rule(visit: Visit, batch: UUID) -> None:
    design = id_of(visit, batch, "2")
    at = look("designs", visit, design=design)
    next(each for each in at.selectbox if each.label == "Category").set_value("quotes").run()
    assert next(each for each in at.button if each.label == "Set").disabled
    visit.read(lambda product: product.library.set_category(design, "morning people"))
    at = look("designs", visit, design=design)
    assert "set by a person" in read(at)
    assert "by rule" in read(press(at, "As the rule says"))


def test_a_deleted_design_is_gone_from_the_library_and_comes_back(visit: Visit, batch: UUID) -> None:
    design = id_of(visit, batch, "2")
    at = press(look("designs", visit, design=design), "Yes, delete it")
    assert "It is deleted" in read(at)
    shown = visit.read(lambda product: product.library.search()).designs
    assert design not in {str(row["id"]) for row in shown}
    assert "It is deleted" not in read(press(at, "Restore"))
    events = visit.read(lambda product: product.library.show(design))["events"]
    assert [(each["to_status"], each["actor"]) for each in events[-2:]] == [("deleted", "mara"), ("restored", "mara")]


def test_what_is_chosen_on_other_pages_stays_chosen_up_to_the_most() -> None:
    marks = tiles.Marks({"a": "A"}, 3)
    tiles.choose(marks, {"b": "B", "c": "C"}, (["b", "c"], 4), most=2)
    assert (list(marks.chosen), marks.answered) == (["a", "b"], 4)
    tiles.choose(marks, {"a": "A"}, ([], 5), most=2)
    assert list(marks.chosen) == ["b"]


def test_a_tile_carries_no_colour_that_is_none() -> None:
    row = {"id": "1", "row_id": "1", "text": "x", "product": "mug", "category": "", "score": None, "thumb": None,
           "deleted_at": None, "superseded": False, "ground": "url(//evil)"}  # fmt: skip
    assert gallery.tile_of(row, "").ground == ""


def test_today_tells_the_share_with_a_design_and_what_the_studio_is_at(visit: Visit, batch: UUID) -> None:
    at = look("today", visit)
    figures = {figure.label: figure.value for figure in at.metric}
    assert figures["With a design"] == "–"


def test_an_idea_shows_its_design_with_the_way_to_it_and_the_design_the_way_back(visit: Visit, shelf: Shelf) -> None:
    async def work(product: Product) -> UUID:
        async with product.pool.connection() as connection:
            await begin(connection, rows("idea", text="garden gnome"), key="of an idea", idea=(shelf.story, 1))
            files = {"idea": {"files": files_of(product.library.assets, "gnome"), "key": "9" * 64}}
            return (await file_all(connection, files))["idea"]

    design = visit.read(work)
    with visit.session() as session:
        session.execute("UPDATE idea SET status = 'designed' WHERE id = %s", (shelf.story,))
    link = next(each for each in look("review", visit, idea=str(shelf.story)).get("page_link"))
    assert (link.proto.label, link.proto.query_string) == ("Its design", f"design={design}")
    links = [each.proto.query_string for each in look("designs", visit, design=str(design)).get("page_link")]
    assert f"idea={shelf.story}" in links
