"""What all rungs of text classification share: texts, targets, folds, and how a trial becomes an outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.training.domain.trials import Outcome
from holdfast.training.trainers.text.classification.scoring import score, scores, standard_error
from holdfast.training.trainers.text.classification.targets import Kind, Targets
from holdfast.training.trainers.text.folds import Fold

Array = np.ndarray[Any, Any]
FEW_PER_LABEL = 32
"""Up to so many examples a label are few: then contrastive training and the labels' own words help."""


@dataclass(frozen=True)
class Material:
    """A run's texts with what is right for them.

    Args:
        texts: to learn from and to be judged by; pairs of texts as one.
        targets: of these texts.
        folds: the same for every rung.
        metric: that trials are compared by.
        descriptions: a text for each label in the order of `targets.labels`; None where nobody described them and
            their names are no words.
        params: settings of the spec.
        seed: of everything random.
        pairs: both texts of each row, where labels say how two texts relate; None where rows have one.
    """

    texts: list[str]
    targets: Targets
    folds: tuple[Fold, ...]
    metric: str
    descriptions: tuple[str, ...] | None
    params: Mapping[str, Any]
    seed: int
    pairs: tuple[tuple[str, str], ...] | None = None

    @property
    def is_few(self) -> bool:
        """Whether there are only some examples of each label."""
        return self.targets.kind is not Kind.NUMBER and len(self.texts) <= FEW_PER_LABEL * len(self.targets.labels)

    def some(self, rows: Array) -> list[str]:
        """Texts of some rows."""
        return [self.texts[row] for row in rows]

    def tokens(self, tokenizer: Any, rows: Array, length: int) -> Any:
        """Some rows as a tokenizer gives them, cut to so many tokens."""
        if self.pairs is None:
            return tokenizer(self.some(rows), truncation=True, max_length=length)
        both = [self.pairs[row] for row in rows]
        given = ([first for first, _second in both], [second for _first, second in both])
        return tokenizer(*given, truncation=True, max_length=length)

    @property
    def judged(self) -> Targets:
        """What is right for the rows that trials are judged by, in the order of their predictions."""
        return self.targets.at(np.concatenate([fold.judged for fold in self.folds]))

    def outcome(self, predict: Callable[[Fold], Array], folds: int | None = None, **more: Any) -> Outcome:
        """Fit on and judge by each fold; the score is that of all judged rows together.

        Args:
            predict: fits on a fold and gives outputs for its judged rows.
            folds: only so many of them; None means all.
            more: of the outcome.
        """
        used = self.folds[:folds]
        outputs = np.concatenate([predict(fold) for fold in used])
        judged = self.targets.at(np.concatenate([fold.judged for fold in used]))
        return Outcome(
            score=score(self.metric, judged, outputs),
            standard_error=standard_error(self.metric, judged, outputs),
            metrics=scores(judged, outputs),
            predictions=outputs if folds is None else None,
            **more,
        )
