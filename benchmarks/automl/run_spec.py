"""One run of AutoTrain in a process of its own: `run_spec.py SPEC CLOCK OUT`.

SPEC is YAML or JSON, CLOCK is `wall` or `cpu` (see `cpu_clock`). Writes scores, seconds by stage and the board's lines.
"""

# ruff: noqa: PLC0415 - the clock is set before anything looks at it

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import cpu_clock


def main() -> None:
    """Carry the spec out."""
    spec, clock, out = sys.argv[1:]
    if clock == "cpu":
        cpu_clock.install()
    from holdfast.training.domain.spec_files import read_spec
    from holdfast.training.running import train
    from holdfast.training.search.journal import line_of

    with tempfile.TemporaryDirectory() as folder:
        report = train(read_spec(Path(spec).read_text()), folder=Path(folder))
        told = {
            "family": report.artefact.family,
            "scores": dict(report.judgement.scores),
            "seconds": dict(report.seconds),
            "memory_mb": report.peak_memory_mb,
            "trials": [line_of(trial) for trial in report.board.trials],
        }
    Path(out).write_text(json.dumps(told))


if __name__ == "__main__":
    main()
