"""Texts: title, bullets, description and tags of a listing, written from facts by shipped wordings, with no model.

    what is known -> fields -> wordings that need no other -> one of each, by seed -> as many as 256 tokens hold

A wording states something (a figure, a property) only with a claim beside it that names the fact or row; `untraced`
(market.figures) holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from random import Random

import regex

from market.bounds import Bounds, fitted_tags
from market.cut import cut, tokens_of
from market.fields import fields_of, filled, plain
from market.figures import figures_in
from market.listing import Claim
from market.subject import LETTERED, Subject, sources_of
from market.words import FIELD, Template, words_of
from trends.normalize import clean, is_nsfw

MOST_TOKENS = 256
"""Of title, bullets, description and tags together, by `tokens_of`."""
MOST_BULLETS = 5
SURE = 0.85
"""Confidence from which a tag of the design is a tag of the listing."""


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


def texts_of(subject: Subject, locale: str, bounds: Bounds, seed: int = 0) -> Texts:
    """The texts of one listing: the same for the same subject, locale, bounds and seed; other seeds, other wordings."""
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
        self.left = MOST_TOKENS - 2
        self.said: set[str] = set()
        self.claims: list[Claim] = []

    def texts(self) -> Texts:
        """Title, first tags, the description's frame, bullets, its body, the other tags: the worthiest first."""
        title, tags = self._title(), self._tags()
        self.left -= tokens_of(title)
        first, others = self._taken(tags[:4]), tags[4:]
        opening, closing = self._one(self.words.parts["open"]), self._one(self.words.parts["close"])
        bullets = self._bullets()
        body = [self._one(self.words.parts["body"]), self._one(self.words.parts["body"])]
        told = self.words.space.join(filter(None, (opening, *body)))
        description = "\n\n".join(filter(None, (told, closing)))
        tags = (*first, *self._taken(others))
        found = Texts(title, tuple(bullets), description, tags)
        return replace(found, claims=(*self.claims, *self._of_names(found)))

    def _title(self) -> str:
        """The title of which most fits: no part of it is cut where another wording fits whole."""
        options = [parts for each in self.words.titles if (parts := self._parts(each))]
        self.random.shuffle(options)
        most = self.bounds.title_most
        fit = [parts for parts in options if len(parts[0][0]) <= most]
        if not fit:
            return cut(min((parts[0][0] for parts in options), key=len), most, self.words.dangling)
        title = ""
        for text, says in fit[0]:
            longer = f"{title}{self.words.between}{text}" if title else text
            if len(longer) <= most:
                title = longer
                self.said |= {"lettering"} & set(says)
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
            subject.occasion: "idea:occasion", subject.artwork.text: f"{subject.artwork.row}#lettering",
        }  # fmt: skip
        folded = [plain(text) for text in texts.all]
        held = [(clean(name), fact) for name, fact in names.items() if name and figures_in(name, language)]
        return [Claim(name, fact) for name, fact in held if any(plain(name) in text for text in folded)]


def _once(text: str) -> str:
    """A word that stands twice in a row, once: "Espresso Mug Mug"."""
    return str(regex.sub(r"\b(\p{L}+) \1\b", r"\1", text, flags=regex.IGNORECASE))
