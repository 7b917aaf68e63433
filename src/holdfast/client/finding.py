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
from holdfast.inference.runtime.libraries import hub_failures, need

_WANTED = ("*.safetensors", "*.skops", "*.json", "*.jinja", "*.txt", "*.model", "*.md", "*.tiktoken", "*.spm")
_UNWANTED = ("onnx/*", "openvino/*", "*.onnx", "runs/*")
_AUTOTRAIN = "autotrain"
"""The tag of models that AutoTrain made: chosen and measured for their task, not only popular."""
_MOST_LOOKED_AT = 50
_ALSO_HELD_AS = {
    "sentence-similarity": ("feature-extraction",),
    "feature-extraction": ("sentence-similarity",),
    "chat-completion": ("text-generation",),
}
"""Cards name one task; these models have several."""
_HOW_TO_GET_ONE = (
    "Push one whose card says `pipeline_tag: {task}` (hf upload OWNER/NAME FOLDER), train one (holdfast train --task "
    "{task}), or name a folder: pipeline({task!r}, model=FOLDER)"
)
_TAG = re.compile(r"^pipeline_tag:\s*['\"]?([\w-]+)", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """A model's folder, its name for people, and its task if its card says so."""

    folder: Path
    name: str
    task: str | None


def find_model(model: str | Path | None, task: str | None, revision: str | None, access_token: str | None) -> Found:
    """A folder as it is; a repo is downloaded. Without a model, the best that the Hub has for the task: `best_model`.

    Raises:
        UnusableModel: there is no such model, or none for the task.
        UnsafeWeights: its weights are pickled; nothing is downloaded then.
        NotInstalled: huggingface_hub is missing.
    """
    if model is not None and Path(model).is_dir():
        folder = Path(model)
        return Found(folder, folder.name, _task_of(folder))
    hub = need("huggingface_hub", "Downloading models")
    repo_id = str(model) if model is not None else best_model(task, access_token)
    try:
        info = hub.HfApi(token=access_token).model_info(repo_id, revision=revision)
        _refuse_pickles(_names(info))
        options = {"revision": revision, "token": access_token}
        folder = hub.snapshot_download(repo_id, allow_patterns=_WANTED, ignore_patterns=_UNWANTED, **options)
    except (*hub_failures(), hub.errors.LocalEntryNotFoundError) as error:
        words = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise UnusableModel(problem=f"{repo_id} is no folder, and no model of {_endpoint(hub)}: {words[0]}") from error
    return Found(Path(folder), repo_id, info.pipeline_tag)


def best_model(task: str | None, access_token: str | None, endpoint: str | None = None) -> str:
    """The best model that a Hub holds for a task: one that AutoTrain made, else the most downloaded; one that can run.

    Args:
        task: by its own name; None: nobody said one.
        access_token: private and gated models count for those who may read them.
        endpoint: the Hub's address; None: that of `HF_ENDPOINT`.

    Raises:
        UnusableModel: there is none, or no task; says how to get one.
        NotInstalled: huggingface_hub is missing.
    """
    if task is None:
        raise UnusableModel(problem="say which: pipeline(task, model), or at least one of them")
    hub = need("huggingface_hub", "Looking for models")
    api = hub.HfApi(endpoint=endpoint, token=access_token or (None if endpoint is None else False))
    try:
        held = [model for tag in (task, *_ALSO_HELD_AS.get(task, ())) for model in _most_downloaded(api, tag)]
    except hub.errors.HfHubHTTPError as error:
        raise UnusableModel(problem=f"{api.endpoint} does not say what models it has: {error}") from error
    runnable = [model for model in held if _has_safe_weights(_names(model)) and not model.gated]
    if not runnable:
        raise UnusableModel(problem=f"{api.endpoint} has no model for {task}. {_HOW_TO_GET_ONE.format(task=task)}")
    best = max(runnable, key=lambda model: (_AUTOTRAIN in (model.tags or []), model.downloads or 0))
    return str(best.id)


def _most_downloaded(api: Any, tag: str) -> list[Any]:
    wanted = ["siblings", "tags", "downloads", "gated", "pipeline_tag"]
    return list(api.list_models(pipeline_tag=tag, sort="downloads", limit=_MOST_LOOKED_AT, expand=wanted))


def _names(info: Any) -> list[str]:
    return [file.rfilename for file in info.siblings or []]


def _has_safe_weights(names: list[str]) -> bool:
    return any(name.endswith((".safetensors", ".skops")) for name in names)


def _endpoint(hub: Any) -> str:
    endpoint: str = hub.constants.ENDPOINT
    return endpoint


def _refuse_pickles(names: list[str]) -> None:
    if _has_safe_weights(names):
        return
    pickled = [name for name in names if is_pickle(name)]
    if pickled:
        raise UnsafeWeights(files=tuple(pickled[:5]), problem=HOW_TO_CONVERT)


def _task_of(folder: Path) -> str | None:
    card = folder / "README.md"
    found = _TAG.search(card.read_text(encoding="utf-8", errors="replace")[:100_000]) if card.is_file() else None
    return found.group(1) if found else None
