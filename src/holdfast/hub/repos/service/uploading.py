"""Commits files that arrived in one piece each, as a browser without JavaScript sends them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.lfs.domain import ObjectSpec
from holdfast.hub.lfs.service.transfers import TransferService
from holdfast.hub.lfs.tickets import Upload
from holdfast.hub.repos.domain import AddFile, AddLargeFile, CommitHeader, CommitResult, Operation
from holdfast.hub.repos.metadata.upload_mode import UploadMode
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.committing import CommitService
from holdfast.hub.repos.service.preupload import Candidate, PreuploadService

_SAMPLE_BYTES = 512
_COPY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class ReceivedFile:
    """A file on this server's disk, meant for `path` in a repo."""

    path: str
    size_bytes: int
    content: IO[bytes]


@dataclass(frozen=True)
class FileCommit:
    """What became of received files. `ignored` are paths that the repo's `.gitignore` keeps out."""

    commit: CommitResult
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class UploadService:
    """Stores what is large as an object, and commits all of it or nothing."""

    gate: RepoGate
    preuploads: PreuploadService
    commits: CommitService
    transfers: TransferService

    def commit_files(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        revision: str,
        header: CommitHeader,
        files: Sequence[ReceivedFile],
        *,
        create_pr: bool = False,
    ) -> FileCommit:
        """Commit the files to a branch, or to a new pull request against it.

        Raises:
            InvalidInput: no file, or only ignored ones.
            InvalidPath, InvalidCard, StaleParent, RevisionNotFound: as `CommitService.create_commit`.
            StorageFull: nothing was changed.
        """
        candidates = [_candidate(file) for file in files]
        decisions = self.preuploads.preupload(
            actor, repo_type, repo_id, revision, candidates, None, create_pr=create_pr
        )
        modes = {decision.path: decision.mode for decision in decisions if not decision.should_ignore}
        wanted = [file for file in files if file.path in modes]
        if not wanted:
            raise InvalidInput(field="files", problem="holds no file that this repo takes")
        repo_key = self.gate.require(actor, repo_type, repo_id, Permission.DISCUSS_REPO)
        operations = (self._operation(repo_key, file, modes[file.path]) for file in wanted)
        result = self.commits.create_commit(
            actor, repo_type, repo_id, revision, header, operations, create_pr=create_pr
        )
        return FileCommit(result, tuple(file.path for file in files if file.path not in modes))

    def _operation(self, repo_key: int, file: ReceivedFile, mode: UploadMode) -> Operation:
        file.content.seek(0)
        if mode is UploadMode.REGULAR:
            return AddFile(file.path, file.content.read())
        spec = ObjectSpec(_sha256(file.content), file.size_bytes)
        upload = Upload(repo_key, spec)
        with self.transfers.begin(upload) as receiver:
            while piece := file.content.read(_COPY_BYTES):
                receiver.write(piece)
            self.transfers.finish(upload, receiver)
        return AddLargeFile(file.path, spec.oid, spec.size_bytes)


def _candidate(file: ReceivedFile) -> Candidate:
    file.content.seek(0)
    return Candidate(file.path, file.size_bytes, file.content.read(_SAMPLE_BYTES))


def _sha256(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := content.read(_COPY_BYTES):
        digest.update(piece)
    content.seek(0)
    return digest.hexdigest()
