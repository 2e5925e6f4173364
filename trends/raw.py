"""Raw answers as they are kept: without contact details, without our own keys, packed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from typing import Any

from trends.fetch import SourceGarbled
from trends.normalize import redact

HIDDEN = "[hidden]"
LEAST_SECRET = 8
"""A shorter key is not looked for: it would be found in every word."""


def pack(body: Any) -> bytes:
    """The body redacted, as gzip: text line by line, JSON string by string, the names of its fields too.

    Raises:
        SourceGarbled: JSON nested too deep.
    """
    try:
        text = _lines(body) if isinstance(body, str) else json.dumps(_redacted(body), separators=(",", ":"))
    except RecursionError:
        raise SourceGarbled("JSON nested too deep") from None
    return gzip.compress(text.encode("utf-8", "replace"), mtime=0)


def unpack(packed: bytes) -> str:
    """The text of a packed body."""
    return gzip.decompress(packed).decode()


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets in it: a server that repeats a key does not have it kept."""
    for secret in secrets:
        if len(secret) >= LEAST_SECRET:
            text = text.replace(secret, HIDDEN)
    return text


def _lines(text: str) -> str:
    return "\n".join(redact(line) for line in text.split("\n"))


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(each) for each in value]
    if isinstance(value, dict):
        return {redact(name): _redacted(each) for name, each in value.items()}
    return value
