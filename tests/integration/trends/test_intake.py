"""Intake into a real database: counts that add up, repeats, quarantine, point in time, faults, two at once, kill -9."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

import trends.intake
from store.postgres import connect, owner
from trends.intake import FileCount, take
from trends.signal import METRICS
from trends.sources import signals_in
from trends.table import corpus_of, load_corpus, newest_known_at

Session = psycopg.Connection[Any]
LATE = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "video_id,title,channel_title,tags,views,trending_date\n"


def video(number: int, day: str, views: int = 10, title: str = "Carving a squash") -> str:
    return f"video{number:06d},{title},Crafts,squash|knife,{views},{day}\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def to_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return to_file


Write = Callable[[str, str | bytes], Path]


def number_of(connection: Session, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a name written here
    assert row is not None
    return int(row[0])


def test_a_file_becomes_signals_observations_and_quarantined_rows_that_add_up(
    connection: Session, write: Write
) -> None:
    rows = video(1, "2017-10-04", 10) + video(1, "2017-10-05", 20) + video(1, "2017-10-05", 21) + video(2, "whenever")
    (count,) = take([write("v.csv", HEADER + rows)], connection, "default")
    assert (count.outcome, count.format) == ("signals", "youtube trending csv")
    assert (count.rows_read, count.stored, count.repeated, count.quarantined) == (4, 2, 1, 1)
    assert count.known_at == datetime(2017, 10, 5, 23, 59, 59, tzinfo=UTC)
    assert count.reason.startswith("1 x no date: 'whenever'")
    assert (number_of(connection, "signal"), number_of(connection, "observation")) == (1, 2)
    (row,) = connection.execute("SELECT row_no, reason, excerpt FROM quarantine").fetchall()
    assert row[0] == 4 and "'whenever'" in row[1] and row[2] == "Carving a squash"


def test_the_same_file_again_stores_nothing_and_says_so(connection: Session, write: Write) -> None:
    path = write("v.csv", HEADER + video(1, "2017-10-04") + video(2, "never"))
    take([path], connection, "default")
    (again,) = take([path], connection, "default")
    assert (again.rows_read, again.stored, again.repeated, again.quarantined) == (2, 0, 1, 1)
    assert "before" in again.reason
    assert number_of(connection, "intake_file") == 1


def test_the_same_thing_in_another_file_is_a_new_observation_of_the_same_signal(
    connection: Session, write: Write
) -> None:
    take([write("later.csv", HEADER + video(1, "2017-10-05", 20, "A new title"))], connection, "default")
    (count,) = take(
        [write("earlier.csv.gz", gzip.compress((HEADER + video(1, "2017-10-04")).encode()))], connection, "default"
    )
    assert count.stored == 1
    corpus = load_corpus(connection, LATE)
    assert [len(observed) for observed in corpus.observed] == [2]
    assert corpus.text == ["A new title"]
    assert corpus.first_known_at == [datetime(2017, 10, 4, 23, 59, 59, tzinfo=UTC)]


def test_a_run_as_of_a_day_sees_that_day_and_nothing_later(connection: Session, write: Write) -> None:
    rows = video(1, "2017-10-04", 10) + video(1, "2017-10-05", 20, "Renamed") + video(2, "2017-10-05")
    take([write("v.csv", HEADER + rows)], connection, "default")
    fourth = load_corpus(connection, datetime(2017, 10, 4, 23, 59, 59, tzinfo=UTC))
    assert (len(fourth), fourth.text, fourth.metrics) == (1, ["Carving a squash"], [{"views": 10}])
    assert len(load_corpus(connection, datetime(2017, 10, 5, 23, 59, 59, tzinfo=UTC))) == 2
    assert newest_known_at(connection) == datetime(2017, 10, 5, 23, 59, 59, tzinfo=UTC)


def test_the_corpus_in_memory_and_the_one_from_the_database_are_the_same(connection: Session, write: Write) -> None:
    rows = "".join(video(n % 7, f"2017-10-{n % 5 + 1:02d}", n, f"Title {n % 3}") for n in range(40))
    path = write("v.csv", HEADER + rows)
    take([path], connection, "default")
    as_of = datetime(2017, 10, 4, 12, tzinfo=UTC)
    assert load_corpus(connection, as_of) == corpus_of(signals_in([path]), as_of)


def test_contact_details_reach_no_table_and_authors_are_pseudonyms(connection: Session, write: Write) -> None:
    posts = [
        {"text": "Mail ann@example.com about owl mugs", "created_at": "2020-01-01", "user": "Ann Example",
         "tags": ["ann@example.com"], "community": "call +1-984-182-0190"},
        {"text": "broken: ann@example.com", "created_at": "no time"},
    ]  # fmt: skip
    take([write("posts.json", json.dumps(posts))], connection, "default")
    kept = json.dumps([connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - names written here
                       for name in ("signal", "observation", "quarantine")], default=str)  # fmt: skip
    assert "owl mugs" in kept
    for secret in ("ann@", "Ann Example", "984-182"):
        assert secret not in kept


def test_a_text_that_no_shop_would_print_is_quarantined(connection: Session, write: Write) -> None:
    (count,) = take([write("v.csv", HEADER + video(1, "2017-10-04", title="hentai mugs"))], connection, "default")
    assert (count.stored, count.quarantined) == (0, 1)
    assert connection.execute("SELECT reason FROM quarantine").fetchone() == (
        "nsfw: the text names what no shop would print",
    )


def test_comparables_are_rows_of_their_tenant_and_a_second_intake_repeats_them(
    connection: Session, database: str, write: Write
) -> None:
    table = "title,marketplace,price,seller,known_on\nOwl mug,etsy,12.50,Ann,2025-06-01\nOwl mug,etsy,,Ann,2025-06-01\n"
    path = write("comparables.csv", table)
    (count,) = take([path], connection, "default")
    assert (count.outcome, count.stored, count.quarantined) == ("reference", 1, 1)
    (again,) = take([path], connection, "default")
    assert (again.stored, again.repeated, again.quarantined) == (0, 1, 1)
    with connect(database, "other") as other:
        assert number_of(other, "reference") == 0
    kind, body = connection.execute("SELECT kind, body FROM reference").fetchall()[0]
    assert (kind, body["price"]) == ("comparable", "12.50")
    assert body["seller"] != "Ann"


def test_a_folder_of_faults_is_refused_or_quarantined_line_by_line_and_the_good_file_goes_on(
    connection: Session, write: Write, tmp_path: Path
) -> None:
    good = HEADER + video(1, "2017-10-04")
    write("a_picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100))
    write("b_truncated.csv.gz", gzip.compress((good * 2000).encode())[:-20])
    write("c_empty.csv", b"")
    write("d_half.json", '{"kind": "Listing", "data": {"chil')
    write("e_header.csv", HEADER)
    write("f_latin1.csv", (HEADER + video(2, "2017-10-04", title="Café für Eulen")).encode("latin-1"))
    write("g_nul.csv", HEADER + video(3, "2017-10-04", title="An\x00 owl"))
    write("h_huge.csv", HEADER + video(4, "2017-10-04", title="x" * (10 << 20)) + video(5, "2017-10-04"))
    write("z_good.csv", good)
    counts = {count.name[0]: count for count in take([tmp_path], connection, "default")}
    assert {name: count.outcome for name, count in counts.items()} == {
        "a": "refused", "b": "refused", "c": "empty", "d": "refused", "e": "empty", "f": "signals", "g": "signals",
        "h": "signals", "z": "signals",
    }  # fmt: skip
    assert all(count.reason and "\n" not in count.reason for name, count in counts.items() if name in "abcde")
    assert (counts["h"].stored, counts["h"].quarantined) == (1, 1)
    texts = {row[0] for row in connection.execute("SELECT text FROM signal")}
    assert {"Café für Eulen", "An owl", "Carving a squash"} <= texts


def test_files_that_are_not_there_and_folders_without_files_have_a_line_too(
    connection: Session, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    missing, empty = take([tmp_path / "missing", tmp_path / "empty"], connection, "default")
    assert (missing.outcome, empty.outcome) == ("refused", "empty")
    assert "no such file" in missing.reason


def test_naughty_strings_survive_as_texts_ids_and_names(connection: Session, write: Write, shared: Path) -> None:
    strings = json.loads(gzip.decompress((shared / "data/eval/redteam/blns.json.gz").read_bytes()))
    assert len(strings) == 515
    posts = [
        {"text": text, "id": text, "user": text, "community": text, "tags": [text], "url": text, "source": text,
         "created_at": "2020-01-01"}
        for text in strings
    ]  # fmt: skip
    (count,) = take([write("blns.jsonl", "".join(json.dumps(post) + "\n" for post in posts))], connection, "default")
    assert count.rows_read == 515 == count.stored + count.repeated + count.quarantined
    assert count.stored > 450
    (count,) = take([write("blns.json", json.dumps(posts))], connection, "default")
    assert (count.rows_read, count.stored) == (515, 0)


def test_two_intakes_at_once_store_everything_once(database: str, write: Write) -> None:
    paths = [
        write(f"{name}.csv", HEADER + "".join(video(n, f"2017-10-{day:02d}") for n in order for day in (1, 2)))
        for name, order in (("up", range(300)), ("down", reversed(range(300))))
    ]

    def run(order: list[Path]) -> list[FileCount]:
        with connect(database, "default") as session:
            return take(order, session, "default")

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(run, [paths, paths[::-1]])
    with connect(database, "default") as session:
        assert (number_of(session, "signal"), number_of(session, "observation")) == (300, 600)
    assert sum(count.stored for count in first + second) == 600
    assert all(count.rows_read == 600 for count in first + second)


def _take_slowly(url: str, path: Path) -> None:
    trends.intake.BATCH = 50
    with connect(url, "default") as session:
        take([path], session, "default")


def test_an_intake_that_was_killed_left_nothing_half_done_and_can_be_run_again(
    connection: Session, database: str, write: Write
) -> None:
    path = write("v.csv", HEADER + "".join(video(n, "2017-10-04") for n in range(60_000)))
    process = multiprocessing.get_context("spawn").Process(target=_take_slowly, args=(database, path))
    process.start()
    busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%INTO observation%' AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 60
    with owner(database) as onlooker:
        while onlooker.execute(busy).fetchone() == (0,) and time.monotonic() < deadline:
            time.sleep(0.02)
    assert process.pid is not None and process.is_alive()
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert (number_of(connection, "intake_file"), number_of(connection, "observation")) == (0, 0)
    path.write_text(HEADER + video(1, "2017-10-04"))
    (count,) = take([path], connection, "default")
    assert (count.stored, count.repeated) == (1, 0)


def test_every_folder_of_the_development_data_ends_without_an_error_and_adds_up(
    connection: Session, shared: Path
) -> None:
    data = shared / "data"
    folders = [
        path for path in sorted(data.iterdir()) if path.is_dir() and path.name not in ("reddit_top_2013", "eval")
    ]
    folders += [data / "eval" / name for name in ("pii", "redteam", "trend", "er_names", "judge", "moderation")]
    counts = take(folders, connection, "default")
    assert all(count.rows_read == count.stored + count.repeated + count.quarantined for count in counts)
    assert {count.outcome for count in counts} <= {"signals", "reference", "empty", "refused"}
    formats = {count.format for count in counts if count.outcome == "signals"}
    assert {
        "youtube trending csv", "youtube data api", "reddit listing", "tiktok collector", "google trends answer",
        "interest over time csv", "ranking csv", "best-seller csv", "instagram graph api", "posts",
    } <= formats  # fmt: skip
    assert sum(count.stored for count in counts) == number_of(connection, "observation")
    assert sum(count.quarantined for count in counts) == number_of(connection, "quarantine")
    measured = connection.execute("SELECT DISTINCT jsonb_object_keys(metrics) FROM observation").fetchall()
    assert {name for (name,) in measured} <= set(METRICS)
