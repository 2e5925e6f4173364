"""Normalise: text that can be stored, contact details of persons out of it, and what is not fit to be shown marked.

Everything that is stored passes `clean` and `redact` first. Both leave ordinary titles byte for byte as they are, and
cost little there: a contact detail has an `@` or a run of digits, and only then is it looked for.
"""

from __future__ import annotations

import html
import ipaddress
import re
import unicodedata

import phonenumbers

MAX_TEXT = 40_000
"""Characters kept of one text."""
REDACTED = "[…]"
"""What stands where a contact detail stood: no word, so that nothing is mined from it."""

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9a-fA-F]{1,6});")
_SPACE = re.compile(r"\s+")
_MOJIBAKE = re.compile(r"[ÂÃâð][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ¡-¿]")


def clean(text: str) -> str:
    """NFC, no control characters, lone surrogates or HTML entities, white space collapsed, mojibake mended if safe."""
    if text.isascii() and text.isprintable() and "  " not in text and "&" not in text:
        return text.strip()[:MAX_TEXT]
    text = _SURROGATE.sub("", _ENTITY.sub(lambda found: html.unescape(found[0]), text[: 4 * MAX_TEXT]))
    if _MOJIBAKE.search(text):
        text = _mended(text)
    text = unicodedata.normalize("NFC", text)
    if "＠" in text:  # as East Asian keyboards write an address
        text = text.replace("＠", "@").replace("．", ".")
    return _SPACE.sub(" ", _CONTROL.sub("", text)).strip()[:MAX_TEXT]


def _mended(text: str) -> str:
    """UTF-8 that was read as Windows-1252 turned back; the text itself where that does not come out whole."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


# Contact details ----------------------------------------------------------------------------------------------------

_SIGN = re.compile(r"[@\d(\[:]")
"""Without one of these there is no contact detail; the cheapest question comes first."""
_HINT = re.compile(r"@|\(at\)|\[at\]|\d[\d\s().:/‐‑–-]{5,}|[0-9a-f]{0,4}:[0-9a-f]{0,4}:", re.IGNORECASE)
_EMAIL = re.compile(
    r"[\w.+'-]{1,64}\s?(?:@|\(at\)|\[at\])\s?(?:[\w-]{1,63}(?:\.|\s?\(dot\)\s?|\s?\[dot\]\s?)){1,5}"
    r"[^\W\d_]{2,24}\b",
    re.IGNORECASE,
)
_SPELLED = re.compile(
    r"\b[\w.+-]{2,64}\sat\s(?:[\w-]{2,63}\sdot\s){1,3}(?:com|net|org|edu|info|io|me|biz|[a-z]{2})\b", re.IGNORECASE
)
"""An address that is spelled out: "ann at example dot com"."""
_IBAN = re.compile(r"(?<![\w/.-])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}\b")
_CARD = re.compile(r"(?<![\d.,])(?:\d(?:[ ‐‑–-]?\d){11,18}|\d{4}(?:\.\d{4}){3})(?![\d])")
_IP4 = re.compile(r"(?<![\d.v])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)")
_IP6 = re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")
_PHONE = re.compile(
    r"(?<![\w./#$€£+'’-])(?<!\d,)"
    r"(?:\+\d{1,3}[\s.‐‑–-]?|00\d{1,3}[\s.‐‑–-])?"  # country
    r"(?:\(\d{1,4}\)[\s.‐‑–-]?)?"  # area
    r"\d{1,11}(?:[\s.‐‑–-]{1,2}\d{1,8}){0,6}"
    r"(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})?"
    r"(?![\w/%€$£:])(?!\.\d)",
    re.IGNORECASE,
)
_LINE = (
    r"(?:tele?(?:phone|fono|fon|foon|phon)?|tél|tlf|phone|mobile|mobil|móvil|cell|celular|handy|fax|whatsapp|hotline)"
)
_TOLD_BEFORE = re.compile(rf"(?<![^\W\d_]){_LINE}(?:\s?(?:no|nr|number|num))?[\s.:#=-]{{0,4}}\Z", re.IGNORECASE)
_TOLD_AFTER = re.compile(rf"[\s(-]{{0,2}}{_LINE}\s*(?:[,;.|)\n]|\Z)", re.IGNORECASE)
_CUE = 24
"""Characters before a number in which a word may say that it is one of a telephone."""
_YEAR = r"(?:1\d|20)\d\d"
_DATE = re.compile(
    rf"{_YEAR}[\s./-]\d{{1,2}}[\s./-]\d{{1,2}}(?:\s\d{{1,2}})?\Z|"
    rf"\d{{1,2}}[\s./-]\d{{1,2}}[\s./-](?:{_YEAR}|\d\d)(?:\s\d{{1,2}})?\Z|"
    rf"{_YEAR}[\s.‐‑–-]+{_YEAR}\b"
)
_DOTTED = re.compile(r"\d+(?:\.\d+)+\Z")
_DOTTED_PHONE = re.compile(r"\d{3}\.\d{3}\.\d{4}\Z|\d{2}(?:\.\d{2}){3,5}\Z")
_DECIMAL = re.compile(r"\d+\.\d+\Z")
_GROUPED = re.compile(r"\d{1,3}(?:[ .]\d{3})+\Z")
_COUNTED = re.compile(
    r"\s*(?:views?|subs|subscribers?|likes?|followers?|people|users|dollars|usd|euros?|years?|fans|copies|points|"
    r"downloads?|k\b|m\b|million|times|miles|km|steps|calories)\b",
    re.IGNORECASE,
)
_REGIONS = ("US", "GB", "IT", "DE", "FR", "ES", "IN", "BR")


def redact(text: str) -> str:
    """The text with e-mail addresses, phone, card and account numbers (IBAN) and IP addresses taken out."""
    if " dot " in text:
        text = _SPELLED.sub(REDACTED, text)
    if not _SIGN.search(text) or not _HINT.search(text):
        return text
    text = _EMAIL.sub(REDACTED, text)
    text = _IBAN.sub(_without_iban, text)
    text = _CARD.sub(lambda found: REDACTED if passes_luhn(found[0]) else found[0], text)
    text = _IP4.sub(lambda found: REDACTED if _is_ip(found[0]) else found[0], text)
    text = _IP6.sub(lambda found: REDACTED if _is_ip(found[0]) else found[0], text)
    return _PHONE.sub(lambda found: REDACTED if _is_phone(found) else found[0], text)


def _without_iban(found: re.Match[str]) -> str:
    """What may be an account number and the words after it: the longest part of it that is one, taken out."""
    text = found[0]
    ends = [len(text), *(at for at in range(len(text) - 1, 0, -1) if text[at] in " -")]
    end = next((end for end in ends if is_iban(text[:end])), 0)
    return REDACTED + text[end:] if end else text


def is_iban(text: str) -> bool:
    """Whether the check digits of an account number are right (ISO 13616, mod 97)."""
    packed = text.replace(" ", "").replace("-", "").upper()
    if not (15 <= len(packed) <= 34 and packed.isascii() and packed.isalnum() and packed[:2].isalpha()):
        return False
    number = "".join(str(int(char, 36)) for char in packed[4:] + packed[:4])
    return int(number) % 97 == 1


def passes_luhn(text: str) -> bool:
    """Whether the digits end in the right check digit (ISO/IEC 7812), and are not one digit over and over."""
    digits = [int(char) for char in text if char.isdigit()]
    if len(set(digits)) == 1:
        return False
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)


def _is_phone(found: re.Match[str]) -> bool:
    """Whether a run of digits is written as a telephone number, rather than as a date, a count or an id."""
    text = found[0].strip()
    digits = re.sub(r"\D", "", re.split(r"(?i)x|ext", text)[0])
    if not 7 <= len(digits) <= 15 or len(set(digits)) == 1 or _DATE.match(text) or _DECIMAL.match(text):
        return False
    if text.startswith("+"):
        return _possible(text, None)
    if _is_told(found):
        return not (digits.endswith("000") or _COUNTED.match(found.string, found.end()))
    if text.isdigit():
        return 10 <= len(digits) <= 11 and any(_valid(text, region) for region in _REGIONS)
    if _GROUPED.match(text):
        return not (digits.endswith("000") or _COUNTED.match(found.string, found.end()))
    if _DOTTED.match(text):
        return _DOTTED_PHONE.match(text) is not None
    groups = re.split(r"\D+", text.strip("()"))
    return max(len(group) for group in groups) >= 2 and sum(len(group) == 1 for group in groups) <= 2


def _is_told(found: re.Match[str]) -> bool:
    """Whether a word beside a number says that it is one of a telephone or fax: "Tel. 3660170548"."""
    before = found.string[max(0, found.start() - _CUE) : found.start()]
    return _TOLD_BEFORE.search(before) is not None or _TOLD_AFTER.match(found.string, found.end()) is not None


def _possible(text: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


def _valid(text: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


# What is not fit to be shown ----------------------------------------------------------------------------------------

_NSFW = re.compile(
    r"\b(?:nsfw|porno?s|porno|porn\s?(?:hub|stars?|movies?|videos?|sites?)|pornograph\w+|xvideos|hentai|"
    r"blow\s?jobs?|hand\s?jobs?|cum\s?shots?|gang\s?bangs?|bukkake|milfs?|deepthroat|creampies?|dildos?|"
    r"butt\s?plugs?|camgirls?|bdsm|incest|orgy|orgies|masturbat\w+|ejaculat\w+|jerking off|cunts?|pussies|"
    r"cocksuckers?|onlyfans|rule\s?34|sex\s?tapes?|fleshlights?|niggers?|niggas?|faggots?|kikes?|chinks?|spics?|"
    r"wetbacks?|trann(?:y|ies)|pedophil\w+)\b",
    re.IGNORECASE,
)
_NSFW_STEMS = (
    "nsfw", "porn", "xvideos", "hentai", "job", "shot", "bang", "bukkake", "milf", "deepthroat", "creampie", "dildo",
    "plug", "camgirl", "bdsm", "incest", "org", "masturbat", "ejaculat", "jerking", "cunt", "pussies", "cocksuck",
    "onlyfans", "34", "sex", "fleshlight", "nigg", "faggot", "kike", "chink", "spic", "wetback", "trann", "pedophil",
)  # fmt: skip
"""One of these is in whatever _NSFW matches: looking for them first is four times as fast."""


def is_nsfw(text: str) -> bool:
    """Whether a text names what no shop would print: pornography and slurs. Swearing alone passes."""
    lowered = text.lower()
    return any(stem in lowered for stem in _NSFW_STEMS) and _NSFW.search(text) is not None
