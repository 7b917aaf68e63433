"""What the data check answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.data import ColumnKind, TrainingData
from holdfast.training.domain.findings import Finding, Severity
from holdfast.training.domain.specification import TrainingSpec

if TYPE_CHECKING:
    import pandas as pd


class Verdict(Enum):
    """Whether a run may begin."""

    READY = "ready"
    REPAIRED = "repaired"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class ColumnProfile:
    """A column as the check sees it, for the preview.

    Args:
        kind: what its values are.
        confidence: that this is so, from 0 to 1.
        missing: how many rows have no value.
        distinct: how many different values there are; None for lists, records, images and sounds.
        examples: a few values as text, shortened.
        role: what the run uses it for: `target`, `text`, … or `input`; empty where it is left out.
    """

    name: str
    kind: ColumnKind
    confidence: float
    missing: int
    distinct: int | None
    examples: tuple[str, ...]
    role: str


@dataclass(frozen=True)
class DataCheck:
    """The check of one table.

    Args:
        task: that the run will train: the spec's own, or the inferred one; `auto` where none can be told.
        reason: why this task and these columns, in a sentence.
        confidence: of the inference, from 0 to 1; 1 where the spec said it.
        columns: by role, as in `TrainingData`.
        inputs: columns of a table that the model will see.
        kinds: of each column.
        profiles: of the columns as they were given, in their order; of the first 300 where there are more.
        labels: of classification.
        groups: column whose values must not be in two parts at once.
        order: date column by which train lies before test.
        findings: most serious first.
        frame: repaired rows to train on (and to seal a part of, where there is no test); index 0…n-1.
        test: repaired rows to judge by; None where none were given.
    """

    task: str
    reason: str
    confidence: float
    columns: Mapping[str, str]
    inputs: tuple[str, ...]
    kinds: Mapping[str, ColumnKind]
    profiles: tuple[ColumnProfile, ...]
    labels: tuple[str, ...] | None
    groups: str | None
    order: str | None
    findings: tuple[Finding, ...]
    frame: pd.DataFrame = field(repr=False, compare=False)
    test: pd.DataFrame | None = field(default=None, repr=False, compare=False)

    @property
    def verdict(self) -> Verdict:
        """BLOCKED where any finding blocks, REPAIRED where anything was changed, READY otherwise."""
        seen = {finding.severity for finding in self.findings}
        if Severity.BLOCKED in seen:
            return Verdict.BLOCKED
        return Verdict.REPAIRED if Severity.REPAIRED in seen else Verdict.READY

    def require(self) -> None:
        """Let a run begin, or say why not.

        Raises:
            InvalidInput: the verdict is BLOCKED; with the sentences of what blocks.
        """
        blocking = [finding for finding in self.findings if finding.severity is Severity.BLOCKED]
        if blocking:
            problem = " ".join(f"{finding.sentence} {finding.advice}".strip() for finding in blocking)
            raise InvalidInput(field="data", problem=f"can't be trained on: {problem}")

    def training_data(self, train: pd.DataFrame, test: pd.DataFrame) -> TrainingData:
        """What trainers get, once the rows are split."""
        return TrainingData(
            train=train,
            test=test,
            columns=self.columns,
            inputs=self.inputs,
            kinds=self.kinds,
            labels=self.labels,
            groups=self.groups,
            order=self.order,
            findings=self.findings,
        )


def nothing_to_check(spec: TrainingSpec, frame: pd.DataFrame) -> DataCheck:
    """The check of a task that learns by trying: there are no rows."""
    return DataCheck(
        task=spec.task,
        reason="It learns by trying, not from rows.",
        confidence=1.0,
        columns={},
        inputs=(),
        kinds={},
        profiles=(),
        labels=None,
        groups=None,
        order=None,
        findings=(),
        frame=frame,
    )
