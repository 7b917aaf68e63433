"""Who is next in a model's process."""

from holdfast.backends.engines.worker.asked import MANY_PARTS, PATIENCE_SECONDS, Asked, Batch, Line
from holdfast.backends.engines.worker.hosted import Prepared
from tests.factories.engines import FakePart


def asked(number, urgency=3, parts=1, came_at=0.0, **part):
    return Asked(number, Prepared([FakePart({}, **part)] * parts), urgency, came_at, is_streamed=False)


def order(*those, now=0.0):
    line = Line()
    for one in those:
        line.add(one)
    return [one.number for one in line.in_order(now)]


def test_the_urgent_first_then_who_came_first():
    assert order(asked(1, 5), asked(2), asked(3, 0), asked(4)) == [3, 2, 4, 1]


def test_much_work_goes_behind_unless_it_says_otherwise():
    assert order(asked(1, parts=MANY_PARTS + 1), asked(2), asked(3, 4)) == [2, 1, 3]
    assert order(asked(1, 2, parts=MANY_PARTS + 1), asked(2)) == [1, 2]


def test_nobody_waits_for_ever():
    waited = asked(1, 7, came_at=0.0)
    fresh = asked(2, 0, came_at=PATIENCE_SECONDS)
    assert order(waited, fresh, now=PATIENCE_SECONDS) == [2, 1]
    assert order(waited, fresh, now=PATIENCE_SECONDS + 1) == [1, 2]


def test_a_batch_takes_parts_of_one_group_as_far_as_they_fit():
    batch = Batch(5)
    large, other, nothing, small = asked(1, parts=2, size=2), asked(2, group="b"), asked(3, parts=0), asked(4, parts=3)
    for one in (large, other, nothing, small):
        batch.add(one)
    assert [(one.number, len(some)) for one, some in batch.chosen] == [(1, 2), (3, 0), (4, 1)]
    batch.share(["x", "y", "z"])
    assert (large.results, small.results) == ({0: "x", 1: "y"}, {0: "z"})
    assert large.is_answered
    assert not small.is_answered
    assert small.next_part is small.prepared.parts[1]


def test_one_part_alone_may_be_larger():
    batch = Batch(5)
    batch.add(asked(1, parts=2, size=100))
    assert len(batch.parts) == 1
