"""What a job took over time, from cumulated processor time."""

from holdfast.backends.runners.protocol import Line
from holdfast.jobs.domain.jobs import JobSpec
from holdfast.jobs.service.usage import usage_over_time

SPEC = JobSpec("command", ("true",), cpus=2, memory_mb=512)


def line(at: int, cpu_seconds: float, memory_bytes: int = 1000) -> Line:
    return Line(0, at, f'{{"cpu_seconds": {cpu_seconds}, "memory_bytes": {memory_bytes}}}')


def test_percent_is_of_one_processor_between_two_samples():
    first, second, third = usage_over_time([line(0, 0.0), line(1_000, 1.5), line(3_000, 2.5)], SPEC)
    assert (first.cpu_percent, second.cpu_percent, third.cpu_percent) == (None, 150.0, 50.0)
    assert (third.at, third.memory_bytes, third.memory_limit_bytes, third.cpus) == (3_000, 1000, 512 * 1024**2, 2)


def test_the_next_attempt_begins_anew():
    """Its processor time starts at nothing."""
    samples = usage_over_time([line(0, 0.0), line(1_000, 9.0), line(2_000, 0.0), line(3_000, 0.5)], SPEC)
    assert [sample.cpu_percent for sample in samples] == [None, 900.0, None, 50.0]


def test_the_mark_of_a_full_file_is_no_sample():
    assert usage_over_time([Line(0, 0, '{"truncated": true}')], SPEC) == []
