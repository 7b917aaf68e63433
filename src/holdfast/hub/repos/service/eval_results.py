"""Reads the evaluation results that a commit holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pygit2

from holdfast.hub.repos.git_storage.blobs import read_blob
from holdfast.hub.repos.git_storage.trees import EntryKind, TreeEntry, find_entry, list_entries
from holdfast.hub.repos.metadata.eval_results import EVAL_RESULTS_FOLDER, read_eval_results

MAX_FILES = 500
MAX_FILE_BYTES = 256 * 1024


def eval_results_at(git: pygit2.Repository, tree_oid: str) -> list[dict[str, Any]]:
    """Entries of all `.eval_results/*.yaml` of a commit's tree, in the API's form; other files there say nothing."""
    return [
        item
        for entry in _files(git, tree_oid)
        for item in read_eval_results(entry.path, read_blob(git, entry.oid).decode("utf-8", "replace"))
    ]


def _files(git: pygit2.Repository, tree_oid: str) -> Iterator[TreeEntry]:
    folder = find_entry(git, tree_oid, EVAL_RESULTS_FOLDER)
    if folder is None or folder.kind is not EntryKind.DIRECTORY:
        return
    for entry in list_entries(git, tree_oid, EVAL_RESULTS_FOLDER, limit=MAX_FILES).entries:
        is_yaml = entry.kind is EntryKind.FILE and entry.path.endswith((".yaml", ".yml"))
        if is_yaml and entry.lfs is None and (entry.size_bytes or 0) <= MAX_FILE_BYTES:
            yield entry
