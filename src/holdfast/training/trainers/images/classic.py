"""Features of pictures with an estimator of scikit-learn: seconds instead of minutes, and a bar for every network."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.inference.runtime.features import Features
from holdfast.training.learning.estimators import classifier, save_feature_classifier
from holdfast.training.learning.holdout import Fitted, Work
from holdfast.training.trainers.images.pictures import Pictures

_SIZE = 48


@dataclass(frozen=True)
class Classic:
    """A family: one kind of features, one kind of estimator."""

    pictures: Pictures
    kind: str
    estimator: str

    def __call__(self, work: Work) -> Fitted:
        """Features of all rows, then the estimator."""
        features = Features(self.kind, _SIZE)
        model = classifier(self.estimator, work.parameters, work.seed)
        names = np.array(self.pictures.labels)
        model.fit(self._of(features, work.learned), names[self.pictures.truth_N[work.learned]])
        said = {"kind": self.kind, "size": _SIZE}
        save_feature_classifier(model, said, "image-classification", work.folder)
        return Fitted(self._scores(model, features, work), {}, {"features": dataclasses.asdict(features)})

    def _of(self, features: Features, rows: Any) -> Any:
        return np.stack([features.of(self.pictures.image(row)) for row in rows])

    def _scores(self, model: Any, features: Features, work: Work) -> Any:
        scores = np.zeros((len(work.judged), len(self.pictures.labels)))
        if len(work.judged):
            places = np.searchsorted(self.pictures.labels, model.classes_)
            scores[:, places] = model.predict_proba(self._of(features, work.judged))
        return scores
