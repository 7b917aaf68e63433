import math

from holdfast.training.trainers.text.pace import Pace, rows_to_judge


class Watch:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def course(steps, most_seconds, step_seconds, judging_seconds):
    """Steps after which a model was judged, and the second at which it ended."""
    watch = Watch()
    pace, judged = Pace(steps, most_seconds, watch), []
    for step in range(1, steps + 1):
        watch.seconds += step_seconds(step) if callable(step_seconds) else step_seconds
        ends = pace.ends(step)
        if ends or pace.wants_score(step):
            watch.seconds += judging_seconds
            pace.judged(judging_seconds)
            judged.append(step)
        if ends:
            break
    return judged, watch.seconds


def test_without_a_limit_every_quarter_is_judged():
    assert course(40, math.inf, 1.0, 100.0)[0] == [10, 20, 30, 40]


def test_with_time_enough_every_quarter_is_judged():
    assert course(40, 60.0, 1.0, 1.0) == ([10, 20, 30, 40], 44.0)


def test_a_slow_machine_ends_it_in_time_and_judged():
    judged, seconds = course(40, 60.0, 3.0, 4.0)
    assert seconds <= 60.0
    assert judged[-1] < 40


def test_what_judging_costs_is_learned_early_and_kept_for_the_end():
    judged, seconds = course(1_000, 60.0, 1.0, 10.0)
    assert judged[0] == 24
    assert seconds <= 60.0
    assert len(judged) == 2, "judging takes a third of the time: no more of it on the way"


def test_a_machine_that_gets_slower_is_noticed():
    _judged, seconds = course(100, 60.0, lambda step: 0.2 if step < 20 else 2.0, 1.0)
    assert seconds <= 60.0


def test_what_takes_longer_than_its_whole_time_ends_after_one_step():
    assert course(40, 5.0, 7.0, 1.0) == ([1], 8.0)


def test_as_many_rows_are_judged_as_take_a_fifth_of_the_time():
    assert rows_to_judge(100, 0.001, 50.0) == 100
    assert rows_to_judge(100, 0.1, 50.0) == 25
    assert rows_to_judge(100, 5.0, 50.0) == 8
    assert rows_to_judge(5, 5.0, 50.0) == 5
