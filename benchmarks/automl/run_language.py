"""One run of AutoTrain on a task of language: `run_language.py JOB CLOCK OUT`; JOB is JSON with the spec's parts.

CLOCK is `wall` or `cpu` (see `cpu_clock`). Writes what the sealed test says, the first trial's score, and all trials.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cpu_clock


def main() -> None:
    """Carry it out."""
    job, clock, out = sys.argv[1:]
    if clock == "cpu":
        cpu_clock.install()
    # Only now: what asks for the time must ask the clock that was chosen.
    from holdfast.training.domain.specification import Budget, DataSource, TrainingSpec  # noqa: PLC0415
    from holdfast.training.running import train  # noqa: PLC0415

    told = json.loads(Path(job).read_text())
    test = DataSource(told["test"]) if told["test"] else None
    spec = TrainingSpec(
        told["task"], DataSource(told["data"]), test, columns=told["columns"], budget=Budget(told["seconds"])
    )
    report = train(spec)
    trials = [
        f"{trial.plan.family} {trial.outcome.score:.3f} {trial.seconds:.0f}s"
        if trial.outcome
        else f"{trial.plan.family} {trial.status.value}: {trial.reason}"
        for trial in report.board.trials
    ]
    found = {
        "metric": report.board.metric.name,
        "score": report.judgement.scores.get(report.board.metric.name),
        "rows": report.judgement.rows,
        "best": max((one.outcome.score for one in report.board.finished() if one.outcome), default=None),
        "baseline": report.baseline,
        "family": report.artefact.family,
        "seconds": report.seconds,
        "trials": trials,
    }
    Path(out).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
