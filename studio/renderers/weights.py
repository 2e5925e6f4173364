"""Weights: where the parts of a picture model are, and which they are; nothing here loads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from studio.errors import NotConfigured

HUB = "hub:"
END_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Weights:
    """Where each part is: a path on this machine, or `hub:owner/name`; nothing is fetched for a path."""

    model: str
    """A folder in the layout of diffusers, base or fine-tuned."""
    lora: str = ""
    """A `.safetensors` file; on the hub `hub:owner/name/file.safetensors`."""
    ip_adapter: str = ""
    """A `.safetensors` file with its `image_encoder` folder beside it, as `sdxl_models` of h94/IP-Adapter has them."""
    controlnet: str = ""
    """A folder in the layout of diffusers, trained on edges (canny)."""
    licence: str = "not stated"
    """Of the weights; the manifest of a design shows it."""

    def places(self) -> Iterator[tuple[str, Place]]:
        """Name and place of each part that is given; NotConfigured at the first that is not there."""
        yield "model", find_folder("model", self.model)
        if self.lora:
            yield "lora", find_file("lora", self.lora)
        if self.ip_adapter:
            yield "ip_adapter", find_file("ip_adapter", self.ip_adapter)
        if self.controlnet:
            yield "controlnet", find_folder("controlnet", self.controlnet)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of weights, or one file of it: what diffusers is told."""

    where: str
    """A folder of this machine, or owner/name on the hub."""
    inside: str = ""
    """The folder within `where` that holds the file."""
    file: str = ""
    local: bool = True

    @property
    def name(self) -> str:
        """What a manifest may show: no folder of this machine."""
        return self.file or (Path(self.where).name if self.local else self.where)


def find_folder(part: str, told: str) -> Place:
    """The place of a whole model; NotConfigured where a path leads to no folder."""
    if told.startswith(HUB):
        return _on_hub(part, told, "hub:owner/name", names=2)
    path = Path(told).expanduser()
    if not path.is_dir():
        raise NotConfigured(f"weights of {part}: no folder {told!r}; it wants a path or hub:owner/name")
    return Place(str(path.resolve()))


def find_file(part: str, told: str) -> Place:
    """The place of a file of weights; NotConfigured where a path leads to no file."""
    if told.startswith(HUB):
        return _on_hub(part, told, "hub:owner/name/file.safetensors", names=3)
    path = Path(told).expanduser()
    if not path.is_file():
        raise NotConfigured(f"weights of {part}: no file {told!r}; it wants a path or hub:owner/name/file.safetensors")
    return Place(str(path.resolve().parent), file=path.name)


def _on_hub(part: str, told: str, wanted: str, names: int) -> Place:
    """Two names are a model; a third and more lead to a file in it."""
    parts = told.removeprefix(HUB).split("/")
    if not all(parts) or len(parts) < names or (names == 2 and len(parts) > 2):
        raise NotConfigured(f"weights of {part}: {told!r} is no address; it wants a path or {wanted}")
    owner, name, *rest = parts
    return Place(f"{owner}/{name}", "/".join(rest[:-1]), rest[-1] if rest else "", local=False)


def fingerprint(weights: Weights) -> str:
    """SHA-256 of what the weights are: name, size and both ends of every file, or the address on the hub.

    The ends stand for the whole: seven gigabytes take longer to read than a picture to draw.
    """
    digest = sha256()
    for part, place in weights.places():
        digest.update(f"{part}\0".encode())
        if not place.local:
            digest.update(f"{place.where}/{place.inside}/{place.file}".encode())
            continue
        for file in _files(place):
            digest.update(f"{file.relative_to(place.where)}\0{file.stat().st_size}\0".encode())
            digest.update(_ends(file))
    return digest.hexdigest()


def _files(place: Place) -> list[Path]:
    top = Path(place.where)
    return [top / place.file] if place.file else sorted(path for path in top.rglob("*") if path.is_file())


def _ends(file: Path) -> bytes:
    with file.open("rb") as opened:
        head = opened.read(END_BYTES)
        opened.seek(max(0, file.stat().st_size - END_BYTES))
        return head + opened.read(END_BYTES)
