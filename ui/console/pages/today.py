"""Today: what waits, what changed, how it stands."""

from __future__ import annotations

from ui.console.parts import head
from ui.console.words import _


def page() -> None:
    """The day at a glance."""
    head(_("Today"), _("What waits for you, what changed since yesterday, and how everything runs."))
