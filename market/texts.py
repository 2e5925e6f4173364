"""Texts: title, bullets, description and tags of a listing, written from facts by shipped wordings, with no model.

    what is known -> fields -> wordings that need no other -> one of each, by seed -> as many as 256 tokens hold

A wording states something (a figure, a property) only with a claim beside it that names the fact or row; `untraced`
(market.figures) holds the two together. Fields of the wordings:

    product a_product this_product on_product    the format's name, in the forms that the language needs
    phrase, Phrase, audience, Audience           in a sentence, and in a title; other languages quote an English phrase
    occasion, Occasion, for_occasion
    words, Words                                 what is lettered, quoted, where lettering was drawn; Words only where it
                                                 is not the phrase itself
    tones, colours, pixels, terms                of the design: names of its colours, how many, its size, its style
    days, days_in, shipping                      of the cost row
    sizes, n_sizes, shades, n_shades             of what is offered
    synonym, tag                                 in tags only
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from random import Random

import regex

from market.bounds import Bounds, fitted_tags
from market.costs import ProductCost
from market.cut import cut, tokens_of
from market.figures import Grounds, figures_in
from market.listing import Claim
from market.variants import load_ranges
from market.words import FIELD, Template, Words, words_of
from studio.colours import names_of
from studio.library import Tag
from trends.fact import Facts, Value
from trends.normalize import clean, is_nsfw
from trends.words import word_list

MOST_TOKENS = 256
"""Of title, bullets, description and tags together, by `tokens_of`."""
MOST_BULLETS = 5
MOST_WORDS_IN_TITLE = 40
MOST_WORDS = 90
"""Characters of a lettered text that is quoted in a sentence; a longer one stands on the picture alone."""
SURE = 0.85
"""Confidence from which a tag of the design is a tag of the listing."""
LETTERED = frozenset({"typographic"})
"""Renderers that letter exactly the row's text."""
TOLD = {"production": "supply_chain.production_days"}
"""Facts that a buyer may be told of, where they are of the same row; all others are the seller's own."""


@dataclass(frozen=True, slots=True)
class Artwork:
    """The design that is printed."""

    id: str
    text: str
    renderer: str
    tags: tuple[Tag, ...] = ()
    colours: tuple[str, ...] = ()
    """"#rrggbb", the most used first."""
    width: int = 0
    height: int = 0
    """Pixels of the print file; 0 where it is not known."""

    @property
    def row(self) -> str:
        """How a claim names it."""
        return f"design:{self.id}"


@dataclass(frozen=True, slots=True)
class Subject:
    """All that is known of what is put up for sale."""

    phrase: str
    audience: str
    occasion: str
    """Name of the occasion (`trends/words/occasions.tsv`); empty: none."""
    product_format: str
    artwork: Artwork
    cost: ProductCost | None = None
    facts: Facts = field(default_factory=Facts)
    style: tuple[str, ...] = ()
    """Words of the brand's style, in English; told in English alone."""
    translations: Mapping[str, str] = field(default_factory=dict)
    """The phrase in other languages, as somebody brought it: "de" -> "Kürbisse schnitzen"."""
    sizes: tuple[str, ...] = ()
    shades: tuple[str, ...] = ()
    """Sizes and product colours that are offered, in English."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What a buyer reads, and what it stands on."""

    title: str
    bullets: tuple[str, ...]
    description: str
    tags: tuple[str, ...]
    claims: tuple[Claim, ...] = ()
    by: str = "templates"
    """"templates", or PROVIDER/MODEL."""
    why: str = ""
    """Why they are the templates' where a model was asked."""

    @property
    def all(self) -> tuple[str, ...]:
        """Every text."""
        return (self.title, *self.bullets, self.description, *self.tags)

    @property
    def tokens(self) -> int:
        """Of all of it."""
        return sum(map(tokens_of, self.all))


def grounds_of(subject: Subject) -> Grounds:
    """What a buyer may be told, by fact or row: the claims of every text trace to these."""
    art, cost = subject.artwork, subject.cost
    tones = names_of(art.colours)
    design: list[Value] = [art.text, art.renderer, len(tones), *tones, *subject.style]
    grounds: dict[str, tuple[Value, ...]] = {
        art.row: (*design, *((art.width, art.height) if art.width else ())),
        "idea:phrase": (subject.phrase, *subject.translations.values()),
        "idea:audience": (subject.audience,),
        "idea:occasion": (subject.occasion,),
    }
    if cost is not None:
        grounds[cost.row] = (cost.production_days, cost.shipping_days, cost.lead_days)
        grounds |= {name: (subject.facts[name].value,) for name in TOLD.values() if _is_of(subject, name)}
    if subject.product_format in load_ranges():
        offered = (*subject.sizes, *subject.shades)
        row = load_ranges()[subject.product_format].row
        grounds[row] = (*offered, len(subject.sizes), len(subject.shades))
    return grounds


def _is_of(subject: Subject, name: str) -> bool:
    """Whether a fact was computed from the very row that the product is bought by."""
    found = subject.facts.get(name)
    return found is not None and subject.cost is not None and subject.cost.row in found.rows


def sources_of(subject: Subject) -> Mapping[str, str]:
    """What a wording states -> the fact or row that says it."""
    row = subject.artwork.row
    found = dict.fromkeys(("design", "lettering", "colours", "pixels", "style", "made"), row)
    if subject.cost is not None:
        found |= dict.fromkeys(("production", "shipping"), subject.cost.row)
        found |= {says: name for says, name in TOLD.items() if _agrees(subject, name)}
    if subject.product_format in load_ranges():
        found["options"] = load_ranges()[subject.product_format].row
    return found


def _agrees(subject: Subject, name: str) -> bool:
    cost = subject.cost
    return _is_of(subject, name) and cost is not None and subject.facts[name].value == cost.production_days


# Fields -------------------------------------------------------------------------------------------------------------


def fields_of(subject: Subject, locale: str) -> dict[str, str]:
    """What the wordings of a language can be filled with; a field that is not known is not there."""
    words, art = words_of(locale), subject.artwork
    found = _of_product(subject, words) | _of_phrase(subject, words) | _of_occasion(subject, words)
    text, quoted = clean(art.text), partial(_quoted, words=words)
    if text and len(text) <= MOST_WORDS and art.renderer in LETTERED:
        found["words"] = quoted(text)
        if _plain(text) != _plain(subject.phrase) and len(text) <= MOST_WORDS_IN_TITLE:
            found["Words"] = quoted(text)
    tones = [words.colours.get(name, name) for name in names_of(art.colours, 3)]
    if tones:
        found["tones"], found["colours"] = _listed(tones, words), _formed(len(tones), "colours", words)
    if art.width and art.height:
        found["pixels"] = f"{art.width} x {art.height} px"
    if subject.style and words.language == "en":
        found["terms"] = _listed(list(map(clean, subject.style[:3])), words)
    if subject.cost is not None:
        found |= _of_days(subject.cost, words)
    return {name: value for name, value in (found | _of_offer(subject, words)).items() if value}


def _of_product(subject: Subject, words: Words) -> dict[str, str]:
    known = words.products.get(subject.product_format)
    if known is None:
        raise ValueError(f"no words for the product {subject.product_format!r}; known are {', '.join(words.products)}")
    name = str(known["name"])
    return {
        "product": name,
        "Product": str(known.get("title", name if words.language == "ja" else capital(name))),
        "a_product": str(known["a"]),
        "this_product": str(known["this"]),
        "on_product": str(known.get("on", "")),
    }


def _of_phrase(subject: Subject, words: Words) -> dict[str, str]:
    phrase, audience = clean(subject.phrase), clean(subject.audience)
    if words.language == "en":
        audience = words.audiences.get(audience, audience)
        plain = _with_proper(phrase, words)
        heads = {"Phrase": titled(plain, words), "Audience": titled(audience, words)}
        return {"phrase": plain, "audience": audience, **heads}
    told = clean(subject.translations.get(words.language, "")) or titled(phrase, words_of("en"))
    audience = words.audiences.get(audience, "")
    return {"phrase": _quoted(told, words), "Phrase": _quoted(told, words), "audience": audience, "Audience": audience}


def _of_occasion(subject: Subject, words: Words) -> dict[str, str]:
    default = (subject.occasion, f"for {subject.occasion}") if words.language == "en" and subject.occasion else ("", "")
    name, whole = words.occasions.get(subject.occasion, default)
    return {"occasion": name, "Occasion": titled(name, words), "for_occasion": whole}


def _of_days(cost: ProductCost, words: Words) -> dict[str, str]:
    each = {"days": cost.production_days, "shipping": cost.shipping_days}
    found = {name: _formed(number, "days", words) for name, number in each.items() if number > 0}
    if cost.production_days > 0 and "days_in" in words.forms:
        found["days_in"] = _formed(cost.production_days, "days_in", words)
    return found


def _of_offer(subject: Subject, words: Words) -> dict[str, str]:
    sizes = [regex.sub(r"\bin$", words.inch, size) for size in subject.sizes]
    shades = [words.colours.get(shade, shade) for shade in subject.shades]
    found: dict[str, str] = {}
    if len(sizes) > 1:
        found |= {"sizes": words.comma.join(sizes), "n_sizes": _formed(len(sizes), "sizes", words)}
    if len(shades) > 1:
        found |= {"shades": _listed(shades, words), "n_shades": _formed(len(shades), "colours", words)}
    return found


def _quoted(text: str, words: Words) -> str:
    return f"{words.quotes[0]}{text}{words.quotes[1]}"


def _formed(number: int, form: str, words: Words) -> str:
    return words.forms[form][number != 1].replace("{n}", str(number))


def _listed(names: Sequence[str], words: Words) -> str:
    return words.last.join(filter(None, (words.comma.join(names[:-1]), names[-1])))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _with_proper(phrase: str, words: Words) -> str:
    """The phrase with the capitals that its words have wherever they stand: "Christmas tree", "DNA"."""
    proper = words.proper | word_list("demonyms")
    each = (word.upper() if word in words.upper else word for word in phrase.split())
    return " ".join(capital(word) if word in proper else word for word in each)


def titled(text: str, words: Words) -> str:
    """As it stands in a title: "Pumpkin Carving and More"; capitals that are there stay, small words stay small."""
    if words.case != "title":
        return text
    each = text.split()
    last = len(each) - 1
    return " ".join(word if word in words.small and 0 < at < last else _capitals(word) for at, word in enumerate(each))


def _capitals(word: str) -> str:
    return "-".join(map(capital, word.split("-")))


def capital(text: str) -> str:
    """The text with a capital at its start, where that is a letter (or stands after ¿ or ¡)."""
    head = text[: len(text) - len(text.lstrip("¿¡"))]
    rest = text[len(head) :]
    return head + rest[:1].upper() + rest[1:]


def filled(template: str, fields: Mapping[str, str]) -> str:
    """The wording with its fields, each sentence with a capital. What is filled in is not read again."""

    def value(found: regex.Match[str]) -> str:
        starts = regex.search(r"(?:[.?!] |\A[¿¡]?)\Z", template[: found.start()])
        return capital(fields[found[1]]) if starts else fields[found[1]]

    return capital(FIELD.sub(value, template))


# Choosing -----------------------------------------------------------------------------------------------------------


def texts_of(subject: Subject, locale: str, bounds: Bounds, seed: int = 0) -> Texts:
    """The texts of one listing: the same for the same subject, locale, bounds and seed, other wordings by other seeds."""
    writer = _Writer(subject, locale, bounds, seed)
    return writer.texts()


class _Writer:
    """What was chosen so far, and how many tokens are left."""

    def __init__(self, subject: Subject, locale: str, bounds: Bounds, seed: int) -> None:
        self.subject, self.bounds = subject, bounds
        self.words, self.fields = words_of(locale), fields_of(subject, locale)
        self.sources = sources_of(subject)
        digest = sha256(f"{seed} {subject.phrase} {subject.product_format} {locale} {bounds.marketplace}".encode())
        self.random = Random(int.from_bytes(digest.digest()[:8], "big"))
        self.left = MOST_TOKENS
        self.said: set[str] = set()
        self.claims: list[Claim] = []

    def texts(self) -> Texts:
        """Title, first tags, the description's frame, bullets, its body, the other tags, in the order of their worth."""
        title, tags = self._title(), self._tags()
        self.left -= tokens_of(title)
        first, others = self._taken(tags[:4]), tags[4:]
        opening, closing = self._one(self.words.parts["open"]), self._one(self.words.parts["close"])
        bullets = self._bullets()
        body = [self._one(self.words.parts["body"]), self._one(self.words.parts["body"])]
        told = self.words.space.join(filter(None, (opening, *body)))
        description = "\n\n".join(filter(None, (told, closing)))
        if not self.bounds.description_most:
            description = ""
        tags = (*first, *self._taken(others))
        found = Texts(title, tuple(bullets), description, tags, ())
        return Texts(title, found.bullets, description, tags, (*self.claims, *self._of_names(found)))

    def _title(self) -> str:
        """The title of which most fits: no part of it is cut where another wording fits whole."""
        options = [parts for each in self.words.titles if (parts := self._parts(each))]
        self.random.shuffle(options)
        most = self.bounds.title_most
        fit = (parts for parts in options if len(parts[0][0]) <= most)
        parts = next(fit, None)
        if parts is None:
            return cut(min((parts[0][0] for parts in options), key=len), most, self.words.dangling)
        title = ""
        for text, says in parts:
            longer = f"{title}{self.words.between}{text}" if title else text
            if len(longer) <= most:
                title = longer
                self.claims += [Claim(text, self.sources[one]) for one in says]
        return title

    def _parts(self, each: Sequence[Template]) -> list[tuple[str, tuple[str, ...]]]:
        """The parts of a title that can be filled, and what they state; none where its first, or all others, cannot."""
        known = [part for part in each if part.fields <= self.fields.keys() and self.sources.keys() >= set(part.says)]
        if not known or known[0] != each[0] or (len(each) > 1 and len(known) < 2):
            return []
        rest = [(self._part(part.text), part.says) for part in known[1:]]
        return [(_once(filled(known[0].text, self.fields)), known[0].says), *rest]

    def _part(self, text: str) -> str:
        return _once(FIELD.sub(lambda found: self.fields[found[1]], text))

    def _one(self, templates: Sequence[Template], most: int | None = None) -> str:
        """One wording that can be filled, says nothing that was said, and fits; empty where there is none."""
        able = [one for one in templates if self._able(one)]
        self.random.shuffle(able)
        for template in able:
            text = filled(template.text, self.fields)
            if tokens_of(text) <= self.left and (most is None or len(text) <= most):
                self.left -= tokens_of(text)
                self.said |= set(template.says)
                self.claims += [Claim(text, self.sources[says]) for says in template.says]
                return text
        return ""

    def _able(self, template: Template) -> bool:
        lettered = self.subject.artwork.renderer in LETTERED
        wrong = "made" if lettered else "lettering"
        said = self.said & (frozenset(template.says) - {"design"})
        known = all(says in self.sources for says in template.says)
        return known and wrong not in template.says and not said and template.fields <= self.fields.keys()

    def _bullets(self) -> list[str]:
        most = MOST_BULLETS if self.bounds.bullets is None else min(self.bounds.bullets, MOST_BULLETS)
        found: list[str] = []
        for part in ("design", "options", "gift", "words", "print", "file"):
            if len(found) < most and (text := self._one(self.words.bullets[part], self.bounds.bullet_most)):
                found.append(text)
        return found

    def _tags(self) -> tuple[str, ...]:
        """Tags that the marketplace takes, the phrase first; none that says what no listing says."""
        if not self.bounds.takes_tags:
            return ()
        patterns = list(self.words.tags)
        later = patterns[3:-1]
        self.random.shuffle(later)
        each = [tag for pattern in (*patterns[:3], *later, patterns[-1]) for tag in self._tag(pattern)]
        fit = [tag for tag in each if tag and not self.words.never.search(tag) and not is_nsfw(tag)]
        return fitted_tags(fit, self.bounds)

    def _tag(self, pattern: str) -> Iterator[str]:
        fields = {name: self._bare(value) for name, value in self.fields.items()}
        if pattern == "{synonym}":
            yield from self.words.products[self.subject.product_format]["tags"]
        elif pattern == "{tag}":
            yield from self._of_design()
        elif frozenset(FIELD.findall(pattern)) <= fields.keys():
            text = _once(FIELD.sub(lambda found: fields[found[1]], pattern))
            yield text.casefold() if self.words.language == "en" else text

    def _bare(self, value: str) -> str:
        """A field as it stands in a tag: without quotes, without the article that French lists need."""
        for sign in self.words.quotes:
            value = value.replace(sign, "")
        return value.removeprefix("les ").strip()

    def _of_design(self) -> Iterator[str]:
        """What the design was tagged with, where it is sure and is not the product; in English alone."""
        product = self.subject.product_format.replace("_", " ")
        for tag in self.subject.artwork.tags if self.words.language == "en" else ():
            if tag.confidence >= SURE and tag.name not in (product, "portrait", "landscape", "square"):
                yield tag.name

    def _taken(self, tags: Iterable[str]) -> tuple[str, ...]:
        """As many of the tags as there are tokens for."""
        found = []
        for tag in tags:
            if tokens_of(tag) <= self.left:
                self.left -= tokens_of(tag)
                found.append(tag)
        return tuple(found)

    def _of_names(self, texts: Texts) -> list[Claim]:
        """Claims for names that hold a figure, where they stand in a text: "90s hip hop", "est. 1986"."""
        subject, language = self.subject, self.words.language
        told = subject.translations.get(language, "")
        names = {
            subject.phrase: "idea:phrase", told: "idea:phrase", subject.audience: "idea:audience",
            subject.occasion: "idea:occasion", subject.artwork.text: subject.artwork.row,
        }  # fmt: skip
        plain = [_plain(text) for text in texts.all]
        held = [(clean(name), fact) for name, fact in names.items() if name and figures_in(name, language)]
        return [Claim(name, fact) for name, fact in held if any(_plain(name) in text for text in plain)]


def _once(text: str) -> str:
    """A word that stands twice in a row, once: "Espresso Mug Mug"."""
    return regex.sub(r"\b(\p{L}+) \1\b", r"\1", text, flags=regex.IGNORECASE)
