"""Learn mode: what was done to each column of this very run before a model saw it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TREES = frozenset(
    {"decision-tree", "random-forest", "extra-trees", "hist-gradient-boosting", "lightgbm", "xgboost", "catboost"}
)
_UNSUPERVISED = frozenset({"clustering", "anomaly-detection", "dimensionality-reduction"})
_TABLES = frozenset({"tabular-classification", "tabular-regression", *_UNSUPERVISED})
_MOST = 100
_SCALERS = {
    "standard": "scaled (StandardScaler: less its mean, by its spread), so that no column is loud only because its "
    "unit is small",
    "minmax": "scaled to lie between 0 and 1 (MinMaxScaler)",
}
_SCALED: Mapping[str, str] = {
    "category": "one column of 0 and 1 for each value (OneHotEncoder): a word can't be weighed; values seen once or "
    "beyond the 60 most frequent share one column",
    "date": "year, month, day, weekday and days since 1970, scaled as numbers are",
    "text": "words are counted, rare ones weigh more (TF-IDF, up to 5,000 words)",
}
_ORDERED: Mapping[str, str] = {
    "number": "as it is, gaps too: a tree only asks whether a value lies above or below",
    "category": "a number for each value: a tree can cut between them",
    "date": "year, month, day, weekday and days since 1970",
    "text": "the 64 most telling words, weighed by how rare they are (TF-IDF)",
}
_SAME_AS = {"boolean": "category", "identifier": "category"}
_ROLES = {
    "groups": "never a question to the model: rows with the same value were kept on one side of every split",
    "order": "rows were split by it: what comes later was judged by what came before",
    "unused": "left out",
}
_OF_CHATS = "written out, chats by the model's chat template, then cut into tokens (words and pieces of words)"
_OF_MODELS: Mapping[str, str] = {
    **dict.fromkeys(("lora", "full", "base-model"), _OF_CHATS),
    "majority": "not looked at",
    "dummy": "not looked at",
    "tfidf": "cut into words and pieces of words, which are counted; what is rare elsewhere weighs more (TF-IDF)",
    "embeddings": "an encoder turns it into one list of numbers, in which like meanings lie close",
    "setfit": "an encoder turns it into one list of numbers, in which like meanings lie close",
    "zero-shot": "an encoder turns it into one list of numbers, compared with those of the labels' descriptions",
    "fine-tun": "cut into tokens (words and pieces of words), each a number that the network has a list of numbers for",
    "dictionary": "looked up word by word",
    "hog": "brought to {size} × {size} pixels; in small cells the directions of edges are counted",
    "pixels": "brought to {size} × {size} pixels; each pixel is a number for each colour",
    "cnn": "brought to {size} × {size} pixels, a number between 0 and 1 for each pixel and colour",
    "mfcc": "cut into short stretches, of which the shape of the spectrum becomes some numbers (MFCC)",
}
_OF_KINDS: Mapping[str, str] = {
    "text": "cut into tokens (words and pieces of words), each a number",
    "list": "taken as it is, word by word",
    "record": "taken as it is",
    "image": "brought to one size; each pixel is a number for each colour",
    "audio": "brought to one sampling rate",
}


@dataclass(frozen=True)
class ColumnLesson:
    """A column: its name, what it holds, what it was for, and what became of it."""

    name: str
    kind: str
    role: str
    done: str


def column_lessons(report: Mapping[str, Any]) -> list[ColumnLesson]:
    """Every column of a report in its order; empty for reports that tell none, as of tasks without rows."""
    return [_lesson(column, report) for column in (report.get("columns") or ())[:_MOST]]


def _lesson(column: Mapping[str, Any], report: Mapping[str, Any]) -> ColumnLesson:
    name, kind, role = (str(column.get(field) or "") for field in ("name", "kind", "role"))
    words = {"input": "to learn from", "unused": "left out"}.get(role, role.replace("_", " "))
    return ColumnLesson(name, kind, words, _done(name, kind, role, report))


def _done(name: str, kind: str, role: str, report: Mapping[str, Any]) -> str:
    if role == "target":
        return _target(kind, report)
    if role in _ROLES:
        return _why_left_out(name, report) or _ROLES[role]
    if report.get("task") in _TABLES:
        return _of_table(kind, report)
    return _of_network(kind, report)


def _target(kind: str, report: Mapping[str, Any]) -> str:
    task = report.get("task")
    if task in _UNSUPERVISED:
        return "never learned from: only used to colour the map, or to see how well the model does"
    labels = (report.get("confusion") or {}).get("labels") or ()
    if labels:
        return f"what the model learns to say: one of {len(labels)} labels"
    if kind == "number":
        return "what the model learns to say: a number"
    return "what the model learns to say"


def _why_left_out(name: str, report: Mapping[str, Any]) -> str:
    """What the check said about a column that nothing looked at."""
    found = next((one for one in report.get("findings") or () if one.get("column") == name), None)
    return str(found["sentence"]).replace("`", "") if found else ""


def _of_table(kind: str, report: Mapping[str, Any]) -> str:
    kind = _SAME_AS.get(kind, kind)
    families = _families(report)
    if not families or families <= {"dummy", "majority"}:
        return "not looked at"
    trees, others = families & _TREES, families - _TREES - {"dummy", "majority"}
    scaled = _scaled(kind, report)
    if trees and others:
        return f"for trees: {_ORDERED.get(kind, 'as it is')}; for the other models: {scaled}"
    return _ORDERED.get(kind, "as it is") if trees else scaled


def _scaled(kind: str, report: Mapping[str, Any]) -> str:
    if kind == "number":
        scaler = ((report.get("model") or {}).get("parameters") or {}).get("scaler", "standard")
        return f"gaps are filled with the median, then {_SCALERS.get(str(scaler), _SCALERS['standard'])}"
    if kind == "text" and report.get("task") in _UNSUPERVISED:
        return "words are counted (TF-IDF), and the counts pressed into 8 numbers"
    return _SCALED.get(kind, "as it is")


def _families(report: Mapping[str, Any]) -> set[str]:
    """Of the final model: those that it is mixed of, or its own."""
    members = (report.get("explanation") or {}).get("members") or ()
    return {str(one.get("family")) for one in members} or {str((report.get("model") or {}).get("family") or "")} - {""}


def _of_network(kind: str, report: Mapping[str, Any]) -> str:
    told = report.get("explanation") or {}
    family = str((report.get("model") or {}).get("family") or "")
    size = (told.get("features") or {}).get("size") or told.get("picture_size") or "a few"
    text = next((text for part, text in _OF_MODELS.items() if part in family), None)
    return (text or _OF_KINDS.get(kind, "taken as it is")).format(size=size)
