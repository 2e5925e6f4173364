"""How a worker tells of its jobs."""

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console

from graphs.jobs import Line
from graphs.schedule import duties
from ui.commands.working import _tell, how_often, line_of

AT = datetime(2026, 11, 21, 16, 5, 5, tzinfo=UTC)
IDEA = "01a1feda-aa33-73c5-ab90-0b688c0b2ffc"
PULL = Line(AT, 1, "pull", {"source": "reddit"}, "done", "300 kept", 0.09)
JUDGE = Line(AT, 2, "judge", {"idea_id": IDEA, "as_of": "2026"}, "done", "moss teapot: review, revision 1", 2.0)
REAP = Line(AT, 3, "reap", {}, "done", "", 0.01)


@pytest.fixture
def call():
    return SimpleNamespace(as_json=False, aside=Console(file=StringIO(), width=80))


def told(call, line):
    _tell(call, line)
    return call.aside.file.getvalue()


def test_the_columns_of_all_lines_stand_below_each_other_whatever_a_job_is_about():
    assert line_of(PULL).index("done") == line_of(JUDGE).index("done") == line_of(REAP).index("done")


def test_a_judged_idea_is_told_by_name_and_by_the_id_that_other_commands_take(call):
    assert told(call, JUDGE).rstrip().endswith(f"moss teapot: review, revision 1  {IDEA}")


def test_an_id_that_the_error_names_is_not_told_twice():
    assert line_of(replace(JUDGE, outcome="failed", said=f"UnknownIdea: no idea {IDEA}")).count(IDEA) == 1


def test_what_found_nothing_to_do_is_not_told_what_failed_is(call):
    assert told(call, REAP) == ""
    assert "failed" in told(call, replace(REAP, outcome="failed"))


def test_when_a_duty_comes_is_told_in_words():
    told = {duty.name: how_often(duty.cron) for duty in duties(30.0) if duty.cron}
    assert told == {
        "produce": "every 10 s",
        "design": "every minute",
        "launch": "every minute",
        "push": "every 5 s",
        "verify": "every 10 min",
        "scan": "every 5 min",
        "shortlist": "every 15 min",
        "discover_keywords": "every 6 h",
        "watch": "every minute",
        "health": "every 5 min",
        "tell": "every minute",
        "promote": "every 30 min",
        "age": "every 1 h",
        "tidy": "daily at 03:30 UTC",
        "resume": "every 5 min",
        "reap": "every 10 s",
    }
