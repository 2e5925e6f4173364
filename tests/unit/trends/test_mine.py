"""From signals to typed, merged ideas; no database."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from evals.ideas import read_labels, recall_of
from trends.idea import Kind
from trends.merge import key_of
from trends.mine import Candidate, mine, shortlist
from trends.phrases import Text, mine_phrases
from trends.score import score
from trends.score_table import Weights
from trends.signal import Signal, SignalKind, content_hash
from trends.table import corpus_of

AS_OF = datetime(2017, 9, 28, 23, 59, tzinfo=UTC)
TITLES = (
    "My first try at {} turned out great", "Does anybody else love {} this much", "Some {} for your sunday morning",
    "I finally learned {} after a month", "A little {} before work today", "Nothing beats {} on a cold day",
    "Is {} worth all the trouble it takes", "What a friend taught me about {} yesterday",
)  # fmt: skip
FILLER = (
    "The weather was lovely near the house of my aunt", "People keep asking where the road ends up north",
    "We walked along the shore until the lights went out", "Every window in this street was painted green",
    "Somebody left a chair beside the station again", "The old bridge closes for repairs in the spring",
)  # fmt: skip


def post(text: str, community: str | None, number: int, author: str | None = None, **more: object) -> Signal:
    fields = {"source": "reddit", "known_at": AS_OF - timedelta(days=1), "metrics": {"score": 10.0 + number}}
    return Signal(
        kind=SignalKind.ITEM, text=text, native_id=content_hash(community, str(number), text), community=community,
        author_hash=author, **{**fields, **more},  # type: ignore[arg-type]
    )  # fmt: skip


def posts(phrase: str, community: str, count: int = 8) -> Iterator[Signal]:
    for number in range(count):
        yield post(TITLES[number % len(TITLES)].format(phrase), community, number)


def background() -> Iterator[Signal]:
    for community in ("pics", "travel", "funny"):
        for number in range(60):
            yield post(
                f"{FILLER[number % 6]} and {community[0]}{number} was {number}{community} of it", community, number
            )


def candidates_of(*signals: Signal, as_of: datetime = AS_OF) -> dict[str, Candidate]:
    found = mine(corpus_of([*background(), *signals], as_of), as_of)
    return {one.idea.phrase: one for one in found}


def test_a_phrase_distinctive_of_one_community_becomes_a_subject_with_audience_and_product():
    one = candidates_of(*posts("latte art", "Coffee"))["latte art"]
    assert (one.idea.kind, one.idea.audience, one.idea.product_format) == (Kind.SUBJECT, "home baristas", "mug")
    assert one.features["community_fit"] > 0.3
    assert one.evidence.authors == 8


def test_the_idea_is_named_by_the_phrase_and_never_by_a_title():
    titles = {signal.text.casefold() for signal in posts("latte art", "Coffee")}
    assert not titles & set(candidates_of(*posts("latte art", "Coffee")))


def test_near_repeats_are_one_voice():
    copies = [post("My first try at latte art turned out great" + "!" * n, "Coffee", n) for n in range(12)]
    assert "latte art" not in candidates_of(*copies)


def test_one_author_is_not_three_however_often_he_posts():
    signals = [post(TITLES[n].format("latte art"), "Coffee", n, author="a" * 32) for n in range(8)]
    assert "latte art" not in candidates_of(*signals)


def test_two_sources_stand_in_for_three_authors():
    signals = [post(TITLES[n].format("latte art"), "Coffee", n, author="a" * 32) for n in range(4)]
    other = post(TITLES[5].format("latte art"), None, 9, author="b" * 32, source="youtube", category="Howto & Style")
    assert candidates_of(*signals, other)["latte art"].evidence.sources == ("reddit", "youtube")


def test_a_counted_phrase_brings_the_authors_it_states():
    counted = Signal(
        "counts", SignalKind.TERM, "Sourdough", AS_OF, community="Baking", metrics={"items": 9.0, "authors": 7.0}
    )
    lonely = Signal("counts", SignalKind.TERM, "Wood carving", AS_OF, metrics={"items": 1.0, "authors": 1.0})
    found = candidates_of(counted, lonely)
    assert found["sourdough"].evidence.authors == 7
    assert "wood carving" not in found


def test_what_is_known_later_is_not_read():
    late = [post(TITLES[n].format("latte art"), "Coffee", n, known_at=AS_OF + timedelta(hours=1)) for n in range(8)]
    assert "latte art" not in candidates_of(*late)
    assert "latte art" in candidates_of(*late, as_of=AS_OF + timedelta(hours=2))


def test_plural_order_and_spelling_are_one_idea_and_the_longer_name_keeps_what_is_mostly_its_own():
    signals = [*posts("trail running", "running"), *posts("golden retrievers", "dogs")]
    signals += [post(f"Word number {number} on running trails near me", "running", 50 + number) for number in range(3)]
    found = candidates_of(*signals)
    assert "running trails" not in found
    assert "retrievers" not in found
    assert len(found["trail running"].members) == 11


def test_the_key_is_the_same_for_every_order_and_number():
    assert key_of(("trail", "running")) == key_of(("running", "trails"))
    assert key_of(("mother's", "day")) == key_of(("mother", "days"))


def test_a_tragedy_is_typed_as_news_and_never_enters_a_shortlist():
    corpus = corpus_of([*background(), *posts("latte art", "Coffee"), *posts("school shooting", "pics")], AS_OF)
    candidates = mine(corpus, AS_OF)
    kinds = {one.idea.phrase: one.idea.kind for one in candidates}
    assert kinds["school shooting"] is Kind.NEWS
    chosen = shortlist(candidates, score(candidates, Weights(), AS_OF, corpus), top=20)
    assert {candidates[at].idea.kind for at in chosen} == {Kind.SUBJECT}


def test_a_shortlist_mixes_audiences():
    foods = ("latte art", "cold brew", "french press", "pour over", "iced espresso", "turkish coffee")
    signals = [signal for food in foods for signal in posts(food, "Coffee")]
    corpus = corpus_of([*background(), *signals, *posts("cross stitch", "crafts")], AS_OF)
    candidates = mine(corpus, AS_OF)
    chosen = shortlist(candidates, score(candidates, Weights(), AS_OF, corpus), top=20)
    assert sum(candidates[at].idea.audience == "home baristas" for at in chosen) <= 3


def test_the_series_counts_each_day_once_and_what_an_old_post_had_before_as_nothing():
    one = candidates_of(*posts("latte art", "Coffee"))["latte art"]
    assert len(one.evidence.days) == len(one.evidence.mentions_by_day) == 1
    assert one.evidence.mentions_by_day[0] == 8
    old = [post(TITLES[n].format("latte art"), "Coffee", n, published_at=AS_OF - timedelta(days=900)) for n in range(8)]
    assert candidates_of(*old)["latte art"].evidence.attention_by_day == (0.0,)


@pytest.mark.parametrize(
    "text",
    ["\x00\x00", "\u202eevil", "😂😂😂 😂", "<script>alert(1)</script>", "a" * 10_000, "кошка и собака",
     "ignore all rules",     "https://x.y/" + "z" * 500, "' OR 1=1 --", "ﷺ" * 50, "\ud800lone surrogate"],
)  # fmt: skip
def test_hostile_text_breaks_nothing_and_makes_no_subject(text):
    hostile = [post(text + f" {word} end", "Coffee", 100 + n) for n, word in enumerate(("red", "low", "tin", "odd"))]
    found = candidates_of(*hostile, *posts("latte art", "Coffee"))
    assert found["latte art"].idea.kind is Kind.SUBJECT
    assert {name for name, one in found.items() if one.idea.kind is Kind.SUBJECT} <= {"latte art", "latte", "art"}


def test_an_empty_corpus_gives_no_ideas():
    assert mine(corpus_of([], AS_OF), AS_OF) == []


def test_casing_is_read_inside_sentences_and_not_in_capitalised_titles():
    sentence = [Text((f"We went to see the Zellmer quartet play number {n}x",), 0, n, n) for n in range(4)]
    titled = [Text((f"The Zellmer Quartet Play Number {n}x Tonight",), 0, n, n) for n in range(4)]
    seen = {words: (lower, upper) for words, lower, upper in _cases(sentence)}
    assert seen[("zellmer",)] == (0, 4)
    assert seen[("quartet",)] == (4, 0)
    assert dict.fromkeys((words for words, *_ in _cases(titled)), (0, 0)) == {
        w: (lo, up) for w, lo, up in _cases(titled)
    }


def _cases(texts: list[Text]) -> list[tuple[tuple[str, ...], int, int]]:
    found = mine_phrases(texts)
    return [(found.words[at], int(found.lower[at]), int(found.upper[at])) for at in range(len(found))]


def test_labels_without_a_known_kind_are_refused_with_their_line(tmp_path):
    path = tmp_path / "ideas.csv"
    path.write_text("phrase,as_of,kind\nlatte art,2017-09-28,nonsense\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        read_labels(path)


def test_recall_is_the_share_of_labelled_subjects_that_are_kept():
    found = list(candidates_of(*posts("latte art", "Coffee")).values())
    labels = {key_of(("latte", "art")): "subject", key_of(("fair", "isle")): "subject", key_of(("star",)): "licensed"}
    assert recall_of(found, labels) == 0.5


def test_the_eval_reads_the_signals_beside_its_cases_and_counts_an_unlabelled_phrase_as_wrong(tmp_path):
    from evals.ideas import run

    wanted = {"latte art": "Coffee", "cross stitch": "crafts", "school shooting": "pics", "trail running": "running"}
    signals = [*background(), *(signal for phrase, group in wanted.items() for signal in posts(phrase, group))]
    with (tmp_path / "posts.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("subreddit", "created_utc", "score", "id", "title"))
        rows.writerows((one.community, 1506500000 + at, 10, f"p{at}", one.text) for at, one in enumerate(signals))
    cases = tmp_path / "cases.csv"
    cases.write_text(
        "phrase,as_of,kind\nlatte art,2017-09-28,subject\ncross stitches,2017-09-28,subject\n"
        "school shooting,2017-09-28,news\n", encoding="utf-8",
    )  # fmt: skip
    result = run(cases, top=3)
    assert result.figures["recall"] == 1.0
    assert result.figures["tragedies"] == 0
    assert result.figures["precision_at_20"] == pytest.approx(2 / 3)
    assert any("trail running [unlabelled]" in note for note in result.notes)
