"""What somebody wishes in the list is granted whatever overtakes it or gets lost between browser and console."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from evals.bench.stage import copy_decided
from tests.browser import Console, settled, watched_page

Frame = str | bytes


@dataclass
class Wire:
    """The line between a browser and its console; what goes over it can be kept back for a while, or lost."""

    held: list[Callable[[], None]] | None = None
    is_lost_down: bool = False
    is_lost_up: bool = False
    lost: list[str] = field(default_factory=list)

    def lay(self, browser: WebSocketRoute) -> None:
        """Lead everything over this line."""
        console = browser.connect_to_server()
        browser.on_message(lambda frame: self._up(frame, console))
        console.on_message(lambda frame: self._down(frame, browser))

    def hold(self) -> None:
        """Keep back what goes either way from here on."""
        self.held = []

    def release(self) -> None:
        """Let everything through, in its order."""
        held, self.held = self.held or [], None
        for send in held:
            send()

    def _up(self, frame: Frame, console: WebSocketRoute) -> None:
        kind = BackMsg.FromString(frame if isinstance(frame, bytes) else b"").WhichOneof("type")
        if self.is_lost_up and kind == "rerun_script":
            self.is_lost_up = False
            self.lost.append(kind)
        else:
            self._pass(lambda: console.send(frame))

    def _down(self, frame: Frame, browser: WebSocketRoute) -> None:
        if self.is_lost_down:
            kind = ForwardMsg.FromString(frame if isinstance(frame, bytes) else b"").WhichOneof("type")
            self.lost.append(str(kind))
            self.is_lost_down = kind != "script_finished"
        else:
            self._pass(lambda: browser.send(frame))

    def _pass(self, send: Callable[[], None]) -> None:
        if self.held is None:
            send()
        else:
            self.held.append(send)


@pytest.fixture(scope="module", autouse=True)
def ideas(console: Console) -> None:
    """Twenty ideas that wait."""
    judged = console.fill(1)
    with console.session() as session:
        copy_decided(session, judged, 19)


@pytest.fixture
def wire() -> Wire:
    """A line that works, until a test does something to it."""
    return Wire()


@pytest.fixture
def queue(chromium: Browser, console: Console, wire: Wire) -> Iterator[Page]:
    """The review page over that line, its first idea open."""
    with watched_page(chromium, console.address) as page:
        page.route_web_socket(re.compile("/_stcore/stream"), wire.lay)
        page.goto("/review")
        expect(page.locator(".row")).to_have_count(20)
        settled(page)
        yield page


def _phrase(page: Page, at: int) -> str:
    return page.locator(".row .phrase").nth(at).inner_text()


def _opened(page: Page, phrase: str) -> None:
    """The idea is open in the list, beside it and in the address."""
    heading = page.locator(".st-key-idea-page").get_by_role("heading").first
    expect(heading).to_have_text(re.compile(re.escape(phrase)))
    expect(page.locator(".row.open .phrase")).to_have_text(phrase)
    assert f"idea={page.locator('.row.open').get_attribute('data-id')}" in page.url


def test_what_is_clicked_before_the_browser_knows_the_new_address_leaves_the_idea_open(queue: Page, wire: Wire) -> None:
    phrase = _phrase(queue, 3)
    wire.hold()
    queue.locator(".row .idea").nth(3).click()
    queue.locator(".row input").nth(5).check()
    queue.wait_for_timeout(100)  # told one by one, each with the address of the page as it was loaded
    queue.locator(".row input").nth(5).uncheck()
    queue.wait_for_timeout(100)
    wire.release()
    _opened(settled(queue), phrase)


def test_two_wishes_that_are_told_before_one_look_are_both_granted(queue: Page, wire: Wire) -> None:
    wire.hold()
    queue.locator(".row .idea").nth(2).click()
    queue.wait_for_timeout(100)
    queue.locator(".row input").nth(5).check()
    queue.wait_for_timeout(100)
    queue.locator(".row .idea").nth(4).click()
    queue.wait_for_timeout(100)
    wire.release()
    expect(queue.get_by_role("heading", name="1 idea chosen")).to_be_visible()
    expect(settled(queue).locator(".row.open .phrase")).to_have_text(_phrase(queue, 4))
    expect(queue.locator(".row input").nth(5)).to_be_checked()


def test_a_wish_that_gets_lost_is_told_again(queue: Page, wire: Wire) -> None:
    wire.is_lost_up = True
    queue.locator(".row .idea").nth(3).click()
    _opened(queue, _phrase(queue, 3))
    assert wire.lost == ["rerun_script"]


def test_a_look_that_gets_lost_is_asked_for_again(queue: Page, wire: Wire) -> None:
    phrase = _phrase(queue, 3)
    wire.is_lost_down = True
    queue.locator(".row .idea").nth(3).click()
    _opened(queue, phrase)
    assert wire.lost[-1] == "script_finished"


def test_an_idea_that_was_answered_is_not_opened_again_by_a_wish_told_twice(queue: Page, wire: Wire) -> None:
    phrase, following = _phrase(queue, 3), _phrase(queue, 4)
    queue.locator(".row .idea").nth(3).click()
    _opened(queue, phrase)
    queue.get_by_role("button", name="Ignore").click()
    _opened(queue, following)
    queue.wait_for_timeout(5_000)  # longer than the list waits before it tells a wish again
    _opened(settled(queue), following)
    queue.locator(".undo-button").click()
    _opened(queue, phrase)
