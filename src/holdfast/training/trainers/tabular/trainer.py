"""The trainer of tables: proposes trials, judges them on folds, and makes the model that is served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from holdfast.base.errors import InvalidInput
from holdfast.training import splitting
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Plan
from holdfast.training.learning import skops_files
from holdfast.training.trainers import registry
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.tabular import making
from holdfast.training.trainers.tabular.columns import columns_of, inputs_of
from holdfast.training.trainers.tabular.families import Family, available
from holdfast.training.trainers.tabular.ladder import Ladder
from holdfast.training.trainers.tabular.scoring import Table, judge
from holdfast.training.trainers.tabular.targets import spans_magnitudes

_FEW_ROWS, _SOME_ROWS, _MANY_ROWS = 300, 5_000, 12_000
_ONE_HOT_GUESS = 4


class TabularTrainer:
    """See `trainers`."""

    def __init__(self, data: TrainingData, spec: TrainingSpec) -> None:
        self._data, self._spec = data, spec
        skops_files.ready()  # here once, instead of in the processes of both ends
        self._labelled = spec.task == "tabular-classification"
        self._families = self._wanted()
        self._table = self._make_table()

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """See `Trainer.plans`."""
        columns = self._table.columns
        ladder = Ladder(
            self._families,
            rows=len(self._table.folds[0][0]),
            features=len(columns.numbers) + _ONE_HOT_GUESS * len(columns.categories) + 6 * len(columns.dates),
            labels=len(self._table.labels or (0,)),
            folds=len(self._table.folds),
            growth=self._table.growth,
            skewed=not self._labelled and spans_magnitudes(self._table.answers),
            grid=self._spec.param_grid,
            settings=self._spec.params,
            seed=self._spec.seed,
        )
        return ladder.plans(board, clock)

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """See `Trainer.fit`."""
        return judge(self._table, plan.family, plan.parameters, place)

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """See `Trainer.finish`."""
        return making.finish(self._table, board, folder, clock, self._spec)

    def _wanted(self) -> list[Family]:
        known = {family.name: family for family in available(labels=self._labelled)}
        asked = self._spec.candidates
        if asked is None and self._spec.param_grid is not None:
            asked = ("logistic-regression",) if self._labelled else ("ridge",)
        unknown = [name for name in asked or () if name not in known]
        if unknown:
            raise InvalidInput(field="candidates", problem=f"has {unknown[0]}; there are {', '.join(known)}")
        wanted = [known[name] for name in asked] if asked else list(known.values())
        return self._with_settings(wanted) if self._spec.params else wanted

    def _with_settings(self, wanted: list[Family]) -> list[Family]:
        """The spec's own settings are where a family begins."""
        if len(wanted) != 1:
            raise InvalidInput(field="params", problem="are one family's own: name exactly one in candidates")
        return [replace(wanted[0], start={**wanted[0].start, **self._spec.params})]

    def _make_table(self) -> Table:
        data = self._data
        target = data.columns["target"]
        columns = columns_of(data)
        answers = data.train[target]
        return Table(
            inputs=inputs_of(data.train, columns),
            answers=answers.astype(str).to_numpy(dtype=str) if self._labelled else answers.to_numpy(dtype=float),
            columns=columns,
            labels=data.labels if self._labelled else None,
            folds=self._folds(target),
            metric=registry.metric_of(self._spec, data),
        )

    def _folds(self, target: str) -> list[splitting.Parts]:
        rows = len(self._data.train)
        count = 10 if rows <= _FEW_ROWS else 5 if rows <= _SOME_ROWS else 3 if rows <= _MANY_ROWS else 5
        found = splitting.folds(
            self._data.train,
            max(2, min(count, rows // 2)),
            self._spec.seed,
            target=target if self._labelled else None,
            groups=self._data.groups,
            order=self._data.order,
        )
        return found[:1] if rows > _MANY_ROWS else found
