"""Safety: who cleared what, and what nobody looked at."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from studio import safety
from studio.drawing import Drawing
from studio.errors import NotConfigured
from studio.safety import Judge, NudeNet, Safety, TextOnly, judged

LETTERS = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><defs><linearGradient id="a"/><path id="b" d="M0 0"/></defs>'
    b'<use href="#b"/><path fill="url(#a)" d="M0 0"/></svg>'
)


def drawing(svg: bytes | None = LETTERS, renderer: str = "typographic", image: Image.Image | None = None) -> Drawing:
    return Drawing(image or Image.new("RGBA", (64, 64)), svg, renderer, "1", 1, {})


class Says:
    """A judge that has made up its mind."""

    name, licence, version = "says", "ours", "1"

    def __init__(self, *said: Safety) -> None:
        self.said = list(said)

    def judge(self, drawing: Drawing) -> Safety:
        return self.said[0]


def test_a_drawing_of_letters_and_shapes_of_ours_is_clear():
    said = TextOnly().judge(drawing())
    assert (said.state, said.score, said.judge) == ("clear", None, "text only 1")


@pytest.mark.parametrize(
    ("svg", "renderer"),
    [
        (None, "typographic"),
        (LETTERS, "sdxl"),
        (b'<svg><image href="a.png"/></svg>', "typographic"),
        (b'<svg><svg:image xlink:href="data:image/png;base64,AA"/></svg>', "typographic"),
        (b"<svg><foreignObject/></svg>", "typographic"),
        (b'<svg><filter><feImage href="a"/></filter></svg>', "typographic"),
        (b'<svg><rect fill="url(https://a.example/1.svg#p)"/></svg>', "typographic"),
        (b"<svg><rect fill=\"url('a.svg#p')\"/></svg>", "typographic"),
        (b'<svg><use href="a.svg#p"/></svg>', "typographic"),
        (b"<svg><style>@import 'a.css'</style></svg>", "typographic"),
    ],
    ids=[
        "no vectors",
        "another renderer",
        "image",
        "prefixed",
        "foreign object",
        "filter",
        "fetched",
        "quoted",
        "used",
        "styled",
    ],
)
def test_what_is_not_letters_and_shapes_alone_is_not_checked(svg: bytes | None, renderer: str):
    said = TextOnly().judge(drawing(svg, renderer))
    assert (said.state, said.judge) == ("not checked", "")


def test_a_picture_that_nobody_looked_at_is_not_checked():
    for judges in ([], [TextOnly()]):
        assert judged(drawing(None, "sdxl"), judges).state == "not checked"


def test_one_judge_who_calls_it_unsafe_outweighs_all_who_do_not():
    clear, unsafe, none = (Safety("clear", 0.0, "c"), Safety("unsafe", 0.9, "u"), Safety("not checked", None, "n"))
    for said, together in (
        ((clear, unsafe, none), unsafe),
        ((none, clear), clear),
        ((none, none), none),
    ):
        assert judged(drawing(), [Says(each) for each in said]) == together


@pytest.mark.parametrize("judge", [TextOnly(), NudeNet()], ids=["text only", "nudenet"])
def test_every_judge_says_under_whose_licence_it_looks(judge: Judge):
    assert judge.licence
    assert "AGPL" in judge.licence or judge.name == "text only"


def test_without_its_package_the_detector_is_not_configured(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "nudenet", None)
    safety.detector.cache_clear()
    with pytest.raises(NotConfigured, match=r"bellwether\[nsfw\]"):
        NudeNet().judge(drawing(None, "sdxl"))


@pytest.fixture(scope="module")
def nudenet() -> NudeNet:
    pytest.importorskip("nudenet", reason="nudenet is not installed: pip install 'bellwether[nsfw]'")
    return NudeNet()


def test_a_picture_with_nobody_in_it_is_clear_to_the_detector(nudenet: NudeNet):
    sheet = Image.new("RGBA", (900, 1080))
    ImageDraw.Draw(sheet).ellipse((200, 200, 700, 700), fill="#d04020")
    said = judged(drawing(None, "sdxl", sheet), [TextOnly(), nudenet])
    assert (said.state, said.score) == ("clear", 0.0)
    assert said.judge == f"nudenet {nudenet.version}"
    assert "AGPL-3.0" in said.licence
    assert replace(nudenet.judge(drawing(None, "sdxl", sheet)), licence=said.licence) == said


class Marked:
    """A detector that sees what it is told to wherever a pixel is as red as can be."""

    def __init__(self, label: str, score: float) -> None:
        self.label, self.score = label, score

    def detect(self, pixels):
        seen = bool((pixels[..., 2] == 255).any() and (pixels[..., 0] == 0).any())
        return [{"class": self.label, "score": self.score, "box": [0, 0, 1, 1]}] if seen else []


def looking_with(model: object, monkeypatch: pytest.MonkeyPatch) -> NudeNet:
    """The judge as it is, with another model to look with."""
    monkeypatch.setattr(safety, "detector", lambda: model)
    monkeypatch.setattr(safety, "version", lambda _: "3")
    return NudeNet()


@pytest.mark.parametrize(
    ("label", "score", "state"),
    [
        ("FEMALE_BREAST_EXPOSED", 0.7, "unsafe"),
        ("FEMALE_BREAST_EXPOSED", 0.1, "clear"),
        ("FEMALE_BREAST_COVERED", 0.9, "clear"),
        ("FEET_EXPOSED", 0.9, "clear"),
    ],
)
def test_what_the_detector_sees_uncovered_is_unsafe(
    label: str, score: float, state: str, monkeypatch: pytest.MonkeyPatch
):
    judge = looking_with(Marked(label, score), monkeypatch)
    said = judge.judge(drawing(None, "sdxl", Image.new("RGBA", (32, 32), "#ff0000")))
    assert said.state == state
    assert said.score == (score if state == "unsafe" else 0.0)


def test_ink_that_a_white_ground_hides_is_looked_at_on_black(monkeypatch: pytest.MonkeyPatch):
    seen = []

    class Looks:
        def detect(self, pixels):
            seen.append(pixels.max() != pixels.min())
            return []

    judge = looking_with(Looks(), monkeypatch)
    sheet = Image.new("RGBA", (32, 32))
    sheet.paste("white", (8, 8, 24, 24))
    judge.judge(drawing(None, "sdxl", sheet))
    assert seen == [False, True]


def test_pictures_of_the_development_data_are_clear_to_the_detector(nudenet: NudeNet, shared: Path):
    icons = sorted((shared / "data").glob("**/*.png"))[:40]
    if not icons:
        pytest.skip("no pictures among the development data")
    said = [nudenet.judge(drawing(None, "sdxl", Image.open(icon).convert("RGBA"))) for icon in icons]
    assert sum(each.state == "clear" for each in said) >= 0.95 * len(icons)
