"""A run's report as its page shows it."""

from __future__ import annotations

from typing import Any

from holdfast.ui.training_reports import report_view

REPORT: dict[str, Any] = {
    "metric": {"name": "roc_auc", "greater_is_better": True},
    "model": {"family": "logistic-regression"},
    "rows": {"train": 120, "test": 30, "judged": 30},
    "scores": {"roc_auc": 0.9, "accuracy": 0.8},
    "intervals": {"roc_auc": [0.8, 0.95]},
    "baseline_scores": {"roc_auc": 0.5},
    "gain": {"value": 0.4, "low": 0.3, "high": 0.45},
    "learning_curve": {"family": "ridge", "points": [], "left_out": "It would take too long."},
    "columns": [{"name": "a", "kind": "number", "role": "input"}],
    "mistakes": [{"row": 7, "truth": "x", "answer": ["y", "z"], "confidence": 0.91, "shown": {"a": "<b>"}}],
    "environment": {"python": "3.11"},
    "exhibits": [
        {
            "name": "importance",
            "title": "What the model looks at",
            "sentence": "It leans on `<b>`.",
            "columns": ["column", "worse"],
            "rows": [["<b>", 0.2], ["c", None]],
            "drawing": "bars",
            "diagonal": False,
            "axes": ["", ""],
        },
        {
            "name": "labels",
            "title": "Each label",
            "sentence": "",
            "columns": ["label", "F1"],
            "rows": [["x", 0.5]],
            "drawing": "none",
            "diagonal": False,
            "axes": ["", ""],
        },
    ],
}


def test_scores_stand_beside_their_range_and_the_simplest_rule():
    view = report_view(REPORT)
    assert view.scores.columns == ("metric", "value", "95 % from", "to", "simplest rule")
    assert view.scores.rows == (("ROC-AUC", "0.9", "0.8", "0.95", "0.5"), ("accuracy", "0.8", "", "", ""))
    assert view.gain == "Better than the simplest rule by 0.4 (95 %: 0.3 to 0.45) in ROC-AUC."
    unsure = report_view({**REPORT, "gain": {"value": 0.1, "low": -0.1, "high": 0.3}})
    assert unsure.gain.startswith("It is not certain")


def test_pictures_have_their_table_and_escape_what_the_data_say():
    bars, labels = report_view(REPORT).exhibits
    assert bars.svg is not None
    assert "<b>" not in bars.svg
    assert "&lt;b&gt;" in bars.svg
    assert bars.table.rows == (("<b>", "0.2"), ("c", ""))  # the template escapes these
    assert bars.sentence == "It leans on <b>."
    assert labels.svg is None


def test_mistakes_show_the_row():
    view = report_view(REPORT)
    assert view.mistakes is not None
    assert view.mistakes.columns == ("row", "it is", "the model says", "how sure", "a")
    assert view.mistakes.rows == (("7", "x", "y, z", "91 %", "<b>"),)


def test_who_does_not_say_how_sure_it_is_has_no_such_column():
    numbers = [{"row": 1, "truth": 2.5, "answer": 3.25, "confidence": None, "shown": {}}]
    view = report_view({**REPORT, "mistakes": numbers})
    assert view.mistakes is not None
    assert view.mistakes.columns == ("row", "it is", "the model says")
    assert view.mistakes.rows == (("1", "2.5", "3.25"),)


def test_a_report_of_an_earlier_version_is_shown_as_far_as_it_goes():
    old = {name: REPORT[name] for name in ("metric", "model", "scores", "intervals", "rows")}
    view = report_view(old)
    assert view.scores.columns == ("metric", "value", "95 % from", "to")
    assert (view.exhibits, view.mistakes, view.gain, view.left_out) == ((), None, "", "")
    assert report_view({}).rows == 0


def test_long_tables_are_cut():
    rows = [[f"c{place}", 0.1] for place in range(250)]
    exhibit = {**REPORT["exhibits"][0], "rows": rows}
    table = report_view({**REPORT, "exhibits": [exhibit]}).exhibits[0].table
    assert (len(table.rows), table.cut) == (200, 50)
