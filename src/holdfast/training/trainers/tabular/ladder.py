"""What is tried, in which order: cheap and certain first, then a search of the best families.

The order matters more than the sampler: what costs little comes first, so that a short budget has seen every family
that it can pay. What a family costs is guessed from the table's size and corrected by what trials really took.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast.training.domain.trials import Board, Plan, Status, Trial, first_of_each_family
from holdfast.training.trainers.interface import Clock
from holdfast.training.trainers.tabular.costs import making_seconds
from holdfast.training.trainers.tabular.families import FAMILIES, Family

_CERTAIN = ("dummy", "logistic-regression", "linear-regression", "ridge")
_TO_SEARCH = 3
_MEMBERS = 6
_MIXED_IN = 0.5
_REST_OF_FINISH_SECONDS = 4.5
"""To mix, to write, and to load what was mixed: the judge of several models begins later than that of one."""
_FOREST_LEAVES_LIMIT_ROWS = 5_000
_TRIAL_SECONDS = 0.2
_FAMILY_SHARE = 1 / 6
"""Of the budget: what a family's first trial may take once boosted trees are there, which are best on most tables; a
search is worth more."""
_BOOSTED = ("hist-gradient-boosting", "lightgbm", "xgboost")
_MOST_CORRECTION = 8.0
_BY_FEATURES = 0.5
_BY_LABELS = 0.6
"""Each label has trees of its own, but fewer rounds are needed."""


class Ladder:
    """The order of trials for a table.

    Args:
        families: that may be tried.
        rows: of one fit.
        features: roughly, after encoding.
        labels: how many; 1 for numbers.
        folds: of each trial.
        growth: how many times `rows` there are in all.
        skewed: whether logarithms of the target are worth a try.
        grid: exactly these parameters and no others; None searches.
        settings: parameters that all points of a grid share.
        seed: of the search.
    """

    def __init__(
        self,
        families: Sequence[Family],
        *,
        rows: int,
        features: int,
        labels: int,
        folds: int,
        growth: float,
        skewed: bool,
        grid: Mapping[str, tuple[Any, ...]] | None,
        settings: Mapping[str, Any],
        seed: int,
    ) -> None:
        self._families = families
        self._rows, self._features, self._labels, self._folds = rows, features, labels, folds
        self._growth = growth
        self._skewed, self._grid, self._settings, self._seed = skewed, grid, settings, seed

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """Trials to make; each `next` looks at the board and the clock."""
        yield Plan("dummy", {}, 0, reason="what any model must beat")
        if self._grid is not None:
            yield from self._of_grid(board)
            return
        yield from self._starts(board, clock)
        self._tell_the_end(board, clock)
        if self._skewed:
            yield from self._logarithms(board)
        yield from self._search(board, clock)

    def _of_grid(self, board: Board) -> Iterator[Plan]:
        """Every combination, for every family that was asked for."""
        assert self._grid is not None
        names = sorted(self._grid)
        for family in self._families:
            for values in itertools.product(*(self._grid[name] for name in names)):
                parameters = {**self._settings, **dict(zip(names, values, strict=True))}
                if family.name != "dummy":
                    yield Plan(family.name, parameters, 1, self._expected(family, board), "a point of the grid")

    def _starts(self, board: Board, clock: Clock) -> Iterator[Plan]:
        certain = [family for family in self._families if family.name in _CERTAIN and family.name != "dummy"]
        others = [family for family in self._families if family.name not in _CERTAIN]
        for family in certain:
            yield Plan(family.name, family.start, 0, self._expected(family, board), "simple, and often enough")
        for family in sorted(others, key=self._guess):
            expected, most = self._expected(family, board), _FAMILY_SHARE * (clock.left() + clock.elapsed())
            reason = "each family once, cheap ones first"
            if expected > most and any(trial.plan.family in _BOOSTED for trial in board.finished()):
                reason = f"would take about {expected:.0f} s; a search of the others is worth more"
                expected = math.inf
            yield Plan(family.name, self._start(family), 1, expected, reason)

    def _start(self, family: Family) -> dict[str, Any]:
        start = dict(family.start)
        if family.name.endswith(("forest", "extra-trees")) and self._rows > _FOREST_LEAVES_LIMIT_ROWS:
            start["min_samples_leaf"] = 3
        return start

    def _logarithms(self, board: Board) -> Iterator[Plan]:
        for trial in _best_of_each_family(board)[:_TO_SEARCH]:
            parameters = {**trial.plan.parameters, "log_target": True}
            reason = "the numbers span orders of magnitude: learn their logarithms"
            yield Plan(trial.plan.family, parameters, 1, trial.seconds, reason)

    def _search(self, board: Board, clock: Clock) -> Iterator[Plan]:
        best = [trial for trial in _best_of_each_family(board) if FAMILIES[trial.plan.family].space][:_TO_SEARCH]
        if not best:
            return
        from holdfast.training.trainers.tabular.searching import FamilySearch  # noqa: PLC0415 - Optuna is heavy

        searches = [FamilySearch(trial, board, self._seed + number) for number, trial in enumerate(best)]
        for turn in itertools.count():
            self._tell_the_end(board, clock)
            payable = [search for search in searches if _recent_seconds(board, search.family) <= clock.left()]
            if not payable:
                return
            search = payable[_whose_turn(turn, len(payable))]
            before = len(board.trials)
            yield search.ask(_recent_seconds(board, search.family))
            if len(board.trials) > before:
                search.tell(board.trials[-1])

    def _guess(self, family: Family) -> float:
        size: float = (self._rows / 1_000) ** family.growth * max(1.0, self._features / 10) ** _BY_FEATURES
        many = self._labels**_BY_LABELS if family.by_label and self._labels > 2 else 1
        dear = family.for_numbers if self._labels == 1 else 1
        return _TRIAL_SECONDS + self._folds * (family.least + family.cost * size * many * dear)

    def _expected(self, family: Family, board: Board) -> float:
        """The guess, corrected by how far off the guesses were so far."""
        known = [trial for trial in board.trials if trial.status is Status.OK]
        took = sum(trial.seconds for trial in known)
        guessed = sum(self._guess(FAMILIES[trial.plan.family]) for trial in known)
        correction = took / guessed if len(known) > 1 else 1.0
        return self._guess(family) * min(_MOST_CORRECTION, max(1 / _MOST_CORRECTION, correction))

    def _tell_the_end(self, board: Board, clock: Clock) -> None:
        """The end needs the time to fit the best once more, on all rows, and some of those that may be mixed in."""
        members = _best_of_each_family(board)[:_MEMBERS]
        if not members:
            return
        best, *others = (making_seconds(trial, self._growth, self._labels) for trial in members)
        clock.keep_back(_REST_OF_FINISH_SECONDS + best + _MIXED_IN * sum(others))


def _whose_turn(turn: int, searches: int) -> int:
    """The best family is searched twice as often as the others: 0 1 0 2 and so on."""
    return 0 if turn % 2 == 0 else 1 + (turn // 2) % (searches - 1) if searches > 1 else 0


def _best_of_each_family(board: Board) -> list[Trial]:
    return [trial for trial in first_of_each_family(board.finished()) if trial.plan.family != "dummy"]


def _recent_seconds(board: Board, family: str) -> float:
    took = [trial.seconds for trial in board.trials if trial.plan.family == family and trial.status is Status.OK]
    return statistics.median(took[-5:]) if took else 0.0
