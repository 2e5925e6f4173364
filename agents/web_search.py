"""Web search: what pages say for and against it, with their dates. What they say is quoted data, never instruction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlsplit

from pydantic import Field

from agents.brief import Brief, Citation
from agents.figures import MOST_ROWS, Figures, Rows, clean_text, plural, stance
from agents.specialist import Abstain, Report, Specialist
from trends.fact import Fact, Facts

MOST_CITATIONS = 10
RECENT_DAYS = 90


class WebSearchReport(Report):
    """Evidence from the web, each line with the fact of its page."""

    evidence_for: list[str] = Field(
        max_length=10, description="What speaks for it: one line a page, ending with the page's fact id in brackets."
    )
    evidence_against: list[str] = Field(
        max_length=10, description="What speaks against it: one line a page, ending with its fact id in brackets."
    )


def facts(brief: Brief) -> list[Fact]:
    """The pages with their dates: how many, from how many sites, how recent. Pages dated after `as_of` are left out."""
    if not brief.citations:
        raise Abstain("no web search was made: set a key for a web model, or go on without")
    today = brief.as_of.date()
    known = [(page, day) for page in brief.citations if (day := _day(page)) is None or day <= today]
    known = [(page, day) for page, day in known if _site(page)]
    if not known:
        raise Abstain(f"none of {plural(len(brief.citations), 'page')} found was known on {today.isoformat()}")
    known.sort(key=lambda pair: pair[1] or date.min, reverse=True)
    figures, rows = Figures("web_search"), _rows([page for page, _ in known], brief)
    figures.add("pages", len(known), "count", "pages found", rows)
    figures.add("sites", len({_site(page) for page, _ in known}), "count", "different sites", rows)
    days = [day for _, day in known if day is not None]
    figures.add("undated", len(known) - len(days), "count", "pages that state no date", rows)
    if days:
        figures.add("newest_on", max(days).isoformat(), "date", "date of the newest page", rows)
        recent = sum((today - day).days <= RECENT_DAYS for day in days)
        figures.add("recent", recent, "count", "pages of the last quarter", rows)
    for number, (page, day) in enumerate(known[:MOST_CITATIONS], start=1):
        stated = day.isoformat() if day else "no date"
        quoted = f"{_site(page)} ({stated}): {clean_text(page.title, 120)}. {clean_text(page.snippet, 120)}"
        figures.add(f"page_{number:02d}", quoted, "text", "a page's title and excerpt, quoted", _rows([page], brief))
    return figures.facts


def _rows(pages: Sequence[Citation], brief: Brief) -> Rows:
    names = tuple(f"citation:{clean_text(page.url)}" for page in pages[:MOST_ROWS])
    return Rows(names, len(pages), "web search", brief.as_of)


def _day(page: Citation) -> date | None:
    try:
        return date.fromisoformat((page.published_on or "")[:10])
    except ValueError:
        return None


def _site(page: Citation) -> str:
    """The host of a web page; empty where the address is none."""
    try:
        parts = urlsplit(page.url.strip())
        host = parts.hostname or ""
    except ValueError:
        return ""
    return clean_text(host, 80) if parts.scheme in ("http", "https") else ""


def rule(facts: Facts) -> WebSearchReport:
    """Neutral: without a model nobody reads the pages, so they are listed and weighed only by how many are recent."""
    pages, sites = facts.number("web_search.pages"), facts.number("web_search.sites")
    used = ["web_search.pages", "web_search.sites"]
    said = f"{plural(pages, 'page')} from {plural(sites, 'site')} found"
    if "web_search.newest_on" in facts:
        used.append("web_search.newest_on")
        said += f", the newest of {facts.text('web_search.newest_on')}"
    return WebSearchReport(
        summary=f"{said}. No model read them: they are listed for you to judge.",
        stance=stance(0.0),
        facts=used + [key for key in facts if key.startswith("web_search.page_")],
        evidence_for=[],
        evidence_against=[],
    )


WEB_SEARCH = Specialist("web_search", tier="web", facts=facts, report=WebSearchReport, rule=rule)
