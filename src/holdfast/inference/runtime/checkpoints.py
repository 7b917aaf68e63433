"""A model's folder: its config, and whether its weights are of a kind that is safe to load.

Source: transformers 5.23, utils/__init__.py for the names of weight files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.base.errors import UnsafeWeights, UnusableModel

PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".h5", ".msgpack", ".npy")
ADAPTER_CONFIG = "adapter_config.json"
HOW_TO_CONVERT = (
    "pickled weights can run code when they are loaded. Convert them where you trust them, and push the result: "
    "AutoModel.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER) writes model.safetensors; for scikit-learn, "
    "skops.io.dump(model, 'model.skops')."
)


def is_pickle(name: str) -> bool:
    """Whether a file of that name can run code when it is loaded."""
    return name.endswith(PICKLED)


@dataclass(frozen=True)
class Checkpoint:
    """A folder with a model in it, looked at but not loaded."""

    folder: Path

    def json(self, name: str) -> dict[str, Any] | None:
        """A JSON object in a file of the folder; None if there is no such file.

        Raises:
            UnusableModel: it is not a JSON object.
        """
        value = self._read(name)
        if value is not None and not isinstance(value, dict):
            raise UnusableModel(problem=f"{name} must hold a JSON object")
        return value

    def json_list(self, name: str) -> list[dict[str, Any]] | None:
        """A list of JSON objects in a file of the folder; None if there is no such file.

        Raises:
            UnusableModel: it is not such a list.
        """
        value = self._read(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(element, dict) for element in value):
            raise UnusableModel(problem=f"{name} must hold a list of JSON objects")
        return value

    def _read(self, name: str) -> Any:
        path = self.folder / name
        if not path.is_file():
            return None
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError):
            raise UnusableModel(problem=f"{name} is not valid JSON") from None

    def config(self) -> dict[str, Any]:
        """The model's `config.json`.

        Raises:
            UnusableModel: it is not there.
        """
        found = self.json("config.json")
        if found is None and (self.folder / ADAPTER_CONFIG).is_file():
            base = (self.json(ADAPTER_CONFIG) or {}).get("base_model_name_or_path")
            raise UnusableModel(problem=f"it is an adapter of {base}: only a server whose Hub has both can load them")
        if found is None:
            raise UnusableModel(problem="there is no config.json, so it is not a transformers model")
        return found

    def check_weights(self) -> None:
        """See that there are weights that cannot run code, before any library looks at them.

        Raises:
            UnsafeWeights: all there is, is pickled; says how to convert it.
            UnusableModel: there are none.
        """
        if any(self.folder.glob("*.safetensors")):
            return
        self.refuse_pickles()
        raise UnusableModel(problem="there is no model.safetensors")

    def refuse_pickles(self) -> None:
        """Say what is wrong with weights that are there, but pickled.

        Raises:
            UnsafeWeights: there are such files.
        """
        pickled = sorted(path.name for path in self.folder.iterdir() if path.suffix in PICKLED)
        if pickled:
            raise UnsafeWeights(files=tuple(pickled[:5]), problem=HOW_TO_CONVERT)
