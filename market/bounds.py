"""Bounds: what each marketplace takes, in one table, and what is wrong with a listing that it would not.

    listing -> fitted -> refusals -> none: it can be pushed
                            `-----> one line each: what, where, how to mend it

A length is counted in characters (code points after NFC), as the marketplaces count; bytes where the table says so.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import regex

from market.cut import cut, shortened
from market.listing import Claim, Listing, body_of

TABLE = Path(__file__).parent / "tables" / "bounds.csv"
MEDIA = ("image/png", "image/jpeg", "image/gif", "image/webp")
_CURRENCY = regex.compile(r"[A-Z]{3}")
_HASH = regex.compile(r"[0-9a-f]{64}")
_UNSEEN = regex.compile(r"[\p{Cc}\p{Cs}\p{Cn}\p{Co}\u200b\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Characters that no reader sees, and that hide or turn what is read; joiners within emoji and scripts may stand."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one marketplace takes. None: no bound that we know of; `bullets` None: they are shown in the description."""

    marketplace: str
    title_least: int
    title_most: int
    title_never: str
    """Pattern of characters that may not stand in a title; empty: all may."""
    title_once: str
    """Characters that may stand in a title once each."""
    description_least: int
    description_most: int
    bullets: int | None
    bullet_most: int | None
    tags: int | None
    """None: as many as there are, or none is taken (`takes_tags`)."""
    tag_most: int | None
    tag_never: str
    tags_bytes: int | None
    """All tags together, one space between two, in UTF-8."""
    pictures_least: int
    pictures_most: int
    price_least: int
    price_most: int | None
    currencies: tuple[str, ...]
    """The prices' bounds are in the first of them; "*" alone: any."""
    variants: int | None
    quantity_most: int | None
    known_on: date
    source: str

    @property
    def takes_tags(self) -> bool:
        """Whether it has a place for tags."""
        return self.tags is not None or self.tags_bytes is not None

    def takes(self, currency: str) -> bool:
        """Whether it sells in this currency."""
        return "*" in self.currencies or currency in self.currencies


class NoBounds(ValueError):
    """Nobody wrote down what a marketplace takes; the message names those that are known."""


@lru_cache(maxsize=1)
def load_bounds() -> Mapping[str, Bounds]:
    """The shipped table, by marketplace."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {row["marketplace"]: _bounds(row) for row in rows}


def bounds_of(marketplace: str) -> Bounds:
    """What this marketplace takes. NoBounds where it is not in the table."""
    table = load_bounds()
    if marketplace not in table:
        raise NoBounds(f"nobody wrote down what {marketplace!r} takes; known are {', '.join(sorted(table))}")
    return table[marketplace]


def _bounds(row: Mapping[str, str]) -> Bounds:
    def whole(name: str) -> int | None:
        return int(row[name]) if row[name] else None

    return Bounds(
        row["marketplace"], int(row["title_least"]), int(row["title_most"]), row["title_never"], row["title_once"],
        whole("description_least") or 0, int(row["description_most"]), whole("bullets"), whole("bullet_most"),
        whole("tags"), whole("tag_most"), row["tag_never"], whole("tags_bytes"), int(row["pictures_least"]),
        int(row["pictures_most"]), int(row["price_least"]), whole("price_most"), tuple(row["currencies"].split(";")),
        whole("variants"), whole("quantity_most"), date.fromisoformat(row["known_on"]), row["source"],
    )  # fmt: skip


# Refusals -----------------------------------------------------------------------------------------------------------


def refusals(listing: Listing, bounds: Bounds, shop_currency: str | None = None) -> tuple[str, ...]:
    """Why this marketplace would not take the listing, one plain line each; none where it would."""
    found: list[str] = []
    if listing.marketplace != bounds.marketplace:
        found.append(f"marketplace: the listing is for {listing.marketplace}, these bounds are {bounds.marketplace}'s")
    if not listing.key.strip():
        found.append("key: it is empty: a listing without a key cannot be looked up again")
    found += _of_texts(listing, bounds)
    found += _of_tags(listing, bounds)
    found += _of_pictures(listing, bounds)
    found += _of_money(listing, bounds, shop_currency)
    found += _of_variants(listing, bounds)
    return tuple(dict.fromkeys(found))


def _of_texts(listing: Listing, bounds: Bounds) -> Iterator[str]:
    who = bounds.marketplace
    yield from _of_length("title", listing.title, bounds.title_least, bounds.title_most, who)
    yield from _of_signs("title", listing.title, bounds.title_never, bounds.title_once, who)
    own = bounds.bullets is not None
    shown = listing.description if own else body_of(listing)
    yield from _of_length("description", shown, bounds.description_least, bounds.description_most, who)
    yield from _unseen("description", listing.description)
    if bounds.bullets is not None and len(listing.bullets) > bounds.bullets:
        yield _too_many("bullets", len(listing.bullets), bounds.bullets, who)
    for at, bullet in enumerate(listing.bullets, 1):
        yield from _of_length(f"bullet {at}", bullet, 1, bounds.bullet_most, who)
        yield from _unseen(f"bullet {at}", bullet)
    yield from _twice("bullet", listing.bullets)


def _of_length(where: str, text: str, least: int, most: int | None, who: str) -> Iterator[str]:
    length = len(unicodedata.normalize("NFC", text))
    if least and not text.strip():
        yield f"{where}: it is empty: write one"
    elif length < least:
        yield f"{where}: {length} characters, {who} wants {least}: {least - length} more"
    if most is not None and length > most:
        yield f"{where}: {length} characters, {who} takes {most}: shorten it by {length - most}"


def _of_signs(where: str, text: str, never: str, once: str, who: str) -> Iterator[str]:
    yield from _unseen(where, text)
    if signs := _refused(text, never):
        yield f"{where}: {who} takes no {' '.join(signs)}: take it out"
    for sign in once:
        if text.count(sign) > 1:
            yield f"{where}: {sign} stands {text.count(sign)} times, {who} takes it once: put a word in its place"


def _refused(text: str, never: str) -> list[str]:
    """The characters that may not stand there, each once; what nobody sees is told by `_unseen`."""
    found = regex.findall(never, unicodedata.normalize("NFC", text)) if never else []
    return [sign for sign in dict.fromkeys(found) if not _UNSEEN.match(sign)]


def _unseen(where: str, text: str) -> Iterator[str]:
    found = [sign for sign in dict.fromkeys(_UNSEEN.findall(text)) if not (sign == "\n" and where == "description")]
    if found:
        codes = ", ".join(f"U+{ord(one):04X}" for one in found)
        yield f"{where}: it has characters that nobody sees ({codes}): type it anew"


def _twice(where: str, texts: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for text in texts:
        plain = _plain(text)
        if plain in seen:
            yield f"{where} {text!r}: it stands twice: leave one out"
        seen.add(plain)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _too_many(what: str, count: int, most: int, who: str) -> str:
    return f"{what}: {count} of them, {who} takes {most}: leave {count - most if count - most > 1 else 'one'} out"


def _of_tags(listing: Listing, bounds: Bounds) -> Iterator[str]:
    who = bounds.marketplace
    if bounds.tags is not None and len(listing.tags) > bounds.tags:
        yield _too_many("tags", len(listing.tags), bounds.tags, who)
    for tag in listing.tags:
        where = f"tag {tag!r}"
        yield from _of_length(where, tag, 1, bounds.tag_most, who)
        yield from _of_signs(where, tag, bounds.tag_never, "", who)
    yield from _twice("tag", listing.tags)
    size = len(" ".join(listing.tags).encode("utf-8", "replace"))
    if bounds.tags_bytes is not None and size > bounds.tags_bytes:
        yield f"tags: {size} bytes together, {who} takes {bounds.tags_bytes}: leave some out"


def _of_pictures(listing: Listing, bounds: Bounds) -> Iterator[str]:
    count, who = len(listing.pictures), bounds.marketplace
    if count < bounds.pictures_least:
        lacking = "there is none" if not count else f"{count} of them"
        yield f"pictures: {lacking}, {who} wants {bounds.pictures_least}: add a mock-up or the thumbnail of the print"
    if count > bounds.pictures_most:
        yield _too_many("pictures", count, bounds.pictures_most, who)
    yield from _twice("picture", [picture.sha256 for picture in listing.pictures])
    for at, picture in enumerate(listing.pictures, 1):
        if not _HASH.fullmatch(picture.sha256):
            yield f"picture {at}: {picture.sha256[:20]!r} is no SHA-256: file it again"
        if picture.media_type not in MEDIA:
            yield f"picture {at}: {picture.media_type!r} is no kind of picture that shops show: save it as PNG"


def _of_money(listing: Listing, bounds: Bounds, shop_currency: str | None) -> Iterator[str]:
    currency, who = listing.currency, bounds.marketplace
    if not _CURRENCY.fullmatch(currency):
        yield f"currency: {currency!r} is no ISO code: write one of three capitals, as USD"
    elif not bounds.takes(currency):
        known = ", ".join(bounds.currencies)
        yield f"currency: {who} does not sell in {currency} ({known}): bring an exchange rate, or price it anew"
    elif shop_currency is not None and currency != shop_currency:
        mend = "bring an exchange rate, or price it anew"
        yield f"currency: the price is in {currency}, the shop sells in {shop_currency}: {mend}"
    yield from _of_price("price", listing.price_cents, currency, bounds)
    for variant in listing.variants:
        yield from _of_price(f"price of {named(variant.options)}", variant.price_cents, currency, bounds)
    if listing.quantity < 1:
        yield f"quantity: {listing.quantity}: at least 1 must be for sale"
    if bounds.quantity_most is not None and listing.quantity > bounds.quantity_most:
        yield f"quantity: {listing.quantity}, {who} takes {bounds.quantity_most}: lower it"


def _of_price(where: str, cents: int, currency: str, bounds: Bounds) -> Iterator[str]:
    if cents <= 0:
        yield f"{where}: {cents} minor units of {currency}: a price must be above 0"
        return
    first = bounds.currencies[0]
    if currency != first:
        return
    told = f"{where}: {cents} minor units of {first}, {bounds.marketplace} takes"
    if cents < bounds.price_least:
        yield f"{told} {bounds.price_least} at least: raise it"
    if bounds.price_most is not None and cents > bounds.price_most:
        yield f"{told} {bounds.price_most} at most: lower it"


def named(options: Mapping[str, str]) -> str:
    """A variant as a person would say it: "M, black"."""
    return ", ".join(options.values()) or "the one variant"


def _of_variants(listing: Listing, bounds: Bounds) -> Iterator[str]:
    variants, who = listing.variants, bounds.marketplace
    if bounds.variants is not None and len(variants) > bounds.variants:
        yield _too_many("variants", len(variants), bounds.variants, who)
    yield from _twice("variant key", [variant.key for variant in variants])
    yield from _twice("variant", [named(variant.options) for variant in variants])
    for variant in variants:
        if not variant.key.strip() or variant.key == listing.key:
            yield f"variant {named(variant.options)}: it needs a key of its own"
    if len({tuple(sorted(variant.options)) for variant in variants}) > 1:
        yield "variants: they do not all have the same options: give each a value for every option"


# Fitting ------------------------------------------------------------------------------------------------------------


def fitted(listing: Listing, bounds: Bounds, dangling: Iterable[str] = ()) -> Listing:
    """The listing with its texts and tags inside the bounds: texts cut between words and sentences, signs that are
    refused taken out, tags that are too long left out whole, pictures and bullets too many left out at the end.

    Prices, currency, variants and what is missing stay as they are: those are a person's. Claims that no text makes any
    longer go with it.
    """
    loose = frozenset(dangling)
    title = cut(_without(listing.title, bounds.title_never, bounds.title_once), bounds.title_most, loose)
    bullets = [bullet for one in listing.bullets if (bullet := cut(_seen(one), bounds.bullet_most or len(one), loose))]
    bullets = list({_plain(one): one for one in reversed(bullets)}.values())[::-1][: bounds.bullets]
    above = 0 if bounds.bullets is not None else len(body_of(replace(listing, bullets=tuple(bullets), description="x")))
    told = "\n\n".join(_seen(part) for part in listing.description.split("\n\n"))
    found = replace(
        listing,
        title=title,
        bullets=tuple(bullets),
        description=shortened(told, max(bounds.description_most - above, 0), loose),
        tags=fitted_tags(listing.tags, bounds),
        pictures=listing.pictures[: bounds.pictures_most],
    )
    return replace(found, claims=kept_claims(found))


def fitted_tags(tags: Iterable[str], bounds: Bounds) -> tuple[str, ...]:
    """The tags that the marketplace takes, each once, as many as it takes; none is cut."""
    kept: dict[str, str] = {}
    size = 0
    for one in tags:
        tag = _without(one, bounds.tag_never, "")
        size_with = size + len(tag.encode("utf-8", "replace")) + bool(kept)
        too_long = bounds.tag_most is not None and len(tag) > bounds.tag_most
        too_much = bounds.tags_bytes is not None and size_with > bounds.tags_bytes
        if not tag or too_long or too_much or _plain(tag) in kept:
            continue
        kept[_plain(tag)], size = tag, size_with
    return tuple(kept.values())[: bounds.tags]


def kept_claims(listing: Listing) -> tuple[Claim, ...]:
    """The claims that some text of the listing still makes."""
    texts = [_plain(text) for text in (listing.title, *listing.bullets, listing.description, *listing.tags)]
    return tuple(claim for claim in listing.claims if any(_plain(claim.text) in text for text in texts))


def _seen(text: str) -> str:
    """The text in NFC without what nobody sees, in one line."""
    text = regex.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
    return " ".join(_UNSEEN.sub("", text).split())


def _without(text: str, never: str, once: str) -> str:
    """Without signs that are refused, and without the second of those that may stand once."""
    text = _seen(text)
    text = regex.sub(never, "", text) if never else text
    for sign in once:
        head, found, rest = text.partition(sign)
        text = head + found + rest.replace(sign, "")
    return " ".join(text.split())
