"""Sequences, from nothing: networks that read a text word by word, and language models that write on.

`sequence-classification` compares plain recurrent networks, GRU and LSTM, with words that were learned on the very
texts. (`text-classification` has the better models; this task shows how these work.) `language-modeling` makes a
tokenizer and trains GRU, LSTM and a small transformer in the manner of GPT-2 to go on with a text.
"""

from __future__ import annotations

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Metric
from holdfast.training.scores import OF_LABELS
from holdfast.training.trainers.interface import TaskPlan, Trainer

PERPLEXITY = Metric("perplexity", greater_is_better=False)

TASKS = {
    "sequence-classification": TaskPlan(
        task="sequence-classification",
        summary="Learns to label texts with recurrent networks: RNN, GRU, LSTM.",
        roles={"text": "texts", "target": "a label"},
        metrics=tuple(sorted(OF_LABELS, key=lambda metric: metric.name != "macro_f1")),
        serves="text-classification",
    ),
    "language-modeling": TaskPlan(
        task="language-modeling",
        summary="Makes a small language model from nothing, its tokenizer included.",
        roles={"text": "texts"},
        metrics=(PERPLEXITY, Metric("bits_per_byte", greater_is_better=False)),
        serves="text-generation",
    ),
}


def prepare(data: TrainingData, spec: TrainingSpec) -> Trainer:
    """Its trainer for this data. Trains the tokenizer."""
    from holdfast.training.trainers.sequences import classifying, writing  # noqa: PLC0415 - heavy libraries

    if spec.task == "sequence-classification":
        return classifying.SequenceClassifier(data, spec)
    return writing.LanguageModeler(data, spec)
