"""Folders that are safe to publish: weights as safetensors, and nothing that could run code when it is loaded."""

from __future__ import annotations

import shutil
from pathlib import Path

from holdfast.inference.runtime.checkpoints import is_pickle


def strip_unsafe(folder: Path) -> list[str]:
    """Remove what libraries leave beside a model: pickles (`training_args.bin` …), checkpoints, logs.

    Returns:
        names of what was removed, relative to the folder.
    """
    removed = []
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and (path.name.startswith("checkpoint-") or path.name == "runs"):
            shutil.rmtree(path)
        elif path.is_file() and is_pickle(path.name):
            path.unlink()
        else:
            continue
        removed.append(path.relative_to(folder).as_posix())
    return removed


def take_up(kept: Path, folder: Path) -> None:
    """Copy what a trial kept, without what is not safe to publish."""
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    strip_unsafe(folder)
