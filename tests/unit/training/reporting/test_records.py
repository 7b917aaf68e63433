"""What learn mode needs of a report: how labels were mistaken."""

from holdfast.training.domain.judgements import Judgement
from holdfast.training.reporting.of_labels import by_label, confusion
from holdfast.training.reporting.records import without_rows


def test_labels_by_labels():
    judgement = Judgement({}, truth=["a", "a", "b"], answers=["a", "b", "b"], labels=("a", "b"))
    assert confusion(judgement) == {"labels": ["a", "b"], "counts": [[1, 1], [0, 1]]}


def test_numbers_have_none():
    assert confusion(Judgement({}, truth=[1.5, 2.5], answers=[1.0, 2.0])) is None
    assert confusion(Judgement({})) is None


def test_answers_without_truth_have_no_labels_to_be_right_about():
    groups = Judgement({"silhouette": 0.5}, rows=3, answers=[0, 1, 0])
    assert by_label(groups) == []
    assert by_label(Judgement({}, answers=["anomaly", "usual"])) == []


def test_whoever_may_read_a_model_sees_no_values_of_its_rows():
    point = {"x": 1.0, "y": 2.0, "row": 7, "group": 0}
    drawn = {"points": [{**point, "values": [42]}], "columns": ["salary"], "shares": [0.5]}
    told = without_rows({"map": drawn, "unusual": [{"sentence": "`salary` is 42"}], "segments": []})
    assert told == {"map": {"points": [point], "columns": [], "shares": [0.5]}, "segments": []}
