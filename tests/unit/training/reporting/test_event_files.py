"""Curves of trials as event files: what is written is what the page of metrics reads, and what TensorBoard reads."""

from dataclasses import dataclass

from holdfast.training.domain.trials import Board, Metric, Outcome, Plan, Status, Trial
from holdfast.training.reporting.event_files import event_file, write_events
from holdfast.viewer.readers.event_files import read_scalars


@dataclass
class Bytes:
    content: bytes

    @property
    def size_bytes(self):
        return len(self.content)

    def read(self, start, length):
        return self.content[start : start + length]


def test_trials_with_curves_are_written_and_read_again(tmp_path):
    curve = {"loss": [(10, 2.0), (20, 0.5)], "eval_loss": [(20, 1.0)], "odd": [(1, float("nan"))]}
    trials = [
        Trial(0, Plan("majority"), Status.OK, 1.0, Outcome(0.5)),
        Trial(1, Plan("cnn"), Status.OK, 1.0, Outcome(0.5, curve=curve)),
        Trial(2, Plan("cnn"), Status.FAILED, 1.0, reason="odd"),
    ]
    write_events(Board(Metric("loss", greater_is_better=False), trials), tmp_path)
    (path,) = tmp_path.rglob("*.tfevents.*")
    assert path.parent == tmp_path / "runs" / "0001-cnn"
    found = read_scalars(Bytes(path.read_bytes()))
    assert found.is_whole
    assert found.points == {"train/loss": ((10, 2.0), (20, 0.5)), "eval/loss": ((20, 1.0),)}


def test_large_steps_and_long_names_fit():
    scalars = {"a" * 150: [(2**40, 1.0)]}
    assert read_scalars(Bytes(event_file(scalars))).points == {"a" * 150: ((2**40, 1.0),)}
