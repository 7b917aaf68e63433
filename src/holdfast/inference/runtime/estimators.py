"""Models of scikit-learn, from skops files: data, not code, checked type by type before anything is made of it.

Beside them, our own networks for tables (`architectures`), which answer in the same way.

Source: skops 0.16, io.get_untrusted_types; skops' hub_utils for what config.json says (`sklearn.columns`,
`sklearn.model`).
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput, UnsafeWeights, UnusableModel
from holdfast.inference.domain.predictors import Item, Placement
from holdfast.inference.domain.tables import as_numbers, columns_of
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.libraries import need, skops_io
from holdfast.inference.runtime.table_networks import MODEL_TYPE, load_table_network
from holdfast.inference.runtime.trusted_types import TRUSTED, check_trees

PLACEMENT = Placement("cpu", "float64")


@dataclass(frozen=True)
class Estimator:
    """A fitted estimator or pipeline.

    Args:
        model: what scikit-learn gives.
        columns: names of its columns in order; None: it was fitted without names.
        texts: columns whose values are words even if they look like numbers.
    """

    model: Any
    columns: Sequence[str] | None
    texts: frozenset[str]

    def prepare(self, inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> Item:
        """A table as an item with one row: a data frame.

        Raises:
            InvalidInput: missing or unknown columns, or not as many as the model was fitted with.
        """
        columns = columns_of(inputs["table"], self.columns)
        wanted = getattr(self.model, "n_features_in_", len(columns))
        if len(columns) != wanted:
            raise InvalidInput(
                field="inputs.table", problem=f"must have {wanted} columns, as the model was fitted with"
            )
        frame = need("pandas").DataFrame({name: self._values(name, column) for name, column in columns.items()})
        return Item(None, parameters, [frame], size=len(frame))

    def _values(self, name: str, column: Sequence[Any]) -> list[Any]:
        if name in self.texts:
            return _as_texts(column)
        numbers = as_numbers(column)
        missing = all(value is None or isinstance(value, (int, float)) for value in numbers)
        return [math.nan if value is None else value for value in numbers] if missing else numbers

    def call(self, method: str, frame: Any) -> Any:
        """One of the model's methods on a data frame.

        Raises:
            InvalidInput: the table holds what the model cannot take, in scikit-learn's words.
        """
        given = frame if self.columns is not None else frame.to_numpy()
        try:
            return getattr(self.model, method)(given)
        except (ValueError, TypeError) as error:
            raise InvalidInput(field="inputs.table", problem=f"does not fit this model: {str(error)[:300]}") from None

    def can(self, method: str) -> bool:
        """Whether the model has a method."""
        return hasattr(self.model, method)


def _as_texts(column: Sequence[Any]) -> list[Any]:
    """Words as they are, numbers among them as text; empty text means: missing, as for numbers."""
    return [None if value in (None, "") else as_word(value) for value in column]


def as_word(value: Any) -> str:
    """A value of a column of words as text: 3.0 is written as 3 is."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def load_estimator(folder: Path, file: str | None = None) -> Estimator:
    """Load the skops file of a folder, or the network that its config names.

    Args:
        folder: of the model.
        file: name of its skops file; None: as config.json says, or the only one.

    Raises:
        UnsafeWeights: a pickle, or a skops file with types that are not scikit-learn's own.
        UnusableModel: no skops file, several, or a damaged one.
    """
    checkpoint = Checkpoint(folder)
    described = checkpoint.json("config.json") or {}
    if described.get("model_type") == MODEL_TYPE:
        network = load_table_network(folder)
        return Estimator(network, network.feature_names_in_, frozenset())
    config = described.get("sklearn") or {}
    path = _find(checkpoint, file or (config.get("model") or {}).get("file"))
    skops = skops_io()
    try:
        model = skops.load(path, trusted=TRUSTED)  # it looks at all types before it makes anything
    except skops.exceptions.UntrustedTypesFoundException:
        unknown = sorted(set(skops.get_untrusted_types(file=path)) - set(TRUSTED))
        problem = f"it holds types that are not scikit-learn's own: {', '.join(unknown[:5])}"
        raise UnsafeWeights(files=(path.name,), problem=problem) from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, ImportError, OSError) as error:
        raise UnusableModel(problem=f"{path.name} cannot be read: {str(error)[:200]}") from error
    check_trees(model)
    return Estimator(model, _columns(model, config), _texts(config))


def _find(checkpoint: Checkpoint, named: str | None) -> Path:
    found = [path for path in sorted(checkpoint.folder.glob("*.skops")) if named in (None, path.name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnusableModel(problem="it holds several skops files, and config.json does not say which to take")
    checkpoint.refuse_pickles()
    raise UnusableModel(problem="there is no skops file (skops.io.dump(model, 'model.skops'))")


def _columns(model: Any, config: Mapping[str, Any]) -> list[str] | None:
    named = config.get("columns")
    if named is None:
        named = getattr(model, "feature_names_in_", None)
    return None if named is None else [str(name) for name in named]


def _texts(config: Mapping[str, Any]) -> frozenset[str]:
    example = config.get("example_input") or {}
    return frozenset(name for name, values in example.items() if any(isinstance(value, str) for value in values))
