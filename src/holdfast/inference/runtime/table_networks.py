"""Networks for tables in the manner of scikit-learn, so that tabular tasks need not know which of the two they have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from holdfast.inference.domain.labels import softmax
from holdfast.inference.runtime import architectures
from holdfast.inference.runtime.libraries import need

Array = np.ndarray[Any, Any]
MODEL_TYPE = "holdfast-mlp"


class TableNetwork:
    """A network that estimates numbers.

    Args:
        model: what `architectures.load` gives.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.feature_names_in_ = [str(name) for name in model.config.columns]
        self.n_features_in_ = len(self.feature_names_in_)

    def predict(self, table: Any) -> Array:
        """Numbers for each row; one row's are a list if there are several.

        Raises:
            ValueError: a column is not made of numbers.
        """
        found = self._outputs(table)
        return found[:, 0] if found.shape[1] == 1 else found

    def _outputs(self, table: Any) -> Array:
        torch = need("torch")
        values = np.asarray(table, dtype=np.float32)
        with torch.inference_mode():
            found: Array = self._model(values=torch.from_numpy(values)).logits.double().numpy()
        return found


class TableClassifierNetwork(TableNetwork):
    """A network that gives labels."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        names = model.config.id2label
        self.classes_ = np.array([str(names[index]) for index in sorted(names)])

    def predict(self, table: Any) -> Array:
        found: Array = self.classes_[self._outputs(table).argmax(axis=1)]
        return found

    def predict_proba(self, table: Any) -> Array:
        """The probability of each label for each row."""
        return softmax(self._outputs(table))


def load_table_network(folder: Path) -> TableNetwork:
    """Load a network for tables. Raises what `architectures.load` raises."""
    model = architectures.load(folder)
    is_classifier = type(model).__name__ == "MlpForTabularClassification"
    return TableClassifierNetwork(model) if is_classifier else TableNetwork(model)
