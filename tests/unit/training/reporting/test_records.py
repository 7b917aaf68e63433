"""What learn mode needs of a report: how labels were mistaken."""

from holdfast.training.domain.judgements import Judgement
from holdfast.training.reporting.of_labels import confusion


def test_labels_by_labels():
    judgement = Judgement({}, truth=["a", "a", "b"], answers=["a", "b", "b"], labels=("a", "b"))
    assert confusion(judgement) == {"labels": ["a", "b"], "counts": [[1, 1], [0, 1]]}


def test_numbers_have_none():
    assert confusion(Judgement({}, truth=[1.5, 2.5], answers=[1.0, 2.0])) is None
    assert confusion(Judgement({})) is None
