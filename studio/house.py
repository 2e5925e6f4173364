"""House: the brand of whoever brings none: what a batch without references, and an approved idea, are drawn in."""

from __future__ import annotations

from studio.brand import Profile

HOUSE = Profile(
    name="house",
    descriptor="classical",
    version="1",
    looks=(),
    palette=("#1d2a44", "#c8502d", "#e3a63b", "#3f7368", "#f5efe2"),
    terms=("bold", "vintage", "warm", "symmetric", "clean"),
    parameters={"variety": 0.6},
)
"""No references: nothing is compared, so size and artefacts alone decide. Palette: ink, three accents, paper. With the
variety a batch is drawn in a dozen compositions; with none its few terms would choose the same one for every row."""
