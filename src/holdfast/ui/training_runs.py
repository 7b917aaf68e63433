"""Training runs in the words of people: what the templates of their pages show. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from holdfast.training.domain.events import Stage
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.service import TrainingRun
from holdfast.ui import formats

WIDTH, HEIGHT = 960, 240
"""The `viewBox` of charts."""
_EDGE, _LEFT = 16, 72

STAGES = (
    (Stage.READ, "Read"),
    (Stage.CHECK, "Check"),
    (Stage.SEARCH, "Search"),
    (Stage.FINISH, "Final model"),
    (Stage.JUDGE, "Test"),
    (Stage.REPORT, "Report"),
    (Stage.PUSH, "Push"),
    (Stage.DEPLOY, "Serve"),
)
_WORDS = {
    "roc_auc": "ROC-AUC",
    "log_loss": "log loss",
    "average_precision": "average precision",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "rmse": "RMSE",
    "mae": "mean absolute error",
    "r2": "R²",
    "entity_f1": "entity F1",
    "rouge_l": "ROUGE-L",
    "davies_bouldin": "Davies-Bouldin",
}
_FAMILIES = {
    "dummy": "baseline",
    "hist-gradient-boosting": "gradient boosting",
    "k-nearest-neighbours": "nearest neighbours",
    "lightgbm": "LightGBM",
    "xgboost": "XGBoost",
    "svm": "SVM",
    "linear-svm": "linear SVM",
    "pca": "PCA",
    "hdbscan": "HDBSCAN",
    "tf-idf": "TF-IDF",
    "tfidf-linear": "TF-IDF and a linear model",
    "tfidf-svm": "TF-IDF and an SVM",
    "embeddings-linear": "encoder and a linear model",
    "embeddings-svm": "encoder and an SVM",
    "words-and-vectors": "TF-IDF and an encoder together",
    "hog-svm": "edges and an SVM",
    "pixels-linear": "pixels and a linear model",
    "mfcc-linear": "spectrum and a linear model",
    "mfcc-svm": "spectrum and an SVM",
    "zero-shot": "zero-shot",
    "as-it-is": "the encoder as it is",
    "base-model": "the base model",
    "k-means": "k-means",
    "setfit": "SetFit",
    "gpt2": "GPT-2",
    **{name: name.upper() for name in ("cnn", "rnn", "gru", "lstm", "ppo", "dqn")},
    "full": "full fine-tuning",
    "lora": "LoRA",
    "qlora": "QLoRA",
}
_RULES = ("dummy", "majority", "random", "fixed-action", "best-fixed-price")
"""Families that need no learning."""
_STATUS = {"ok": "Tried", "pruned": "Ended early", "failed": "Failed", "skipped": "Skipped"}


@dataclass(frozen=True)
class StageStep:
    """A step of the bar; `state` is done, now or later."""

    name: str
    state: str


@dataclass(frozen=True)
class BoardRow:
    """A trial of the board, in words; "" where there is nothing to say."""

    number: int
    family: str
    parameters: str
    score: str
    error: str
    seconds: str
    speed: str
    size: str
    status: str
    reason: str
    is_best: bool


@dataclass(frozen=True)
class Climb:
    """The best score so far by trial, against the baseline.

    Args:
        line: `d` of the best so far.
        dots: (x, y, label) of each trial with a score.
        baseline: y of the baseline's line; None where there is none.
        low: the lower edge's value, in words.
        high: the upper edge's value, in words.
        words: the whole chart as a sentence.
    """

    line: str
    dots: tuple[tuple[str, str, str], ...]
    baseline: str | None
    low: str
    high: str
    words: str


@dataclass(frozen=True)
class Curve:
    """A quantity of one trial by step."""

    name: str
    line: str
    first: str
    last: str


@dataclass(frozen=True)
class ScoreLine:
    """A score of the final model; `interval` is "" where there is none."""

    name: str
    value: str
    interval: str
    is_goal: bool


@dataclass(frozen=True)
class Bar:
    """A column's importance; `share` of the longest, 0 to 100."""

    name: str
    value: str
    share: int


@dataclass(frozen=True)
class End:
    """How a run ended, in words; `learned_nothing` where the model is a rule that needs no learning."""

    sentence: str
    learned_nothing: bool = False


def end_of(run: TrainingRun) -> End | None:
    """Of a run that is over; None where there is nothing to say."""
    model = (run.report or {}).get("model") or {}
    if run.report is None or not model.get("family"):
        said = run.job.progress.sentence or run.job.message
        return End(said) if said else None
    family = family_word(str(model["family"]))
    if model["family"] in _RULES:
        return End(
            f"Done, but nothing was learned in this time: the model is “{family}”, a rule that needs no learning. "
            "Give it a larger budget.",
            learned_nothing=True,
        )
    return End(f"Done: the model is {family}.")


def title_of(spec: TrainingSpec) -> str:
    """`tabular-classification on penguins`."""
    name = (spec.data.repo_id or spec.data.path or "data").rpartition("/")[2]
    return f"{name}: {spec.task}" if spec.task != "auto" else name


def again_query(spec: TrainingSpec) -> str:
    """The wizard's query for a run as this one, to be corrected first; empty where its data are no dataset."""
    if spec.data.repo_id is None:
        return ""
    minutes = f"{spec.budget.seconds / 60:g}"
    asked = {"data": spec.data.repo_id, "task": spec.task, "other-minutes": minutes, "metric": spec.metric or ""}
    asked |= {f"column-{role}": name for role, name in spec.columns.items()}
    asked |= {f"kind-{name}": kind for name, kind in spec.kinds.items()}
    model = (spec.output.repo_id or "").rpartition("/")[2]
    return urlencode({name: value for name, value in {**asked, "model": model}.items() if value})


def metric_word(name: str | None) -> str:
    """A metric's name as people write it."""
    return _WORDS.get(name or "", (name or "").replace("_", " "))


def family_word(name: str) -> str:
    """A family's name as people write it."""
    return _FAMILIES.get(name, name.replace("-", " "))


def number(value: Any) -> str:
    """A score, with as many digits as tell something."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def stage_bar(run: TrainingRun) -> list[StageStep]:
    """Which steps are done, and which is on."""
    names = [stage.value for stage, _word in STAGES]
    if run.report is not None or run.board.stage == Stage.DONE.value:
        return [StageStep(word, "done") for _stage, word in STAGES]
    place = names.index(run.board.stage) if run.board.stage in names else -1
    states = [
        "done" if at < place else "now" if at == place and not run.job.stage.is_terminal else "later"
        for at in range(len(names))
    ]
    return [StageStep(word, state) for (_stage, word), state in zip(STAGES, states, strict=True)]


def board_rows(run: TrainingRun) -> list[BoardRow]:
    """Trials, best first, then those without a score."""
    best = list(run.board.best)
    rest = [trial for trial in run.board.trials if trial not in best]
    return [_row(trial, is_best=bool(best) and trial is best[0]) for trial in [*best, *rest]]


def _row(trial: Mapping[str, Any], *, is_best: bool) -> BoardRow:
    parameters = trial.get("parameters") or {}
    status = "Best so far" if is_best else _STATUS.get(str(trial.get("status")), str(trial.get("status")))
    speed, size = trial.get("predict_ms_per_row"), trial.get("size_bytes")
    error = trial.get("standard_error")
    return BoardRow(
        number=int(trial["number"]),
        family=family_word(str(trial.get("family"))),
        parameters=", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in parameters.items()),
        score=number(trial.get("score")) if trial.get("score") is not None else "",
        error=f"± {number(error)}" if error else "",
        seconds=f"{float(trial.get('seconds') or 0):.1f} s",
        speed=f"{speed:.2g} ms" if isinstance(speed, int | float) else "",
        size=formats.size(int(size)) if isinstance(size, int | float) else "",
        status=status,
        reason=str(trial.get("reason") or trial.get("tried_because") or ""),
        is_best=is_best,
    )


def _plain(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else "none" if value is None else str(value)


def climb_of(run: TrainingRun) -> Climb | None:
    """The chart of the search; None before the first score."""
    scored = sorted(run.board.best, key=lambda trial: trial["number"])
    if not scored:
        return None
    greater = run.board.greater_is_better
    values = [float(trial["score"]) for trial in scored]
    best = [max(values[: at + 1]) if greater else min(values[: at + 1]) for at in range(len(values))]
    low, high = _shown_range(values, best)
    xs = [_spread(at, len(values)) for at in range(len(values))]
    path = f"M{xs[0]:.1f} {_height(best[0], low, high):.1f}"
    for x, value in zip(xs[1:], best[1:], strict=True):
        path += f"H{x:.1f}V{_height(value, low, high):.1f}"
    dots = tuple(
        (
            f"{x:.1f}",
            f"{_height(value, low, high):.1f}",
            f"Trial {trial['number']}, {family_word(trial['family'])}: {number(value)}",
        )
        for x, value, trial in zip(xs, values, scored, strict=True)
    )
    went = f"{metric_word(run.board.metric)} went from {number(values[0])} (baseline) to {number(best[-1])}"
    said = f"{went} in {formats.plural(len(values), 'trial')}."
    return Climb(
        f"{path}H{WIDTH - _EDGE}", dots, f"{_height(values[0], low, high):.1f}", number(low), number(high), said
    )


def _shown_range(values: Sequence[float], best: Sequence[float]) -> tuple[float, float]:
    """From the baseline to the best; what is far worse than the baseline is drawn at the edge."""
    first, last = best[0], best[-1]
    span = abs(last - first) or abs(first) * 0.1 or 1.0
    worse = [value for value in values if abs(value - first) <= span]
    low, high = min([*worse, first, last]), max([*worse, first, last])
    return low - 0.08 * span, high + 0.08 * span


def _height(value: float, low: float, high: float) -> float:
    share = (min(max(value, low), high) - low) / ((high - low) or 1.0)
    return HEIGHT - _EDGE - share * (HEIGHT - 2 * _EDGE)


def _spread(place: int, count: int) -> float:
    return _LEFT + place / max(1, count - 1) * (WIDTH - _EDGE - _LEFT)


def curves_of(run: TrainingRun) -> list[Curve]:
    """Losses of the running trial, or of the best one: those that have at least two steps."""
    series: dict[str, list[float]] = {}
    for figures in run.board.figures:
        for name, value in figures.items():
            if name not in ("step", "epoch") and isinstance(value, int | float) and not isinstance(value, bool):
                series.setdefault(name, []).append(float(value))
    if not series and run.board.best:
        curve = run.board.best[0].get("curve") or {}
        series = {name: [float(value) for _step, value in points] for name, points in curve.items()}
    return [_curve(name, values) for name, values in series.items() if len(values) > 1][:4]


def _curve(name: str, values: Sequence[float]) -> Curve:
    low, high = min(values), max(values)
    step = WIDTH / (len(values) - 1)
    spots = [f"{at * step:.1f} {_height(value, low, high):.1f}" for at, value in enumerate(values)]
    return Curve(name.replace("_", " "), "M" + "L".join(spots), number(values[0]), number(values[-1]))


def score_lines(report: Mapping[str, Any]) -> list[ScoreLine]:
    """Scores on the sealed test, the run's own first."""
    goal = (report.get("metric") or {}).get("name")
    scores, intervals = report.get("scores") or {}, report.get("intervals") or {}
    lines = [
        ScoreLine(
            metric_word(name),
            number(value),
            f"{number(intervals[name][0])} to {number(intervals[name][1])}" if intervals.get(name) else "",
            name == goal,
        )
        for name, value in scores.items()
    ]
    return sorted(lines, key=lambda line: not line.is_goal)


def importance_bars(report: Mapping[str, Any], most: int = 12) -> list[Bar]:
    """Columns by how much worse the model gets without them."""
    found = {name: value for name, value in (report.get("importance") or {}).items() if isinstance(value, int | float)}
    chosen = sorted(found.items(), key=lambda pair: -pair[1])[:most]
    longest = max((value for _name, value in chosen), default=0.0)
    return (
        [Bar(name, number(value), max(0, round(100 * value / longest))) for name, value in chosen]
        if longest > 0
        else []
    )
