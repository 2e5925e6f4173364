"""A feed: RSS as the mapping that sources read, parsed without entities, DTDs or outside references.

Names lose their namespace. Of a name that comes twice in an item the first is kept; what stands deeper than an item's
own children is kept one level down, under its own name (`news_item`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from trends.survey import Unreadable

MAX_FEED = 2 << 20
"""Characters of a feed: it becomes a tree of many times its size, at worst in seconds. Real ones have some 50,000."""


def is_feed(head: str) -> bool:
    """Whether a text begins as RSS does; web pages and other XML do not."""
    return "<rss" in head[:1000].lower()


def feed_of(text: str) -> dict[str, Any]:
    """The feed's `title`, `link` and `items`; Unreadable where it is broken, too long or asks for entities."""
    if len(text) > MAX_FEED:
        raise Unreadable(f"a feed of {len(text) >> 20} MB (at most {MAX_FEED >> 20}): bring it as CSV or JSON")
    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Unreadable(f"a feed with a document type or entities ({type(error).__name__}): not read") from error
    except (ParseError, ValueError, LookupError) as error:
        raise Unreadable(f"broken XML: {error}") from error
    channel = next((child for child in root if _name(child) == "channel"), root)
    items = [_flat(item) for item in _all(channel, "item")]
    return {**_flat(channel), "items": items}


def _name(element: Element) -> str:
    """The name without its namespace; comments and instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _all(parent: Element, name: str) -> Iterator[Element]:
    return (child for child in parent if _name(child) == name)


def _flat(element: Element) -> dict[str, Any]:
    """The children that hold text or one more level; items are left to the feed."""
    found: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        if name and name not in found and name != "item":
            found[name] = {_name(inner): (inner.text or "").strip() for inner in child} or (child.text or "").strip()
    return found
