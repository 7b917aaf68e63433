"""Curves are read aloud truthfully: how far, how fast, and whether it learned by heart."""

from holdfast.training.domain.runs import RunBoard
from holdfast.ui.lesson_activations import activations_of
from holdfast.ui.lesson_curves import growth_lesson, learning_lesson

FALLING = [[step, 2.0 / step] for step in range(1, 21)]


def _board(curve, **trial):
    line = {"number": 3, "family": "cnn", "score": 0.9, "parameters": {}, "curve": curve, **trial}
    return RunBoard(metric="accuracy", trials=(line,))


def test_a_loss_is_read_from_left_to_right():
    lesson = learning_lesson(_board({"loss": FALLING}, parameters={"learning_rate": 0.001}), None)
    assert lesson is not None
    words = lesson.curves[0].words
    assert words[0] == "It fell from 2 at step 1 to 0.1 at step 20."
    assert words[1] == "Half of that was done by step 2."
    assert "trial 3, CNN" in lesson.trial
    assert "0.001" in lesson.rate
    assert lesson.gap == ()


def test_overfitting_is_seen_by_rows_that_were_not_learned_from():
    curve = {"loss": FALLING, "accuracy": [[1, 0.5], [5, 0.9], [20, 0.6]]}
    lesson = learning_lesson(_board(curve), None)
    assert lesson is not None
    assert "best at step 5 (0.9) and then got worse (0.6)" in lesson.gap[0]
    fine = learning_lesson(_board({"loss": FALLING, "accuracy": [[1, 0.5], [20, 0.9]]}), None)
    assert fine is not None
    assert fine.gap[0].endswith("no overfitting.")


def test_figures_of_the_batch_at_hand_prove_nothing():
    lesson = learning_lesson(_board({"loss": FALLING, "grad_norm": [[1, 5.0], [9, 9.0], [20, 1.0]]}), None)
    assert lesson is not None
    assert lesson.gap == ()


def test_curves_say_what_they_show_and_judge_only_what_can_be_better():
    told = {"grad_norm": FALLING, "num_tokens": FALLING, "loss": FALLING, "odd/one": FALLING}
    lesson = learning_lesson(_board(told), {"task": "llm-sft"})
    assert lesson is not None
    assert [curve.name for curve in lesson.curves] == ["loss", "grad norm", "odd: one"]
    assert [len(curve.words) for curve in lesson.curves] == [3, 2, 2], "a steep error is neither good nor bad"
    assert lesson.curves[0].means.startswith("Its surprise")
    assert "surprise at each piece" in lesson.how
    short = learning_lesson(_board({"mean_reward": [[1, 145.0], [2, 143.0]]}), {"task": "reinforcement-learning"})
    assert short is not None
    assert short.curves[0].words == ("It fell from 145 at step 1 to 143 at step 2.",)
    assert "Nobody says what would have been right" in short.how


def test_what_the_final_model_told_is_shown_where_trials_tell_only_scores():
    said = {"curve": {"loss": FALLING}, "layers_of": {"trial": 7, "family": "neural-network"}}
    lesson = learning_lesson(_board({"score": [[1, 0.7], [2, 0.8]]}), {"explanation": said})
    assert lesson is not None
    assert lesson.trial == "trial 7, neural network"
    assert [curve.name for curve in lesson.curves] == ["loss"]


def test_the_search_is_compared_with_the_sealed_test():
    board = RunBoard(metric="accuracy", trials=({"number": 0, "family": "svm", "score": 0.9, "standard_error": 0.01},))
    worse = learning_lesson(board, {"score": 0.7, "task": "tabular-classification"})
    same = learning_lesson(board, {"score": 0.89, "task": "tabular-classification"})
    assert worse is not None
    assert same is not None
    assert "also chooses luck" in worse.gap[0]
    assert "did not fool itself" in same.gap[0]
    assert learning_lesson(board, None) is None


def test_folds_of_a_table_are_no_steps():
    assert learning_lesson(_board({"score": [[1, 0.7], [2, 0.8]]}), None) is None


def test_whether_more_rows_would_help():
    points = [{"rows": 100, "score": 0.6, "standard_error": 0.01}, {"rows": 400, "score": 0.8, "standard_error": 0.01}]
    told = {"metric": {"name": "roc_auc", "greater_is_better": True}, "learning_curve": {"points": points}}
    lesson = growth_lesson(told)
    assert lesson is not None
    assert lesson.words[0].endswith("More rows would most likely help further.")
    assert growth_lesson({"learning_curve": {"points": points[:1]}}) is None
    assert growth_lesson(None) is None


def test_functions_are_those_that_this_run_used():
    layers = [{"kind": "ReLU"}, {"kind": "Conv2d"}, {"kind": "ReLU", "times": 1}, {"kind": "NewGELU", "times": 12}]
    found = activations_of(_board({}), {"explanation": {"layers": layers}})
    assert [each.name for each in found] == ["ReLU", "GELU", "Softmax"]
    assert found[1].used == "12 layers of the final model"
    assert found[0].used == "2 layers of the final model; CNN: after each convolution"
    assert activations_of(_board({}, family="k-means"), None) == []
    assert found[0].line.startswith("M14.0 136.0L")
