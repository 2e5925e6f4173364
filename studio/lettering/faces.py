"""Faces: which free type is installed, found by the names inside the files; never another face in its place."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import uharfbuzz as hb
from fontTools.ttLib import TTCollection, TTFont, TTLibError
from fontTools.unicodedata import script

from studio.errors import Failed, NotConfigured

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
"""Where Debian's packages put type."""
SUFFIXES = {".ttf", ".otf", ".ttc"}
FREE = {
    "OFL-1.1": ("open font license", "scripts.sil.org/ofl", "openfontlicense"),
    "Apache-2.0": ("apache license", "apache.org/licenses"),
    "Bitstream-Vera": ("bitstream vera", "dejavu.sourceforge.net", "dejavu-fonts.org"),
    "GPL-2.0+FE": ("font exception",),
}
"""Licences that let outlines be printed and sold, with what the name table says of them."""


@dataclass(frozen=True, slots=True)
class Face:
    """One cut of one family, from one file."""

    family: str
    weight: int
    italic: bool
    licence: str
    source: str
    """"pip font-manrope" or the path's folder: where it came from."""
    path: Path
    index: int = 0
    stretch: float = 1.0
    """Across, as a role asks for it: .75 is three quarters as wide."""

    @property
    def name(self) -> str:
        """ "Manrope 800", "Caladea 700 italic": as the manifest shows it."""
        narrow = "" if self.stretch == 1.0 else f" at {self.stretch:.0%} width"
        return f"{self.family} {self.weight}{' italic' if self.italic else ''}{narrow}"

    @property
    def font(self) -> hb.Font:
        return opened(self.path, self.index)

    def has(self, text: str) -> bool:
        """Whether every character that leaves ink (or a space) has a glyph."""
        return not self.missing(text)

    def missing(self, text: str) -> list[str]:
        font = self.font
        return [sign for sign in dict.fromkeys(text) if not is_silent(sign) and not font.get_nominal_glyph(ord(sign))]


@dataclass(frozen=True, slots=True)
class Want:
    """What a role asks for, best first."""

    family: str
    weight: int = 400
    italic: bool = False
    stretch: float = 1.0


PACKAGES = {
    "Amatic SC": "pip install font-amatic-sc",
    "Caladea": "pip install font-caladea",
    "Fredoka One": "pip install font-fredoka-one",
    "Hanken Grotesk": "pip install font-hanken-grotesk",
    "Manrope": "pip install font-manrope",
    "Source Sans Pro": "pip install font-source-sans-pro",
    "Source Serif Pro": "pip install font-source-serif-pro",
    "Amiri": "apt install fonts-hosny-amiri",
    "Bebas Neue": "apt install fonts-bebas-neue",
    "Cantarell": "apt install fonts-cantarell",
    "Comfortaa": "apt install fonts-comfortaa",
    "Courier Prime": "apt install fonts-courier-prime",
    "Dancing Script": "apt install fonts-dancingscript",
    "DejaVu Sans": "apt install fonts-dejavu",
    "Kaushan Script": "apt install fonts-kaushanscript",
    "League Spartan": "apt install fonts-league-spartan",
    "Leckerli One": "apt install fonts-leckerli-one",
    "Lobster Two": "apt install fonts-lobster",
    "Lohit Devanagari": "apt install fonts-lohit-deva",
    "Noto Sans CJK JP": "apt install fonts-noto-cjk",
    "Noto Sans CJK KR": "apt install fonts-noto-cjk",
    "Noto Serif CJK JP": "apt install fonts-noto-cjk",
    "Old Standard TT": "apt install fonts-oldstandard",
    "Roboto Slab": "apt install fonts-roboto-slab",
}
"""Which package brings a family; pip's are dependencies, Debian's make the choice richer."""

ROLES: dict[str, tuple[Want, ...]] = {
    "display": (Want("League Spartan", 700), Want("Manrope", 800), Want("Source Sans Pro", 900)),
    "condensed": (Want("Bebas Neue", 700), Want("Source Sans Pro", 900, stretch=0.72)),
    "heavy": (Want("Source Sans Pro", 900),),
    "script": (Want("Lobster Two", 700, italic=True), Want("Leckerli One"), Want("Source Serif Pro", 900, italic=True)),
    "serif": (Want("Source Serif Pro", 900),),
    "book": (Want("Source Serif Pro", 600), Want("Caladea", 700)),
    "slab": (Want("Roboto Slab", 700), Want("Caladea", 700), Want("Source Serif Pro", 900)),
    "sans": (Want("Hanken Grotesk", 700), Want("Source Sans Pro", 700)),
    "light": (Want("Hanken Grotesk", 300), Want("Source Sans Pro", 300)),
    "hand": (Want("Amatic SC", 700), Want("Source Sans Pro", 700)),
    "round": (Want("Fredoka One"), Want("Manrope", 800), Want("Comfortaa", 700)),
    "mono": (Want("Courier Prime", 700), Want("Source Sans Pro", 600)),
    "stencil": (Want("Source Sans Pro", 900), Want("Manrope", 800)),
}
"""What each role of lettering is set in: the first that is installed and has every letter of the text."""

SCRIPTS: dict[str, tuple[Want, ...]] = {
    "Arab": (Want("Amiri", 700), Want("DejaVu Sans", 700)),
    "Hebr": (Want("DejaVu Sans", 700),),
    "Hani": (Want("Noto Sans CJK JP", 900),),
    "Hira": (Want("Noto Sans CJK JP", 900),),
    "Kana": (Want("Noto Sans CJK JP", 900),),
    "Hang": (Want("Noto Sans CJK KR", 900), Want("Noto Sans CJK JP", 900)),
    "Deva": (Want("Lohit Devanagari", 400),),
    "Latn": (Want("Source Sans Pro", 900), Want("DejaVu Sans", 700)),
    "Cyrl": (Want("Source Sans Pro", 900), Want("DejaVu Sans", 700)),
    "Grek": (Want("Source Sans Pro", 900), Want("DejaVu Sans", 700)),
}
"""What takes a text whose letters the role's own families lack, by ISO 15924 script."""


NOTO = {
    "Thai": "Thai", "Laoo": "Lao", "Khmr": "Khmer", "Mymr": "Myanmar", "Beng": "Bengali", "Guru": "Gurmukhi",
    "Gujr": "Gujarati", "Taml": "Tamil", "Telu": "Telugu", "Knda": "Kannada", "Mlym": "Malayalam", "Sinh": "Sinhala",
    "Armn": "Armenian", "Geor": "Georgian", "Ethi": "Ethiopic", "Cher": "Cherokee", "Copt": "Coptic",
    "Egyp": "Egyptian Hieroglyphs", "Runr": "Runic", "Goth": "Gothic",
}  # fmt: skip
"""Scripts of one Debian package, each in a family of its own."""
PACKAGES |= {f"Noto Sans {name}": "apt install fonts-noto-core" for name in NOTO.values()}
SCRIPTS |= {code: (Want(f"Noto Sans {name}", 700),) for code, name in NOTO.items()}


def find(family: str, weight: int = 400, italic: bool = False) -> Face:
    """The cut of this family that is nearest in weight; italic only if it is italic.

    Raises:
        NotConfigured: the family is not installed under a free licence; the message names its package.
    """
    cuts = [face for face in installed() if face.family == family and face.italic == italic]
    if not cuts:
        package = PACKAGES.get(family, "a package that brings it")
        raise NotConfigured(f"no free face {family!r}{' italic' if italic else ''} is installed: {package}")
    return min(cuts, key=lambda face: (abs(face.weight - weight), str(face.path)))


def for_role(role: str, text: str) -> Face:
    """The role's first family that is installed and has every letter of the text, else one of the text's script.

    Raises:
        NotConfigured: none of the role's families is installed.
        Failed: "text", where no installed face has the letters; the message names them and a package.
    """
    wants = ROLES[role]
    there = [face for want in wants if (face := wanted(want))]
    if not there:
        packages = ", ".join(PACKAGES[want.family] for want in wants)
        raise NotConfigured(f"no face for {role!r} is installed; one of: {packages}")
    named = [want for code in scripts_of(text) for want in SCRIPTS.get(code, ())]
    others = [face for want in named if (face := wanted(want))]
    for face in (*there, *others):
        if face.has(text):
            return face
    raise Failed("text", unset(text, there[0], named))


def unset(text: str, face: Face, named: list[Want]) -> str:
    """Which letters cannot be set, and which package would."""
    signs = " ".join(f"{sign} (U+{ord(sign):04X})" for sign in face.missing(text)[:5])
    packages = list(dict.fromkeys(PACKAGES[want.family] for want in named))
    way_out = f"{' or '.join(packages)}, then retry" if packages else "write it without them"
    return f"no installed face has {signs} together with the rest of the text: {way_out}"


@cache
def wanted(want: Want) -> Face | None:
    """The face a role asks for, or None where its family is not installed."""
    try:
        return replace(find(want.family, want.weight, want.italic), stretch=want.stretch)
    except NotConfigured:
        return None


def scripts_of(text: str) -> list[str]:
    """ISO 15924 codes of the text's letters, in order of appearance, without common signs."""
    return list(dict.fromkeys(code for sign in text if (code := script(sign)) not in {"Zyyy", "Zinh", "Zzzz"}))


def is_silent(sign: str) -> bool:
    """A control or format character: it shapes the text and has no glyph of its own to miss."""
    return unicodedata.category(sign) in {"Cc", "Cf"} or "\ufe00" <= sign <= "\ufe0f"


@cache
def opened(path: Path, index: int) -> hb.Font:
    """HarfBuzz's font, at the file's own units."""
    return hb.Font(hb.Face(hb.Blob.from_file_path(str(path)), index))


@cache
def installed() -> tuple[Face, ...]:
    """Every static cut under a free licence, from pip's entry points and Debian's folders."""
    return tuple(face for path, source in files() for face in read(path, source))


def files() -> Iterator[tuple[Path, str]]:
    """Type files and where they came from, pip's first, in one order on every machine."""
    for group in ("fonts_ttf", "fonts_otf"):
        for entry in sorted(entry_points(group=group), key=lambda entry: entry.value):
            source = f"pip {entry.dist.name if entry.dist else entry.name}"
            yield from ((Path(path), source) for path in sorted(entry.load().values()))
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in SUFFIXES:
                yield path, str(path.parent)


def read(path: Path, source: str) -> list[Face]:
    """The file's faces that are static and free; none where the file is no font."""
    try:
        with (TTCollection if path.suffix.lower() == ".ttc" else TTFont)(path, lazy=True) as opened_file:
            fonts = getattr(opened_file, "fonts", [opened_file])
            return [face for index, font in enumerate(fonts) if (face := described(font, path, source, index))]
    except (TTLibError, OSError, KeyError):
        return []


def described(font: Any, path: Path, source: str, index: int) -> Face | None:
    """Family, weight and licence as the file's own tables have them; None for variable or unfree type."""
    names, weight = font["name"], font["OS/2"].usWeightClass
    licence = licence_of(" ".join(str(names.getDebugName(name) or "") for name in (13, 14, 0)))
    if licence is None or "fvar" in font:
        return None
    family = names.getDebugName(16) or names.getDebugName(1)
    italic = bool(font["OS/2"].fsSelection & 1) or "italic" in str(names.getDebugName(2)).lower()
    return Face(family, weight, italic, licence, source, path, index)


def licence_of(said: str) -> str | None:
    """The SPDX name of the free licence that a name table speaks of, or None."""
    return next((spdx for spdx, marks in FREE.items() if any(mark in said.lower() for mark in marks)), None)
