"""Navigation: which pages there are, in which order and group. A new page is a module with `page()` and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graphs.people import Deed


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: `draw` is its function, `needs` what one's role must allow to see it."""

    path: str
    title: str
    icon: str
    draw: Callable[[], None]
    group: str
    needs: Deed = Deed.LOOK


ENTRIES: tuple[Entry, ...] = ()
