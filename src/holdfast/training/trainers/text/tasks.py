"""What each text task needs of the data, and which metrics it can go by."""

from __future__ import annotations

from collections.abc import Callable

from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Metric
from holdfast.training.scores import OF_LABELS, OF_NUMBERS
from holdfast.training.trainers.interface import TaskPlan

_OF_LABELS = {metric.name: metric for metric in OF_LABELS}
_LABELS = (
    _OF_LABELS.pop("macro_f1"),  # accuracy hides what becomes of rare labels
    *_OF_LABELS.values(),
    Metric("micro_f1", greater_is_better=True),
)
_NUMBERS = tuple(sorted(OF_NUMBERS, key=lambda metric: metric.name != "spearman"))
_PAIR = {"text_pair?": "a second text, where the label says how the two relate"}
_LABELLED = {"text": "the text", "target": "its label, or a list of labels where several can be right"}
_OF_PAIRS_TOO = _LABELLED | _PAIR
_SERVED_AS = "text-classification"

PLANS = (
    TaskPlan("text-classification", "Gives a text one label of several, or several labels.", _OF_PAIRS_TOO, _LABELS),
    TaskPlan(
        "few-shot-text-classification",
        "Learns labels from as few as 8 examples each.",
        _LABELLED,
        _LABELS,
        serves=_SERVED_AS,
    ),
    TaskPlan(
        "zero-shot-classification",
        "Gives a text one of the labels that are described in words; learns from no example.",
        {"text": "the text", "target": "its label: not learned from, only to see how well the descriptions do"},
        _LABELS,
        serves=_SERVED_AS,
    ),
    TaskPlan(
        "text-regression",
        "Gives a text a number: stars, urgency, price.",
        {"text": "the text", "target": "the number", **_PAIR},
        _NUMBERS,
        serves=_SERVED_AS,
    ),
    TaskPlan(
        "token-classification",
        "Finds names, drugs, brands and the like in a text.",
        {
            "tokens?": "words of a sentence, as a list",
            "tags?": "a tag for each word: O, B-PER, I-PER …",
            "text?": "the text, where entities are marked by their places",
            "spans?": "entities of the text: start, end, label",
        },
        (Metric("entity_f1", greater_is_better=True), Metric("token_accuracy", greater_is_better=True)),
    ),
    TaskPlan(
        "question-answering",
        "Finds the stretch of a text that answers a question.",
        {
            "question": "the question",
            "context": "the text that holds the answer",
            "answers": "the answers: their text and where they begin, as SQuAD has them",
        },
        (Metric("f1", greater_is_better=True), Metric("exact_match", greater_is_better=True)),
    ),
    TaskPlan(
        "summarization",
        "Says a long text in a few sentences.",
        {"text": "the text", "target": "its summary"},
        (Metric("rouge_l", greater_is_better=True), Metric("rouge_1", greater_is_better=True)),
    ),
    TaskPlan(
        "translation",
        "Says a text in another language.",
        {"text": "the text", "target": "its translation"},
        (Metric("chrf", greater_is_better=True), Metric("bleu", greater_is_better=True)),
    ),
    TaskPlan(
        "sentence-similarity",
        "Learns which texts mean the same, for search and comparison.",
        {
            "text": "a text, or a question",
            "text_pair": "a text that means the same, or answers it",
            "negative?": "a text that does not",
            "target?": "how alike the two are, as a number",
        },
        (Metric("ndcg_at_10", greater_is_better=True), Metric("spearman", greater_is_better=True)),
    ),
)


def metric_name(spec: TrainingSpec) -> str:
    """The metric that a run goes by: that of its spec, else the task's first."""
    return spec.metric or next(plan.metrics[0].name for plan in PLANS if plan.task == spec.task)


def better(metric: str) -> Callable[[float, float], bool]:
    """Whether the first of two scores beats the second, by a metric of these tasks."""
    return next(known.better for plan in PLANS for known in plan.metrics if known.name == metric)
