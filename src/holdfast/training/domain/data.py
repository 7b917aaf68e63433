"""The rows of a run, checked and split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from holdfast.training.domain.findings import Finding

if TYPE_CHECKING:
    import pandas as pd


class ColumnKind(Enum):
    """What the values of a column are, whatever type they came in."""

    NUMBER = "number"
    CATEGORY = "category"
    TEXT = "text"
    DATE = "date"
    BOOLEAN = "boolean"
    IDENTIFIER = "identifier"
    IMAGE = "image"
    AUDIO = "audio"
    LIST = "list"
    RECORD = "record"
    EMPTY = "empty"


@dataclass(frozen=True)
class TrainingData:
    """What trainers get.

    Args:
        train: rows to search on; index 0…n-1; values repaired (numbers are numbers, dates are dates, missing is NA).
            Images and sounds are bytes of their files; messages and spans are lists as the data has them.
        test: the sealed test, same columns; trainers never look at it, only the end of the run does.
        columns: column by role: `target`, `text`, `image`, `tokens`, `tags`, `question`, `messages`, …; roles with
            several columns (`inputs` of a table) are in `inputs`.
        inputs: columns of a table that the model sees, in their order.
        kinds: kind of each column.
        labels: of classification, sorted as the model will have them; None for other tasks.
        groups: column whose values must not be in two parts at once; None where rows are independent.
        order: date column by which train lies before test; None where order means nothing.
        findings: of the data check.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    columns: Mapping[str, str]
    inputs: tuple[str, ...]
    kinds: Mapping[str, ColumnKind]
    labels: tuple[str, ...] | None = None
    groups: str | None = None
    order: str | None = None
    findings: tuple[Finding, ...] = ()
