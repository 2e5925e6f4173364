from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from studio.background import cut_out

SIZE = (360, 432)
GROUND = (200, 215, 235)
RED = (190, 30, 40)


def picture(
    ground: np.ndarray | None = None, ring: bool = False, subject: tuple[int, int, int] = RED, seed: int = 3
) -> Image.Image:
    """A disc on a plain ground with the noise of a camera, antialiased; a ring leaves the ground to see inside."""
    plain = np.broadcast_to(np.array(GROUND, dtype=float), (SIZE[1], SIZE[0], 3)) if ground is None else ground
    noisy = plain + np.random.default_rng(seed).normal(0, 1.2, plain.shape)
    image = Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).convert("RGBA")
    mask = Image.new("L", (SIZE[0] * 4, SIZE[1] * 4))
    draw = ImageDraw.Draw(mask)
    draw.ellipse((280, 480, 1160, 1360), fill=255)
    if ring:
        draw.ellipse((560, 760, 880, 1080), fill=0)
    image.paste(subject, mask=mask.resize(SIZE, Image.Resampling.BOX))
    return image


def alpha_at(image: Image.Image, x: int, y: int) -> int:
    return image.getchannel("A").getpixel((x, y))


def test_a_plain_ground_goes_and_the_subject_stays():
    cut = cut_out(picture())
    assert cut.sure
    assert cut.what == "removed: plain ground"
    assert alpha_at(cut.image, 5, 5) == 0
    assert alpha_at(cut.image, 180, 230) == 255


def test_the_cut_is_as_large_as_the_subject():
    share = np.asarray(cut_out(picture()).image.getchannel("A")).mean() / 255
    assert share == pytest.approx(np.pi * 110**2 / (SIZE[0] * SIZE[1]), rel=0.005)


def test_an_island_of_the_ground_inside_the_subject_is_kept():
    cut = cut_out(picture(ring=True))
    assert alpha_at(cut.image, 180, 230) == 255
    assert cut.image.getpixel((180, 230))[2] > 220


def test_light_that_falls_off_is_still_a_plain_ground():
    y, x = np.mgrid[-1 : 1 : SIZE[1] * 1j, -1 : 1 : SIZE[0] * 1j]
    vignette = np.array(GROUND) - 30 * (x**2 + y**2)[..., None]
    cut = cut_out(picture(vignette))
    assert cut.sure
    assert alpha_at(cut.image, 180, 20) == 0
    assert alpha_at(cut.image, 180, 230) == 255


def test_a_textured_ground_is_left_alone_and_said_to_be():
    rough = ndimage.gaussian_filter(np.random.default_rng(1).normal(0, 1, SIZE[::-1]), 2)[..., None] * 250 + 150
    given = picture(rough * np.ones(3))
    cut = cut_out(given)
    assert not cut.sure
    assert "textured" in cut.what
    assert cut.image is given


def test_a_subject_that_fades_into_its_ground_is_not_eaten():
    y, x = np.mgrid[-1 : 1 : SIZE[1] * 1j, -1 : 1 : SIZE[0] * 1j]
    glow = np.array(GROUND) - 120 * np.clip(0.7 - np.hypot(x, y), 0, None)[..., None]
    cut = cut_out(picture(glow, subject=(120, 135, 155)))
    assert not cut.sure
    assert alpha_at(cut.image, 180, 230) == 255


def test_an_empty_picture_is_not_made_more_empty():
    blank = Image.new("RGBA", SIZE, (*GROUND, 255))
    cut = cut_out(blank)
    assert not cut.sure
    assert cut.image is blank


def test_what_is_transparent_already_is_not_cut_again():
    given = Image.new("RGBA", SIZE)
    given.paste((255, 0, 0, 255), (50, 50, 300, 300))
    cut = cut_out(given)
    assert cut.image is given
    assert cut.sure


def test_no_colour_of_the_ground_is_left_on_the_edge():
    green = np.broadcast_to(np.array([30.0, 220.0, 60.0]), (SIZE[1], SIZE[0], 3))
    pixels = np.asarray(cut_out(picture(green)).image).astype(int)
    seen = pixels[pixels[..., 3] > 64]
    assert (seen[:, 1] - seen[:, 0]).max() < 0


def test_what_is_clear_and_far_from_the_subject_hides_no_colour_and_what_is_near_hides_the_subjects():
    pixels = np.asarray(cut_out(picture()).image).astype(int)
    far = np.hypot(*(np.indices(pixels.shape[:2]) - np.array([229.5, 179.5])[:, None, None])) > 125
    assert (pixels[far] == 0).all()
    beside = pixels[229, 180 + 111 : 180 + 113]
    assert np.abs(beside[:, :3] - RED).max() < 12


def test_a_subject_that_reaches_the_edge_of_the_canvas_is_whole():
    given = picture()
    ImageDraw.Draw(given).rectangle((150, 300, 210, 431), fill=(*RED, 255))
    cut = cut_out(given.resize((1440, 1728), Image.Resampling.BICUBIC))
    assert cut.sure
    assert alpha_at(cut.image, 720, 1727) == 255
    assert alpha_at(cut.image, 5, 1727) == 0


def test_a_large_picture_is_cut_as_its_reduction_is():
    large = picture(seed=4).resize((1440, 1728), Image.Resampling.BICUBIC)
    cut = cut_out(large)
    assert cut.image.size == large.size
    share = np.asarray(cut.image.getchannel("A")).mean() / 255
    assert share == pytest.approx(np.pi * 110**2 / (SIZE[0] * SIZE[1]), rel=0.01)


def test_a_hair_line_survives():
    given = picture()
    ImageDraw.Draw(given).line((20, 40, 340, 40), fill=(20, 20, 60, 255), width=1)
    cut = cut_out(given)
    assert alpha_at(cut.image, 180, 40) > 200
    assert alpha_at(cut.image, 180, 44) == 0
