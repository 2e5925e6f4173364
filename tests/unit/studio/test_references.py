"""References: whatever is handed in, either an upright sRGB image comes out or one line that says what to mend."""

from __future__ import annotations

import struct
import time
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from studio.errors import BadReference
from studio.references import open_reference, open_references

RED = (200, 30, 40)


def _encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _plain(size: tuple[int, int] = (64, 48), colour: tuple[int, ...] = RED, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def _noise(seed: int = 7) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def _png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 100)
    chunks = b"".join(struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (body, data))
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"])
def test_every_kind_that_is_known_opens(kind: str) -> None:
    opened = open_reference(_encoded(_plain(), kind), "a.png")
    assert (opened.mode, opened.size) == ("RGB", (64, 48))
    assert np.allclose(opened.getpixel((10, 10)), RED, atol=6)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_file_that_is_cut_short_is_refused(kind: str, share: float) -> None:
    whole = _encoded(_noise(), kind)
    with pytest.raises(BadReference, match=r"^cut\.img: "):
        open_reference(whole[: int(len(whole) * share)], "cut.img")


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_what_is_animated_is_refused(kind: str) -> None:
    frames = [_plain(colour=(60 * n, 10, 10)) for n in range(3)]
    content = _encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(BadReference, match="animated"):
        open_reference(content, "loop.gif")


def test_several_pages_are_refused() -> None:
    with pytest.raises(BadReference, match="several pages"):
        open_reference(_encoded(_plain(), "TIFF", save_all=True, append_images=[_plain()]), "pages.tif")


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_converted(kind: str) -> None:
    opened = open_reference(_encoded(_plain(colour=(0, 255, 255, 0), mode="CMYK"), kind), "ink.jpg")
    red, green, blue = opened.getpixel((5, 5))
    assert opened.mode == "RGB"
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("size", [(1, 1), (31, 500), (500, 31)])
def test_what_is_too_small_is_refused_with_its_size(size: tuple[int, int]) -> None:
    with pytest.raises(BadReference, match=f"{size[0]} x {size[1]}.*32 px"):
        open_reference(_encoded(_plain(size)), "dot.png")


@pytest.mark.parametrize("size", [(30_000, 30_000), (9_000, 9_000), (11_000, 9_000), (1_200_000, 33)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    began = time.perf_counter()
    with pytest.raises(BadReference, match=r"megapixels|as long as wide"):
        open_reference(_png_header(*size), "bomb.png")
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"a,b"],
)
def test_what_is_no_image_is_refused(content: bytes) -> None:
    with pytest.raises(BadReference, match=r"^x: "):
        open_reference(content, "x")


def test_bytes_that_were_changed_give_an_image_or_a_refusal() -> None:
    rng = np.random.default_rng(7)
    wholes = [_encoded(_noise(), kind) for kind in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")]
    for whole in wholes:
        for _ in range(40):
            changed = bytearray(whole)
            for at in rng.integers(0, min(len(changed), 400), 3):
                changed[at] = rng.integers(0, 256)
            try:
                assert open_reference(bytes(changed), "changed").mode in ("RGB", "RGBA")
            except BadReference as refused:
                assert str(refused).startswith("changed: ")


def test_an_image_that_lies_on_its_side_is_turned() -> None:
    image = _plain((80, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    assert open_reference(_encoded(image, "JPEG", exif=exif), "phone.jpg").size == (40, 80)


def test_transparency_is_kept_and_nothing_but_transparency_refused() -> None:
    assert open_reference(_encoded(_plain(colour=(1, 2, 3, 90), mode="RGBA")), "a.png").mode == "RGBA"
    with pytest.raises(BadReference, match="transparent"):
        open_reference(_encoded(_plain(colour=(1, 2, 3, 0), mode="RGBA")), "a.png")


def test_palettes_and_deep_grey_become_rgb() -> None:
    assert open_reference(_encoded(_plain().quantize(8)), "p.png").getpixel((3, 3)) == RED
    deep = Image.fromarray(np.full((40, 40), 32768, dtype=np.uint16))
    assert open_reference(_encoded(deep), "deep.png").getpixel((3, 3)) == (128, 128, 128)


def test_an_embedded_profile_is_followed_and_a_broken_one_passed_over() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (profile, b"no profile at all"):
        opened = open_reference(_encoded(_plain(), icc_profile=icc), "a.png")
        assert np.allclose(opened.getpixel((3, 3)), RED, atol=2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty, 0 bytes"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "export it as PNG"),
    ],
    ids=["nothing", "vectors"],
)
def test_what_holds_no_pixels_is_refused_with_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(BadReference, match=said):
        open_reference(content, "a.png")


def test_one_flat_colour_is_no_style() -> None:
    with pytest.raises(BadReference, match=r"a\.png: one flat colour"):
        open_references([("a.png", _encoded(_plain()))])


def test_an_image_that_is_given_twice_is_refused_whatever_file_it_comes_in() -> None:
    files = [(f"a.{kind.lower()}", _encoded(_noise(), kind)) for kind in ("PNG", "BMP")]
    assert len(open_references(files[:1])) == 1
    with pytest.raises(BadReference, match=r"a\.bmp: shows the same as a\.png; give each image once"):
        open_references(files)
