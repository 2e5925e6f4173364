"""Extraction: the console's texts out of its code into `locale/console.pot`, and catalogues compiled for gettext.

    python -m ui.console.extraction           the template, and each language brought up to it
    python -m ui.console.extraction compile   each language's .mo; what has no translation yet reads English

Needs Babel, which the development tools bring.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from ui.console.words import FOLDER

CODE = Path(__file__).parent
TEMPLATE = FOLDER / "console.pot"
MARKS = {"_": 1, "marked": 1, "counted": 2}
"""What marks a text, and how many of its arguments are one."""
UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
"""The same for ever, so that a file changes when its texts do."""
HEADER = "# Texts of Bellwether's console. Made by `python -m ui.console.extraction`; translate what is empty."


def extracted() -> Catalog:
    """Every text of the code, file by file in the order of its lines."""
    catalog = Catalog(project="bellwether console", header_comment=HEADER, fuzzy=False, creation_date=UNDATED)
    for path in sorted(CODE.rglob("*.py")):
        for text in texts(path.read_text(encoding="utf-8")):
            catalog.add(text, locations=[(f"ui/console/{path.relative_to(CODE)}", 0)])
    return catalog


def texts(code: str) -> Iterator[str | tuple[str, str]]:
    """What a module marks as text, also within f-strings; a pair where it counts."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
        wanted = MARKS.get(call.func.id, 0) if isinstance(call.func, ast.Name) else 0
        said = [arg.value for arg in call.args[:wanted] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if wanted and len(said) == wanted:
            yield said[0] if wanted == 1 else (said[0], said[1])


def languages() -> list[Path]:
    """The .po file of each language."""
    return sorted(FOLDER.glob("*/LC_MESSAGES/console.po"))


def load(path: Path) -> Catalog:
    """A catalogue as it stands in its file."""
    with path.open("rb") as file:
        return read_po(file, locale=None if path == TEMPLATE else path.parts[-3])


def renew() -> None:
    """Write the template, and bring each language up to it: what is new is empty, what is gone is dropped."""
    template = extracted()
    _write(TEMPLATE, template)
    for path in languages():
        catalog = load(path)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        _write(path, catalog)


def compile_all() -> None:
    """Write each language's .mo beside its .po."""
    for path in languages():
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, load(path))


def _write(path: Path, catalog: Catalog) -> None:
    with path.open("wb") as file:
        write_po(file, catalog, width=120, omit_header=False, include_lineno=False, sort_output=False)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    renew()
    if sys.argv[1:] == ["compile"]:
        compile_all()
