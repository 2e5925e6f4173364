"""Navigation: which pages there are, in which order and group. A new page is a module with `page()` and a line here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

import streamlit as st

from graphs.people import Deed, Person
from ui.console.words import _, marked


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: `module` of `ui.console.pages` has its `page()`; `needs` is what one's role must allow to see it.

    The page with no path is the one that the bare address shows.
    """

    path: str
    title: str
    icon: str
    module: str
    group: str
    needs: Deed = Deed.LOOK

    def draw(self) -> None:
        """The page. Its module is imported by the first who looks."""
        import_module(f"ui.console.pages.{self.module}").page()

    def as_page(self) -> st.Page:
        """The same for Streamlit, in the reader's language."""
        return st.Page(self.draw, title=_(self.title), icon=self.icon, url_path=self.path, default=not self.path)


WORK, MAKE, WATCH, KEEP = marked("Work"), marked("Make"), marked("Watch"), marked("Keep")
ENTRIES: tuple[Entry, ...] = (
    Entry("", marked("Today"), ":material/wb_sunny:", "today", WORK),
    Entry("review", marked("Review"), ":material/inbox:", "review", WORK),
    Entry("batches", marked("Batches"), ":material/stacks:", "batches", MAKE),
    Entry("designs", marked("Designs"), ":material/palette:", "designs", MAKE),
    Entry("listings", marked("Listings"), ":material/storefront:", "listings", MAKE),
    Entry("signals", marked("Signals"), ":material/sensors:", "signals", WATCH),
    Entry("agents", marked("Agents"), ":material/groups:", "agents", WATCH),
    Entry("runs", marked("Runs"), ":material/account_tree:", "runs", WATCH),
    Entry("settings", marked("Settings"), ":material/tune:", "settings", KEEP),
)


def entries_for(person: Person) -> Iterator[Entry]:
    """The pages that a person may see, in order."""
    return (entry for entry in ENTRIES if person.may(entry.needs))


def page_at(path: str) -> st.Page | None:
    """The page with this path, to link or switch to; None where there is none."""
    return next((entry.as_page() for entry in ENTRIES if entry.path == path), None)
