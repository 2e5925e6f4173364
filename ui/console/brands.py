"""Brands: the styles that batches are drawn in: their colours, words and references, what their lines cost; a new one.

A new brand is measured before it is kept, so that what was seen in its images can be looked at first. An image that
cannot be used is told by its name, and the others are measured all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from graphs.batches import MOST_BRAND
from graphs.people import Deed
from graphs.product import Product
from store.decisions import Row
from studio.brand import MOST_REFERENCES, Profile, pack_profile, profile_of
from studio.descriptors.classical import Classical
from studio.errors import BadReference
from studio.house import HOUSE
from studio.references import open_reference
from ui import wording
from ui.console import pictures, scores
from ui.console.desk import Visit
from ui.console.parts import ago, empty
from ui.console.studio import batches_of, folder_of, refusals, strip, swatches
from ui.console.text import plain, shortened
from ui.console.words import _, counted, marked

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS, MOST_TERMS, REFERENCE_PX = 3, 12, 128
TYPES = ("png", "jpg", "jpeg", "webp", "tif", "tiff", "gif", "bmp")
FIGURES = {
    "stroke_width": (marked("strokes"), marked("{percent:.1f}% of a side")),
    "symmetry": (marked("symmetry"), marked("{percent:.0f}%")),
    "flatness": (marked("flat colour"), marked("{percent:.0f}%")),
    "contrast": (marked("contrast"), marked("{value:.0f} of 100")),
    "ground_light": (marked("ground"), marked("{value:.0f} of 100 light")),
    "tones": (marked("tones"), marked("{value:.0f}")),
}
"""What is told of a brand's parameters, and how."""
MEASURED = 8
"""Profiles that are kept, of what was measured and not added yet."""


def draw(here: Visit) -> None:
    """Each brand as it is in force, and the way to a new one."""
    if here.person.may(Deed.DRAW):
        with st.expander(_("New brand, from one to five images"), icon=":material/add:"):
            _new(here)
    rows = sorted(here.read(lambda product: product.batches.brands()), key=lambda row: (row["name"] != HOUSE.name,))
    for start in range(0, len(rows), COLUMNS):
        for column, row in zip(st.columns(COLUMNS), rows[start : start + COLUMNS], strict=False):
            with column:
                _card(here, row)
    if len(rows) == 1:
        hint = _("Give it one to five images in your style: its colours, strokes and texture are measured, and every "
                 "design is checked against them.")  # fmt: skip
        empty(_("No brand of your own yet"), hint, ":material/palette:")


def _card(here: Visit, row: Row) -> None:
    with st.container(border=True, key=f"brand-{row['id']}", gap="small"):
        name = _("house: our own style") if row["name"] == HOUSE.name else shortened(row["name"], 60)
        st.markdown(f"**{plain(name)}**  \n:small[:gray[{plain(_version(row))}]]")
        st.html(swatches(row["palette"]))
        st.caption(plain(", ".join((row["terms"] or ())[:MOST_TERMS])) or "–")
        images = counted("{count} reference", "{count} references", row["images"])
        if st.button(images if row["images"] else _("Look"), key=f"look {row['id']}", icon=":material/frame_inspect:"):
            st.dialog(plain(name), width="medium")(_look)(here, row["name"])


def _version(row: Row) -> str:
    return _("version {number}, {when}").format(number=row["version"], when=ago(row["recorded_at"]))


def _look(here: Visit, name: str) -> None:
    """One brand whole: its references, what was measured, what its lines cost."""
    with refusals():
        row = here.read(lambda product: product.batches.brand(name))
        profile = row["profile"]
        st.html(swatches(profile["palette"]))
        st.html(_codes(profile["palette"]))
        folder = here.read(folder_of)
        if shown := [each for digest in row["images"] if (each := pictures.inline(folder, digest, REFERENCE_PX))]:
            st.html(strip(shown))
        _measured(profile)
        _lines(row["lines"], bool(row["images"]))


def _codes(palette: Sequence[str]) -> str:
    codes = "".join(f"<code>{escape(colour)}</code> " for colour in palette)
    return f'<div class="codes">{codes}</div>'


def _measured(profile: Row) -> None:
    """Words of the style and the figures behind them."""
    st.markdown(" ".join(f":gray-badge[{plain(term)}]" for term in profile["terms"]))
    st.caption(plain(" · ".join(figures_of(profile["parameters"]))))


def figures_of(parameters: Mapping[str, Any]) -> Iterator[str]:
    """What was measured, each with its unit; what is not known is left out."""
    for name, (label, form) in FIGURES.items():
        if isinstance(value := parameters.get(name), int | float):
            yield f"{_(label)} {_(form).format(value=value, percent=100 * value)}"


def _lines(lines: Row, compared: bool) -> None:
    """From where on a design is of the brand, and what that was measured to cost."""
    if not compared:
        st.info(_("No references: nothing is compared, so size and artefacts alone decide."), icon=":material/info:")
        return
    said = _(
        "A design is of the brand from style {style}, edges {edge} and overall {overall} on, palette {palette} off."
    )
    figures = {name: f"{lines[name]:.2f}" for name in ("style", "edge", "overall")}
    st.markdown(plain(said.format(**figures, palette=f"{lines['palette_de']:.0f}")))
    with st.container(horizontal=True, gap="medium"):
        st.metric(_("False accept"), wording.percent(lines["false_accept"]), width="content")
        st.metric(_("False reject"), wording.percent(lines["false_reject"]), width="content")
    st.caption(plain(scores.cost_of_lines(lines)))


# A new one ------------------------------------------------------------------------------------------------------------


def _new(here: Visit) -> None:
    name = st.text_input(_("Name of the brand"), max_chars=MOST_BRAND, key="brand-name")
    brought = st.file_uploader(
        _("Images in its style"), type=list(TYPES), accept_multiple_files=True, key="brand-images"
    )
    if not brought:
        st.caption(_("PNG, JPEG, WebP, TIFF, GIF or BMP, at least 32 px a side; 1,024 px show all that is measured."))
        return
    images = [(each.name, each.getvalue()) for each in brought]
    opened, bad = sorted_out(images)
    good = [(where, content) for where, content in images if where in opened]
    for line in bad:
        st.error(plain(line), icon=":material/broken_image:")
    st.html(strip([pictures.of_image(each, REFERENCE_PX) for each in opened.values()]))
    if len(good) > MOST_REFERENCES:
        st.error(_("At most five images: take some away."), icon=":material/block:")
        return
    if not good:
        return
    with refusals():
        with st.spinner(_("Measuring ...")):
            profile = _measure(tuple(good))
        _preview(profile)
        known = {row["name"]: row for row in here.read(lambda product: product.batches.brands())}
        stands = known.get(name.strip())
        if stands is not None and name.strip() != HOUSE.name:
            st.caption(_("There is a brand of this name: this becomes its version {number}.").format(
                number=stands["version"] + 1))  # fmt: skip
        if not name.strip():
            st.caption(_("Give it a name above to keep it."))
        if st.button(_("Keep the brand"), type="primary", icon=":material/palette:", disabled=not name.strip()):
            _keep(here, name.strip(), good)


def sorted_out(images: Sequence[tuple[str, bytes]]) -> tuple[dict[str, Image], list[str]]:
    """Those images that can be references, by their names, and why each of the others cannot."""
    good: dict[str, Image] = {}
    bad: list[str] = []
    for where, content in images:
        try:
            good[where] = open_reference(content, where)
        except BadReference as refusal:
            bad.append(str(refusal))
    return good, bad


@st.cache_data(max_entries=MEASURED, show_spinner=False)
def _measure(images: tuple[tuple[str, bytes], ...]) -> dict[str, Any]:
    """The profile of these images, packed, without a name."""
    profile: Profile = profile_of("new", [open_reference(content, where) for where, content in images], Classical())
    return pack_profile(profile)


def _preview(profile: Row) -> None:
    st.markdown(f"**{_('What was measured')}**")
    st.html(swatches(profile["palette"]))
    st.html(_codes(profile["palette"]))
    _measured(profile)


def _keep(here: Visit, name: str, images: Sequence[tuple[str, bytes]]) -> None:
    async def work(product: Product) -> Row:
        return await batches_of(here, product).add_brand(name, images)

    row = here.act(Deed.DRAW, work)
    st.toast(_("The brand is kept, version {number}.").format(number=row["version"]), icon=":material/palette:")
    for key in ("brand-images", "brand-name"):
        st.session_state.pop(key, None)
    st.rerun()
