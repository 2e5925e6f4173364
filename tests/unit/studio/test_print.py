"""The press file is read again by a reader of our own (TIFF 6.0) and, where they are installed, by others."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from PIL import Image, ImageDraw

from studio import ink
from studio.drawing import Drawing, Size
from studio.errors import Failed
from studio.print import Finished, finish, thumbnail

SIZE = Size(180, 216)
UNITS = {3: "H", 4: "I", 5: "II", 7: "B"}
FULL_DISK = """
import sys
from pathlib import Path
import numpy as np
from PIL import Image
from studio.drawing import Drawing, Size
from studio.errors import Failed
from studio.print import finish
noise = np.random.default_rng(0).integers(0, 256, (600, 500, 4), dtype=np.uint8)
drawing = Drawing(Image.fromarray(noise), None, "test", "1", 0, {})
try:
    finish(drawing, Path(sys.argv[1]) / "design", Size(500, 600))
except Failed as failed:
    print(failed.reason, failed, sorted(path.name for path in Path(sys.argv[1]).rglob("*")))
"""


def drawing(svg: bytes | None = None, size: Size = SIZE) -> Drawing:
    """Half-covered edges, pure black, a dark picture of all hues, and a transparent margin."""
    image = Image.new("RGBA", (size.width, size.height))
    dark = np.random.default_rng(2).integers(0, 30, (60, 60, 3), dtype=np.uint8)
    image.paste(Image.fromarray(dark), (20, 20))
    draw = ImageDraw.Draw(image)
    draw.rectangle((90, 20, 150, 80), fill=(0, 0, 0, 255))
    draw.ellipse((40, 100, 140, 200), fill=(200, 40, 30, 255))
    draw.rectangle((20, 100, 30, 110), fill=(0, 0, 0, 128))
    return Drawing(image, svg, "test", "1", 7, {})


@pytest.fixture
def finished(tmp_path: Path) -> Finished:
    return finish(drawing(b"<svg/>"), tmp_path, SIZE)


def tiff(path: Path) -> dict[int, tuple[int, ...]]:
    """The tags of the first page, little-endian."""
    content = path.read_bytes()
    order, magic, start = struct.unpack("<2sHI", content[:8])
    assert (order, magic) == (b"II", 42)
    (count,) = struct.unpack_from("<H", content, start)
    tags = {}
    for at in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, many, where = struct.unpack_from("<HHII", content, at)
        if kind not in UNITS:
            continue
        form = f"<{many}" + UNITS[kind] if kind != 5 else f"<{2 * many}I"
        at_value = at + 8 if struct.calcsize(form) <= 4 else where
        tags[tag] = struct.unpack_from(form, content, at_value)
    return tags


def unpacked(packed: bytes) -> bytes:
    """LZW of TIFF 6.0, section 13."""
    bits = int.from_bytes(packed, "big")
    left, width, out = len(packed) * 8, 9, bytearray()
    table: list[bytes] = []
    before = b""
    while True:
        left -= width
        code = bits >> left & (1 << width) - 1
        bits &= (1 << left) - 1
        if code == 257:
            return bytes(out)
        if code == 256:
            table, width, before = [bytes([value]) for value in range(256)] + [b"", b""], 9, b""
            continue
        word = table[code] if code < len(table) else before + before[:1]
        out += word
        if before:
            table.append(before + word[:1])
        before = word
        width = 9 + (len(table) >= 511) + (len(table) >= 1023) + (len(table) >= 2047)


def inks(path: Path) -> np.ndarray:
    """(h, w, 4) levels of ink, read without Pillow and without libtiff."""
    tags, content = tiff(path), path.read_bytes()
    strips = zip(tags[273], tags[279], strict=True)
    flat = b"".join(unpacked(content[start : start + length]) for start, length in strips)
    steps = np.frombuffer(flat, dtype=np.uint8).reshape(tags[257][0], tags[256][0], 4)
    return np.cumsum(steps, axis=1, dtype=np.uint8)


def chunks(path: Path) -> dict[bytes, bytes]:
    return chunks_of(path.read_bytes())


def chunks_of(content: bytes) -> dict[bytes, bytes]:
    at, found = 8, dict[bytes, bytes]()
    while at < len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        assert crc32(content[at + 4 : at + 8 + length]) == int.from_bytes(content[at + 8 + length : at + 12 + length])
        found[name] = found.get(name, b"") + content[at + 8 : at + 8 + length]
        at += 12 + length
    return found


def asked(program: str, *words: str) -> bytes:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    return subprocess.run([program, *words], capture_output=True, check=True, timeout=60).stdout


def test_the_print_file_has_the_exact_pixels_their_alpha_and_300_dpi(finished):
    found = chunks(finished.files["print"].path)
    assert struct.unpack(">IIBB", found[b"IHDR"][:10]) == (180, 216, 8, 6)
    across, down, unit = struct.unpack(">IIB", found[b"pHYs"])
    assert unit == 1
    assert across == down == round(300 / 0.0254)
    assert found[b"sRGB"] == b"\0"
    assert len(zlib.decompress(found[b"IDAT"])) == 216 * (180 * 4 + 1)


def test_the_press_file_is_cmyk_of_the_same_size_at_300_dpi_with_the_profile(finished):
    tags = tiff(finished.files["press"].path)
    assert (tags[256], tags[257]) == ((180,), (216,))
    assert (tags[262], tags[277], tags[258]) == ((5,), (4,), (8, 8, 8, 8))
    assert tags[296] == (2,)
    assert Fraction(*tags[282]) == Fraction(*tags[283]) == 300
    assert bytes(tags[34675]) == ink.profile_bytes()


def test_no_pixel_of_the_press_file_has_more_than_300_percent_of_ink(finished):
    sums = inks(finished.files["press"].path).astype(int).sum(axis=-1)
    assert sums.max() <= 765
    assert finished.max_ink == pytest.approx(sums.max() / 2.55)
    assert sums.max() > 700


def test_what_is_transparent_prints_as_paper_and_what_is_half_so_prints_paler(finished):
    read = inks(finished.files["press"].path)
    assert read[2, 2].tolist() == [0, 0, 0, 0]
    assert 0 < read[105, 25].astype(int).sum() < read[50, 120].astype(int).sum()


def test_imagemagick_reads_the_same_press_file(finished):
    path = finished.files["press"].path
    told = asked("identify", "-units", "PixelsPerInch", "-format", "%w %h %x %[colorspace] %[profile:icc]", str(path))
    assert told.decode() == f"180 216 300 CMYK {ink.PROFILE_NAME}"
    raw = asked("convert", str(path), "-depth", "8", "cmyk:-")
    assert (np.frombuffer(raw, dtype=np.uint8).reshape(216, 180, 4) == inks(path)).all()


def test_imagemagick_reads_the_same_print_file(finished):
    raw = asked("convert", str(finished.files["print"].path), "-depth", "8", "rgba:-")
    read = np.frombuffer(raw, dtype=np.uint8).reshape(216, 180, 4)
    given = np.asarray(drawing().image)
    assert (read[..., 3] == given[..., 3]).all()
    assert (read[given[..., 3] > 0] == given[given[..., 3] > 0]).all()


def test_what_was_packed_by_the_renderer_is_the_print_file_with_its_resolution_and_reads_the_same(tmp_path):
    given = drawing()
    packed = BytesIO()
    given.image.save(packed, "PNG", compress_level=9)
    done = finish(replace(given, packed=packed.getvalue()), tmp_path, SIZE)
    path = done.files["print"].path
    found = chunks(path)
    assert found[b"IDAT"] == chunks_of(packed.getvalue())[b"IDAT"]
    assert (found[b"sRGB"], found[b"pHYs"]) == (b"\0", struct.pack(">IIB", 11811, 11811, 1))
    assert (np.asarray(Image.open(path)) == np.asarray(given.image)).all()
    told = asked("identify", "-units", "PixelsPerInch", "-format", "%w %h %x %[channels]", str(path)).decode()
    assert told.startswith("180 216 300 srgba")


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA"])
def test_what_was_packed_in_another_form_or_of_another_picture_is_packed_anew(tmp_path, mode):
    other = BytesIO()
    image = drawing().image if mode != "RGBA" else Image.new("RGBA", (179, 216))
    image.convert(mode).save(other, "PNG")
    done = finish(replace(drawing(), packed=other.getvalue()), tmp_path, SIZE)
    assert (np.asarray(Image.open(done.files["print"].path)) == np.asarray(drawing().image)).all()


def test_a_picture_that_was_cut_is_not_printed_as_it_was_packed(tmp_path):
    image, packed = Image.new("RGBA", (180, 216), "#dfe6ee"), BytesIO()
    ImageDraw.Draw(image).ellipse((40, 60, 140, 160), fill="#a02020")
    image.save(packed, "PNG")
    done = finish(Drawing(image, None, "test", "1", 7, {}, packed.getvalue()), tmp_path, SIZE)
    assert Image.open(done.files["print"].path).getpixel((3, 3)) == (0, 0, 0, 0)


def test_exiftool_finds_the_profile_and_the_resolution(finished):
    (told,) = json.loads(asked("exiftool", "-j", "-n", str(finished.files["press"].path)))
    assert (told["XResolution"], told["ResolutionUnit"], told["PhotometricInterpretation"]) == (300, 2, 5)
    assert told["ProfileDescription"] == ink.PROFILE_NAME


def test_every_file_has_its_hash_and_its_length(finished, tmp_path):
    assert set(finished.files) == {"print", "press", "thumb", "vectors"}
    for file in finished.files.values():
        assert file.path.parent == tmp_path
        assert file.sha256 == hashlib.sha256(file.path.read_bytes()).hexdigest()
        assert file.bytes == file.path.stat().st_size


def test_the_same_drawing_gives_the_same_bytes(finished, tmp_path):
    again = finish(drawing(b"<svg/>"), tmp_path / "again", SIZE)
    assert {kind: file.sha256 for kind, file in again.files.items()} == {
        kind: file.sha256 for kind, file in finished.files.items()
    }


def test_a_drawing_without_vectors_has_three_files(tmp_path):
    finish(drawing(), tmp_path, SIZE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["press.tif", "print.png", "thumb.png"]


def test_a_picture_on_a_plain_ground_is_printed_without_it(tmp_path):
    image = Image.new("RGBA", (180, 216), "#dfe6ee")
    ImageDraw.Draw(image).ellipse((40, 60, 140, 160), fill="#a02020")
    done = finish(Drawing(image, None, "test", "1", 7, {}), tmp_path, SIZE)
    assert done.background == "removed: plain ground"
    assert inks(done.files["press"].path)[3, 3].tolist() == [0, 0, 0, 0]


def test_an_empty_drawing_is_written_as_paper(tmp_path):
    done = finish(Drawing(Image.new("RGBA", (180, 216)), None, "test", "1", 7, {}), tmp_path, SIZE)
    assert done.max_ink == 0


def test_a_drawing_of_another_size_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(Failed, match="drawn 180 x 216, asked for 4500 x 5400 px") as refused:
        finish(drawing(), tmp_path, Size())
    assert refused.value.reason == "size"
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_a_typed_failure_and_leaves_no_half_file(tmp_path):
    mount = f"mount -t tmpfs -o size=600k none {tmp_path}"
    script = f'{mount} && exec {sys.executable} -c "$0" {tmp_path}'
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, FULL_DISK],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        timeout=60,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("no disk of our own can be made here")
    assert done.stdout.startswith("disk the disk is full"), done.stderr
    assert done.stdout.endswith("['design']\n")


def test_a_thumbnail_is_256_on_its_longer_side_and_keeps_the_alpha(finished):
    found = chunks(finished.files["thumb"].path)
    assert struct.unpack(">IIBB", found[b"IHDR"][:10]) == (213, 256, 8, 6)


def test_the_thumbnail_of_a_large_image_looks_as_if_no_pixel_was_skipped():
    large = drawing(size=SIZE).image.resize((4500, 5400), Image.Resampling.BICUBIC)
    quick, slow = thumbnail(large), large.resize((213, 256), Image.Resampling.LANCZOS)
    apart = np.abs(np.asarray(quick.convert("RGBa"), dtype=int) - np.asarray(slow.convert("RGBa"), dtype=int))
    assert apart.mean() < 1
