"""How a model was made: read from its repo's report, whatever somebody wrote there; and shown without an error."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from holdfast.ui.made_reports import MadeModel, made_model
from holdfast.ui.page import open_pages

REPORT: dict[str, Any] = {
    "task": "clustering",
    "metric": {"name": "silhouette", "greater_is_better": True},
    "score": 0.4,
    "scores": {
        "silhouette": 0.4,
        "loss": 1.5,
        "perplexity": 4.48,
        "log_loss": 0.2,
        "accuracy": 0.875,
        "bits_per_byte": 2,
    },
    "intervals": {"silhouette": [0.3, 0.5]},
    "importance": {"age": 0.2},
    "baseline_scores": {"silhouette": 0.1},
    "gain": {"value": 0.3, "low": 0.2, "high": 0.4},
    "confusion": {"labels": ["a", "b"], "counts": [[3, 1], [0, 4]]},
    "columns": [{"name": "age", "kind": "number", "role": "input"}],
    "learning_curve": {"points": [{"rows": 10, "score": 0.2, "standard_error": 0.1}, {"rows": 40, "score": 0.4}]},
    "model": {"family": "k-means", "parameters": {"n_clusters": 3}},
    "explanation": {
        "map": {
            "points": [{"x": 1, "y": 2, "row": 3, "group": 0}, {"x": 2, "y": 1, "row": 4, "group": 1}],
            "shares": [1],
        },
        "segments": [{"segment": 0, "rows": 2, "share": 0.5, "traits": [{"words": "`age` is higher"}]}],
        "axes": ["Direction 1 is mostly `age`."],
        "layers": [{"name": "h.*.fc", "kind": "ReLU", "parameters": 3, "times": 2, "does": "bends"}],
        "layers_of": {"trial": 1, "family": "svm"},
        "curve": {"accuracy": [[1, 0.5], [2, 0.6], [3, 0.7], [4, 0.8]]},
        "pieces": ["the", " cat"],
        "vocabulary": 512,
        "before": {"silhouette": 0.1},
        "agent": {"sees": ["age"], "does": ["stay"], "paid": "1", "moment": {"seen": [0.5], "done": "stay"}},
        "solved_at": 3.0,
        "episodes": 7,
        "members": [{"family": "svm", "weight": 0.5}, {"family": "ridge", "weight": 0.5}],
        "rules": {"random": 1.0},
        "samples": [{"prompt": "p", "before": "b", "after": "a"}],
    },
    "trials": [
        {
            "number": number,
            "family": "k-means",
            "parameters": {"n_clusters": number + 2},
            "score": 0.1 * number,
            "metrics": {"silhouette": 0.1 * number},
            "curve": {"loss": [[1, 2.0], [2, 1.0]]},
        }
        for number in range(3)
    ],
    "findings": [{"severity": "note", "sentence": "`age` is fine.", "advice": "", "column": "age"}],
    "rows": {"train": 80, "test": 20, "judged": 20},
}
JUNK: tuple[Any, ...] = (None, "<b>x</b>", -7, 2.5, [], {}, [[]], {"a": {"b": None}}, True)


@pytest.fixture(scope="module")
def environment():
    return open_pages(lambda: 0, dict).environment


def _shown(environment, made: MadeModel) -> str:
    facts = {
        "found": made.found,
        "lesson": made.lesson,
        "network": made.network,
        "bars": made.bars,
        "may_take": False,
        "url": str,
        "run_path": "",
    }
    names = ("training/found.html", "training/lesson.html")
    return "".join(environment.get_template(name).render(facts) for name in names)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    report = copy.deepcopy(REPORT)
    place: Any = report
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return report


def test_a_report_is_told(environment):
    made = made_model(orjson.dumps(REPORT))
    assert made is not None
    assert (made.task, made.family, made.trials) == ("clustering", "k-means", 3)
    page = _shown(environment, made)
    for words in ("A map of 2 rows in 2 groups", "speaks for 4 groups", "age is higher", "max(0, x)", "3 of 4 = "):
        assert words in page
    assert "`" not in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_whatever_somebody_wrote_there_is_shown_or_is_no_report(environment):
    told = 0
    for path in _places(REPORT):
        for value in JUNK:
            made = made_model(orjson.dumps(_changed(path, value)))
            if made is not None:
                told += 1
                assert "<b>x</b>" not in _shown(environment, made), (path, value)
    assert told > len(JUNK)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b"\xff", b"[" * 5000])
def test_what_is_no_report(content):
    assert made_model(content) is None
