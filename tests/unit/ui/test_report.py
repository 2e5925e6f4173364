"""The report: one file, hostile text made safe, every state drawn."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ui import drawing
from ui.page import Card, Claim, Figure, FileLine, Opinion, Page, Refusal, ScoreTerm, SourceRow, Stage
from ui.report import render, write

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(2)>\"'{{ 7*7 }}{% raw %} &amp; javascript:alert(3)"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


def card(text: str = "hot sauce", verdict: str = "approve", **changes: Any) -> Card:
    lettering, size = drawing.letter(text, "mug")
    row = SourceRow(f"observation:{text}", f"{text}.csv, row 7", text, text)
    made = Card(
        anchor="idea-1",
        rank=1,
        id="0199",
        phrase=text,
        audience=text,
        product="mug",
        occasion=f"{text} in 3 days",
        order_by=f"order by {text}",
        verdict=verdict,
        status=text,
        waits=True,
        score="0.71",
        terms=(ScoreTerm(text, "0.50", "0.20", 0.0, 10.0, text), ScoreTerm("novelty", "", "0.00", 10.0, 0.0, "", True)),
        spark=drawing.spark([1.0, 3.0, 2.0], text),
        margin="41 %",
        price="$24.00",
        why_now=(Claim(text, "pricing.margin_ratio"), Claim(text)),
        ceiling="approve",
        advice="review",
        reasons=(text,),
        asides=(text,),
        steps=(text,) * 8,
        opinions=tuple(
            Opinion(text, outcome, "rule", text, text, stance, ((text, text),), ("pricing.margin_ratio", text))
            for outcome, stance in (("opinion", 0.5), ("opinion", -0.5), ("abstained", None), ("failed", None),
                                    ("ungrounded", 1.0))
        ),
        figures=(Figure("pricing.margin_ratio", text, text, text, text, (row,), 12),),
        lettering=lettering,
        lettering_size=size,
    )  # fmt: skip
    return replace(made, **changes)


def page(text: str = "hot sauce", **changes: Any) -> Page:
    made = Page(
        title=text,
        as_of=text,
        moment=text,
        tenant=text,
        sample=False,
        label="SAMPLE DATA",
        judged_by=text,
        shortlist=(card(text),),
        waiting=(card(text, "review", spark=None, margin=None, price=None),),
        rejected=(card(text, "reject"),),
        refusals=(Refusal(text, text, text),),
        kinds=((text, 3, text),),
        files=(FileLine(text, text, "signals", text, 10, 7, 2, 1),),
        funnel=(Stage(text, 10, 100.0),),
        run_id=text,
        notes=(text,),
    )
    return replace(made, **changes)


class Tags(HTMLParser):
    """Every tag with its attributes, and whether each tag that was opened is closed."""

    VOID = frozenset({"meta", "br", "img", "input", "link", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    return tags


def test_hostile_text_stays_text_wherever_it_stands() -> None:
    tags = read(render(page(HOSTILE)))
    names = {name for name, _ in tags.seen}
    assert names.isdisjoint({"script", "img", "iframe", "object", "embed", "link", "form", "base"})
    attributes = [(key, value or "") for _, attrs in tags.seen for key, value in attrs.items()]
    assert not [key for key, _ in attributes if key.startswith("on") or key == "style"]
    assert all(value.startswith("#") for key, value in attributes if key in ("href", "src"))


def test_hostile_text_opens_no_tag_that_plain_text_does_not() -> None:
    assert [name for name, _ in read(render(page(HOSTILE))).seen if name != "text"] == [
        name for name, _ in read(render(page("plain text"))).seen if name != "text"
    ]


def test_the_policy_allows_this_files_own_style_and_nothing_else() -> None:
    html = render(page())
    style = re.search(r"<style>(.*?)</style>", html, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'content="{policy}"' in html
    assert "url(" not in style.group(1)
    assert "@import" not in style.group(1)


def test_the_same_page_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write(page(), tmp_path / name).read_bytes() for name in ("a.html", "deep/b.html"))
    assert first == second


def test_the_sample_is_labelled_and_watermarked_and_other_data_is_not() -> None:
    sample, real = render(page(sample=True)), render(page())
    assert "SAMPLE DATA" in sample
    assert 'class="watermark"' in sample
    assert "SAMPLE" not in real
    assert 'class="watermark"' not in real


def test_a_run_that_found_nothing_says_so_in_every_section() -> None:
    nothing = page(shortlist=(), waiting=(), rejected=(), refusals=(), kinds=(), files=(), funnel=())
    html = render(nothing)
    for said in (
        "No idea passed the rule",
        "Nothing is in between",
        "Nothing was turned away",
        "No idea reached",
        "no new file",
    ):
        assert said in html


def test_counts_that_do_not_add_up_are_shown_as_such() -> None:
    wrong = FileLine("a.csv", "posts", "signals", "", 10, 7, 2, 0)
    assert ">NO<" in render(page(files=(wrong,)))
    assert ">NO<" not in render(page())


def test_every_link_leads_to_something_in_the_file() -> None:
    tags = read(render(page()))
    ids = {attrs["id"] for _, attrs in tags.seen if "id" in attrs}
    links = {(attrs["href"] or "")[1:] for name, attrs in tags.seen if name == "a" and "href" in attrs}
    assert {link for link in links if "hot sauce" not in link} <= ids


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("text", ["hot sauce", HOSTILE, "a" * 400])
def test_a_browser_asks_nothing_of_anybody_and_a_phone_scrolls_one_way(tmp_path: Path, text: str) -> None:
    sync = pytest.importorskip("playwright.sync_api")
    path = write(page(text, sample=True), tmp_path / "report.html")
    with sync.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        told: list[str] = []
        tab.on("console", lambda message: told.append(message.text))
        tab.on("dialog", lambda dialog: told.append(dialog.message))
        tab.on("request", lambda request: told.append(request.url) if not request.url.startswith("file:") else None)
        tab.goto(path.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        width = tab.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert told == []
    assert width <= 390
