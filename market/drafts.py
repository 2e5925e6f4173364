"""Drafts: a whole listing from its parts, inside what its marketplace takes.

    subject + offer + pictures -> variants -> price -> texts (a model's, or the templates') -> fitted -> Draft

What could not be done as it was wanted (no exchange rate, too many variants, a model that was not followed) stands in
the notes, and what the marketplace would refuse all the same in the refusals: a person sees both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from market.bounds import Bounds, bounds_of, fitted, refusals
from market.listing import Disclosures, Listing, Picture
from market.money import Priced, Rate, priced
from market.subject import LETTERED, Subject
from market.texts import Texts, texts_of
from market.variants import Offered, Range, load_ranges, variants_of
from market.words import words_of


@dataclass(frozen=True, slots=True)
class Offer:
    """Where, in which language and for how much. Money in minor units of `currency`."""

    key: str
    marketplace: str
    locale: str
    price_cents: int
    currency: str
    quantity: int = 999
    rates: tuple[Rate, ...] = ()
    offered: Range | None = None
    """Sizes and colours; None: the shipped ones of the format."""
    shop_currency: str | None = None
    """In which the shop sells; None: any that the marketplace takes."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A listing, and what a person should know of it."""

    listing: Listing
    notes: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    by: str = "templates"


def prepared(subject: Subject, offer: Offer) -> tuple[Subject, Priced, Offered]:
    """The subject with the sizes and colours that are really offered, the price where it is asked, the variants."""
    bounds = bounds_of(offer.marketplace)
    price = priced(offer.price_cents, offer.currency, offer.locale, bounds, offer.rates)
    told = offer.offered or load_ranges().get(subject.product_format)
    offered = Offered(())
    if told is not None and price.price_cents > 0:
        offered = variants_of(offer.key, told, price.price_cents, price.currency, bounds, offer.rates)
    chosen = {name: tuple(dict.fromkeys(one.options.get(name, "") for one in offered.variants)) for name in _OPTIONS}
    sizes, shades = (tuple(filter(None, chosen[name])) for name in _OPTIONS)
    return replace(subject, sizes=sizes, shades=shades), price, offered


_OPTIONS = ("size", "colour")


def draft(
    subject: Subject,
    offer: Offer,
    pictures: Sequence[Picture],
    texts: Texts | None = None,
    *,
    seed: int = 0,
    print_sha256: str = "",
) -> Draft:
    """The listing of a subject. No `texts`: the templates write them.

    NoBounds for a marketplace that is not in the table, NoWords for a language in which nothing can be written.
    """
    bounds = bounds_of(offer.marketplace)
    known, price, offered = prepared(subject, offer)
    written = texts or texts_of(known, offer.locale, bounds, seed)
    listing = Listing(
        key=offer.key,
        marketplace=offer.marketplace,
        locale=offer.locale,
        title=written.title,
        bullets=written.bullets,
        description=written.description,
        tags=written.tags,
        product_format=subject.product_format,
        price_cents=price.price_cents,
        currency=price.currency,
        quantity=min(offer.quantity, bounds.quantity_most or offer.quantity),
        variants=offered.variants,
        pictures=tuple(pictures),
        disclosures=disclosures_of(subject),
        claims=written.claims,
        print_sha256=print_sha256,
    )
    return _drafted(listing, bounds, offer, (price.note, offered.note, written.why), written.by)


def _drafted(listing: Listing, bounds: Bounds, offer: Offer, notes: Sequence[str], by: str) -> Draft:
    fit = fitted(listing, bounds, words_of(offer.locale).dangling)
    refused = refusals(fit, bounds, offer.shop_currency)
    return Draft(fit, tuple(filter(None, notes)), refused, by)


def disclosures_of(subject: Subject) -> Disclosures:
    """Lettering by our own shapes is the seller's design; every other renderer is a model; the printer is a partner."""
    own = subject.artwork.renderer in LETTERED
    return Disclosures("seller" if own else "seller with AI", subject.cost.provider if subject.cost else "")
