"""Design: one finished design whole: on light, on dark, on products; its files, scores, tags, prompt, versions, kin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from graphs.library import products
from graphs.people import Deed
from graphs.product import Product
from store.decisions import Row
from store.gallery import GalleryError, Wanted
from studio.errors import StudioError
from studio.mockups import nearest_colourway
from studio.names import file_name
from ui.console import gallery, handing, offered, pictures, scores, tiles
from ui.console.batch_row import span_s
from ui.console.desk import Visit
from ui.console.misses import meaning
from ui.console.navigation import page_at
from ui.console.parts import ago, badge, empty, moments, named, told
from ui.console.studio import folder_of, library_of, swatches
from ui.console.text import plain, shortened
from ui.console.words import _, counted, marked

GROUNDS = {
    "own": marked("As drawn for"),
    "light": marked("Light"),
    "dark": marked("Dark"),
    "none": marked("Transparent"),
}
MOST_SIMILAR, MOST_TAGS = 8, 24
MOST_CHARS = 40
REDRAWN = "design redrawn"


def draw(here: Visit, asked: str) -> None:
    """The design that the address names."""
    st.button(
        _("Designs"), icon=":material/arrow_back:", type="tertiary", key="all-designs",
        on_click=gallery.open_design, args=(None,),
    )  # fmt: skip
    try:
        found = here.read(lambda product: product.library.show(asked))
    except GalleryError:
        empty(
            _("There is no such design"),
            _("It is not finished yet, or the link is cut short."), ":material/search_off:",
        )  # fmt: skip
        return
    with st.container(key="design-head"):
        st.title(plain(shortened(found["text"] or found["row_id"], 140)), anchor=False)
        st.markdown(_badges(found))
    if (version := st.session_state.pop(REDRAWN, None)) is not None:
        st.success(_("Version {number} is queued; it stands here when it is drawn.").format(number=version))
    if found["deleted_at"] or found["superseded"]:
        _back_again(here, found)
    left, right = st.columns([11, 9], gap="large")
    with left:
        _large(here, found)
        _on_products(here, found)
    with right:
        offered.draw(here, found)
        _hand(here, found)
        _scores(found)
        _named(here, found)
        _made(found)
        _links(found)
        _deeds(here, found)
    _kin(here, found)
    _versions(found)


def _badges(found: Row) -> str:
    parts = [
        badge("done") if not found["deleted_at"] else f":red-badge[{plain(_('deleted'))}]",
        f":gray-badge[{plain(found['category'])}]" if found["category"] else "",
        f":gray-badge[{plain(named(found['product'] or ''))}]",
        f":gray-badge[{plain(_('put away: {tier}').format(tier=found['tier']))}]" if found["tier"] != "hot" else "",
    ]
    line = " · ".join((found["brand"], found["renderer"], ago(found["ended_at"])))
    return f"{' '.join(filter(None, parts))} :small[:gray[{plain(line)}]]"


def _back_again(here: Visit, found: Row) -> None:
    said = (
        _("It is deleted: it is in no list and is not handed on with its batch.")
        if found["deleted_at"]
        else _("A newer version stands in its place.")
    )
    with st.container(horizontal=True, vertical_alignment="center", key="design-gone"):
        st.warning(said, icon=":material/info:")
        label = _("Restore") if found["deleted_at"] else _("Let this version stand")
        if here.person.may(Deed.DRAW) and st.button(label, icon=":material/restore_from_trash:", type="primary"):
            with told():
                handing.move(here, str(found["id"]), True)
                st.rerun()
        newest = found["versions"][0]
        if found["superseded"] and newest["status"] == "done":
            label = _("Open version {number}").format(number=newest["version"])
            st.button(label, on_click=gallery.open_design, args=(newest["id"],))


# To look at -----------------------------------------------------------------------------------------------------------


@st.fragment
def _large(here: Visit, found: Row) -> None:
    """The drawing, large, on a ground that one chooses."""
    folder, file = here.read(folder_of), found["files"]["print"]
    shown = pictures.inline(folder, file["sha256"], pictures.LARGE)
    if not shown:
        shown = pictures.inline(folder, found["thumb"])
        st.caption(_("The print file is put away: this is its thumbnail. It comes back when it is downloaded."))
    on = st.segmented_control(
        _("Ground"), list(GROUNDS), default="own", key="design-ground", required=True, label_visibility="collapsed",
        format_func=lambda each: _(GROUNDS[each]),
    )  # fmt: skip
    style = f"background:{_ground_of(found)}" if on == "own" else ""
    st.html(f'<div class="sheet large on-{on}" style="{style}"><img src="{shown}" alt=""></div>')


def _ground_of(found: Row) -> str:
    """The colour that it was drawn for; white where none is known."""
    return pictures.ground((found["made_with"].get("palette") or {}).get("ground")) or "#ffffff"


@st.fragment
def _on_products(here: Visit, found: Row) -> None:
    """The design on a shirt, a mug, a poster or a tote, in one of the colours that it comes in."""
    known = products()
    own = found["product"] if found["product"] in known else next(iter(known))
    st.markdown(f"**{_('On products')}**")
    with st.container(horizontal=True, gap="small", horizontal_alignment="distribute"):
        on = st.segmented_control(
            _("Product"), list(known), default=own, key="mock-product", required=True, format_func=named,
            label_visibility="collapsed",
        ) or own  # fmt: skip
        sides = known[on]["sides"]
        side = sides[0]
        if len(sides) > 1:
            side = st.segmented_control(
                _("Side"), sides, default=sides[0], key=f"mock-side {on}", required=True, format_func=side_name,
                label_visibility="collapsed",
            ) or side  # fmt: skip
    colours = list(known[on]["colourways"])
    nearest = nearest_colourway(on, _ground_of(found))
    colour = st.pills(
        _("Colour"), colours, default=nearest, key=f"mock-colour {on}", label_visibility="collapsed", required=True,
        format_func=colour_name,
    )  # fmt: skip
    with told(), st.spinner(_("Dressing it ..."), show_time=False):
        try:
            made = here.read(lambda product: library_of(here, product).mock_up(found["id"], on, side, colour or ""))
        except StudioError as gone:
            st.caption(plain(gone))
            return
        if made.remark:
            st.caption(f":material/visibility_off: {plain(made.remark)}")
        st.image(pictures.of_file(made.path), width="stretch", alt=f"{found['text']}: {named(on)}")
        st.download_button(
            _("This picture"), made.path.read_bytes, made.name, made.media_type, icon=":material/download:",
            type="tertiary", on_click="ignore", key=f"mock-file {on} {side} {colour}",
        )  # fmt: skip


def side_name(side: str) -> str:
    """A side of a product as people read it."""
    return {"front": _("Front"), "back": _("Back")}.get(side, side)


def colour_name(colour: str) -> str:
    """A colour of a product as people read it."""
    names = {
        "white": _("white"), "black": _("black"), "navy": _("navy"), "heather": _("heather"), "sand": _("sand"),
        "forest": _("forest"), "burgundy": _("burgundy"), "red": _("red"), "mint": _("mint"), "cream": _("cream"),
        "natural": _("natural"), "sage": _("sage"),
    }  # fmt: skip
    return names.get(colour, colour)


# To take away ---------------------------------------------------------------------------------------------------------


def _hand(here: Visit, found: Row) -> None:
    name, design_id = file_name(found["text"] or found["row_id"]), str(found["id"])
    with st.container(border=True, gap="small", key="design-files"):
        size = found["plan"]
        st.markdown(
            f"**{_('Files')}** :small[:gray[{size.get('width', 0):,} × {size.get('height', 0):,} px, "
            f"{size.get('dpi', 300)} DPI]]"
        )
        handing.files(here, design_id, found["files"], name)
        with st.container(horizontal=True, gap="small"):
            handing.buttons(here, [design_id], name)


def _scores(found: Row) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"**{_('Likeness to the brand')}**")
        if not scores.draw(found["checked"]):
            st.caption(_("Size and artefacts were looked at: this brand has no references to compare with."))
        elif lines := found["checked"].get("lines"):
            st.caption(plain(scores.cost_of_lines(lines)))
        safety = found["safety"] or {}
        if safety.get("state"):
            said = {"clear": _("clear"), "not checked": _("not checked")}.get(safety["state"], safety["state"])
            st.caption(plain(f"{_('Safe to show:')} {said} ({safety.get('judge', '')})"))


def _named(here: Visit, found: Row) -> None:
    """Its category, which a person may override, and its tags, each with how sure it is."""
    may, design_id = here.person.may(Deed.DRAW), str(found["id"])
    with st.container(border=True, gap="small"):
        by = _("set by a person") if found["category_by"] == "person" else _("by rule")
        st.markdown(f"**{_('Category')}** :small[:gray[{plain(by)}]]")
        if may:
            _category(here, found)
        else:
            st.markdown(plain(found["category"] or "–"))
        st.markdown(f"**{_('Tags')}** :small[:gray[{plain(_('how sure, in per cent'))}]]")
        shown = (
            f":gray-badge[{plain(each['name'])} {100 * each['confidence']:.0f}]" for each in found["tags"][:MOST_TAGS]
        )
        st.markdown(" ".join(shown))
        if may:
            with st.popover(_("Change tags"), icon=":material/sell:"):
                _tags(here, design_id, [each["name"] for each in found["tags"]])


def _category(here: Visit, found: Row) -> None:
    now = found["category"]
    known = gallery.facets_of(here, here.person.tenant, Wanted())["categories"]
    options = list(dict.fromkeys([*([now] if now else []), *filter(None, known)]))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        chosen = st.selectbox(
            _("Category"), options, index=0 if now else None, key=f"category {found['id']} {now}",
            accept_new_options=True, label_visibility="collapsed",
        )  # fmt: skip
        if st.button(_("Set"), key="set-category", disabled=not chosen or chosen == now):
            _act(here, str(found["id"]), "set_category", str(chosen)[:MOST_CHARS])
        if found["category_by"] == "person" and st.button(_("As the rule says"), key="rule-category", type="tertiary"):
            _act(here, str(found["id"]), "set_category", "")


def _tags(here: Visit, design_id: str, names: Sequence[str]) -> None:
    new = st.text_input(_("A new tag"), max_chars=MOST_CHARS, key=f"new-tag {design_id} {len(names)}")
    if st.button(_("Add"), key="add-tag", disabled=not new.strip()):
        _act(here, design_id, "add_tags", [new])
    gone = st.selectbox(_("Take away"), names, index=None, key=f"gone-tag {design_id} {len(names)}")
    if st.button(_("Take away"), key="remove-tag", disabled=gone is None):
        _act(here, design_id, "remove_tag", str(gone))


def _act(here: Visit, design_id: str, deed: str, given: Any) -> None:
    async def work(product: Product) -> object:
        library = library_of(here, product)
        deeds = {"set_category": library.set_category, "add_tags": library.add_tags, "remove_tag": library.remove_tag}
        return await deeds[deed](design_id, given)

    with told():
        here.act(Deed.DRAW, work, f"design:{design_id}")
        st.rerun()


def _made(found: Row) -> None:
    """By what it was made: what makes the same bytes again."""
    with st.expander(_("Prompt, seed, licences"), icon=":material/receipt_long:"):
        palette = found["made_with"].get("palette") or {}
        if palette:
            st.html(swatches([palette.get("ink", ""), *palette.get("accents", ()), palette.get("ground", "")]))
        rows = {
            _("seed"): str(found["seed"]),
            _("renderer"): f"{found['renderer']} {found['renderer_version']}",
            _("composition"): str(found["composition"] or "–").replace("_", " "),
            _("faces"): ", ".join(f"{name} ({what})" for name, what in found["licences"]["faces"].items()) or "–",
            _("licence"): str(found["licences"]["licence"] or "–"),
            _("drawn in"): span_s(found["seconds"]),
        }
        st.markdown("\n".join(f"- {plain(name)}: {plain(shortened(value, 300))}" for name, value in rows.items()))
        st.caption(_("prompt"))
        st.code(found["prompt"] or "–", language=None, wrap_lines=True)
        if found["negative"]:
            st.caption(_("what it must not have"))
            st.code(found["negative"], language=None, wrap_lines=True)


def _links(found: Row) -> None:
    review, batches = page_at("review"), page_at("batches")
    with st.container(horizontal=True, gap="small"):
        if batches is not None:
            st.page_link(
                batches, label=plain(shortened(found["batch"], 40)), icon=":material/stacks:",
                query_params={"batch": str(found["batch_id"]), "row": found["row_id"]},
            )  # fmt: skip
        if review is not None and found["idea_id"]:
            st.page_link(
                review, label=plain(_("The idea: {phrase}").format(phrase=shortened(found["idea"] or "", 40))),
                icon=":material/lightbulb:", query_params={"idea": str(found["idea_id"])},
            )  # fmt: skip


def _deeds(here: Visit, found: Row) -> None:
    """Draw it anew, or take it away."""
    if not here.person.may(Deed.DRAW) or found["deleted_at"]:
        return
    design_id = str(found["id"])
    with st.container(horizontal=True, gap="small"):
        if st.button(_("Draw another version"), icon=":material/replay:", help=_("The same row by another seed.")):
            with told():
                fresh = here.act(
                    Deed.DRAW, lambda product: library_of(here, product).redraw(design_id), f"design:{design_id}"
                )
                st.session_state[REDRAWN] = fresh["version"]
                st.rerun()
        with st.popover(_("Delete"), icon=":material/delete:"):
            st.markdown(_("It is shown no more; its files stay, and it can be restored."))
            if st.button(_("Yes, delete it"), type="primary", key="delete-design"):
                with told():
                    handing.move(here, design_id, back=False)
                    st.rerun()


# What is like it, what became of it ---------------------------------------------------------------------------------


def _kin(here: Visit, found: Row) -> None:
    similar = here.read(lambda product: product.library.similar(found["id"], MOST_SIMILAR))
    if found["duplicates"]:
        said = counted(
            "{count} design is the same drawing", "{count} designs are the same drawing", len(found["duplicates"])
        )
        st.info(said, icon=":material/content_copy:")
    if not similar:
        return
    st.subheader(_("Looks like it"), anchor=False)
    folder = here.read(folder_of)
    shown = [_kin_tile(row, pictures.inline(folder, row["thumb"])) for row in similar]
    tiles.draw(
        "kin-tiles", shown, tiles.Turning.of(0, len(shown), len(shown)), tiles.Marks(answered=10**9), "",
        tiles.Wishes(_on_kin, lambda: None),
    )  # fmt: skip


def _kin_tile(row: Row, picture: str) -> tiles.Tile:
    same = ("blue", _("the same drawing")) if row["same"] else ("", "")
    likeness = "" if row["likeness"] is None else f"{row['likeness']:.2f}"
    line = named(row["product"] or "")
    return tiles.Tile(
        str(row["id"]), row["text"], line, picture, pictures.ground(row.get("ground")), same, corner=likeness
    )


def _on_kin() -> None:
    gallery.open_design(str(tiles.said("kin-tiles", "opened")[0]))


def _versions(found: Row) -> None:
    """What became of it, and who did what."""
    with st.expander(_("Versions and history"), icon=":material/history:"):
        for frame in (map(version_row, found["versions"]), map(event_row, found["events"])):
            when = moments(_("when"), _("ended"))
            st.dataframe(pd.DataFrame(frame), hide_index=True, width="stretch", column_config=when)


def version_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """One version of a design's row."""
    state = _("deleted") if row["deleted"] else _("older") if row["superseded"] else _("stands")
    return {
        _("version"): row["version"],
        _("status"): named(row["status"]),
        _("state"): state,
        _("score"): row["score"],
        _("why"): meaning(row["reason"])[0] if row["reason"] else "",
        _("ended"): row["ended_at"],
    }


def event_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Something that happened to a design."""
    return {
        _("when"): row["recorded_at"],
        _("from"): named(row["from_status"] or "–"),
        _("to"): named(row["to_status"]),
        _("who"): row["actor"],
        _("why"): row["reason"],
    }
