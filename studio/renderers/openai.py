"""OpenAI: pictures over the network, where this machine has no accelerator or its own renderer is down.

Such a picture is paid for, knows no seed (the same brief gives another picture each time) and sees no references: the
style is in the words alone. What comes back is bounded and checked before any of it is used, and what the server says
on failure is not repeated: it could carry a key.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from io import BytesIO
from math import log
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2
from openai import APIStatusError, APITimeoutError, OpenAI, OpenAIError
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from studio.drawing import Brief, Drawing, Size
from studio.errors import Failed, NotConfigured, RendererDown, StudioError

VERSION = "1"
URL = "https://api.openai.com/v1"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
REPLY_BYTES = 48 << 20
"""Of a reply: three times the largest PNG of these sizes, in base64."""
LONGEST_WAIT_S = 600.0
UNSAFE = frozenset({"moderation_blocked", "content_policy_violation"})
"""What an error is called when the content is refused."""
FIXED = ((1024, 1024), (1536, 1024), (1024, 1536))
STEP, LEAST_PX, MOST_PX, WIDEST = 16, 1_000_000, 1_600_000, 3.0
"""Of free sizes: sides in steps of 16, from 1:3 to 3:1 (the API's specification 2.3.0); the area is ours."""

Quality = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class Model:
    """What a model takes and costs. A micro-USD a token is a US dollar a million tokens."""

    text_usd_per_million: float
    image_usd_per_million: float
    """Of the image that comes back; none is sent."""
    free_sizes: bool
    known_on: date
    source: str

    def micro_usd(self, text_tokens: int, image_tokens: int) -> int:
        """What one picture costs, rounded up."""
        exact = text_tokens * self.text_usd_per_million + image_tokens * self.image_usd_per_million
        return int(exact) + (exact > int(exact))


_SITE = "https://developers.openai.com/api/docs/models/"
_RESOLD = "https://docs.apiyi.com/en/live/2026-11/gpt-image-2-6-launch.md"
"""A reseller's page, which states OpenAI's own price."""
MODELS: Mapping[str, Model] = {
    "gpt-image-2.6-sunburst": Model(5, 30, True, date(2026, 11, 21), _SITE + "gpt-image-2.6-sunburst"),
    "gpt-image-2.6-flare": Model(5, 30, True, date(2026, 11, 5), _RESOLD),
    # Shut down at OpenAI on 2026-10-23; servers that speak its API still take the name.
    "gpt-image-1": Model(5, 40, False, date(2026, 11, 21), _SITE + "gpt-image-1"),
}
DEFAULT = "gpt-image-2.6-sunburst"
DEAREST = max(MODELS.values(), key=lambda model: model.image_usd_per_million)
"""What a model costs that is not in the table: the cautious side."""
MOST_TOKENS = 6240
"""Of the dearest picture of the fixed sizes (1024 x 1536, high); assumed where a reply counts none."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Picture(_Part):
    b64_json: str = Field(min_length=1)


class _Usage(_Part):
    input_tokens: int = Field(ge=0, le=1_000_000)
    output_tokens: int = Field(ge=0, le=1_000_000)


class _Reply(_Part):
    data: list[_Picture] = Field(min_length=1)
    usage: _Usage | None = None


class OpenAIImages:
    """Draws briefs by OpenAI's images API, or by a server that speaks it."""

    name = "openai"
    at_once = 1

    def __init__(
        self,
        key: SecretStr,
        model: str = DEFAULT,
        quality: Quality = "medium",
        base_url: str = URL,
        timeout_s: float = 120.0,
    ) -> None:
        """`timeout_s` is for a whole picture. NotConfigured where the key is empty."""
        if not key.get_secret_value().strip():
            raise NotConfigured("renderer openai has no key: set OPENAI_API_KEY")
        self._key = key
        self._model = model
        self._quality = quality
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._busy_until = 0.0

    def __repr__(self) -> str:
        return f"OpenAIImages({self._model!r}, {urlsplit(self._base_url).hostname!r})"

    @property
    def version(self) -> str:
        """Of this code, the SDK, the model and what it is asked for."""
        return f"{VERSION} openai {version('openai')} {self._model} {self._quality}"

    def close(self) -> None:
        """Closes its connections."""
        if "_client" in vars(self):
            self._client.close()

    def draw(self, briefs: Sequence[Brief]) -> list[Drawing | Exception]:
        """One picture after the other; what is refused stands in the place of its picture.

        Raises RendererDown where the server answered none of them, NotConfigured where it refused the key or the model.
        """
        results: list[Drawing | Exception] = [self._attempt(brief) for brief in briefs]
        barred = [result for result in results if isinstance(result, RendererDown | NotConfigured)]
        if barred and len(barred) == len(results):
            raise barred[0]
        return results

    def _attempt(self, brief: Brief) -> Drawing | StudioError:
        try:
            return self._draw(brief)
        except StudioError as fault:
            return fault

    def _draw(self, brief: Brief) -> Drawing:
        size = asked_size(brief.size, self._price.free_sizes)
        reply = _read(self._ask(brief, size))
        picture = _opened(reply.data[0].b64_json, size)
        if all(low == high for low, high in picture.getextrema()):  # type: ignore[misc]
            raise Failed("artefacts", "renderer openai: the picture is one flat colour")
        made = self._made_with(brief, size, reply.usage)
        return Drawing(placed(picture, brief.size), None, self.name, self.version, brief.seed, made)

    def _ask(self, brief: Brief, size: tuple[int, int]) -> bytes:
        """The body of the reply; every fault as one of the studio's, without what the server said."""
        wait_s = self._busy_until - time.monotonic()
        if wait_s > 0:
            raise RendererDown(f"renderer openai is busy: it asked to wait, {wait_s:.0f} s are left")
        try:
            reply = self._client.images.with_raw_response.generate(
                model=self._model,
                prompt=_prompt(brief),
                n=1,
                size=f"{size[0]}x{size[1]}",
                quality=self._quality,
                background="transparent",
                output_format="png",
                extra_headers={"Idempotency-Key": self._key_of(brief)},
            )
        except (APITimeoutError, TooLate):
            raise RendererDown(f"renderer openai: no picture within {self._timeout_s:g} s") from None
        except TooLong:
            raise RendererDown(f"renderer openai: the reply is longer than {REPLY_BYTES} bytes") from None
        except APIStatusError as fault:
            raise self._refusal(fault) from None
        except (OpenAIError, httpx2.HTTPError, httpx2.InvalidURL):
            raise RendererDown("renderer openai: no connection, or it broke off") from None
        return reply.http_response.content

    def _refusal(self, fault: APIStatusError) -> StudioError:
        status, code = fault.status_code, fault.code
        if code in UNSAFE:
            return Failed("unsafe", f"renderer openai refused the content ({code})")
        if status == 429 or (status == 503 and "retry-after" in fault.response.headers):
            wait_s = wait_of(fault.response.headers.get("retry-after"))
            self._busy_until = time.monotonic() + wait_s
            quota = ": the account's quota is used up" if code == "insufficient_quota" else ""
            return RendererDown(f"renderer openai is busy ({status}{quota}); it asks to wait {wait_s:.0f} s")
        if status >= 500 or status in (408, 409):
            return RendererDown(f"renderer openai failed ({status})")
        if status in (401, 403):
            return NotConfigured(f"renderer openai: the key was refused ({status}): look at OPENAI_API_KEY")
        if status == 404:
            return NotConfigured(
                f"renderer openai: there is no model {self._model!r} ({status}): look at BELLWETHER_OPENAI_IMAGE_MODEL"
            )
        return Failed("renderer", f"renderer openai refused the request ({status})")

    @property
    def _price(self) -> Model:
        return MODELS.get(self._model, DEAREST)

    @cached_property
    def _client(self) -> OpenAI:
        # Loopback traffic never goes through a proxy that the environment names for the outside.
        outside = urlsplit(self._base_url).hostname not in LOOPBACK
        http = httpx2.Client(timeout=self._timeout_s, trust_env=outside, event_hooks={"response": [self._bound]})
        client = OpenAI(
            api_key=self._key.get_secret_value(),
            base_url=self._base_url,
            max_retries=0,
            http_client=http,
            default_headers={"Accept-Encoding": "identity"},
        )
        # The SDK takes these from the environment; a key that was given belongs to no other account.
        client.organization = client.project = None
        return client

    def _bound(self, reply: httpx2.Response) -> None:
        if reply.headers.get("content-encoding", "identity") != "identity":
            raise TooLong
        reply.stream = _Bounded(reply.stream, time.monotonic() + self._timeout_s)

    def _key_of(self, brief: Brief) -> str:
        """The same attempt at the same brief is charged once, however often it is sent."""
        told = (self.version, brief.row.id, brief.prompt, brief.negative, brief.seed, brief.size, brief.knobs)
        return sha256(repr(told).encode()).hexdigest()

    def _made_with(self, brief: Brief, size: tuple[int, int], usage: _Usage | None) -> dict[str, Any]:
        price = self._price
        tokens = (usage.input_tokens, usage.output_tokens) if usage else (len(_prompt(brief)), MOST_TOKENS)
        return {
            "model": self._model,
            "licence": "OpenAI's terms of use: output is the customer's",
            "quality": self._quality,
            "native": list(size),
            "prompt": _prompt(brief),
            "seeded": False,
            "cost_micro_usd": price.micro_usd(*tokens),
            "cost_counted": usage is not None,
            "price_known_on": price.known_on.isoformat(),
            "price_source": price.source,
        }


class TooLong(Exception):
    """A reply that is longer than any picture, or packed so that its length cannot be told."""


class TooLate(Exception):
    """A reply that drips: each piece in time, the whole not."""


class _Bounded(httpx2.SyncByteStream):
    """A reply's bytes, up to REPLY_BYTES of them and until its time is over."""

    def __init__(self, stream: httpx2.SyncByteStream | httpx2.AsyncByteStream, until: float) -> None:
        if not isinstance(stream, httpx2.SyncByteStream):
            raise TypeError("a synchronous client reads synchronous streams")
        self._stream = stream
        self._until = until

    def __iter__(self) -> Iterator[bytes]:
        left = REPLY_BYTES
        for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise TooLong
            if time.monotonic() > self._until:
                raise TooLate
            yield chunk

    def close(self) -> None:
        self._stream.close()


def asked_size(size: Size, free: bool) -> tuple[int, int]:
    """The size to ask for: of those that the model draws, the nearest in aspect, then the largest."""
    wanted = log(min(WIDEST, max(1 / WIDEST, size.width / size.height)))
    sizes = _free_sizes() if free else FIXED
    return min(sizes, key=lambda side: (round(abs(log(side[0] / side[1]) - wanted), 6), -side[0] * side[1]))


def _free_sizes() -> list[tuple[int, int]]:
    sides = range(STEP, 4096, STEP)
    return [
        (width, height)
        for width in sides
        for height in sides[LEAST_PX // width // STEP : MOST_PX // width // STEP]
        if 1 / WIDEST <= width / height <= WIDEST
    ]


def placed(picture: Image.Image, size: Size) -> Image.Image:
    """RGBA of exactly the size: the whole picture, enlarged and centred on nothing."""
    scale = min(size.width / picture.width, size.height / picture.height)
    inner = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    # Weighted by their alpha, pixels that cannot be seen lend their colour to no edge.
    grown = picture.convert("RGBa").resize(inner, Image.Resampling.LANCZOS).convert("RGBA")
    if inner == (size.width, size.height):
        return grown
    sheet = Image.new("RGBA", (size.width, size.height))
    sheet.paste(grown, ((size.width - inner[0]) // 2, (size.height - inner[1]) // 2))
    return sheet


def wait_of(stated: str | None, now: datetime | None = None) -> float:
    """Seconds that a `retry-after` asks for, as seconds or as a date; 1 where it says nothing, at most ten minutes."""
    try:
        wait_s = float(stated or 1)
    except ValueError:
        try:
            then = parsedate_to_datetime(stated or "")
        except ValueError:
            return 1.0
        wait_s = (then.replace(tzinfo=then.tzinfo or UTC) - (now or datetime.now(UTC))).total_seconds()
    return min(LONGEST_WAIT_S, wait_s) if wait_s > 0 else 0.0


def _prompt(brief: Brief) -> str:
    """What is asked; these models take no negative prompt, so it is said."""
    return f"{brief.prompt}\n\nLeave out: {brief.negative}." if brief.negative else brief.prompt


def _read(content: bytes) -> _Reply:
    try:
        return _Reply.model_validate_json(content)
    except ValidationError:
        raise RendererDown("renderer openai: the reply holds no picture") from None


def _opened(packed: str, size: tuple[int, int]) -> Image.Image:
    """RGBA; its size is checked before a pixel is decoded."""
    try:
        picture = Image.open(BytesIO(base64.b64decode(packed, validate=True)), formats=("PNG",))
        if picture.size != size:
            raise RendererDown(f"renderer openai: asked for {size}, the picture has {picture.size}")
        return picture.convert("RGBA")
    except (binascii.Error, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise RendererDown("renderer openai: what came is no PNG, or a damaged one") from None
