"""The command of a run's job: what can't be trained on ends it for good, anything else may be tried again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.base.errors import HoldfastError, InvalidInput, NotInstalled, ServerRefused, TrainingFailed
from holdfast.jobs import reporting
from holdfast.training import jobs
from holdfast.training.domain import runs

NO_ROWS = InvalidInput(field="data", problem="can't be trained on: there is one row.")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of events; the present folder is the job's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(reporting.EVENTS, str(tmp_path / "told"))
    Path(runs.SPEC_FILE).write_text("task: tabular-classification\ndata: {path: rows.csv}\n")
    return tmp_path / "told"


def _ends(told: Path, monkeypatch: pytest.MonkeyPatch, error: HoldfastError) -> list[str]:
    """What the command calls refused, when its run ends with an error."""

    def train(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(jobs, "train", train)
    with pytest.raises(SystemExit, match=error.message[:20]):
        jobs.main()
    events = [json.loads(line) for line in told.read_text().splitlines()]
    assert events[-1]["sentence"] == error.message
    return [event["refused"] for event in events if "refused" in event]


@pytest.mark.parametrize("error", [NO_ROWS, NotInstalled(feature="Training", extra="training")])
def test_what_can_never_be_trained_is_refused(told: Path, monkeypatch: pytest.MonkeyPatch, error: HoldfastError):
    assert _ends(told, monkeypatch, error) == [error.message]


@pytest.mark.parametrize(
    "error", [TrainingFailed(reason="The disk is full."), ServerRefused(reason="The Hub is away.")]
)
def test_what_may_go_better_is_not(told: Path, monkeypatch: pytest.MonkeyPatch, error: HoldfastError):
    assert _ends(told, monkeypatch, error) == []
