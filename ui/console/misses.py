"""Misses: why a design is not done, in words: what it fell short of, what its reason means and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.console.words import _, marked

REASONS: Mapping[str, tuple[str, str]] = {
    "style": (
        marked("Not in the brand's style"),
        marked("It was refined three times and stayed under the brand's lines. Shorten the text, give the brand more "
               "references, or try another seed or renderer."),
    ),
    "prompt": (
        marked("The prompt leaves the brand"),
        marked("It lacks the words of the brand's style. Take out of the row's prompt what contradicts them."),
    ),
    "size": (
        marked("Not the size that was asked for"),
        marked("Try again; where it stays, choose a size that the renderer can draw."),
    ),
    "artefacts": (
        marked("Nothing to print"),
        marked(
            "What was drawn was empty, noise, cut off or too faint: of lettering mostly because the text is long. "
            "Shorten it, or try another seed."
        ),
    ),
    "text": (
        marked("The text cannot be lettered"),
        marked("It is too long for print, or has signs that no free face has. Shorten it, and begin it anew."),
    ),
    "unsafe": (
        marked("No shop prints this"),
        marked("The check for what may be shown stopped it. Change its text or its prompt."),
    ),
    "timeout": (
        marked("It took too long"),
        marked("The renderer did not end in time. Try again, or begin it smaller."),
    ),
    "renderer": (
        marked("The renderer cannot draw it"),
        marked("It is not set up, or breaks down over this row. See what `bellwether doctor` says, then try again."),
    ),
    "disk": (marked("No room for its files"), marked("Free some, then try again: nothing else is lost.")),
    "reference": (
        marked("A reference of the brand cannot be read"),
        marked("Add the brand anew from its images, then try again."),
    ),
    "cancelled": (marked("Cancelled"), marked("Try again to have it drawn after all.")),
}  # fmt: skip
"""By the reason of a dead letter: what it means, and what to do."""
MEASURES: Mapping[str, str] = {
    "style": marked("style"),
    "palette": marked("palette"),
    "edge": marked("edges"),
    "overall": marked("overall"),
}
ARTEFACTS: Mapping[str, str] = {
    "size": marked("not the size that was asked for"),
    "blank": marked("nearly nothing is drawn"),
    "single colour": marked("all of it is one colour"),
    "banding": marked("nothing but bands"),
    "noise": marked("noise"),
    "clipped": marked("cut off at the edge"),
    "contrast": marked("too faint to read"),
}


def meaning(reason: str | None) -> tuple[str, str]:
    """What a reason means and what to do about it, both in the reader's language; the second may hold Markdown."""
    title, hint = REASONS.get(reason or "", (marked("It could not be drawn"), marked("Try again.")))
    return _(title), _(hint)


def miss_line(miss: Mapping[str, Any]) -> str:
    """One way in which an attempt fell short, with its figures."""
    kind = str(miss["kind"])
    if kind in ("style", "edge", "overall"):
        return _("{what} {found}, at least {wanted} is wanted").format(
            what=_(MEASURES[kind]), found=f"{miss['found']:.2f}", wanted=f"{miss['wanted']:.2f}"
        )
    if kind == "palette":
        return _("palette {found} off, at most {wanted} is allowed").format(
            found=f"{miss['found']:.1f}", wanted=f"{miss['wanted']:.1f}"
        )
    return _(ARTEFACTS[kind]) if kind in ARTEFACTS else str(miss.get("why", kind))
