"""Times as files write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from trends.when import nearest_year, parse_day_month, parse_moment, parse_trending_date, period_end

LAST = (23, 59, 59)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2017-10-05", datetime(2017, 10, 5, *LAST, tzinfo=UTC)),
        ("2017-10-05T08:30:00Z", datetime(2017, 10, 5, 8, 30, tzinfo=UTC)),
        ("2017-10-05T08:30:00.000Z", datetime(2017, 10, 5, 8, 30, tzinfo=UTC)),
        ("2017-10-05 08:30:00", datetime(2017, 10, 5, 8, 30, tzinfo=UTC)),
        ("2017-10-05T08:30:00+0200", datetime(2017, 10, 5, 6, 30, tzinfo=UTC)),
        ("Sun, 26 Mar 2023 08:09:16 GMT", datetime(2023, 3, 26, 8, 9, 16, tzinfo=UTC)),
        ("1368553180", datetime.fromtimestamp(1368553180, UTC)),
        (1368553180.0, datetime.fromtimestamp(1368553180, UTC)),
        ("1608214517000", datetime.fromtimestamp(1608214517, UTC)),
    ],
)
def test_a_moment_is_read(written: object, moment: datetime) -> None:
    assert parse_moment(written) == moment


@pytest.mark.parametrize(
    "written",
    ["", None, True, "soon", "12", "2017-13-01", "99999999999", "1899-01-01", "2999-01-01", "False", "9" * 99],
)
def test_what_is_no_time_between_1990_and_tomorrow_is_none(written: object) -> None:
    assert parse_moment(written) is None


def test_today_as_a_date_is_a_time_though_its_last_second_is_still_to_come() -> None:
    assert parse_moment(datetime.now(UTC).date().isoformat()) is not None


def test_youtubes_two_digit_years_come_before_the_day() -> None:
    assert parse_trending_date("18.01.11") == date(2018, 11, 1)
    assert parse_trending_date("17.11.14") is None


@pytest.mark.parametrize(("written", "read"), [("10.1", (10, 10)), ("1.10", (1, 10)), ("31.02", None), ("100", None)])
def test_day_and_month_survive_a_spreadsheet(written: str, read: tuple[int, int] | None) -> None:
    assert parse_day_month(written) == read


def test_a_period_ends_with_its_last_second() -> None:
    assert period_end("2017") == datetime(2017, 12, 31, *LAST, tzinfo=UTC)
    assert period_end("2016-02") == datetime(2016, 2, 29, *LAST, tzinfo=UTC)
    assert period_end("2999") is None


def test_a_year_is_taken_only_from_dates_nearby() -> None:
    first, last = date(2017, 9, 13), date(2017, 10, 22)
    assert nearest_year(5, 10, first, last) == date(2017, 10, 5)
    assert nearest_year(2, 1, first, last) == date(2018, 1, 2)
    assert nearest_year(1, 5, first, last) is None
    assert nearest_year(29, 2, first, last) is None
