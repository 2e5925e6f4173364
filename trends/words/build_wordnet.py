"""Rebuilds `nouns.tsv.gz` from the WordNet 3.0 database files (Debian: package wordnet-base).

    python -m trends.words.build_wordnet /usr/share/wordnet

One line a lemma: the lemma, its noun senses in order of frequency (a letter each from SENSES, upper case where the
sense is an instance: a particular person, place or thing), how often it was tagged as noun, verb, adjective and
adverb in WordNet's concordance ("-": it is no such part of speech), and the letters of the ANCHORS that its first
two senses stand under. Irregular plurals follow as `plural=singular`.
"""

from __future__ import annotations

import gzip
import io
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).with_name("nouns.tsv.gz")
LEXNAMES = (
    "Tops act animal artifact attribute body cognition communication event feeling food group location motive object "
)
LEXNAMES += "person phenomenon plant possession process quantity relation shape state substance time"
SENSES = dict(zip(LEXNAMES.split(), "Tcarbygmefdulvophnswqxztki", strict=True))
"""Letter of each of WordNet's noun supersenses."""
ANCHORS = {
    "dog": "D", "cat": "C", "bird": "B", "horse": "H", "fish": "F", "insect": "I", "flower": "L", "tree": "T",
    "vegetable": "V", "edible_fruit": "U", "beverage": "E", "coffee": "O", "bread": "R", "dessert": "S",
    "clothing": "G", "musical_instrument": "M", "vehicle": "Q", "weapon": "W", "plaything": "Y", "game": "A",
    "sport": "P", "handicraft": "N", "art": "X", "furniture": "K", "celestial_body": "Z", "spiritual_being": "J",
    "computer": "c", "tool": "t", "fabric": "f", "cake": "k", "meat": "m", "disease": "d", "crime": "r", "monster": "o",
    "container": "n", "structure": "s", "dance": "e", "natural_object": "b", "toiletry": "y", "worker": "w", "kin": "q",
    "body_part": "p", "unit_of_measurement": "u", "illness": "i", "violence": "v", "military_action": "z",
}  # fmt: skip
"""Noun synsets (their commonest noun sense) that matter to audience and product, and the letter of each."""
POS = {"1": 0, "2": 1, "3": 2, "5": 2, "4": 3}
LEMMA = re.compile(r"[a-z][a-z'./ -]*\Z")


def build(folder: Path) -> Iterator[str]:
    """Lines of the table, sorted by lemma, then the irregular plurals."""
    senses, parents, instances = _synsets(folder / "data.noun")
    index = dict(_index(folder / "index.noun"))
    counts = _counts(folder / "cntlist.rev")
    anchors = {
        index[name.replace("_", " ")][0]: letter for name, letter in ANCHORS.items() if name.replace("_", " ") in index
    }
    known = [dict(_index(folder / f"index.{pos}")) for pos in ("noun", "verb", "adj", "adv")]
    for lemma in sorted(set().union(*known)):
        if not LEMMA.match(lemma) or lemma.count(" ") > 2:
            continue
        offsets = index.get(lemma, [])[:5]
        letters = "".join(senses[o].upper() if o in instances else senses[o] for o in offsets)
        under = "".join(sorted({anchors[a] for o in offsets[:2] for a in _ancestors(o, parents) if a in anchors}))
        tagged = [str(count) if lemma in pos else "-" for count, pos in zip(counts[lemma], known, strict=True)]
        yield "\t".join([lemma, letters, " ".join(tagged), under])
    for line in (folder / "noun.exc").read_text().splitlines():
        plural, singular = line.split()[:2]
        if plural != singular and singular.replace("_", " ") in index and "_" not in plural:
            yield f"{plural}={singular}"


def _synsets(path: Path) -> tuple[dict[str, str], dict[str, list[str]], set[str]]:
    names = list(SENSES.values())
    senses: dict[str, str] = {}
    parents: dict[str, list[str]] = {}
    instances: set[str] = set()
    for line in path.open(encoding="latin-1"):
        if line.startswith("  "):
            continue
        fields = line.split(" ")
        senses[fields[0]] = names[int(fields[1]) - 3]
        at = 4 + 2 * int(fields[3], 16)
        pointers = [fields[at + 1 + 4 * k : at + 5 + 4 * k] for k in range(int(fields[at]))]
        parents[fields[0]] = [p[1] for p in pointers if p[0] in ("@", "@i") and p[2] == "n"]
        if any(p[0] == "@i" for p in pointers):
            instances.add(fields[0])
    return senses, parents, instances


def _index(path: Path) -> Iterator[tuple[str, list[str]]]:
    for line in path.open(encoding="latin-1"):
        if not line.startswith("  "):
            fields = line.split()
            yield fields[0].replace("_", " "), fields[-int(fields[2]) :]


def _counts(path: Path) -> dict[str, list[int]]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for line in path.open(encoding="latin-1"):
        key, _, count = line.split()
        lemma, _, rest = key.partition("%")
        counts[lemma.replace("_", " ")][POS[rest[0]]] += int(count)
    return counts


def _ancestors(offset: str, parents: dict[str, list[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [offset]
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += parents.get(at, [])
    return seen


if __name__ == "__main__":
    text = "\n".join(build(Path(sys.argv[1]))) + "\n"
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as out:
        out.write(text.encode())
    TARGET.write_bytes(buffer.getvalue())
