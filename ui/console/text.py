"""Text: what came from outside, so that Streamlit draws it as it was written and as nothing else.

Streamlit reads Markdown in labels, headings and `st.markdown`; beside it `:red[..]`, `:material/home:`, `:smile:` and
`$..$`, and makes links of bare addresses. A backslash takes away what Markdown means by a sign; names, icons and links
are looked for after that, so an invisible joiner stands where they would begin.
"""

from __future__ import annotations

import re

JOINER = "\N{WORD JOINER}"
SIGNS = re.compile(r"([!-/:-@\[-`{-~])")
BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\s]+")
STARTS = re.compile(r"(?<=[:@])(?=\S)|(?<=www)(?=\.)", re.IGNORECASE)
TYPOGRAPHY = re.compile(r"(?<=[-<])(?=[->])")


def plain(text: object) -> str:
    """The same to read, on one line, and inert where Markdown is read."""
    line = BREAKS.sub(" ", str(text)).strip()
    for places in (STARTS, TYPOGRAPHY):
        line = places.sub(JOINER, line)
    return SIGNS.sub(r"\\\1", line)


def shortened(text: object, most: int = 80) -> str:
    """Its first so many signs, on one line; not made inert."""
    line = BREAKS.sub(" ", str(text)).strip()
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
