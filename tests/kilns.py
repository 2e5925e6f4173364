"""What the tests of the kiln and of batches have done in other processes: one function for each way it can end."""

from __future__ import annotations

import os
import time

from studio.errors import Failed, RendererDown


def double(given: int) -> int:
    return given * 2


def hang(given: float) -> None:
    time.sleep(given)


def die(given: int) -> None:
    os._exit(given)


def refuse(given: str) -> None:
    raise Failed("text", given)


def be_down(given: str) -> None:
    raise RendererDown(given)


def break_down(given: str) -> None:
    raise ZeroDivisionError(given)


def own_id(_: object) -> int:
    return os.getpid()
