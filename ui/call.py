"""Call: what every command shares: which database, whether the answer is JSON, and how a fault is told.

Standard output carries the answer and nothing else; progress and faults go to standard error. `Fault` is the one error
that a door raises on purpose: bad usage, exit code 2, one clear line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from graphs.settings import Settings

PIPE_WIDTH = 180
"""Columns where nobody's terminal says: wide enough that a table's rows stay on one line each."""
SAMPLE_DATABASE = "bellwether_sample"
SAMPLE_LABEL = "SAMPLE DATA: our own counts from 2017 with illustrative prices. Not market advice."


class Fault(Exception):
    """Something the caller can mend: one line, exit code 2."""


class Broken(Exception):
    """Something failed that is not the caller's doing: one line, exit code 1."""


@dataclass
class Call:
    """One call of the command line."""

    sample: bool = False
    as_json: bool = False

    @cached_property
    def settings(self) -> Settings:
        """The settings; for the sample its own database on the embedded server, whatever DATABASE_URL says."""
        from pydantic import ValidationError
        from pydantic_settings import SettingsError

        from graphs.settings import Settings

        try:
            if self.sample:
                return Settings(database=SAMPLE_DATABASE, database_url=None, redis_url=None)
            return Settings()
        except ValidationError as error:
            raise Fault(_setting_line(error)) from None
        except SettingsError as error:
            raise Fault(f"a setting is no JSON: {error}") from None

    @cached_property
    def console(self) -> Console:
        """Where tables go."""
        from rich.console import Console

        return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)

    @cached_property
    def aside(self) -> Console:
        """Where progress and remarks go: standard error, so that a pipe carries only the answer."""
        from rich.console import Console

        return Console(stderr=True, highlight=False)

    def answer(self, body: Mapping[str, Any], draw: Callable[[Console], None]) -> None:
        """Print one JSON object, or draw the same for people. Both are labelled where the data is the sample."""
        if self.as_json:
            import orjson

            labelled = {"sample": self.sample, **({"label": SAMPLE_LABEL} if self.sample else {}), **body}
            options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
            sys.stdout.buffer.write(orjson.dumps(labelled, default=str, option=options) + b"\n")
            sys.stdout.flush()
            return
        if self.sample:
            self.console.print(SAMPLE_LABEL, style="black on yellow", markup=False)
        draw(self.console)


SECRET = ("key", "url", "secret", "token", "login", "shops")
"""Parts of names of settings whose values are told to nobody."""


def _setting_line(error: Any) -> str:
    """What pydantic found, on one line: key, value and what is allowed."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "settings"
    secret = any(part in key.lower() for part in SECRET)
    value = "" if secret else f" = {first.get('input')!r}"
    return f"setting {key}{value}: {first['msg']}"
