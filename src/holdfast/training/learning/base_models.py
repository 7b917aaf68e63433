"""Models to start from: a folder of this machine, or a model of the Hub."""

from __future__ import annotations

from pathlib import Path

from holdfast.inference.runtime.libraries import hub_failures, need
from holdfast.training.trainers.interface import TrialFailed

_WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "merges*", "vocab*")


def folder_of(name: str) -> Path:
    """Where a model lies: itself if it is a folder, else the Hub's copy on this machine, fetched if need be.

    The Hub is the one that `HF_ENDPOINT` names, as for every program with huggingface_hub. Pickles are not fetched.

    Raises:
        TrialFailed: there is no such folder and no such model, or it can't be reached.
    """
    if Path(name).is_dir():
        return Path(name)
    hub = need("huggingface_hub", "Training", "training")
    failures: tuple[type[Exception], ...] = (*hub_failures(), ValueError)
    try:
        return Path(hub.snapshot_download(name, allow_patterns=list(_WANTED)))
    except failures as error:
        words = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise TrialFailed(f"the model to start from, {name}, cannot be had: {words[:200]}") from error
