"""Text: labels, numbers, entities, answers, summaries, translations and meanings.

Every task is a ladder (`ladder`): what costs nothing first, a fine-tuned model last, each judged on the same rows that
it did not see. A base model comes from the spec, from the Hub or from an installed package (`bases`); where there is
none, its rungs are on the board as skipped, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from holdfast.inference.domain.predictors import Predictor
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.trainers.interface import TaskPlan, Trainer
from holdfast.training.trainers.judging_time import JUDGING_SHARE, in_time
from holdfast.training.trainers.text.adapters import adapters_of
from holdfast.training.trainers.text.tasks import PLANS

TASKS: Mapping[str, TaskPlan] = {plan.task: plan for plan in PLANS}

_MODULES = {
    "text-classification": "classification",
    "few-shot-text-classification": "classification",
    "zero-shot-classification": "classification",
    "text-regression": "classification",
    "token-classification": "tokens",
    "question-answering": "answers",
    "summarization": "rewriting",
    "translation": "rewriting",
    "sentence-similarity": "sentences",
}


def prepare(data: TrainingData, spec: TrainingSpec) -> Trainer:
    """The trainer of a text task for this data.

    Raises:
        InvalidInput: columns that the task needs are missing, or hold what it can't use; or settings that only language
            models have.
        NotInstalled: scikit-learn, torch or transformers are missing.
    """
    adapters_of(spec.params)
    return cast(Trainer, _module(spec).prepare(data, spec))


def judge(data: TrainingData, predictor: Predictor, spec: TrainingSpec) -> Judgement:
    """What a predictor says to the sealed test, and what that is worth.

    Where it is slow and the test is long, rows are drawn: the budget holds for judging too.
    """
    seconds, module = JUDGING_SHARE * spec.budget.seconds, _module(spec)
    return in_time(data, predictor, lambda some, asked: cast(Judgement, module.judge(some, asked, spec)), seconds)


def _module(spec: TrainingSpec) -> Any:
    return import_module(f"{__name__}.{_MODULES[spec.task]}")
