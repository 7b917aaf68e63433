"""The loop of small networks: how fast it learns when, and when it ends."""

import math
from types import SimpleNamespace

import pytest
import torch

from holdfast.training.learning import loop
from holdfast.training.learning.loop import Schedule, epochs_of, learn
from holdfast.training.trainers.interface import Pruned, TrialFailed


class Line(torch.nn.Module):
    """y = a x; its loss is the squared error."""

    def __init__(self):
        super().__init__()
        self.a = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x, y):
        return SimpleNamespace(loss=((self.a * x - y) ** 2).mean())


def batches(_epoch, count=5):
    x = torch.tensor([1.0, 2.0, 3.0])
    return iter([{"x": x, "y": 2 * x}] * count)


def silent(_figures):
    pass


def test_the_rate_rises_and_falls_by_steps_or_by_time():
    schedule = Schedule(epochs=10, steps_per_epoch=10, learning_rate=1.0, seconds=100)
    assert schedule.rate(0) < schedule.rate(5) < schedule.rate(10) == pytest.approx(1, abs=0.01)
    assert schedule.rate(50) > schedule.rate(90) > schedule.rate(99) > 0
    assert schedule.rate(20, elapsed_seconds=90) == pytest.approx(schedule.rate(90))


def test_it_learns_and_says_so():
    told = []
    curve = learn(model := Line(), batches, Schedule(20, 5, 0.1, weight_decay=0.0), told.append, lambda: {"a": 1.0})
    assert model.a.item() == pytest.approx(2, abs=0.1)
    assert [figures["step"] for figures in told] == [5 * (epoch + 1) for epoch in range(20)]
    assert curve["loss"][-1][1] < curve["loss"][0][1]
    assert epochs_of(curve, Schedule(20, 5, 0.1)) == 20


def test_it_ends_with_its_time_and_keeps_what_it_learned(monkeypatch):
    moments = iter(range(10_000))
    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: float(next(moments))))
    schedule = Schedule(1_000, 5, 0.1, seconds=12)
    curve = learn(Line(), batches, schedule, silent)
    assert 1 < epochs_of(curve, schedule) < 4


def test_what_tell_raises_ends_it():
    def prune(_figures):
        raise Pruned("enough")

    with pytest.raises(Pruned, match="enough"):
        learn(Line(), batches, Schedule(3, 5, 0.1), prune)


def test_a_loss_that_is_no_number_ends_it():
    def broken(_epoch):
        return iter([{"x": torch.tensor([math.inf]), "y": torch.tensor([1.0])}])

    with pytest.raises(TrialFailed, match="learning rate"):
        learn(Line(), broken, Schedule(3, 1, 0.1), silent)
