"""What the tests of the kiln and of batches have done in other processes: one function for each way it can end.

`fire` draws for real, small and plain, and does what the text of the row says: "hang", "die", "die once", "down",
"down once", "noise", "miss twice", "miss", "unsafe", "full"; "spoil" breaks all that is drawn together with it.

`fire_moodily` is the product's own, with a renderer that may hang or give noise.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from PIL import Image

from graphs import firing
from graphs.firing import Kit, Order
from graphs.kiln import Answer, answered
from store.assets import Assets
from studio.drawing import Brief, Drawing
from studio.errors import Failed, NotConfigured, RendererDown
from studio.renderers.typographic import Typographic


def double(given: int) -> int:
    return given * 2


def hang(given: float) -> None:
    time.sleep(given)


def spell(given: float) -> tuple[float, float]:
    """From when to when it hung, by the clock that all processes of this machine share."""
    began = time.monotonic()
    time.sleep(given)
    return began, time.monotonic()


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


def version_of(asked: tuple[str, Kit]) -> str:
    if asked[0] == "openai":
        raise NotConfigured("openai has no key")
    return "1"


def fire(order: Order) -> dict[str, Any]:
    assets, text = Assets(Path(order.folder)), order.brief.row.text
    receipt = assets.receipt(order.key)
    if receipt is not None:
        return {**receipt, "drawn": False}
    with (Path(order.folder) / "drawn.txt").open("a") as log:
        log.write(f"{order.brief.row.id} {order.renderer} {order.brief.knobs.attempt}\n")
    _misbehave(text, order)
    misses = _misses(text, order.brief.knobs.attempt)
    bench = assets.bench()
    picture = bench / "print.png"
    Image.new("RGBA", (order.brief.size.width, order.brief.size.height), crc32(text.encode())).save(picture)
    fired = {
        "key": order.key, "renderer": order.renderer, "version": "1", "seed": order.brief.seed, "made_with": {},
        "prompt": order.brief.prompt, "negative": order.brief.negative,
        "checked": {"likeness": {"overall": 0.5 if misses else 0.9}, "misses": misses}, "passed": not misses,
        "drawn": True, "safety": {"state": "unsafe" if text == "unsafe" else "clear", "why": "bare", "score": 1.0},
        "seen": {"tags": [{"name": "plain", "confidence": 0.8}], "category": "quotes", "phash": 1}, "seconds": 0.01,
        "files": [],
    }  # fmt: skip
    if not misses:
        size = picture.stat().st_size
        digest = assets.adopt(picture)
        fired["files"] = [{"kind": "print", "sha256": digest, "media_type": "image/png", "bytes": size}]
        assets.write_receipt(order.key, fired)
    return fired


def at_once_of(asked: tuple[str, Kit]) -> int:
    """Pictures are drawn four together."""
    return 4 if asked[0] == "sdxl" else 1


def fire_all(orders: Sequence[Order]) -> list[Answer]:
    with (Path(orders[0].folder) / "together.txt").open("a") as log:
        log.write(" ".join(sorted(order.brief.row.id for order in orders)) + "\n")
    if any(order.brief.row.text == "spoil" for order in orders):
        raise ZeroDivisionError("all of them")
    return [answered(partial(fire, order)) for order in orders]


def slow_fire(order: Order) -> dict[str, Any]:
    time.sleep(0.2)
    return fire(order)


class Moody:
    """A renderer that hangs or gives noise where the row says so; else it letters."""

    name, version, at_once = "typographic", "1", 1

    def draw(self, briefs: Sequence[Brief]) -> list[Drawing | Exception]:
        return [self._drawn(brief) for brief in briefs]

    def _drawn(self, brief: Brief) -> Drawing | Exception:
        if brief.row.text == "It hangs":
            time.sleep(600)
        if brief.row.text == "It is noise":
            levels = np.random.default_rng(brief.seed).integers(0, 256, (brief.size.height, brief.size.width, 4))
            return Drawing(Image.fromarray(levels.astype(np.uint8)), None, self.name, self.version, brief.seed, {})
        return Typographic().drawn(brief)


def fire_moodily(order: Order) -> dict[str, Any]:
    """The product's own `fire` with that renderer."""
    firing.renderer_of = lambda *_: Moody()  # type: ignore[assignment]
    return firing.fire(order)


def _misbehave(text: str, order: Order) -> None:
    first = text.endswith(" once") and _is_first(order)
    if text == "hang":
        time.sleep(60)
    if text == "die" or (text == "die once" and first):
        os._exit(9)
    if (text == "down" and order.renderer == "typographic") or (text == "down once" and first):
        raise RendererDown("no device")
    if text == "full":
        raise Failed("disk", "no room")


def _is_first(order: Order) -> bool:
    mark = Path(order.folder) / f"first {order.brief.row.id}"
    if mark.exists():
        return False
    mark.touch()
    return True


def _misses(text: str, attempt: int) -> list[dict[str, Any]]:
    if text == "noise":
        return [{"kind": "noise", "why": "every pixel is random"}]
    if text == "miss" or (text == "miss twice" and attempt < 2):
        return [{"kind": "style", "why": "style .50 < .85"}]
    return []
