import numpy as np
import pytest

from holdfast.training.domain.trials import Board, Metric, Outcome, Plan, Status, Trial
from holdfast.training.trainers.text.classification.choosing import best_by_same_rows, choose, expected
from holdfast.training.trainers.text.classification.contrastive import affordable
from holdfast.training.trainers.text.classification.material import Material
from holdfast.training.trainers.text.classification.targets import Kind, Targets
from holdfast.training.trainers.text.folds import Fold

MACRO_F1 = Metric("macro_f1", greater_is_better=True)


def board(*lines, metric=MACRO_F1):
    """A board of families with score and standard error."""
    trials = [
        Trial(number, Plan(family), Status.OK, 1.0, Outcome(score, standard_error=error))
        for number, (family, score, error) in enumerate(lines)
    ]
    return Board(metric, trials)


def test_over_a_few_rows_what_is_usually_better_wins_a_near_draw():
    lines = (("tfidf-linear", 0.75, 0.1), ("embeddings-linear", 0.72, 0.1))
    assert board(*lines).best.plan.family == "tfidf-linear"
    assert choose(board(*lines), 16).plan.family == "embeddings-linear"


def test_what_is_clearly_worse_does_not_win_by_reputation():
    lines = (("tfidf-linear", 0.95, 0.05), ("embeddings-linear", 0.55, 0.1), ("setfit", 0.5, 0.1))
    assert choose(board(*lines), 16).plan.family == "tfidf-linear"


def test_a_perfect_score_over_a_dozen_rows_is_luck_too():
    lines = (("tfidf-linear", 1.0, 0.0), ("embeddings-linear", 0.99, 0.02))
    assert choose(board(*lines), 12).plan.family == "embeddings-linear"
    assert choose(board(*lines), 100_000).plan.family == "tfidf-linear"


def test_other_metrics_and_families_are_chosen_by_their_scores():
    lines = (("tfidf-linear", 0.3, 0.1), ("embeddings-linear", 0.31, 0.1))
    log_loss = Metric("log_loss", greater_is_better=False)
    assert choose(board(*lines, metric=log_loss), 16).plan.family == "tfidf-linear"
    assert choose(board(("fine-tuned", 0.8, 0.1), ("setfit", 0.79, 0.1)), 16).plan.family == "fine-tuned"


def test_an_empty_board_has_no_choice():
    assert choose(board(), 16) is None


def test_certain_scores_stay_and_uncertain_ones_follow_the_usual():
    assert expected([0.6, 0.7], [0.0, 0.0], [0.1, 0.0]) == pytest.approx([0.6, 0.7])
    drawn = expected([0.6, 0.7], [10.0, 10.0], [0.1, 0.0])
    assert drawn[0] - drawn[1] == pytest.approx(0.1, abs=1e-3)


def test_a_taught_encoder_is_held_against_itself_untaught():
    """What it gains is small and hardly ever lost; a bad score over a dozen rows does not say that it is."""
    lines = (("tfidf-linear", 0.73, 0.1), ("embeddings-linear", 0.81, 0.1), ("setfit", 0.69, 0.1))
    assert choose(board(*lines), 16).plan.family == "setfit"
    lines = (("embeddings-linear", 0.81, 0.01), ("setfit", 0.69, 0.01))
    assert choose(board(*lines), 1_000).plan.family == "embeddings-linear"


def test_the_contrastive_rung_takes_what_it_can_afford():
    assert affordable(0.0, 0.1, 50.0, 4) == (4, 30, 4)
    assert affordable(0.0, 0.5, 50.0, 4) == (2, 30, 4)
    assert affordable(0.0, 0.8, 50.0, 4) == (1, 30, 4), "rather fewer rows to judge by than fewer steps"
    assert affordable(8.0, 0.8, 50.0, 4) == (1, 20, 4), "what comes before the first step counts in every fold"
    assert affordable(0.0, 1.6, 50.0, 4) == (1, 30, 2), "then fewer layers learn"
    assert affordable(0.0, 4.0, 50.0, 4) == (1, 12, 2)
    assert affordable(0.0, 9.0, 50.0, 1) == (1, 12, 2), "the search skips what takes longer than there is"


def test_what_was_judged_by_one_fold_is_held_against_the_same_rows():
    """Two folds of two rows; the words are right about all of the first fold, and about none of the second."""
    first, second = np.array([0, 1]), np.array([2, 3])
    folds = (Fold(second, first), Fold(first, second))
    targets = Targets(Kind.ONE_LABEL, ("a", "b"), np.array([0, 1, 0, 1]))
    material = Material([""] * 4, targets, folds, "accuracy", None, {}, 0)
    said = np.array([[0.9, 0.1], [0.1, 0.9], [0.1, 0.9], [0.9, 0.1]])
    words = Outcome(0.5, predictions=said)
    trials = [Trial(0, Plan("tfidf-linear"), Status.OK, 1.0, words)]
    trials.append(Trial(1, Plan("fine-tuned"), Status.OK, 1.0, Outcome(0.9)))
    found = best_by_same_rows(Board(Metric("accuracy", greater_is_better=True), trials), material)
    assert found.plan.family == "tfidf-linear"
