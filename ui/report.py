"""Report: a page written as one HTML file that asks nothing of any server.

Everything from outside is escaped by the template; the content security policy allows this file's own style (by its
hash) and nothing else: no script, no image, no font, no request.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ui.page import Page

TEMPLATES = Path(__file__).resolve().parent / "templates"


def render(page: Page) -> str:
    """The page as HTML; the same page gives the same bytes."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = environment.get_template("report.html.j2")
    own_style = Markup(style)  # noqa: S704 - our own file, not input
    return template.render(page=page, style=own_style, style_hash=f"sha256-{digest}")


def write(page: Page, path: Path) -> Path:
    """The page written to a file, its folder made if absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(page), encoding="utf-8")
    return path
