"""Looks at a dataset of the Hub before a run: the data check, in a process of its own with little memory and time.

The files of strangers are read by libraries in C++; what they do there ends there, and the server needs none of them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from holdfast.base.errors import InvalidInput, Overloaded
from holdfast.base.identity import Actor
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.git_storage.trees import EntryKind
from holdfast.hub.repos.service.files import FileService
from holdfast.hub.repos.service.reading import ReadService

MAX_SECONDS = 60
MAX_BYTES = 64 * 1024 * 1024
"""Of data that are looked at beforehand; larger ones are checked when the run begins."""
_MAX_WAIT_SECONDS = 20
_MAX_CHILDREN = 2
_MAX_ENTRIES = 1_000
_CHUNK = 1024 * 1024
_TABLES = (".parquet", ".csv", ".tsv", ".jsonl", ".json", ".ndjson", ".xlsx", ".conll", ".conllu", ".iob", ".bio")
_MEDIA = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".wav", ".flac", ".ogg", ".mp3")
_SUFFIXES = (*_TABLES, *_MEDIA, ".txt", ".md", ".zip")
_START = "import sys; sys.path[:] = sys.argv[1].split(chr(10)); from holdfast.training.previewed import main; main()"
_children = threading.BoundedSemaphore(_MAX_CHILDREN)


@dataclass(frozen=True)
class Asked:
    """What people say of their data; the fields are those of `TrainingSpec`.

    Args:
        task: to be trained; `auto` lets the check name it.
        columns: by role.
        kinds: by column.
    """

    task: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """What is seen beforehand.

    Args:
        check: as `previewed.record_of` has it; None where nothing could be looked at.
        problem: why not, in a sentence; empty otherwise.
    """

    check: Mapping[str, Any] | None
    problem: str = ""


@dataclass(frozen=True)
class PreviewService:
    """The data check of datasets of the Hub."""

    reads: ReadService
    files: FileService

    def check_dataset(self, actor: Actor, dataset: RepoId, asked: Asked) -> Preview:
        """Check a dataset at its main branch.

        Args:
            actor: the caller, who must see it.
            dataset: its id.
            asked: what is known already.

        Raises:
            RepoNotFound, GatedRepo, DisabledRepo: nobody's, or none of the caller's business.
            Overloaded: as many datasets as may be looked at once are being looked at.
        """
        with tempfile.TemporaryDirectory(prefix="holdfast-preview-") as folder:
            try:
                self._copy(actor, dataset, Path(folder))
            except InvalidInput as error:
                return Preview(None, f"The data {error.problem}.")
            return _checked(Path(folder), asked)

    def _copy(self, actor: Actor, dataset: RepoId, folder: Path) -> None:
        page = self.reads.list_tree(
            actor, RepoType.DATASET, dataset, "main", "", recursive=True, expand=False, cursor=None, limit=_MAX_ENTRIES
        )
        left = MAX_BYTES
        for detailed in page.entries:
            path = PurePosixPath(detailed.entry.path)
            if detailed.entry.kind is EntryKind.FILE and path.suffix.lower() in _SUFFIXES and ".." not in path.parts:
                left -= self._copy_file(actor, dataset, path, folder, left)

    def _copy_file(self, actor: Actor, dataset: RepoId, path: PurePosixPath, folder: Path, most: int) -> int:
        opened = self.files.open_file(actor, RepoType.DATASET, dataset, "main", str(path))
        source = opened.source
        if source is None:
            return 0
        if source.size_bytes > most:
            raise InvalidInput(
                field="data", problem=f"are more than {MAX_BYTES >> 20} MB, so they are checked when the run begins"
            )
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            for start in range(0, source.size_bytes, _CHUNK):
                file.write(source.read(start, _CHUNK))
        return source.size_bytes


def _checked(folder: Path, asked: Asked) -> Preview:
    if not _children.acquire(timeout=_MAX_WAIT_SECONDS):
        raise Overloaded
    try:
        question = orjson.dumps({"folder": str(folder), **asdict(asked)})
        words = [sys.executable, "-c", _START, "\n".join(sys.path)]
        done = subprocess.run(
            words, input=question, capture_output=True, timeout=MAX_SECONDS, check=False, env={"OMP_NUM_THREADS": "1"}
        )
    except subprocess.TimeoutExpired:
        return Preview(None, "Looking at the data took too long; they are checked when the run begins.")
    finally:
        _children.release()
    if done.returncode:
        return Preview(
            None, "The data take too much memory to be looked at here; they are checked when the run begins."
        )
    answer = orjson.loads(done.stdout)
    return Preview(answer.get("check"), answer.get("problem", ""))
