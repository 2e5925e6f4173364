"""Policy: plain weights of a small network, from what a seller knows of a campaign to how its day is paced. numpy only.

A file is `BELLWETHER POLICY\\n`, the length of a JSON header (8 bytes, little end first), the header, and the weights
as 32-bit floats, little end first, one after the other as the header's shapes say. The header tells the format, the
layout of the observation, the seed and steps of training, the digest of the dynamics and the SHA-256 of the weights.
`BadPolicy` is raised, with one line, for a file that is cut, altered, of another version or none of ours.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rl.dynamics import Floats
from rl.promotions import LAYOUT, OBSERVED

MAGIC = b"BELLWETHER POLICY\n"
FORMAT = 1
MOST_HEADER = 1 << 16
ACTIONS = ("pace", "lean")

Single = NDArray[np.float32]


class BadPolicy(ValueError):
    """A file that no policy can be served from, or weights that do not fit together."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Layers of weights (in, out) and biases (out,); tanh between them, the last clipped to [-1, 1]."""

    layers: tuple[tuple[Single, Single], ...]
    seed: int
    steps: int
    dynamics: str
    """Digest of the dynamics it was trained on."""

    def __post_init__(self) -> None:
        width = len(OBSERVED)
        for weights, biases in self.layers:
            if weights.ndim != 2 or weights.shape[0] != width or biases.shape != weights.shape[1:]:
                raise BadPolicy(f"a layer of shape {weights.shape} with {biases.shape} behind {width} values")
            if not (np.isfinite(weights).all() and np.isfinite(biases).all()):
                raise BadPolicy("weights that are no finite numbers")
            width = weights.shape[1]
        if width != len(ACTIONS):
            raise BadPolicy(f"{width} actions, this version takes {len(ACTIONS)}: {', '.join(ACTIONS)}")

    def __call__(self, observed: Single) -> Floats:
        """From observations (E, 17) to actions (E, 2) in [-1, 1]."""
        values = np.asarray(observed, np.float32)
        for weights, biases in self.layers[:-1]:
            values = np.tanh(values @ weights + biases)
        weights, biases = self.layers[-1]
        return np.asarray(np.clip(values @ weights + biases, -1.0, 1.0), np.float64)

    @property
    def version(self) -> str:
        """What is logged with every choice: the first 12 digits of the weights' SHA-256."""
        return hashlib.sha256(_payload(self)).hexdigest()[:12]


def save_policy(policy: Policy, path: Path) -> None:
    """Writes a policy; a reader sees the old file or the new one, never half of it."""
    payload = _payload(policy)
    header = json.dumps(
        {
            "format": FORMAT,
            "layout": LAYOUT,
            "observed": OBSERVED,
            "shapes": [weights.shape for weights, _ in policy.layers],
            "seed": policy.seed,
            "steps": policy.steps,
            "dynamics": policy.dynamics,
            "sha256": hashlib.sha256(payload).hexdigest(),
        },
        sort_keys=True,
    ).encode()
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(MAGIC + struct.pack("<Q", len(header)) + header + payload)
    beside.replace(path)


def load_policy(path: Path) -> Policy:
    """Reads a policy; BadPolicy says what is wrong with a file, FileNotFoundError that there is none."""
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        raise BadPolicy(f"{path.name} is no policy: it does not begin as one")
    start = len(MAGIC) + 8
    size = struct.unpack("<Q", data[len(MAGIC) : start])[0] if len(data) >= start else MOST_HEADER + 1
    if size > MOST_HEADER or len(data) < start + size:
        raise BadPolicy(f"{path.name} is truncated: its header is cut")
    try:
        header = json.loads(data[start : start + size])
        _check_version(header, path.name)
        shapes = [(int(rows), int(columns)) for rows, columns in header["shapes"]]
        return Policy(
            _layers(data[start + size :], shapes, str(header["sha256"]), path.name),
            int(header["seed"]),
            int(header["steps"]),
            str(header["dynamics"]),
        )
    except BadPolicy:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise BadPolicy(f"{path.name} is no policy: its header is damaged ({error})") from error


def _check_version(header: Mapping[str, Any], name: str) -> None:
    if header["format"] != FORMAT:
        raise BadPolicy(f"{name} is of format {header['format']!r}, this version reads {FORMAT}: train it again")
    if header["layout"] != LAYOUT or tuple(header["observed"]) != OBSERVED:
        raise BadPolicy(f"{name} observes layout {header['layout']!r}, this version {LAYOUT}: train it again")


def _layers(payload: bytes, shapes: list[tuple[int, int]], digest: str, name: str) -> tuple[tuple[Single, Single], ...]:
    needed = 4 * sum(rows * columns + columns for rows, columns in shapes)
    if len(payload) != needed:
        raise BadPolicy(f"{name} is truncated or too long: {len(payload)} bytes of weights, {needed} are needed")
    if hashlib.sha256(payload).hexdigest() != digest:
        raise BadPolicy(f"{name} is damaged: its weights are not those that were written")
    values, layers, at = np.frombuffer(payload, "<f4").astype(np.float32), [], 0
    for rows, columns in shapes:
        edge = at + rows * columns
        layers.append((values[at:edge].reshape(rows, columns), values[edge : edge + columns]))
        at = edge + columns
    return tuple(layers)


def _payload(policy: Policy) -> bytes:
    return b"".join(part.astype("<f4").tobytes() for layer in policy.layers for part in layer)
