"""CSV payloads: each family is recognised by its columns and read with its traps, on tables written here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from trends.opening import open_payload
from trends.payload import NothingObserved, ReferenceRow, Rejected
from trends.signal import Signal, SignalKind
from trends.sources import recognise
from trends.survey import survey

Rows = list[Signal | Rejected | ReferenceRow]


def read(folder: Path, text: str, name: str = "anything.csv") -> tuple[str, Rows]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    family, payload = recognise(open_payload(survey(path)))
    return family.name, list(family.read(payload))


def signals(rows: Rows) -> list[Signal]:
    return [row for row in rows if isinstance(row, Signal)]


def rejected(rows: Rows) -> list[Rejected]:
    return [row for row in rows if isinstance(row, Rejected)]


def end_of(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 23, 59, 59, tzinfo=UTC)


YOUTUBE = "video_id,title,channel_title,category_id,tags,views,likes,dislikes,comment_total,thumbnail_link,{date}\n"


def video(video_id: str, views: int, *dates: str) -> str:
    thumbnail = "https://i.ytimg.com/vi/abcdefghij1/default.jpg"
    return ",".join([video_id, "Carving a squash", "Crafts", "26", "squash|knife", str(views), "5", "1", "2", thumbnail,
                     *dates]) + "\n"  # fmt: skip


def test_a_youtube_row_is_known_at_the_end_of_its_trending_date(tmp_path: Path) -> None:
    name, rows = read(tmp_path, YOUTUBE.format(date="trending_date") + video("abcdefghij1", 900, "2017-10-05"))
    (row,) = signals(rows)
    assert name == "youtube trending csv"
    assert row.known_at == end_of(2017, 10, 5)
    assert row.native_id == "abcdefghij1"
    assert row.tags == ("squash", "knife")
    assert row.category == "Howto & Style"
    assert row.metrics == {"views": 900, "likes": 5, "dislikes": 1, "comments": 2}
    assert row.author_hash is not None and "Crafts" not in row.author_hash


@pytest.mark.parametrize(("raw", "day"), [("10.1", (10, 10)), ("5.09", (5, 9)), ("28.09", (28, 9)), ("01.10", (1, 10))])
def test_a_day_and_month_that_lost_zeros_takes_the_year_of_the_files_other_dates(
    tmp_path: Path, raw: str, day: tuple[int, int]
) -> None:
    table = YOUTUBE.format(date="date_raw,trending_date")
    _, rows = read(tmp_path, table + video("abcdefghij1", 1, "20.09", "2017-09-20") + video("abcdefghij2", 2, raw, ""))
    assert signals(rows)[1].known_at == end_of(2017, day[1], day[0])


def test_a_day_and_month_in_january_of_a_file_of_december_belongs_to_the_next_year(tmp_path: Path) -> None:
    table = YOUTUBE.format(date="date_raw,trending_date")
    _, rows = read(
        tmp_path, table + video("abcdefghij1", 1, "30.12", "2017-12-30") + video("abcdefghij2", 2, "02.01", "")
    )
    assert signals(rows)[1].known_at == end_of(2018, 1, 2)


def test_a_file_that_nowhere_tells_its_year_is_quarantined_row_by_row(tmp_path: Path) -> None:
    _, rows = read(tmp_path, YOUTUBE.format(date="date") + video("abcdefghij1", 1, "20.09"))
    assert signals(rows) == []
    assert "has no year" in rejected(rows)[0].reason


def test_a_row_without_a_readable_date_is_quarantined_and_the_rest_goes_on(tmp_path: Path) -> None:
    table = YOUTUBE.format(date="date_raw,trending_date")
    _, rows = read(
        tmp_path, table + video("abcdefghij1", 1, "100", "") + video("abcdefghij1", 2, "20.09", "2017-09-20")
    )
    assert [row.row for row in rejected(rows)] == [1]
    assert "'100'" in rejected(rows)[0].reason
    assert [row.row for row in signals(rows)] == [2]


def test_an_id_that_a_spreadsheet_damaged_is_read_from_the_thumbnail_link(tmp_path: Path) -> None:
    _, rows = read(tmp_path, YOUTUBE.format(date="trending_date") + video("#NAME?", 1, "2017-09-20"))
    assert signals(rows)[0].native_id == "abcdefghij1"


def test_the_2018_layout_writes_year_day_month(tmp_path: Path) -> None:
    text = (
        "region,video_id,title,publishedAt,channelId,categoryId,trending_date,tags,view_count,likes,comment_count\n"
        "BR,abcdefghij1,Um vaso,2018-10-30T23:00:04.000Z,UC1,26,18.01.11,a|b,10,2,1\n"
    )
    (row,) = signals(read(tmp_path, text)[1])
    assert row.known_at == end_of(2018, 11, 1)
    assert row.published_at == datetime(2018, 10, 30, 23, 0, 4, tzinfo=UTC)
    assert row.locale == "BR"


REDDIT = "subreddit,created_utc,score,id,title,num_comments,permalink,edited\n"


def test_reddit_scores_are_known_at_the_newest_time_in_the_file_not_when_posts_were_written(tmp_path: Path) -> None:
    text = (
        REDDIT
        + "crafts,1300000000,7,aa,Old post,3,/r/crafts/aa/,False\ncrafts,1370000000,9,bb,New,1,/r/x/,1370000500.0\n"
    )
    name, rows = read(tmp_path, text)
    assert name == "reddit top csv"
    newest = datetime.fromtimestamp(1370000500, UTC)
    assert [row.known_at for row in signals(rows)] == [newest, newest]
    assert signals(rows)[0].published_at == datetime.fromtimestamp(1300000000, UTC)
    assert signals(rows)[0].community == "crafts"
    assert signals(rows)[0].metrics == {"score": 7, "comments": 3}


def test_a_time_in_the_future_is_no_time(tmp_path: Path) -> None:
    text = REDDIT + "crafts,99999999999,7,aa,From the future,3,,False\ncrafts,1370000000,9,bb,New,1,,False\n"
    _, rows = read(tmp_path, text)
    assert [row.row for row in rejected(rows)] == [1]
    assert signals(rows)[0].known_at == datetime.fromtimestamp(1370000000, UTC)


def test_a_ranking_of_a_year_is_known_at_the_end_of_that_year(tmp_path: Path) -> None:
    name, rows = read(tmp_path, "year,state,rank,costume\n2015,Ohio,1,Scarecrow\n2015,Ohio,one,Owl\n")
    assert name == "ranking csv"
    (row,) = signals(rows)
    assert (row.text, row.known_at, row.community, row.metrics) == (
        "Scarecrow", end_of(2015, 12, 31), "Ohio", {"rank": 1},
    )  # fmt: skip
    assert len(rejected(rows)) == 1


@pytest.mark.parametrize(
    ("days", "known"),
    [
        (["2004-01-01", "2004-02-01"], end_of(2004, 1, 31)),
        (["2004-01-04", "2004-01-11"], end_of(2004, 1, 10)),
        (["2004-01-04", "2004-01-05"], end_of(2004, 1, 4)),
        (["2004-02", "2004-03"], end_of(2004, 2, 29)),
    ],
)
def test_interest_is_known_at_the_end_of_its_period(tmp_path: Path, days: list[str], known: datetime) -> None:
    name, rows = read(tmp_path, "date,keyword,interest\n" + "".join(f"{day},knitting,7\n" for day in days))
    assert name == "interest over time csv"
    assert signals(rows)[0].known_at == known
    assert signals(rows)[0].kind is SignalKind.TERM
    assert len({row.id for row in signals(rows)}) == 1


def test_googles_own_export_with_a_preamble_and_a_column_a_keyword_is_read(tmp_path: Path) -> None:
    text = "Category: All categories\n\nWeek,knitting: (Worldwide),crochet: (Ohio)\n2020-01-05,40,<1\n2020-01-12,41,7\n"
    _, rows = read(tmp_path, text)
    assert {(row.text, row.community, row.metrics["level"]) for row in signals(rows)} == {
        ("knitting", None, 40), ("crochet", "ohio", 0), ("knitting", None, 41), ("crochet", "ohio", 7),
    }  # fmt: skip
    assert len({row.row for row in rows}) == 4


def test_interest_by_place_without_a_keyword_is_reference(tmp_path: Path) -> None:
    with pytest.raises(NothingObserved, match="keyword"):
        read(tmp_path, "month,state,interest\n2004-01,Ohio,20\n2004-02,Ohio,21\n")


def test_best_sellers_of_a_year_have_price_rating_and_reviews(tmp_path: Path) -> None:
    text = "Name,Author,User Rating,Reviews,Price,Year,Genre\nSoap at home,A. Writer,4.7,1735,8.5,2016,Crafts\n"
    name, rows = read(tmp_path, text)
    (row,) = signals(rows)
    assert name == "best-seller csv"
    assert row.metrics == {"price_cents": 850, "rating": 4.7, "reviews": 1735}
    assert row.known_at == end_of(2016, 12, 31)


def test_counts_of_phrases_are_terms_of_the_source_they_name(tmp_path: Path) -> None:
    header = "phrase,day,source,community,items,authors,views\n"
    text = header + "latte art,2017-10-02,reddit,coffee,4,3,\nowl,soon,reddit,,1,1,1\n"
    name, rows = read(tmp_path, text)
    (row,) = signals(rows)
    assert name == "phrase counts"
    assert (row.kind, row.source, row.community, row.known_at) == (
        SignalKind.TERM, "reddit", "coffee", end_of(2017, 10, 2),
    )  # fmt: skip
    assert row.metrics == {"items": 4, "authors": 3}
    assert "soon" in rejected(rows)[0].reason


def test_comparables_costs_and_fees_become_reference_rows_of_their_kind(tmp_path: Path) -> None:
    comparables = (
        "# written by hand, with a comma\n"
        "title,marketplace,price,currency,seller,known_on\n"
        "Squash shirt,etsy,19.50,USD,Ann Example,2025-06-01\n"
        "Free shirt,etsy,0,USD,Ann Example,2025-06-01\n"
    )
    name, rows = read(tmp_path, comparables)
    (row,) = [row for row in rows if isinstance(row, ReferenceRow)]
    assert (name, row.kind, row.known_at) == ("market table", "comparable", end_of(2025, 6, 1))
    assert row.body["price"] == "19.50"
    assert "Ann" not in row.body["seller"]
    assert len(rejected(rows)) == 1
    costs = "product_format,provider,base_cost_cents,retail_price_cents,known_on\nmug,acme,515,1799,2025-06-01\n"
    assert [row.kind for row in read(tmp_path, costs)[1] if isinstance(row, ReferenceRow)] == ["cost"]
    fees = "marketplace,transaction_ratio,payment_ratio,known_on\netsy,0.065,0.03,2025-06-01\n"
    assert [row.kind for row in read(tmp_path, fees)[1] if isinstance(row, ReferenceRow)] == ["fee"]


def test_a_calendar_of_events_is_known_on_the_day_it_was_written_not_when_its_events_are(tmp_path: Path) -> None:
    name, rows = read(tmp_path, "name,date,words,known_on\nSquash Day,2017-10-26,squash,2017-01-01\n,2017-10-27,,\n")
    (row,) = [row for row in rows if isinstance(row, ReferenceRow)]
    assert (name, row.kind, row.known_at) == ("market table", "event", end_of(2017, 1, 1))
    assert rejected(rows)[0].reason == "name is empty"


def test_plain_posts_are_known_at_their_capture_time_or_the_newest_in_the_file(tmp_path: Path) -> None:
    captured = "text,created_at,captured_at,likes,user\nAn owl mug,2020-01-01,2020-02-01,5,ann\n"
    (row,) = signals(read(tmp_path, captured)[1])
    assert (row.known_at, row.metrics) == (end_of(2020, 2, 1), {"likes": 5})
    published = "text,created_at\nAn owl mug,2020-01-01\nA moth mug,2020-03-01T10:00:00Z\n"
    assert {row.known_at for row in signals(read(tmp_path, published)[1])} == {datetime(2020, 3, 1, 10, tzinfo=UTC)}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    rows = [["text", "date", "views"], ["An owl mug", "2020-01-01", "5"], ["A moth mug", "2020-01-02", "6"]]
    _, found = read(tmp_path, "".join(delimiter.join(row) + "\n" for row in rows))
    assert [row.metrics for row in signals(found)] == [{"views": 5}, {"views": 6}]


def test_a_table_without_a_text_and_a_time_is_reference(tmp_path: Path) -> None:
    with pytest.raises(NothingObserved):
        read(tmp_path, "year,month,births\n1994,1,8096\n1994,2,7772\n")
