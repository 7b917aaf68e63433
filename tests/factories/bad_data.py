"""Forty data sets as people bring them: each with what the check must say about it.

A builder gives the rows, and may give rows to judge by too. `Bad.code` is the finding, `Bad.says` what its sentence
must hold, `Bad.verdict` what comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from holdfast.training.domain.specification import DataSource, TrainingSpec

Rows = pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True)
class Bad:
    """One of them."""

    name: str
    rows: Callable[[], Rows]
    code: str
    says: tuple[str, ...]
    verdict: str
    task: str = "tabular-classification"
    columns: Mapping[str, str] = field(default_factory=lambda: {"target": "label"})

    @property
    def spec(self) -> TrainingSpec:
        return TrainingSpec(self.task, DataSource(path="data.csv"), columns=self.columns)


def healthy(rows: int = 120, seed: int = 0, **more: Any) -> pd.DataFrame:
    """A table with nothing wrong; other columns by name."""
    random = np.random.default_rng(seed)
    size, weight = random.normal(10, 3, rows).round(3), random.normal(50, 9, rows).round(3)
    noisy = size + random.normal(0, 3, rows)
    table = {
        "size": size,
        "weight": weight,
        "colour": random.choice(["red", "green", "blue"], rows),
        "label": np.where(noisy > 10, "yes", "no"),
    }
    return pd.DataFrame(table | more)


def texts(rows: int = 120) -> pd.DataFrame:
    """Texts with labels, and nothing wrong."""
    random = np.random.default_rng(1)
    words = ["parcel", "refund", "late", "great", "broken", "kind", "again", "never", "box", "shop"]
    lines = [" ".join(random.choice(words, 6)) + f" {number}" for number in range(rows)]
    return pd.DataFrame({"text": lines, "label": random.choice(["praise", "complaint"], rows)})


def _with(frame: pd.DataFrame, rows: list[int], column: str, value: Any) -> pd.DataFrame:
    frame[column] = frame[column].astype(object)
    for row in rows:
        frame.at[row, column] = value
    return frame


def _amounts() -> list[str]:
    return [f"{1000 + 37.5 * number:,.2f} €" for number in range(120)]


def _rows(count: int) -> Callable[[], pd.DataFrame]:
    return lambda: healthy(120).head(count)


def _twins() -> pd.DataFrame:
    frame = healthy()
    return frame.set_axis(["size", "size", "colour", "label"], axis=1)


def _parts() -> Rows:
    whole = healthy(200)
    return whole.head(150), whole.iloc[130:]


def _two(column: str, first: Any, second: Any) -> pd.DataFrame:
    frame = texts()
    return frame.assign(**{column: [first if number % 2 else second for number in range(len(frame))]})


def _contradicting() -> pd.DataFrame:
    frame = texts(60)
    other = frame.head(10).assign(label=lambda rows: rows["label"].map({"praise": "complaint", "complaint": "praise"}))
    return pd.concat([frame, other])


def _tags() -> pd.DataFrame:
    tokens = [["Ada", "lives", "in", f"Town{number}"] for number in range(40)]
    tags = [["B-PER", "O", "O", "B-LOC"]] * 37 + [["O"]] * 3
    return pd.DataFrame({"tokens": tokens, "tags": tags})


def _answers() -> pd.DataFrame:
    contexts = [f"The bridge number {number} was built in {1900 + number} by Ada." for number in range(40)]
    found = [{"text": [str(1900 + number)], "answer_start": [30]} for number in range(38)] + [
        {"text": ["Bob"], "answer_start": [0]}
    ] * 2
    return pd.DataFrame({"question": ["When was it built?"] * 40, "context": contexts, "answers": found})


def _pictures() -> pd.DataFrame:
    good = b"\x89PNG\r\n\x1a\n" + bytes(20)
    images = [good + bytes([number]) for number in range(38)] + [b"not a picture at all", b""]
    return pd.DataFrame({"image": images, "label": ["cat", "dog"] * 20})


def _wide() -> pd.DataFrame:
    noise = pd.DataFrame(np.random.default_rng(3).normal(0, 1, (120, 10_000))).add_prefix("c")
    return pd.concat([healthy(), noise], axis=1)


_R = np.random.default_rng(7)
_N = range(120)

BAD: tuple[Bad, ...] = (
    Bad("no rows", _rows(0), "no-rows", ("no rows",), "blocked"),
    Bad("no columns", pd.DataFrame, "no-columns", ("no columns",), "blocked"),
    Bad("one row", _rows(1), "too-few-rows", ("only 1 row",), "blocked"),
    Bad("seven rows", _rows(7), "too-few-rows", ("only 7 rows",), "blocked"),
    Bad("one class", lambda: healthy(label="yes"), "one-class", ("same value", "`yes`"), "blocked"),
    Bad("target all missing", lambda: healthy(label=None), "no-target", ("`label`", "empty in every row"), "blocked"),
    Bad("target misspelt", healthy, "no-such-column", ("no column `lable`",), "blocked", columns={"target": "lable"}),
    Bad(
        "target is an id",
        lambda: healthy(label=[f"u{number:04}x" for number in _N]),
        "too-many-classes",
        ("nearly each row",),
        "blocked",
    ),
    Bad(
        "amounts as classes",
        lambda: healthy(label=_R.normal(0, 1, 120)),
        "numbers-as-classes",
        ("amounts and not classes",),
        "blocked",
    ),
    Bad(
        "words as amounts",
        healthy,
        "words-as-amounts",
        ("should be a number", "`yes`"),
        "blocked",
        task="tabular-regression",
    ),
    Bad(
        "constant amount",
        lambda: healthy(label=3.5),
        "constant-target",
        ("in every row",),
        "blocked",
        task="tabular-regression",
    ),
    Bad("judged by what it learned", lambda: (healthy(), healthy()), "same-parts", ("the same rows",), "blocked"),
    Bad("nothing to learn from", lambda: healthy()[["label"]], "no-inputs", ("No column is left",), "blocked"),
    Bad("column all missing", lambda: healthy(note=None), "empty-columns", ("`note` is empty",), "repaired"),
    Bad(
        "constant column",
        lambda: healthy(country="DE"),
        "constant-columns",
        ("`country` has the same value",),
        "repaired",
    ),
    Bad(
        "a copy of the target",
        lambda: healthy().assign(answer=lambda rows: rows["label"].map({"yes": 1, "no": 0})),
        "leak",
        ("`answer` alone gives `label` away",),
        "repaired",
    ),
    Bad(
        "filled in afterwards",
        lambda: healthy(300).assign(reason=lambda rows: np.where(rows["label"] == "yes", "too dear", None)),
        "leak",
        ("`reason` alone", "left out"),
        "repaired",
    ),
    Bad(
        "the target in other money",
        lambda: healthy(
            label=[100.0 + number * 1.7 for number in _N],
            dollars=[(100 + number * 1.7) * 1.1 + 0.01 * (number % 2) for number in _N],
        ),
        "leak",
        ("`dollars` alone",),
        "repaired",
        task="tabular-regression",
    ),
    Bad(
        "duplicate ids",
        lambda: healthy(customer_id=[f"c{number:03}" for number in [*range(118), 5, 9]]),
        "repeated-ids",
        ("`customer_id`", "2 values come twice"),
        "ready",
    ),
    Bad(
        "the same column twice",
        lambda: healthy().assign(mass=lambda rows: rows["weight"]),
        "same-columns",
        ("`mass` repeats `weight`",),
        "repaired",
    ),
    Bad(
        "two columns of one name",
        _twins,
        "same-column-name",
        ("`size` is the name of more than one column",),
        "repaired",
    ),
    Bad(
        "the same rows twice",
        lambda: pd.concat([healthy(), healthy().head(20)]),
        "repeated-rows",
        ("20 rows of 140 repeat",),
        "repaired",
    ),
    Bad("rows in both parts", _parts, "rows-in-both-parts", ("20 rows to train on",), "repaired"),
    Bad(
        "empty rows",
        lambda: pd.concat([healthy(), pd.DataFrame(index=range(3))]),
        "empty-rows",
        ("3 rows without any value",),
        "repaired",
    ),
    Bad(
        "some targets missing",
        lambda: _with(healthy(), [3, 4], "label", None),
        "missing-target",
        ("2 rows (2 %)", "left out"),
        "repaired",
    ),
    Bad("money as text", lambda: healthy(income=_amounts()), "numbers-as-text", ("`1,000.00 €` is 1,000",), "repaired"),
    Bad(
        "decimal commas",
        lambda: healthy(length=[f"{number},{number % 9 + 1}5" for number in _N]),
        "numbers-as-text",
        ("decimal comma", "`0,15` is 0.15"),
        "repaired",
    ),
    Bad(
        "words among numbers",
        lambda: _with(healthy(), [1, 2], "size", "about ten"),
        "mixed-types",
        ("2 rows of 120 have words", "`about ten`"),
        "repaired",
    ),
    Bad(
        "half numbers, half words",
        lambda: healthy(size=[number if number % 2 else f"box {number}" for number in _N]),
        "mixed-types",
        ("mixes numbers and words", "60 rows"),
        "ready",
    ),
    Bad(
        "infinite values",
        lambda: _with(healthy(), [5], "size", np.inf).astype({"size": float}),
        "infinite-values",
        ("1 value of `size` is infinite",),
        "repaired",
    ),
    Bad(
        "wrong encoding",
        lambda: healthy(city=["MÃ¼nchen", "KÃ¶ln", "ZÃ¼rich"] * 40),
        "wrong-encoding",
        ("`MÃ¼nchen`", "Mended to `München`"),
        "repaired",
    ),
    Bad(
        "letters lost",
        lambda: healthy(city=["M�nchen", "K�ln", "Rome"] * 40),
        "lost-letters",
        ("a letter was lost", "`M�nchen`"),
        "ready",
    ),
    Bad(
        "days or months",
        lambda: healthy(seen=[f"0{number % 9 + 1}/0{number % 7 + 1}/2025" for number in _N]),
        "day-or-month",
        ("`seen`", "either way round"),
        "ready",
    ),
    Bad(
        "dates that are none",
        lambda: _with(healthy(seen=[f"2025-{number % 12 + 1:02}-11" for number in _N]), [0], "seen", "2025-13-45"),
        "impossible-dates",
        ("`2025-13-45`",),
        "repaired",
    ),
    Bad(
        "labels in any case",
        lambda: _with(_with(healthy(), [0, 1], "label", "YES"), [2], "label", "No "),
        "label-spelling",
        ("`YES` as `yes`",),
        "repaired",
    ),
    Bad(
        "labels with typos",
        lambda: _with(healthy(label=["positive", "negative", "neutral"] * 40), [0], "label", "postive"),
        "label-typo",
        ("`postive` (1 row) looks like a typo of `positive` (39 rows)",),
        "repaired",
    ),
    Bad(
        "a class of one row",
        lambda: _with(healthy(), [0], "label", "perhaps"),
        "rare-classes",
        ("`perhaps` is a class with a single row",),
        "repaired",
    ),
    Bad(
        "hardly any of one class",
        lambda: healthy(label=["ok"] * 115 + ["fraud"] * 5),
        "imbalance",
        ("96 % of the rows are `ok`",),
        "ready",
    ),
    Bad(
        "no header",
        lambda: healthy().set_axis(["10.2", "51", "red", "yes"], axis=1),
        "no-header",
        ("`10.2`", "no names"),
        "repaired",
        task="auto",
        columns={},
    ),
    Bad("ten thousand columns", _wide, "too-many-columns", ("10,003 columns", "at most 1,000"), "repaired"),
    Bad(
        "gaps everywhere",
        lambda: healthy(mood=["good"] * 20 + [None] * 100),
        "many-gaps",
        ("`mood` is empty in more than half",),
        "ready",
    ),
    Bad(
        "texts that are ids",
        lambda: texts().assign(text=[f"a{number * 7919:06x}" for number in _N]),
        "texts-like-ids",
        ("they look like ids",),
        "ready",
        "text-classification",
        {"text": "text", "target": "label"},
    ),
    Bad(
        "endless texts",
        lambda: _with(texts(), [0], "text", "word " * 5000),
        "long-texts",
        ("longer than 6,000",),
        "ready",
        "text-classification",
        {"target": "label"},
    ),
    Bad(
        "empty texts",
        lambda: _with(texts(), [0], "text", "   "),
        "empty-texts",
        ("1 row (less than 1 %) had no text",),
        "repaired",
        "text-classification",
        {"target": "label"},
    ),
    Bad(
        "contradicting labels",
        _contradicting,
        "contradicting-labels",
        ("20 rows look exactly like another one",),
        "ready",
        "text-classification",
        {"target": "label"},
    ),
    Bad(
        "labels inside the texts",
        lambda: texts().assign(text=lambda rows: rows["text"] + " " + rows["label"]),
        "label-in-text",
        ("names its own label",),
        "ready",
        "text-classification",
        {"target": "label"},
    ),
    Bad(
        "tags that do not fit",
        _tags,
        "tags-do-not-fit",
        ("3 rows (8 %)", "one tag"),
        "repaired",
        "token-classification",
        {},
    ),
    Bad(
        "answers from elsewhere",
        _answers,
        "answer-not-in-text",
        ("2 rows (5 %)", "does not occur"),
        "repaired",
        "question-answering",
        {},
    ),
    Bad(
        "broken pictures",
        _pictures,
        "broken-image",
        ("2 rows (5 %)", "damaged"),
        "repaired",
        "image-classification",
        {},
    ),
)
