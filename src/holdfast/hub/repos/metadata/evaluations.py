"""One table of a model's evaluation results: those of the card's `model-index`, and those of `.eval_results`.

A number that both tell is one row. Both are what people wrote; what has no number or no name is left out.
Source: huggingface_hub 2.4.0 repocard_data.py `model_index_to_eval_results`, and `eval_results`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

MAX_RESULTS = 500
MAX_TEXT_CHARACTERS = 200


@dataclass(frozen=True)
class Evaluation:
    """One number that somebody measured. Texts are at most 200 characters; None: not told.

    Args:
        task: `text-classification`, or its name for people.
        dataset: its name for people, `dataset_id` its repo.
        split: with the config, where one is named: `default/test`.
        value: as written, with few digits for floats.
        source: who says so, `source_url` where.
        filename: the file in `.eval_results`; None for the card.
        is_verified: the card says that the Hub checked it.
        notes: how it was measured, in a sentence or two.
    """

    task: str | None
    dataset: str | None
    dataset_id: str | None
    split: str | None
    metric: str
    value: str
    source: str | None = None
    source_url: str | None = None
    filename: str | None = None
    is_verified: bool = False
    notes: str | None = None


def evaluations(model_index: Any, eval_results: Any) -> tuple[Evaluation, ...]:
    """Read both forms, the files of `.eval_results` first; at most `MAX_RESULTS`."""
    of_card = list(_of_card(model_index))
    of_files = [_with_twin(result, of_card) for result in _of_files(eval_results)]
    return tuple(islice((*of_files, *of_card), MAX_RESULTS))


def _with_twin(result: Evaluation, of_card: list[Evaluation]) -> Evaluation:
    """A file's result; where the card has the same number, with what that says of it, and the card's is taken away.

    A file names a task of the dataset, in which the card's metric is the last part: `tabular-classification/accuracy`.
    """
    named = (result.split or "").rpartition("/")[2]
    for index, twin in enumerate(of_card):
        if (twin.dataset_id, twin.value, twin.metric) == (result.dataset_id, result.value, named):
            del of_card[index]
            source, url = result.source or twin.source, result.source_url or twin.source_url
            return replace(twin, source=source, source_url=url, filename=result.filename, notes=result.notes)
    return result


def _of_files(eval_results: Any) -> Iterator[Evaluation]:
    for item in _objects(eval_results):
        data = _object(item.get("data"))
        dataset, source = _object(data.get("dataset")), _object(data.get("source"))
        value = _value(data.get("value"))
        if value is None:
            continue
        yield Evaluation(
            task=None,
            dataset=_text(dataset.get("id")),
            dataset_id=_text(dataset.get("id")),
            split=_text(dataset.get("task_id")),
            metric="score",
            value=value,
            source=_text(source.get("name")) or _text(source.get("user")) or _text(source.get("org")),
            source_url=_url(source.get("url")),
            filename=_text(item.get("filename")),
            notes=_text(data.get("notes")),
        )


def _of_card(model_index: Any) -> Iterator[Evaluation]:
    for model in _objects(model_index):
        for result in _objects(model.get("results")):
            for metric in _objects(result.get("metrics")):
                evaluation = _of_metric(result, metric)
                if evaluation is not None:
                    yield evaluation


def _of_metric(result: dict[str, Any], metric: dict[str, Any]) -> Evaluation | None:
    task, dataset, source = (_object(result.get(name)) for name in ("task", "dataset", "source"))
    value, name = _value(metric.get("value")), _text(metric.get("name")) or _text(metric.get("type"))
    if value is None or name is None:
        return None
    split = "/".join(part for part in (_text(dataset.get("config")), _text(dataset.get("split"))) if part)
    return Evaluation(
        task=_text(task.get("name")) or _text(task.get("type")),
        dataset=_text(dataset.get("name")) or _text(dataset.get("type")),
        dataset_id=_text(dataset.get("type")),
        split=split or None,
        metric=name,
        value=value,
        source=_text(source.get("name")),
        source_url=_url(source.get("url")),
        is_verified=metric.get("verified") is True,
    )


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip()[:MAX_TEXT_CHARACTERS] or None


def _url(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if text.startswith(("https://", "http://")) and len(text) <= 1_000 else None


def _value(value: Any) -> str | None:
    """Floats with five digits that count: more are noise."""
    return f"{value:.5g}" if isinstance(value, float) else _text(value)
