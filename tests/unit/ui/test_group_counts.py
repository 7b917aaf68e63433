"""How many groups: both curves, what each proposes, and which trial makes which number."""

from holdfast.training.domain.runs import RunBoard
from holdfast.ui.group_counts import group_counts


def _trial(number, family, count, **metrics):
    name = {"k-means": "n_clusters", "gaussian-mixture": "n_components"}[family]
    return {"number": number, "family": family, "parameters": {name: count}, "metrics": metrics}


BOARD = RunBoard(
    trials=(
        _trial(0, "k-means", 2, silhouette=0.2),
        _trial(1, "k-means", 3, silhouette=0.4),
        _trial(2, "gaussian-mixture", 2, silhouette=0.1, bic=900.0),
        _trial(3, "gaussian-mixture", 3, silhouette=0.3, bic=950.0),
        {"number": 4, "family": "hdbscan", "parameters": {}, "metrics": {"silhouette": 0.9}},
        {"number": 5, "family": "k-means", "parameters": {"n_clusters": 4}, "metrics": None},
    )
)


def test_both_measures_say_their_number():
    found = group_counts(BOARD, {"model": {"family": "k-means", "parameters": {"n_clusters": 3}}})
    assert found is not None
    assert [curve.proposed for curve in found.curves] == [3, 2]
    assert found.words == ("The measures disagree: the silhouette speaks for 3 groups, the BIC for 2. The model has 3.")
    assert [(choice.groups, choice.trials, choice.is_taken) for choice in found.choices] == [
        (2, (("k-means", 0), ("gaussian-mixture", 2)), False),
        (3, (("k-means", 1), ("gaussian-mixture", 3)), True),
    ]
    assert found.curves[0].words.endswith("Higher is better, so it speaks for 3 groups.")


def test_while_only_one_measure_is_known():
    found = group_counts(RunBoard(trials=BOARD.trials[:2]), None)
    assert found is not None
    assert found.words == "One measure so far speaks for 3 groups."


def test_other_boards_have_no_numbers_of_groups():
    assert group_counts(RunBoard(), None) is None
    assert group_counts(RunBoard(trials=({"number": 0, "family": "ridge", "parameters": {}},)), None) is None
