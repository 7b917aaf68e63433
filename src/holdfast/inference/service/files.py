"""Puts a model's files into a folder where a process can read them: links to stored bytes where there can be any."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from holdfast.backends.blobs.local import translated_disk_errors
from holdfast.base.errors import UnsafeWeights, UnusableModel
from holdfast.base.identity import SYSTEM
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.objects.domain import ObjectReader
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.git_storage.trees import TreeEntry
from holdfast.hub.repos.service import RepoServices
from holdfast.hub.repos.service.resolving import FileEntry, Located
from holdfast.inference.domain.deployments import FoundModel
from holdfast.inference.runtime.adapters import ADAPTER_FOLDER
from holdfast.inference.runtime.checkpoints import HOW_TO_CONVERT, is_pickle

MAX_FILES = 2_000
MAX_SMALL_BYTES = 64 * 1024 * 1024
"""Of a file that is no weights: configs, vocabularies, tokenizers."""
_SAFE_WEIGHTS = (".safetensors", ".skops")
_WORDS = (".json", ".jsonl", ".txt", ".model", ".jinja", ".vocab", ".bpe", ".tiktoken", ".spm", ".csv")
_ADAPTERS_OWN = ("adapter_config.json", "config.json", "generation_config.json")
_SECOND_COPIES = ("consolidated", "original/", "onnx/", "openvino/")
"""The same weights once more, in other forms."""


@dataclass(frozen=True)
class LocalModel:
    """A model's files on this machine. `weight_bytes`: of its weights."""

    folder: Path
    weight_bytes: int

    def remove(self) -> None:
        """Delete the folder; linked bytes stay in the store."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class _Part:
    """A repo whose files belong to a model. `is_adapter`: they change the files that were there before."""

    repo_key: int
    commit_oid: str
    repo_id: str
    is_adapter: bool = False

    def target_of(self, path: str) -> str:
        """Where a file goes: an adapter's own apart, but its tokenizer in the place of its base's."""
        is_own = _is_weights(path) or path.rpartition("/")[2] in _ADAPTERS_OWN
        return f"{ADAPTER_FOLDER}/{path}" if self.is_adapter and is_own else path


def _parts_of(model: FoundModel) -> list[_Part]:
    own = _Part(model.key.repo_key, model.key.commit_oid, model.repo_id, model.key.base is not None)
    if model.key.base is None or model.base_id is None:
        return [own]
    return [_Part(*model.key.base, model.base_id), own]


class ModelFiles:
    """A scratch folder of this server's process; those of processes that died are removed."""

    def __init__(self, root: Path, repos: RepoServices, objects: ObjectService) -> None:
        self._root = root
        self._repos = repos
        self._objects = objects
        self._own: tuple[Path, int] | None = None
        self._making = threading.Lock()

    def scratch(self) -> Path:
        """The folder of this process; made when it is first needed."""
        with self._making:
            if self._own is None:
                self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
                _remove_abandoned(self._root)
                folder = Path(tempfile.mkdtemp(dir=self._root, prefix="run-"))
                self._own = folder, _locked(folder)
            return self._own[0]

    def close(self) -> None:
        """Remove the scratch folder."""
        if self._own is not None:
            folder, lock = self._own
            self._own = None
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)

    def bring(self, model: FoundModel) -> LocalModel:
        """Put the files of a model into a new folder; the permission to read them was checked.

        Raises:
            UnsafeWeights: all its weights are pickled.
            UnusableModel: too many or too large files.
            StorageFull: no room for what cannot be linked.
        """
        folder = Path(tempfile.mkdtemp(dir=self.scratch(), prefix="model-"))
        try:
            return LocalModel(folder, sum(self._bring(part, folder) for part in _parts_of(model)))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def bring_adapter(self, model: FoundModel) -> LocalModel:
        """Put an adapter's files into a new folder, beside its base's tokenizer. Raises as `bring`."""
        base, own = _parts_of(model)
        folder = Path(tempfile.mkdtemp(dir=self.scratch(), prefix="adapter-"))
        try:
            self._bring(base, folder, without_weights=True)
            return LocalModel(folder, self._bring(replace(own, is_adapter=False), folder))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _bring(self, part: _Part, folder: Path, *, without_weights: bool = False) -> int:
        """Put the files of one repo into the folder; returns the bytes of its weights."""
        entries = [entry for entry in self._wanted(part) if not (without_weights and _is_weights(entry.path))]
        for entry in entries:
            self._place(part, entry, folder / part.target_of(entry.path))
        return sum(entry.file_size_bytes or 0 for entry in entries if _is_weights(entry.path))

    def _wanted(self, part: _Part) -> Iterator[TreeEntry]:
        found = self._repos.infos.repo_info(
            SYSTEM, RepoType.MODEL, RepoId.parse(part.repo_id), part.commit_oid, parts=("siblings",)
        )
        files = found.files or []
        _refuse_pickles([entry.path for entry in files])
        chosen = [entry for entry in files if _is_wanted(entry.path)]
        if len(chosen) > MAX_FILES:
            raise UnusableModel(
                problem=f"its repo has {len(chosen)} files that may belong to it; {MAX_FILES} are allowed"
            )
        for entry in chosen:
            if _is_weights(entry.path) or (entry.file_size_bytes or 0) <= MAX_SMALL_BYTES:
                yield entry

    def _place(self, part: _Part, entry: TreeEntry, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # an adapter's tokenizer takes the place of its base's
        size, sha256 = entry.file_size_bytes or 0, entry.lfs.sha256 if entry.lfs else None
        if sha256 is None:
            located = Located(part.repo_key, part.commit_oid, entry.path, FileEntry(entry.oid, size, None))
            with translated_disk_errors():
                target.write_bytes(self._repos.resolves.read_regular(located))
            return
        reader = self._objects.open_linked(part.repo_key, sha256)
        try:
            if not _link(reader, target):
                _copy(reader, target)
        finally:
            reader.close()


def _refuse_pickles(paths: list[str]) -> None:
    pickled = [path for path in paths if is_pickle(path) and "/" not in path]
    if pickled and not any(map(_is_weights, paths)):
        raise UnsafeWeights(files=tuple(sorted(pickled)[:5]), problem=HOW_TO_CONVERT)


def _is_wanted(path: str) -> bool:
    if path.startswith(_SECOND_COPIES):
        return False
    return _is_weights(path) or PurePosixPath(path).suffix in _WORDS


def _is_weights(path: str) -> bool:
    return path.endswith(_SAFE_WEIGHTS)


def _link(reader: ObjectReader, target: Path) -> bool:
    """Give stored bytes a second name, if they are a file on the same file system."""
    if reader.descriptor is None:
        return False
    here = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    try:
        # With a folder given, the call follows the link in /proc to the file itself.
        os.link(f"/proc/self/fd/{reader.descriptor}", target, src_dir_fd=here, follow_symlinks=True)
    except OSError:  # another file system, or one without links
        return False
    finally:
        os.close(here)
    return True


def _copy(reader: ObjectReader, target: Path) -> None:
    with translated_disk_errors(), target.open("wb") as file:
        for piece in reader.read(0, reader.size_bytes):
            file.write(piece)


def _locked(folder: Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _remove_abandoned(root: Path) -> None:
    for folder in root.glob("run-*"):
        try:
            lock = _locked(folder)
        except (BlockingIOError, FileNotFoundError, NotADirectoryError):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
