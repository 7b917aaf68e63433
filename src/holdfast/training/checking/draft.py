"""The table while it is looked at: each step of the check reads it, repairs it and notes what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from holdfast.training.domain.data import ColumnKind
from holdfast.training.domain.findings import Finding, Severity
from holdfast.training.domain.specification import TrainingSpec


@dataclass
class Draft:
    """A check in the making.

    Args:
        spec: what was asked for.
        frame: rows to train on, followed by rows to judge by: columns are read the same way in both.
        is_test: which rows are to judge by.
        has_test: whether such rows were given.
        roles: column by role.
        inputs: columns of a table that the model will see.
        asked_inputs: whether the spec itself names the inputs: then none is taken out unasked.
    """

    spec: TrainingSpec
    frame: pd.DataFrame
    is_test: np.ndarray
    has_test: bool
    task: str = "auto"
    reason: str = ""
    confidence: float = 1.0
    roles: dict[str, str] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    asked_inputs: bool = False
    kinds: dict[str, ColumnKind] = field(default_factory=dict)
    certainties: dict[str, float] = field(default_factory=dict)
    labels: tuple[str, ...] | None = None
    groups: str | None = None
    order: str | None = None
    findings: list[Finding] = field(default_factory=list)

    def note(self, code: str, sentence: str, advice: str = "", column: str | None = None) -> None:
        """Something worth knowing."""
        self.findings.append(Finding(code, Severity.NOTE, sentence, advice, column))

    def warn(self, code: str, sentence: str, advice: str = "", column: str | None = None) -> None:
        """Something that may spoil the result."""
        self.findings.append(Finding(code, Severity.WARNING, sentence, advice, column))

    def repaired(self, code: str, sentence: str, advice: str = "", column: str | None = None) -> None:
        """Something that was mended."""
        self.findings.append(Finding(code, Severity.REPAIRED, sentence, advice, column))

    def block(self, code: str, sentence: str, advice: str = "", column: str | None = None) -> None:
        """Something with which no run can begin."""
        self.findings.append(Finding(code, Severity.BLOCKED, sentence, advice, column))

    @property
    def is_blocked(self) -> bool:
        """Whether later steps are pointless."""
        return any(finding.severity is Severity.BLOCKED for finding in self.findings)

    @property
    def target(self) -> str | None:
        """The column to predict; None where the task has none."""
        return self.roles.get("target")

    @property
    def train(self) -> pd.DataFrame:
        """Rows to train on."""
        return self.frame[~self.is_test]

    def keep_rows(self, mask: np.ndarray) -> None:
        """Drop the rows where the mask is false."""
        self.frame = self.frame[mask].reset_index(drop=True)
        self.is_test = self.is_test[mask]

    def of_kind(self, *kinds: ColumnKind) -> list[str]:
        """Columns of some kinds, in their order."""
        return [name for name in self.frame.columns if self.kinds.get(name) in kinds]


def start(frame: pd.DataFrame, spec: TrainingSpec, test: pd.DataFrame | None) -> Draft:
    """A draft of the rows as they were read."""
    parts = [frame] if test is None else [frame, test]
    is_test = np.repeat([False, True], [len(frame), 0 if test is None else len(test)])
    whole = pd.concat(parts, ignore_index=True) if test is not None else frame.reset_index(drop=True)
    return Draft(spec, whole, is_test, has_test=test is not None, task=spec.task)


def words(spec_columns: Mapping[str, str], role: str) -> list[str]:
    """A role that names several columns, with commas between them."""
    return [name.strip() for name in spec_columns.get(role, "").split(",") if name.strip()]
