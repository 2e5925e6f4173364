"""Sample: what `--sample` takes in, as of which moment, and whose figures it holds."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ui.page import Attribution

HOME = Path(str(files("trends"))) / "sample"
FILES = tuple(HOME / name for name in ("counts.csv", "costume_ranks.csv", "comparables.csv", "calendar.csv"))
AS_OF = "2017-10-10"
TOP = 13

ATTRIBUTIONS = (
    Attribution(
        "YouTube trending lists, United States, 2017",
        "public facts; counts computed by us",
        "videos, channels and views gained by phrase and day, 13 September to 22 October 2017",
    ),
    Attribution(
        "Google Trends, Frightgeist costume ranks", "CC BY 4.0, google.com/trends", "ranks of costumes, 2015 and 2017"
    ),
    Attribution(
        "Reddit top posts, 2013, collected by umbrae/reddit-top-2.5-million",
        "Open Data Commons PDDL 1.0",
        "posts by phrase in the community that has most of them",
    ),
    Attribution("Comparable listings", "ours", "made up to illustrate; no shop sells at these prices"),
    Attribution("Product costs and marketplace fees", "approximate public list prices", "the default table of 2025"),
)
