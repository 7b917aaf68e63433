"""What a job took over time, from what its runs kept of it."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from holdfast.backends.runners.protocol import Line
from holdfast.jobs.domain.jobs import JobSpec, Usage

_MEBIBYTE = 1024 * 1024


def usage_over_time(lines: Sequence[Line], spec: JobSpec) -> list[Usage]:
    """Samples by moment. The first one of a run tells no `cpu_percent`, for that is what was used since the one before.

    Args:
        lines: of `Stream.USE`, of all runs of a job.
        spec: the job's.
    """
    limit = None if spec.memory_mb is None else spec.memory_mb * _MEBIBYTE
    found = []
    before: tuple[int, float] | None = None
    for line in lines:
        sample = orjson.loads(line.text)
        if "cpu_seconds" in sample:  # not so where the file was full
            now = (line.at, float(sample["cpu_seconds"]))
            percent = _percent(before, now)
            found.append(Usage(line.at, percent, int(sample["memory_bytes"]), limit, spec.cpus or 1))
            before = now
    return found


def _percent(before: tuple[int, float] | None, now: tuple[int, float]) -> float | None:
    if before is None or now[0] <= before[0] or now[1] < before[1]:
        return None
    return (now[1] - before[1]) * 100_000 / (now[0] - before[0])
