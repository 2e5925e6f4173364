"""Wares: listings as the browser draws them: picture, title, price, how each stands and what to do next.

What goes over is a page of rows as words, colours and small pictures; `wares.js` sets the words as text, so nothing in
them acts. A row that stands already is not drawn anew, so a page that looks every two seconds does not flicker.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from store.decisions import Row
from store.listings import WAITING
from ui import wording
from ui.console import pictures
from ui.console.components import component as made
from ui.console.parts import GRAY, age
from ui.console.states import STATES, language_name, market_name, next_of, state_name
from ui.console.text import shortened
from ui.console.tiles import Marks, Turning, Wishes
from ui.console.words import _

MOST_TITLE, MOST_NEXT = 220, 320
ANSWERABLE = (*WAITING, "refused", "dead")
"""Statuses in which a person may say yes or no."""


@lru_cache
def component() -> Any:
    """The list, once a process."""
    return made("wares", __file__)


def draw(
    key: str, rows: Sequence[dict[str, object]], turning: Turning, marks: Marks, wishes: Wishes, choosing: bool
) -> None:
    """A page of listings; `choosing`: each that a person may answer has a box to tick."""
    words = {"all": _("All on this page"), "choose": _("Choose"), "back": _("Earlier page"), "on": _("Next page")}
    component()(
        key=key,
        data={
            "rows": list(rows),
            "pages": turning.told(),
            "words": words,
            "chosen": [row["id"] for row in rows if row["id"] in marks.chosen],
            "answered": marks.answered,
            "choosing": choosing,
        },
        on_opened_change=wishes.opened,
        on_chosen_change=wishes.chosen,
        on_turned_change=wishes.turned,
    )


def told(row: Row, blocking: Sequence[Row], folder: Path, now: datetime) -> dict[str, object]:
    """A listing as words, colours and a small picture."""
    return {
        "id": str(row["id"]),
        "title": shortened(row["title"] or row["key"], MOST_TITLE),
        "language": row["locale"],
        "price": "–" if row["price_cents"] is None else wording.money(row["price_cents"], row["currency"]),
        "where": f"{market_name(row['marketplace'])} · {language_name(row['locale'])}",
        "age": age(row["changed_at"], now),
        "status": state_name(row["status"]),
        "colour": STATES[row["status"]][1] if row["status"] in STATES else GRAY,
        "state": row["status"],
        "next": shortened(next_of(row, blocking), MOST_NEXT),
        "open": row["status"] in ANSWERABLE,
        "picture": pictures.inline(folder, row["thumb"]),
        "ground": pictures.ground(row["ground"]),
    }
