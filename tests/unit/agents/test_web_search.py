"""Web search: pages with dates, nothing from after the day, nothing that is no page."""

from __future__ import annotations

import pytest

from agents.brief import Citation
from agents.specialist import Abstain
from agents.web_search import WEB_SEARCH
from tests.desks import brief, facts_of


def page(number: int = 1, on: str | None = "2025-09-20", url: str | None = None) -> Citation:
    return Citation(url or f"https://site{number}.example/a", f"Title {number}", on, "Excerpt.")


def test_it_abstains_where_no_search_was_made() -> None:
    with pytest.raises(Abstain, match="no web search was made"):
        WEB_SEARCH.facts(brief())


def test_pages_dated_after_the_day_were_not_known() -> None:
    with pytest.raises(Abstain, match="known on 2025-10-01"):
        WEB_SEARCH.facts(brief(citations=[page(on="2025-10-02")]))
    facts = facts_of(WEB_SEARCH, brief(citations=[page(1, "2025-10-02"), page(2, "2025-10-01")]))
    assert facts["web_search.pages"].value == 1


@pytest.mark.parametrize("url", ["javascript:alert(1)", "no address", "file:///etc/passwd", "https://[broken", ""])
def test_what_is_no_web_page_is_left_out(url: str) -> None:
    odd = Citation(url, "Title", None, "Excerpt.")
    with pytest.raises(Abstain):
        WEB_SEARCH.facts(brief(citations=[odd]))


def test_the_newest_come_first_and_undated_ones_are_counted_apart() -> None:
    facts = facts_of(
        WEB_SEARCH, brief(citations=[page(1, None), page(2, "2025-01-01"), page(3, "2025-09-30T10:00:00Z")])
    )
    assert facts["web_search.newest_on"].value == "2025-09-30"
    assert facts["web_search.undated"].value == 1
    assert facts["web_search.recent"].value == 1
    assert facts.text("web_search.page_01").startswith("site3.example (2025-09-30): Title 3")
    assert facts["web_search.page_01"].rows == ("citation:https://site3.example/a",)


def test_with_nobody_to_read_them_pages_are_listed_and_not_weighed() -> None:
    report = WEB_SEARCH.rule(facts_of(WEB_SEARCH, brief(citations=[page(n) for n in range(30)])))
    assert report.stance == 0
    assert len([key for key in report.facts if ".page_" in key]) == 10
