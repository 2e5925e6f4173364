"""Markup: plain text as the least HTML that shows it, for marketplaces that take descriptions as HTML, and back."""

from __future__ import annotations

import html
import re

_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)
_PARAGRAPH = re.compile(r"\s*</p>\s*<p[^>]*>\s*", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def to_html(text: str) -> str:
    """A paragraph for each block between empty lines, a break for each line in it; everything else is escaped."""
    blocks = (block for block in re.split(r"\n{2,}", text.strip()) if block.strip())
    return "".join(f"<p>{html.escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks)


def to_text(marked: str) -> str:
    """The text again; what else a marketplace put around it is left out."""
    lines = _BREAK.sub("\n", _PARAGRAPH.sub("\n\n", marked))
    return html.unescape(_TAG.sub("", lines)).strip()
