"""Likeness: which marks of a register a text uses, how, and whether that blocks or is only worth telling.

What blocks is a mark that is nobody's ordinary word, in the same letters, as a plural, joined, parted, disguised, in
other letters of the same sound, or a letter off where what is written is no word. An ordinary word blocks where it is
disguised (nobody writes "4pple" of fruit) or stands for goods of that brand ("apple logo"); else it is told as a hint.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA, Indel

from market.gates.distinct import (
    BY_CHANCE,
    FOUND_BY_CHANCE,
    chance,
    is_accented_word,
    is_familiar,
    is_ordinary,
    may_be,
)
from market.gates.marks import LEAST_EDIT, LEAST_FUZZY, MOST_LETTERS, Name, Register, Use, fuzzy_keys, key, plain_stems
from market.gates.sound import once, sound_of
from market.gates.unfold import Word, readings

MET_BY_CHANCE = 1e-9
"""Parts of an ordinary word that are words and meet more often than this may stand apart by habit ("sun flower")."""
MOST_WORDS = 6
MOST_FUZZY = 4
"""Words of a phrase that is recognised in other letters."""
MOST_PIECES = 26
"""Of a name whose letters stand apart."""
LEAST_INSIDE = 5
"""Letters of a name that is found inside a longer word."""
SPELT = 0.45
"""How alike letters must be that sound the same."""
CUES = frozenset({"logo", "logos", "brand", "branded", "replica", "parody", "dupe", "knockoff", "fanart", "inspired"})
"""Beside an ordinary word these say that the maker is meant."""
ENDINGS = frozenset({"er", "ers", "ish", "fy", "ed"})
"""What makes a word of a name: "minecrafter"."""
SCORES = {
    "the same letters": 1.0, "spacing": 0.97, "plural": 0.96, "digits and signs for letters": 0.95,
    "look-alike letters": 0.95, "accents": 0.95, "part of a longer word": 0.9, "repeated letters": 0.9,
    "sounds alike": 0.85, "a letter off": 0.8,
}  # fmt: skip
DISGUISES = ("digits and signs for letters", "look-alike letters")


@dataclass(frozen=True, slots=True)
class Window:
    """Words that stand together in a reading, looked at as one name."""

    words: tuple[Word, ...]
    letters: str
    before: str
    after: str
    inside: str = ""
    """The rest of the word that it is a part of."""

    @property
    def written(self) -> str:
        return " ".join(word.raw for word in self.words)

    @property
    def trick(self) -> str:
        """The worst that was done to its letters."""
        tricks = [word.trick for word in self.words if word.trick]
        return next((trick for trick in DISGUISES if trick in tricks), tricks[0] if tricks else "")

    @property
    def is_spelled_out(self) -> bool:
        """Whether its letters stand one by one."""
        return len(self.words) > 2 and all(len(word.text) == 1 for word in self.words)


def uses(text: str, register: Register, classes: Collection[int], locale: str = "en") -> list[Use]:
    """The marks that a text uses, one way each, the nearest first; of other classes only famous ones."""
    wanted = frozenset(classes)
    windows, asked = _asked(text, locale)
    best: dict[tuple[str, str], Use] = {}
    for at, place in register.look_up([each for each, _ in asked]) if asked else ():
        mark, window = register.marks[place], windows[asked[at][1]]
        if mark.classes and not mark.famous and wanted.isdisjoint(mark.classes):
            continue
        use = _compared(window, register.name(place), locale)
        if use is None:
            continue
        how, near, blocks, why = use
        told = Use(mark, window.written, how, round(near, 3), blocks, why)
        same = (mark.text.casefold(), mark.number)
        held = best.get(same)
        if held is None or (told.blocks, told.score) > (held.blocks, held.score):
            best[same] = told
    return sorted(best.values(), key=lambda use: (not use.blocks, -use.score, use.mark.text))


def _asked(text: str, locale: str) -> tuple[list[Window], list[tuple[int, int]]]:
    """All windows of a text, and (key, place of its window) of each."""
    windows: list[Window] = []
    asked: list[tuple[int, int]] = []
    for number, words in enumerate(readings(text)):
        for window in _windows(words, changed=number > 0):
            keys = [key("t", each) for each in plain_stems([word.text for word in window.words])]
            if window.inside:
                keys = [key("t", window.letters)]
            elif _may_be_misspelled(window, locale):
                keys += [each for form in _without_s(window.letters) for each in fuzzy_keys(form, sound_of(form))]
            asked += ((each, len(windows)) for each in keys)
            windows.append(window)
    return windows, asked


def _windows(words: Sequence[Word], changed: bool) -> Iterator[Window]:
    """Runs of words; of a reading other than the plain one those alone that hold a word which it reads otherwise."""
    for start in range(len(words)):
        letters = ""
        before = words[start - 1].text if start else ""
        for end in range(start, min(len(words), start + MOST_PIECES)):
            letters += words[end].text
            count = end - start + 1
            if len(letters) > MOST_LETTERS or (count > MOST_WORDS and len(letters) > 2 * count):
                break
            run = tuple(words[start : end + 1])
            after = words[end + 1].text if end + 1 < len(words) else ""
            if not changed or any(word.changed for word in run):
                yield Window(run, letters, before, after)
                if count == 1:
                    yield from _parts(run, before, after)


def _parts(run: tuple[Word, ...], before: str, after: str) -> Iterator[Window]:
    """Names that a long word that is none of a dictionary may begin or end with."""
    word = run[0].text
    if len(word) < LEAST_INSIDE + 3 or not word.isascii() or is_familiar(word):
        return
    for at in range(3, len(word) - 1):
        head, tail = word[:at], word[at:]
        if at >= LEAST_INSIDE and (tail in ENDINGS or (len(tail) > 2 and is_familiar(tail))):
            yield Window(run, head, before, after, tail)
        if len(tail) >= LEAST_INSIDE and is_familiar(head):
            yield Window(run, tail, before, after, head)


def _may_be_misspelled(window: Window, locale: str) -> bool:
    """Whether what is written may be a name in other letters: a word of no dictionary, or words long enough."""
    if not LEAST_FUZZY <= len(window.letters) <= MOST_LETTERS or any(word.is_twin for word in window.words):
        return False
    if len(window.words) == 1:
        return may_be(window.letters, locale) > 0
    familiar = [is_familiar(word.text, locale) for word in window.words]
    return len(window.words) <= MOST_FUZZY and (not all(familiar) or len(window.letters) > LEAST_EDIT)


Judged = tuple[str, float, bool, str]


def _compared(window: Window, name: Name, locale: str) -> Judged | None:
    """How a window is that name, how near, whether that blocks and why; None where it is not."""
    if name.bare is not None and OSA.distance(window.letters, name.bare.letters) < OSA.distance(
        window.letters, name.letters
    ):
        name = name.bare
    if window.letters == name.letters:
        return _same(window, name)
    if window.inside:
        return None
    if not window.is_spelled_out and _is_plural(window, name):
        return _plural(window, name)
    if len(name.letters) < LEAST_FUZZY or not _may_be_misspelled(window, locale):
        return None
    return _misspelled(window, name, locale)


def _same(window: Window, name: Name) -> Judged | None:
    parted = tuple(word.text for word in window.words) != name.words
    how = window.trick or ("spacing" if parted else "the same letters")
    if window.inside:
        how = "part of a longer word"
        return None if name.is_ordinary else (how, SCORES[how], True, f"“{window.inside}” is put to it")
    if parted and not _is_parted_on_purpose(window, name):
        return None
    if window.trick == "accents" and all(not word.trick or is_accented_word(word.raw) for word in window.words):
        how = "spacing" if parted else "the same letters"
    if how == DISGUISES[1] and all(word.raw.isascii() and is_familiar(word.raw.lower()) for word in window.words):
        return None  # "clove" is no disguise of "dove"
    if how in DISGUISES or how == "accents":
        return how, SCORES[how], True, "its letters are disguised"
    if how == "spacing":
        return how, SCORES[how], *_spaced(window, name)
    return how, SCORES[how], *_meant(window, name)


def _is_parted_on_purpose(window: Window, name: Name) -> bool:
    """Whether short names are not put together by accident out of letters that stand beside each other."""
    if window.is_spelled_out:
        lone = len(window.before) == 1 or len(window.after) == 1
        return len(name.letters) > LEAST_INSIDE or not lone or (window.before in ("a", "i") and len(name.letters) > 3)
    return len(name.letters) > 3 or len(window.words) == 1


def _spaced(window: Window, name: Name) -> tuple[bool, str]:
    """A name joined or parted: meant, unless its parts are words that meet by chance."""
    if window.is_spelled_out:
        return True, "its letters stand apart"
    parts = tuple(word.text for word in window.words)
    if len(parts) == 1:
        joined = is_familiar(parts[0]) and is_ordinary(parts[0])
        return (False, "joined it is an ordinary word") if joined else (True, "its words are joined")
    most = MET_BY_CHANCE if name.is_ordinary else FOUND_BY_CHANCE
    if all(is_familiar(part) for part in parts) and chance(parts) >= most:
        return False, "ordinary words that meet by chance"
    return True, "it is parted"


def _meant(window: Window, name: Name) -> tuple[bool, str]:
    """The very name: meant, unless it is an ordinary word that stands in its ordinary sense."""
    if not name.is_ordinary:
        return True, "it is nobody's ordinary word"
    if CUES & {window.before, window.after}:
        return True, "an ordinary word, and beside it stands that the maker is meant"
    return False, "an ordinary word: whether it is used as a name a person has to say"


def _is_plural(window: Window, name: Name) -> bool:
    return not set(plain_stems([word.text for word in window.words])).isdisjoint(plain_stems(name.words))


def _plural(window: Window, name: Name) -> Judged | None:
    if len(name.letters) <= 2:
        return None
    how = window.trick if window.trick in DISGUISES else "plural"
    if how in DISGUISES:
        return how, SCORES[how], True, "its letters are disguised"
    bare = len(window.letters) < len(name.letters) and len(window.words) == 1 and is_familiar(window.letters)
    if bare and is_ordinary(window.letters):
        return how, SCORES[how], False, "without its s it is an ordinary word"
    return how, SCORES[how], *_meant(window, name)


def _misspelled(window: Window, name: Name, locale: str) -> Judged | None:
    """Other letters: of the same sound, doubled, or one (in long names two) off; with or without an s behind."""
    letters = min(_without_s(window.letters), key=lambda form: OSA.distance(sound_of(form), name.sound))
    sound = sound_of(letters)
    alike = Indel.normalized_similarity(letters, name.letters)
    words = len(window.words) > 1 and all(is_familiar(word.text, locale) for word in window.words)
    if words and not _is_close_phrase(window, name):
        return None
    off = _may_be_off(window, name, locale) and _is_near(letters, sound, name)
    return _spelled(window, name, alike, off, words)


def _spelled(window: Window, name: Name, alike: float, off: bool, words: bool) -> Judged | None:
    forms = _without_s(window.letters)
    if once(name.letters) in map(once, forms):
        how = "repeated letters"
    elif name.sound in map(sound_of, forms) and alike >= SPELT:
        how = "sounds alike"
    elif off:
        how = "a letter off"
    else:
        return None
    how = window.trick if window.trick in DISGUISES else how
    near = SCORES[how] * (0.8 + 0.2 * alike)
    if name.is_ordinary and (how == "a letter off" or words or len(window.letters) <= LEAST_FUZZY):
        return how, near, False, "near an ordinary word"
    return how, near, True, "it is that phrase but for a word" if words else "what is written is no word of its own"


def _is_close_phrase(window: Window, name: Name) -> bool:
    """Words that are all in use are taken for a name of several words where most of it stands there."""
    if len(name.words) < 2 and len(window.words) > 1:
        return sound_of(window.letters) == name.sound and chance([word.text for word in window.words]) < 1e-8
    if name.is_ordinary or len(name.letters) < 8:
        alike = name.sound == sound_of(window.letters) and len(name.letters) > LEAST_EDIT
        return alike and not name.is_ordinary and chance([word.text for word in window.words]) < BY_CHANCE
    same = sum(len(word) for word in name.words if word in {each.text for each in window.words})
    near = len(name.letters) >= 13 or OSA.distance(window.letters, name.letters, score_cutoff=1) <= 1
    return sound_of(window.letters) == name.sound or (len(name.letters) >= 10 and same >= 4 and near)


def _without_s(letters: str) -> list[str]:
    """The letters, and those without an s behind where enough are left."""
    return [letters, letters[:-1]] if letters.endswith("s") and len(letters) > LEAST_FUZZY else [letters]


def _may_be_off(window: Window, name: Name, locale: str) -> bool:
    """Whether a letter may be off: one word that nobody uses, or a name of several words."""
    if len(window.words) == 1:
        return may_be(window.letters, locale) > 1
    return len(name.words) > 1


def _is_near(letters: str, sound: str, name: Name) -> bool:
    size = min(len(letters), len(name.letters))
    if size < LEAST_EDIT:
        return False
    most = 1 if size < 9 else 2
    if OSA.distance(letters, name.letters, score_cutoff=most) <= most:
        return size > LEAST_EDIT or letters[0] == name.letters[0] or sound[:1] == name.sound[:1]
    most = 1 if len(name.sound) < 9 else 2
    if min(len(sound), len(name.sound)) >= LEAST_EDIT and OSA.distance(sound, name.sound, score_cutoff=most) <= most:
        return Indel.normalized_similarity(letters, name.letters) >= 0.7 and sound[0] == name.sound[0]
    return False
