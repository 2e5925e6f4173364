"""What the soak counts: repeats after a kept answer, those a kill explains, and memory that grows."""

import pytest

from evals.bench.soak import repeats, slope_per_h
from evals.bench.sources import KEPT, Stream
from evals.bench.stub import Call


def call(asker, at, question="why", latency_s=1.0):
    return Call("trend", "m", "/", "ok", latency_s, {"q": question}, {"authorization": f"Bearer {asker}"}, at)


def test_a_question_answered_to_a_process_that_lived_on_is_repeated():
    calls = [call("first-1", 0.0), call("second-1", 10.0), call("second-1", 20.0, "how")]
    assert repeats(calls, {"first-1": 60.0}) == {"repeated_calls": 1, "interrupted_calls": 0}


@pytest.mark.parametrize("killed_at", [0.5, 1.5])
def test_a_question_whose_asker_was_killed_as_the_answer_came_is_interrupted(killed_at):
    calls = [call("first-1", 0.0), call("second-1", 10.0)]
    assert repeats(calls, {"first-1": killed_at}) == {"repeated_calls": 0, "interrupted_calls": 1}


def test_after_an_interrupted_answer_the_third_asking_is_a_repeat():
    calls = [call("first-1", 0.0), call("second-1", 10.0), call("second-1", 20.0)]
    assert repeats(calls, {"first-1": 0.5}) == {"repeated_calls": 1, "interrupted_calls": 1}


def test_memory_is_flat_whatever_a_start_took_and_one_sample_strays():
    start = [(at, 10.0 * at) for at in range(20)]
    assert slope_per_h([*start, *((at, 200.0) for at in range(20, 100)), (100, 900.0)]) == pytest.approx(0.0)


def test_memory_that_grows_a_megabyte_a_minute_grows_sixty_an_hour():
    assert slope_per_h([(at, at / 60) for at in range(100)]) == pytest.approx(60.0)


def test_what_is_there_to_be_seen_grows_and_the_oldest_leaves():
    stream = Stream(per_minute=60.0, seed=7)
    stream.began -= 3600
    stream.end()
    videos, posts = stream.newest(False, 0, 50), stream.newest(True, 0, 50)
    assert not {at % 2 for at in videos} - {0} and not {at % 2 for at in posts} - {1}
    assert videos == sorted(videos, reverse=True) and len(videos) == 50
    assert stream.newest(False, KEPT, 50) == []


def test_each_answer_carries_its_own_number():
    stream = Stream(per_minute=600.0, seed=7)
    stream.began -= 60
    answers = [stream.answer("/youtube/v3/videos", {})[1] for _ in range(2)]
    views = [{item["statistics"]["viewCount"] for item in answer["items"]} for answer in answers]
    assert views == [{"1"}, {"2"}]
