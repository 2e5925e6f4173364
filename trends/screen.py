"""Screen: what of a signal may be stored. Cleaned and redacted, or rejected with a reason."""

from __future__ import annotations

import re
from dataclasses import replace

from trends.normalize import clean, is_nsfw, redact
from trends.payload import Rejected
from trends.signal import Signal

MAX_RAW = 100_000
"""Characters of a text; a longer one is a fault, not a post."""
MAX_NAME = 200
MAX_TAGS = 60
EXCERPT = 200
_MAILBOX = re.compile(r"[\w.]@[\w-]+\.")
_TAG_SIGN = re.compile(r"@|\d{3}|  ")
_PLAIN_NAME = re.compile(r"[A-Za-z_]{1,64}\Z")
_PLAIN_ID = re.compile(r"[\w-]{1,64}\Z", re.ASCII)


def screened(signal: Signal) -> Signal | Rejected:
    """The signal as it may be stored; Rejected where nothing of its text is left or no shop would print it."""
    if len(signal.text) > MAX_RAW:
        return Rejected(
            signal.row, f"a text of {len(signal.text):,} characters (at most {MAX_RAW:,})", signal.text[:999]
        )
    text = redact(clean(signal.text))
    if not text:
        return Rejected(signal.row, "no text")
    if is_nsfw(text):
        return Rejected(signal.row, "nsfw: the text names what no shop would print")
    kept = {
        "source": _name(signal.source) or "posts",
        "text": text,
        "native_id": _identity(signal.native_id),
        "community": _name(signal.community),
        "category": _name(signal.category),
        "tags": _tags(signal.tags),
        "url": _url(signal.url),
        "locale": _name(signal.locale),
    }
    changed = {name: value for name, value in kept.items() if value != getattr(signal, name)}
    return replace(signal, **changed) if changed else signal  # type: ignore[arg-type]  # each of its field's own type


def excerpt(text: str) -> str:
    """The beginning of what was rejected, without contact details."""
    return redact(clean(text[: 4 * EXCERPT]))[:EXCERPT]


def _identity(native_id: str | None) -> str | None:
    """An id as it is; one that holds words loses the contact details in them."""
    if native_id is None or _PLAIN_ID.match(native_id):
        return native_id
    return redact(clean(native_id))[: 4 * MAX_NAME] or None


def _name(text: str | None) -> str | None:
    if text is None or _PLAIN_NAME.match(text):
        return text
    return redact(clean(text))[:MAX_NAME] or None


def _tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    if not tags:
        return tags
    joined = "".join(tags)
    if joined.isascii() and joined.isprintable() and not _TAG_SIGN.search(joined):
        return tags[:MAX_TAGS]  # most lists: nothing in them to take out, and looking at each would cost the most
    return tuple(tag for raw in tags[:MAX_TAGS] if (tag := redact(clean(raw))[:MAX_NAME]))


def _url(url: str | None) -> str | None:
    """An http address without white space; None where it is something else or names a person's mailbox."""
    if url is None or not url.startswith(("http://", "https://")) or len(url) > 2_000:
        return None
    text = clean(url)
    return None if " " in text or ("@" in text and _MAILBOX.search(text)) else text
