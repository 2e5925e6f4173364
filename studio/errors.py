"""What can go wrong in the studio; one type per reaction.

StudioError
|- BadBatch         a batch file or its settings cannot be used at all: mend it, the message says where
|- BadReference     an image cannot be a style reference: choose another
|- NotConfigured    a renderer, a descriptor or a face lacks its weights, its key or its package: the message names it
|- RendererDown     the renderer does not answer now: the row waits, or another renderer takes it
`- Failed           this row cannot be made: a dead letter with its reason (`Reason`)
"""

from __future__ import annotations

from typing import Literal, get_args

Reason = Literal[
    "style", "prompt", "size", "artefacts", "text", "unsafe", "timeout", "renderer", "disk", "reference", "cancelled"
]
"""Why a row is a dead letter."""
REASONS: tuple[str, ...] = get_args(Reason)


class StudioError(Exception):
    """Anything the studio raises on purpose; the message names the value and the way out."""


class BadBatch(StudioError):
    """The file is no batch: its columns, its size, its encoding."""


class BadReference(StudioError):
    """The image is no style reference: not an image, damaged, too small, too large, animated."""


class NotConfigured(StudioError):
    """Something that was asked for is not installed or has no key."""


class RendererDown(StudioError):
    """Waiting may help: a time-out, a refused connection, a full device."""


class Failed(StudioError):
    """Waiting does not help: this row, as it is, cannot be made."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason
