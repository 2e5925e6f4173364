"""Idea: one idea's page: the verdict at a glance, why now, and under every figure the rows that it comes from.

What is not looked at is not computed: a tab is drawn when it is open, a fact's rows are read when it is.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

import streamlit as st

from store import reading
from ui import cards, wording
from ui.console import case, charts, drawn, offered
from ui.console.case import Case, Moment, Post, Session
from ui.console.desk import Visit
from ui.console.figures import SCORE, chips, glance, line, opened, show, table, without_ids
from ui.console.parts import badge, named, told
from ui.console.text import plain, shortened
from ui.console.words import _, counted
from ui.page import Opinion

POSTS = 10
LONGEST_POST = 700
LONG_PHRASE = 60
STYLE = """<style>
.st-key-idea-page h2, .st-key-idea-page h4, .st-key-idea-page h5 {padding: .35rem 0}
.st-key-idea-page p, .st-key-idea-page h2, .st-key-idea-page h4 {unicode-bidi: plaintext; overflow-wrap: anywhere}
[class*="st-key-glance-"] {min-width: 5.5rem}
[class*="st-key-glance-"] button {padding: 0; min-height: 0; border-radius: .2rem}
[class*="st-key-glance-"] button p {font-size: 1.6rem; line-height: 1.3; font-variant-numeric: tabular-nums;
  text-decoration: underline dotted 1.5px; text-underline-offset: .35rem; text-decoration-color: currentColor}
[class*="st-key-glance-"] button:disabled p {text-decoration: none}
@media (max-width: 640px) {
  .st-key-glance {gap: .6rem}
  [class*="st-key-glance-"] {min-width: 4.2rem}
  [class*="st-key-glance-"] button p {font-size: 1.25rem}
}
</style>"""


@st.fragment
def draw(visit: Visit, idea_id: UUID) -> None:
    """One idea's page. It is drawn anew by itself when something on it is clicked."""
    with told(), visit.session() as connection, st.container(key="idea-page", gap="xsmall"):
        st.html(STYLE)
        found = case.load(connection, idea_id, _revision(connection, idea_id))
        with st.container(key=f"idea-of-{idea_id}", gap="xsmall"):  # by it the list sees that this one is drawn
            _top(found)
        drawn.strip(visit, idea_id, found.stored["idea"]["status"])
        offered.strip(visit, idea_id, found.stored["idea"]["status"])
        _why_now(found)
        _course(found)
        _tabs(connection, found)
        opened(connection, found)


def _revision(connection: Session, idea_id: UUID) -> int | None:
    """The revision that is looked at: the newest, unless another is chosen."""
    decided = {row["revision"]: row for row in reading.load_revisions(connection, idea_id)}
    if len(decided) < 2:
        return None

    def shown(revision: int) -> str:
        row = decided[revision]
        return f"{revision}: {named(row['verdict'])}, {wording.day(row['as_of'])}"

    chosen: int = st.selectbox(_("Revision"), list(decided), format_func=shown, key=f"revision {idea_id}")
    if chosen != max(decided):
        st.info(_("You look at an older revision; what stands is revision {newest}.").format(newest=max(decided)))
    return chosen


def _top(found: Case) -> None:
    """The verdict and what bounds it, the phrase, for whom, and the figures that decide."""
    card = found.card
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if card.verdict:
            st.markdown(badge(card.verdict), width="content")
        st.caption(plain(_standing(found)), width="content")
    level = "##" if len(card.phrase) <= LONG_PHRASE else "####"
    st.markdown(f"{level} {plain(card.phrase)}", anchors=False)
    st.markdown(_made_for(found))
    if found.decided or found.stored["score"]:
        with st.container(horizontal=True, gap="medium", key="glance"):
            glance(_("score"), card.score if found.stored["score"] else "", SCORE)
            glance(_("margin"), card.margin or "", "pricing.margin_ratio")
            glance(_("price"), card.price or "", "pricing.price_cents")
            glance(_("competition"), _text(found, "competition.level"), "competition.level")
    _bounds(found)


def _standing(found: Case) -> str:
    """Where it stands, and what was judged when."""
    idea, parts = found.stored["idea"], []
    parts.append(named(idea["status"]))
    if found.decided:
        parts.append(_("judged as of {day}").format(day=wording.day(found.as_of)))
        parts.append(_("revision {number}").format(number=found.revision))
    return " · ".join(parts)


def _made_for(found: Case) -> str:
    """Product, audience, occasion and the last order date, on one line."""
    card = found.card
    line = _("{product} for {audience}").format(product=f"**{plain(card.product)}**", audience=plain(card.audience))
    occasion = found.stored["idea"]["occasion"]
    by = f"{_('order by')} {wording.day(occasion['order_by'])}" if occasion else None
    return " · ".join([line, *(plain(part) for part in (card.occasion, by) if part)])


def _bounds(found: Case) -> None:
    """What the facts allow, what was advised, and what holds it there."""
    card = found.card
    if not found.decided:
        st.caption(_("Not judged yet: the agents have not looked at it."))
        return
    advice = _("the coordinator advised {advice}").format(advice=named(card.advice)) if card.advice else (
        _("the coordinator gave no advice"))  # fmt: skip
    allowed = _("The facts allow {ceiling}; {advice}.").format(ceiling=named(card.ceiling), advice=advice)
    st.markdown(plain(allowed))
    if card.verdict != "approve" and card.reasons:
        line(found, card.reasons[0], "bound")


def _why_now(found: Case) -> None:
    """Three or four claims, each with its fact."""
    claims = found.card.why_now
    if not claims:
        return
    st.markdown(f"##### {_('Why now')}", anchors=False)
    with st.container(gap="xsmall"):
        for at, claim in enumerate(claims):
            line(found, claim.text, f"claim {at}", claim.fact_id or "")


def _course(found: Case) -> None:
    course = case.course_of(found)
    show(charts.trend(course))
    if course.ahead is not None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(plain(charts.foretold(course)), width="content")
            stated = ("median", "low", "high") if charts.is_steady(course) else ("median",)
            behind = [f"trend.forecast_{name}" for name in stated]
            chips(found, behind, "forecast", bare=behind)
    elif course.days:
        st.caption(plain(charts.no_forecast(course)))
    if found.decided and not course.as_decided:
        st.caption(_("Rows known by that day came in after the decision: the line has them, its facts do not."))


def _tabs(connection: Session, found: Case) -> None:
    """What the sceptical dig into; only the open one is drawn."""
    drawn: dict[str, Callable[[], None]] = {
        _("Decision"): lambda: _decision(found),
        _("Reports"): lambda: _reports(found),
        _("Facts"): lambda: table(found),
        _("Signals"): lambda: _signals(connection, found),
        _("Charts"): lambda: _charts(connection, found),
        _("History"): lambda: _history(connection, found),
    }
    for tab, content in zip(st.tabs(list(drawn), on_change="rerun", key="idea tabs"), drawn.values(), strict=True):
        if tab.open:
            with tab:
                content()


def _decision(found: Case) -> None:
    """The eight steps, what bounds the verdict, and who had no say."""
    card = found.card
    if not found.decided:
        st.caption(_("No decision yet."))
        return
    for at, step in enumerate(card.steps, 1):
        head, colon, rest = without_ids(found, step).partition(": ")
        st.markdown(f"{at}. **{plain(head)}**  \n{plain(rest)}" if colon else f"{at}. {plain(head)}")
        chips(found, case.facts_behind(found, step), f"step {at}")
    st.markdown(f"##### {_('What bounds it')}", anchors=False)
    with st.container(gap="xsmall"):
        for at, reason in enumerate(card.reasons):
            line(found, reason, f"reason {at}")
    if card.asides:
        st.markdown(f"##### {_('Who had no say, or judged by rule')}", anchors=False)
        st.markdown("\n".join(f"- {plain(aside)}" for aside in card.asides))


def _reports(found: Case) -> None:
    if not found.card.opinions:
        st.caption(_("No report yet."))
    for opinion in found.card.opinions:
        with st.container(border=True, gap="xsmall"):
            _report(found, opinion)


def _report(found: Case, opinion: Opinion) -> None:
    """One agent: its outcome, who judged, which way it leans, what it says, and the figures it stands on."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(opinion.agent)}**", width="content")
        st.markdown(badge(opinion.outcome), width="content")
        st.caption(plain(_("judged by {judge}").format(judge=opinion.judged_by)), width="content")
        if opinion.stance is not None:
            st.markdown(_leaning(opinion.stance), width="content")
    if opinion.outcome != "opinion" and opinion.reason:
        st.markdown(f"{_('Why')}: {plain(opinion.reason)}")
    if opinion.summary:
        st.markdown(plain(without_ids(found, opinion.summary)))
    if opinion.fields:
        st.caption(" · ".join(f"{plain(name)}: **{plain(value)}**" for name, value in opinion.fields))
    chips(found, opinion.fact_ids, f"report {opinion.agent}")


def _leaning(stance: float) -> str:
    """A stance from -1 (do not make it) to 1 (make it), as a badge."""
    colour = "green" if stance > 0.2 else "red" if stance < -0.2 else "gray"
    return f":{colour}-badge[{plain(_('stance'))} {plain(f'{stance:+.2f}')}]"


def _signals(connection: Session, found: Case) -> None:
    """What was said, newest first, as it was written."""
    key = f"posts {found.stored['idea']['id']}"
    most = st.session_state.get(key, POSTS)
    posts, total = case.load_posts(connection, found, most)
    if not posts:
        st.caption(_("No signal points at it."))
        return
    st.caption(counted("{count} signal, as it was known then", "{count} signals, as they were known then", total))
    for at, post in enumerate(posts):
        _post(post, at)
    if total > len(posts):
        st.button(
            _("Show more"), key="more posts", icon=":material/expand_more:", on_click=_show_more, args=(key, most)
        )


def _show_more(key: str, shown: int) -> None:
    st.session_state[key] = shown + POSTS


def _post(post: Post, at: int) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(plain(shortened(post.text, LONGEST_POST)))
        parts = (post.source, post.said_on, post.measures, post.place)
        st.caption(" · ".join(plain(part) for part in parts if part))
        if post.url:
            host = _("Open at {host}").format(host=urlsplit(post.url).hostname)
            st.link_button(plain(host), post.url, type="tertiary", icon=":material/open_in_new:", key=f"post {at}")


def _charts(connection: Session, found: Case) -> None:
    """Score, price and margin, who runs ahead, and what each source brought."""
    stored = found.stored["score"]
    _titled(_("Score, term by term"), charts.waterfall(found.card.terms, stored["total"] if stored else None))
    _price(connection, found)
    why = _text(found, "trend.lead_lag")
    _titled(_("Who runs ahead"), charts.leads(case.leads_of(found), why))
    chips(found, [lead.fact_id for lead in case.leads_of(found)] or ["trend.lead_lag"], "leads")
    streams = case.streams_of(found)
    if streams:
        st.markdown(f"##### {_('What each source brought')}", anchors=False)
    for each in streams:
        st.caption(plain(f"{each.source}, {charts.what(each.counted)}"))
        show(charts.stream(each, found.evidence.days))


def _price(connection: Session, found: Case) -> None:
    asked = case.asked_of(found, cards.load_costs(connection, found.as_of))
    if asked is None:
        _titled(_("Price and margin"), _("No price: nobody's costs are known for this product."))
        return
    _titled(_("Price and margin"), charts.margins(asked))
    chips(found, ["pricing.price_cents", "pricing.margin_ratio", *(point.fact_id for point in asked.points)], "margins")
    _titled(_("What one sale falls into"), charts.parts(asked))
    chips(found, [fact_id for _name, _cents, fact_id in asked.parts], "parts")


def _titled(title: str, drawn: charts.Drawn) -> None:
    st.markdown(f"##### {title}", anchors=False)
    show(drawn)


def _history(connection: Session, found: Case) -> None:
    """Who decided what, when and why; newest first."""
    for moment in case.load_history(connection, found.stored["idea"]["id"]):
        st.markdown(_told_of(moment))


def _told_of(moment: Moment) -> str:
    undone = f" :gray-badge[{_('taken back')}]" if moment.undone else ""
    when = f"{wording.day(moment.at)}, {moment.at:%H:%M} UTC"
    revision = _("revision {number}").format(number=moment.revision) if moment.revision else ""
    aside = " · ".join(plain(part) for part in (when, moment.actor, revision) if part)
    why = f"  \n{plain(moment.why)}" if moment.why else ""
    return f"{badge(moment.what)}{undone} {aside}{why}"


def _text(found: Case, fact_id: str) -> str:
    return found.figures[fact_id].text if fact_id in found.figures else ""
