"""`holdfast.json` beside each bare repo: enough to rebuild the SQL index when only the folder is left."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from holdfast.backends.blobs.local import translated_disk_errors
from holdfast.hub.repos.domain import Repo

_FILE = "holdfast.json"


def write(folder: Path, repo: Repo) -> None:
    """Write the repo's identity and settings, atomically.

    Raises:
        StorageFull: what was there stays.
    """
    temporary = folder / f"{_FILE}.new"
    try:
        with translated_disk_errors():
            with temporary.open("w") as file:
                json.dump(_values(repo), file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(folder / _FILE)
    finally:
        temporary.unlink(missing_ok=True)


def read(folder: Path) -> dict[str, Any] | None:
    """Read it back, or None when the folder has none."""
    try:
        values: dict[str, Any] = json.loads((folder / _FILE).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return values


def fits(folder: Path, repo: Repo) -> bool:
    """Whether what lies there says the same as the tables."""
    return read(folder) == _values(repo)


def _values(repo: Repo) -> dict[str, Any]:
    return {
        "uid": repo.uid,
        "type": repo.type.value,
        "namespace": repo.id.namespace,
        "name": repo.id.name,
        "creator_id": repo.creator_id,
        "private": repo.private,
        "gated": repo.gated.value if repo.gated else None,
        "disabled": repo.disabled,
        "default_branch": repo.default_branch,
        "created_at": repo.created_at,
    }
