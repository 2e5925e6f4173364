"""Rows: a batch as a seller has it, read from CSV; what cannot be used is told row by row and the rest goes on.

    bytes -> text (UTF-8, UTF-16, Windows-1252) -> records -> headings -> Row | Refused

Headings stand in any order and in any case, under the names that sellers give them (`NAMES`); a column without one of
these names is left out and named. Rows are counted as a spreadsheet counts them: the headings are row 1, an empty row
counts. White space inside a cell becomes one space and characters that nobody sees are taken out. Nothing of a cell is
ever run: a formula is a text like another, and `neutral` keeps it one in every CSV that is written.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from studio.drawing import Row
from studio.errors import BadBatch
from studio.records import Record, Torn, decoded, records_of
from trends.normalize import clean, is_nsfw
from trends.product import FORMATS

Cell = str | int | float

NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "sku", "row id", "design id", "item id", "product id", "variant sku", "handle", "no", "nr", "number"),
    "text": ("text", "slogan", "phrase", "quote", "saying", "design text", "title", "name", "headline", "idea"),
    "keyword": ("keyword", "keywords", "topic", "theme", "subject", "motif"),
    "hook": ("hook", "subtitle", "subtext", "tagline", "year", "place", "second line", "footer"),
    "audience": ("audience", "niche", "target", "target audience", "for", "customer"),
    "product_format": ("product", "format", "product format", "product type", "type", "item", "garment"),
    "prompt": ("prompt", "image prompt", "instructions", "description", "art direction", "style notes"),
    "seed": ("seed", "random seed"),
    "priority": ("priority", "rank", "urgency"),
}
"""What a column may be called, by the field it fills; where two columns fill one field the earlier name is taken."""

MOST_CHARS: Mapping[str, int] = {
    "id": 80,
    "text": 600,
    "keyword": 120,
    "hook": 120,
    "audience": 120,
    "product_format": 60,
    "prompt": 2_000,
    "seed": 20,
    "priority": 20,
}
"""Characters of a cell; a row with a longer one is refused."""

PRODUCTS: Mapping[str, str] = {
    "t shirt": "shirt", "tshirt": "shirt", "tee": "shirt", "unisex tee": "shirt", "unisex t shirt": "shirt",
    "apparel": "shirt", "sweatshirt": "hoodie", "sweater": "hoodie", "coffee mug": "mug", "cup": "mug",
    "print": "poster", "art print": "poster", "wall art": "poster", "canvas": "poster", "tote bag": "tote",
    "bag": "tote", "decal": "sticker", "cushion": "pillow", "throw pillow": "pillow", "case": "phone_case",
    "iphone case": "phone_case", "cap": "hat", "journal": "notebook", "throw": "blanket",
    "throw blanket": "blanket",
}  # fmt: skip
"""What sellers call the formats, beside their own names and plurals."""

PRIORITIES: Mapping[str, int] = {"urgent": 100, "high": 10, "normal": 0, "medium": 0, "low": -10}
MOST_PRIORITY = 1_000
MOST_SEED = 2**32 - 1
MOST_BYTES = 4_000_000
MOST_LINES = 50_000
"""A file with more is not read at all: it would be counted for seconds, and refused."""
_WORDS = re.compile(r"[\W_]+")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
_LOST = "\ufffd"


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be used, and why, in one line."""

    line: int
    """Its number as a spreadsheet shows it: the headings are row 1."""
    id: str
    why: str

    def __str__(self) -> str:
        return f"row {self.line}{f' ({self.id})' if self.id else ''}: {self.why}"


@dataclass(frozen=True, slots=True)
class Rows:
    """What a file holds; every row that is not empty is either good or refused."""

    good: tuple[Row, ...]
    refused: tuple[Refused, ...] = ()
    ignored: tuple[str, ...] = ()
    """Headings that fill nothing, each with the one that was probably meant."""


class _Bad(ValueError):
    """Why one row cannot be used."""


def read_rows(content: bytes, where: str, limits: tuple[int, int] = (1, 500)) -> Rows:
    """The rows of a CSV. `where` names the file in messages; `limits` are the fewest and the most rows of a batch.

    BadBatch where nothing can be used: no CSV, wrong headings, too few or too many rows, every row refused.
    """
    if len(content) > MOST_BYTES:
        raise BadBatch(f"{where} has {len(content):,} bytes; a batch has at most {MOST_BYTES:,}: split it")
    text = decoded(content, where)
    if (lines := text.count("\n")) > MOST_LINES:
        raise BadBatch(f"{where} has {lines:,} lines; a batch has at most {limits[1]:,} rows: split it")
    records = records_of(text, _known)
    if not records:
        raise BadBatch(f"{where} is empty: it needs a row of headings ({_wanted()}) and a row for each design")
    columns, ignored = _columns(records[0], where)
    told = [record for record in records[1:] if isinstance(record, Torn) or any(map(str.strip, record.cells))]
    _count(len(told), where, limits)
    good, refused = _sorted_out(told, columns, len(_cells(records[0])))
    if not good:
        first = "; ".join(map(str, refused[:3]))
        raise BadBatch(f"{where}: none of its {len(told):,} rows can be used: {first}")
    return Rows(tuple(good), tuple(refused), ignored)


def row_of(cells: Mapping[str, str]) -> Row:
    """One row that somebody typed, by field, read as a file's are; BadBatch says why it cannot be used."""
    columns = {field: at for at, field in enumerate(cells)}
    try:
        return _row(Record(1, tuple(cells.values())), columns, len(cells))
    except _Bad as bad:
        raise BadBatch(f"no such design: {bad}") from None


def rows_of(given: Sequence[Mapping[str, Cell | None]], where: str, limits: tuple[int, int] = (1, 500)) -> Rows:
    """The same of rows that came as they are, by the names of the fields; `line` counts from 1, as does an id if none
    of them has one.

    BadBatch where none can be used, or there are too few or too many.
    """
    _count(len(given), where, limits)
    fields = [field for field in NAMES if any(row.get(field) not in (None, "") for row in given)]
    columns = {field: at for at, field in enumerate(fields)}
    records = [
        Record(line, tuple("" if (cell := row.get(field)) is None else str(cell) for field in fields))
        for line, row in enumerate(given, 1)
    ]
    good, refused = _sorted_out(records, columns, len(fields))
    if not good:
        raise BadBatch(f"{where}: none can be used: {'; '.join(map(str, refused[:3]))}")
    return Rows(tuple(good), tuple(refused))


def neutral(cell: Cell) -> Cell:
    """The cell as it may stand in a CSV: a text that a spreadsheet would take for a formula gets a `'` before it.

    After OWASP's "CSV Injection"; numbers stay numbers.
    """
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def csv_of(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV (RFC 4180, UTF-8) in which no cell is a formula and no text ends its own cell."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    for row in (headings, *rows):
        writer.writerow([neutral(_without_nul(cell)) for cell in row])
    return written.getvalue().encode("utf-8", "replace")


def _without_nul(cell: Cell) -> Cell:
    return cell.replace("\x00", "") if isinstance(cell, str) else cell


# Headings -----------------------------------------------------------------------------------------------------------


def _plain(name: str) -> str:
    """A heading as it is compared: "Product_Format " is "product format"."""
    return _WORDS.sub(" ", name.casefold()).strip()


_FIELD = {name: field for field, names in NAMES.items() for name in names}


def _known(name: str) -> bool:
    return _plain(name) in _FIELD


def _wanted() -> str:
    return "text or keyword; if you like id, hook, audience, product, prompt, seed, priority"


def _cells(record: Record | Torn) -> tuple[str, ...]:
    return () if isinstance(record, Torn) else record.cells


def _columns(record: Record | Torn, where: str) -> tuple[dict[str, int], tuple[str, ...]]:
    """Which column fills which field, and the headings that fill none. BadBatch where there is no text to draw."""
    if isinstance(record, Torn):
        raise BadBatch(f"{where}: its row of headings cannot be read: {record.why}")
    names = [_plain(name) for name in record.cells]
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise BadBatch(
            f"{where}: the heading {doubled[0]!r} stands {names.count(doubled[0])} times: rename all but one"
        )
    columns: dict[str, int] = {}
    for field, known in NAMES.items():
        found = [names.index(name) for name in known if name in names]
        if found:
            columns[field] = found[0]
    if "text" not in columns and "keyword" not in columns:
        raise BadBatch(_wrong_headings(record.cells, where))
    taken = set(columns.values())
    left = (name for at, name in enumerate(record.cells) if at not in taken and name.strip())
    return columns, tuple(_near(name) for name in left)


def _wrong_headings(there: Sequence[str], where: str) -> str:
    shown = ", ".join(repr(_short(name)) for name in there[:12]) + (", ..." if len(there) > 12 else "")
    guesses = [f"{_short(name)!r} is probably {close!r}" for name in there if (close := _meant(name))]
    told = f" ({'; '.join(guesses[:4])})" if guesses else ""
    return f"{where}: no heading says what to draw: there are {shown}{told}; wanted are {_wanted()}"


def _meant(name: str) -> str:
    """The known heading that is nearest in its letters; empty where none is near, or it is known itself."""
    plain = _plain(name)[:60]
    close = get_close_matches(plain, _FIELD, n=1, cutoff=0.75) if plain not in _FIELD else []
    return close[0] if close else ""


def _near(name: str) -> str:
    close = _meant(name)
    return f"{_short(name)} ({close}?)" if close else _short(name)


def _short(text: str) -> str:
    plain = clean(text)
    return plain if len(plain) <= 40 else f"{plain[:39]}…"


def _count(rows: int, where: str, limits: tuple[int, int]) -> None:
    fewest, most = limits
    if not rows:
        raise BadBatch(f"{where} has headings and no rows: a batch has {fewest} to {most:,}")
    if rows < fewest:
        raise BadBatch(f"{where} has {rows:,} rows; a batch has at least {fewest:,}")
    if rows > most:
        raise BadBatch(
            f"{where} has {rows:,} rows; a batch has at most {most:,}: split it into {-(-rows // most)} files"
        )


# Rows ---------------------------------------------------------------------------------------------------------------


def _sorted_out(
    records: Iterable[Record | Torn], columns: Mapping[str, int], wide: int
) -> tuple[list[Row], list[Refused]]:
    good: list[Row] = []
    refused: list[Refused] = []
    first: dict[str, int] = {}
    for record in records:
        name = _id(record, columns)
        try:
            row = _row(record, columns, wide)
            stands = first.setdefault(row.id.casefold(), record.line)
            if stands != record.line:
                raise _Bad(f"its id stands already in row {stands}: every row needs its own")
            good.append(row)
        except _Bad as bad:
            refused.append(Refused(record.line, _short(name), str(bad)))
    return good, refused


def _id(record: Record | Torn, columns: Mapping[str, int]) -> str:
    """What a row is called, as far as that can be read; the number of the row where there is no such column."""
    if "id" not in columns:
        return str(record.line)
    cells = _cells(record)
    return clean(cells[columns["id"]]) if columns["id"] < len(cells) else ""


def _row(record: Record | Torn, columns: Mapping[str, int], wide: int) -> Row:
    if isinstance(record, Torn):
        raise _Bad(record.why)
    cells = _told({field: cell for field, at in columns.items() if (cell := _cell(record.cells, at))}, record, wide)
    name, text = _id(record, columns), cells.get("text") or cells.get("keyword", "")
    if not name:
        raise _Bad("it has no id: every row needs its own")
    if not any(char.isalnum() for char in text):
        raise _Bad(
            "it has no text: a letter or a digit at least" if not text else "its text has no letter and no digit"
        )
    if any(map(is_nsfw, (text, *cells.values()))):
        raise _Bad("it names what no shop prints")
    return Row(
        id=name,
        text=text,
        keyword=cells.get("keyword", ""),
        hook=cells.get("hook", ""),
        audience=cells.get("audience", ""),
        product_format=_product(cells.get("product_format", "")),
        prompt=cells.get("prompt", ""),
        seed=_seed(cells.get("seed", "")),
        priority=_priority(cells.get("priority", "")),
    )


def _cell(cells: Sequence[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""


def _told(cells: Mapping[str, str], record: Record, wide: int) -> dict[str, str]:
    """The cells, cleaned. _Bad where one is damaged or too long, or there are more or fewer than headings."""
    if len(record.cells) != wide and (len(record.cells) < wide or any(map(str.strip, record.cells[wide:]))):
        raise _Bad(f"{len(record.cells)} cells under {wide} headings: put quotes around a text with commas or newlines")
    for field, cell in cells.items():
        name = "product" if field == "product_format" else field
        if "\x00" in cell or _LOST in cell:
            raise _Bad(f"its {name} has characters that were lost on the way (NUL or �): save the file as UTF-8 again")
        if len(cell) > MOST_CHARS[field]:
            raise _Bad(f"its {name} has {len(cell):,} characters; at most {MOST_CHARS[field]:,} can be used")
    return {field: clean(cell) for field, cell in cells.items()}


def _product(text: str) -> str:
    plain = _plain(text)
    forms = {plain, plain.removesuffix("s"), plain.removesuffix("es")}
    names = {one.replace("_", " "): one for one in FORMATS} | dict(PRODUCTS)
    found = next((names[form] for form in sorted(forms) if form in names), None)
    if not plain:
        return "shirt"
    if found is None:
        close = get_close_matches(plain, names, n=1)
        meant = f"; probably {names[close[0]]!r} is meant" if close else ""
        raise _Bad(f"its product {_short(text)!r} is none of {', '.join(FORMATS)}{meant}")
    return found


def _seed(text: str) -> int | None:
    seed = _whole(text, "seed")
    if seed is not None and not 0 <= seed <= MOST_SEED:
        raise _Bad(f"its seed {_short(text)} is not between 0 and {MOST_SEED:,}")
    return seed


def _priority(text: str) -> int:
    if (named := PRIORITIES.get(text.casefold())) is not None:
        return named
    priority = _whole(text, "priority") or 0
    if abs(priority) > MOST_PRIORITY:
        raise _Bad(f"its priority {_short(text)} is not between -{MOST_PRIORITY:,} and {MOST_PRIORITY:,}")
    return priority


def _whole(text: str, name: str) -> int | None:
    """A whole number; "12.0" is one, as spreadsheets write it. None where the cell is empty."""
    if not text:
        return None
    if not re.fullmatch(r"[+-]?[0-9]{1,18}(?:\.0+)?", text):
        raise _Bad(f"its {name} {_short(text)!r} is no whole number")
    return int(text.partition(".")[0])
