"""Where a model is: a folder, or a repo of the Hub that `HF_ENDPOINT` names, fetched without its pickles.

The Hub's own client does the fetching (huggingface_hub): its cache, its access token, its progress bars.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.base.errors import UnsafeWeights, UnusableModel
from holdfast.inference.runtime.checkpoints import HOW_TO_CONVERT, is_pickle
from holdfast.inference.runtime.libraries import need

_WANTED = ("*.safetensors", "*.skops", "*.json", "*.jinja", "*.txt", "*.model", "*.md", "*.tiktoken", "*.spm")
_UNWANTED = ("onnx/*", "openvino/*", "*.onnx", "runs/*")
_TAG = re.compile(r"^pipeline_tag:\s*['\"]?([\w-]+)", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """A model's folder, its name for people, and its task if its card says so."""

    folder: Path
    name: str
    task: str | None


def find_model(model: str | Path | None, task: str | None, revision: str | None, access_token: str | None) -> Found:
    """A folder as it is; a repo is downloaded. Without a model, the most downloaded one that the Hub has for the task.

    Raises:
        UnusableModel: there is no such model, or none for the task.
        UnsafeWeights: its weights are pickled; nothing is downloaded then.
        NotInstalled: huggingface_hub is missing.
    """
    if model is not None and Path(model).is_dir():
        folder = Path(model)
        return Found(folder, folder.name, _task_of(folder))
    hub = need("huggingface_hub", "Downloading models")
    repo_id = str(model) if model is not None else _best(hub, task, access_token)
    try:
        info = hub.HfApi(token=access_token).model_info(repo_id, revision=revision)
        _refuse_pickles([file.rfilename for file in info.siblings or []])
        options = {"revision": revision, "token": access_token}
        folder = hub.snapshot_download(repo_id, allow_patterns=_WANTED, ignore_patterns=_UNWANTED, **options)
    except (hub.errors.HfHubHTTPError, hub.errors.HFValidationError, hub.errors.LocalEntryNotFoundError) as error:
        words = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise UnusableModel(problem=f"{repo_id} is no folder, and no model of {_endpoint(hub)}: {words[0]}") from error
    return Found(Path(folder), repo_id, info.pipeline_tag)


def _best(hub: Any, task: str | None, access_token: str | None) -> str:
    if task is None:
        raise UnusableModel(problem="say which: pipeline(task, model), or at least one of them")
    found = list(hub.HfApi(token=access_token).list_models(filter=task, sort="downloads", limit=1))
    if not found:
        raise UnusableModel(problem=f"{_endpoint(hub)} has no model for {task}. Push one, or name a folder with model=")
    repo_id: str = found[0].id
    return repo_id


def _endpoint(hub: Any) -> str:
    endpoint: str = hub.constants.ENDPOINT
    return endpoint


def _refuse_pickles(names: list[str]) -> None:
    if any(name.endswith((".safetensors", ".skops")) for name in names):
        return
    pickled = [name for name in names if is_pickle(name)]
    if pickled:
        raise UnsafeWeights(files=tuple(pickled[:5]), problem=HOW_TO_CONVERT)


def _task_of(folder: Path) -> str | None:
    card = folder / "README.md"
    found = _TAG.search(card.read_text(encoding="utf-8", errors="replace")[:100_000]) if card.is_file() else None
    return found.group(1) if found else None
