"""The columns of text classification, read as what a model learns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.trainers.text.classification.targets import Targets, read_targets

if TYPE_CHECKING:
    import pandas as pd


def column(data: TrainingData, role: str) -> str:
    """The column of a role.

    Raises:
        InvalidInput: the data has none.
    """
    if role not in data.columns:
        raise InvalidInput(field=f"columns.{role}", problem="is missing: say which column it is")
    return data.columns[role]


def pairs_of(data: TrainingData, rows: pd.DataFrame) -> tuple[tuple[str, str], ...] | None:
    """Both texts of some rows; None where rows have one."""
    if "text_pair" not in data.columns:
        return None
    columns = (rows[column(data, role)].astype(str) for role in ("text", "text_pair"))
    return tuple(zip(*columns, strict=True))


def targets_of(
    data: TrainingData, spec: TrainingSpec, values: Sequence[object], labels: tuple[str, ...] | None = None
) -> Targets:
    """Values of the target column as a model learns them.

    Args:
        data: of the run.
        spec: of the run.
        values: of the column.
        labels: in their order; None: those of the data.
    """
    is_number = spec.task == "text-regression"
    return read_targets(values, labels or data.labels, is_number=is_number, name=column(data, "target"))


def is_list(value: Any) -> bool:
    """Whether a cell holds several values."""
    return isinstance(value, (list, tuple, set, np.ndarray))
