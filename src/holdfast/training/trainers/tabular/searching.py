"""The search of one family's parameters, by Optuna's TPE.

Source: Optuna 5.0, study.ask and study.tell: the study only proposes; trials run elsewhere.
"""

from __future__ import annotations

from typing import Any

from holdfast.inference.runtime.libraries import need
from holdfast.training.domain.trials import Board, Plan, Status, Trial
from holdfast.training.trainers.tabular.families import FAMILIES, Space
from holdfast.training.trainers.tabular.scoring import OURS

_STARTUP = 6


class FamilySearch:
    """A study of one family, which knows the trials that the board has already.

    Args:
        best: the family's best trial so far.
        board: of the run.
        seed: of the sampler.
    """

    def __init__(self, best: Trial, board: Board, seed: int) -> None:
        self._optuna = need("optuna", "Searching parameters", "training")
        self._optuna.logging.set_verbosity(self._optuna.logging.WARNING)
        self.family = best.plan.family
        self._fixed = {name: value for name, value in best.plan.parameters.items() if name in OURS}
        self._space: Space = FAMILIES[self.family].space
        self._study = self._optuna.create_study(
            direction="maximize" if board.metric.greater_is_better else "minimize",
            sampler=self._optuna.samplers.TPESampler(seed=seed, n_startup_trials=_STARTUP, multivariate=True),
        )
        self._asked: Any = None

    def ask(self, expected_seconds: float) -> Plan:
        """The next point to try."""
        self._asked = self._study.ask()
        parameters = {name: self._suggest(name, range_) for name, range_ in self._space.items()}
        reason = "where the search of this family sees most promise"
        return Plan(self.family, {**self._fixed, **parameters}, 2, expected_seconds or None, reason)

    def tell(self, trial: Trial) -> None:
        """What came of it."""
        states = self._optuna.trial.TrialState
        if trial.status is Status.OK and trial.outcome is not None:
            self._study.tell(self._asked, trial.outcome.score)
        else:
            self._study.tell(self._asked, state=states.PRUNED if trial.status is Status.PRUNED else states.FAIL)

    def _suggest(self, name: str, given: tuple[Any, ...]) -> Any:
        kind, *values = given
        if kind == "choice":
            return self._asked.suggest_categorical(name, values)
        low, high = values
        if kind in ("int", "log-int"):
            return self._asked.suggest_int(name, low, high, log=kind == "log-int")
        return float(f"{self._asked.suggest_float(name, low, high, log=kind == 'log'):.4g}")
