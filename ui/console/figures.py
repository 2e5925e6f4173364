"""Figures: how a figure on an idea's page opens its fact: value, unit, source, time, and the rows it was computed from.

A figure is a button or a chip, so a keyboard reaches it. What was asked for stands in the session until the page's end
draws it: one dialog at a time, its rows read then and not before.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

import streamlit as st

from ui import wording
from ui.console import case, charts
from ui.console.case import Case, Session
from ui.console.text import plain, shortened
from ui.console.words import _, counted
from ui.page import Figure, SourceRow

OPENED = "opened fact"
SCORE = "score"
"""Opens like a fact; it is five terms, each with its reason."""
LONGEST_LABEL = 36
LONGEST_TEXT = 600
LONGEST_LARGE = 24
FACT_ASIDE = re.compile(r" \(([a-z_]+\.[a-z0-9_]+)\)")


def glance(label: str, text: str, fact_id: str) -> None:
    """One figure in large, its name above it; a dash where it is not known."""
    with st.container(key=f"glance-{fact_id.replace('.', '-')}", gap=None, width="content"):
        st.caption(plain(label))
        if text:
            st.button(plain(text), key=f"open {fact_id}", type="tertiary", on_click=_ask, args=(fact_id,))
        else:
            st.button("–", key=f"open {fact_id}", type="tertiary", disabled=True)


def chips(found: Case, fact_ids: Iterable[str], place: str, bare: Container[str] = ()) -> None:
    """Figures side by side, each opening its fact; those that are no fact of this revision are left out.

    `bare` ones show their value alone: a sentence beside them names them.
    """
    known = [fact_id for fact_id in dict.fromkeys(fact_ids) if fact_id in found.figures]
    if not known:
        return
    key = f"facts {place}"
    st.pills(
        _("Figures behind it"), known, key=key, label_visibility="collapsed", wrap=True,
        on_change=_ask_chip, args=(key,),
        format_func=lambda fact_id: _chip(found.figures[fact_id], fact_id not in bare),
    )  # fmt: skip


def line(found: Case, text: str, place: str, fact_id: str = "") -> None:
    """A sentence, and beside it the figures that it states; `fact_id` is what it rests on."""
    stated = case.facts_behind(found, text, [fact_id.partition(".")[0]] if fact_id else ())
    ground = [found.facts[fact_id]] if fact_id in found.facts else []
    bare = {*stated, *(fact.id for fact in ground if isinstance(fact.value, str | bool))}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(plain(without_ids(found, text)), width="content")
        chips(found, [*(fact.id for fact in ground), *stated], place, bare)


def without_ids(found: Case, text: str) -> str:
    """The line without the names of facts that stand beside it as chips."""
    return FACT_ASIDE.sub(lambda match: "" if match[1] in found.figures else match[0], text)


def table(found: Case) -> None:
    """Every fact: found by its words, or picked from the table."""
    if not found.figures:
        st.caption(_("No facts yet: they come with the judgement."))
        return
    st.selectbox(
        _("Open a fact"), list(found.figures), index=None, key="fact wanted", placeholder=_("type a word of it"),
        format_func=lambda fact_id: _option(found.figures[fact_id]), on_change=_ask_chip, args=("fact wanted",),
    )  # fmt: skip
    rows = [
        {
            _("figure"): shortened(figure.label, 160),
            _("value"): shortened(figure.text, 160),
            _("agent"): _agent(figure),
            _("known on"): figure.known_at,
            _("rows"): figure.row_count,
            _("source"): shortened(figure.source, 160),
            _("id"): figure.id,
        }
        for figure in found.figures.values()
    ]
    st.dataframe(
        rows, hide_index=True, key="facts table", on_select=_ask_row, selection_mode="single-row", height=460,
        alt=counted("{count} fact with its source", "{count} facts with their sources", len(rows)),
    )  # fmt: skip
    st.session_state["facts shown"] = tuple(found.figures)


def opened(connection: Session, found: Case) -> None:
    """The figure that was asked for, if one was."""
    fact_id = st.session_state.pop(OPENED, None)
    if fact_id == SCORE:
        st.dialog(_("Score"), width="medium")(_score)(found)
    elif fact_id in found.figures:
        rows = case.load_rows(connection, found, fact_id)
        st.dialog(_("Where this figure comes from"), width="medium")(_fact)(found.figures[fact_id], rows)


def _fact(figure: Figure, rows: tuple[SourceRow, ...]) -> None:
    if len(figure.text) <= LONGEST_LARGE:
        st.metric(plain(figure.label), figure.text)
    else:
        st.caption(plain(figure.label))
        st.markdown(f"**{plain(figure.text)}**")
    st.caption(
        f"{plain(figure.source)}  \n"
        + _("known on {day} · computed by {agent} · {id}").format(
            day=plain(figure.known_at), agent=plain(_agent(figure)), id=plain(figure.id)
        )
    )
    st.markdown(f"**{_rows_told(figure, len(rows))}**")
    for row in rows:
        with st.container(border=True, gap=None):
            st.markdown(plain(shortened(row.text, LONGEST_TEXT)))
            st.caption(" · ".join(plain(part) for part in (row.place, row.figures) if part))


def _rows_told(figure: Figure, shown: int) -> str:
    if not figure.row_count:
        return _("Computed from other figures: no row of its own.")
    if shown < figure.row_count:
        return _("The first {shown} of {count} rows it was computed from").format(shown=shown, count=figure.row_count)
    return counted("The row it was computed from", "The {count} rows it was computed from", figure.row_count)


def _score(found: Case) -> None:
    stored = found.stored["score"]
    show(charts.waterfall(found.card.terms, stored["total"] if stored else None))
    for term in found.card.terms:
        value = _("no data") if term.missing else f"{term.value} × {term.weight}"
        st.markdown(f"**{plain(_(term.name))}** {plain(value)}: {plain(term.reason)}")
    st.caption(
        _("Known on {day}, weights version {version}.").format(
            day=wording.day(found.as_of), version=stored["weights_version"] if stored else "–"
        )
    )


def show(drawn: charts.Drawn) -> None:
    """A chart with its text, or why there is none."""
    if isinstance(drawn, str):
        st.caption(plain(drawn))
    else:
        st.vega_lite_chart(drawn.spec, width="stretch", alt=drawn.told)


def _chip(figure: Figure, named: bool = True) -> str:
    value = f"**{plain(shortened(figure.text, LONGEST_LABEL))}**"
    return f"{plain(shortened(figure.label, LONGEST_LABEL))} {value}" if named else value


def _option(figure: Figure) -> str:
    """A fact in a list to be searched, which is no Markdown; two agents may name a figure alike."""
    return f"{_agent(figure)}: {shortened(figure.label)} {shortened(figure.text)}"


def _agent(figure: Figure) -> str:
    return figure.id.partition(".")[0].replace("_", " ")


def _ask(fact_id: str) -> None:
    st.session_state[OPENED] = fact_id


def _ask_chip(key: str) -> None:
    """Open what was chosen, and choose nothing: the same can be opened again."""
    st.session_state[OPENED] = st.session_state[key]
    st.session_state[key] = None


def _ask_row() -> None:
    shown, rows = st.session_state["facts shown"], st.session_state["facts table"].selection.rows
    if rows and rows[0] < len(shown):
        st.session_state[OPENED] = shown[rows[0]]
