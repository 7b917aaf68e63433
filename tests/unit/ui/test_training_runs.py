"""What pages say of a run: its board, its chart, its lesson."""

from types import SimpleNamespace
from urllib.parse import parse_qsl

from holdfast.training.domain.events import Stage
from holdfast.training.domain.runs import RunBoard
from holdfast.training.domain.specification import Budget, DataSource, Output, TrainingSpec
from holdfast.ui.lesson_scores import confusion_of
from holdfast.ui.lesson_texts import FAMILIES
from holdfast.ui.lessons import lesson_of
from holdfast.ui.training_runs import (
    again_query,
    board_rows,
    climb_of,
    curves_of,
    end_of,
    family_word,
    importance_bars,
    number,
    score_lines,
    stage_bar,
)


def trial(place: int, family: str, score: float | None, **more) -> dict:
    common = {"number": place, "family": family, "score": score, "status": "ok" if score is not None else "failed"}
    return {**common, "parameters": {"C": 0.125}, "seconds": 1.5, "reason": "", "tried_because": "simple", **more}


TRIALS = (
    trial(0, "dummy", 0.5),
    trial(1, "logistic-regression", 0.81, standard_error=0.03, predict_ms_per_row=0.25, size_bytes=4096),
    trial(2, "svm", None, reason="took longer than the 3 s that it had"),
    trial(3, "random-forest", 0.80, curve={"loss": [[0, 3.0], [1, 1.0]]}),
)
REPORT = {
    "metric": {"name": "roc_auc", "greater_is_better": True},
    "scores": {"accuracy": 0.75, "roc_auc": 0.82},
    "intervals": {"roc_auc": [0.7, 0.9]},
    "rows": {"train": 80, "test": 20, "judged": 20},
    "confusion": {"labels": ["no", "yes"], "counts": [[9, 1], [4, 6]]},
    "importance": {"age": 0.2, "noise": -0.01, "spend": 0.1},
}


def a_run(trials=TRIALS, report=None, stage=Stage.SEARCH, is_over=False, greater=True):
    board = RunBoard(stage=stage.value, metric="roc_auc", greater_is_better=greater, trials=tuple(trials))
    job = SimpleNamespace(stage=SimpleNamespace(is_terminal=is_over))
    return SimpleNamespace(board=board, report=report, job=job)


def test_the_board_has_the_best_first_and_the_failed_last():
    rows = board_rows(a_run())
    assert [row.number for row in rows] == [1, 3, 0, 2]
    assert rows[0].is_best
    assert (rows[0].score, rows[0].error, rows[0].parameters) == ("0.81", "± 0.03", "C 0.125")
    assert (rows[-1].status, rows[-1].reason) == ("Failed", "took longer than the 3 s that it had")


def test_the_climb_goes_up_and_only_up():
    climb = climb_of(a_run())
    assert climb is not None
    heights = [float(step.partition("V")[2] or 0) for step in climb.line.split("H")[1:-1]]
    assert heights == sorted(heights, reverse=True)
    assert len(climb.dots) == 3
    assert climb.words == "ROC-AUC went from 0.5 (baseline) to 0.81 in 3 trials."


def test_where_lower_is_better_the_climb_goes_down():
    trials = [trial(0, "dummy", 9.0), trial(1, "ridge", 4.0), trial(2, "svm", 6.0)]
    climb = climb_of(a_run(trials, greater=False))
    assert climb is not None
    assert climb.words.startswith("ROC-AUC went from 9 (baseline) to 4")


def test_before_the_first_score_there_is_no_climb():
    assert climb_of(a_run([])) is None
    assert curves_of(a_run([])) == []


def test_stages_are_done_now_or_later():
    assert [step.state for step in stage_bar(a_run())] == ["done", "done", "now", *["later"] * 5]
    assert {step.state for step in stage_bar(a_run(report=REPORT, stage=Stage.DONE, is_over=True))} == {"done"}
    assert "now" not in [step.state for step in stage_bar(a_run(is_over=True))]


def test_scores_begin_with_the_goal_and_bars_leave_out_nothing_said():
    lines = score_lines(REPORT)
    assert (lines[0].name, lines[0].value, lines[0].interval) == ("ROC-AUC", "0.82", "0.7 to 0.9")
    assert [(bar.name, bar.share) for bar in importance_bars(REPORT)] == [("age", 100), ("spend", 50), ("noise", 0)]


def test_numbers_have_as_many_digits_as_tell_something():
    assert [number(value) for value in (0.123456, 54321.5, None, float("nan"), True)] == [
        "0.1235",
        "54,322",
        "–",
        "–",
        "–",
    ]


def test_precision_and_recall_are_worked_out():
    matrix = confusion_of(REPORT["confusion"])
    assert matrix is not None
    yes = matrix.classes[1]
    assert (yes.hits, yes.said, yes.real) == (6, 7, 10)
    assert (yes.precision, yes.recall) == (6 / 7, 0.6)
    assert (matrix.right, matrix.rows) == (15, 20)
    assert confusion_of({"labels": ["a", "b"], "counts": [[3, 0], [2, 0]]}).classes[1].precision is None
    assert confusion_of(None) is None


def test_the_lesson_tells_this_very_run():
    lesson = lesson_of(a_run().board, REPORT)
    assert "80 rows" in lesson.data[0]
    assert "ROC-AUC of 0.5" in lesson.baseline[0]
    assert [family.name for family in lesson.families] == ["logistic regression", "random forest", "baseline", "SVM"]
    assert lesson.families[0].is_winner
    assert "another draw of rows could have turned it round" in lesson.winner[1]
    assert lesson.metrics[0].is_goal
    assert "between 0.7 and 0.9" in lesson.certainty[0]


def test_a_run_that_only_had_the_baseline_says_so():
    assert "give the run more time" in lesson_of(a_run(TRIALS[:1]).board, None).winner[1]
    worse = [trial(0, "dummy", 0.5), trial(1, "svm", 0.4)]
    assert "No model beat the baseline" in lesson_of(a_run(worse).board, None).winner[1]
    served = {"model": {"family": "svm"}}
    assert "The model is SVM, all the same" in lesson_of(a_run(worse).board, served).winner[2]


def test_families_have_words():
    assert family_word("hist-gradient-boosting") == "gradient boosting"
    assert all(text.endswith(".") for text in FAMILIES.values())


def test_a_run_can_be_asked_for_again_with_what_it_was_asked_for():
    columns, kinds = {"target": "price now"}, {"postcode": "category"}
    source, output = DataSource(repo_id="alice/homes"), Output(repo_id="alice/prices")
    spec = TrainingSpec("tabular-regression", source, columns=columns, kinds=kinds, budget=Budget(90.0), output=output)
    assert dict(parse_qsl(again_query(spec))) == {
        "data": "alice/homes",
        "task": "tabular-regression",
        "other-minutes": "1.5",
        "column-target": "price now",
        "kind-postcode": "category",
        "model": "prices",
    }
    assert again_query(TrainingSpec("reinforcement-learning", DataSource(path="CartPole-v1"))) == ""


def test_the_end_says_what_the_model_is_or_why_there_is_none():
    run = a_run(report={"model": {"family": "random-forest"}}, is_over=True)
    assert end_of(run).sentence == "Done: the model is random forest."
    rule = end_of(a_run(report={"model": {"family": "majority"}}, is_over=True))
    assert rule.learned_nothing
    assert "larger budget" in rule.sentence
    failed = a_run(is_over=True)
    failed.job.progress = SimpleNamespace(sentence="There are only 2 rows.")
    failed.job.message = "Its command ended with exit code 1."
    assert end_of(failed).sentence == "There are only 2 rows."
    failed.job.progress = SimpleNamespace(sentence=None)
    assert end_of(failed).sentence == "Its command ended with exit code 1."
    failed.job.message = None
    assert end_of(failed) is None
